"""Verb `cancel`: the manager voids a ticket with a reason; nothing is deleted."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_cancel
from tickets.services import common
from tickets.services.remote_end import sessions_end
from tickets.services.repair_clock import clocks_cancel
from tickets.services.vendor_call_off import calls_end


@transaction.atomic
def ticket_cancel(*, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> Ticket:
    """Void a ticket before it awaits a signature; its running clocks end with it and vendors are called off.

    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(can_cancel(actor, ticket), _("Only the project manager can cancel a ticket."))
    common.check_input({"reason": common.needed(reason, 300, _("Please say why the ticket is cancelled."))})
    was = ticket.status
    common.take(ticket, "cancel", closing_reason=reason.strip())
    common.record(
        ticket,
        "cancel",
        actor=actor,
        at=at,
        source=source,
        before={"status": was},
        after={"status": ticket.status},
        reason=reason.strip(),
    )
    calls_end(ticket, actor=actor, at=at, reason=reason.strip(), source=source)
    sessions_end(ticket, at=at, summary=reason.strip())
    clocks_cancel(ticket, actor=actor, at=at, reason=reason.strip())
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="cancelled",
        recipients=common.people(common.reporter_account(ticket), assignee, without=actor),
        title=gettext_noop("%(code)s was cancelled by %(name)s"),
        body="%(reason)s",
        params={"code": ticket.code, "name": actor.name, "reason": reason.strip()},
        at=at,
        source=source,
    )
    return ticket
