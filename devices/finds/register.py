"""Finds: what the register's pages read of devices, their categories, parts and software."""

import dataclasses
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import get_resolver

from core.prepared import Prepared, asked, prepared
from devices.models import (
    CategoryField,
    Device,
    DeviceCategory,
    Installation,
    Part,
    Place,
    PlannedStatus,
    Software,
)
from devices.rules_register import Spot, nearest
from devices.states import DeviceStatus, PlannedState
from devices.tabs import READERS
from parties.models import Contact, Hall
from parties.querysets import halls_served
from records.models import Attachment
from records.querysets import attachments_of

DEVICE = "device"
"""The key of the subject on which a device's history and photos hang."""


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """The categories of a hall with their own fields, read once for any number of devices."""

    categories: Mapping[int, DeviceCategory]
    fields: Mapping[int, tuple[CategoryField, ...]]

    def fields_of(self, category: DeviceCategory) -> tuple[CategoryField, ...]:
        """The fields in use of one category, in their order."""
        return self.fields.get(category.pk, ())


def catalogue_of(hall: Hall) -> Catalogue:
    """The hall's catalogue; two statements."""
    categories = {row.pk: row for row in DeviceCategory.objects.filter(hall=hall)}
    fields: dict[int, list[CategoryField]] = {}
    for field in CategoryField.objects.filter(category__hall=hall, is_active=True).order_by("position", "id"):
        fields.setdefault(field.category_id, []).append(field)
    return Catalogue(categories, {pk: tuple(rows) for pk, rows in fields.items()})


def catalogue_of_one(category: DeviceCategory) -> Catalogue:
    """What one category needs; one statement."""
    fields = category.fields.filter(is_active=True).order_by("position", "id")
    return Catalogue({category.pk: category}, {category.pk: tuple(fields)})


def reserved_words() -> frozenset[str]:
    """The first words of all pages below /devices/: no device may be called so, or its page could not be opened."""
    _prefix, resolver = get_resolver().namespace_dict["devices"]
    return frozenset(str(pattern.pattern).split("/")[0].lower() for pattern in resolver.url_patterns) - {""}


def halls_read_by(user: Any) -> set[int]:
    """Ids of the halls whose register somebody reads: not those in which they are a window clerk."""
    return halls_served(user, READERS)


def devices_read_by(user: Any) -> QuerySet[Device]:
    """Devices whose configuration, photos and history somebody may read."""
    return Device.objects.filter(hall_id__in=halls_read_by(user))


def software_visible_to(user: Any) -> QuerySet[Software]:
    """Software systems of the halls whose register somebody reads."""
    return Software.objects.filter(hall_id__in=halls_read_by(user))


def software_matching(rows: QuerySet[Software], text: str) -> QuerySet[Software]:
    """Those whose name, version, licence, unit, vendor or contact contains every word of the text."""
    for word in text.split()[:6]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(release__icontains=word)
            | Q(licence__icontains=word)
            | Q(owner_unit__name__icontains=word)
            | Q(vendor__name__icontains=word)
            | Q(contact__icontains=word)
        )
    return rows


def categories_counted(hall: Hall) -> list[DeviceCategory]:
    """The hall's categories with `device_count` (retired ones left out) and `field_count`; three statements, none by row."""
    rows = list(DeviceCategory.objects.filter(hall=hall).order_by("position", "code"))
    devices = dict(
        Device.objects.filter(hall=hall)
        .exclude(status=DeviceStatus.RETIRED)
        .order_by()
        .values_list("category_id")
        .annotate(number=Count("pk"))
    )
    fields = dict(
        CategoryField.objects.filter(category__hall=hall, is_active=True)
        .order_by()
        .values_list("category_id")
        .annotate(number=Count("pk"))
    )
    for row in rows:
        row.device_count = devices.get(row.pk, 0)  # type: ignore[attr-defined]
        row.field_count = fields.get(row.pk, 0)  # type: ignore[attr-defined]
    return rows


def parts_of(device: Device) -> list[Part]:
    """Parts in the device first, newest installed above, then those that were taken out."""
    rows = list(Part.objects.filter(device=device).order_by("-installed_on", "-id"))
    return sorted(rows, key=lambda row: row.removed_on is not None)


def installations_of(device: Device) -> QuerySet[Installation]:
    """What is installed on a device now."""
    rows = Installation.objects.filter(device=device, removed_on__isnull=True)
    return rows.select_related("software__vendor", "software__owner_unit").order_by("software__name", "id")


