"""Verb `handle` of a major incident: the work on it has begun."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parties.models import User
from records.models import Source
from tickets.models import MajorIncident
from tickets.permissions import can_handle_incident
from tickets.services import common
from tickets.services import incident_common as own
from tickets.states import MajorStatus


@transaction.atomic
def incident_handle(*, incident: MajorIncident, actor: User, at: datetime, source: str = Source.PAGE) -> MajorIncident:
    """Record that the handling began at `at`, after the report. Raises NotAllowed or Conflict."""
    common.require(
        can_handle_incident(actor, incident), _("Only an engineer or the project manager of this contract can do this.")
    )
    own.take(incident, "handle_incident", handling_at=at)
    own.record(
        incident,
        "handle_incident",
        actor=actor,
        at=at,
        source=source,
        before={"status": MajorStatus.REPORTED.value},
        after={"status": incident.status},
    )
    return incident
