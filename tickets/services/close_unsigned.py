"""Verb `close_unsigned`: the manager closes with a reason; it never counts as signed and can still be signed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_close_unsigned
from tickets.services import common
from tickets.services.archive import refuse_while_lent
from tickets.services.repair_clock import signature_fell_away
from tickets.states import TicketStatus


@transaction.atomic
def ticket_close_unsigned(
    *, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE
) -> Ticket:
    """Close a ticket whose signature does not come. Raises NotAllowed, Invalid, or Conflict, also while a spare is lent for it."""
    common.require(
        can_close_unsigned(actor, ticket), _("Only the project manager can close a ticket without a signature.")
    )
    common.check_input({"reason": common.needed(reason, 300, _("Please say why it is closed without a signature."))})
    common.take(ticket, "close_unsigned", closing_reason=reason.strip(), closed_at=at)
    refuse_while_lent(ticket)
    common.record(
        ticket,
        "close_unsigned",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.TO_SIGN.value},
        after={"status": ticket.status},
        reason=reason.strip(),
    )
    signature_fell_away(ticket, actor=actor, at=at, reason=reason.strip())
    return ticket
