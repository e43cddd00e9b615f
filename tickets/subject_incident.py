"""How the lower apps reach a major incident: label, address, who sees it, whom a rung speaks to."""

from datetime import datetime

from django.urls import reverse

from core.subjects import Subject
from parties.models import User
from tickets.finds.major import incidents_visible_to
from tickets.models import MajorIncident

KEY = "incident"


def label(incident: MajorIncident) -> str:
    """What messages call an incident: number, title and place."""
    place = str(incident.frozen_names.get("place", ""))
    return " · ".join(part for part in (f"{incident.code} {incident.title}", place) if part)


def recipients(incident: MajorIncident, target: str, _at: datetime) -> list[User]:
    """The person responsible is whoever declared it, where that is one of ours to act."""
    person = incident.declared_by
    return [person] if target == "assignee" and person.is_active else []


SUBJECT = Subject(
    key=KEY,
    model=MajorIncident,
    label=label,
    url=lambda incident: reverse("tickets:incident", args=[incident.code]),
    visible_to=incidents_visible_to,
    recipients=recipients,
    mine=lambda user: MajorIncident.objects.filter(declared_by=user),
)
