"""Verb `escalate`: the fault is difficult, in the engineer's view; the manager gets it at once (附三.3), 附三.4)c)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.roles import MANAGER
from parties.models import User
from parties.querysets import role_in
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_escalate
from tickets.services import common
from tickets.services.confirm_difficult import call_difficult
from tickets.services.repair_common import days_begin, new_content, tell_manager_difficult
from tickets.states import Triage


@transaction.atomic
def ticket_escalate(*, ticket: Ticket, actor: User, at: datetime, analysis: str, source: str = Source.PAGE) -> Ticket:
    """Hand a fault to the manager as difficult, with a first analysis.

    An hour that runs goes on until the manager has confirmed it (interpretation 9); the manager's own word confirms at once.
    Raises NotAllowed, Invalid without an analysis, Conflict.
    """
    common.require(
        can_escalate(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input(
        {
            "analysis": common.needed(
                analysis, 500, _("A difficult fault needs a first analysis for the manager and the client.")
            )
        }
    )
    before = {"status": ticket.status, "analysis": ticket.analysis}
    common.take(ticket, "escalate")
    ticket.refresh_from_db(fields=["triage"])
    new_content(ticket, analysis=analysis.strip())
    common.record(
        ticket,
        "escalate",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"status": ticket.status, "analysis": ticket.analysis},
    )
    if role_in(actor, ticket.contract_id) != MANAGER:
        tell_manager_difficult(ticket, actor=actor, at=at, source=source)
    elif ticket.triage != Triage.DIFFICULT:
        call_difficult(ticket, reason=ticket.analysis, actor=actor, at=at, source=source)
    return ticket


def escalate_at_response(ticket: Ticket, *, actor: User, at: datetime, source: str) -> None:
    """The first triage says difficult: the ticket goes on to the manager in the transaction of the response.

    No hour has begun, so that none ends: the days count from the day of receipt. The manager may still find it not difficult.
    """
    before = {"status": ticket.status}
    common.take(ticket, "escalate")
    common.record(
        ticket,
        "escalate",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"status": ticket.status, "analysis": ticket.analysis},
    )
    days_begin(ticket, reason=ticket.analysis, actor=actor, at=at, source=source)
    tell_manager_difficult(ticket, actor=actor, at=at, source=source)
