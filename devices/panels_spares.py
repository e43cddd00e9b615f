"""What loans add to a device's page: that it is lent, that another stands in for it, that a spare could."""

from django.urls import reverse

from core import clock
from core.http import Request
from core.panels import Panel
from core.roles import STAFF_ROLES
from devices.finds.spares import open_loans_of
from devices.models import Device
from devices.services.common import local_day
from devices.states import DeviceStatus
from devices.tabs import READERS


def device_panel(request: Request, device: Device) -> Panel | None:
    """The open loan of the device or for it; for a failed one that has none, the way to a spare. One statement."""
    if request.role not in READERS:
        return None
    loan = open_loans_of(device).select_related(None).first()
    failed = device.status in (DeviceStatus.FAULTY, DeviceStatus.UNDER_REPAIR)
    if loan is None and not (failed and request.role in STAFF_ROLES):
        return None
    context = {
        "loan": loan,
        "is_lent": loan is not None and loan.device_id == device.pk,
        "late": loan is not None and loan.status == "out" and loan.due_on < local_day(clock.now()),
        "swap_url": reverse("devices:spare_swap", args=[device.code]),
        "refuse_url": reverse("devices:spare_refuse", args=[device.code]),
    }
    return Panel("devices/loans/_panel.html", context, position=5)
