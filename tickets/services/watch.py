"""Verb `watch`: somebody follows a ticket, or no longer. Outside the signed content and outside the history: it is nobody's act
on the ticket, only a wish to be told."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parties.models import User
from tickets.models import Ticket, TicketWatch
from tickets.permissions import can_watch
from tickets.services import common


@transaction.atomic
def ticket_watch(*, ticket: Ticket, actor: User, at: datetime, on: bool = True) -> Ticket:
    """Follow a ticket, or stop. Either is done however often it is asked for. Raises NotAllowed."""
    common.require(can_watch(actor, ticket), _("Your role may not follow this ticket."))
    if on:
        follow(ticket, actor, at)
    else:
        TicketWatch.objects.filter(ticket=ticket, person=actor).delete()
    return ticket


def follow(ticket: Ticket, person: User, at: datetime) -> None:
    """Let somebody follow the ticket; of two at once the constraint keeps one. The caller decides that they may."""
    TicketWatch.objects.bulk_create([TicketWatch(ticket=ticket, person=person, since=at)], ignore_conflicts=True)
    common.hold(ticket, "watch")
