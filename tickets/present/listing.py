"""What the list shows of a ticket, and what a ticket's page shows of acts on several tickets."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from contract.rules import ServiceCalendar
from contract.services.calendar import calendar_of, calendar_under, national_state
from core.http import Request
from core.joined import read_joined
from core.panels import Panel
from records.models import AuditEntry
from sla.models import Clock
from sla.present import clock_view
from sla.states import ClockState
from tickets.models import Ticket
from tickets.present.base import Act, Words, name_in
from tickets.states import IN_HAND, TicketStatus

VERBS: Mapping[str, Words] = {
    "point_out": (gettext_noop("Pointed out to an engineer"), "bell", "info"),
}
CLOCK_FIELDS = ("kind", "state", "started_at", "due_at", "stopped_at", "breached_at", "provisional")
CLOCK_JOINS = {"policy": ("target_kind", "target_amount"), "calendar_revision": ("fingerprint",)}
"""What `add_clocks` reads of a clock, and of what it was started under."""


CLOCK_LINK: Any = Ticket._meta.get_field("response_clock")


def read_clocks(tickets: Iterable[Ticket]) -> None:
    """The clocks that a list of tickets tells of, in one statement, with what their calendars are known by.

    Joined to the tickets they cost PostgreSQL ten times as much: it plans a statement over a dozen tables longer than it runs.
    """
    rows = list(tickets)
    owed = [row.repair_clock_id for row in rows if row.status in IN_HAND]
    wanted = {pk for pk in (*(row.response_clock_id for row in rows), *owed) if pk is not None}
    clocks = Clock.objects.filter(pk__in=wanted).annotate(national=national_state())
    found = {row.pk: row for row in read_joined(clocks, CLOCK_FIELDS, CLOCK_JOINS, annotated=["national"])}
    for ticket in rows:
        ticket.response_clock = found.get(ticket.response_clock_id or 0)
        if ticket.status in IN_HAND:
            ticket.repair_clock = found.get(ticket.repair_clock_id or 0)


def row_clock(ticket: Ticket) -> Clock | None:
    """The promise that a row tells of: the response's while nobody has answered, then the repair's while it is owed, then how the
    response went."""
    if ticket.status in IN_HAND:
        repair: Clock | None = ticket.repair_clock
        if repair is not None and repair.state != ClockState.CANCELLED:
            return repair
    return ticket.response_clock if ticket.status != TicketStatus.CANCELLED else None


def add_clocks(
    tickets: Iterable[Ticket], contract: Any, now: datetime, calendars: dict[int, ServiceCalendar] | None = None
) -> list[Ticket]:
    """The tickets with `clock` (for the countdown) and `row_tone` set; one statement for the clocks that were not read before.

    A calendar costs a statement: it is asked for once a revision, not once a row; `calendars` keeps them for all lists of a page.
    """
    kept: dict[int, ServiceCalendar] = {} if calendars is None else calendars
    rows = list(tickets)
    unread = [row for row in rows if not CLOCK_LINK.is_cached(row)]
    if unread:
        read_clocks(unread)
    for ticket in rows:
        ticket.contract = contract
        clock = row_clock(ticket)
        view = None
        if clock is not None and clock.state != ClockState.CANCELLED:
            revision = clock.calendar_revision_id
            if _counts_down(clock, now) and revision not in kept:
                kept[revision] = _calendar_for(clock, contract)
            view = clock_view(clock, now, kept.get(revision))
        ticket.clock = view  # type: ignore[attr-defined]
        ticket.row_tone = "danger" if view is not None and view["state"] == "breached" else ""  # type: ignore[attr-defined]
    return rows


def _calendar_for(clock: Clock, contract: Any) -> ServiceCalendar:
    if "national" in clock.__dict__:
        return calendar_under(clock.calendar_revision, clock.__dict__["national"])
    return calendar_of(contract, clock.calendar_revision)


def _counts_down(clock: Clock, now: datetime) -> bool:
    return clock.state == ClockState.RUNNING and clock.due_at is not None and now <= clock.due_at


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What could be the next act."""
    return []


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What else this reader may do now."""
    return []


def parts(entry: AuditEntry) -> list[str]:
    """The words behind an entry of this room: to whom it was pointed out."""
    return [name_in(entry.after.get("to"))]


def sections(request: Request, ticket: Ticket) -> list[Panel]:  # noqa: ARG001 - what every room is asked
    """Sections of the ticket's page."""
    return []
