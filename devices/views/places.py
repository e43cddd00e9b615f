"""The tree of places: look, add, rename, move, take out of use, and walk through with a printed list."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Invalid, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import CLIENT_ROLES
from devices.finds.places import devices_below, places_visible_to, tree_of
from devices.forms.places import DevicesMoveForm, PlaceForm, ReasonForm
from devices.models import Place
from devices.services.common import KEEPERS
from devices.services.places import (
    place_create,
    place_devices_move,
    place_edit,
    place_move,
    place_restore,
    place_retire,
    place_shift,
)
from devices.tabs import READERS
from records.models import AuditEntry, Visibility
from records.querysets import entries_of

PAGE_SIZE = 50
HISTORY = 20
SHEET_ROWS = 1000
"""A longer list is no list for a round any more."""
VERBS = {
    "create": "plus", "edit": "pencil", "move": "arrow-right", "shift": "selector", "retire": "archive",
    "restore": "refresh", "attach": "photo",
}  # fmt: skip


@allow(*READERS)
def place_list(request: Request) -> HttpResponse:
    """The whole tree in walking order, with what stands where."""
    retired = "retired" in request.GET
    branches = tree_of(request.contract.hall, retired=retired)
    context = {
        "branches": branches,
        "retired": retired,
        "total": sum(branch.here for branch in branches),
        "may_keep": request.role in KEEPERS,
    }
    return render(request, "devices/places_tree.html", context)


@allow(*READERS)
def place_detail(request: Request, code: str) -> HttpResponse:
    """One place: where it lies, and what stands there and in everything below, as one walks past it."""
    place = place_of(request, code)
    rows = devices_below(place).select_related("category", "place", "window", "unit")
    offset = _offset(request)
    found = list(rows[offset : offset + PAGE_SIZE + 1])
    entries = entries_of(place, Visibility.CLIENT if request.role in CLIENT_ROLES else Visibility.INTERNAL)
    context = {
        "place": place,
        "above": _above(place),
        "inside": list(Place.objects.filter(parent=place, is_active=True).order_by("position", "id")),
        "devices": found[:PAGE_SIZE],
        "count": rows.count(),
        "offset": offset,
        "next_offset": offset + PAGE_SIZE if len(found) > PAGE_SIZE else None,
        "previous_offset": max(offset - PAGE_SIZE, 0) if offset else None,
        "timeline": [_line(entry) for entry in entries.order_by("-at", "-id")[:HISTORY]],
        "may_keep": request.role in KEEPERS,
    }
    return render(request, "devices/places_one.html", context)


@allow(*KEEPERS, methods=GET_POST)
def place_new(request: Request) -> HttpResponse:
    """Add a place."""
    inside = places_visible_to(request.user).filter(hall=request.contract.hall_id, code=request.GET.get("in", "")[:20])
    parent = inside.first()
    form = PlaceForm(
        request.POST if request.method == "POST" else None,
        hall=request.contract.hall,
        initial={"parent": parent.pk if parent else None, "kind": Place.Kind.ZONE},
    )
    if form.is_bound and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        place = attempt(form, place_create, contract=request.contract, actor=request.user, at=clock.now(), **values)
        if place is not None:
            messages.success(request, _("%(name)s is added.") % {"name": place.name})
            return _to(place)
    return render(request, "devices/places_form.html", {"form": form, "place": None}, status=form_status(form))


@allow(*KEEPERS, methods=GET_POST)
def place_change(request: Request, code: str) -> HttpResponse:
    """Rename a place or put it somewhere else; devices and everything in it come along."""
    place = place_of(request, code)
    initial = {
        "name": place.name,
        "alias": place.alias,
        "kind": place.kind,
        "parent": place.parent_id,
        "designation": place.designation,
        "version": place.version,
    }
    form = PlaceForm(
        request.POST if request.method == "POST" else None, hall=request.contract.hall, place=place, initial=initial
    )
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        version, parent = data.pop("version"), data.pop("parent")
        given = {"contract": request.contract, "actor": request.user, "at": clock.now()}
        saved = attempt(form, place_edit, place=place, version_seen=version, values=data, **given)
        if saved is not None:
            saved = attempt(form, place_move, place=place, parent=parent, **given)
        if saved is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": place.name})
            return _to(place)
    return render(request, "devices/places_form.html", {"form": form, "place": place}, status=form_status(form))


@allow(*KEEPERS, methods=POST)
def place_step(request: Request, code: str) -> HttpResponse:
    """One step earlier or later on the way."""
    place = place_of(request, code)
    place_shift(
        place=place,
        contract=request.contract,
        up=request.POST.get("way") == "up",
        actor=request.user,
        at=clock.now(),
    )
    return HttpResponseRedirect(f"{reverse('devices:places')}#{place.code}")


@allow(*KEEPERS, methods=GET_POST)
def place_end(request: Request, code: str) -> HttpResponse:
    """Take a place out of use."""
    place = place_of(request, code)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            place_retire,
            place=place,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("%(name)s is out of use.") % {"name": place.name})
            return _to(place)
    return _act(request, place, form, _("Take %(name)s out of use") % {"name": place.name}, _("Take out of use"))


@allow(*KEEPERS, methods=POST)
def place_again(request: Request, code: str) -> HttpResponse:
    """Take a place into use again."""
    place = place_of(request, code)
    place_restore(place=place, contract=request.contract, actor=request.user, at=clock.now())
    messages.success(request, _("%(name)s is in use again.") % {"name": place.name})
    return _to(place)


@allow(*KEEPERS, methods=GET_POST)
def place_empty(request: Request, code: str) -> HttpResponse:
    """Move everything that stands here to another place, as one act."""
    place = place_of(request, code)
    form = DevicesMoveForm(request.POST if request.method == "POST" else None, place=place)
    if form.is_bound and form.is_valid():
        moved = attempt(
            form,
            place_devices_move,
            place=place,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if moved is not None:
            target = form.cleaned_data["target"]
            messages.success(request, _("%(count)d devices stand at %(name)s now.") % {"count": moved, "name": target})
            return _to(target)
    return _act(request, place, form, _("Move the devices of %(name)s") % {"name": place.name}, _("Move them all"))


@allow(*READERS)
def place_sheet(request: Request, code: str) -> HttpResponse:
    """The devices of a place in walking order on A4, to tick off on a round."""
    place = place_of(request, code)
    rows = list(devices_below(place).select_related("category", "place", "window")[: SHEET_ROWS + 1])
    if len(rows) > SHEET_ROWS:
        raise Invalid(
            _("More than %(limit)d devices stand here. Please print the places in it one by one.")
            % {"limit": SHEET_ROWS}
        )
    context = {
        "place": place,
        "devices": rows,
        "code": "",
        "project": request.contract.project_name,
        "made_at": clock.now(),
    }
    name = _("Devices: %(name)s") % {"name": place.name}
    return pdf_answer(pdf_render(render_to_string("devices/places_sheet.html", context)), name)


def place_of(request: Request, code: str) -> Place:
    """The place of the present hall with this code. Raises NotFound."""
    rows = places_visible_to(request.user).filter(hall=request.contract.hall_id, code=code)
    place = rows.select_related("hall", "parent", "plan").first()
    if place is None:
        raise NotFound(_("There is no such place in this hall."))
    return place


def pdf_answer(data: bytes, name: str) -> HttpResponse:
    """A PDF shown in the browser under a name."""
    disposition = content_disposition_header(False, f"{name}.pdf") or "inline"
    return HttpResponse(data, content_type="application/pdf", headers={"Content-Disposition": disposition})


def _above(place: Place) -> list[Place]:
    """What the place lies in, outermost first; one statement."""
    rows = {row.pk: row for row in Place.objects.filter(hall=place.hall_id)}
    found: list[Place] = []
    above = place.parent_id
    while above is not None and above in rows:
        found.insert(0, rows[above])
        above = rows[above].parent_id
    return found


def _offset(request: Request) -> int:
    text = request.GET.get("from", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _to(place: Place) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("devices:place", args=[place.code]))


def _act(request: Request, place: Place, form: Any, title: str, label: str) -> HttpResponse:
    context = {"place": place, "form": form, "title": title, "label": label}
    return render(request, "devices/places_act.html", context, status=form_status(form))


def _line(entry: AuditEntry) -> dict[str, Any]:
    words = {
        "create": _("Added"),
        "edit": _("Changed"),
        "move": _("Put somewhere else"),
        "shift": _("Walking order changed"),
        "retire": _("Taken out of use"),
        "restore": _("In use again"),
        "attach": _("Plan uploaded"),
    }
    text = entry.reason
    if entry.verb in ("edit", "move"):
        parts = [f"{_said(entry.before.get(name))} → {_said(value)}" for name, value in entry.after.items()]
        text = " · ".join([*parts, *([entry.reason] if entry.reason else [])])
    return {
        "at": entry.at,
        "title": words.get(entry.verb, entry.verb),
        "actor": _("System") if entry.actor_label == "system" else entry.actor_label,
        "text": text,
        "icon": VERBS.get(entry.verb, "point"),
    }


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("label", ""))
    return str(value) if value not in (None, "") else "—"
