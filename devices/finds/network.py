"""Finds of the network: what somebody sees of subnets, addresses, registrations, extensions, links and drawings."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from devices.due import LIMIT, Due
from devices.models import Address, Device, Extension, Link, Registration, Subnet, TopologyVersion
from devices.states import AddressStatus, RegistrationStatus
from devices.tabs import READERS
from parties.models import Contract
from parties.querysets import halls_served


def _halls(user: Any) -> set[int]:
    """The halls whose register this account reads: window clerks and administrators read none."""
    return halls_served(user, READERS)


def subnets_visible_to(user: Any) -> QuerySet[Subnet]:
    """Subnets of the halls whose register the user reads."""
    return Subnet.objects.filter(hall_id__in=_halls(user))


def addresses_visible_to(user: Any) -> QuerySet[Address]:
    """Addresses of those subnets."""
    return Address.objects.filter(subnet__hall_id__in=_halls(user))


def registrations_visible_to(user: Any) -> QuerySet[Registration]:
    """Registrations of those halls, whatever contract they were made under."""
    return Registration.objects.filter(contract__hall_id__in=_halls(user))


def extensions_visible_to(user: Any) -> QuerySet[Extension]:
    """Telephone extensions of those halls."""
    return Extension.objects.filter(hall_id__in=_halls(user))


def links_visible_to(user: Any) -> QuerySet[Link]:
    """Links of those halls."""
    return Link.objects.filter(hall_id__in=_halls(user))


def topologies_visible_to(user: Any) -> QuerySet[TopologyVersion]:
    """Kept drawings of those halls."""
    return TopologyVersion.objects.filter(hall_id__in=_halls(user))


def addresses_in_use() -> QuerySet[Address]:
    """Addresses in use in numeric order, as prefetches of devices want them."""
    return Address.objects.filter(status=AddressStatus.IN_USE).order_by("subnet__family", "key")


DUE_DAYS = 30
"""So many days before its end a registration is told of."""


def due_registrations(contract: Contract, today: date) -> list[Due]:
    """Registrations of the hall that end within a month or have ended without being stopped, soonest first."""
    rows = Registration.objects.filter(
        contract__hall=contract.hall_id,
        status=RegistrationStatus.APPROVED,
        valid_to__lte=today + timedelta(days=DUE_DAYS),
    )
    return [
        Due(
            key=row.code,
            title=f"{row.code} {row.applicant}",
            text=" · ".join(
                part for part in (row.unit.name, row.address.address if row.address else "", row.purpose) if part
            ),
            due_on=row.valid_to,
            url=reverse("devices:registration", args=[row.code]),
        )
        for row in rows.select_related("unit", "address").order_by("valid_to", "code")[:LIMIT]
    ]


def addresses_of(devices: Iterable[Device | int]) -> dict[int, list[str]]:
    """The addresses in use of each of these devices, in numeric order; one statement."""
    ids = [device if isinstance(device, int) else device.pk for device in devices]
    found: dict[int, list[str]] = {}
    rows = Address.objects.filter(device_id__in=ids, status=AddressStatus.IN_USE).order_by("subnet__family", "key")
    for device_id, address in rows.values_list("device_id", "address"):
        found.setdefault(device_id, []).append(address)
    return found
