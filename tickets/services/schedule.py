"""Verb `schedule`: time and place are agreed with the client; a general fault's hour counts from there (附三.4)a)."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from sla.states import AskedBy
from tickets.models import Ticket
from tickets.permissions import can_schedule
from tickets.services import common
from tickets.services.appointment import appointment_fields, check_appointment, move_start
from tickets.states import ContactMethod


@transaction.atomic
def ticket_schedule(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    appointment_at: datetime,
    appointment_place: str,
    appointment_with: str,
    how: str = ContactMethod.PHONE,
    reason: str = "",
    source: str = Source.PAGE,
) -> Ticket:
    """Note an appointment. Raises NotAllowed, Invalid (also for one more than 4 h away without the client's reason) or Conflict."""
    common.require(
        can_schedule(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input(
        check_appointment(
            ticket,
            at,
            appointment_at=appointment_at,
            place=appointment_place,
            agreed_with=appointment_with,
            how=how,
            reason=reason,
        )
    )
    was = ticket.status
    new = appointment_fields(appointment_at, appointment_place, appointment_with)
    common.take(ticket, "schedule", content_version=F("content_version") + 1, **new)
    ticket.refresh_from_db(fields=["content_version"])
    common.record(
        ticket,
        "schedule",
        actor=actor,
        at=at,
        source=source,
        before={"status": was},
        after={"status": ticket.status, **new, "how": how},
        reason=reason.strip(),
    )
    move_start(ticket, asked_by=AskedBy.CLIENT, how=how, reason=reason, actor=actor, at=at, source=source)
    tell_appointment(
        ticket,
        gettext_noop("%(code)s: %(engineer)s comes on %(when)s to %(place)s"),
        actor=actor,
        at=at,
        source=source,
    )
    return ticket


def tell_appointment(ticket: Ticket, text: str, *, actor: User, at: datetime, source: str) -> None:
    """Tell the reporter, and the engineer where the manager made it."""
    engineer = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="appointment",
        recipients=common.people(common.reporter_account(ticket), engineer, without=actor),
        title=text,
        params={
            "code": ticket.code,
            "engineer": str(ticket.assignee or ""),
            "when": common.local_time(ticket.appointment_at) if ticket.appointment_at else "",
            "place": ticket.appointment_place,
        },
        at=at,
        source=source,
    )
