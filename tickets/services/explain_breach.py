"""Verb `explain_breach`: why the five minutes were not kept; the breach itself stays as it is (一.4)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from parties.models import User
from records.models import Source, Visibility
from sla.services.clock import clock_explain_breach
from tickets.models import Ticket
from tickets.permissions import can_explain_breach
from tickets.services import common


@transaction.atomic
def ticket_explain_breach(
    *, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE
) -> Ticket:
    """Give the reason of a late response, once. Raises NotAllowed, Invalid, or Conflict when nothing is to be explained."""
    common.require(
        can_explain_breach(actor, ticket), _("Only the responsible engineer or the manager can give the reason.")
    )
    common.check_input({"reason": common.needed(reason, 300, _("Please say why the response was late."))})
    late = ticket.response_clock
    if late is None or late.breached_at is None:
        raise Conflict(_("This response was not late; there is nothing to explain."))
    if late.breach_reason:
        raise Conflict(_("The reason has been given already: %(reason)s") % {"reason": late.breach_reason})
    common.take(ticket, "explain_breach")
    ticket.response_clock = clock_explain_breach(clock=late, reason=reason.strip(), actor=actor, at=at)
    common.record(
        ticket,
        "explain_breach",
        actor=actor,
        at=at,
        source=source,
        before={"breach_reason": ""},
        after={"breach_reason": reason.strip()},
        reason=reason.strip(),
        visibility=Visibility.INTERNAL,
    )
    return ticket
