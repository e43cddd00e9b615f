"""The answers of the device picker."""

from django.http import HttpResponse
from django.shortcuts import render

from core.access import allow
from core.http import Request
from core.roles import CLIENT_ROLES, STAFF_ROLES
from devices.models import Device
from devices.querysets import find_devices


@allow(*CLIENT_ROLES, *STAFF_ROLES)
def device_pick(request: Request) -> HttpResponse:
    """The picker's answer to what was typed so far: number, name and place, nothing more."""
    found = find_devices(request.contract.hall, request.GET.get("q", "")[:60])
    options = [{"code": row.code, "name": row.name, "note": _where(row)} for row in found]
    return render(request, "components/picker_options.html", {"options": options})


def _where(device: Device) -> str:
    return " · ".join(part for part in (device.place.name, device.window.code if device.window else "") if part)
