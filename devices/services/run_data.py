"""Run data of self-service devices: what is collected, the monthly tasks, entries, corrections, import (附二.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from contract.services.terms import term
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.roles import MANAGER
from core.sheets import Table
from devices.finds.consumables import WORKING
from devices.models import Device, DeviceCategory, RunCorrection, RunMetric, RunTask, RunValue
from devices.models.run_data import RunKind
from devices.rules_consumables import EARLIER, figure_fault, hours_of_month, is_jump, month_before
from devices.services.common import check_input, fields_write, local_day, needed, require_keeper
from parties.models import Contract, User
from parties.querysets import role_in
from records.models import Source
from records.services.audit import audit_write, audit_write_many

Cell = tuple[int, int]
"""A device's and a metric's number: one cell of a month's table."""
MAX_METRICS = 8


# ---- what is collected


def _require_manager(actor: User | None, contract: Contract, source: str) -> None:
    require_keeper(actor, contract, source=source)
    if actor is not None and role_in(actor, contract.pk) != MANAGER:
        raise NotAllowed(_("The project manager decides what is collected."))


@transaction.atomic
def run_metric_create(
    *,
    contract: Contract,
    category: DeviceCategory,
    name: str,
    unit: str,
    kind: str,
    position: int,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> RunMetric:
    """Collect one more figure of a category from the next month on. Raises Invalid, NotAllowed, Conflict."""
    _require_manager(actor, contract, source)
    if category.hall_id != contract.hall_id:
        raise NotFound(_("There is no such category in this hall."))
    known = RunMetric.objects.filter(category=category)
    twice = known.filter(name=name.strip()).exists()
    check_input(
        {
            "name": _("There is one of this name already.") if twice else needed(name, 30),
            "unit": needed(unit, 8),
            "kind": "" if kind in RunKind.values else _("Please choose."),
            "category": _("At most %(limit)s figures of one category.") % {"limit": MAX_METRICS}
            if known.filter(is_active=True).count() >= MAX_METRICS
            else "",
        }
    )
    try:
        with transaction.atomic():
            metric = RunMetric.objects.create(
                category=category, name=name.strip(), unit=unit.strip(), kind=kind, position=position
            )
    except IntegrityError as error:
        raise Conflict(_("There is one of this name already.")) from error
    audit_write(
        contract=contract, subject=metric, verb="create", actor=actor, at=at, source=source,
        after={"category": category, "name": name, "unit": unit, "kind": kind},
    )  # fmt: skip
    return metric


@transaction.atomic
def run_metric_switch(
    *, metric: RunMetric, contract: Contract, active: bool, actor: User, at: datetime, source: str = Source.PAGE
) -> RunMetric:
    """Stop collecting a figure, or take it up again; what was entered stays."""
    _require_manager(actor, contract, source)
    fields_write(metric, {"is_active": active}, contract=contract, actor=actor, at=at, source=source)
    return metric


# ---- the monthly tasks


@transaction.atomic
def run_tasks_make(contract: Contract, *, month: date, at: datetime, source: str = Source.TASK) -> int:
    """Make the collection of a month for every category that has figures and devices; returns how many are new. Safe to repeat."""
    wanted = DeviceCategory.objects.filter(
        hall_id=contract.hall_id, is_active=True, run_metrics__is_active=True, devices__status__in=WORKING
    ).distinct()
    known = set(RunTask.objects.filter(category__in=wanted, month=month).values_list("category_id", flat=True))
    missing = [row for row in wanted if row.pk not in known]
    if not missing:
        return 0
    last = month_before(month, -1) - timedelta(days=1)
    due_on = last + timedelta(days=int(term(contract, "run_data_due_days", last)))
    RunTask.objects.bulk_create(
        [RunTask(contract=contract, category=row, month=month, due_on=due_on) for row in missing],
        ignore_conflicts=True,
    )
    made = list(RunTask.objects.filter(category__in=missing, month=month, contract=contract))
    audit_write_many(
        {
            "contract": contract, "subject": task, "verb": "create", "actor": None, "at": at, "source": source,
            "after": {"month": task.month, "due_on": task.due_on},
        }
        for task in made
    )  # fmt: skip
    return len(made)


def run_tasks_due(*, at: datetime) -> int:
    """Make last month's collections for every contract in force; the beat calls this and may be late or early."""
    today = local_day(at)
    month = month_before(today)
    rows = Contract.objects.filter(starts_on__lte=today, ends_on__gte=today).order_by("pk")
    return sum(run_tasks_make(contract, month=month, at=at) for contract in rows)


# ---- entries


@dataclass(frozen=True)
class Sheet:
    """A month's table: its devices and figures, what is entered, and what was in the months before (newest first)."""

    task: RunTask
    devices: list[Device]
    metrics: list[RunMetric]
    values: dict[Cell, RunValue]
    earlier: dict[Cell, list[Decimal]] = field(default_factory=dict)

    @property
    def expected(self) -> int:
        """How many figures make it complete."""
        return len(self.devices) * len(self.metrics)

    @property
    def missing(self) -> int:
        """How many are still to be entered."""
        have = {(device.pk, metric.pk) for device in self.devices for metric in self.metrics} & set(self.values)
        return self.expected - len(have)


def run_sheet(task: RunTask) -> Sheet:
    """The table of a task, in four statements however many devices. A retired device stays where it has figures."""
    values = {
        (row.device_id, row.metric_id): row
        for row in RunValue.objects.filter(task=task).select_related("metric", "device", "entered_by")
    }
    working = Device.objects.filter(category_id=task.category_id, status__in=WORKING)
    devices = {row.pk: row for row in working.select_related("place").order_by("code")}
    for row in values.values():
        devices.setdefault(row.device_id, row.device)
    metrics = {row.pk: row for row in RunMetric.objects.filter(category_id=task.category_id, is_active=True)}
    for row in values.values():
        metrics.setdefault(row.metric_id, row.metric)
    since = month_before(task.month, EARLIER)
    earlier: dict[Cell, list[Decimal]] = {}
    before = RunValue.objects.filter(
        task__category_id=task.category_id, task__month__gte=since, task__month__lt=task.month
    )
    for device_id, metric_id, value in before.order_by("-task__month").values_list("device_id", "metric_id", "value"):
        earlier.setdefault((device_id, metric_id), []).append(value)
    return Sheet(
        task,
        sorted(devices.values(), key=lambda row: row.code),
        sorted(metrics.values(), key=lambda row: (row.position, row.pk)),
        values,
        earlier,
    )


def figure_of(text: str) -> Decimal | None:
    """A typed figure: thousands may be parted by commas. Raises ValueError for what is no number; None for nothing."""
    text = text.strip().replace(",", "").replace("，", "")
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,12}(\.\d+)?", text):
        raise ValueError(text)
    try:
        return Decimal(text).quantize(Decimal("0.1"))
    except InvalidOperation as error:
        raise ValueError(text) from error


