"""Verbs `ask_part`, `wait_part`, `refuse_part`: sent in or waiting for a part, asked by the engineer, approved by the manager.

Nothing waits for a part while the user stands without: a spare is lent, or it is written down why not (附三.4)c).
The promise of the repair goes on meanwhile.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, Invalid
from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_approve_part, can_wait
from tickets.services import common
from tickets.states import TICKET_FLOW, TicketStatus


@transaction.atomic
def ticket_ask_part(*, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> Ticket:
    """Ask the manager to let the work wait. Raises NotAllowed, Invalid (also while no spare is settled) or Conflict."""
    common.require(
        can_wait(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    _check(ticket, reason)
    common.take(ticket, "ask_part", part_asked_at=at, part_asked_why=reason.strip())
    common.record(ticket, "ask_part", actor=actor, at=at, source=source, reason=reason.strip())
    common.tell(
        ticket,
        topic="part",
        recipients=common.people(common.managers_of(ticket.contract, at), without=actor),
        title=gettext_noop("%(code)s should wait for a part: please decide"),
        body="%(reason)s",
        params={"code": ticket.code, "reason": reason.strip()},
        at=at,
        source=source,
    )
    return ticket


@transaction.atomic
def ticket_wait_part(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    reason: str,
    until: datetime | None = None,
    source: str = Source.PAGE,
) -> Ticket:
    """Approve that the work waits, expected `until` then. The manager need not be asked before.

    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(can_approve_part(actor, ticket), _("Only the project manager lets the work wait for a part."))
    if until is not None and until <= at:
        message = _("This lies in the past.")
        raise Invalid(message, fields={"until": message})
    _check(ticket, reason)
    common.take(
        ticket,
        "wait_part",
        waiting_since=at,
        waiting_reason=reason.strip(),
        waiting_until=until,
        waiting_known_by="",
        part_asked_at=None,
    )
    common.record(
        ticket,
        "wait_part",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.IN_PROGRESS.value},
        after={"status": ticket.status, "until": until},
        reason=reason.strip(),
    )
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="part",
        recipients=common.people(assignee, common.reporter_account(ticket), without=actor),
        title=gettext_noop("%(code)s waits for a part: %(reason)s"),
        params={"code": ticket.code, "reason": reason.strip()},
        at=at,
        source=source,
    )
    return ticket


@transaction.atomic
def ticket_refuse_part(*, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> Ticket:
    """Answer the question with no: the work goes on. Raises NotAllowed, Invalid, or Conflict when nobody asks any more."""
    common.require(can_approve_part(actor, ticket), _("Only the project manager lets the work wait for a part."))
    common.check_input({"reason": common.needed(reason, 300, _("Please say why it does not wait."))})
    asked = Ticket.objects.filter(pk=ticket.pk, part_asked_at__isnull=False)
    if not asked.update(part_asked_at=None):
        raise Conflict(_("Nobody asks to wait for a part any more."))
    common.take(ticket, "refuse_part", part_asked_at=None)
    common.record(ticket, "refuse_part", actor=actor, at=at, source=source, reason=reason.strip())
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="part",
        recipients=common.people(assignee, without=actor),
        title=gettext_noop("%(code)s does not wait for a part: please go on"),
        body="%(reason)s",
        params={"code": ticket.code, "reason": reason.strip()},
        at=at,
        source=source,
    )
    return ticket


def _check(ticket: Ticket, reason: str) -> None:
    common.check_input({"reason": common.needed(reason, 300, _("Please say what is missing, or why it is sent in."))})
    settled = {"loan", "no_spare"} & set(ticket.holds)
    if TICKET_FLOW.allows("wait_part", ticket.status) and not settled:
        raise Invalid(_("Please lend a spare first, or write down why there is none: the user must not stand without."))
