"""Kinds of consumables, what fits where, replacements, levels and counters (附二.3)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contract.services.calendar import calendar_of
from core.errors import Conflict, Invalid, NotFound
from devices.models import (
    ConsumableChange,
    ConsumableFit,
    ConsumableKind,
    ConsumableMovement,
    ConsumableOrder,
    CounterReading,
    Device,
    DeviceCategory,
    DeviceCounter,
)
from devices.models.device import PowerPolicy
from devices.models.ledger import MovementKind
from devices.rules_consumables import (
    HISTORY_DAYS,
    Point,
    Reading,
    UseDays,
    days_of_use,
    forecast,
    warning_days,
)
from devices.services.common import check_input, fields_write, local_day, needed, optional, require_keeper
from devices.services.ledger import stock_count, stock_move
from parties.models import Contract, User
from records.models import Source
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write

MAX_AMOUNT = 10_000_000
KIND_FIELDS = (
    "name", "kind", "unit", "pages_per_unit", "metric", "supplied_by", "vendor", "capacity", "warn_percent", "warn_days",
    "min_stock", "is_active",
)  # fmt: skip


# ---- kinds


def _check_kind(hall_id: int, values: Mapping[str, Any], *, but: int = 0) -> None:
    twice = ConsumableKind.objects.filter(hall_id=hall_id, name=values["name"].strip()).exclude(pk=but).exists()
    vendor = values.get("vendor")
    check_input(
        {
            "name": _("There is one of this name already.") if twice else needed(values["name"], 60),
            "unit": needed(values["unit"], 8),
            "pages_per_unit": _amount(values["pages_per_unit"], 1),
            "capacity": _amount(values["capacity"], 1),
            "min_stock": _amount(values["min_stock"], 0),
            "warn_percent": "" if 0 <= int(values["warn_percent"]) <= 90 else _("Between 0 and 90."),
            "warn_days": "" if 0 <= int(values["warn_days"]) <= 60 else _("Between 0 and 60."),
            "vendor": _("There is no such vendor in this hall.") if vendor and vendor.hall_id != hall_id else "",
        }
    )


def _amount(value: Any, least: int) -> str:
    return (
        ""
        if isinstance(value, int) and least <= value <= MAX_AMOUNT
        else _("Between %(low)s and %(high)s.") % {"low": least, "high": MAX_AMOUNT}
    )


@transaction.atomic
def consumable_kind_create(
    *,
    contract: Contract,
    values: Mapping[str, Any],
    categories: Sequence[DeviceCategory],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> ConsumableKind:
    """Add a kind and say which categories use it; their devices get it at once. Raises Invalid and NotAllowed."""
    require_keeper(actor, contract, source=source)
    _check_kind(contract.hall_id, values)
    _check_categories(contract, categories)
    clean = {name: values[name] for name in KIND_FIELDS if name in values}
    try:
        with transaction.atomic():
            kind = ConsumableKind.objects.create(hall_id=contract.hall_id, **{**clean, "name": clean["name"].strip()})
    except IntegrityError as error:
        raise Conflict(_("There is one of this name already.")) from error
    kind.categories.set(categories)
    audit_write(
        contract=contract, subject=kind, verb="create", actor=actor, at=at, source=source,
        after={**clean, "categories": [row.code for row in categories]},
    )  # fmt: skip
    _fit_categories(kind, categories)
    return kind


@transaction.atomic
def consumable_kind_edit(
    *,
    kind: ConsumableKind,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    categories: Sequence[DeviceCategory],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> ConsumableKind:
    """Change a kind; never its stock. Raises Conflict when somebody else was quicker."""
    require_keeper(actor, contract, source=source)
    _check_kind(kind.hall_id, values, but=kind.pk)
    _check_categories(contract, categories)
    clean = {name: values[name] for name in KIND_FIELDS if name in values}
    before = sorted(kind.categories.values_list("code", flat=True))
    fields_write(kind, clean, contract=contract, actor=actor, at=at, source=source, version_seen=version_seen)
    after = sorted(row.code for row in categories)
    if before != after:
        kind.categories.set(categories)
        audit_write(
            contract=contract, subject=kind, verb="edit", actor=actor, at=at, source=source,
            before={"categories": before}, after={"categories": after},
        )  # fmt: skip
    _fit_categories(kind, categories)
    return kind


def _check_categories(contract: Contract, categories: Sequence[DeviceCategory]) -> None:
    if any(row.hall_id != contract.hall_id for row in categories):
        raise NotFound(_("There is no such category in this hall."))


def _fit_categories(kind: ConsumableKind, categories: Sequence[DeviceCategory]) -> None:
    """Give the kind to every device of its categories that has not got it; what a device has of its own stays."""
    devices = Device.objects.filter(category__in=categories).exclude(consumables__kind=kind)
    ConsumableFit.objects.bulk_create(
        [_new_fit(pk, kind) for pk in devices.values_list("pk", flat=True)], ignore_conflicts=True
    )


@transaction.atomic
def fits_complete() -> int:
    """Give every kind to devices that came into one of its categories since; returns how many are new. Safe to repeat."""
    before = ConsumableFit.objects.count()
    for kind in ConsumableKind.objects.filter(is_active=True).prefetch_related("categories").order_by("pk"):
        _fit_categories(kind, list(kind.categories.all()))
    return ConsumableFit.objects.count() - before


def _new_fit(device_id: int, kind: ConsumableKind) -> ConsumableFit:
    return ConsumableFit(
        device_id=device_id,
        kind=kind,
        capacity=kind.capacity,
        warn_percent=kind.warn_percent,
        warn_days=kind.warn_days,
    )


@transaction.atomic
def fit_edit(
    *,
    fit: ConsumableFit,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> ConsumableFit:
    """Say what one device holds and when to warn; its history is the device's. Raises Invalid and Conflict."""
    require_keeper(actor, contract, source=source)
    check_input(
        {
            "capacity": _amount(values["capacity"], 1),
            "warn_percent": "" if 0 <= int(values["warn_percent"]) <= 90 else _("Between 0 and 90."),
            "warn_days": "" if 0 <= int(values["warn_days"]) <= 60 else _("Between 0 and 60."),
        }
    )
    fields_write(
        fit, values, contract=contract, actor=actor, at=at, source=source, version_seen=version_seen, subject=fit.device
    )
    levels_refresh([fit], contract=contract, at=at)
    return fit


