"""Verb `confirm_difficult`: the manager agrees that a fault is difficult; an hour ends with its true result, days begin."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_judge
from tickets.services import common
from tickets.services.repair_common import days_begin, new_content
from tickets.states import Triage


@transaction.atomic
def ticket_confirm_difficult(
    *, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE
) -> Ticket:
    """Confirm what the engineer has escalated, before the plan is written: the promise of an hour ends at `at`, kept or missed
    as it is, and 5 or 7 working days count from the day of receipt (附三.4)c).

    Done after the breach it is flagged (sla.services.reclassify). Raises NotAllowed, Invalid without a reason, Conflict.
    """
    common.require(can_judge(actor, ticket), _("Only the project manager may call a fault difficult."))
    common.check_input({"reason": common.needed(reason, 300, _("Please say why the fault is difficult."))})
    common.take(ticket, "confirm_difficult")
    call_difficult(ticket, reason=reason.strip(), actor=actor, at=at, source=source)
    return ticket


def call_difficult(ticket: Ticket, *, reason: str, actor: User, at: datetime, source: str) -> None:
    """Make an escalated ticket's fault a difficult one. Its row has been claimed before in this transaction. Raises Conflict."""
    ticket.refresh_from_db(fields=["triage", "repair_clock"])
    if ticket.triage == Triage.DIFFICULT:
        raise Conflict(_("This fault has been called difficult already."))
    before = {"triage": ticket.triage}
    clock = days_begin(ticket, reason=reason, actor=actor, at=at, source=source)
    new_content(ticket, triage=Triage.DIFFICULT.value)
    common.record(
        ticket,
        "confirm_difficult",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"triage": ticket.triage, "kind": clock.kind, "due_at": clock.due_at},
        reason=reason,
    )
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="difficult",
        recipients=common.people(assignee, without=actor),
        title=gettext_noop("%(code)s is confirmed as a difficult fault, due by %(when)s"),
        params={"code": ticket.code, "when": common.local_time(clock.due_at) if clock.due_at else ""},
        at=at,
        source=source,
    )
