"""Verb `arrive`: the engineer is on site, or has begun remotely (附三.4)a)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_arrive
from tickets.services import common
from tickets.states import ServiceMode, TicketStatus


@transaction.atomic
def ticket_arrive(
    *, ticket: Ticket, actor: User, at: datetime, service_mode: str = ServiceMode.ON_SITE, source: str = Source.PAGE
) -> Ticket:
    """Record arrival on site or the start of remote work at `at`. Raises NotAllowed, Invalid or Conflict."""
    common.require(
        can_arrive(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input({"service_mode": common.chosen(service_mode, ServiceMode)})
    common.take(ticket, "arrive", arrived_at=at, service_mode=service_mode)
    common.record(
        ticket,
        "arrive",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.RESPONDED.value},
        after={"status": ticket.status, "arrived_at": at, "service_mode": service_mode},
    )
    text = (
        gettext_noop("%(code)s: %(engineer)s has arrived")
        if service_mode == ServiceMode.ON_SITE
        else gettext_noop("%(code)s: %(engineer)s has begun to work remotely")
    )
    common.tell(
        ticket,
        topic="arrived",
        recipients=common.people(common.reporter_account(ticket), without=actor),
        title=text,
        params={"code": ticket.code, "engineer": actor.name},
        at=at,
        source=source,
    )
    return ticket
