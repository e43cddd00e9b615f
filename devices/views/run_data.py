"""Run data of self-service devices: the months, the table of one month, import, the monthly report, what is collected."""

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, F, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import charts, clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, NotAllowed, NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER
from core.sheets import read_table
from devices.finds.consumables import metrics_of, run_tasks_visible_to
from devices.forms.consumables import ImportForm, MetricForm
from devices.models import RunCorrection, RunMetric, RunTask
from devices.rules_consumables import month_before
from devices.services.common import KEEPERS
from devices.services.run_data import (
    Cell,
    Sheet,
    cell_name,
    figure_of,
    head_of,
    history_of,
    months_until,
    run_import_try,
    run_metric_create,
    run_metric_switch,
    run_sheet,
    run_tasks_make,
    run_values_enter,
    totals_of,
)
from devices.tabs import READERS
from devices.views.consumables import (
    EXPORTERS,
    export_entered,
    file_name,
    fmt_of,
    pdf_answer,
    room_tabs,
    today_of,
)
from records.models import Source

MONTHS_SHOWN = 36
MAX_CELLS = 4_000


def _tasks(request: Request) -> QuerySet[RunTask]:
    rows = run_tasks_visible_to(request.user).filter(category__hall_id=request.contract.hall_id)
    return rows.select_related("category", "contract")


@allow(*KEEPERS, methods=POST)
def months_make(request: Request) -> HttpResponse:
    """Make the collections of last month at once, without waiting for beat."""
    made = run_tasks_make(request.contract, month=month_before(today_of()), at=clock.now(), source=Source.PAGE)
    messages.success(request, _("%(count)s collections were made.") % {"count": made})
    return redirect("devices:run_data")


