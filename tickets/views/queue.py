"""The queue: what to respond to, what is in hand, waits, is to be verified, waits for a signature. It refreshes itself."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import translation

from core import clock
from core.access import allow
from core.http import Request
from core.panels import panels_for
from core.roles import MANAGER, STAFF_ROLES
from tickets.models import Ticket
from tickets.present.listing import add_clocks
from tickets.querysets import in_work_of, to_respond, to_sign_of, to_verify_by, unexplained_breaches
from tickets.states import IN_HAND, OPEN, WAITING, TicketStatus

AT_WORK = (
    TicketStatus.RESPONDED,
    TicketStatus.SCHEDULED,
    TicketStatus.IN_PROGRESS,
    TicketStatus.ESCALATED,
)
LIMIT = 50
"""No section shows more than this; the rest is found in the list, to which the section leads then."""


def _sums(tickets: QuerySet[Ticket]) -> QuerySet[Any, Any]:
    return (
        tickets.order_by()
        .values("contract")
        .annotate(
            count=Count("id"),
            newest=Max("id"),
            versions=Sum("version"),
            late=Count("response_clock__breached_at"),
            late_repairs=Count("repair_clock__breached_at"),
        )
        .values_list("count", "newest", "versions", "late", "late_repairs")
    )


def stamp_of(request: Request, now: datetime) -> str:
    """What the queue's content depends on, from one statement: tickets, their versions, breaches; and the reader."""
    contract = request.contract
    open_ones = Ticket.objects.filter(contract=contract, status__in=OPEN)
    # Two halves, because one condition over both would read every ticket there ever was.
    facts = sorted(_sums(open_ones).union(_sums(unexplained_breaches(contract).select_related(None)), all=True))
    parts = (
        *(value for row in facts for value in row),
        request.user.pk,
        request.role,
        request.contract.pk,
        translation.get_language(),
        f"{now:%Y%m%d}",
    )
    return "-".join(str(part) for part in parts)


@allow(*STAFF_ROLES)
def queue(request: Request) -> HttpResponse:
    """My queue."""
    now = clock.now()
    alarms = panels_for("queue", request, None)
    context = {"stamp": stamp_of(request, now), "panels": alarms, **sections_of(request, now)}
    return render(request, "tickets/queue.html", context)


@allow(*STAFF_ROLES, poll=True, when_locked=True)
def queue_rows(request: Request) -> HttpResponse:
    """The queue's rows, or 304 while nothing has changed since the stamp that the reader holds (If-None-Match).

    A locked session gets codes, clocks and counts: no verb, and nothing about a person.
    """
    now = clock.now()
    etag = f'"{stamp_of(request, now)}{"-locked" if request.away else ""}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    elif request.away:
        response = render(request, "tickets/_queue_locked.html", locked_queue(request, now))
    else:
        response = render(request, "tickets/_queue_rows.html", sections_of(request, now))
    response.headers["ETag"] = etag
    return response


def locked_queue(request: Request, now: datetime) -> dict[str, Any]:
    """What may be seen of the queue by anybody who passes: what waits for a response, and how much is under way."""
    contract = request.contract
    return {
        "to_respond": add_clocks(to_respond(contract)[:LIMIT], contract, now),
        "in_work_count": Ticket.objects.filter(contract=contract, status__in=IN_HAND).count(),
        "stamp": f"{stamp_of(request, now)}-locked",
    }


def sections_of(request: Request, now: datetime, limit: int = LIMIT) -> dict[str, Any]:
    """What the queue shows of each section, and in `more` which of them hold more than `limit`; engineers see their own work, the
    manager everybody's."""
    everybody = request.role == MANAGER
    mine = None if everybody else request.user
    contract = request.contract
    unexplained = unexplained_breaches(contract)
    if not everybody:
        unexplained = unexplained.filter(Q(assignee=request.user) | Q(assignee=None))
    found = {
        name: list(rows[: limit + 1])
        for name, rows in (
            ("to_respond", to_respond(contract)),
            ("in_hand", in_work_of(contract, mine)),
            ("to_verify", to_verify_by(contract, request.user)),
            ("to_sign", to_sign_of(contract, mine)),
            ("unexplained", unexplained),
        )
    }
    add_clocks([ticket for rows in found.values() for ticket in rows], contract, now)
    shown = {name: rows[:limit] for name, rows in found.items()}
    in_hand = shown.pop("in_hand")
    return shown | {
        "in_work": [ticket for ticket in in_hand if ticket.status in AT_WORK],
        "waiting": [ticket for ticket in in_hand if ticket.status in (*WAITING, TicketStatus.TO_VERIFY)],
        "more": {name: len(rows) > limit for name, rows in found.items()},
        "everybody": everybody,
        "now": now,
    }
