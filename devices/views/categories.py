"""Categories of devices with their own fields: everybody who reads the register sees them, the manager changes them."""

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
from core.roles import MANAGER
from devices.finds.register import categories_counted, halls_read_by
from devices.forms.register import CategoryForm, FieldForm
from devices.models import CategoryField, DeviceCategory
from devices.services.categories import category_create, category_edit, field_add, field_edit, field_switch
from devices.tabs import READERS


@allow(*READERS)
def category_list(request: Request) -> HttpResponse:
    """All kinds of devices of the hall, with how many of each there are."""
    context = {
        "rows": categories_counted(request.contract.hall),
        "may_change": request.role == MANAGER,
        "columns": [
            {"label": _("Category")},
            {"label": _("Repair class")},
            {"label": _("Power policy")},
            {"label": _("Spare policy")},
            {"label": _("Own fields"), "numeric": True},
            {"label": _("Devices"), "numeric": True},
        ],
    }
    return render(request, "devices/register/categories.html", context)


@allow(MANAGER, methods=GET_POST)
def category_new(request: Request) -> HttpResponse:
    """Add a kind of device."""
    form = CategoryForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            category_create,
            hall=request.contract.hall,
            contract=request.contract,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:category", done.pk)
    return _form(request, form, title=_("New category"), submit=_("Add"))


@allow(*READERS)
def category(request: Request, pk: int) -> HttpResponse:
    """One kind of device with its own fields."""
    row = _category(request, pk)
    fields = list(row.fields.order_by("-is_active", "position", "pk"))
    context = {
        "category": row,
        "facts": [
            (_("Code"), row.code),
            (_("Repair class"), row.get_repair_class_display()),
            (_("Power policy"), row.get_power_policy_display()),
            (_("Spare policy"), row.get_spare_policy_display()),
        ],
        "fields": fields,
        "may_change": request.role == MANAGER,
        "columns": [
            {"label": _("Field name")},
            {"label": _("Kind")},
            {"label": _("Must be filled in")},
            {"label": _("Correct"), "hidden": True},
        ],
    }
    return render(request, "devices/register/category.html", context)


@allow(MANAGER, methods=GET_POST)
def edit(request: Request, pk: int) -> HttpResponse:
    """Change what holds for all devices of a kind."""
    row = _category(request, pk)
    names = ("code", "name", "repair_class", "power_policy", "spare_policy", "position", "is_active", "version")
    form = CategoryForm(request.POST or None, initial={name: getattr(row, name) for name in names})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            category_edit,
            category=row,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:category", pk)
    return _form(request, form, title=_("Change the category"), submit=_("Save"), **_back(row))


@allow(MANAGER, methods=GET_POST)
def field_new(request: Request, pk: int) -> HttpResponse:
    """Give a category a field of its own."""
    row = _category(request, pk)
    form = FieldForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            field_add,
            category=row,
            contract=request.contract,
            kind=form.cleaned_data["kind"],
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:category", pk)
    return _form(request, form, title=_("New field"), submit=_("Add"), sub=row.name, **_back(row))


@allow(MANAGER, methods=GET_POST)
def field(request: Request, pk: int) -> HttpResponse:
    """Change a field of a category."""
    row = _field(request, pk)
    names = ("label", "unit", "choices", "required", "position", "version")
    form = FieldForm(request.POST or None, editing=True, initial={name: getattr(row, name) for name in names})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            field_edit,
            field=row,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:category", row.category_id)
    sub = f"{row.category.name} · {row.get_kind_display()}"
    return _form(request, form, title=_("Change the field"), submit=_("Save"), sub=sub, **_back(row.category))


@allow(MANAGER, methods=POST)
def field_turned(request: Request, pk: int) -> HttpResponse:
    """Retire a field, or take it back."""
    row = _field(request, pk)
    active = request.POST.get("active") == "1"
    field_switch(field=row, contract=request.contract, active=active, actor=request.user, at=clock.now())
    messages.success(request, _("Saved."))
    return redirect("devices:category", row.category_id)


def _category(request: Request, pk: int) -> DeviceCategory:
    rows = DeviceCategory.objects.filter(hall_id__in=halls_read_by(request.user), hall=request.contract.hall_id)
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such category in this hall."))
    return row


def _field(request: Request, pk: int) -> CategoryField:
    rows = CategoryField.objects.filter(
        category__hall_id__in=halls_read_by(request.user), category__hall=request.contract.hall_id
    )
    row = rows.filter(pk=pk).select_related("category").first()
    if row is None:
        raise NotFound(_("There is no such field in this hall."))
    return row


def _back(row: DeviceCategory) -> dict[str, Any]:
    return {"back": reverse("devices:category", args=[row.pk]), "back_label": row.name}


def _form(request: Request, form: Form, **page: Any) -> HttpResponse:
    context = {"form": form, "back": reverse("devices:categories"), "back_label": _("Categories"), **page}
    return render(request, "devices/register/small_form.html", context, status=form_status(form))
