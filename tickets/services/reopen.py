"""Verb `reopen`: the client finds afterwards that it is not in order; the work goes on as rework."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract.services.terms import term
from core import clock
from core.errors import Conflict
from parties.models import User
from records.models import Source
from tickets import rules
from tickets.models import Ticket
from tickets.permissions import can_reopen
from tickets.services import common
from tickets.services.repair_clock import repair_again
from tickets.states import TICKET_FLOW


@transaction.atomic
def ticket_reopen(*, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> Ticket:
    """Open an ended ticket again, within `reopen_days` of its signature, closing or archiving; an archived one the manager only.

    What was signed stays readable as its version; the new one is unsigned. Raises NotAllowed, Invalid or Conflict.
    """
    common.require(
        can_reopen(actor, ticket),
        _("The client's side opens a ticket again; the project manager also one that is archived."),
    )
    common.check_input({"reason": common.needed(reason, 300, _("Please say what is not in order."))})
    was, ended = ticket.status, rules.ended_at(ticket.signed_at, ticket.closed_at, ticket.archived_at)
    days = int(term(ticket.contract, "reopen_days", (ended or at).astimezone(clock.SHANGHAI).date()))
    if TICKET_FLOW.allows("reopen", was) and ended is not None and at > rules.reopen_until(ended, days):
        raise Conflict(
            _("A ticket can be opened again for %(days)s days; that time is over. Please report it anew.")
            % {"days": days}
        )
    common.take(
        ticket,
        "reopen",
        rework_count=F("rework_count") + 1,
        content_version=F("content_version") + 1,
        signed_at=None,
        closed_at=None,
        archived_at=None,
        closing_reason="",
    )
    ticket.refresh_from_db(fields=["rework_count", "content_version"])
    common.record(
        ticket,
        "reopen",
        actor=actor,
        at=at,
        source=source,
        before={"status": was, "ended_at": ended},
        after={"status": ticket.status, "rework_count": ticket.rework_count},
        reason=reason.strip(),
    )
    repair_again(ticket, actor=actor, at=at, reason=reason.strip(), source=source)
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="reopened",
        recipients=common.people(assignee, common.managers_of(ticket.contract, at), without=actor),
        title=gettext_noop("%(code)s was opened again by %(name)s"),
        body="%(reason)s",
        params={"code": ticket.code, "name": actor.name, "reason": reason.strip()},
        urgent=True,
        at=at,
        source=source,
    )
    return ticket
