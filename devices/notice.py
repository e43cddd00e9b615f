"""The out-of-service notice: one A4 sheet, read from three metres, Chinese with English below whatever the maker's language."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation

from devices.labels import label_svg
from devices.models import Device
from devices.states import DeviceStatus
from parties.models import Contract

CHINESE = "zh-hans"


def notice_html(
    *, device: Device, contract: Contract, nearest: Device | None, reason: str, until: str, at: datetime
) -> str:
    """The sheet. It tells visitors nothing but what stands on the device and where the next one is.

    `reason` is what the maker chose to say; the reason in the register is for the house and is not printed by itself.
    """
    with translation.override(CHINESE):
        return render_to_string(
            "devices/register/notice.html",
            {
                "device": device,
                "long": _long(device.name),
                "since": at if device.status == DeviceStatus.IN_USE else device.status_since or at,
                "nearest": nearest,
                "nearest_place": _place(nearest) if nearest else "",
                "nearest_long": _long(_place(nearest)) if nearest else "",
                "reason": reason,
                "until": until,
                "hotline": contract.hotline,
                "qr": label_svg(device),
                "printed_at": at,
            },
        )


def _place(device: Device) -> str:
    return " · ".join(part for part in (device.place.name, device.window.code if device.window else "") if part)


def _long(text: str) -> str:
    """The style that keeps a long name on the one sheet: "" up to 16 characters, then "long", from 33 "longest"."""
    return "" if len(text) <= 16 else "long" if len(text) <= 32 else "longest"
