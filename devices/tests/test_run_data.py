"""Run data: the month's collections, entries that can be true, corrections that keep what was, import whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse

from core import clock as core_clock
from core.errors import Conflict, Invalid, NotAllowed
from core.sheets import Table
from devices.due import all_sources
from devices.models import RunCorrection, RunTask, RunValue
from devices.rules_consumables import month_before
from devices.services.run_data import (
    figure_of,
    history_of,
    run_import_try,
    run_metric_create,
    run_metric_switch,
    run_sheet,
    run_tasks_due,
    run_tasks_make,
    totals_of,
)
from devices.tests.consumables_make import MONTH, day, enter, metrics_of, more_devices, task_of
from records.models import AuditEntry
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db(transaction=True)
def test_a_months_collection_is_made_once_however_often_the_beat_runs() -> None:
    world = make_world()
    metrics_of(world)

    def make(_number: int) -> int:
        try:
            return run_tasks_due(at=day(20))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range(6)))
    task = RunTask.objects.get()
    assert (task.month, task.due_on) == (MONTH, date(2024, 4, 5))
    assert run_tasks_make(world.contract, month=MONTH, at=day(25)) == 0


def test_only_the_manager_says_what_is_collected_and_nothing_is_asked_of_empty_categories(world: World) -> None:
    common: dict[str, Any] = {
        "contract": world.contract, "category": world.category, "unit": "件", "kind": "count", "position": 1, "at": day(0),
    }  # fmt: skip
    with pytest.raises(NotAllowed):
        run_metric_create(name="办件量", actor=world.engineer, **common)
    metric = run_metric_create(name="办件量", actor=world.manager, **common)
    with pytest.raises(Invalid):
        run_metric_create(name="办件量", actor=world.manager, **common)
    run_metric_switch(metric=metric, contract=world.contract, active=False, actor=world.manager, at=day(1))
    assert run_tasks_make(world.contract, month=MONTH, at=day(20)) == 0


def test_figures_are_entered_whole_or_not_at_all_and_complete_the_month(world: World) -> None:
    hours, pages = metrics_of(world)
    device = more_devices(world, 1)[0]
    task = task_of(world)
    source = next(row for row in all_sources() if row.slug == "run_data")
    assert [row.due_on for row in source.rows(world.contract, date(2024, 4, 2))] == [date(2024, 4, 5)]
    good = {(world.device.pk, hours.pk): Decimal(200), (world.device.pk, pages.pk): Decimal(1800)}
    with pytest.raises(Invalid) as refused:
        enter(world, task, good | {(device.pk, hours.pk): Decimal(745), (device.pk, pages.pk): Decimal("1.5")})
    assert set(refused.value.fields) == {f"v-{device.pk}-{hours.pk}", f"v-{device.pk}-{pages.pk}"}
    assert not RunValue.objects.exists()
    assert enter(world, task, good) == 2
    assert RunTask.objects.filter(done_at=None).exists()
    assert enter(world, task, {(device.pk, hours.pk): Decimal(744), (device.pk, pages.pk): Decimal(0)}) == 2
    assert not RunTask.objects.filter(done_at=None).exists()
    assert list(source.rows(world.contract, date(2024, 4, 2))) == []
    with pytest.raises(NotAllowed):
        enter(world, task, good, actor=world.supervisor)
    with pytest.raises(Conflict):
        enter(world, task, good, version_seen=1)


def test_a_correction_keeps_what_was_and_says_why(world: World) -> None:
    hours, _pages = metrics_of(world)
    task = task_of(world)
    cell = (world.device.pk, hours.pk)
    enter(world, task, {cell: Decimal(200)})
    with pytest.raises(Invalid) as silent:
        enter(world, task, {cell: Decimal(210)})
    assert "reason" in silent.value.fields
    assert enter(world, task, {cell: Decimal(210)}, reason="厂商更正") == 1
    kept = RunCorrection.objects.get()
    assert (kept.before, kept.after, kept.reason) == (Decimal(200), Decimal(210), "厂商更正")
    entry = AuditEntry.objects.get(verb="run_data_correct")
    assert (entry.subject_type, entry.subject_id) == ("device", world.device.pk)
    assert enter(world, task, {cell: Decimal(210)}) == 0


def test_a_figure_far_from_the_usual_one_has_to_be_confirmed(world: World) -> None:
    _hours, pages = metrics_of(world)
    cell = (world.device.pk, pages.pk)
    for back in (2, 1):
        enter(world, task_of(world, month_before(MONTH, back)), {cell: Decimal(1000)})
    task = task_of(world)
    with pytest.raises(Invalid) as asked:
        enter(world, task, {cell: Decimal(5000)})
    assert set(asked.value.fields) == {f"v-{cell[0]}-{cell[1]}", "confirmed"}
    assert enter(world, task, {cell: Decimal(5000)}, confirmed=True) == 1
    history = history_of(task.category_id, MONTH)[pages.pk]
    assert history[-3:] == [Decimal(1000), Decimal(1000), Decimal(5000)]
    assert history[0] is None
    total = next(row for row in totals_of(run_sheet(task), {pages.pk: Decimal(1000)}) if row.metric == pages)
    assert (total.total, total.average, total.before) == (Decimal(5000), Decimal("5000.0"), Decimal(1000))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234", "1234.0"), (" 12.5 ", "12.5"), ("", None), ("-3", "-3.0"), ("abc", "error"), ("1e5", "error")],
)
def test_typed_figures_are_read_as_people_write_them(text: str, value: str | None) -> None:
    if value == "error":
        with pytest.raises(ValueError, match=text.strip()):
            figure_of(text)
    else:
        assert figure_of(text) == (None if value is None else Decimal(value))


def test_a_table_is_tried_row_by_row_and_every_wrong_one_is_told(world: World) -> None:
    hours, pages = metrics_of(world)
    task = task_of(world)
    more_devices(world, 3)
    table = Table(
        ["设备编号", "名称", "开机时长（小时）", "打印量（页）"],
        [
            ["WS-001", "", "200", "1,800"],
            ["KS-001", "", "745", "x"],
            ["KS-404", "", "1", "1"],
            ["WS-001", "", "1", "1"],
            ["KS-002", "", "", "12"],
            ["KS-003", "", "9", ""],
        ],
        numbers=[2, 3, 4, 5, 7, 8],
        formulas=frozenset({(8, 2)}),
    )
    trial = run_import_try(run_sheet(task), table)
    assert [row.number for row in trial.rows if row.is_wrong] == [3, 4, 5, 8]
    assert trial.wrong == 4
    assert [cell[2] for cell in trial.rows[1].cells] == ["error", "error"]
    assert trial.entries[world.device.pk, hours.pk] == Decimal(200)
    assert trial.entries[world.device.pk, pages.pk] == Decimal(1800)
    assert not RunValue.objects.exists()
    for header in (["编号没有"], ["设备编号", "别的"], ["设备编号", "打印量", "打印量（页）"]):
        with pytest.raises(Invalid):
            run_import_try(run_sheet(task), Table(header, []))


def test_an_import_is_tried_then_entered_and_the_month_read_on_every_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_clock, "now", lambda: day(20))
    hours, pages = metrics_of(world)
    task = task_of(world)
    engineer = as_(world.engineer)
    template = engineer.get(reverse("devices:run_template", args=[task.pk]))
    assert template["Content-Type"].endswith("sheet")
    address = reverse("devices:run_import", args=[task.pk])
    text = "设备编号,开机时长（小时）,打印量（页）\nWS-001,200,1800\n"
    tried = engineer.post(address, {"file": SimpleUploadedFile("a.csv", text.encode("gb18030"))})
    assert tried.status_code == 200
    trial = tried.context["trial"]
    assert (trial.wrong, trial.count("new"), RunValue.objects.count()) == (0, 2, 0)
    sent = {"figures": tried.context["figures"], "version": task.version}
    assert engineer.post(address, sent)["Location"] == reverse("devices:run_month", args=[task.pk])
    assert RunValue.objects.count() == 2
    # What was sent is judged anew, and an old version is refused: nothing is entered twice.
    assert engineer.post(address, sent)["Location"] == address
    assert engineer.post(address, {"figures": "[[1,2]]", "version": 2})["Location"] == address
    assert engineer.post(address, {"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04bad")}).status_code == 422
    page = engineer.get(reverse("devices:run_month", args=[task.pk]))
    assert "1800" in page.content.decode()
    bad = {
        "version": page.context["task"].version,
        f"v-{world.device.pk}-{hours.pk}": "abc",
        f"v-{world.device.pk}-{pages.pk}": "",
    }
    refused = engineer.post(reverse("devices:run_month", args=[task.pk]), bad)
    assert refused.status_code == 422
    assert 'value="abc"' in refused.content.decode()
    readers = as_(world.leader)
    for name, args in (
        ("run_data", []), ("run_metrics", []), ("run_month", [task.pk]), ("run_device", [task.pk, world.device.pk]),
    ):  # fmt: skip
        assert readers.get(reverse(f"devices:{name}", args=args)).status_code == 200
    assert readers.post(reverse("devices:run_export", args=[task.pk])).status_code == 200
    assert readers.post(reverse("devices:run_month", args=[task.pk]), {}).status_code == 403
    assert as_(world.engineer).post(reverse("devices:run_metric_add"), {}).status_code == 403
    assert as_(world.clerk).get(reverse("devices:run_data")).status_code == 403