@allow(*READERS)
def months(request: Request) -> HttpResponse:
    """The collections, newest first."""
    rows = list(
        _tasks(request).annotate(entered=Count("values")).order_by("-month", "category__position")[: MONTHS_SHOWN * 4]
    )
    today = today_of()
    context = {
        "pages": room_tabs("run_data"),
        "tasks": [{"task": row, "late": row.done_at is None and row.due_on < today} for row in rows],
        "has_metrics": metrics_of(request.contract.hall).filter(is_active=True).exists(),
        "may_keep": request.role in KEEPERS,
        "may_plan": request.role == MANAGER,
        "last_month": month_before(today),
        "columns": [
            {"label": _("Collected month")}, {"label": _("Category")}, {"label": _("Figures"), "numeric": True},
            {"label": _("Due on")},
            {"label": _("Status")},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/run_months.html", context)


def _task(request: Request, pk: int) -> RunTask:
    task = _tasks(request).filter(pk=pk).first()
    if task is None:
        raise NotFound(_("There is no such collection in this hall."))
    return task


class _Table(forms.Form):
    """A month's table: one text a cell, so that what was typed is shown again whatever it was."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    confirmed = forms.BooleanField(label="", required=False)
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, sheet: Sheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        self.fields["confirmed"].label = _("The figures are right, I have looked again")
        self.fields["reason"].label = _("Why figures are corrected")
        for device in sheet.devices:
            for metric in sheet.metrics:
                known = sheet.values.get((device.pk, metric.pk))
                self.fields[cell_name((device.pk, metric.pk))] = forms.CharField(
                    label=f"{device.code} {metric.name}",
                    required=False,
                    max_length=20,
                    initial=f"{known.value.normalize():f}" if known else "",
                    widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
                )

    def clean(self) -> dict[str, Any]:
        """Texts to figures; a figure that was entered is never emptied."""
        clean = super().clean() or {}
        self.entries: dict[Cell, Decimal] = {}
        for device in self.sheet.devices:
            for metric in self.sheet.metrics:
                cell = (device.pk, metric.pk)
                name = cell_name(cell)
                try:
                    value = figure_of(clean.get(name, ""))
                except ValueError:
                    self.add_error(name, _("Please enter a number."))
                    continue
                if value is not None:
                    self.entries[cell] = value
                elif cell in self.sheet.values and name not in self.errors:
                    self.add_error(name, _("A figure that was entered cannot be emptied; correct it instead."))
        return clean

    def rows(self) -> list[dict[str, Any]]:
        """The lines of the table with their bound fields."""
        return [
            {
                "device": device,
                "cells": [
                    {
                        "metric": metric,
                        "field": self[cell_name((device.pk, metric.pk))],
                        "before": _before(self.sheet, (device.pk, metric.pk)),
                    }
                    for metric in self.sheet.metrics
                ],
            }
            for device in self.sheet.devices
        ]  # fmt: skip


def _before(sheet: Sheet, cell: Cell) -> Decimal | None:
    earlier = sheet.earlier.get(cell)
    return earlier[0].normalize() if earlier else None


@allow(*READERS, methods=GET_POST)
def month(request: Request, pk: int) -> HttpResponse:
    """One month of a category: totals and charts for readers, the table to fill for who keeps the register."""
    task = _task(request, pk)
    sheet = run_sheet(task)
    may_keep = request.role in KEEPERS
    form = _Table(request.POST or None, sheet=sheet, initial={"version": task.version})
    if request.method == "POST":
        if not may_keep:
            raise NotAllowed(_("Your role may not change the register."))
        if form.is_valid():
            done = attempt(
                form, run_values_enter, task=task, contract=request.contract, version_seen=form.cleaned_data["version"],
                entries=form.entries, confirmed=form.cleaned_data["confirmed"], reason=form.cleaned_data["reason"],
                actor=request.user, at=clock.now(),
            )  # fmt: skip
            if done is not None:
                messages.success(request, _("Saved: %(count)s figures.") % {"count": done})
                return redirect("devices:run_month", task.pk)
    context = _month_context(task, sheet) | {
        "form": form,
        "rows": form.rows(),
        "may_keep": may_keep,
        "may_export": request.role in EXPORTERS,
        "ask_confirm": "confirmed" in form.errors or bool(form.data.get("confirmed")),
        "ask_reason": bool(sheet.values),
        "corrections": list(
            RunCorrection.objects.filter(of__task=task).select_related("of__device", "of__metric", "actor")[:50]
        ),
    }
    return render(request, "devices/consumables/run_month.html", context, status=form_status(form))


def _month_context(task: RunTask, sheet: Sheet) -> dict[str, Any]:
    history = history_of(task.category_id, task.month)
    before = {metric_id: line[-2] for metric_id, line in history.items()}
    labels = [f"{day:%y-%m}" for day in months_until(task.month)]
    totals = totals_of(sheet, before)
    # A month that is half entered says nothing against a whole one.
    done = sheet.missing == 0 and sheet.expected > 0
    return {
        "task": task,
        "sheet": sheet,
        "totals": [
            {
                "total": row,
                "change": _change(row.total, row.before) if done else "",
                "chart": charts.columns(
                    labels,
                    [None if value is None else float(value) for value in history.get(row.metric.pk, [None] * 12)],
                    title=row.metric.name,
                    unit=row.metric.unit,
                ),
            }
            for row in totals
        ],
        "done": done,
    }


def _change(total: Decimal, before: Decimal | None) -> str:
    if not before:
        return ""
    return f"{(total - before) / before * 100:+.1f}%"


@allow(*READERS)
def device_chart(request: Request, pk: int, device_id: int) -> HttpResponse:
    """Twelve months of one device, with what was corrected."""
    task = _task(request, pk)
    sheet = run_sheet(task)
    device = next((row for row in sheet.devices if row.pk == device_id), None)
    if device is None:
        raise NotFound(_("There is no such device in this hall."))
    history = history_of(task.category_id, task.month, device_id=device.pk)
    labels = [f"{day:%y-%m}" for day in months_until(task.month)]
    context = {
        "task": task,
        "device": device,
        "charts": [
            charts.line(
                labels,
                [None if value is None else float(value) for value in history.get(metric.pk, [None] * 12)],
                title=metric.name,
                unit=metric.unit,
            )
            for metric in sheet.metrics
        ],
        "metrics": sheet.metrics,
        "corrections": list(
            RunCorrection.objects.filter(of__device=device).select_related("of__metric", "of__task", "actor")[:50]
        ),
    }
    return render(request, "devices/consumables/run_device.html", context)


# ---- the report and tables


@allow(*READERS)
def month_sheet(request: Request, pk: int) -> HttpResponse:
    """The monthly report on A4 (附二.3 数据月报), in the reader's language."""
    task = _task(request, pk)
    sheet = run_sheet(task)
    context = _month_context(task, sheet) | {
        "project": task.contract.project_name,
        "code": f"{task.contract.code} {task.category.code} {task.month:%Y-%m}",
        "made_at": clock.now(),
        "lines": [
            {
                "device": device,
                "values": [sheet.values.get((device.pk, metric.pk)) for metric in sheet.metrics],
            }
            for device in sheet.devices
        ],
    }
    return pdf_answer(render_to_string("devices/consumables/run_sheet.html", context), f"run-data-{task.month:%Y%m}")


@allow(*EXPORTERS, methods=POST)
def month_export(request: Request, pk: int) -> Any:
    """The month's table with totals as csv or xlsx."""
    task = _task(request, pk)
    sheet = run_sheet(task)
    export_entered(request, "run data")
    header = [_("Device number"), _("Name"), _("Place"), *(head_of(metric) for metric in sheet.metrics)]
    rows: list[list[Any]] = [
        [
            device.code,
            device.name,
            device.place.name,
            *(_value(sheet, (device.pk, metric.pk)) for metric in sheet.metrics),
        ]
        for device in sheet.devices
    ]
    rows.append([_("Total"), "", "", *(float(row.total) for row in totals_of(sheet, {}))])
    return table_response(
        fmt_of(request), file_name(f"{task.category.name} {task.month:%Y-%m}"), header, rows, sheet=task.category.name
    )


def _value(sheet: Sheet, cell: Cell) -> float | None:
    known = sheet.values.get(cell)
    return float(known.value) if known else None


@allow(*KEEPERS)
def month_template(request: Request, pk: int) -> Any:
    """An empty table with the devices and figures of this month, to be filled by the vendor and imported."""
    task = _task(request, pk)
    sheet = run_sheet(task)
    header = ["设备编号", "设备名称", *(head_of(metric) for metric in sheet.metrics)]
    rows = [[device.code, device.name, *("" for _metric in sheet.metrics)] for device in sheet.devices]
    return table_response("xlsx", f"{task.category.name}_{task.month:%Y%m}", header, rows, sheet=task.category.name)


@allow(*KEEPERS, methods=GET_POST)
def month_import(request: Request, pk: int) -> HttpResponse:
    """Try a table on a month: every row is told what it would do; a second step enters all of it or nothing."""
    task = _task(request, pk)
    sheet = run_sheet(task)
    tries = request.method == "POST" and not request.POST.get("figures")
    form = ImportForm(request.POST, request.FILES) if tries else ImportForm()
    trial = None
    if request.method == "POST" and request.POST.get("figures"):
        if _commit_import(request, task):
            return redirect("devices:run_month", task.pk)
        return redirect("devices:run_import", task.pk)
    if form.is_bound and form.is_valid():
        try:
            trial = run_import_try(sheet, read_table(form.cleaned_data["file"]))
        except DomainError as error:
            form.add_error("file" if "file" in error.fields else None, error.message)
    context = {
        "task": task,
        "sheet": sheet,
        "form": form,
        "trial": trial,
        "asks": trial.count("ask") if trial else 0,
        "changed": trial.count("changed") if trial else 0,
        "fresh": trial.count("new") if trial else 0,
        "figures": json.dumps([[*cell, str(value)] for cell, value in trial.entries.items()]) if trial else "",
    }
    return render(
        request, "devices/consumables/run_import.html", context, status=form_status(form) if form.errors else 200
    )


def _commit_import(request: Request, task: RunTask) -> bool:
    """Enter what the dry run has shown; everything is judged anew, whatever was sent."""
    try:
        entries = _figures(request.POST["figures"])
        version = int(request.POST.get("version", ""))
    except ValueError:
        messages.error(request, _("The table could not be read. Please hand it in again."))
        return False
    try:
        count = run_values_enter(
            task=task, contract=request.contract, version_seen=version, entries=entries, actor=request.user, at=clock.now(),
            confirmed=bool(request.POST.get("confirmed")), reason=request.POST.get("reason", "")[:200],
            batch=f"run-{task.pk}-{version}",
        )  # fmt: skip
    except DomainError as error:
        if error.status in (403, 404):
            raise
        messages.error(request, "；".join(dict.fromkeys([*error.fields.values()][:3])) or error.message)
        return False
    messages.success(request, _("Imported: %(count)s figures.") % {"count": count})
    return True


def _figures(text: str) -> dict[Cell, Decimal]:
    """The figures that the dry run handed along. Raises ValueError for anything else."""
    rows = json.loads(text)
    if not isinstance(rows, list) or len(rows) > MAX_CELLS:
        raise ValueError("no list of figures")
    found: dict[Cell, Decimal] = {}
    for row in rows:
        if not (isinstance(row, list) and len(row) == 3 and isinstance(row[0], int) and isinstance(row[1], int)):
            raise ValueError("no figure")
        value = figure_of(str(row[2]))
        if value is None:
            raise ValueError("no figure")
        found[row[0], row[1]] = value
    return found


# ---- what is collected


@allow(*READERS)
def metrics(request: Request) -> HttpResponse:
    """Which figures are collected of which category; the manager decides."""
    return _metrics_page(request, MetricForm(hall=request.contract.hall))


@allow(MANAGER, methods=POST)
def metric_add(request: Request) -> HttpResponse:
    """Collect one more figure."""
    form = MetricForm(request.POST, hall=request.contract.hall)
    if form.is_valid():
        done = attempt(
            form, run_metric_create, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:run_metrics")
    return _metrics_page(request, form)


def _metrics_page(request: Request, form: MetricForm) -> HttpResponse:
    context = {
        "metrics": list(metrics_of(request.contract.hall).annotate(category_name=F("category__name"))),
        "form": form,
        "may_plan": request.role == MANAGER,
        "columns": [
            {"label": _("Category")}, {"label": _("Figure collected")}, {"label": _("Unit of count")}, {"label": _("Checked as")},
            {"label": _("Status")},
        ],
    }  # fmt: skip
    return render(request, "devices/consumables/run_metrics.html", context, status=form_status(form))


@allow(MANAGER, methods=POST)
def metric_switch(request: Request, pk: int) -> HttpResponse:
    """Stop collecting a figure, or take it up again."""
    row = RunMetric.objects.filter(category__hall_id=request.contract.hall_id, pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such figure in this hall."))
    run_metric_switch(
        metric=row, contract=request.contract, active=not row.is_active, actor=request.user, at=clock.now()
    )
    messages.success(request, _("Saved."))
    return redirect("devices:run_metrics")
