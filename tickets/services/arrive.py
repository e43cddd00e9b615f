"""Verb `arrive`: the engineer is on site, or has begun remotely (附三.4)a)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from parties.models import User
from records.models import Source
from tickets.models import RemoteSession, Ticket
from tickets.permissions import can_arrive
from tickets.services import common
from tickets.states import ServiceMode


@transaction.atomic
def ticket_arrive(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    service_mode: str = ServiceMode.ON_SITE,
    authorised_by: str = "",
    tool: str = "",
    source: str = Source.PAGE,
) -> Ticket:
    """Record arrival on site, or the start of a remote session at `at`: who allowed it, and with which tool.

    Each ticket has one arrival, also where its work is in hand already, as a difficult fault's is by its plan.
    Raises NotAllowed, Invalid or Conflict (also when the arrival is recorded already).
    """
    common.require(
        can_arrive(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    remote = service_mode == ServiceMode.REMOTE
    common.check_input(
        {
            "service_mode": common.chosen(service_mode, ServiceMode),
            "authorised_by": common.needed(authorised_by, 40, _("Please say who allowed the remote session."))
            if remote
            else "",
            "tool": common.needed(tool, 40, _("Please say with which tool.")) if remote else "",
        }
    )
    was = ticket.status
    if not Ticket.objects.filter(pk=ticket.pk, arrived_at=None).update(arrived_at=at):
        raise Conflict(_("The beginning of the work is recorded already. Please look at the present state."))
    common.take(ticket, "arrive", arrived_at=at, service_mode=service_mode)
    common.record(
        ticket,
        "arrive",
        actor=actor,
        at=at,
        source=source,
        before={"status": was},
        after={
            "status": ticket.status,
            "arrived_at": at,
            "service_mode": service_mode,
            **({"authorised_by": authorised_by.strip(), "tool": tool.strip()} if remote else {}),
        },
    )
    if remote:
        RemoteSession.objects.create(
            ticket=ticket, engineer=actor, started_at=at, authorised_by=authorised_by.strip(), tool=tool.strip()
        )
        common.hold(ticket, "remote")
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
