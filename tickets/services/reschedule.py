"""Verb `reschedule`: an appointment moves. Every move is traced; only the client's wish moves when the repair begins to count."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from records.services.audit import changes
from sla.states import AskedBy
from tickets.models import Ticket
from tickets.permissions import can_schedule
from tickets.services import common
from tickets.services.appointment import appointment_fields, check_appointment, move_start
from tickets.services.schedule import tell_appointment
from tickets.states import ContactMethod


@transaction.atomic
def ticket_reschedule(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    appointment_at: datetime,
    appointment_place: str,
    appointment_with: str,
    asked_by: str,
    how: str = ContactMethod.PHONE,
    reason: str,
    source: str = Source.PAGE,
) -> Ticket:
    """Move an appointment at the wish of the client or ours, with the reason. Raises NotAllowed, Invalid or Conflict."""
    common.require(
        can_schedule(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    complaints = check_appointment(
        ticket,
        at,
        appointment_at=appointment_at,
        place=appointment_place,
        agreed_with=appointment_with,
        how=how,
        reason=reason,
    )
    common.check_input(
        {
            **complaints,
            "asked_by": common.chosen(asked_by, AskedBy),
            "reason": complaints["reason"] or common.needed(reason, 300, _("Please say why it moves.")),
        }
    )
    new = appointment_fields(appointment_at, appointment_place, appointment_with)
    before, after = changes(ticket, **new)
    common.take(ticket, "reschedule", content_version=F("content_version") + 1, **new)
    ticket.refresh_from_db(fields=["content_version"])
    common.record(
        ticket,
        "reschedule",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={**after, "asked_by": asked_by, "how": how},
        reason=reason.strip(),
    )
    move_start(ticket, asked_by=asked_by, how=how, reason=reason, actor=actor, at=at, source=source)
    tell_appointment(
        ticket, gettext_noop("%(code)s: the appointment is now %(when)s, %(place)s"), actor=actor, at=at, source=source
    )
    return ticket
