"""What the house is told of places, floor plans, labels and spot checks."""

from collections.abc import Iterable

from devices.timeline import Asked, Happening


def register() -> None:
    """Called once, when the apps are ready."""
    from django.urls import reverse
    from django.utils.translation import gettext_lazy as _

    from core import subjects
    from core.roles import ENGINEER, MANAGER
    from devices import timeline
    from devices.finds.places import places_visible_to, spot_checks_visible_to
    from devices.models import Place, SpotCheck
    from devices.tabs import Room, register_room

    subjects.register(
        subjects.Subject(
            key="place",
            model=Place,
            label=lambda place: str(place.name),
            url=lambda place: reverse("devices:place", args=[place.code]),
            visible_to=places_visible_to,
            within=lambda rows, contract: rows.filter(hall=contract.hall_id),
        )
    )
    subjects.register(
        subjects.Subject(
            key="spot_check",
            model=SpotCheck,
            label=lambda check: f"{check.device} · {check.get_verdict_display()}",
            url=lambda check: reverse("device_short", args=[check.device.short_code]),
            visible_to=spot_checks_visible_to,
            within=lambda rows, contract: rows.filter(contract__hall=contract.hall_id),
        )
    )
    timeline.register("check", _("Spot check"), looks)
    register_room(Room("places", _("Places"), "devices:places", "map-pin"))
    register_room(Room("labels", _("Labels"), "devices:labels", "qrcode", (ENGINEER, MANAGER)))
    register_room(Room("spot_checks", _("Spot checks"), "devices:spot_checks", "eye"))


def looks(asked: Asked) -> Iterable[Happening]:
    """Looks at a device, newest first."""
    from devices.models import SpotCheck

    rows = SpotCheck.objects.filter(device=asked.device).select_related("by")
    if asked.until is not None:
        rows = rows.filter(at__lte=asked.until)
    for row in rows.order_by("-at", "-id")[: asked.limit]:
        yield Happening(
            at=row.at,
            key=str(row.pk),
            title=str(row.get_verdict_display()),
            text=row.note,
            actor=str(row.by) if row.by else "",
            icon="circle-check" if row.verdict == "normal" else "alert-octagon",
        )