def fit_of(device: Device, kind: ConsumableKind) -> ConsumableFit:
    """What is known of a kind in a device; made when the device never had it. Raises Invalid for a kind that does not belong."""
    if kind.hall_id != device.hall_id:
        raise NotFound(_("There is no such consumable in this hall."))
    fit = ConsumableFit.objects.filter(device=device, kind=kind).first()
    if fit is None:
        ConsumableFit.objects.bulk_create([_new_fit(device.pk, kind)], ignore_conflicts=True)
        fit = ConsumableFit.objects.get(device=device, kind=kind)
    fit.device, fit.kind = device, kind
    return fit


# ---- stock


@transaction.atomic
def stock_receive(
    *,
    kind: ConsumableKind,
    contract: Contract,
    quantity: int,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> ConsumableMovement:
    """Put units into the store."""
    require_keeper(actor, contract, source=source)
    _check_quantity(quantity)
    return stock_move(
        ConsumableMovement, item=kind, kind=MovementKind.RECEIVED, change=quantity, contract=contract, actor=actor, at=at,
        source=source, reason=reason,
    )  # fmt: skip


@transaction.atomic
def stock_adjust(
    *,
    kind: ConsumableKind,
    contract: Contract,
    change: int,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> ConsumableMovement:
    """Correct the stock by so many, up or down, with a reason. Raises Conflict when fewer are there."""
    require_keeper(actor, contract, source=source)
    if abs(change) > MAX_AMOUNT:
        _check_quantity(abs(change))
    return stock_move(
        ConsumableMovement, item=kind, kind=MovementKind.ADJUSTED, change=change, contract=contract, actor=actor, at=at,
        source=source, reason=reason,
    )  # fmt: skip


@transaction.atomic
def stock_counted(
    *,
    kind: ConsumableKind,
    contract: Contract,
    counted: int,
    seen: int,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> ConsumableMovement:
    """Enter what a count of the store has found. Raises Conflict when something moved meanwhile."""
    require_keeper(actor, contract, source=source)
    if counted > MAX_AMOUNT:
        _check_quantity(counted)
    return stock_count(
        ConsumableMovement, item=kind, counted=counted, seen=seen, contract=contract, actor=actor, at=at, source=source,
        reason=reason,
    )  # fmt: skip


def _check_quantity(quantity: int) -> None:
    check_input({"quantity": _amount(quantity, 1)})


# ---- in the device


@transaction.atomic
def consumable_change(
    *,
    device: Device,
    kind: ConsumableKind,
    contract: Contract,
    quantity: int,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    old: str = ConsumableChange.Old.EMPTY,
    left_percent: int | None = None,
    from_stock: bool = False,
    reading: int | None = None,
    new_meter: bool = False,
    reason: str = "",
    out_since: datetime | None = None,
    order: ConsumableOrder | None = None,
    load_for: date | None = None,
    note: str = "",
    photos: Sequence[PreparedImage] = (),
) -> ConsumableChange:
    """Put `quantity` units into a device in one act: stock, counter, level, history and photo together (附二.3).

    `left_percent` is what the old one still had, of what the device holds. Raises Invalid, NotAllowed, Conflict (stock).
    """
    require_keeper(actor, contract, source=source)
    check_input(
        {
            "quantity": _amount(quantity, 1),
            "left_percent": "" if left_percent is None or 0 <= left_percent <= 100 else _("Between 0 and 100."),
            "out_since": _("This lies in the future.") if out_since is not None and out_since > at else "",
            "note": optional(note, 200),
        }
    )
    fit = fit_of(device, kind)
    capacity = fit.capacity
    before: int | None = 0
    if old == ConsumableChange.Old.PARTLY:
        before = None if left_percent is None else round(capacity * left_percent / 100)
    put_in = quantity * kind.pages_per_unit
    after = capacity if before is None else min(capacity, before + put_in)
    if from_stock:
        stock_move(
            ConsumableMovement, item=kind, kind=MovementKind.ISSUED, change=-quantity, contract=contract, actor=actor, at=at,
            source=source, reason=note, device=device,
        )  # fmt: skip
    change = ConsumableChange.objects.create(
        contract=contract, fit=fit, quantity=quantity, old=old, left_before=before, left_after=after, out_since=out_since,
        from_stock=from_stock, order=order, load_for=load_for, note=note.strip(), actor=actor, at=at,
    )  # fmt: skip
    if reading is not None:
        if not kind.metric:
            raise Invalid(
                _("This consumable has no counter."), fields={"reading": _("This consumable has no counter.")}
            )
        counter_read(
            device=device, metric=kind.metric, value=reading, contract=contract, actor=actor, at=at, source=source,
            new_meter=new_meter, reason=reason, refresh=False,
        )  # fmt: skip
    audit_write(
        contract=contract, subject=device, verb="consumable_change", actor=actor, at=at, source=source,
        after={
            "kind": kind, "quantity": quantity, "unit": kind.unit, "old": str(old), "from_stock": from_stock, "reading": reading,
            "out_since": out_since, "order": order.number if order else "",
        },
        reason=note,
    )  # fmt: skip
    if photos:
        attachments_store(photos, contract=contract, subject=change, actor=actor, at=at, source=source)
    _refresh_device(device, contract=contract, at=at)
    return change


@transaction.atomic
def level_read(
    *,
    device: Device,
    kind: ConsumableKind,
    contract: Contract,
    percent: int,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    note: str = "",
) -> ConsumableChange:
    """Enter how full a device still is (0–100 %), without putting anything in."""
    require_keeper(actor, contract, source=source)
    check_input({"percent": "" if 0 <= percent <= 100 else _("Between 0 and 100."), "note": optional(note, 200)})
    fit = fit_of(device, kind)
    left = round(fit.capacity * percent / 100)
    change = ConsumableChange.objects.create(
        contract=contract, fit=fit, quantity=0, old=ConsumableChange.Old.LOOKED, left_before=left, left_after=left,
        note=note.strip(), actor=actor, at=at,
    )  # fmt: skip
    levels_refresh([fit], contract=contract, at=at)
    return change


@transaction.atomic
def counter_read(
    *,
    device: Device,
    metric: str,
    value: int,
    contract: Contract,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    new_meter: bool = False,
    reason: str = "",
    refresh: bool = True,
) -> CounterReading:
    """Enter a counter's reading. It never goes back, unless the meter was replaced and somebody says why.

    The claim is one UPDATE that asks for the reading before: of two who enter at one moment the lower one is refused (Invalid).
    """
    require_keeper(actor, contract, source=source)
    check_input(
        {
            "reading": ""
            if 0 <= value < 10**12
            else _("Between %(low)s and %(high)s.") % {"low": 0, "high": 10**12 - 1},
            "reason": needed(reason, 200, _("Please say why the meter was replaced."))
            if new_meter
            else optional(reason, 200),
        }
    )
    if at.tzinfo is None:
        raise ValueError("a reading needs an aware instant")
    DeviceCounter.objects.bulk_create(
        [DeviceCounter(device=device, metric=metric, value=0, read_at=datetime.fromtimestamp(0, at.tzinfo))],
        ignore_conflicts=True,
    )
    counter = DeviceCounter.objects.get(device=device, metric=metric)
    rows = DeviceCounter.objects.filter(pk=counter.pk, read_at__lte=at)
    if not new_meter:
        rows = rows.filter(value__lte=value)
    if not rows.update(value=value, read_at=at):
        counter.refresh_from_db()
        message = _(
            "The counter stood at %(value)s already. If the meter was replaced, please say so with the reason."
        ) % {"value": counter.value}
        raise Invalid(message, fields={"reading": message})
    was = counter.value
    reading = CounterReading.objects.create(
        counter=counter, value=value, is_new_meter=new_meter, reason=reason.strip(), actor=actor, at=at
    )
    if new_meter:
        audit_write(
            contract=contract, subject=device, verb="meter_replace", actor=actor, at=at, source=source,
            before={metric: was}, after={metric: value}, reason=reason,
        )  # fmt: skip
    if refresh:
        _refresh_device(device, contract=contract, at=at)
    return reading


# ---- how long it lasts


def service_days(contract: Contract) -> UseDays:
    """Days with service after one day up to another, by the contract's calendar; every day where there is none yet."""
    try:
        calendar = calendar_of(contract)
    except Invalid:
        return lambda first, last: max((last - first).days, 0)

    def between(first: date, last: date) -> int:
        return sum(day.has_service for day in calendar.days(first + timedelta(days=1), last))

    return between


def use_days_of(device: Device, by_service: UseDays) -> UseDays:
    """How a device's days of use are counted."""
    return days_of_use(device.power_policy == PowerPolicy.ALWAYS_ON, by_service)


def _refresh_device(device: Device, *, contract: Contract, at: datetime) -> None:
    fits = list(ConsumableFit.objects.filter(device=device, is_active=True).select_related("kind", "device"))
    levels_refresh(fits, contract=contract, at=at)


def levels_refresh(fits: Iterable[ConsumableFit], *, contract: Contract, at: datetime) -> None:
    """Reckon level, rate and days anew for some fits, from what was entered in the last half year: three statements for all."""
    rows = list(fits)
    since = at - timedelta(days=HISTORY_DAYS)
    points: dict[int, list[Point]] = {}
    for change in ConsumableChange.objects.filter(fit__in=rows, at__gte=since).order_by("at", "pk"):
        point = Point(change.at, local_day(change.at), change.left_before, change.left_after)
        points.setdefault(change.fit_id, []).append(point)
    readings: dict[tuple[int, str], list[Reading]] = {}
    entered = CounterReading.objects.filter(counter__device__in={row.device_id for row in rows}, at__gte=since)
    for reading in entered.select_related("counter").order_by("at", "pk"):
        key = (reading.counter.device_id, reading.counter.metric)
        readings.setdefault(key, []).append(
            Reading(reading.at, local_day(reading.at), reading.value, reading.is_new_meter)
        )
    by_service = service_days(contract)
    for fit in rows:
        use_days = use_days_of(fit.device, by_service)
        found = forecast(points.get(fit.pk, []), readings.get((fit.device_id, fit.kind.metric), []), use_days)
        day = local_day(found.level_at) if found.level_at else None
        fit.level, fit.level_at, fit.rate = found.level, found.level_at, found.rate
        fit.low_on, fit.empty_on = warning_days(found, day, fit.capacity, fit.warn_percent, fit.warn_days, use_days)
    ConsumableFit.objects.bulk_update(rows, ["level", "level_at", "rate", "low_on", "empty_on"], batch_size=200)
