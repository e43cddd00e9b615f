"""Work orders of another system: a file is looked at, its columns are named, all of it is taken over or none."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Invalid, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import STAFF_ROLES
from core.sheets import read_table
from tickets.finds.outage import grid_batches_of
from tickets.forms.outage import GridFileForm, GridMapForm
from tickets.models import GridBatch
from tickets.services.grid_import import (
    grid_check,
    grid_discard,
    grid_map,
    grid_take_over,
    grid_undo,
    touched_of,
)
from tickets.services.grid_read import grid_rows
from tickets.states import GridBatchStatus

CAP = 100


@allow(*STAFF_ROLES, methods=GET_POST)
def grid_list(request: Request) -> HttpResponse:
    """Upload a file; below it what was taken over so far."""
    batches = list(grid_batches_of(request.contract)[:CAP])
    systems = list(dict.fromkeys(batch.source_system for batch in batches))
    form = GridFileForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        initial={"source_system": systems[0] if systems else ""},
    )
    if form.is_bound and form.is_valid():
        batch = _read(request, form)
        if batch is not None:
            return to_batch(batch)
    context = {
        "form": form,
        "batches": batches,
        "systems": systems,
        "columns": [
            {"label": _("File")},
            {"label": _("Work orders")},
            {"label": _("By")},
            {"label": _("Read at")},
            {"label": _("Status")},
        ],
    }
    return render(request, "tickets/outage/grid_list.html", context, status=form_status(form))


def _read(request: Request, form: GridFileForm) -> GridBatch | None:
    file = form.cleaned_data["file"]
    try:
        table = read_table(file)
    except Invalid as refusal:
        form.add_error("file", refusal.message)
        return None
    return attempt(
        form,
        grid_check,
        contract=request.contract,
        actor=request.user,
        at=clock.now(),
        table=table,
        file_name=file.name or "",
        source_system=form.cleaned_data["source_system"],
    )


def batch_of(request: Request, pk: int) -> GridBatch:
    """A file of the present contract. Raises NotFound."""
    rows = GridBatch.objects.filter(contract=request.contract, pk=pk)
    batch = rows.select_related("contract__hall", "unit", "place", "created_by", "decided_by").first()
    if batch is None:
        raise NotFound(_("There is no such file."))
    return batch


def to_batch(batch: GridBatch) -> HttpResponseRedirect:
    """On to the file after a step."""
    return HttpResponseRedirect(reverse("tickets:grid_batch", args=[batch.pk]))


@allow(*STAFF_ROLES, methods=GET_POST)
def grid_page(request: Request, pk: int) -> HttpResponse:
    """The rows as they would be taken over, what is wrong with each, and which column holds what."""
    batch = batch_of(request, pk)
    initial = {f"column_{name}": str(index) for name, index in batch.columns.items()}
    form = GridMapForm(
        request.POST if request.method == "POST" else None,
        contract=request.contract,
        header=batch.header,
        initial={**initial, "unit": batch.unit_id, "place": batch.place_id},
    )
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form, grid_map, batch=batch, actor=request.user, at=clock.now(), columns=form.columns(), unit=data["unit"],
            place=data["place"],
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("Read anew with these columns."))
            return to_batch(batch)
    checked = batch.status == GridBatchStatus.CHECKED
    rows = grid_rows(batch, clock.now()) if checked else []
    tickets = [] if checked else list(batch.tickets.order_by("code"))
    taken = batch.status == GridBatchStatus.TAKEN
    context = {
        "batch": batch,
        "form": form,
        "column_fields": form.bound_columns(),
        "rows": rows,
        "wrong": sum(1 for row in rows if row.errors),
        "labels": {name: str(label) for name, label in GridMapForm.LABELS.items()},
        "tickets": tickets,
        "checked": checked,
        "may_undo": taken and not touched_of(tickets),
        "taken": taken,
    }
    return render(request, "tickets/outage/grid.html", context, status=form_status(form))


def _step(request: Request, pk: int, service: Callable[..., Any], done: str) -> HttpResponse:
    batch = batch_of(request, pk)
    with transaction.atomic():
        service(batch=batch, actor=request.user, at=clock.now())
    messages.success(request, done)
    return to_batch(batch)


@allow(*STAFF_ROLES, methods=POST)
def grid_take(request: Request, pk: int) -> HttpResponse:
    """Take all rows over."""
    batch = batch_of(request, pk)
    try:
        made = grid_take_over(batch=batch, actor=request.user, at=clock.now())
    except Invalid as refusal:
        messages.error(request, " ".join([refusal.message, *refusal.fields.values()]))
        return to_batch(batch)
    messages.success(
        request, _("%(count)s tickets are made; their clocks run since their dispatch.") % {"count": len(made)}
    )
    return to_batch(batch)


@allow(*STAFF_ROLES, methods=POST)
def grid_lay_aside(request: Request, pk: int) -> HttpResponse:
    """Lay a file aside."""
    return _step(request, pk, grid_discard, _("The file is laid aside."))


@allow(*STAFF_ROLES, methods=POST)
def grid_take_back(request: Request, pk: int) -> HttpResponse:
    """Take back what nobody has touched."""
    return _step(request, pk, grid_undo, _("Taken back: the tickets are voided."))
