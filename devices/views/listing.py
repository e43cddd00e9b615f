"""The list of devices: filters, order, columns, named views, exports."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core import clock
from core.access import POST, allow
from core.columns import Column, joins_of, shown_cell
from core.errors import DomainError
from core.export import table_response
from core.http import Request
from core.keyset import Among
from core.markup import text
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from core.templatetags.ui import status_badge
from devices.columns import ALWAYS, COLUMNS, EXPORTED, SHOWN, chosen, reads_of
from devices.filters import FIRST, MORE, DeviceFilter, Options, Order, options_of
from devices.finds.network import addresses_in_use
from devices.models import Device
from devices.querysets import devices_visible_to
from devices.services.common import KEEPERS, local_day
from devices.services.listing import columns_save, view_delete, view_save
from devices.states import DeviceStatus
from devices.tabs import READERS
from records.models import Visibility
from records.services.audit import audit_write

PAGE_SIZE = 50
COUNTED = 500
"""The list is not counted any further: beyond that nobody reads the figure, and the database would read every row for it."""
PARAMS = (*FIRST, "status", *MORE, "sort")
"""What a link to the list, a named view and an export carry; nothing else of an address is kept."""


def filtered(request: Request, options: Options) -> DeviceFilter:
    """The hall's devices, narrowed by what stands in the address. Only for readers of the register."""
    devices = devices_visible_to(request.user).filter(hall=request.contract.hall_id)
    today = local_day(clock.now())
    return DeviceFilter(request.GET, devices, options=options, today=today, everything=True)


def with_columns(rows: QuerySet[Device], columns: Iterable[Column[Device]]) -> QuerySet[Device]:
    """The rows with what these columns read: relations by joins, addresses by one more statement where they are asked for."""
    columns = list(columns)
    rows = rows.select_related(*joins_of(columns)).defer("search_text", "search_full")
    if any(column.key == "addresses" for column in columns):
        rows = rows.prefetch_related(Prefetch("addresses", addresses_in_use(), to_attr="addresses_in_use"))
    return rows


def cell(column: Column[Device], device: Device) -> Any:
    """What an export holds in a cell."""
    if column.key == "addresses":
        return "、".join(row.address for row in device.addresses_in_use)  # type: ignore[attr-defined]
    return column.cell(device)


@allow(*READERS)
def device_list(request: Request) -> HttpResponse:
    """The devices of the hall, filtered, in the chosen order and columns, paged by key; counted up to COUNTED."""
    options = options_of(request.contract, request.user)
    devices = filtered(request, options)
    order = Order.parse(request.GET.get("sort", ""))
    columns = [column for column in chosen(options.columns, SHOWN) if column.key not in ALWAYS]
    read = [*columns, *chosen(("window", "unit"), ())]
    after = request.GET.get("after", "")[:30]
    # The page's keys are found first: places and categories are then read for fifty devices, not for all that match.
    keys = order.after(order.sorted(devices.qs), after, request.GET.get("at", "")[:80]).values("pk")[: PAGE_SIZE + 1]
    # A page shows a fifth of what is kept of a device: nothing else is read and converted.
    rows = with_columns(Device.objects.filter(Among("pk", keys)), read).defer(None).only(*reads_of(read), order.field)
    page = list(order.sorted(rows))
    shown = page[:PAGE_SIZE]
    more = len(page) > PAGE_SIZE
    # A first page that is not full says itself how many there are.
    total = len(page) if not after and not more else devices.qs.order_by()[: COUNTED + 1].count()
    here = kept_query(request)
    context = {
        "rows": _rows(shown, columns),
        "form": devices.form,
        "more_fields": [devices.form[name] for name in MORE],
        # A dozen more fields cost as much as the fifty rows: they are drawn for whoever asks for them.
        "more_open": "more" in request.GET
        or any(name in devices.chosen for name in MORE)
        or len(devices.chosen.get("status", [])) > 1,
        "chips": _chips(request),
        "is_filtered": bool(devices.chosen),
        "warranty_soon": "warranty" in devices.chosen,
        "may_export": request.role != AUDITOR,
        "may_change": request.role in KEEPERS,
        "next_url": f"?{urlencode(parameters(request) + list(order.key_of(shown[-1]).items()))}" if more else "",
        "first_url": f"?{here}" if after else "",
        "total": min(total, COUNTED),
        "more_than": total > COUNTED,
        "columns": _heads(request, columns, order),
        "all_columns": [
            {"key": column.key, "label": column.label, "on": column in columns}
            for column in COLUMNS
            if column.key not in ALWAYS
        ],
        "own_columns": bool(options.columns),
        "views": [
            {"pk": pk, "name": name, "url": f"?{query}", "active": query == here} for pk, name, query in options.views
        ],
        "link": request.build_absolute_uri(f"{reverse('devices:list')}?{here}"),
        "here": here,
    }
    return render(request, "devices/list.html", context)


def parameters(request: Request) -> list[tuple[str, str]]:
    """What of the address narrows and orders the list, in one fixed order, so that the same filter is always the same link."""
    return [(name, value) for name in PARAMS for value in sorted(set(request.GET.getlist(name)))[:20] if value]


def kept_query(request: Request) -> str:
    """The same as an address."""
    return urlencode(parameters(request))[:600]


