"""How the lower apps reach a device: label, address, who reads it; what it adds to its own life and to what is due."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.subjects import Subject
from devices.due import LIMIT, Due
from devices.finds.register import DEVICE, devices_read_by
from devices.models import Device, Software
from devices.states import DeviceStatus
from devices.timeline import Asked, Happening
from parties.models import Contract
from records.models import Attachment

WARRANTY_AHEAD = timedelta(days=90)
SOON = timedelta(days=30)


def _url(device: Device) -> str:
    return reverse("devices:detail", args=[device.code])


def _within(rows: Any, contract: Contract) -> Any:
    return rows.filter(hall=contract.hall_id)


SUBJECT = Subject(
    key=DEVICE,
    model=Device,
    label=str,
    url=_url,
    # Photos may show what clerks are not shown: they read no record of a device.
    visible_to=devices_read_by,
    within=_within,
)


def documents_of(asked: Asked) -> Iterator[Happening]:
    """Photos and documents that were added to a device, one happening a file."""
    rows = Attachment.objects.filter(subject_type=DEVICE, subject_id=asked.device.pk)
    if asked.until is not None:
        rows = rows.filter(added_at__lte=asked.until)
    for row in rows.select_related("added_by").order_by("-added_at", "-pk")[: asked.limit]:
        yield Happening(
            at=row.added_at,
            key=f"{row.pk:012d}",
            title=_("Photo added") if row.kind == "photo" else _("Document added"),
            text=row.name,
            actor=row.added_by.name if row.added_by else "",
            url=f"{reverse('records:attachment', args=[row.pk])}?inline",
            icon="photo" if row.kind == "photo" else "file",
        )


def warranties(contract: Contract, today: date) -> Iterator[Due]:
    """Devices whose warranty ends within 90 days, soonest first; told at 90 and again at 30 days."""
    rows = Device.objects.filter(
        hall=contract.hall_id, warranty_until__gte=today, warranty_until__lte=today + WARRANTY_AHEAD
    ).exclude(status=DeviceStatus.RETIRED)
    for row in rows.select_related("vendor", "place").order_by("warranty_until", "code")[:LIMIT]:
        ends: date = row.warranty_until or today
        yield Due(
            key=str(row.pk),
            title=str(row),
            text=" · ".join(part for part in (row.vendor.name if row.vendor else "", row.place.name) if part),
            due_on=ends,
            url=_url(row),
            mark="30" if ends - today <= SOON else "90",
        )


def licences(contract: Contract, today: date) -> Iterator[Due]:
    """Licences of software in use that end within 90 days, or ended in the last 30, soonest first."""
    rows = Software.objects.filter(
        hall=contract.hall_id,
        is_active=True,
        licence_until__gte=today - SOON,
        licence_until__lte=today + WARRANTY_AHEAD,
    )
    for row in rows.select_related("vendor").order_by("licence_until", "pk")[:LIMIT]:
        ends: date = row.licence_until or today
        yield Due(
            key=str(row.pk),
            title=str(row),
            text=row.vendor.name if row.vendor else "",
            due_on=ends,
            url=reverse("devices:software", args=[row.pk]),
            mark="30" if ends - today <= SOON else "90",
        )
