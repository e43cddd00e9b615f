"""Verb `go_on`: what was waited for is there, or the client was waited for long enough; the work goes on."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_wait
from tickets.services import common
from tickets.services.repair_clock import repair_go_on
from tickets.states import TicketStatus


@transaction.atomic
def ticket_go_on(*, ticket: Ticket, actor: User, at: datetime, note: str = "", source: str = Source.PAGE) -> Ticket:
    """Go on after waiting; a held promise runs again. Raises NotAllowed, Invalid or Conflict."""
    common.require(
        can_wait(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input({"note": common.optional(note, 300)})
    _go_on(ticket, actor=actor, at=at, resumed_at=at, reason=note.strip(), source=source)
    return ticket


def waits_end(*, at: datetime) -> int:
    """Let every ticket go on whose wait for the client has reached its limit, from that instant on; returns how many did.

    Safe to repeat and to run twice at once: the step is claimed, whoever comes second finds nothing to do.
    """
    due = Ticket.objects.filter(status=TicketStatus.WAITING_CUSTOMER, waiting_until__lte=at)
    ended = 0
    for ticket in due.select_related("contract", "assignee", "repair_clock").order_by("waiting_until", "id"):
        try:
            with transaction.atomic():
                wait_end(ticket, at=at)
        except Conflict:
            # Somebody went on at the same moment.
            continue
        ended += 1
    return ended


def wait_end(ticket: Ticket, *, at: datetime, source: str = Source.TASK) -> None:
    """Let a ticket go on whose wait for the client has reached its limit. Raises Conflict when it went on already."""
    until = ticket.waiting_until or at
    _go_on(ticket, actor=None, at=at, resumed_at=until, reason="", source=source)
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="waiting",
        recipients=common.people(assignee, common.managers_of(ticket.contract, at)),
        title=gettext_noop("%(code)s: the wait for the client is over, the repair is timed again"),
        body=gettext_noop("Since %(when)s. Ask the client once more, or for an exemption of the deadline."),
        params={"code": ticket.code, "when": common.local_time(until)},
        urgent=True,
        at=at,
        source=source,
    )


def _go_on(ticket: Ticket, *, actor: User | None, at: datetime, resumed_at: datetime, reason: str, source: str) -> None:
    was, since = ticket.status, ticket.waiting_since
    common.take(ticket, "go_on", waiting_until=None)
    common.record(
        ticket,
        "go_on",
        actor=actor,
        at=at,
        source=source,
        before={"status": was, "waiting_since": since},
        after={"status": ticket.status, **({"limit": resumed_at} if actor is None else {})},
        reason=reason,
    )
    repair_go_on(ticket, actor=actor, at=at, resumed_at=resumed_at, reason=reason)
