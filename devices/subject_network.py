"""How the lower apps reach a subnet and a registration: label, address, who sees them."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from core.subjects import Subject
from devices.finds.network import registrations_visible_to, subnets_visible_to
from devices.models import Registration, Subnet


def _subnets_within(rows: QuerySet[Any], contract: Any) -> QuerySet[Any]:
    return rows.filter(hall=contract.hall_id)


def _registrations_within(rows: QuerySet[Any], contract: Any) -> QuerySet[Any]:
    return rows.filter(contract__hall=contract.hall_id)


SUBNET = Subject(
    key="subnet",
    model=Subnet,
    label=str,
    url=lambda subnet: reverse("devices:subnet", args=[subnet.pk]),
    visible_to=subnets_visible_to,
    within=_subnets_within,
)
REGISTRATION = Subject(
    key="registration",
    model=Registration,
    label=lambda registration: f"{registration.code} {registration.applicant}",
    url=lambda registration: reverse("devices:registration", args=[registration.code]),
    visible_to=registrations_visible_to,
    within=_registrations_within,
)
