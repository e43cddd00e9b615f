"""The reason for a missed promise, given on the clock's own page. A ticket's response has its verb at the ticket."""

from datetime import datetime

from django.utils.translation import gettext as _

from core.errors import Invalid, NotAllowed
from core.transactions import joined
from parties.models import User
from records.models import Source
from sla.models import Clock, Policy
from sla.permissions import can_explain
from sla.services import row as rows
from sla.services.clock import clock_explain_breach

RESPONSE = "response"


@joined
def breach_explain(*, clock: Clock, reason: str, actor: User, at: datetime, source: str = Source.PAGE) -> Clock:
    """Say why a promise of ours was missed; it may be said again, each time is kept.

    Raises NotAllowed for anybody but the contractor's people, Invalid without a reason or for a response, Conflict when nothing was
    missed.
    """
    if not can_explain(actor, clock.contract_id):
        raise NotAllowed(_("Only the contractor's people may give the reason."))
    if clock.kind == RESPONSE or clock.promisor != Policy.Promisor.CONTRACTOR:
        raise Invalid(_("The reason for this one is not given here."))
    explained = clock_explain_breach(clock=clock, reason=reason, actor=actor, at=at)
    rows.audit(explained, "explain_breach", actor=actor, at=at, source=source, reason=explained.breach_reason)
    return explained
