"""Verb `note` of a major incident: the timeline is written as it happens."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parties.models import User
from records.models import Source
from records.services.attachments import PreparedImage
from tickets.models import MajorIncident
from tickets.permissions import can_handle_incident
from tickets.services import common
from tickets.services import incident_common as own


@transaction.atomic
def incident_note(
    *,
    incident: MajorIncident,
    actor: User,
    at: datetime,
    text: str,
    happened_at: datetime | None = None,
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
) -> None:
    """Write one line of what happens, at `happened_at` (default `at`). Raises NotAllowed, Invalid or Conflict."""
    common.require(
        can_handle_incident(actor, incident), _("Only an engineer or the project manager of this contract can do this.")
    )
    common.check_input(
        {
            "text": common.needed(text, 500, _("Please say what happens.")),
            "happened_at": own.not_after(happened_at, at),
        }
    )
    own.take(incident, "incident_note")
    own.record(
        incident,
        "incident_note",
        actor=actor,
        at=happened_at or at,
        source=source,
        after={"text": text.strip(), **({"recorded_at": at} if happened_at else {})},
    )
    own.store_photos(incident, photos, actor=actor, at=at, source=source)
