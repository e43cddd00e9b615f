"""Orders to vendors: called, arrived, replaced; list, page, paper."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from contract.services.terms import term
from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.templatetags.ui import when
from devices.finds.consumables import orders_visible_to
from devices.forms.consumables import ArriveForm, CancelForm, OrderForm, PromiseForm, ReplaceForm
from devices.models import ConsumableOrder, ConsumableOrderLine
from devices.services.common import KEEPERS, local_day
from devices.services.consumable_orders import (
    consumable_order_arrive,
    consumable_order_cancel,
    consumable_order_create,
    consumable_order_promise,
    consumable_order_replace,
)
from devices.states import CONSUMABLE_ORDER_FLOW, ConsumableOrderStatus
from devices.tabs import READERS
from devices.views.consumables import (
    EXPORTERS,
    PAGE_SIZE,
    export_entered,
    file_name,
    fmt_of,
    form_context,
    pdf_answer,
    photos_of,
    room_tabs,
    today_of,
)
from records.querysets import attachments_of

LINES = Prefetch("lines", queryset=ConsumableOrderLine.objects.select_related("device__place", "kind").order_by("pk"))


def _orders(request: Request) -> QuerySet[ConsumableOrder]:
    rows = orders_visible_to(request.user).filter(contract__hall_id=request.contract.hall_id)
    text = request.GET.get("q", "").strip()[:60]
    if text:
        rows = rows.filter(
            Q(number__icontains=text) | Q(vendor__name__icontains=text) | Q(lines__device__code__icontains=text)
        ).distinct()
    status = request.GET.get("status", "")
    if status == "late":
        rows = rows.filter(status=ConsumableOrderStatus.CALLED, promised_at__lt=clock.now())
    elif status in ConsumableOrderStatus.values:
        rows = rows.filter(status=status)
    return rows.select_related("vendor", "contract").prefetch_related(LINES).order_by("-number")


@allow(*READERS)
def orders(request: Request) -> HttpResponse:
    """All orders of the hall, newest first."""
    rows = _orders(request)
    after = request.GET.get("after", "")[:40]
    if after:
        rows = rows.filter(number__lt=after)
    page = list(rows[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    now = clock.now()
    context = {
        "pages": room_tabs("orders"),
        "orders": [{"row": row, "late": is_late(row, now)} for row in shown],
        "q": request.GET.get("q", "")[:60],
        "chips": _chips(request),
        "filtered": bool(request.GET.get("q") or request.GET.get("status")),
        "may_keep": request.role in KEEPERS,
        "may_export": request.role in EXPORTERS,
        "next_after": shown[-1].number if len(page) > PAGE_SIZE else "",
        "is_first": not after,
        "columns": [
            {"label": _("Number")}, {"label": _("Devices and consumables")}, {"label": _("Promised for")},
            {"label": _("Replaced at")}, {"label": _("Status")},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/orders.html", context)


def is_late(order: ConsumableOrder, now: Any) -> bool:
    """Whether the vendor's promise has passed without anybody coming, or was kept late."""
    if order.status == ConsumableOrderStatus.CANCELLED:
        return False
    return (order.arrived_at or now) > order.promised_at


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("status", "")
    choices: list[tuple[str, Any]] = [("", _("All")), ("late", _("Promise passed")), *ConsumableOrderStatus.choices]
    chips = []
    for value, label in choices:
        params = request.GET.copy()
        for name in ("after", "status"):
            params.pop(name, None)
        if value:
            params["status"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


@allow(*EXPORTERS, methods=POST)
def orders_export(request: Request) -> Any:
    """The filtered orders, one row a device, as csv or xlsx."""
    export_entered(request, "consumable orders")
    header = [
        _("Number"), _("Vendor"), _("Device number"), _("Device"), _("Consumable"), _("How many"), _("Called at"),
        _("Promised for"), _("Arrived at"), _("Replaced at"), _("Minutes out of paper"), _("Status"), _("Result"),
    ]  # fmt: skip
    rows = (
        [
            row.number, row.vendor.name, line.device.code, line.device.name, line.kind.name, line.quantity, row.called_at,
            row.promised_at, row.arrived_at, row.replaced_at, out_minutes(row, line), row.get_status_display(), row.result,
        ]
        for row in _orders(request)[:5_000]
        for line in row.lines.all()
    )  # fmt: skip
    return table_response(fmt_of(request), file_name(_("Consumables orders")), header, rows)


def out_minutes(order: ConsumableOrder, line: ConsumableOrderLine) -> int | None:
    """Minutes from the notice that a device was empty to the replacement; None when it was not, or is not yet filled."""
    if line.out_since is None or order.replaced_at is None:
        return None
    return max(0, int((order.replaced_at - line.out_since).total_seconds() // 60))


@allow(*KEEPERS, methods=GET_POST)
def order_add(request: Request) -> HttpResponse:
    """Enter a call to a vendor."""
    now = clock.now()
    initial = {"device0": request.GET.get("device", "")[:40], "kind0": request.GET.get("kind", "")[:20], "quantity0": 1}
    form = OrderForm(request.POST or None, contract=request.contract, now=now, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, consumable_order_create, contract=request.contract, actor=request.user, at=clock.now(), **form.values()
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Order %(number)s was entered.") % {"number": done.number})
            return redirect("devices:consumable_order", done.number)
    context = form_context(
        form, title=_("Call a vendor for consumables"), back=reverse("devices:consumable_orders"), back_label=_("Orders"),
        submit=_("Save"),
    )  # fmt: skip
    return render(request, "devices/consumables/order_form.html", context, status=form_status(form))


def _order(request: Request, number: str) -> ConsumableOrder:
    rows = orders_visible_to(request.user).filter(contract__hall_id=request.contract.hall_id, number=number)
    order = rows.select_related("vendor", "contract", "called_by").prefetch_related(LINES).first()
    if order is None:
        raise NotFound(_("There is no such order in this hall."))
    return order


@allow(*READERS)
def order(request: Request, number: str) -> HttpResponse:
    """One order: how far it has come, what it is for, and the next step."""
    row = _order(request, number)
    now = clock.now()
    allowed = CONSUMABLE_ORDER_FLOW.verbs_from(row.status) if request.role in KEEPERS else ()
    context = {
        "order": row,
        "lines": _lines(row),
        "steps": _steps(row),
        "facts": _facts(row),
        "late": is_late(row, now),
        "limit": int(term(row.contract, "paper_out_minutes", local_day(row.called_at))),
        "photos": list(attachments_of(row)),
        "verbs": _verbs(row, allowed),
        "columns": [
            {"label": _("Device")}, {"label": _("Consumable")}, {"label": _("How many"), "numeric": True},
            {"label": _("Empty since")}, {"label": _("Minutes out of paper"), "numeric": True},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/order.html", context)


def _lines(row: ConsumableOrder) -> list[dict[str, Any]]:
    return [{"line": line, "minutes": out_minutes(row, line)} for line in row.lines.all()]


def _verbs(row: ConsumableOrder, allowed: tuple[str, ...]) -> list[dict[str, str]]:
    known = {
        "replace": (_("All replaced"), "circle-check", "primary"),
        "arrive": (_("Vendor arrived"), "truck-delivery", ""),
        "promise": (_("New promise"), "clock", ""),
        "cancel": (_("Call off"), "ban", "quiet"),
    }
    return [
        {
            "label": label, "icon": icon, "kind": kind,
            "url": reverse("devices:consumable_order_act", args=[row.number, verb]),
        }
        for verb, (label, icon, kind) in known.items()
        if verb in allowed
    ]  # fmt: skip


def _steps(row: ConsumableOrder) -> list[dict[str, Any]]:
    if row.status == ConsumableOrderStatus.CANCELLED:
        return [
            {"label": _("Vendor called"), "state": "done", "at": row.called_at},
            {"label": _("Cancelled"), "state": "skipped", "at": row.cancelled_at},
        ]
    known = (
        (_("Vendor called"), row.called_at),
        (_("Vendor arrived"), row.arrived_at),
        (_("Replaced"), row.replaced_at),
    )
    steps = [{"label": label, "state": "done" if at else "todo", "at": at} for label, at in known]
    for step in steps:
        if step["state"] == "todo":
            step["state"] = "current"
            break
    return steps


def _facts(row: ConsumableOrder) -> list[tuple[str, Any]]:
    return [
        (_("Vendor"), row.vendor.name),
        (_("Spoke to"), row.spoke_to),
        (_("Called at"), when(row.called_at)),
        (_("Called by"), str(row.called_by or "")),
        (_("Promised for"), when(row.promised_at)),
        (_("Arrived at"), when(row.arrived_at) if row.arrived_at else ""),
        (_("Replaced at"), when(row.replaced_at) if row.replaced_at else ""),
        (_("Result"), row.result),
        (_("Note"), row.note),
    ]


@allow(*KEEPERS, methods=GET_POST)
def order_act(request: Request, number: str, verb: str) -> HttpResponse:
    """The next step of an order: arrive, promise, replace or cancel."""
    row = _order(request, number)
    now = clock.now()
    known: dict[str, tuple[type[forms.Form], Any, str, str, dict[str, Any]]] = {
        "arrive": (ArriveForm, consumable_order_arrive, _("The vendor has arrived"), _("Save"), {"arrived_at": now}),
        "promise": (PromiseForm, consumable_order_promise, _("Another promise"), _("Save"), {"promised_at": now}),
        "replace": (ReplaceForm, consumable_order_replace, _("All was replaced"), _("Save"), {"replaced_at": now}),
        "cancel": (CancelForm, consumable_order_cancel, _("Call the order off"), _("Call off"), {}),
    }
    if verb not in known:
        raise NotFound(_("There is no such order in this hall."))
    if request.method != "POST" and not CONSUMABLE_ORDER_FLOW.allows(verb, row.status):
        messages.warning(
            request, _("This is no longer possible: the record has moved on. Please look at its present state.")
        )
        return redirect("devices:consumable_order", row.number)
    form_class, service, title, submit, initial = known[verb]
    form = form_class(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        photos = photos_of(request, form) if verb == "replace" else []
        if verb == "replace":
            values["photos"] = photos
        if (
            photos is not None
            and attempt(form, service, order=row, actor=request.user, at=clock.now(), **values) is not None
        ):
            messages.success(request, _("Saved."))
            return redirect("devices:consumable_order", row.number)
    context = form_context(
        form, title=title, sub=f"{row.number} · {row.vendor.name}", back=reverse("devices:consumable_order", args=[row.number]),
        back_label=row.number, submit=submit, photos=verb == "replace", danger=verb == "cancel",
    )  # fmt: skip
    return render(request, "devices/consumables/form.html", context, status=form_status(form))


@allow(*READERS)
def order_sheet(request: Request, number: str) -> HttpResponse:
    """The order on A4, in the reader's language, with room for the vendor's and our signature."""
    row = _order(request, number)
    context = {
        "project": row.contract.project_name,
        "code": row.number,
        "made_at": clock.now(),
        "order": row,
        "facts": _facts(row),
        "lines": _lines(row),
        "today": today_of(),
    }
    return pdf_answer(render_to_string("devices/consumables/order_sheet.html", context), row.number)
