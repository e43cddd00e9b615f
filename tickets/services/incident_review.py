"""Verb `review` of a major incident: cause, effect, handling, measures and lessons, by the manager."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock
from parties.models import User
from records.models import Source
from tickets.models import MajorIncident
from tickets.permissions import can_review_incident
from tickets.services import common
from tickets.services import incident_common as own
from tickets.states import MajorStatus

LIMIT = 2000


@transaction.atomic
def incident_review(
    *,
    incident: MajorIncident,
    actor: User,
    at: datetime,
    cause: str,
    effect: str,
    handled: str,
    measures: str,
    lessons: str,
    measures_due: date | None = None,
    source: str = Source.PAGE,
) -> MajorIncident:
    """Write the review of an incident that is over; its report is whole then. Raises NotAllowed, Invalid or Conflict."""
    common.require(can_review_incident(actor, incident), _("Only the project manager reviews a major incident."))
    texts = {"cause": cause, "effect": effect, "handled": handled, "measures": measures, "lessons": lessons}
    ended = (incident.ended_at or incident.knowledge_at).astimezone(clock.SHANGHAI).date()
    common.check_input(
        {name: common.needed(text, LIMIT) for name, text in texts.items()}
        | {
            "measures_due": _("The measures cannot be done before the incident ended.")
            if measures_due is not None and measures_due < ended
            else ""
        }
    )
    given = {name: text.strip() for name, text in texts.items()}
    own.take(
        incident,
        "review_incident",
        reviewed_at=at,
        reviewed_by=actor,
        measures_due=measures_due,
        frozen_names={**incident.frozen_names, "reviewed_by": actor.name},
        **given,
    )
    own.record(
        incident,
        "review_incident",
        actor=actor,
        at=at,
        source=source,
        before={"status": MajorStatus.ENDED.value},
        after={"status": incident.status, "measures_due": measures_due, **given},
    )
    own.tell(
        incident,
        recipients=common.people(own.heads(incident.contract, at), without=actor),
        title=gettext_noop("The report on %(code)s is complete: %(title)s"),
        params={},
        at=at,
        source=source,
    )
    return incident
