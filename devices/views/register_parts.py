"""What is in a device and what runs on it: parts put in and taken out, software installed and removed."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from devices.forms.register import InstallForm, PartForm, RemovalForm, part_initial
from devices.models import Device, Installation, Part
from devices.services.common import KEEPERS, local_day
from devices.services.parts import part_add, part_edit, part_remove, software_install, software_uninstall
from devices.views.page import device_of


@allow(*KEEPERS, methods=GET_POST)
def part_new(request: Request, code: str) -> HttpResponse:
    """Put a part into a device."""
    device = device_of(request, code)
    today = local_day(clock.now())
    form = PartForm(request.POST or None, initial={"quantity": 1, "installed_on": today})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            part_add,
            device=device,
            contract=request.contract,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            return _done(request, code)
    return _page(request, device, form, title=_("Add a part"), submit=_("Add"))


@allow(*KEEPERS, methods=GET_POST)
def part(request: Request, code: str, pk: int) -> HttpResponse:
    """Correct what is written of a part."""
    device = device_of(request, code)
    row = _part(device, pk)
    form = PartForm(request.POST or None, initial=part_initial(row))
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            part_edit,
            part=row,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            return _done(request, code)
    return _page(request, device, form, title=_("Correct the part"), submit=_("Save"))


@allow(*KEEPERS, methods=GET_POST)
def part_out(request: Request, code: str, pk: int) -> HttpResponse:
    """Take a part out, with the reason."""
    device = device_of(request, code)
    row = _part(device, pk)
    form = RemovalForm(request.POST or None, initial={"removed_on": local_day(clock.now()), "version": row.version})
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form,
            part_remove,
            part=row,
            contract=request.contract,
            version_seen=data["version"],
            removed_on=data["removed_on"],
            reason=data["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            return _done(request, code)
    return _page(request, device, form, title=_("Take out: %(part)s") % {"part": row}, submit=_("Take out"))


@allow(*KEEPERS, methods=GET_POST)
def install(request: Request, code: str) -> HttpResponse:
    """Say which software is installed on a device."""
    device = device_of(request, code)
    form = InstallForm(request.POST or None, device=device, initial={"installed_on": local_day(clock.now())})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            software_install,
            device=device,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            return _done(request, code)
    hint = _("What is missing here is entered under “Software” first.")
    return _page(request, device, form, title=_("Install software"), submit=_("Save"), hint=hint)


@allow(*KEEPERS, methods=POST)
def uninstall(request: Request, code: str, pk: int) -> HttpResponse:
    """Say that a software system is no longer on the device."""
    device = device_of(request, code)
    row = (
        Installation.objects.filter(device=device, pk=pk, removed_on__isnull=True)
        .select_related("software", "device")
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such software on this device."))
    now = clock.now()
    software_uninstall(
        installation=row, contract=request.contract, removed_on=local_day(now), actor=request.user, at=now
    )
    return _done(request, code)


def _part(device: Device, pk: int) -> Part:
    row = Part.objects.filter(device=device, pk=pk, removed_on__isnull=True).select_related("device").first()
    if row is None:
        raise NotFound(_("There is no such part in this device."))
    return row


def _done(request: Request, code: str) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("devices:detail", code)


def _page(request: Request, device: Device, form: Form, **page: Any) -> HttpResponse:
    context = {
        "form": form,
        "sub": str(device),
        "back": reverse("devices:detail", args=[device.code]),
        "back_label": device.code,
        **page,
    }
    return render(request, "devices/register/small_form.html", context, status=form_status(form))
