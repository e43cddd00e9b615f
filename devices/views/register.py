"""The register itself: one device's page, putting devices in, correcting them, what they are doing, their photos."""

from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.panels import panels_for
from core.pdf import pdf_render
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from devices.finds.network import addresses_of
from devices.finds.register import (
    OwnFieldLine,
    beside,
    catalogue_of_one,
    installations_of,
    nearest_working,
    parts_of,
    photos_of,
    planned_of,
)
from devices.forms.register import (
    NOT_COPIED,
    DeviceForm,
    NoticeForm,
    StatusForm,
    initial_of,
)
from devices.models import Device, DeviceCategory, PlannedStatus
from devices.notice import notice_html
from devices.services.common import KEEPERS, local_day
from devices.services.photos import photo_main, photos_add
from devices.services.planned import planned_add, planned_cancel
from devices.services.register import (
    device_create,
    device_edit,
    device_status_set,
    device_warnings,
    statuses_open_to,
)
from devices.states import DeviceStatus
from devices.tabs import READERS
from devices.views.page import device_context, device_of
from records.services.attachments import IncomingFile, prepare_images

WARRANTY_DAYS = 90
NOTICE_ROLES = (ENGINEER, MANAGER, SUPERVISOR, LEADER)


@allow(*BUSINESS_ROLES)
def device_detail(request: Request, code: str) -> HttpResponse:
    """One device: what it is, what it is made of, how it looks, what other parts of the house know of it.

    Window clerks get what it is called, where it stands, what it is doing, and "report a fault".
    """
    device = device_of(request, code)
    reads = request.role in READERS
    keeps = request.role in KEEPERS and device.status != DeviceStatus.RETIRED
    context: dict[str, Any] = {
        "facts": _known_to_all(device),
        "panels": panels_for("device", request, device),
        "may_report": request.role in (*CLIENT_ROLES, *STAFF_ROLES),
        "keeps": keeps,
        "may_status": request.role in KEEPERS and bool(statuses_open_to(device, request.role)),
        "may_notice": request.role in NOTICE_ROLES,
        "reads": reads,
    }
    if reads:
        today = local_day(clock.now())
        aside = beside(device, contacts=request.role in STAFF_ROLES)
        photos = photos_of(device)
        context |= {
            "facts": _known_to_all(device) + _facts(device),
            "configuration": [*_configuration(device), *_custom(device, aside.fields)],
            "parts": parts_of(device),
            "installations": list(installations_of(device)),
            "photos": photos,
            "main_photo": next((photo for photo in photos if photo.pk == device.main_photo_id), None),
            "planned": aside.plan,
            "warranty": _warranty(device, today),
            "contacts": aside.contacts,
            "today": today,
        }
    return render(request, "devices/register/overview.html", device_context(request, device, "overview", **context))


def _where(device: Device) -> str:
    return " · ".join(part for part in (device.place.name, device.window.code if device.window else "") if part)


def _known_to_all(device: Device) -> list[tuple[str, object]]:
    return [
        (_("Device number"), device.code),
        (_("Category"), device.category.name),
        (_("Place"), _where(device)),
        (_("Used by"), device.unit or ""),
    ]


def _facts(device: Device) -> list[tuple[str, object]]:
    return [
        (_("Custodian"), device.custodian),
        (_("Short code"), device.short_code),
        (_("Asset number"), device.asset_no),
        (_("Brand and model"), f"{device.brand} {device.model}".strip()),
        (_("Owned by"), device.get_ownership_display()),
        (_("Vendor"), device.vendor or ""),
        (_("Power policy"), device.get_power_policy_display()),
        (_("Criticality"), device.get_criticality_display()),
        (_("Key device"), _("Yes") if device.is_key else ""),
        (_("Installed on"), _day(device.installed_on)),
    ]


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else ""


def _configuration(device: Device) -> list[tuple[str, object]]:
    return [
        (_("Serial number"), device.serial_no),
        (_("IP address"), " · ".join(addresses_of([device]).get(device.pk, []))),
        (_("MAC address"), device.mac),
        (_("Remark"), device.remark),
    ]


def _custom(device: Device, fields: list[OwnFieldLine]) -> list[tuple[str, object]]:
    """The category's own fields; a retired one stands there as long as the device has a value in it."""
    rows: list[tuple[str, object]] = []
    for field in fields:
        value = device.extra.get(field.key)
        if isinstance(value, bool):
            value = _("Yes") if value else _("No")
        rows.append((field.label, f"{value} {field.unit}".strip() if value is not None else ""))
    return rows


