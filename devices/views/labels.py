"""Labels for devices: choose them, print them at true size, and give a device a new short code."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Invalid
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from devices.finds.places import devices_in_walking_order, ids_below
from devices.forms.places import LabelForm, LabelsWanted, ShortCodeForm
from devices.labels import FORMATS, MAX_LABELS, labels_for, sheet_css
from devices.models import Device
from devices.querysets import devices_matching, devices_visible_to
from devices.services.common import KEEPERS, contract_of_hall, local_day
from devices.services.places import short_code_change
from devices.states import DeviceStatus
from devices.views.page import device_of
from devices.views.places import pdf_answer
from records.models import Visibility
from records.services.audit import audit_write

PAGE_SIZE = 100
SECONDS_MOST, MEMORY_MOST_MB = 120, 1024
"""What a thousand labels may take; measured far below."""


@allow(*KEEPERS)
def label_choose(request: Request) -> HttpResponse:
    """Which devices, on which labels, from which place on the sheet on."""
    wanted = LabelsWanted(request.GET, hall=request.contract.hall)
    rows = _wanted(request, wanted)
    count = rows.count()
    shown = list(rows[:PAGE_SIZE])
    codes = [code[:30] for code in request.GET.getlist("codes")]
    context = {
        "wanted": wanted,
        "form": LabelForm(initial={"format": "a4-24", "start": 1}),
        "devices": shown,
        "chosen": set(codes) if codes else {row.code for row in shown},
        "count": count,
        "more": count > PAGE_SIZE,
        "too_many": count > MAX_LABELS,
        "limit": MAX_LABELS,
        "query": request.GET.urlencode(),
        "columns": [
            {"label": _("Choose"), "hidden": True},
            {"label": _("Device")},
            {"label": _("Place")},
            {"label": _("Short code")},
        ],
    }
    return render(request, "devices/labels.html", context)


@allow(*KEEPERS, methods=POST)
def label_pdf(request: Request) -> HttpResponse:
    """The labels as one PDF. The list of devices may send its chosen codes straight to this door."""
    form = LabelForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("Some entries need another look; nothing was saved."))
    codes = [code for text in request.POST.getlist("codes") for code in text.split()]
    if request.POST.get("scope") == "all":
        rows = _wanted(request, LabelsWanted(request.GET, hall=request.contract.hall))
    else:
        rows = _mine(request).filter(code__in=codes[: MAX_LABELS + 1])
    devices = list(devices_in_walking_order(rows).select_related("place")[: MAX_LABELS + 1])
    if not devices:
        raise Invalid(_("Please choose at least one device."))
    if len(devices) > MAX_LABELS:
        raise Invalid(_("At most %(limit)d labels at once. Please narrow the choice.") % {"limit": MAX_LABELS})
    now = clock.now()
    kind = FORMATS[form.cleaned_data["format"]]
    pages = labels_for(
        kind,
        devices,
        hall=request.contract.hall.name,
        hotline=contract_of_hall(request.contract.hall, local_day(now)).hotline,
        start=form.cleaned_data["start"],
    )
    html = render_to_string(
        "devices/labels_sheet.html", {"pages": pages, "css": sheet_css(kind), "title": _("Device labels")}
    )
    pdf = pdf_render(html, timeout_seconds=SECONDS_MOST, memory_mb=MEMORY_MOST_MB)
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "labels", "format": kind.key, "count": len(devices)},
        visibility=Visibility.INTERNAL,
    )
    name = _("Device labels")
    return pdf_answer(pdf, f"{name} {now.astimezone(clock.SHANGHAI):%Y%m%d-%H%M}")


@allow(*KEEPERS, methods=GET_POST)
def short_code_new(request: Request, code: str) -> HttpResponse:
    """A label was copied, lost or misused: the device gets a new short code, the old one leads nowhere any more."""
    device = device_of(request, code)
    form = ShortCodeForm(request.POST if request.method == "POST" else None, initial={"version": device.version})
    if form.is_bound and form.is_valid():
        old = device.short_code
        changed = attempt(
            form,
            short_code_change,
            device=device,
            contract=request.contract,
            version_seen=form.cleaned_data["version"],
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if changed is not None:
            said = {"old": old, "new": changed.short_code}
            messages.success(request, _("%(old)s counts no more; print the label with %(new)s now.") % said)
            return HttpResponseRedirect(f"{reverse('devices:labels')}?codes={device.code}")
    return render(request, "devices/labels_new_code.html", {"device": device, "form": form}, status=form_status(form))


def _mine(request: Request) -> QuerySet[Device]:
    rows = devices_visible_to(request.user).filter(hall=request.contract.hall_id)
    return rows.exclude(status=DeviceStatus.RETIRED)


def _wanted(request: Request, wanted: forms.Form) -> QuerySet[Device]:
    """The devices that the query string asks for, in walking order: named by number, else narrowed by place, kind and words."""
    rows = _mine(request)
    codes = [code[:30] for code in request.GET.getlist("codes") if code]
    if codes:
        rows = rows.filter(code__in=codes[: MAX_LABELS + 1])
    if wanted.is_valid():
        data: dict[str, Any] = wanted.cleaned_data
        if data["place"] is not None:
            rows = rows.filter(place_id__in=ids_below(data["place"]))
        if data["category"] is not None:
            rows = rows.filter(category=data["category"])
        if data["q"]:
            rows = devices_matching(rows, data["q"])
    return devices_in_walking_order(rows.select_related("place"))
