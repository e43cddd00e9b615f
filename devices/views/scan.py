"""From the label on a device to what can be done there."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core.access import allow
from core.http import Request
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, STAFF_ROLES
from devices.querysets import device_by_code, devices_visible_to
from devices.rules import typed_code


@allow(*BUSINESS_ROLES)
def scan(request: Request) -> HttpResponse:
    """Scan a label with the camera, or type its short code."""
    text = request.GET.get("code", "").strip()[:40]
    if text:
        return HttpResponseRedirect(reverse("device_short", args=[typed_code(text).replace("/", "")[:30] or "-"]))
    return render(request, "devices/scan.html", {"code": ""})


@allow(*BUSINESS_ROLES)
def by_short_code(request: Request, short_code: str) -> HttpResponse:
    """What a label leads to: the device, and what can be done there. Its number works as well as its short code."""
    device = device_by_code(request.contract.hall, short_code[:40])
    if device is not None and not devices_visible_to(request.user).filter(pk=device.pk).exists():
        device = None
    if device is None:
        context = {
            "code": short_code[:40],
            "problem": _("There is no device with the code %(code)s in this hall. Please compare it with the label.")
            % {"code": short_code[:40]},
        }
        return render(request, "devices/scan.html", context, status=404)
    return render(
        request, "devices/found.html", {"device": device, "may_report": request.role in (*CLIENT_ROLES, *STAFF_ROLES)}
    )
