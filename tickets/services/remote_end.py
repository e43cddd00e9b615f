"""Verb `remote_end`: a remote session on the client's machine ends, with what was done."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from parties.models import User
from records.models import Source
from tickets.models import RemoteSession, Ticket
from tickets.permissions import can_arrive
from tickets.services import common


@transaction.atomic
def ticket_remote_end(*, ticket: Ticket, actor: User, at: datetime, summary: str, source: str = Source.PAGE) -> Ticket:
    """End the open session. The ticket stays in work. Raises NotAllowed, Invalid, or Conflict when none is open."""
    common.require(
        can_arrive(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input({"summary": common.needed(summary, 500, _("Please say what was done."))})
    if not RemoteSession.objects.filter(ticket=ticket, ended_at=None).update(ended_at=at, summary=summary.strip()):
        raise Conflict(_("No remote session is open."))
    common.record(
        ticket, "remote_end", actor=actor, at=at, source=source, after={"ended_at": at}, reason=summary.strip()
    )
    return ticket


def sessions_end(ticket: Ticket, *, at: datetime, summary: str) -> None:
    """End what session is open with the work itself: it is done, or the ticket fell away."""
    if "remote" in ticket.holds:
        RemoteSession.objects.filter(ticket=ticket, ended_at=None).update(ended_at=at, summary=summary[:500])