def _rows(devices: list[Device], columns: list[Column[Device]]) -> SafeString:
    """The rows of the list: the box to choose by, what the device is called, and its columns.

    Fifty rows have hundreds of cells: in a template, or by `format_html`, they cost more than all the rest of the page. So they are
    put together here, every value through `text`, which escapes.
    """
    choose = text(_("Choose"))
    address = reverse("devices:detail", args=["0"])
    heads = [_head(column) for column in columns]
    drawn = []
    for device in devices:
        code = text(device.code)
        cells = "".join(_cell(device, column, head) for column, head in zip(columns, heads, strict=True))
        drawn.append(
            f'<tr class="row-link"><td class="cell-choose"><input class="form-check-input" type="checkbox" name="codes" '
            f'value="{code}" form="chosen" aria-label="{choose} {code}"></td><td class="cell-device"><a class="cell-title" '
            f'href="{address.replace("/0/", f"/{quote(device.code)}/")}"><span class="code">{code}</span> {text(device.name)}</a>'
            f'<span class="cell-sub">{text(device.brand)} {text(device.model)}</span></td>{cells}</tr>'
        )
    return mark_safe("".join(drawn))  # noqa: S308 - escaped value by value above


UNLABELLED = ("category", "place")
"""Cells that say on the phone what they are without their column's name."""


def _head(column: Column[Device]) -> str:
    """The cell's own label, for the phone, where rows are cards."""
    return "" if column.key in UNLABELLED else f' data-label="{text(column.label)}"'


def _cell(device: Device, column: Column[Device], label: str) -> str:
    """One cell of the list."""
    if column.key == "status":
        return f'<td class="cell-end">{status_badge(device.status, DeviceStatus(device.status).label)}</td>'
    if column.key == "place":
        place = f"{device.place.name} · {device.window.code}" if device.window else device.place.name
        below = f'<span class="cell-sub">{text(device.unit.name)}</span>' if device.unit else ""
        return f"<td>{text(place)}{below}</td>"
    shown = cell(column, device) if column.key == "addresses" else shown_cell(column, device)
    return f"<td{label}>{text(shown)}</td>" if shown else "<td></td>"


def _heads(request: Request, columns: list[Column[Device]], order: Order) -> list[dict[str, Any]]:
    """The heads of the table; a second tap on the sorted one turns it round."""
    plain = [(name, value) for name, value in parameters(request) if name != "sort"]

    def head(label: Any, sort: str) -> dict[str, Any]:
        if not sort:
            return {"label": label}
        is_sorted = order.field == sort
        turned = Order(sort, is_sorted and not order.down)
        return {
            "label": label,
            "sorted": ("desc" if order.down else "asc") if is_sorted else "",
            "sort_url": f"?{urlencode([*plain, ('sort', str(turned))])}",
        }

    return [
        {"label": _("Choose"), "hidden": True},
        head(_("Device"), "code"),
        *(head(column.label, column.sort) for column in columns),
    ]


def _chips(request: Request) -> list[dict[str, object]]:
    picked = request.GET.getlist("status")
    plain = [(name, value) for name, value in parameters(request) if name != "status"]
    rows: list[tuple[str, str]] = [("", _("All")), *((status.value, str(status.label)) for status in DeviceStatus)]
    return [
        {
            "label": label,
            "url": f"?{urlencode([*plain, *([('status', value)] if value else [])])}",
            "active": value in picked if value else not picked,
        }
        for value, label in rows
    ]


# Columns and views --------------------------------------------------------------------------------------------------------


def _back(request: Request) -> HttpResponseRedirect:
    """To the list as it was, by the parameters that a list may have."""
    return HttpResponseRedirect(f"{reverse('devices:list')}?{kept_query(request)}")


@allow(*READERS, methods=POST)
def columns_choose(request: Request) -> HttpResponse:
    """Remember the columns that this person wants to see."""
    keys = request.POST.getlist("column")[: len(COLUMNS)] if "reset" not in request.POST else []
    columns_save(user=request.user, columns=[column.key for column in chosen(keys, ()) if column.key not in ALWAYS])
    return _back(request)


@allow(*READERS, methods=POST)
def view_keep(request: Request) -> HttpResponse:
    """Keep the present filter under a name."""
    try:
        view = view_save(
            user=request.user,
            hall=request.contract.hall,
            name=request.POST.get("name", "")[:200],
            query=kept_query(request),
        )
    except DomainError as error:
        messages.error(request, next(iter(error.fields.values()), error.message))
    else:
        messages.success(request, _("The view “%(name)s” is kept for you.") % {"name": view.name})
    return _back(request)


@allow(*READERS, methods=POST)
def view_forget(request: Request) -> HttpResponse:
    """Forget one of one's own views."""
    pk = request.POST.get("view", "")
    if pk.isdigit() and len(pk) < 18 and view_delete(user=request.user, hall=request.contract.hall, pk=int(pk)):
        messages.success(request, _("The view is deleted."))
    return _back(request)


# Export -------------------------------------------------------------------------------------------------------------------


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def device_export(request: Request) -> HttpResponseBase:
    """The filtered list as xlsx or csv, with the columns of the list or all of them; the export is entered in the history."""
    options = options_of(request.contract, request.user)
    fmt = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    if request.POST.get("columns") == "shown":
        columns = chosen((*ALWAYS, *(options.columns or SHOWN)), SHOWN)
    else:
        columns = chosen(EXPORTED, EXPORTED)
    rows = Order.parse(request.GET.get("sort", "")).sorted(with_columns(filtered(request, options).qs, columns))
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "devices", "filter": kept_query(request)[:300], "format": fmt},
        visibility=Visibility.INTERNAL,
    )
    name = f"{_('Devices')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    return table_response(fmt, name, [column.label for column in columns], _lines(rows, columns), sheet=_("Devices"))


def _lines(rows: QuerySet[Device], columns: list[Column[Device]]) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=500):
        yield [cell(column, row) for column in columns]
