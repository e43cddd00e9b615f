"""Verb `end` of a major incident: the hall works again; a review follows."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from records.services.attachments import PreparedImage
from tickets.models import MajorIncident
from tickets.permissions import can_handle_incident
from tickets.services import common
from tickets.services import incident_common as own


@transaction.atomic
def incident_end(
    *,
    incident: MajorIncident,
    actor: User,
    at: datetime,
    end_text: str,
    ended_at: datetime | None = None,
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
) -> MajorIncident:
    """Record the end at `ended_at` (default `at`); the client must have been told before. Raises NotAllowed, Invalid, Conflict."""
    common.require(
        can_handle_incident(actor, incident), _("Only an engineer or the project manager of this contract can do this.")
    )
    ended = ended_at or at
    common.check_input(
        {
            "end_text": common.needed(end_text, 1000, _("Please say how it ended.")),
            "ended_at": own.not_after(ended, at)
            or (_("The end cannot precede the knowledge of the incident.") if ended < incident.knowledge_at else ""),
        }
    )
    was = incident.status
    own.take(incident, "end_incident", ended_at=ended, end_text=end_text.strip())
    own.record(
        incident,
        "end_incident",
        actor=actor,
        at=ended,
        source=source,
        before={"status": was},
        after={"status": incident.status, "text": incident.end_text, "recorded_at": at},
    )
    own.store_photos(incident, photos, actor=actor, at=at, source=source)
    own.tell(
        incident,
        recipients=common.people(own.heads(incident.contract, at), without=actor),
        title=gettext_noop("%(code)s is over: %(title)s"),
        body="%(text)s",
        params={"text": incident.end_text[:200]},
        at=at,
        source=source,
    )
    return incident
