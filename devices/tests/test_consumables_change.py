"""Consumables: stock as a ledger, replacements, counters, what to load before a holiday, calls to vendors."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from core import clock as core_clock
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from devices.due import all_sources
from devices.models import (
    ConsumableChange,
    ConsumableFit,
    ConsumableKind,
    ConsumableMovement,
    ConsumableOrder,
    CounterReading,
    Device,
)
from devices.services.consumable_orders import (
    Wanted,
    consumable_order_arrive,
    consumable_order_cancel,
    consumable_order_promise,
    consumable_order_replace,
)
from devices.services.consumables import (
    consumable_kind_edit,
    counter_read,
    fit_edit,
    fit_of,
    level_read,
    stock_adjust,
    stock_counted,
    stock_receive,
)
from devices.services.levels import before_holiday, coming_closures, level_of, levels_of
from devices.tasks import make_run_tasks
from devices.tests.consumables_make import (
    START,
    clock,
    day,
    kind_of,
    more_devices,
    order_of,
    put_in,
    stocked,
    vendor_of,
)
from devices.timeline import gathered
from records.models import AuditEntry
from records.tests.make import picture, upload
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sums(kind: ConsumableKind) -> tuple[int, int]:
    kind.refresh_from_db()
    return kind.stock, kind.movements.aggregate(total=Sum("change"))["total"] or 0


def test_the_stock_is_the_sum_of_its_movements_and_never_less_than_nothing(world: World) -> None:
    kind = stocked(world, 5)
    common: dict[str, Any] = {"kind": kind, "contract": world.contract, "actor": world.engineer, "at": day(1)}
    with pytest.raises(Conflict):
        stock_adjust(change=-6, reason="清点", **common)
    with pytest.raises(Invalid) as refused:
        stock_adjust(change=-1, reason=" ", **common)
    assert "reason" in refused.value.fields
    stock_adjust(change=-2, reason="受潮报废", **common)
    stock_receive(quantity=4, **common)
    with pytest.raises(Conflict):
        stock_counted(counted=9, seen=5, **common)
    stock_counted(counted=9, seen=7, **common)
    assert sums(kind) == (9, 9)
    assert list(kind.movements.order_by("pk").values_list("kind", "change", "balance")) == [
        ("in", 5, 5), ("adjust", -2, 3), ("in", 4, 7), ("count", 2, 9),
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        stock_receive(**common | {"quantity": 1, "actor": world.supervisor})


@pytest.mark.django_db(transaction=True)
def test_twenty_people_at_once_take_what_is_there_and_no_more() -> None:
    world = make_world()
    kind = stocked(world, 7)

    def take(_number: int) -> str:
        try:
            own = ConsumableKind.objects.get(pk=kind.pk)
            put_in(world, own, day(1), 1, from_stock=True)
            return "done"
        except Conflict:
            return "none left"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(take, range(20)))
    assert outcomes.count("done") == 7
    assert sums(kind) == (0, 0)
    assert ConsumableChange.objects.count() == 7
    balances = list(kind.movements.filter(kind="issue").order_by("balance").values_list("balance", flat=True))
    assert balances == [0, 1, 2, 3, 4, 5, 6]


def test_a_replacement_is_one_act_stock_counter_level_history_and_photo(world: World) -> None:
    kind = stocked(world, 10)
    seen = as_(world.engineer).get(reverse("devices:consumable_change", args=["WS-001"]))
    assert f'value="{kind.pk}"'.encode() in seen.content
    answer = as_(world.engineer).post(
        reverse("devices:consumable_change", args=["WS-001"]),
        {"kind": kind.pk, "quantity": "2", "reading": "5200", "photos": [upload(picture())], "note": "补纸"},
    )
    assert answer.status_code == 302
    change = ConsumableChange.objects.get()
    assert (change.quantity, change.from_stock, change.left_after) == (2, True, 1000)
    assert sums(kind) == (8, 8)
    assert CounterReading.objects.get().value == 5200
    fit = ConsumableFit.objects.get()
    assert (fit.level, fit.rate, fit.empty_on) == (1000, None, None)
    entry = AuditEntry.objects.get(verb="consumable_change")
    assert (entry.subject_type, entry.subject_id, entry.after["quantity"]) == ("device", world.device.pk, 2)
    page = as_(world.supervisor).get(reverse("devices:consumable_change_photos", args=[change.pk]))
    assert b"<img" in page.content
    titles = [row.title for row in gathered(world.device, world.manager, limit=9, kinds=("consumable", "reading"))]
    assert len(titles) == 2
    assert kind.name in titles[0] + titles[1]


def test_a_replacement_that_fails_leaves_nothing(world: World) -> None:
    kind = stocked(world, 1)
    before = AuditEntry.objects.count()
    with pytest.raises(Conflict):
        put_in(world, kind, day(1), 2, from_stock=True)
    counter_read(
        device=world.device, metric="pages", value=900, contract=world.contract, actor=world.engineer, at=day(1)
    )
    with pytest.raises(Invalid):
        put_in(world, kind, day(2), 1, from_stock=True, reading=800)
    assert sums(kind) == (1, 1)
    assert not ConsumableChange.objects.exists()
    assert AuditEntry.objects.count() == before
    for role in ("clerk", "supervisor", "auditor"):
        with pytest.raises(NotAllowed):
            put_in(world, kind, day(2), 1, actor=getattr(world, role))


def test_days_left_follow_from_replacements_by_the_halls_days_of_service(world: World) -> None:
    kind = kind_of(world)
    put_in(world, kind, clock("2024-03-18 09:00"))
    fit = ConsumableFit.objects.get()
    by_days = levels_of([fit], contract=world.contract, today=date(2024, 3, 18))[0]
    assert (by_days.state, by_days.days) == ("ok", None)
    # 1,000 pages in the ten working days of two weeks and one extended Saturday each.
    put_in(world, kind, clock("2024-04-01 09:00"))
    fit.refresh_from_db()
    served = sum(
        1 for number in range(1, 15) if (date(2024, 3, 18) + timedelta(days=number)).weekday() < 6
    )  # Monday to Saturday
    assert fit.rate == pytest.approx(1000 / served)
    now = levels_of([fit], contract=world.contract, today=date(2024, 4, 1))[0]
    assert now.days == served
    assert fit.empty_on is not None
    # Twelve days of use and a holiday of three days in between.
    assert fit.empty_on > date(2024, 4, 1) + timedelta(days=served + 1)
    assert fit.low_on is not None
    assert fit.low_on < fit.empty_on


def test_a_counter_never_goes_back_without_a_reason(world: World) -> None:
    common: dict[str, Any] = {
        "device": world.device, "metric": "pages", "contract": world.contract, "actor": world.engineer,
    }  # fmt: skip
    counter_read(value=500, at=day(1), **common)
    with pytest.raises(Invalid) as lower:
        counter_read(value=499, at=day(2), **common)
    assert "reading" in lower.value.fields
    with pytest.raises(Invalid):
        counter_read(value=900, at=day(0), **common)
    with pytest.raises(Invalid) as silent:
        counter_read(value=0, at=day(2), new_meter=True, **common)
    assert "reason" in silent.value.fields
    counter_read(value=0, at=day(2), new_meter=True, reason="主板更换", **common)
    counter_read(value=40, at=day(3), **common)
    assert list(CounterReading.objects.order_by("pk").values_list("value", "is_new_meter")) == [
        (500, False), (0, True), (40, False),
    ]  # fmt: skip
    assert AuditEntry.objects.get(verb="meter_replace").before == {"pages": 500}


@pytest.mark.django_db(transaction=True)
def test_of_readings_at_one_moment_the_highest_stands() -> None:
    world = make_world()

    def read(value: int) -> bool:
        try:
            counter_read(
                device=world.device,
                metric="pages",
                value=value,
                contract=world.contract,
                actor=world.engineer,
                at=day(1),
            )
            return True
        except DomainError:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(read, range(100, 110)))
    counter = CounterReading.objects.order_by("-value").values_list("value", flat=True)
    assert max(counter) == 109
    assert any(done)
    kept = list(CounterReading.objects.order_by("pk").values_list("value", flat=True))
    assert kept == sorted(kept)


def test_a_level_that_is_read_counts_and_low_ones_are_due(world: World) -> None:
    kind = kind_of(world)
    common: dict[str, Any] = {
        "device": world.device, "kind": kind, "contract": world.contract, "actor": world.engineer,
    }  # fmt: skip
    level_read(percent=90, at=day(0), **common)
    source = next(row for row in all_sources() if row.slug == "consumables_low")
    assert list(source.rows(world.contract, date(2024, 3, 18))) == []
    level_read(percent=10, at=day(5), **common)
    with pytest.raises(Invalid):
        level_read(percent=101, at=day(5), **common)
    due = list(source.rows(world.contract, date(2024, 3, 23)))
    assert [row.url for row in due] == [reverse("devices:consumable_tab", args=["WS-001"])]
    # A device that stands in the store runs out of nothing.
    Device.objects.filter(pk=world.device.pk).update(status="spare")
    assert list(source.rows(world.contract, date(2024, 3, 23))) == []


def test_a_kind_gives_itself_to_the_devices_of_its_categories_and_edits_refuse_old_versions(world: World) -> None:
    kind = kind_of(world)
    assert list(ConsumableFit.objects.values_list("device__code", "capacity")) == [("WS-001", 1000)]
    more_devices(world, 2)
    values = {
        name: getattr(kind, name)
        for name in ("name", "kind", "unit", "pages_per_unit", "metric", "supplied_by", "vendor")
    }
    values |= {"capacity": 800, "warn_percent": 30, "warn_days": 2, "min_stock": 0, "is_active": True}
    edit: dict[str, Any] = {
        "kind": kind, "contract": world.contract, "values": values, "categories": [world.category], "actor": world.manager,
        "at": day(1),
    }  # fmt: skip
    consumable_kind_edit(version_seen=1, **edit)
    # The new devices of the category have it as well, with what the kind says now.
    assert ConsumableFit.objects.filter(capacity=800).count() == 2
    with pytest.raises(Conflict):
        consumable_kind_edit(**edit | {"version_seen": 1, "values": values | {"capacity": 700}})
    fit = fit_of(world.device, kind)
    assert fit.capacity == 1000
    fit_edit(
        fit=fit, contract=world.contract, version_seen=1, values={"capacity": 400, "warn_percent": 50, "warn_days": 1},
        actor=world.engineer, at=day(1),
    )  # fmt: skip
    assert ConsumableFit.objects.get(device=world.device).capacity == 400
    other = make_world("b")
    with pytest.raises(NotFound):
        fit_of(other.device, kind)


def test_before_a_holiday_the_devices_that_stay_on_and_do_not_last_are_listed(world: World) -> None:
    """Qingming 2024: 4 to 6 April; the 7th is worked. Asked on Tuesday the 2nd: four days to the end, one of margin."""
    kind = stocked(world, 50)
    lasting, short, unknown, off = more_devices(world, 4)
    assert make_run_tasks() == 4
    assert make_run_tasks() == 0
    Device.objects.filter(pk=off.pk).update(power_policy="daily_off")
    off.refresh_from_db()
    for device, used in ((lasting, 20), (short, 110), (off, 110)):
        put_in(world, kind, clock("2024-03-22 09:00"), device=device)
        counter: dict[str, Any] = {
            "device": device,
            "metric": "pages",
            "contract": world.contract,
            "actor": world.engineer,
        }
        counter_read(value=1000, at=clock("2024-03-22 09:01"), **counter)
        counter_read(value=1000 + used * 7, at=clock("2024-03-29 09:00"), **counter)
    closure = coming_closures(world.contract, date(2024, 4, 2))[0]
    assert (closure.first_day, closure.last_day) == (date(2024, 4, 4), date(2024, 4, 6))
    loads = before_holiday(world.contract, closure.first_day, closure.last_day, today=date(2024, 4, 2))
    # The world's own device is switched off every evening, and so is `off`.
    assert [(row.fit.device.code, row.units, row.level.days) for row in loads] == [
        (short.code, 2, 0), (unknown.code, 2, None),
    ]  # fmt: skip
    assert loads[0].needed_days == 5
    put_in(world, kind, clock("2024-04-02 10:00"), device=short, load_for=closure.first_day)
    again = before_holiday(world.contract, closure.first_day, closure.last_day, today=date(2024, 4, 2))
    ticked = {row.fit.device.code: row.loaded_by for row in again}
    assert ticked == {short.code: "工程师甲", unknown.code: ""}
    with pytest.raises(Invalid):
        before_holiday(world.contract, date(2024, 4, 6), date(2024, 4, 4), today=date(2024, 4, 2))
    page = as_(world.supervisor).get("/devices/consumables/holiday/?first=2024-04-04&last=2024-04-06")
    assert page.status_code == 200
    assert (
        as_(world.supervisor).get("/devices/consumables/holiday/?first=2024-04-06&last=2024-04-04").status_code == 422
    )


def test_an_order_goes_from_the_call_to_the_replacement_and_measures_the_time_out_of_paper(world: World) -> None:
    kind = kind_of(world)
    order = order_of(world, kind, lines=[Wanted(world.device, kind, 2, START - timedelta(minutes=5))])
    assert order.number == "HH-20240318-0001"
    steps: dict[str, Any] = {"order": order, "actor": world.engineer}
    with pytest.raises(Invalid):
        consumable_order_arrive(arrived_at=START - timedelta(hours=1), at=day(1), **steps)
    consumable_order_promise(promised_at=START + timedelta(hours=1), reason="堵车", at=START, **steps)
    consumable_order_arrive(arrived_at=START + timedelta(minutes=20), at=START + timedelta(minutes=20), **steps)
    with pytest.raises(Conflict):
        consumable_order_promise(promised_at=START + timedelta(hours=2), reason="堵车", at=day(1), **steps)
    consumable_order_replace(
        replaced_at=START + timedelta(minutes=29), result="已换好", at=START + timedelta(minutes=30), **steps
    )
    change = ConsumableChange.objects.get()
    assert (change.order_id, change.quantity, change.out_minutes) == (order.pk, 2, 34)
    with pytest.raises(Conflict):
        consumable_order_cancel(reason="不需要", at=day(1), **steps)
    page = as_(world.leader).get(reverse("devices:consumable_order", args=[order.number])).content.decode()
    assert "34 / 30" in page
    other = order_of(world, kind, day(2))
    consumable_order_cancel(order=other, reason="机器停用", actor=world.manager, at=day(2))
    assert ConsumableOrder.objects.get(pk=other.pk).status == "cancelled"
    refused: list[dict[str, Any]] = [
        {"lines": []},
        {"lines": [Wanted(world.device, kind, 1), Wanted(world.device, kind, 2)]},
        {"called_at": day(9)},
        {"promised_at": day(-9)},
    ]
    for wrong in refused:
        with pytest.raises(Invalid):
            order_of(world, kind, **wrong)
    with pytest.raises(NotFound):
        order_of(world, kind, vendor=vendor_of(make_world("b")))


@pytest.mark.django_db(transaction=True)
def test_an_order_is_finished_once_however_many_finish_it() -> None:
    world = make_world()
    kind = kind_of(world)
    order = order_of(world, kind)

    def finish(_number: int) -> bool:
        try:
            own = ConsumableOrder.objects.select_related("contract").get(pk=order.pk)
            consumable_order_replace(order=own, replaced_at=day(0.1), result="换好", actor=world.engineer, at=day(0.1))
            return True
        except Conflict:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(finish, range(10)))
    assert outcomes.count(True) == 1
    assert ConsumableChange.objects.count() == 1


def test_pages_speak_both_languages_and_ask_no_more_for_more_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_clock, "now", lambda: day(12))
    kind = stocked(world, 1)
    put_in(world, kind, day(0))
    order_of(world, kind, day(11))
    pages = [
        "/devices/consumables/?state=low", "/devices/consumables/?q=ws", "/devices/consumables/kinds/",
        f"/devices/consumables/kinds/{kind.pk}/", "/devices/consumables/kinds/add/", "/devices/consumables/holiday/",
        "/devices/consumables/orders/?status=late", "/devices/consumables/orders/add/", "/devices/consumables/device/WS-001/",
    ]  # fmt: skip
    engineer = as_(world.engineer)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for page in pages:
                assert engineer.get(page, headers={"accept-language": language}).status_code == 200, page
    counted = []
    for more in (0, 30):
        for device in more_devices(world, more):
            put_in(world, kind, day(1), device=device)
        with CaptureQueriesContext(connection) as seen:
            assert engineer.get("/devices/consumables/").status_code == 200
        counted.append(len(seen))
    assert counted[1] <= counted[0]
    export = engineer.post("/devices/consumables/export/", {"format": "xlsx"})
    assert export["Content-Type"].endswith("sheet")
    assert as_(world.auditor).post("/devices/consumables/export/").status_code == 403
    assert as_(world.clerk).get("/devices/consumables/").status_code == 403
    refused = as_(world.supervisor).post(f"/devices/consumables/kinds/{kind.pk}/", {"what": "in", "quantity": 5})
    assert refused.status_code == 403
    moved = engineer.post(f"/devices/consumables/kinds/{kind.pk}/", {"what": "in", "quantity": "5", "seen": "1"})
    assert moved.status_code == 302
    assert ConsumableMovement.objects.latest("pk").change == 5


def test_an_unknown_level_is_said_to_be_unknown(world: World) -> None:
    kind_of(world)
    fit = ConsumableFit.objects.select_related("device", "kind").get()
    level = level_of(fit, today=date(2024, 3, 18), by_service=lambda first, last: (last - first).days)
    assert (level.state, level.left, level.percent, level.days) == ("unknown", None, None, None)
