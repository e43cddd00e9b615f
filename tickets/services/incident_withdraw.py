"""Verb `withdraw` of a major incident: it was none, the manager says why; nothing is deleted."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from sla.services.clock import clock_cancel
from sla.states import ClockState
from tickets.models import MajorIncident
from tickets.permissions import can_review_incident
from tickets.services import common
from tickets.services import incident_common as own


@transaction.atomic
def incident_withdraw(
    *, incident: MajorIncident, actor: User, at: datetime, reason: str, source: str = Source.PAGE
) -> MajorIncident:
    """Take back the declaration; a running clock is cancelled, a breach that was reached stays.

    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(can_review_incident(actor, incident), _("Only the project manager withdraws a major incident."))
    common.check_input({"reason": common.needed(reason, 300, _("Please say why it is no major incident."))})
    was = incident.status
    own.take(incident, "withdraw_incident", withdrawn_at=at, withdrawn_by=actor, withdraw_reason=reason.strip())
    own.record(
        incident,
        "withdraw_incident",
        actor=actor,
        at=at,
        source=source,
        before={"status": was},
        after={"status": incident.status},
        reason=reason.strip(),
    )
    clock = incident.clock
    if clock is not None:
        clock.refresh_from_db(fields=["state"])
        if clock.state in (ClockState.RUNNING, ClockState.PAUSED):
            incident.clock = clock_cancel(clock=clock, at=at, actor=actor, reason=reason.strip())
    own.tell(
        incident,
        recipients=common.people(own.heads(incident.contract, at), [incident.declared_by], without=actor),
        title=gettext_noop("%(code)s was withdrawn by %(name)s"),
        body="%(reason)s",
        params={"name": actor.name, "reason": reason.strip()},
        at=at,
        source=source,
    )
    return incident
