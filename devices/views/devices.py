"""The page of one device, and the answers of the picker."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.access import allow
from core.errors import NotFound
from core.http import Request
from core.panels import panels_for
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, STAFF_ROLES
from devices.models import Device
from devices.querysets import devices_visible_to, find_devices, sees_configuration
from devices.services.network import addresses_of
from devices.tabs import READERS


@allow(*BUSINESS_ROLES)
def device_detail(request: Request, code: str) -> HttpResponse:
    """One device: facts, and what other parts of the house know of it."""
    device = (
        devices_visible_to(request.user)
        .filter(hall=request.contract.hall, code=code)
        .select_related("category", "place", "window", "unit", "vendor")
        .first()
    )
    if device is None:
        raise NotFound(_("There is no such device in this hall."))
    context = {
        "device": device,
        "facts": _facts(device),
        "configuration": _configuration(device) if sees_configuration(request.user, request.contract.pk) else [],
        "panels": panels_for("device", request, device),
        "may_report": request.role in (*CLIENT_ROLES, *STAFF_ROLES),
        "may_list": request.role in READERS,
    }
    return render(request, "devices/detail.html", context)


@allow(*CLIENT_ROLES, *STAFF_ROLES)
def device_pick(request: Request) -> HttpResponse:
    """The picker's answer to what was typed so far: number, name and place, nothing more."""
    found = find_devices(request.contract.hall, request.GET.get("q", "")[:60])
    options = [{"code": row.code, "name": row.name, "note": _where(row)} for row in found]
    return render(request, "components/picker_options.html", {"options": options})


def _where(device: Device) -> str:
    return " · ".join(part for part in (device.place.name, device.window.code if device.window else "") if part)


def _facts(device: Device) -> list[tuple[str, object]]:
    return [
        (_("Device number"), device.code),
        (_("Short code"), device.short_code),
        (_("Category"), device.category.name),
        (_("Place"), _where(device)),
        (_("Unit"), device.unit or ""),
        (_("Brand and model"), f"{device.brand} {device.model}".strip()),
        (_("Owned by"), device.get_ownership_display()),
        (_("Vendor"), device.vendor or ""),
        (_("Power policy"), device.get_power_policy_display()),
        (_("Key device"), _("Yes") if device.is_key else ""),
        (_("Installed on"), f"{device.installed_on:%Y-%m-%d}" if device.installed_on else ""),
        (_("Warranty until"), f"{device.warranty_until:%Y-%m-%d}" if device.warranty_until else ""),
    ]


def _configuration(device: Device) -> list[tuple[str, object]]:
    return [
        (_("Serial number"), device.serial_no),
        (_("IP address"), "、".join(addresses_of([device]).get(device.pk, []))),
        (_("MAC address"), device.mac),
        (_("Criticality"), device.get_criticality_display()),
        (_("Remark"), device.remark),
    ]
