"""What the verbs of a major incident share: the winner of a race, the audit line, the people who are told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.flow import claim
from core.roles import LEADER, MANAGER, SUPERVISOR
from notifications.services.outbox import message_post
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source, Visibility
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write
from tickets.models import MajorIncident
from tickets.states import MAJOR_FLOW

TOPIC = "incident"


def take(incident: MajorIncident, verb: str, **changes: Any) -> None:
    """Make the move of the incident's flow, or raise Conflict with its present state."""
    claim(
        incident,
        MAJOR_FLOW,
        verb,
        refused=_("Meanwhile this incident has moved on, so this step is no longer possible. Please look at it again."),
        **changes,
    )


def record(
    incident: MajorIncident,
    verb: str,
    *,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    visibility: str = Visibility.CLIENT,
) -> None:
    """Write one line of the incident's own history."""
    audit_write(
        contract=incident.contract,
        subject=incident,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before or {},
        after=after or {},
        reason=reason,
        visibility=visibility,
    )


def store_photos(
    incident: MajorIncident, photos: Sequence[PreparedImage], *, actor: User, at: datetime, source: str
) -> None:
    """Keep the photos of a step with the incident."""
    if photos:
        attachments_store(
            photos, contract=incident.contract, subject=incident, kind="photo", actor=actor, at=at, source=source
        )


def heads(contract: Contract, at: datetime) -> list[User]:
    """Whom every incident concerns: our manager, the client's supervisor and leader."""
    day = at.astimezone(clock.SHANGHAI).date()
    return people_with_role(contract, MANAGER, SUPERVISOR, LEADER, on=day)


def tell(
    incident: MajorIncident,
    *,
    recipients: Iterable[User],
    title: str,
    body: str = "",
    params: Mapping[str, Any],
    at: datetime,
    source: str,
    urgent: bool = False,
) -> None:
    """Post a message about the incident; what the demo replays was delivered then."""
    message_post(
        contract=incident.contract,
        topic=TOPIC,
        recipients=recipients,
        title=title,
        body=body,
        params={"code": incident.code, "title": incident.title, **params},
        url=reverse("tickets:incident", args=[incident.code]),
        subject=incident,
        urgent=urgent,
        at=at,
        delivered_at=at if source == Source.DEMO else None,
        source=source,
    )


def not_after(given: datetime | None, at: datetime) -> str:
    """The complaint about an instant that lies ahead; "" when it is good."""
    return _("This cannot lie ahead of now.") if given is not None and given > at else ""
