"""Verb `send_back`: the client does not sign, says why, and the work goes on."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_send_back
from tickets.services import common
from tickets.services.repair_clock import repair_again, signature_fell_away
from tickets.states import TicketStatus


@transaction.atomic
def ticket_send_back(*, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> Ticket:
    """Send finished work back; counts as rework and makes a new version, so that open signing links are stale.

    What the repair took keeps its verdict; the rework has a promise of its own. Raises NotAllowed, Invalid or Conflict.
    """
    common.require(can_send_back(actor, ticket), _("Only the client's side can send a ticket back."))
    common.check_input({"reason": common.needed(reason, 300, _("Please say what is not in order."))})
    common.take(ticket, "send_back", rework_count=F("rework_count") + 1, content_version=F("content_version") + 1)
    ticket.refresh_from_db(fields=["rework_count", "content_version"])
    common.record(
        ticket,
        "send_back",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.TO_SIGN.value},
        after={"status": ticket.status, "rework_count": ticket.rework_count},
        reason=reason.strip(),
    )
    signature_fell_away(ticket, actor=actor, at=at, reason=reason.strip())
    repair_again(ticket, actor=actor, at=at, reason=reason.strip(), source=source)
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="sent_back",
        recipients=common.people(assignee, common.managers_of(ticket.contract, at), without=actor),
        title=gettext_noop("%(code)s was sent back by %(name)s"),
        body="%(reason)s",
        params={"code": ticket.code, "name": actor.name, "reason": reason.strip()},
        urgent=True,
        at=at,
        source=source,
    )
    return ticket
