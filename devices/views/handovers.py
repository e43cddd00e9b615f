"""Hand-over lists: office space, keys, network points, furniture and accounts that the client has given for the work."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, NotFound
from core.forms import attempt, form_status
from core.http import Request
from devices.finds.checks import handovers_visible_to
from devices.forms.checks import HandoverForm, ItemForm
from devices.models import HandoverItem, HandoverList
from devices.services.common import KEEPERS, local_day
from devices.services.handovers import (
    ITEM_FIELDS,
    handover_cancel,
    handover_finish,
    handover_open,
    handover_reopen,
    item_drop,
    item_save,
)
from devices.states import HANDOVER_FLOW
from devices.tabs import READERS
from devices.views.check_common import check_context, check_of, reason_view, said


def _sheet(request: Request, pk: int) -> HandoverList:
    found: HandoverList = check_of(request, handovers_visible_to(request.user), pk)
    return found


def _item(sheet: HandoverList, pk: int) -> HandoverItem:
    item = sheet.items.select_related("list_of__contract").filter(pk=pk, is_active=True).first()
    if item is None:
        raise NotFound(_("There is no such item."))
    return item


@allow(*KEEPERS, methods=GET_POST)
def start(request: Request) -> HttpResponse:
    """Begin a list."""
    initial = {"handed_on": local_day(clock.now()), "to_name": request.user.name, "title": "办公条件交接清单"}
    form = HandoverForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        sheet = attempt(
            form, handover_open, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )
        if sheet is not None:
            return said(request, _("The list is begun. Add what was handed over."), "devices:handover", sheet.pk)
    context = {
        "form": form,
        "title": _("New hand-over list"),
        "back_url": reverse("devices:checks"),
        "button": _("Begin"),
        "intro": _(
            "Office space, keys and network points from the client (五.1(1)); what is missing is kept as a fact."
        ),
    }
    return render(request, "devices/access/form.html", context, status=form_status(form))


@allow(*READERS, methods=GET_POST)
def detail(request: Request, pk: int) -> HttpResponse:
    """One list with its items; while it is open another item can be added here."""
    sheet = _sheet(request, pk)
    form = ItemForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, item_save, sheet=sheet, item=None, values=form.cleaned_data, actor=request.user, at=clock.now()
        )
        if done is not None:
            return said(request, _("Added."), "devices:handover", pk)
    return _page(request, _sheet(request, pk), form)


def _page(request: Request, sheet: HandoverList, form: ItemForm, **more: Any) -> HttpResponse:
    items = list(sheet.items.filter(is_active=True))
    context = {
        **check_context(request, sheet),
        "form": form,
        "items": items,
        "missing": [item for item in items if item.is_missing],
        "may_reopen": request.role in KEEPERS and HANDOVER_FLOW.allows("reopen", sheet.status),
        "columns": [
            {"label": _("Kind")},
            {"label": _("Name")},
            {"label": _("Quantity"), "numeric": True},
            {"label": _("Condition")},
            {"label": _("State")},
        ],
        **more,
    }
    status = more.pop("status", form_status(form))
    return render(request, "devices/checks/handover.html", context, status=status)


@allow(*KEEPERS, methods=GET_POST)
def item(request: Request, pk: int, item: int) -> HttpResponse:
    """Change an item."""
    sheet = _sheet(request, pk)
    row = _item(sheet, item)
    form = ItemForm(request.POST or None, initial={name: getattr(row, name) for name in ITEM_FIELDS})
    if form.is_bound and form.is_valid():
        done = attempt(
            form, item_save, sheet=sheet, item=row, values=form.cleaned_data, actor=request.user, at=clock.now()
        )
        if done is not None:
            return said(request, _("Saved."), "devices:handover", pk)
    context = {
        "form": form,
        "title": str(row),
        "back_url": reverse("devices:handover", args=[pk]),
        "button": _("Save"),
    }
    return render(request, "devices/access/form.html", context, status=form_status(form))


@allow(*KEEPERS, methods=GET_POST)
def drop(request: Request, pk: int, item: int) -> HttpResponse:
    """Take an item off the list."""
    sheet = _sheet(request, pk)
    row = _item(sheet, item)
    return reason_view(
        request,
        sheet,
        item_drop,
        title=_("Take off the list"),
        done=_("Taken off the list."),
        back="devices:handover",
        intro=str(row),
        item=row,
    )


@allow(*KEEPERS, methods=POST)
def finish(request: Request, pk: int) -> HttpResponse:
    """Finish this version."""
    sheet = _sheet(request, pk)
    try:
        handover_finish(sheet=sheet, actor=request.user, at=clock.now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _page(request, _sheet(request, pk), ItemForm(), problem=error.message, status=error.status)
    return said(request, _("Finished. Please sign the result now."), "devices:handover", pk)


@allow(*KEEPERS, methods=GET_POST)
def reopen(request: Request, pk: int) -> HttpResponse:
    """Begin the next version."""
    sheet = _sheet(request, pk)
    return reason_view(
        request,
        sheet,
        handover_reopen,
        title=_("New version"),
        done=_("Open again. What was signed stays under the version before."),
        back="devices:handover",
        sheet=sheet,
    )


@allow(*KEEPERS, methods=GET_POST)
def cancel(request: Request, pk: int) -> HttpResponse:
    """Give the list up."""
    sheet = _sheet(request, pk)
    return reason_view(
        request, sheet, handover_cancel, title=_("Give up"), done=_("Given up."), back="devices:handover", sheet=sheet
    )
