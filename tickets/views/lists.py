"""The list of tickets: filters, order, columns, paging by key, named views, export."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core import clock
from core.access import POST, allow
from core.columns import Column, joins_of, shown_cell
from core.export import table_response
from core.http import Request
from core.joined import read_joined
from core.keyset import page_of
from core.markup import text
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, MANAGER, STAFF_ROLES
from core.templatetags.ui import badge, countdown, status_badge, when
from records.models import Visibility
from records.services.audit import audit_write
from tickets.columns import BY_KEY, EXPORTED, LISTED, chosen
from tickets.filters import FILTERS, GROUPS, MORE, OFFERED, Options, Sorting, TicketFilter, options_of
from tickets.models import Ticket
from tickets.present.listing import add_clocks
from tickets.querysets import tickets_visible_to
from tickets.states import TicketStatus

PAGE_SIZE = 50
COUNTED = 1_000
"""The list is not counted any further: beyond that nobody reads the figure, and the database would read every row for it."""
PARAMS = (*FILTERS, "sort", "col")
"""What a link to the list, a named view and an export carry; nothing else of an address is kept."""
KEPT = ("group", "sort", "col")
"""What a search by the form leaves as it is."""
FIRST_CELL = ("place", "window", "device", "unit")
"""What stands below a row's title."""
ROW_FIELDS = (
    "contract", "code", "title", "status", "priority", "unconfirmed", "received_at", "updated_at", "reporter_name", "reporter_unit",
    "channel", "fault_type", "triage", "commitment_at", "resolved_at", "signed_at", "rework_count",
)  # fmt: skip
JOINED = {
    "place": ("name",), "window": ("code",), "device": ("code", "name"), "unit": ("name",), "assignee": ("name",),
    "category": ("name",),
}  # fmt: skip
"""What a row shows of each record that it points at."""


@allow(*BUSINESS_ROLES)
def ticket_list(request: Request) -> HttpResponse:
    """The tickets that the reader may see, filtered, in the chosen order and columns, paged by key, counted up to COUNTED."""
    now = clock.now()
    drawn = "more" in request.GET
    wide = drawn or any(request.GET.get(name) for name in OFFERED)
    found, options = filtered(request, now, everything=wide, counted=True)
    sorting = Sorting.parse(request.GET.get("sort", ""))
    columns = chosen(request.GET.getlist("col")[:40])
    after, before = request.GET.get("after", "")[:80], request.GET.get("before", "")[:80]
    page = page_of(
        sorting.prepared(found.qs), sorting.order, size=PAGE_SIZE, behind=after, before=before,
        read=lambda rows: read_rows(rows, columns, sorting),
    )  # fmt: skip
    if any(column.key == "due" for column in columns):
        add_clocks(page.rows, request.contract, now)
    kept = parameters(request)
    here = urlencode(kept)
    context = {
        "rows": _rows(page.rows, columns, may_choose=request.role in STAFF_ROLES),
        "form": found.form,
        # Twenty more fields cost as much as the fifty rows: they are drawn for whoever asks for them.
        "more_fields": [found.form[name] for name in MORE] if drawn else [],
        "chips": _groups(request, kept),
        "active": _active(found, kept),
        "is_filtered": bool(found.chosen),
        "next_url": f"?{urlencode([*kept, ('after', page.behind)])}" if page.behind else "",
        "previous_url": f"?{urlencode([*kept, ('before', page.before)])}" if page.before else "",
        "total": min(options.total, COUNTED),
        "more_than": options.total > COUNTED,
        "columns": _heads(kept, columns, sorting),
        "all_columns": [{"key": key, "label": BY_KEY[key].label, "on": BY_KEY[key] in columns} for key in LISTED],
        "own_columns": bool(request.GET.getlist("col")),
        "plain": [(name, value) for name, value in kept if name != "col"],
        "search_keeps": [(name, value) for name, value in kept if name in KEPT or (name != "q" and not drawn)],
        "views": [
            {"pk": pk, "name": name, "url": f"?{query}", "active": query == here, "own": own}
            for pk, name, query, own in options.views
        ],
        "here": here,
        "link": request.build_absolute_uri(f"?{here}"),
        "may_report": request.role in (*CLIENT_ROLES, *STAFF_ROLES),
        "may_share": request.role == MANAGER,
        "may_act": request.role in STAFF_ROLES,
        "for_client": request.role in CLIENT_ROLES,
    }
    return render(request, "tickets/list.html", context)


