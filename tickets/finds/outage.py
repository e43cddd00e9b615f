"""Finds: entries made after an outage, blank sheets, files of another system's work orders, hand-overs of open tickets."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from core.roles import AUDITOR, LEADER, STAFF_ROLES, SUPERVISOR
from parties.models import Contract, User
from parties.querysets import memberships_of
from sla.models import Clock
from tickets.models import BlankSheets, GridBatch, LateEntry, OpenHandover, OpenHandoverLine, Ticket
from tickets.states import IN_HAND, HandoverLineState

READERS = (*STAFF_ROLES, SUPERVISOR, LEADER, AUDITOR)
REMIND_AFTER = timedelta(hours=1)
"""A hand-over that nobody has answered for so long is told to the manager."""


def late_entries_visible_to(user: Any) -> QuerySet[LateEntry]:
    """The contractor's people, the client's supervisor and leader, and the auditor; clerks see the ticket itself."""
    if not getattr(user, "is_authenticated", False):
        return LateEntry.objects.none()
    contracts = memberships_of(user).filter(role__in=READERS).values("contract_id")
    return LateEntry.objects.filter(contract_id__in=contracts)


def waiting_entries(contract: Contract) -> QuerySet[LateEntry]:
    """Late entries that wait for the manager, the oldest first."""
    rows = LateEntry.objects.filter(contract=contract, status="waiting")
    return rows.select_related("entered_by", "engineer").order_by("entered_at", "id")


def blank_sheets_of(contract: Contract) -> QuerySet[BlankSheets]:
    """The printings of blank sheets, the newest first."""
    return BlankSheets.objects.filter(contract=contract).select_related("printed_by")


def grid_batches_of(contract: Contract) -> QuerySet[GridBatch]:
    """The files of other systems, the newest first."""
    return GridBatch.objects.filter(contract=contract).select_related("created_by").order_by("-id")


def handovers_visible_to(user: Any) -> QuerySet[OpenHandover]:
    """The contractor's own people; how they share their work is not the client's affair."""
    if not getattr(user, "is_authenticated", False):
        return OpenHandover.objects.none()
    contracts = memberships_of(user).filter(role__in=(*STAFF_ROLES, AUDITOR)).values("contract_id")
    return OpenHandover.objects.filter(contract_id__in=contracts)


def in_hand_of(contract: Contract, person: User) -> QuerySet[Ticket]:
    """The open tickets of one engineer, the earliest commitment first, with what the hand-over shows of each."""
    rows = Ticket.objects.filter(contract=contract, assignee=person, status__in=IN_HAND)
    return rows.select_related("unit", "place", "repair_clock__policy", "repair_clock__calendar_revision").order_by(
        "commitment_at", "id"
    )


def offered(contract: Contract) -> QuerySet[OpenHandoverLine]:
    """Tickets that are offered and not answered yet."""
    return OpenHandoverLine.objects.filter(handover__contract=contract, state=HandoverLineState.OFFERED)


def unanswered_since(at: datetime) -> QuerySet[OpenHandover]:
    """Hand-overs of which the manager has to be told now: offered an hour ago, not answered, not told yet."""
    rows = OpenHandover.objects.filter(answered_at=None, reminded_at=None, made_at__lte=at - REMIND_AFTER)
    return rows.select_related("contract", "from_person", "to_person").order_by("id")


def clocks_of(ticket: Ticket) -> list[int]:
    """The ids of every clock about a ticket."""
    return list(Clock.objects.filter(subject_type="ticket", subject_id=ticket.pk).values_list("pk", flat=True))
