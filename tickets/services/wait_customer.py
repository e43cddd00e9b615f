"""Verb `wait_customer`: the work cannot go on without the client, who knows of it; the repair's promise is held, up to a limit."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract import rules as calendar_rules
from contract.rules import Target
from contract.services.calendar import calendar_of
from contract.services.terms import term
from core import clock
from parties.models import User
from records.models import Source
from sla.states import PauseCause
from tickets.models import Ticket
from tickets.permissions import can_wait
from tickets.services import common
from tickets.services.repair_clock import repair_hold
from tickets.states import TicketStatus, WaitCause


@transaction.atomic
def ticket_wait_customer(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    cause: str,
    reason: str,
    known_by: str,
    source: str = Source.PAGE,
) -> Ticket:
    """Wait for the client's access or decision. It ends by itself when service closes on the last of `wait_customer_days` days.

    `known_by` is the client's person who knows that we wait. Raises NotAllowed, Invalid or Conflict.
    """
    common.require(
        can_wait(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input(
        {
            "cause": common.chosen(cause, WaitCause),
            "reason": common.needed(reason, 300, _("Please say what you wait for.")),
            "known_by": common.needed(known_by, 40, _("Please say which of the client's people knows of it.")),
        }
    )
    days = int(term(ticket.contract, "wait_customer_days", at.astimezone(clock.SHANGHAI).date()))
    until = calendar_rules.due(calendar_of(ticket.contract), at, Target.working_days(days)).due_at
    common.take(
        ticket,
        "wait_customer",
        waiting_since=at,
        waiting_reason=reason.strip(),
        waiting_known_by=known_by.strip(),
        waiting_until=until,
        part_asked_at=None,
    )
    common.record(
        ticket,
        "wait_customer",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.IN_PROGRESS.value},
        after={"status": ticket.status, "cause": cause, "known_by": known_by.strip(), "until": until},
        reason=reason.strip(),
    )
    repair_hold(ticket, cause=PauseCause(cause).value, actor=actor, at=at, reason=reason.strip())
    common.tell(
        ticket,
        topic="waiting",
        recipients=common.people(common.reporter_account(ticket), without=actor),
        title=gettext_noop("%(code)s waits for you: %(reason)s"),
        params={"code": ticket.code, "reason": reason.strip()},
        at=at,
        source=source,
    )
    return ticket
