"""Finds of consumables and run data: what the people of a hall may see, and nobody of another."""

from typing import Any

from django.db.models import Q, QuerySet

from devices.models import (
    ConsumableChange,
    ConsumableFit,
    ConsumableKind,
    ConsumableOrder,
    Device,
    RunMetric,
    RunTask,
)
from devices.states import DeviceStatus
from devices.tabs import READERS
from parties.models import Hall
from parties.querysets import halls_served

WORKING = (DeviceStatus.IN_USE, DeviceStatus.FAULTY, DeviceStatus.UNDER_REPAIR)
"""Devices whose consumables matter: those that stand in the hall to be used."""


def halls_read(user: Any) -> set[int]:
    """The halls whose register this account reads."""
    return halls_served(user, READERS)


def kinds_visible_to(user: Any) -> QuerySet[ConsumableKind]:
    """Kinds of the halls that the account reads."""
    return ConsumableKind.objects.filter(hall_id__in=halls_read(user))


def changes_visible_to(user: Any) -> QuerySet[ConsumableChange]:
    """Replacements in the halls that the account reads."""
    return ConsumableChange.objects.filter(contract__hall_id__in=halls_read(user))


def orders_visible_to(user: Any) -> QuerySet[ConsumableOrder]:
    """Orders for the halls that the account reads."""
    return ConsumableOrder.objects.filter(contract__hall_id__in=halls_read(user))


def run_tasks_visible_to(user: Any) -> QuerySet[RunTask]:
    """Collections of run data of the halls that the account reads."""
    return RunTask.objects.filter(contract__hall_id__in=halls_read(user))


def fits_of_hall(hall_id: int) -> QuerySet[ConsumableFit]:
    """What the hall's working devices use."""
    return ConsumableFit.objects.filter(
        device__hall_id=hall_id, device__status__in=WORKING, is_active=True, kind__is_active=True
    ).select_related("device__place", "kind")


def kinds_for(device: Device) -> list[ConsumableKind]:
    """What can be put into a device: what it uses, and what its category uses."""
    own = ConsumableFit.objects.filter(device=device)
    rows = ConsumableKind.objects.filter(hall_id=device.hall_id, is_active=True).filter(
        Q(pk__in=own.filter(is_active=True).values("kind_id"))
        | (
            Q(pk__in=ConsumableKind.objects.filter(categories=device.category_id).values("pk"))
            & ~Q(pk__in=own.values("kind_id"))
        )
    )
    return list(rows.order_by("name"))


def metrics_of(hall: Hall) -> QuerySet[RunMetric]:
    """The figures that are collected in a hall."""
    return (
        RunMetric.objects.filter(category__hall=hall)
        .select_related("category")
        .order_by("category__position", "category__code", "position", "pk")
    )
