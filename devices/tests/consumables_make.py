"""Consumables and run data for tests, made by the services as the product makes them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.clock import SHANGHAI
from devices.models import ConsumableKind, ConsumableOrder, Device, DeviceCategory, RunMetric, RunTask
from devices.services.consumable_orders import Wanted, consumable_order_create
from devices.services.consumables import consumable_change, consumable_kind_create, stock_receive
from devices.services.run_data import run_metric_create, run_tasks_make, run_values_enter
from parties.models import Vendor
from tests.make import World

START = datetime(2024, 3, 18, 1, 0, tzinfo=UTC)
"""A Monday, 09:00 in the hall. 2024-04-04 to 06 is a holiday; 2024-04-07 is a Sunday that is worked."""
MONTH = date(2024, 3, 1)


def day(number: float) -> datetime:
    """So many days after START."""
    return START + timedelta(days=number)


def clock(text: str) -> datetime:
    """An instant by the hall's clock, e.g. "2024-04-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def vendor_of(world: World) -> Vendor:
    known = Vendor.objects.filter(hall=world.contract.hall).first()
    return known or Vendor.objects.create(hall=world.contract.hall, name=f"打印租赁商{world.tag}")


def kind_of(world: World, name: str = "A4复印纸", **given: Any) -> ConsumableKind:
    """Paper for the category of the world's device: packs of 500, two fill it."""
    values = {
        "name": f"{name}{world.tag}", "kind": "paper", "unit": "包", "pages_per_unit": 500, "capacity": 1000, "metric": "pages",
        "supplied_by": "contractor", "vendor": None, "min_stock": 2, "warn_percent": 20, "warn_days": 3, "is_active": True,
    }  # fmt: skip
    return consumable_kind_create(
        contract=world.contract, values=values | given, categories=[world.category], actor=world.engineer, at=START
    )


def stocked(world: World, count: int = 10, **given: Any) -> ConsumableKind:
    kind = kind_of(world, **given)
    stock_receive(kind=kind, contract=world.contract, quantity=count, actor=world.engineer, at=START)
    return kind


def put_in(world: World, kind: ConsumableKind, at: datetime, quantity: int = 2, **given: Any) -> Any:
    usual: dict[str, Any] = {
        "device": world.device, "kind": kind, "contract": world.contract, "quantity": quantity, "actor": world.engineer, "at": at,
    }  # fmt: skip
    return consumable_change(**usual | given)


def order_of(world: World, kind: ConsumableKind, at: datetime = START, **given: Any) -> ConsumableOrder:
    usual: dict[str, Any] = {
        "contract": world.contract, "vendor": vendor_of(world), "lines": [Wanted(world.device, kind, 2)], "called_at": at,
        "promised_at": at + timedelta(minutes=30), "actor": world.engineer, "at": at,
    }  # fmt: skip
    return consumable_order_create(**usual | given)


def more_devices(world: World, count: int, category: DeviceCategory | None = None) -> list[Device]:
    rows = [
        Device(
            hall=world.contract.hall, code=f"KS-{number:03d}{world.tag}", short_code=f"KS{number:03d}{world.tag}"[:8].upper(),
            name=f"自助终端{number}{world.tag}", category=category or world.category, place=world.place, power_policy="always_on",
        )
        for number in range(1, count + 1)
    ]  # fmt: skip
    return Device.objects.bulk_create(rows)


def metrics_of(world: World) -> tuple[RunMetric, RunMetric]:
    """Hours on and pages printed of the world's category."""
    made = [
        run_metric_create(
            contract=world.contract, category=world.category, name=f"{name}{world.tag}", unit=unit, kind=kind, position=position,
            actor=world.manager, at=START,
        )
        for position, (name, unit, kind) in enumerate((("开机时长", "小时", "hours"), ("打印量", "页", "count")))
    ]  # fmt: skip
    return made[0], made[1]


def task_of(world: World, month: date = MONTH) -> RunTask:
    run_tasks_make(world.contract, month=month, at=day(20))
    return RunTask.objects.get(category=world.category, month=month)


def enter(world: World, task: RunTask, entries: dict[Any, Any], at: datetime | None = None, **given: Any) -> int:
    task.refresh_from_db()
    usual: dict[str, Any] = {
        "task": task, "contract": world.contract, "version_seen": task.version, "entries": entries, "actor": world.engineer,
        "at": at or day(20),
    }  # fmt: skip
    return run_values_enter(**usual | given)


def consumables_there(world: World) -> None:
    """A kind in stock and in a device, an order, and a month of run data; each with the hall's mark."""
    kind = stocked(world)
    put_in(world, kind, START, note=f"{world.tag}补纸")
    order_of(world, kind, note=f"{world.tag}来电")
    metric = metrics_of(world)[0]
    enter(world, task_of(world), {(world.device.pk, metric.pk): Decimal(200)})


def consumables_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route with parameters of the room: for something of that hall, and for nothing at all."""
    kind = ConsumableKind.objects.get(hall=world.contract.hall)
    fit = kind.fits.get(device=world.device)
    task = RunTask.objects.get(category=world.category)
    order = ConsumableOrder.objects.get(contract=world.contract)
    metric = RunMetric.objects.filter(category=world.category).earliest("pk")
    code = world.device.code
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"devices:{name}": ({"pk": pk}, {"pk": nowhere})
        for pk, names in (
            (kind.pk, "consumable_kind consumable_kind_edit"),
            (fit.changes.latest("pk").pk, "consumable_change_photos"),
            (task.pk, "run_month run_sheet run_template run_import run_export"),
            (metric.pk, "run_metric_switch"),
        )
        for name in names.split()
    }
    table |= {
        f"devices:{name}": ({"number": order.number}, {"number": f"HH-{world.tag}-20240318-9999"})
        for name in ("consumable_order", "consumable_order_sheet")
    }
    table["devices:consumable_order_act"] = (
        {"number": order.number, "verb": "arrive"},
        {"number": f"HH-{world.tag}-20240318-9999", "verb": "arrive"},
    )
    for name in ("consumable_tab", "consumable_change"):
        table[f"devices:{name}"] = ({"code": code}, {"code": "NIX-001"})
    table["devices:consumable_fit"] = ({"code": code, "pk": fit.pk}, {"code": "NIX-001", "pk": nowhere})
    table["devices:run_device"] = (
        {"pk": task.pk, "device_id": world.device.pk},
        {"pk": nowhere, "device_id": nowhere},
    )
    return table