def figure_complaint(metric: RunMetric, value: Decimal, month: date) -> str:
    """Why a figure cannot be true, in the reader's language; "" when it can."""
    return {
        "": "",
        "negative": _("A figure is never less than zero."),
        "hours": _("This month has no more than %(hours)s hours.") % {"hours": hours_of_month(month)},
        "whole": _("Please enter a whole number."),
        "large": _("This is too large."),
    }[figure_fault(metric.kind, value, month)]


def jump_complaint(sheet: Sheet, cell: Cell, value: Decimal) -> str:
    """The question about a figure that is far from the usual one; "" when there is nothing to ask."""
    earlier = sheet.earlier.get(cell, [])
    if not is_jump(value, earlier):
        return ""
    return _("Before it was %(before)s. Please look again, and confirm if this is right.") % {
        "before": f"{earlier[0].normalize():f}"
    }


@dataclass(frozen=True)
class Judged:
    """What is wrong with figures (`faults`), and what has to be confirmed (`questions`), by cell."""

    faults: dict[Cell, str]
    questions: dict[Cell, str]


def run_judge(sheet: Sheet, entries: Mapping[Cell, Decimal]) -> Judged:
    """Look at figures before anything is written; no database question."""
    devices = {row.pk for row in sheet.devices}
    metrics = {row.pk: row for row in sheet.metrics}
    faults: dict[Cell, str] = {}
    questions: dict[Cell, str] = {}
    for cell, value in entries.items():
        if cell[0] not in devices or cell[1] not in metrics:
            faults[cell] = _("There is no such device in this hall.")
        elif message := figure_complaint(metrics[cell[1]], value, sheet.task.month):
            faults[cell] = message
        elif message := jump_complaint(sheet, cell, value):
            known = sheet.values.get(cell)
            if known is None or known.value != value:
                questions[cell] = message
    return Judged(faults, questions)