def filtered(
    request: Request, now: datetime, *, everything: bool, counted: bool = False
) -> tuple[TicketFilter, Options]:
    """The reader's tickets of this contract, narrowed by what stands in the address, with what there is to choose from.

    `everything` also reads what the filters offer; `counted` counts what was found, up to COUNTED. One statement at most, two
    when the values offered decide what is counted.
    """
    tickets = tickets_visible_to(request.user).filter(contract=request.contract)
    drawn = "more" in request.GET
    given = {"queryset": tickets, "person": request.user, "role": request.role, "at": now, "drawn": drawn}
    if not everything:
        found = TicketFilter(request.GET, **given)
        total = _cut(request, found) if counted else None
        return found, options_of(request.contract, request.user, counted=total, everything=False)
    options = options_of(request.contract, request.user)
    found = TicketFilter(request.GET, options=options, **given)
    if counted:
        options.total = _cut(request, found).count()
    return found, options


def _cut(request: Request, found: TicketFilter) -> QuerySet[Ticket]:
    sorting = Sorting.parse(request.GET.get("sort", ""))
    return sorting.prepared(found.qs).order_by()[: COUNTED + 1]


def read_rows(rows: QuerySet[Ticket], columns: Iterable[Column[Ticket]], sorting: Sorting) -> list[Ticket]:
    """The rows with what the first cell, these columns and the order read: a third of what a ticket holds; one statement."""
    columns = list(columns)
    joins = [*FIRST_CELL, *(join for join in joins_of(columns) if not join.endswith("_clock"))]
    clocks = ["response_clock_id", "repair_clock_id"] if any(column.key == "due" for column in columns) else []
    annotated = ["next_due"] if sorting.name == "due" else []
    return read_joined(
        sorting.with_terms(rows), [*ROW_FIELDS, *clocks], {join: JOINED[join] for join in joins}, annotated=annotated
    )


def parameters(request: Request) -> list[tuple[str, str]]:
    """What of the address narrows, orders and shows the list, in one fixed order: the same list is always the same link."""
    return [(name, value) for name in PARAMS for value in sorted(set(request.GET.getlist(name)))[:40] if value]


def kept_query(request: Request) -> str:
    """The same as an address."""
    return urlencode(parameters(request))


def _rows(tickets: Iterable[Ticket], columns: Sequence[Column[Ticket]], *, may_choose: bool) -> SafeString:
    """The rows of the list: the box to choose by, the title with what stands below it, and the columns.

    Fifty rows have hundreds of cells: in a template they cost more than all the rest of the page. So they are put together here,
    every value through `text`, which escapes. `data-row` and `data-open` are the hooks of the keyboard.
    """
    choose = text(_("Choose"))
    address = reverse("tickets:detail", args=["0"])
    unconfirmed = str(badge("warn", "user-question", _("Reporter unconfirmed")))
    labelled = [(column, f' data-label="{text(column.label)}"') for column in columns]
    drawn = []
    for ticket in tickets:
        code = text(ticket.code)
        box = (
            f'<td class="cell-choose"><input class="form-check-input" type="checkbox" name="codes" value="{code}" form="chosen" '
            f'aria-label="{choose} {code}"></td>'
        )
        address_of = address.replace("/0/", f"/{quote(ticket.code)}/")
        below = [f"{text(ticket.place.name)} {text(ticket.window.code)}" if ticket.window else text(ticket.place.name)]
        below += [text(ticket.device.name)] if ticket.device else []
        tone = getattr(ticket, "row_tone", "")
        drawn.append(
            f'<tr class="row-link{f" row-{tone}" if tone else ""}" data-row="{code}">{box if may_choose else ""}'
            f'<td><a class="cell-title" href="{address_of}" data-open>{text(ticket.title)}</a>'
            f'<span class="cell-sub"><span class="code">{code}</span> · {" · ".join([*below, text(ticket.unit_name)])}</span></td>'
            + "".join(_cell(ticket, column, label, unconfirmed) for column, label in labelled)
            + "</tr>"
        )
    return mark_safe("".join(drawn))  # noqa: S308 - escaped value by value above