def planned_of(device: Device) -> PlannedStatus | None:
    """The change of status that waits for its day; None when there is none."""
    rows = PlannedStatus.objects.filter(device=device, status=PlannedState.PLANNED)
    return rows.select_related("planned_by").first()


def photos_of(device: Device) -> list[Attachment]:
    """The device's photos, the main one first, then the newest."""
    rows = list(attachments_of(device, "photo").order_by("-id"))
    return sorted(rows, key=lambda row: row.pk != device.main_photo_id)


@dataclasses.dataclass(frozen=True)
class OwnFieldLine:
    """A category's own field, as a device's page needs it."""

    key: str
    label: str
    unit: str


@dataclasses.dataclass(frozen=True)
class ContactLine:
    """Somebody to call at the vendor."""

    name: str
    title: str
    phone: str


@dataclasses.dataclass(frozen=True)
class PlanLine:
    """The change of status that waits for its day."""

    pk: int
    target: str
    on: date
    reason: str
    planned_by: str

    @property
    def label(self) -> str:
        """What the status is called."""
        return str(DeviceStatus(self.target).label)


@dataclasses.dataclass
class Beside:
    """What stands beside a device's facts: its category's own fields, whom to call, what is planned."""

    fields: list[OwnFieldLine]
    contacts: list[ContactLine]
    plan: PlanLine | None = None


_CATEGORY, _DEVICE, _VENDOR = -987_654_321, -987_654_322, -987_654_323
"""Stand in for the device and what it belongs to in the statement that is kept."""


@cache
def _beside_statement(_alias: str, _vendor: str, contacts: bool) -> Prepared:
    fields = CategoryField.objects.filter(category=_CATEGORY)
    plans = PlannedStatus.objects.filter(device=_DEVICE, status=PlannedState.PLANNED)
    people = Contact.objects.filter(vendor=_VENDOR, is_active=True) if contacts else Contact.objects.none()
    return prepared(
        _lines(fields, "field", "position", "key", "label", "unit").union(
            _lines(plans, "plan", "pk", "target", Cast("on", CharField()), "reason", "planned_by__name"),
            _lines(people, "contact", "pk", "name", "title", "phone"),
            all=True,
        )
    )


def beside(device: Device, *, contacts: bool) -> Beside:
    """Own fields, the vendor's contacts (when asked for) and the planned status; one statement for the three, because the page
    of a device has to stay quick while many rooms put their panels on it."""
    given = {_CATEGORY: device.category_id, _DEVICE: device.pk, _VENDOR: device.vendor_id or 0}
    rows = asked(_beside_statement(connection.alias, connection.vendor, contacts), given)
    found = Beside([], [])
    for kind, _turn, pk, *texts in sorted(rows):
        if kind == "field":
            found.fields.append(OwnFieldLine(*texts[:3]))
        elif kind == "contact":
            found.contacts.append(ContactLine(*texts[:3]))
        else:
            found.plan = PlanLine(pk, texts[0], date.fromisoformat(texts[1]), texts[2], texts[3])
    return found


def _lines(rows: QuerySet[Any], kind: str, turn: str, *texts: str | Cast) -> QuerySet[Any, Any]:
    """Rows of any table as (kind, turn, id, four texts), so that several tables make one statement."""
    columns: list[Any] = [F(text) if isinstance(text, str) else text for text in texts]
    columns += [Value("", output_field=CharField())] * (4 - len(columns))
    named = {f"line_{letter}": column for letter, column in zip("abcd", columns, strict=True)}
    shown: QuerySet[Any, Any] = (
        rows.order_by()
        .annotate(line_kind=Value(kind, output_field=CharField()), line_turn=Cast(turn, IntegerField()), **named)
        .values_list("line_kind", "line_turn", "pk", *named)
    )
    return shown


def nearest_working(device: Device) -> Device | None:
    """The nearest other device of the same category that is in use; three statements however many there are."""
    rows = (
        Device.objects.filter(hall=device.hall_id, category=device.category_id, status=DeviceStatus.IN_USE)
        .exclude(pk=device.pk)
        .values_list("code", "place_id", "plan_of_id", "plan_x", "plan_y")
    )
    places = Place.objects.filter(hall=device.hall_id).order_by("position", "id").values_list("pk", "parent_id")
    parents = dict(places)
    here = Spot(device.code, device.place_id, device.plan_of_id, device.plan_x, device.plan_y)
    found = nearest(here, [Spot(*row) for row in rows], parents, {pk: turn for turn, pk in enumerate(parents)})
    if found is None:
        return None
    return Device.objects.select_related("place", "window").get(hall=device.hall_id, code=found.code)