def cell_name(cell: Cell) -> str:
    """What the form calls a cell."""
    return f"v-{cell[0]}-{cell[1]}"


@transaction.atomic
def run_values_enter(
    *,
    task: RunTask,
    contract: Contract,
    version_seen: int,
    entries: Mapping[Cell, Decimal],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    confirmed: bool = False,
    reason: str = "",
    batch: str = "",
) -> int:
    """Enter or correct figures of a month, all or none; returns how many changed. A correction needs a reason and keeps what was.

    Raises Invalid with one message a cell (`v-<device>-<metric>`), Conflict when somebody saved this month meanwhile.
    """
    if not RunTask.objects.filter(pk=task.pk, version=version_seen).update(version=F("version") + 1):
        raise Conflict(
            _(
                "Somebody else has changed this meanwhile. Please compare your entries with what is stored now, then save again."
            )
        )
    task.version = version_seen + 1
    require_keeper(actor, contract, source=source)
    sheet = run_sheet(task)
    judged = run_judge(sheet, entries)
    complaints = judged.faults | ({} if confirmed else judged.questions)
    changed = {
        cell: value for cell, value in entries.items() if cell in sheet.values and sheet.values[cell].value != value
    }
    fields = {cell_name(cell): message for cell, message in complaints.items()}
    if judged.questions and not confirmed and not judged.faults:
        fields["confirmed"] = _("Some figures are far from the usual ones: please confirm them.")
    if changed and not reason.strip():
        fields["reason"] = _("Please say why figures that were entered are corrected.")
    check_input(fields)
    fresh = [cell for cell in entries if cell not in sheet.values]
    RunValue.objects.bulk_create(
        RunValue(task=task, device_id=cell[0], metric_id=cell[1], value=entries[cell], entered_by=actor, at=at)
        for cell in fresh
    )
    for cell, value in changed.items():
        _correct(sheet.values[cell], value, reason.strip(), contract, actor, at, source, batch)
    if not fresh and not changed:
        return 0
    if fresh:
        audit_write(
            contract=contract, subject=task, verb="run_data_enter", actor=actor, at=at, source=source,
            after={"figures": len(fresh), "month": task.month}, batch=batch,
        )  # fmt: skip
    done = sheet.missing - len(fresh) <= 0
    if done and task.done_at is None:
        RunTask.objects.filter(pk=task.pk, done_at=None).update(done_at=at)
        task.done_at = at
    return len(fresh) + len(changed)


def _correct(
    row: RunValue,
    value: Decimal,
    reason: str,
    contract: Contract,
    actor: User | None,
    at: datetime,
    source: str,
    batch: str,
) -> None:
    before = row.value
    fields_write(
        row,
        {"value": value, "entered_by": actor, "at": at},
        contract=contract,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        batch=batch,
        verb="run_data_correct",
        subject=row.device,
    )
    RunCorrection.objects.create(of=row, before=before, after=value, reason=reason[:200], actor=actor, at=at)


# ---- import


