"""Lists of tickets: the register with its filters, and its export."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.access import POST, allow
from core.export import csv_response
from core.http import Request
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, STAFF_ROLES
from core.templatetags.ui import mask_phone
from records.models import Visibility
from records.services.audit import audit_write
from tickets.filters import GROUPS, TicketFilter
from tickets.models import Ticket
from tickets.present.core import add_clocks
from tickets.querysets import tickets_visible_to, with_row_fields

PAGE_SIZE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@allow(*BUSINESS_ROLES)
def ticket_list(request: Request) -> HttpResponse:
    """The tickets that the reader may see, newest first, filtered, paged by (received, id)."""
    now = clock.now()
    filtered = _filtered(request, now)
    rows, older, newer = _page(
        with_row_fields(filtered.qs), request.GET.get("after", ""), request.GET.get("before", "")
    )
    context = {
        "tickets": add_clocks(rows, request.contract, now),
        "form": filtered.form,
        "chips": _chips(request),
        "is_filtered": any(request.GET.get(name) for name in (*filtered.filters, "group")),
        "more_open": any(request.GET.get(name) for name in ("status", "channel", "priority", "since", "until")),
        "older": older,
        "newer": newer,
        "columns": [
            {"label": _("Ticket")},
            {"label": _("Status")},
            {"label": _("Engineer")},
            {"label": _("Received at")},
            {"label": _("Response")},
        ],
        "may_report": request.role in (*CLIENT_ROLES, *STAFF_ROLES),
        "for_client": request.role in CLIENT_ROLES,
    }
    return render(request, "tickets/list.html", context)


@allow(*CLIENT_ROLES, *STAFF_ROLES, methods=POST)  # type: ignore[arg-type]
def ticket_export(request: Request) -> StreamingHttpResponse:
    """The filtered list as CSV, phone numbers masked; the export itself is entered in the history."""
    now = clock.now()
    rows = with_row_fields(_filtered(request, now).qs).select_related("category").order_by("-received_at", "-id")
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "tickets", "filter": request.GET.urlencode()[:300]},
        visibility=Visibility.INTERNAL,
    )
    header = [
        _("Ticket number"), _("Title"), _("Symptom"), _("Status"), _("Channel"), _("Priority"), _("Reported by"), _("Phone"),
        _("Unit"), _("Window"), _("Place"), _("Device"), _("Service category"), _("First triage"), _("Engineer"), _("Received at"),
        _("Response due at"), _("Responded at"), _("Response late"), _("Committed for"), _("Arrived at"), _("Resolved at"),
        _("Signed at"), _("Cause"), _("Solution"), _("Result"), _("Rework"),
    ]  # fmt: skip
    name = f"{_('Tickets')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    return csv_response(name, header, _cells(rows))


def _cells(rows: QuerySet[Ticket]) -> Iterator[Sequence[Any]]:
    for row in rows.iterator(chunk_size=500):
        due = row.response_clock
        yield (
            row.code, row.title, row.description, row.get_status_display(), row.get_channel_display(), f"P{row.priority}",
            row.reporter_name, mask_phone(row.reporter_phone) if row.reporter_phone else "", row.unit_name, row.window or "",
            row.place.name, row.device or "", row.category or "", row.get_triage_display() if row.triage else "",
            row.assignee or "", row.received_at, due.due_at if due else None, row.responded_at,
            _("Yes") if due and due.breached_at else "",
            row.commitment_at, row.arrived_at, row.resolved_at, row.signed_at, row.cause, row.solution,
            row.get_result_display() if row.result else "", row.rework_count,
        )  # fmt: skip


def _filtered(request: Request, now: datetime) -> TicketFilter:
    tickets = tickets_visible_to(request.user).filter(contract=request.contract)
    return TicketFilter(request.GET, queryset=tickets, person=request.user, role=request.role, at=now)


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("group", "")
    chips = []
    for value, label, icon in GROUPS:
        params = request.GET.copy()
        for name in ("after", "before", "group"):
            params.pop(name, None)
        if value:
            params["group"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen, "icon": icon})
    return chips


# Paging by key --------------------------------------------------------------------------------------------------------


def _key(ticket: Ticket) -> str:
    return f"{(ticket.received_at - EPOCH) // timedelta(microseconds=1)}.{ticket.pk}"


def _parsed(key: str) -> tuple[datetime, int] | None:
    """The instant and id of a paging key; None for what no page of ours has sent."""
    micros, _dot, pk = key.partition(".")
    if not (micros.isdigit() and pk.isdigit() and len(micros) <= 17 and len(pk) <= 18):
        return None
    return EPOCH + timedelta(microseconds=int(micros)), int(pk)


def _page(rows: QuerySet[Ticket], after: str, before: str) -> tuple[list[Ticket], str, str]:
    """One page of tickets, with the keys of the older and the newer page ("" where there is none)."""
    newest = rows.order_by("-received_at", "-id")
    if (key := _parsed(before)) is not None:
        at, pk = key
        found = list(
            rows.filter(Q(received_at__gte=at), Q(received_at__gt=at) | Q(id__gt=pk)).order_by("received_at", "id")[
                : PAGE_SIZE + 1
            ]
        )
        more = len(found) > PAGE_SIZE
        page = found[:PAGE_SIZE][::-1]
        return page, _key(page[-1]) if page else "", _key(page[0]) if more and page else ""
    key = _parsed(after)
    if key is not None:
        at, pk = key
        newest = newest.filter(Q(received_at__lte=at), Q(received_at__lt=at) | Q(id__lt=pk))
    found = list(newest[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    older = _key(page[-1]) if len(found) > PAGE_SIZE else ""
    return page, older, _key(page[0]) if key is not None and page else ""
