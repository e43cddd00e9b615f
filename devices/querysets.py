"""Finds: devices and places of the halls in which somebody works."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from core.roles import BUSINESS_ROLES, CLERK
from core.search import index_text, match, words_of
from devices.models import Device, DeviceCategory, Place
from devices.rules import typed_code
from parties.models import Hall
from parties.querysets import halls_served, role_in

CONFIGURATION = ("addresses", "mac", "serial_no", "remark")
"""Fields that window clerks never get, in no output."""


def devices_visible_to(user: Any) -> QuerySet[Device]:
    """Devices of every hall in which the user has a part in the work; none for administrators."""
    halls = halls_served(user, BUSINESS_ROLES)
    return Device.objects.filter(hall_id__in=halls)


def sees_configuration(user: Any, contract_id: int) -> bool:
    """Whether addresses and configuration are shown to this account."""
    return role_in(user, contract_id) not in (None, CLERK)


def devices_matching(devices: QuerySet[Device], text: str, *, everything: bool = False) -> QuerySet[Device]:
    """Those that hold every word of the text in number, short code, name, category, place or window.

    `everything` also looks at serial number, brand, vendor, custodian, addresses and what else only readers of the register see.
    """
    return match(devices, text, "search_full" if everything else "search_text")


def public_text_of(device: Device) -> str:
    """What everybody in the hall may find a device by."""
    return index_text(
        device.code,
        device.short_code,
        device.name,
        device.category.name,
        device.place.name,
        device.place.alias,
        device.window.code if device.window else "",
    )


def search_text_of(device: Device, addresses: Iterable[str] = ()) -> str:
    """What readers of the register find a device by: the public text and what window clerks never get."""
    return index_text(
        public_text_of(device),
        device.unit.name if device.unit else "",
        device.asset_no,
        device.brand,
        device.model,
        device.serial_no,
        device.mac,
        device.custodian,
        device.vendor.name if device.vendor else "",
        device.remark,
        *addresses,
        *(value for value in device.extra.values() if isinstance(value, str | int | float)),
    )


def find_devices(hall: Hall, text: str, limit: int = 12) -> list[Device]:
    """Up to `limit` devices of a hall for what somebody has typed so far; an exact number or short code comes first."""
    text = text.strip()
    if not words_of(text):
        return []
    rows = Device.objects.filter(hall=hall).select_related("category", "place", "window")
    rows = rows.defer("search_text", "search_full")
    exact = list(rows.filter(_named(text))[:limit])
    others = devices_matching(rows.exclude(pk__in=[row.pk for row in exact]), text)
    return exact + list(others.order_by("code")[: limit - len(exact)])


def _named(text: str) -> Q:
    """Exactly this number, as it is or in capitals or small letters, or this short code: each is looked up by its index."""
    return Q(code__in={text, text.upper(), text.lower()}) | Q(short_code=typed_code(text))


def device_by_code(hall: Hall, text: str) -> Device | None:
    """The device of a hall that somebody named by its number or by the short code on its label; None when there is none."""
    text = text.strip()
    if not text:
        return None
    rows = Device.objects.filter(hall=hall).select_related("category", "place", "window__unit", "unit")
    return rows.filter(_named(text)).first() or rows.filter(code__iexact=text).first()


def places_of(hall: Hall) -> QuerySet[Place]:
    """The hall's places in use, in walking order."""
    return Place.objects.filter(hall=hall, is_active=True).order_by("position", "id")


def categories_of(hall: Hall) -> QuerySet[DeviceCategory]:
    """The hall's kinds of devices."""
    return DeviceCategory.objects.filter(hall=hall).order_by("position", "code")
