"""From the label on a device to what can be done there; without an account only what anybody standing before it sees."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import PUBLIC, allow
from core.errors import NotFound
from core.http import Request
from core.panels import panels_for
from core.request import client_ip
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, STAFF_ROLES
from devices.finds.places import labelled_device, old_label
from devices.models import Device, SpotCheck
from devices.querysets import device_by_code, devices_visible_to
from devices.rules import typed_code
from devices.services.common import KEEPERS, contract_of_hall, local_day
from devices.states import DeviceStatus
from devices.tabs import READERS
from parties.models import Contract
from records.services.guesses import guess_add, guesses_in_window, network_of
from records.services.links import TooMany

MAX_UNKNOWN = 30
"""Short codes that no label has which one network may ask for within a quarter of an hour."""
STANDING_STILL = (DeviceStatus.FAULTY, DeviceStatus.UNDER_REPAIR, DeviceStatus.STOPPED, DeviceStatus.RETIRED)


@allow(*BUSINESS_ROLES)
def scan(request: Request) -> HttpResponse:
    """Scan a label with the camera, or type its short code."""
    text = request.GET.get("code", "").strip()[:40]
    if text:
        return HttpResponseRedirect(reverse("device_short", args=[typed_code(text).replace("/", "")[:30] or "-"]))
    return render(request, "devices/scan.html", {"code": ""})


@allow(PUBLIC)
def by_short_code(request: Request, short_code: str) -> HttpResponse:
    """What a label leads to. With an account: the device and what can be done there; its number works as well as its short code.

    Without one: its name, its place, the hall's hotline, and the way to report a fault.
    """
    if not request.user.is_authenticated:
        device = public_device(request, short_code)
        if device is None:
            return unknown_label(request, short_code)
        return public_page(request, device, "devices/label_public.html")
    device = own_device(request, short_code)
    if device is None:
        return _not_here(request, short_code)
    if request.role not in BUSINESS_ROLES:
        return public_page(request, device, "devices/label_public.html")
    return render(request, "devices/found.html", _found(request, device))


def own_device(request: Request, short_code: str) -> Device | None:
    """The device of the reader's hall with this short code or number; None for everybody else's."""
    if request.contract is None:
        return None
    device = device_by_code(request.contract.hall, short_code[:40])
    if device is None or request.role not in BUSINESS_ROLES:
        return device
    return device if devices_visible_to(request.user).filter(pk=device.pk).exists() else None


def public_device(request: HttpRequest, short_code: str) -> Device | None:
    """The device that carries this label, for somebody without an account; None when no label says so.

    Codes that no label has are counted by network, so that nobody tries them one after the other. Raises TooMany.
    """
    now = clock.now()
    key = f"label:{network_of(client_ip(request))}"
    if guesses_in_window(key, at=now) >= MAX_UNKNOWN:
        raise TooMany(_("Too many unknown codes came from your network. Please wait a quarter of an hour."))
    device = labelled_device(short_code)
    if device is None and old_label(short_code) is None:
        guess_add(key, at=now)
    return device


def unknown_label(request: HttpRequest, short_code: str) -> HttpResponse:
    """No label says this, or no label should say it any more."""
    old = old_label(short_code)
    context: dict[str, Any] = {"code": short_code[:20], "old": old is not None}
    if old is not None:
        context["hotline"] = contract_of_hall(old.device.hall, local_day(clock.now())).hotline
    return render(request, "devices/label_unknown.html", context, status=410 if old is not None else 404)


def public_page(request: HttpRequest, device: Device, template: str, **more: Any) -> HttpResponse:
    """A page about a device for somebody without an account: nothing of it but name, place and hotline."""
    contract, in_force = contract_now(device)
    context = {
        "name": device.name,
        "place": device.place.name,
        "short_code": device.short_code,
        "hotline": contract.hotline,
        "in_force": in_force,
        "out_of_service": device.status in STANDING_STILL,
        **more,
    }
    return render(request, template, context)


def contract_now(device: Device) -> tuple[Contract, bool]:
    """The contract under which the device is looked after, and whether it is in force today. Raises NotFound without any."""
    today = local_day(clock.now())
    try:
        contract = contract_of_hall(device.hall, today)
    except Contract.DoesNotExist:
        raise NotFound(_("There is no such device in this hall.")) from None
    return contract, contract.in_force_on(today)


def _not_here(request: Request, short_code: str) -> HttpResponse:
    old = old_label(short_code) if request.contract is not None else None
    if old is not None and old.device.hall_id == request.contract.hall_id and request.role in BUSINESS_ROLES:
        problem = _("The label with the code %(code)s was replaced and counts no more. Please use the new one.")
        found = old.device if request.role in READERS else None
    else:
        problem = _("There is no device with the code %(code)s in this hall. Please compare it with the label.")
        found = None
    context = {"code": short_code[:40], "problem": problem % {"code": short_code[:40]}, "replaced": found}
    if request.role not in BUSINESS_ROLES:
        return render(request, "devices/label_unknown.html", {"code": short_code[:20], "old": False}, status=404)
    return render(request, "devices/scan.html", context, status=404)


def _found(request: Request, device: Device) -> dict[str, Any]:
    keeps = request.role in KEEPERS
    last = SpotCheck.objects.filter(device=device).select_related("by").first() if request.role in READERS else None
    return {
        "device": device,
        "may_report": request.role in (*CLIENT_ROLES, *STAFF_ROLES),
        "may_keep": keeps,
        "reads": request.role in READERS,
        "standing_still": device.status in STANDING_STILL,
        "last_check": last,
        "panels": panels_for("scan", request, device),
    }
