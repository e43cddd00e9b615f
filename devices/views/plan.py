"""The plan of a place: where its devices stand, moved by dragging, by keys, or by typing two figures."""

import base64
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, Invalid, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from devices.finds.places import devices_below, ids_below
from devices.forms.places import PinForm, PlanForm
from devices.models import Place
from devices.services.common import KEEPERS
from devices.services.places import device_placed, drop_undo, last_drop, place_plan_set
from devices.states import DeviceStatus
from devices.tabs import READERS
from devices.views.places import pdf_answer, place_of
from records.services.attachments import IncomingFile, check_image

WIDTH = 1000
PINS = 400
"""More pins on one drawing say nothing any more."""
FACES: dict[str, tuple[str, str]] = {
    DeviceStatus.IN_USE: ("✓", "#19784a"),
    DeviceStatus.FAULTY: ("!", "#c2261c"),
    DeviceStatus.UNDER_REPAIR: ("R", "#b06a00"),
    DeviceStatus.SPARE: ("S", "#5d6879"),
    DeviceStatus.STOPPED: ("–", "#333333"),
}
"""Symbol and colour of a pin by the device's state: colour is never the only signal. A drawing is paper, on the screen too."""


@allow(*READERS)
def plan_page(request: Request, code: str) -> HttpResponse:
    """The drawing with its pins, and the devices that have none yet."""
    place = place_of(request, code)
    return _page(request, place, PinForm())


@allow(*KEEPERS, methods=POST)
def plan_pin(request: Request, code: str) -> HttpResponse:
    """Pin a device to the plan, move its pin, or take it off; a script is answered with the device's new version."""
    place = place_of(request, code)
    form = PinForm(request.POST)
    if form.is_valid():
        device = devices_below(place).filter(code=form.cleaned_data["device"]).select_related("place").first()
        if device is None:
            raise NotFound(_("This device does not stand at this place."))
        x, y = form.shares()
        seen = form.cleaned_data["version"]
        placed = attempt(
            form,
            device_placed,
            device=device,
            plan=place,
            contract=request.contract,
            x=x,
            y=y,
            version_seen=device.version if seen is None else seen,
            actor=request.user,
            at=clock.now(),
        )
        if placed is not None:
            if _by_script(request):
                return JsonResponse({"version": placed.version, "x": placed.plan_x, "y": placed.plan_y})
            messages.success(request, _("%(name)s has its place on the plan.") % {"name": placed.name})
            return _to_plan(place)
    if _by_script(request):
        said = [str(text) for texts in form.errors.values() for text in texts]
        return JsonResponse({"title": " ".join(said)}, status=form_status(form))
    return _page(request, place, form)


@allow(*KEEPERS, methods=POST)
def plan_undo(request: Request, code: str) -> HttpResponse:
    """Take back the reader's last pin."""
    place = place_of(request, code)
    try:
        device = drop_undo(plan=place, contract=request.contract, actor=request.user, at=clock.now())
    except DomainError as error:
        if error.status != 409:
            raise
        messages.warning(request, error.message)
    else:
        messages.success(request, _("%(name)s stands where it stood before.") % {"name": device.name})
    return _to_plan(place)


@allow(*KEEPERS, methods=GET_POST)
def plan_upload(request: Request, code: str) -> HttpResponse:
    """A new drawing for the place."""
    place = place_of(request, code)
    form = PlanForm(request.POST if request.method == "POST" else None)
    errors: list[str] = []
    if form.is_bound and form.is_valid():
        given = cast(list[IncomingFile], request.FILES.getlist("photos"))
        try:
            if not given:
                raise Invalid(_("Please choose a picture."))
            picture = check_image(given[0])
        except Invalid as error:
            errors = [error.message]
            form.add_error(None, error.message)
        else:
            saved = attempt(
                form,
                place_plan_set,
                place=place,
                contract=request.contract,
                picture=picture,
                actor=request.user,
                at=clock.now(),
            )
            if saved is not None:
                messages.success(request, _("The plan is stored. Please check the pins that were on the one before."))
                return _to_plan(place)
    context = {"place": place, "form": form, "errors": errors}
    return render(request, "devices/places_plan_upload.html", context, status=form_status(form))


@allow(*READERS)
def plan_pdf(request: Request, code: str) -> HttpResponse:
    """The plan with its pins and a legend on A4."""
    place = place_of(request, code)
    if place.plan is None:
        raise NotFound(_("This place has no plan yet."))
    path = Path(settings.MEDIA_ROOT) / str(place.plan.file)
    try:
        picture = base64.b64encode(path.read_bytes()).decode()
    except FileNotFoundError:
        raise NotFound(_("The file is missing on the server. Please tell the administrator.")) from None
    context = {
        "place": place,
        "pins": _pins(place),
        "picture": f"data:{place.plan.content_type};base64,{picture}",
        "legend": legend(),
        "code": "",
        "project": request.contract.project_name,
        "made_at": clock.now(),
        **_frame(place),
    }
    name = _("Plan: %(name)s") % {"name": place.name}
    return pdf_answer(pdf_render(render_to_string("devices/places_plan_sheet.html", context)), name)


def legend() -> list[dict[str, str]]:
    """What the pins mean: symbol and word of every state."""
    return [
        {"status": status, "symbol": symbol, "colour": colour, "label": str(DeviceStatus(status).label)}
        for status, (symbol, colour) in FACES.items()
    ]


def _page(request: Request, place: Place, form: PinForm) -> HttpResponse:
    may_keep = request.role in KEEPERS
    below = devices_below(place).select_related("place")
    on_other_plans = [pk for pk in ids_below(place) if pk != place.pk]
    waiting = below.exclude(plan_of=place.pk).exclude(plan_of__in=on_other_plans)
    rows = list(waiting[: PINS + 1])
    undo = last_drop(place, request.contract, request.user) if may_keep else None
    context = {
        "place": place,
        "pins": _pins(place),
        "waiting": rows[:PINS],
        "waiting_more": len(rows) > PINS,
        "form": form,
        "legend": legend(),
        "undo": undo[1] if undo else None,
        "may_keep": may_keep,
        **_frame(place),
    }
    return render(request, "devices/places_plan.html", context, status=form_status(form))


def _frame(place: Place) -> dict[str, int]:
    """The drawing's frame: as wide as 1,000 units, as high as the picture's shape asks. Nothing without a picture."""
    plan = place.plan
    if plan is None:
        return {}
    return {"width": WIDTH, "height": round(WIDTH * (plan.height_px or 1) / (plan.width_px or 1))}


def _pins(place: Place) -> list[dict[str, Any]]:
    """The pins of a plan with what they show; one statement beside the tree."""
    frame = _frame(place)
    if not frame:
        return []
    rows = devices_below(place).filter(plan_of=place.pk).select_related("place")[:PINS]
    return [
        {
            "device": row,
            "symbol": FACES[row.status][0],
            "colour": FACES[row.status][1],
            "x": round((row.plan_x or 0) * frame["width"], 1),
            "y": round((row.plan_y or 0) * frame["height"], 1),
            "percent_x": round((row.plan_x or 0) * 100, 1),
            "percent_y": round((row.plan_y or 0) * 100, 1),
        }
        for row in rows
    ]


def _by_script(request: Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _to_plan(place: Place) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("devices:plan", args=[place.code]))
