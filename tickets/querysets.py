"""Finds: tickets. Every read starts from `tickets_visible_to`."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce

from core.roles import BUSINESS_ROLES, CLERK
from core.search import Holds, words_of
from parties.models import Contract, User
from parties.querysets import own_memberships
from sla.models import Clock
from sla.states import ClockState
from tickets.models import Ticket
from tickets.states import IN_HAND, OPEN, TicketStatus

WHOLE_CODE = re.compile(r"GD-(?:[A-Z0-9]+-)?\d{8}-\d{4,}")
ROW_FIELDS = ("place", "device", "unit", "window", "assignee")
"""What a row shows of the records that it points at."""
CLOCK_FIELDS = (
    "response_clock__policy", "response_clock__calendar_revision", "repair_clock__policy", "repair_clock__calendar_revision",
)  # fmt: skip
"""Its clocks, for the few lists which do not leave them to `tickets.present.listing.add_clocks`."""


def tickets_visible_to(user: Any) -> QuerySet[Ticket]:
    """Clerks see their own unit's tickets, everybody else with a part in the contract's work all of it, others none."""
    if not getattr(user, "is_authenticated", False):
        return Ticket.objects.none()
    seen = Q()
    for row in own_memberships(user):
        if row.role == CLERK:
            seen |= Q(contract_id=row.contract_id, unit_id=row.unit_id)
        elif row.role in BUSINESS_ROLES:
            seen |= Q(contract_id=row.contract_id)
    return Ticket.objects.filter(seen) if seen else Ticket.objects.none()


def with_row_fields(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """With what a list row shows and its clocks, in the same statement."""
    return tickets.select_related(*ROW_FIELDS, *CLOCK_FIELDS)


def open_tickets(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Those on which somebody still has to act."""
    return tickets.filter(status__in=OPEN)


def open_by_device(ids: Collection[int]) -> dict[int, int]:
    """How many open tickets each of these devices has; devices without any are left out."""
    rows = open_tickets(Ticket.objects.filter(device_id__in=ids)).values_list("device_id").annotate(count=Count("pk"))
    return {int(device_id): count for device_id, count in rows.order_by() if device_id is not None}


def to_respond(contract: Contract) -> QuerySet[Ticket]:
    """Tickets of a contract that wait for a response, the one with the least time first."""
    return (
        Ticket.objects.filter(contract=contract, status=TicketStatus.PENDING_RESPONSE)
        .select_related(*ROW_FIELDS)
        .order_by(F("response_clock__due_at").asc(nulls_last=True), "received_at", "id")
    )


def in_work_of(contract: Contract, user: User | None, statuses: Collection[str] = IN_HAND) -> QuerySet[Ticket]:
    """Tickets in somebody's hands (one engineer's, or everybody's with None), what is due first first.

    Due is when the repair is promised for; where nothing times it, when it was promised to the client.
    """
    rows = Ticket.objects.filter(contract=contract, status__in=statuses)
    if user is not None:
        rows = rows.filter(assignee=user)
    return rows.select_related(*ROW_FIELDS).order_by(Coalesce("repair_clock__due_at", "commitment_at"), "id")


def to_verify_by(contract: Contract, user: User) -> QuerySet[Ticket]:
    """Finished work that waits for somebody other than the one who is responsible for it, the longest wait first."""
    rows = Ticket.objects.filter(contract=contract, status=TicketStatus.TO_VERIFY).exclude(assignee=user)
    return rows.select_related(*ROW_FIELDS).order_by("resolved_at", "id")


def to_sign_of(contract: Contract, user: User | None) -> QuerySet[Ticket]:
    """Tickets that wait for the client's signature, the longest wait first."""
    rows = Ticket.objects.filter(contract=contract, status=TicketStatus.TO_SIGN)
    if user is not None:
        rows = rows.filter(assignee=user)
    return rows.select_related(*ROW_FIELDS).order_by("resolved_at", "id")


def unexplained_breaches(contract: Contract) -> QuerySet[Ticket]:
    """Tickets whose response was late and whose reason nobody has given yet."""
    return (
        Ticket.objects.filter(
            contract=contract,
            # The clock's own contract and kind, so that the database begins with the few unexplained clocks.
            response_clock__contract=contract,
            response_clock__kind="response",
            response_clock__breached_at__isnull=False,
            response_clock__breach_reason="",
        )
        .select_related(*ROW_FIELDS)
        .order_by("-received_at", "-id")
    )


def breached_by(tickets: QuerySet[Ticket], at: datetime, *, clock: str = "response_clock") -> QuerySet[Ticket]:
    """Those whose clock (the response's or the repair's) was broken, or is running past its due instant at `at`."""
    # The few late clocks are found first, by their own indexes: joined, every ticket's clock would be read.
    late = Clock.objects.filter(Q(breached_at__isnull=False) | Q(state=ClockState.RUNNING, due_at__lt=at))
    return tickets.filter(**{f"{clock}__in": late.values("pk")})


def without_late(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Without what was worked on paper during an outage and entered later: reports count that apart."""
    return tickets.filter(late_entry=None)


def tickets_matching(tickets: QuerySet[Ticket], text: str, *, internal: bool = False) -> QuerySet[Ticket]:
    """Those that hold every word of the text in number, title, symptom, people, device, place, cause, solution or notes.

    `internal` also looks at what the contractor's people wrote for themselves. A whole number of a ticket finds just that one.
    """
    if WHOLE_CODE.fullmatch(text.strip().upper()):
        return tickets.filter(code=text.strip().upper())
    for word in words_of(text):
        found = Q(Holds("found_by__words", word))
        if internal:
            found |= Q(Holds("found_by__internal", word))
        tickets = tickets.filter(found)
    return tickets
