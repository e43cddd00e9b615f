"""What `schedule` and `reschedule` share: the checks of an appointment, what is stored, and when the repair begins to count."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from parties.models import User
from sla.rules import FREE_MOVE, FROM_APPOINTMENT
from sla.services.appointment import clock_move_appointment
from sla.states import AskedBy, ClockState
from tickets import rules
from tickets.models import Ticket
from tickets.services import common
from tickets.services.repair_clock import repair_current
from tickets.states import ContactMethod


def check_appointment(
    ticket: Ticket, at: datetime, *, appointment_at: datetime, place: str, agreed_with: str, how: str, reason: str
) -> dict[str, str]:
    """The complaints about an appointment, by field. One more than four hours away needs the client's reason where it moves the
    beginning of the repair's hour (interpretation 8)."""
    plausible = rules.appointment_is_plausible(at, appointment_at)
    running = repair_current(ticket)
    far = (
        plausible and counts_from_it(ticket) and running is not None and appointment_at - running.started_at > FREE_MOVE
    )
    return {
        "appointment_at": ""
        if plausible
        else _("The appointment must lie after now and within %(days)s days.")
        % {"days": rules.COMMITMENT_HORIZON.days},
        "appointment_place": common.needed(place, 100, _("Please say where you meet.")),
        "appointment_with": common.needed(agreed_with, 40, _("Please say with whom you agreed it.")),
        "how": common.chosen(how, ContactMethod),
        "reason": common.needed(reason, 300, _("An appointment more than four hours away needs the client's reason."))
        if far
        else common.optional(reason, 300),
    }


def appointment_fields(appointment_at: datetime, place: str, agreed_with: str) -> dict[str, Any]:
    """The columns of an appointment."""
    return {
        "appointment_at": appointment_at,
        "appointment_place": place.strip(),
        "appointment_with": agreed_with.strip(),
    }


def move_start(ticket: Ticket, *, asked_by: str, how: str, reason: str, actor: User, at: datetime, source: str) -> None:
    """Let the repair count from the appointment where the client wanted it so; ours is traced only (附三.4)a).

    A promise that was missed already, or that does not count from an appointment, stays as it is: the ticket's history has both.
    """
    running = repair_current(ticket)
    if running is None or ticket.appointment_at is None or not counts_from_it(ticket):
        return
    missed = running.breached_at is not None or (running.due_at is not None and at > running.due_at)
    if missed and asked_by == AskedBy.CLIENT:
        return
    ticket.repair_clock = clock_move_appointment(
        clock=running,
        starts_at=ticket.appointment_at,
        asked_by=asked_by,
        name=ticket.appointment_with if asked_by == AskedBy.CLIENT else actor.name,
        how=str(ContactMethod(how).label),
        reason=reason.strip(),
        actor=actor,
        at=at,
        source=source,
    )


def counts_from_it(ticket: Ticket) -> bool:
    """Whether the ticket's promise counts from its appointment and runs."""
    running = repair_current(ticket)
    return running is not None and running.kind in FROM_APPOINTMENT and running.state == ClockState.RUNNING