def _warranty(device: Device, today: date) -> dict[str, object] | None:
    if device.warranty_until is None:
        return None
    days = (device.warranty_until - today).days
    tone = "muted" if days < 0 else "warn" if days <= WARRANTY_DAYS else "ok"
    return {"until": device.warranty_until, "days": days, "late": -days, "tone": tone, "over": days < 0}


# Putting in and correcting ----------------------------------------------------------------------------------------------


@allow(*KEEPERS, methods=GET_POST)
def device_new(request: Request) -> HttpResponse:
    """Put a device into the register: first its kind, then the form of that kind; `?copy=` takes over what is the same again."""
    copied = _copied(request)
    category = _category(request) or (copied.category if copied is not None else None)
    if category is None:
        rows = DeviceCategory.objects.filter(hall=request.contract.hall_id, is_active=True).order_by("position", "code")
        context = {"categories": list(rows), "may_add": request.role == MANAGER}
        return render(request, "devices/register/kinds.html", context)
    form = DeviceForm(
        request.POST or None,
        initial=_initial(category, copied),
        contract=request.contract,
        category=category,
        catalogue=catalogue_of_one(category),
        editing=False,
    )
    if form.is_bound and form.is_valid():
        values = form.values()
        hall = request.contract.hall
        warnings = device_warnings(hall, values)
        device = attempt(
            form, device_create, hall=hall, contract=request.contract, values=values, actor=request.user, at=clock.now()
        )
        if device is not None:
            messages.success(request, _("%(device)s is in the register.") % {"device": device})
            for warning in warnings:
                messages.warning(request, warning)
            return redirect("devices:detail", device.code)
    context = {
        "form": form,
        "category": category,
        "copied": copied,
        "title": _("New device"),
        "submit": _("Put into the register"),
        "back": reverse("devices:list"),
        "back_label": _("Devices"),
        "kinds": _kinds(request),
    }
    return render(request, "devices/register/form.html", context, status=form_status(form))


def _initial(category: DeviceCategory, copied: Device | None) -> dict[str, Any]:
    if copied is None:
        return {"power_policy": category.power_policy, "ownership": Device.Ownership.CLIENT, "criticality": "C"}
    return {name: value for name, value in initial_of(copied).items() if name not in NOT_COPIED}


def _copied(request: Request) -> Device | None:
    code = request.GET.get("copy", "")[:30]
    return device_of(request, code) if code else None


def _category(request: Request) -> DeviceCategory | None:
    code = request.GET.get("category", "")[:8]
    if not code:
        return None
    return DeviceCategory.objects.filter(hall=request.contract.hall_id, code=code).first()


def _kinds(request: Request) -> list[DeviceCategory]:
    rows = DeviceCategory.objects.filter(hall=request.contract.hall_id, is_active=True)
    return list(rows.order_by("position", "code"))


@allow(*KEEPERS, methods=GET_POST)
def edit(request: Request, code: str) -> HttpResponse:
    """Correct what is written of a device; `?category=` shows the form of another kind, which is kept when it is saved."""
    device = device_of(request, code)
    category = _category(request) or device.category
    form = DeviceForm(
        request.POST or None,
        initial=initial_of(device),
        contract=request.contract,
        category=category,
        catalogue=catalogue_of_one(category),
        editing=True,
    )
    if form.is_bound and form.is_valid():
        values = form.values(device.extra if category.pk == device.category_id else None)
        warnings = device_warnings(request.contract.hall, values, device=device)
        done = attempt(
            form,
            device_edit,
            device=device,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=values,
            actor=request.user,
            at=clock.now(),
            reason=form.cleaned_data["reason"],
        )
        if done is not None:
            messages.success(request, _("Saved."))
            for warning in warnings:
                messages.warning(request, warning)
            return redirect("devices:detail", done.code)
    context = {
        "form": form,
        "category": category,
        "title": _("Correct the device"),
        "sub": f"{code} {initial_of(device)['name']}",
        "submit": _("Save"),
        "back": reverse("devices:detail", args=[code]),
        "back_label": code,
        "kinds": _kinds(request),
        "stored": _compared(form, device.pk) if form_status(form) == 409 else [],
        "fresh_version": Device.objects.values_list("version", flat=True).get(pk=device.pk),
    }
    return render(request, "devices/register/form.html", context, status=form_status(form))


