"""What every tab of a device's page starts from."""

from typing import Any

from django.utils.translation import gettext as _

from core.errors import NotFound
from core.http import Request
from devices.models import Device
from devices.querysets import devices_visible_to
from devices.tabs import READERS, tabs_for


def device_of(request: Request, code: str) -> Device:
    """The device of the present hall with this number, with what its head shows. Raises NotFound."""
    device = (
        devices_visible_to(request.user)
        .filter(hall=request.contract.hall_id, code=code)
        .select_related("category", "place", "window", "unit", "vendor")
        .first()
    )
    if device is None:
        raise NotFound(_("There is no such device in this hall."))
    return device


def device_context(request: Request, device: Device, tab: str, **more: Any) -> dict[str, Any]:
    """The context of templates/devices/device.html, with what the tab adds."""
    return {
        "device": device,
        "tabs": tabs_for(request, device.code),
        "tab": tab,
        "may_list": request.role in READERS,
        **more,
    }
