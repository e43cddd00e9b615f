"""Finds: change orders, what is configured on a day, entries of the history of a hall's devices."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from core import vault
from core.clock import SHANGHAI
from core.roles import BUSINESS_ROLES, CLERK
from devices.models import ChangeOrder, ConfigItem, ConfigVersion, Device, DeviceCategory, EmergencyChange
from devices.rules_history import Change, Held, Value, held_on, rebuilt, same_value
from devices.states import ChangeStatus
from parties.models import Hall
from parties.querysets import halls_served
from records.models import AuditEntry, Visibility
from records.services.audit import plain

READING = tuple(role for role in BUSINESS_ROLES if role != CLERK)


def _halls_read_by(user: Any) -> set[int]:
    """Ids of the halls whose register the user reads."""
    return halls_served(user, READING)


def orders_visible_to(user: Any) -> QuerySet[ChangeOrder]:
    """Change orders of every hall whose register the user reads."""
    return ChangeOrder.objects.filter(contract__hall_id__in=_halls_read_by(user))


def emergencies_visible_to(user: Any) -> QuerySet[EmergencyChange]:
    """Changes of key devices without an order, of every hall whose register the user reads."""
    return EmergencyChange.objects.filter(contract__hall_id__in=_halls_read_by(user))


def config_items_visible_to(user: Any) -> QuerySet[ConfigItem]:
    """Parameters of the devices of every hall whose register the user reads."""
    return ConfigItem.objects.filter(device__hall_id__in=_halls_read_by(user))


def entries_of_devices(hall: Hall, *, inside: bool) -> QuerySet[AuditEntry]:
    """What happened to the devices of a hall, by the history's one store; `inside` includes what the client is not shown."""
    ids = Device.objects.filter(hall=hall).values("pk")
    rows = AuditEntry.objects.filter(subject_type="device", subject_id__in=ids)
    return rows if inside else rows.filter(visibility=Visibility.CLIENT)


def order_in_force_on(device: Device, at: datetime) -> ChangeOrder | None:
    """The started order under which a device may be changed at this instant: the one whose window ends first."""
    rows = ChangeOrder.objects.filter(
        devices=device, status=ChangeStatus.IN_PROGRESS, window_from__lte=at, window_to__gte=at
    )
    return rows.order_by("window_to", "pk").first()


def versions_on(devices: Iterable[Device | int], day: date) -> dict[int, list[ConfigVersion]]:
    """The versions in force on a day, by device and in the order of their keys; one statement."""
    ids = [device.pk if isinstance(device, Device) else device for device in devices]
    rows = ConfigVersion.objects.filter(item__device_id__in=ids, effective_from__lte=day).select_related("item")
    held = held_on((_held(row) for row in rows), day)
    found: dict[int, list[ConfigVersion]] = {pk: [] for pk in ids}
    for version in sorted((one.row for one in held.values()), key=lambda row: row.item.key):
        found[version.item.device_id].append(version)
    return found


def current_of(item: ConfigItem, day: date) -> ConfigVersion | None:
    """The version of one item that is in force on a day; None when there is none, or it is withdrawn."""
    rows = ConfigVersion.objects.filter(item=item, effective_from__lte=day)
    held = held_on((_held(row) for row in rows), day)
    return held[item.pk].row if item.pk in held else None


def _held(row: ConfigVersion) -> Held:
    return Held(row.item_id, row.number, row.effective_from, row.is_withdrawn, row)


def values_of(versions: Iterable[ConfigVersion], *, opened: bool = False) -> dict[str, Value]:
    """A set of versions (with their items) as values by key. With `opened`, secrets can be compared with those of another set:
    their marks are equal when they are; a secret whose key is gone equals only itself."""
    found = {}
    for row in versions:
        item = row.item
        mark = ""
        if item.is_secret:
            mark = _fingerprint(row) if opened else f"#{row.pk}"
        found[item.key] = Value(row.value, item.unit, item.is_secret, mark)
    return found


def _fingerprint(row: ConfigVersion) -> str:
    try:
        return hashlib.sha256(vault.unseal(row.sealed).encode()).hexdigest()
    except vault.CannotOpen:
        return f"#{row.pk}"


def keys_of_category(category: DeviceCategory, limit: int = 30) -> list[str]:
    """The parameters that other devices of a kind have, the most used first."""
    rows = (
        ConfigItem.objects.filter(device__category=category)
        .values("key")
        .annotate(used=Count("pk"))
        .order_by("-used", "key")
    )
    return [row["key"] for row in rows[:limit]]


# As it was ------------------------------------------------------------------------------------------------------------

NOT_KEPT = ("id", "hall", "version", "updated_at", "created_at", "plan_of", "plan_x", "plan_y")
"""Columns that say nothing about a device; those of the search index neither."""


@dataclass(frozen=True)
class AsOf:
    """A device at the end of a day, rebuilt from its history. `since` is when its records begin; `state` is None before that."""

    day: date
    since: datetime | None
    state: dict[str, Any] | None
    present: dict[str, Any]

    @property
    def changed(self) -> frozenset[str]:
        """The fields that are different now."""
        if self.state is None:
            return frozenset()
        return frozenset(name for name, value in self.state.items() if not same_value(value, self.present[name]))


def end_of(day: date) -> datetime:
    """The first instant after a day in the hall."""
    return datetime.combine(day + timedelta(days=1), time.min, SHANGHAI)


def present_of(device: Device) -> dict[str, Any]:
    """A device's fields as the history holds values: records as id and label, instants in ISO 8601."""
    return {
        field.name: plain(getattr(device, field.name))
        for field in device._meta.concrete_fields
        if field.name not in NOT_KEPT and not field.name.startswith("search_")
    }


def device_as_of(device: Device, day: date) -> AsOf:
    """A device as it was when a day ended, from what is now and every entry since; one statement."""
    entries = list(
        AuditEntry.objects.filter(subject_type="device", subject_id=device.pk)
        .order_by("at", "pk")
        .values_list("at", "pk", "verb", "before", "after")
    )
    since = next((at for at, _pk, verb, _before, _after in entries if verb == "create"), device.created_at)
    if since is None and entries:
        since = entries[0][0]
    present = present_of(device)
    until = end_of(day) - timedelta(microseconds=1)
    changes = [
        Change(at, pk, before, after)
        for at, pk, _verb, before, after in entries
        if "of" not in after and "of" not in before
    ]
    known = since is None or since <= until
    return AsOf(day, since, rebuilt(present, changes, until) if known else None, present)
