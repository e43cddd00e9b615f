"""Verb `not_difficult`: the manager finds that a fault is an ordinary one; the work goes on under the hour."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from sla.rules import DIFFICULT
from sla.services.clock import clock_cancel, clock_start
from tickets.models import Ticket
from tickets.permissions import can_judge
from tickets.services import common
from tickets.services.repair_common import new_content, repair_clock_of, set_repair_clock
from tickets.states import Triage

FIX = "fix"


@transaction.atomic
def ticket_not_difficult(
    *, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE
) -> Ticket:
    """Give an escalated ticket back as an ordinary fault.

    Nobody gains time by calling a fault difficult: an hour that runs has gone on meanwhile, and where the first triage had called
    it difficult the hour counts from the response (interpretation 8) and may be over already.
    Raises NotAllowed, Invalid without a reason, Conflict.
    """
    common.require(can_judge(actor, ticket), _("Only the project manager decides this."))
    common.check_input({"reason": common.needed(reason, 300, _("Please give the reason."))})
    reason = reason.strip()
    before = {"status": ticket.status, "triage": ticket.triage}
    common.take(ticket, "not_difficult")
    ticket.refresh_from_db(fields=["triage", "repair_clock"])
    if ticket.triage == Triage.DIFFICULT:
        running = repair_clock_of(ticket)
        if running is not None and running.kind in DIFFICULT:
            clock_cancel(clock=running, at=at, actor=actor, reason=reason)
        hour = clock_start(
            contract=ticket.contract, kind=FIX, subject=ticket, started_at=ticket.responded_at or at, actor=actor, at=at,
            source=source, reason=reason,
        )  # fmt: skip
        set_repair_clock(ticket, hour, actor=actor, at=at, source=source)
        new_content(ticket, triage=Triage.GENERAL.value)
    common.record(
        ticket,
        "not_difficult",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"status": ticket.status, "triage": ticket.triage},
        reason=reason,
    )
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="difficult",
        recipients=common.people(assignee, without=actor),
        title=gettext_noop("%(code)s is not a difficult fault: the hour goes on"),
        body="%(reason)s",
        params={"code": ticket.code, "reason": reason},
        urgent=True,
        at=at,
        source=source,
    )
    return ticket
