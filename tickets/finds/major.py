"""Finds: major incidents and what belongs to them."""

from typing import Any

from django.db.models import Q, QuerySet

from core.roles import BUSINESS_ROLES, CLERK
from parties.models import Contract
from parties.querysets import memberships_of
from tickets.models import IncidentInstruction, MajorIncident
from tickets.states import MAJOR_OPEN

ROW_FIELDS = ("place", "ticket", "declared_by", "reported_by", "clock__policy", "clock__calendar_revision")


def incidents_visible_to(user: Any) -> QuerySet[MajorIncident]:
    """Everybody with a part in the contract's work; clerks those that began with a ticket of their own unit."""
    if not getattr(user, "is_authenticated", False):
        return MajorIncident.objects.none()
    seen = Q(pk__in=())
    for row in memberships_of(user):
        if row.role == CLERK:
            seen |= Q(contract_id=row.contract_id, ticket__unit_id=row.unit_id)
        elif row.role in BUSINESS_ROLES:
            seen |= Q(contract_id=row.contract_id)
    return MajorIncident.objects.filter(seen)


def open_incidents(contract: Contract) -> QuerySet[MajorIncident]:
    """Those that are not over, the newest first; one statement with what a banner shows."""
    return MajorIncident.objects.filter(contract=contract, status__in=MAJOR_OPEN).select_related(*ROW_FIELDS)


def instructions_of(incident: MajorIncident) -> QuerySet[IncidentInstruction]:
    """The client's instructions of an incident, oldest first."""
    return incident.instructions.select_related("recorded_by", "done_by").order_by("given_at", "id")