def _compared(form: DeviceForm, pk: int) -> list[tuple[str, object]]:
    """What is stored now where it differs from what was typed, for somebody who was overtaken."""
    stored = initial_of(Device.objects.select_related("place", "window", "unit", "vendor").get(pk=pk))
    return [
        (str(bound.label), stored.get(bound.name) or "—")
        for bound in form
        if bound.name not in ("version", "reason")
        and (stored.get(bound.name) or None) != (form.cleaned_data.get(bound.name) or None)
    ]


# What it is doing -------------------------------------------------------------------------------------------------------


@allow(*KEEPERS, methods=GET_POST)
def status(request: Request, code: str) -> HttpResponse:
    """Say what a device is doing from now on, or from a day to come."""
    device = device_of(request, code)
    form = StatusForm(request.POST or None, statuses=statuses_open_to(device, request.role))
    if form.is_bound and form.is_valid():
        data, now = form.cleaned_data, clock.now()
        common = {
            "device": device,
            "contract": request.contract,
            "reason": data["reason"],
            "actor": request.user,
            "at": now,
        }
        done: object
        if data["on"] is not None and data["on"] != local_day(now):
            done = attempt(form, planned_add, target=data["status"], on=data["on"], **common)
        else:
            done = attempt(form, device_status_set, status=data["status"], **common)
        if done is not None:
            messages.success(request, _("Planned.") if isinstance(done, PlannedStatus) else _("Saved."))
            return redirect("devices:detail", code)
    context = {
        "device": device,
        "form": form,
        "planned": planned_of(device),
        "retired": device.status == DeviceStatus.RETIRED,
    }
    return render(request, "devices/register/status.html", context, status=form_status(form))


@allow(*KEEPERS, methods=POST)
def planned_cancelled(request: Request, code: str, pk: int) -> HttpResponse:
    """Give up a planned change of status."""
    device = device_of(request, code)
    plan = PlannedStatus.objects.filter(device=device, pk=pk).select_related("device", "contract").first()
    if plan is None:
        raise NotFound(_("There is no such planned change."))
    planned_cancel(plan=plan, actor=request.user, at=clock.now())
    messages.success(request, _("The planned change was cancelled."))
    return redirect("devices:detail", code)


# How it looks -----------------------------------------------------------------------------------------------------------


@allow(*KEEPERS, methods=GET_POST)
def photos(request: Request, code: str) -> HttpResponse:
    """Add photos of a device, and choose the one that stands for it."""
    device = device_of(request, code)
    errors: list[str] = []
    answer = 200
    if request.method == "POST":
        try:
            # Decoded before any transaction: pictures take their time.
            pictures = prepare_images(cast(list[IncomingFile], request.FILES.getlist("photos")))
            photos_add(device=device, contract=request.contract, photos=pictures, actor=request.user, at=clock.now())
        except DomainError as error:
            errors, answer = [next(iter(error.fields.values()), error.message)], error.status
        else:
            messages.success(request, _("Saved."))
            return redirect("devices:photos", code)
    context = {"device": device, "photos": photos_of(device), "errors": errors}
    return render(request, "devices/register/photos.html", context, status=answer)


@allow(*KEEPERS, methods=POST)
def photo_chosen(request: Request, code: str, pk: int) -> HttpResponse:
    """Let this photo stand for the device."""
    device = device_of(request, code)
    photo_main(device=device, contract=request.contract, photo_id=pk, actor=request.user, at=clock.now())
    messages.success(request, _("Saved."))
    return redirect("devices:photos", code)


# The notice -------------------------------------------------------------------------------------------------------------


@allow(*NOTICE_ROLES)
def notice(request: Request, code: str) -> HttpResponse:
    """The out-of-service notice as PDF, in one tap; a device in use asks first, because the sheet would say what is not so."""
    device = device_of(request, code)
    form = NoticeForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    if (device.status == DeviceStatus.IN_USE and not given.get("anyway")) or "form" in request.GET or form.errors:
        context = {"device": device, "form": form, "in_use": device.status == DeviceStatus.IN_USE}
        return render(request, "devices/register/notice_form.html", context)
    html = notice_html(
        device=device,
        contract=request.contract,
        nearest=nearest_working(device),
        reason=given.get("reason") or "",
        until=given.get("until") or "",
        at=clock.now(),
    )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="notice-{device.short_code}.pdf"'
    return response