@dataclass(frozen=True)
class ImportRow:
    """One row of an uploaded table as it was understood: what it would change, or what is wrong with it."""

    number: int
    code: str
    cells: list[tuple[str, str, str, str]]
    """(name of the figure, text of the cell, state: new, changed, same, ask or error, message)."""
    message: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether this row stands in the way."""
        return bool(self.message) or any(state == "error" for _name, _text, state, _said in self.cells)


@dataclass(frozen=True)
class Trial:
    """A dry run of a whole table."""

    rows: list[ImportRow]
    entries: dict[Cell, Decimal]
    unknown_columns: list[str]

    @property
    def wrong(self) -> int:
        """How many rows stand in the way."""
        return sum(row.is_wrong for row in self.rows)

    def count(self, state: str) -> int:
        """How many cells are in a state."""
        return sum(cell[2] == state for row in self.rows for cell in row.cells)


CODE_COLUMNS = frozenset({"设备编号", "device number", "编号", "code"})


def head_of(metric: RunMetric) -> str:
    """What a column of the template is called: 开机时长（小时）."""
    return f"{metric.name}（{metric.unit}）"


def run_import_try(sheet: Sheet, table: Table) -> Trial:
    """What a table would do, row by row, through the same rules as the form; nothing is written.

    Raises Invalid when it has no column of device numbers, or none of the figures.
    """
    heads = [text.strip() for text in table.header]
    key = next((index for index, text in enumerate(heads) if text.lower() in CODE_COLUMNS), None)
    if key is None:
        message = _("There is no column with the device number.")
        raise Invalid(message, fields={"file": message})
    by_head = {head_of(metric): metric for metric in sheet.metrics} | {metric.name: metric for metric in sheet.metrics}
    columns = {index: by_head[text] for index, text in enumerate(heads) if text in by_head}
    if len({metric.pk for metric in columns.values()}) != len(columns):
        message = _("A figure stands in two columns.")
        raise Invalid(message, fields={"file": message})
    if not columns:
        message = _("None of the figures of this category stands in the head of the table.")
        raise Invalid(message, fields={"file": message})
    devices = {row.code: row for row in sheet.devices}
    entries: dict[Cell, Decimal] = {}
    rows: list[ImportRow] = []
    seen: set[str] = set()
    for number, texts in zip(table.numbers or range(2, len(table.rows) + 2), table.rows, strict=False):
        code = texts[key].strip()
        device = devices.get(code)
        message = ""
        if device is None:
            message = _("There is no device %(code)s in this collection.") % {"code": code or "—"}
        elif code in seen:
            message = _("This device stands in the table twice.")
        seen.add(code)
        cells: list[tuple[str, str, str, str]] = []
        for index, metric in columns.items():
            if device is None or message:
                cells.append((metric.name, texts[index][:40], "same", ""))
                continue
            state, said, value = _judge_cell(sheet, (device.pk, metric.pk), metric, texts[index])
            if (number, index) in table.formulas:
                state, said, value = "error", _("Please enter the value, not a formula."), None
            if value is not None:
                entries[device.pk, metric.pk] = value
            cells.append((metric.name, texts[index][:40], state, said))
        rows.append(ImportRow(number, code[:40], cells, message))
    return Trial(
        rows, entries, [text for index, text in enumerate(heads) if index != key and index not in columns and text]
    )


def _judge_cell(sheet: Sheet, cell: Cell, metric: RunMetric, text: str) -> tuple[str, str, Decimal | None]:
    try:
        value = figure_of(text)
    except ValueError:
        return "error", _("Please enter a number."), None
    if value is None:
        return "same", "", None
    if message := figure_complaint(metric, value, sheet.task.month):
        return "error", message, None
    known = sheet.values.get(cell)
    if known is not None and known.value == value:
        return "same", "", value
    if message := jump_complaint(sheet, cell, value):
        return "ask", message, value
    return ("new" if known is None else "changed"), "", value


# ---- the month's report


@dataclass(frozen=True)
class Total:
    """One figure of a category over its devices."""

    metric: RunMetric
    total: Decimal
    average: Decimal | None
    before: Decimal | None
    """The same of the month before; None where nothing was entered."""


def totals_of(sheet: Sheet, before: Mapping[int, Decimal]) -> list[Total]:
    """Totals and averages of a month; `before`: the total of each metric in the month before."""
    found = []
    for metric in sheet.metrics:
        values = [row.value for (_device, metric_id), row in sheet.values.items() if metric_id == metric.pk]
        total = sum(values, Decimal(0))
        average = (total / len(values)).quantize(Decimal("0.1")) if values else None
        found.append(Total(metric, total, average, before.get(metric.pk)))
    return found


def history_of(category_id: int, until: date, months: int = 12, device_id: int | None = None) -> dict[int, list[Any]]:
    """Totals of each metric for so many months up to `until`, oldest first; None where nothing was entered. One statement."""
    first = month_before(until, months - 1)
    rows = RunValue.objects.filter(task__category_id=category_id, task__month__gte=first, task__month__lte=until)
    if device_id is not None:
        rows = rows.filter(device_id=device_id)
    order = [month_before(until, months - 1 - index) for index in range(months)]
    place = {month: index for index, month in enumerate(order)}
    found: dict[int, list[Any]] = {}
    for metric_id, month, value in rows.values_list("metric_id", "task__month", "value"):
        line = found.setdefault(metric_id, [None] * months)
        line[place[month]] = (line[place[month]] or Decimal(0)) + value
    return found


def months_until(until: date, months: int = 12) -> list[date]:
    """The first days of so many months up to one, oldest first."""
    return [month_before(until, months - 1 - index) for index in range(months)]
