"""Several devices at once: the rows that were chosen in the list get the same place, vendor, status …"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.forms import attempt, form_status
from core.http import Request
from devices.filters import options_of
from devices.forms.listing import ChangeForm
from devices.models import Place
from devices.querysets import devices_visible_to
from devices.services.common import KEEPERS
from devices.services.imports import devices_change
from parties.models import Vendor

LIMIT = 200
"""Devices that are changed at once; the list offers a page of them."""


@allow(*KEEPERS, methods=GET_POST)
def change_several(request: Request) -> HttpResponse:
    """What the chosen devices get; carried out for all of them or for none, and undone as one."""
    source = request.POST if request.method == "POST" else request.GET
    codes = list(dict.fromkeys(code[:30].replace("\x00", "") for code in source.getlist("codes")[:LIMIT]))
    devices = list(
        devices_visible_to(request.user)
        .filter(hall=request.contract.hall_id, code__in=codes)
        .select_related("hall", "category", "place", "window", "unit", "vendor")
        .order_by("code")
    )
    options = options_of(request.contract, request.user)
    form = ChangeForm(request.POST if request.method == "POST" else None, options=options)
    if request.method == "POST" and devices and form.is_valid():
        batch = attempt(
            form,
            devices_change,
            contract=request.contract,
            devices=devices,
            values=_values(request, form.cleaned_data),
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if batch is not None:
            messages.success(request, _("The devices are changed. This can be undone here as one."))
            return HttpResponseRedirect(reverse("devices:import_detail", args=[batch.pk]))
    return render(
        request, "devices/change.html", {"form": form, "devices": devices, "limit": LIMIT}, status=form_status(form)
    )


def _values(request: Request, chosen: dict[str, Any]) -> dict[str, Any]:
    """The chosen values as the services take them; what stays as it is is left out."""
    hall = request.contract.hall_id
    values: dict[str, Any] = {name: chosen[name] for name in ("status", "power_policy", "criticality") if chosen[name]}
    if chosen["place"]:
        values["place"] = Place.objects.get(hall=hall, pk=chosen["place"])
    if chosen["vendor"]:
        values["vendor"] = None if chosen["vendor"] == "none" else Vendor.objects.get(hall=hall, pk=chosen["vendor"])
    if chosen["custodian"].strip():
        values["custodian"] = "" if chosen["custodian"].strip() == "-" else chosen["custodian"].strip()
    if chosen["is_key"]:
        values["is_key"] = chosen["is_key"] == "yes"
    return values
