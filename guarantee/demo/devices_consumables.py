"""Paper and ink of the demo: kinds with stock, eight weeks of counters and replacements, calls to vendors, run data."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from core.clock import SHANGHAI
from core.roles import ENGINEER
from devices.models import (
    ConsumableChange,
    ConsumableFit,
    CounterReading,
    Device,
    DeviceCategory,
    DeviceCounter,
    RunMetric,
    RunTask,
    RunValue,
)
from devices.models.device import PowerPolicy
from devices.rules_consumables import hours_of_month, month_before
from devices.services.common import local_day
from devices.services.consumable_orders import (
    Wanted,
    consumable_order_arrive,
    consumable_order_create,
    consumable_order_replace,
)
from devices.services.consumables import consumable_kind_create, levels_refresh, stock_receive
from devices.services.run_data import run_metric_create, run_tasks_make
from parties.models import Contract, User, Vendor
from parties.querysets import people_with_role
from records.models import Source

WEEKS = 8
MONTHS = 4
# Name, sort, unit, pages a unit, pages when full, counter, who supplies, categories, in store, lowest stock, (least, most) pages a day.
KINDS = (
    ("A4复印纸 70g", "paper", "包", 500, 1000, "pages", "vendor", ("PR", "MF"), 46, 20, (60, 140)),
    ("黑色粉盒", "toner", "支", 2600, 2600, "pages", "vendor", ("PR", "MF"), 3, 4, (60, 140)),
    ("80mm热敏纸", "thermal", "卷", 600, 1200, "tickets", "contractor", ("QM",), 32, 12, (90, 170)),
    ("证照专用纸", "paper", "包", 100, 200, "", "client", ("KS",), 18, 10, (4, 14)),
    ("彩色墨盒", "ink", "支", 900, 900, "pages", "vendor", ("KS",), 6, 4, (15, 45)),
)
METRICS = (
    ("KS", "开机时长", "小时", "hours"),
    ("KS", "办件量", "件", "count"),
    ("KS", "打印量", "页", "count"),
    ("PR", "开机时长", "小时", "hours"),
    ("PR", "打印量", "页", "count"),
)


def keep_consumables(contract: Contract, *, seed: int, until: datetime) -> int:
    """Fill the store, live eight weeks of paper and ink, call vendors, enter run data; returns how many devices use something."""
    rng = random.Random(f"{seed}:consumables")
    engineer = people_with_role(contract, ENGINEER, on=local_day(until))[0]
    _kinds(contract, engineer, until)
    fits = list(
        ConsumableFit.objects.filter(device__hall=contract.hall).select_related("device", "kind").order_by("pk")
    )
    _weeks(contract, fits, engineer, until, rng)
    levels_refresh(fits, contract=contract, at=until)
    _orders(contract, fits, engineer, until)
    _run_data(contract, engineer, until, rng)
    return len({fit.device_id for fit in fits})


def _kinds(contract: Contract, engineer: User, until: datetime) -> None:
    start = until - timedelta(weeks=WEEKS, days=1)
    categories = {row.code: row for row in DeviceCategory.objects.filter(hall=contract.hall)}
    vendor = Vendor.objects.filter(hall=contract.hall, service_scope__contains="打印").first()
    for name, kind, unit, pages, capacity, metric, supplied_by, used_by, stock, least, _rate in KINDS:
        values = {
            "name": name, "kind": kind, "unit": unit, "pages_per_unit": pages, "capacity": capacity, "metric": metric,
            "supplied_by": supplied_by, "vendor": vendor if supplied_by == "vendor" else None, "min_stock": least, "warn_percent": 20,
            "warn_days": 3, "is_active": True,
        }  # fmt: skip
        row = consumable_kind_create(
            contract=contract, values=values, categories=[categories[code] for code in used_by], actor=engineer, at=start,
            source=Source.DEMO,
        )  # fmt: skip
        stock_receive(
            kind=row, contract=contract, quantity=stock, actor=engineer, at=start, source=Source.DEMO, reason="期初入库"
        )


def _weeks(
    contract: Contract, fits: Sequence[ConsumableFit], engineer: User, until: datetime, rng: random.Random
) -> None:
    """Every Monday the counters are read; a device is filled whenever what it holds would not last a week."""
    rates = {row[0]: row[-1] for row in KINDS}
    mondays = [
        local_day(until) - timedelta(days=local_day(until).weekday(), weeks=back) for back in range(WEEKS, -1, -1)
    ]
    counters: dict[tuple[int, str], DeviceCounter] = {}
    per_day: dict[int, int] = {}
    changes: list[ConsumableChange] = []
    readings: list[CounterReading] = []
    for fit in fits:
        least, most = rates[fit.kind.name]
        rate = per_day.setdefault(fit.device_id, rng.randint(least, most))
        days = 7 if fit.device.power_policy == PowerPolicy.ALWAYS_ON else 5
        left = fit.capacity
        quiet = rng.random() < 0.06
        for week, monday in enumerate(mondays):
            at = _at(monday, 9, rng.randint(0, 50))
            if at > until:
                break
            if week == 0 or left < rate * days * 1.5:
                quantity = max(1, round((fit.capacity - left) / fit.kind.pages_per_unit))
                if not (quiet and week):
                    changes.append(
                        ConsumableChange(
                            contract=contract,
                            fit=fit,
                            quantity=quantity,
                            old=ConsumableChange.Old.PARTLY,
                            left_before=max(left, 0),
                            left_after=fit.capacity,
                            actor=engineer,
                            at=at,
                        )
                    )
                left = fit.capacity
            left = max(0, left - rate * days)
        if fit.kind.metric and (fit.device_id, fit.kind.metric) not in counters:
            counter = counters[fit.device_id, fit.kind.metric] = DeviceCounter(
                device=fit.device, metric=fit.kind.metric, value=rng.randint(20_000, 90_000), read_at=until
            )
            for monday in mondays:
                at = _at(monday, 9, 55)
                if at <= until and not quiet:
                    counter.value += rate * days
                    readings.append(CounterReading(counter=counter, value=counter.value, actor=engineer, at=at))
                    counter.read_at = at
    DeviceCounter.objects.bulk_create(counters.values())
    for reading in readings:
        reading.counter_id = reading.counter.pk
    CounterReading.objects.bulk_create(readings)
    ConsumableChange.objects.bulk_create(changes)


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def _orders(contract: Contract, fits: Sequence[ConsumableFit], engineer: User, until: datetime) -> None:
    """Four calls: one replaced in time, one late, one whose people have just come, one that waits."""
    wanted = [fit for fit in fits if fit.device.power_policy == PowerPolicy.ALWAYS_ON]
    plan = ((16, 22, "replaced"), (9, 47, "replaced"), (1, 0, "arrived"), (0, 0, "called"))
    for (days, minutes, end), fit in zip(plan, wanted[::3], strict=False):
        called = until - timedelta(days=days, minutes=95)
        vendor = fit.kind.vendor or fit.device.vendor
        if vendor is None:
            continue
        noticed = called - timedelta(minutes=4) if minutes else None
        order = consumable_order_create(
            contract=contract, vendor=vendor, lines=[Wanted(fit.device, fit.kind, 1, noticed)], called_at=called,
            promised_at=called + timedelta(minutes=60 if end == "called" else 30), actor=engineer, at=called, spoke_to="联系人",
            source=Source.DEMO,
        )  # fmt: skip
        if end == "called":
            continue
        arrived = called + timedelta(minutes=max(minutes - 10, 8))
        consumable_order_arrive(order=order, arrived_at=arrived, actor=engineer, at=arrived, source=Source.DEMO)
        if end == "replaced" and noticed is not None:
            done = noticed + timedelta(minutes=minutes)
            consumable_order_replace(
                order=order,
                replaced_at=done,
                result="已补纸并试打一页，正常",
                actor=engineer,
                at=done,
                source=Source.DEMO,
            )


def _run_data(contract: Contract, engineer: User, until: datetime, rng: random.Random) -> None:
    """Three whole months, and last month half entered for the kiosks."""
    categories = {row.code: row for row in DeviceCategory.objects.filter(hall=contract.hall)}
    start = until - timedelta(weeks=WEEKS)
    for position, (code, name, unit, kind) in enumerate(METRICS):
        run_metric_create(
            contract=contract, category=categories[code], name=name, unit=unit, kind=kind, position=position, actor=None,
            at=start, source=Source.DEMO,
        )  # fmt: skip
    newest = month_before(local_day(until))
    for back in range(MONTHS - 1, -1, -1):
        run_tasks_make(contract, month=month_before(newest, back), at=until, source=Source.DEMO)
    metrics: dict[int, list[RunMetric]] = {}
    for metric in RunMetric.objects.filter(category__hall=contract.hall).order_by("position"):
        metrics.setdefault(metric.category_id, []).append(metric)
    devices: dict[int, list[Device]] = {}
    for device in Device.objects.filter(category__in=metrics).exclude(status="spare").order_by("code"):
        devices.setdefault(device.category_id, []).append(device)
    usual = {device.pk: rng.uniform(0.6, 1.4) for rows in devices.values() for device in rows}
    values: list[RunValue] = []
    for task in RunTask.objects.filter(contract=contract).order_by("month", "category_id"):
        rows = devices.get(task.category_id, [])
        open_yet = task.month == newest and task.category_id == categories["KS"].pk
        entered_at = min(_at(task.due_on, 10, 0), until)
        values.extend(
            RunValue(
                task=task,
                device=device,
                metric=metric,
                value=_figure(device, metric, task, usual, rng),
                entered_by=engineer,
                at=entered_at,
            )
            for device in (rows[: len(rows) - 4] if open_yet else rows)
            for metric in metrics[task.category_id]
        )
        if not open_yet:
            task.done_at = entered_at
            task.save(update_fields=["done_at"])
    RunValue.objects.bulk_create(values)


def _figure(device: Device, metric: RunMetric, task: RunTask, usual: dict[int, float], rng: random.Random) -> Decimal:
    swing = usual[device.pk] * rng.uniform(0.85, 1.15)
    if metric.kind == "hours":
        most = hours_of_month(task.month)
        return Decimal(
            most - rng.randint(0, 12) if device.power_policy == PowerPolicy.ALWAYS_ON else rng.randint(185, 215)
        )
    return Decimal(round((260 if metric.name == "办件量" else 1800) * swing))
