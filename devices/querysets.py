"""Finds: devices and places of the halls in which somebody works."""

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from core.roles import BUSINESS_ROLES, CLERK
from devices.models import Device, DeviceCategory, Place
from devices.rules import typed_code
from parties.models import Hall
from parties.querysets import memberships_of, role_in

CONFIGURATION = ("ip", "mac", "serial_no", "remark")
"""Fields that window clerks never get, in no output."""


def devices_visible_to(user: Any) -> QuerySet[Device]:
    """Devices of every hall in which the user has a part in the work; none for administrators."""
    halls = memberships_of(user).filter(role__in=BUSINESS_ROLES).values("contract__hall_id")
    return Device.objects.filter(hall_id__in=halls)


def sees_configuration(user: Any, contract_id: int) -> bool:
    """Whether addresses and configuration are shown to this account."""
    return role_in(user, contract_id) not in (None, CLERK)


def devices_matching(devices: QuerySet[Device], text: str) -> QuerySet[Device]:
    """Those whose number, short code, name, category, place or window contains every word of the text, whatever the case."""
    for word in text.split()[:6]:
        devices = devices.filter(
            Q(code__icontains=word)
            | Q(short_code__iexact=typed_code(word))
            | Q(name__icontains=word)
            | Q(category__name__icontains=word)
            | Q(place__name__icontains=word)
            | Q(window__code__iexact=word)
        )
    return devices


def find_devices(hall: Hall, text: str, limit: int = 12) -> list[Device]:
    """Up to `limit` devices of a hall for what somebody has typed so far; an exact number or short code comes first."""
    text = text.strip()
    if not text:
        return []
    exact = Case(
        When(Q(code__iexact=text) | Q(short_code=typed_code(text)), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    rows = devices_matching(Device.objects.filter(hall=hall), text)
    return list(rows.select_related("category", "place", "window").order_by(exact, "code")[:limit])


def device_by_code(hall: Hall, text: str) -> Device | None:
    """The device of a hall that somebody named by its number or by the short code on its label; None when there is none."""
    text = text.strip()
    if not text:
        return None
    rows = Device.objects.filter(Q(code__iexact=text) | Q(short_code=typed_code(text)), hall=hall)
    return rows.select_related("category", "place", "window__unit", "unit").first()


def places_of(hall: Hall) -> QuerySet[Place]:
    """The hall's places in use, in walking order."""
    return Place.objects.filter(hall=hall, is_active=True).order_by("position", "id")


def categories_of(hall: Hall) -> QuerySet[DeviceCategory]:
    """The hall's kinds of devices."""
    return DeviceCategory.objects.filter(hall=hall).order_by("position", "code")