URGENT_BELOW = 3
"""Priorities 1 and 2 are said in the list; the others are the usual."""


def _cell(ticket: Ticket, column: Column[Ticket], label: str, unconfirmed: str) -> str:
    if column.key == "status":
        marks: list[str] = [status_badge(ticket.status, TicketStatus(ticket.status).label)]
        if ticket.priority < URGENT_BELOW:
            marks.append(f'<span class="priority priority-{ticket.priority}">P{ticket.priority}</span>')
        marks += [unconfirmed] if ticket.unconfirmed else []
        return f"<td>{' '.join(marks)}</td>"
    if column.key == "due":
        return f'<td class="cell-end">{countdown(getattr(ticket, "clock", None))}</td>'
    if column.key.endswith("_at"):
        instant = column.cell(ticket)
        return f'<td class="nowrap"{label}>{when(instant)}</td>' if instant else "<td></td>"
    shown = shown_cell(column, ticket)
    return f"<td{label}>{text(shown)}</td>" if shown else "<td></td>"


def _heads(kept: list[tuple[str, str]], columns: Sequence[Column[Ticket]], sorting: Sorting) -> list[dict[str, Any]]:
    """The heads of the table; a second tap on the sorted one turns it round."""
    plain = [(name, value) for name, value in kept if name != "sort"]

    def head(column: Column[Ticket]) -> dict[str, Any]:
        if not column.sort:
            return {"label": column.label}
        is_sorted = sorting.name == column.sort
        turned = Sorting(column.sort, is_sorted and not sorting.back)
        return {
            "label": column.label,
            "sorted": ("desc" if sorting.falls else "asc") if is_sorted else "",
            "sort_url": f"?{urlencode([*plain, ('sort', str(turned))])}",
        }

    return [{"label": _("Choose"), "hidden": True}, {"label": _("Ticket")}, *map(head, columns)]


def _groups(request: Request, kept: list[tuple[str, str]]) -> list[dict[str, Any]]:
    picked = request.GET.get("group", "")
    plain = [(name, value) for name, value in kept if name != "group"]
    return [
        {
            "label": label,
            "url": f"?{urlencode([('group', value), *plain] if value else plain)}",
            "active": value == picked,
            "icon": icon,
        }
        for value, label, icon in GROUPS
    ]


def _active(found: TicketFilter, kept: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """The filters in use, each with the address of the list without it."""
    rows = []
    for name, value in kept:
        if name in ("group", "sort", "col") or name not in found.chosen:
            continue
        field = found.form.fields[name]
        words = dict(getattr(field, "choices", ()))
        text = next((str(label) for key, label in words.items() if str(key) == value), value)
        rows.append(
            {
                "label": field.label,
                "text": text.strip("\u3000"),
                "url": f"?{urlencode([pair for pair in kept if pair != (name, value)])}",
            }
        )
    return rows


# Export ---------------------------------------------------------------------------------------------------------------


@allow(*CLIENT_ROLES, *STAFF_ROLES, methods=POST)  # type: ignore[arg-type]
def ticket_export(request: Request) -> HttpResponseBase:
    """The filtered list as csv or xlsx, with all columns or those of the list; phone numbers masked, entered in the history."""
    now = clock.now()
    fmt = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    found, _options = filtered(request, now, everything=any(request.GET.get(name) for name in OFFERED))
    if request.POST.get("columns") == "shown":
        columns = [BY_KEY["code"], BY_KEY["title"], *chosen(request.GET.getlist("col")[:40])]
    else:
        columns = [BY_KEY[key] for key in EXPORTED]
    sorting = Sorting.parse(request.GET.get("sort", ""))
    rows = sorting.prepared(found.qs).select_related(*joins_of(columns))
    rows = rows.order_by(*(part.term for part in sorting.order))
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "tickets", "filter": kept_query(request)[:300], "format": fmt},
        visibility=Visibility.INTERNAL,
    )
    name = f"{_('Tickets')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    header = [column.label for column in columns]
    return table_response(fmt, name, header, _lines(rows, columns), sheet=_("Tickets"))


def _lines(rows: QuerySet[Ticket], columns: Sequence[Column[Ticket]]) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=500):
        yield [column.cell(row) for column in columns]
