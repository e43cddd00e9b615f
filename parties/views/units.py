"""The client's units and their windows: added, renamed, closed and opened again, never deleted."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN, MANAGER
from parties.forms import UnitForm, WindowForm
from parties.models import Membership, Unit, Window
from parties.querysets import units_of
from parties.services import organisations as services
from parties.views.people import form_page

MAX_PEOPLE = 200
"""A unit's page names no more people; the list of people, filtered by unit, has them all."""


@allow(ADMIN, MANAGER)
def detail(request: Request, pk: int) -> HttpResponse:
    """One unit: its windows and its people."""
    unit = _unit(request, pk)
    people = Membership.objects.filter(unit=unit, contract=request.contract, is_active=True, user__is_active=True)
    context = {
        "unit": unit,
        "windows": list(unit.windows.order_by("-is_active", "code")),
        "people": list(people.select_related("user").order_by("user__username")[:MAX_PEOPLE]),
        "is_admin": request.role == ADMIN,
        "window_form": WindowForm(),
        "window_columns": [{"label": _("Window")}, {"label": _("Status")}, {"label": _("Change"), "hidden": True}],
        "people_columns": [{"label": _("Person")}, {"label": _("Role and unit")}],
    }
    return render(request, "parties/unit.html", context)


@allow(ADMIN, methods=GET_POST)
def add(request: Request) -> HttpResponse:
    """Add a unit of the client."""
    form = UnitForm(request.POST or None)
    if form.is_bound and form.is_valid():
        unit = _attempt(request, form, services.unit_add, **form.cleaned_data)
        if unit is not None:
            return redirect("people:unit", unit.pk)
    back = reverse("people:organisations")
    return _form(request, form, title=_("Add a unit"), back=back, back_label=_("Organisations"), submit=_("Add"))


@allow(ADMIN, methods=GET_POST)
def edit(request: Request, pk: int) -> HttpResponse:
    """Rename a unit."""
    unit = _unit(request, pk)
    form = UnitForm(request.POST or None, initial={"name": unit.name})
    if (
        form.is_bound
        and form.is_valid()
        and _attempt(request, form, services.unit_edit, unit=unit, **form.cleaned_data)
    ):
        return redirect("people:unit", pk)
    return _unit_form(request, unit, form, title=_("Rename the unit"), submit=_("Save"))


@allow(ADMIN, methods=GET_POST)
def deactivate(request: Request, pk: int) -> HttpResponse:
    """Close a unit; while clerks or windows are active it says so first and asks for a confirmation."""
    unit = _unit(request, pk)
    windows, people = services.unit_in_use(unit)
    form = Form(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        confirmed = request.POST.get("confirmed") == "1"
        if _attempt(request, form, services.unit_deactivate, unit=unit, confirmed=confirmed):
            return redirect("people:unit", pk)
    warnings = [
        ngettext("%(n)d person still works in it.", "%(n)d people still work in it.", people) % {"n": people},
        ngettext("%(n)d window is still active.", "%(n)d windows are still active.", windows) % {"n": windows},
    ]
    return _unit_form(
        request,
        unit,
        form,
        title=_("Deactivate the unit"),
        submit=_("Deactivate"),
        danger=True,
        warning=" ".join(text for text, count in zip(warnings, (people, windows), strict=True) if count),
        confirmed="1",
        hint=_("Nobody can report for it or be added to it any more. Nothing is deleted; it can be activated again."),
    )


@allow(ADMIN, methods=POST)
def reactivate(request: Request, pk: int) -> HttpResponse:
    """Open a closed unit again."""
    services.unit_reactivate(unit=_unit(request, pk), contract=request.contract, actor=request.user, at=clock.now())
    messages.success(request, _("Saved."))
    return redirect("people:unit", pk)


@allow(ADMIN, methods=GET_POST)
def window_new(request: Request, pk: int) -> HttpResponse:
    """Add a window to a unit."""
    unit = _unit(request, pk)
    form = WindowForm(request.POST or None)
    if (
        form.is_bound
        and form.is_valid()
        and _attempt(request, form, services.window_add, unit=unit, **form.cleaned_data)
    ):
        return redirect("people:unit", pk)
    return _unit_form(request, unit, form, title=_("Add a window"), submit=_("Add"))


@allow(ADMIN, methods=GET_POST)
def window_change(request: Request, pk: int) -> HttpResponse:
    """Give a window another number."""
    window = _window(request, pk)
    form = WindowForm(request.POST or None, initial={"code": window.code})
    if (
        form.is_bound
        and form.is_valid()
        and _attempt(request, form, services.window_edit, window=window, **form.cleaned_data)
    ):
        return redirect("people:unit", window.unit_id)
    return _unit_form(request, window.unit, form, title=_("Renumber the window"), submit=_("Save"))


@allow(ADMIN, methods=POST)
def window_turn(request: Request, pk: int) -> HttpResponse:
    """Close a window, or open it again."""
    window = _window(request, pk)
    active = request.POST.get("active") == "1"
    services.window_switch(window=window, contract=request.contract, active=active, actor=request.user, at=clock.now())
    messages.success(request, _("Saved."))
    return redirect("people:unit", window.unit_id)


def _attempt(request: Request, form: Form, service: Any, **arguments: Any) -> Any:
    done = attempt(form, service, contract=request.contract, actor=request.user, at=clock.now(), **arguments)
    if done is not None:
        messages.success(request, _("Saved."))
    return done


def _form(request: Request, form: Form, **page: Any) -> HttpResponse:
    return render(request, "parties/form.html", form_page(form, **page), status=form_status(form))


def _unit_form(request: Request, unit: Unit, form: Form, **page: Any) -> HttpResponse:
    return _form(request, form, back=reverse("people:unit", args=[unit.pk]), back_label=unit.name, **page)


def _unit(request: Request, pk: int) -> Unit:
    unit = units_of(request.contract).filter(pk=pk).first()
    if unit is None:
        raise NotFound(_("There is no such unit in this contract."))
    return unit


def _window(request: Request, pk: int) -> Window:
    window = Window.objects.filter(pk=pk, unit__in=units_of(request.contract)).select_related("unit").first()
    if window is None:
        raise NotFound(_("There is no such window in this contract."))
    return window
