"""Spare parts: entered and changed, moved, counted, and a wrong movement set right by its counter-movement (附三.4)c)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from devices.models import Device, Loan, SpareMove, SparePart, StockMovement
from devices.rules_spares import NEEDS_DEVICE, NEEDS_REASON, Entry, ledger_complaints, signed_change
from devices.services.common import check_input, fields_write, local_day, needed, optional, require_keeper
from devices.services.ledger import stock_count, stock_move
from parties.models import Contract, Hall, User
from records.models import Source
from records.services.audit import audit_write

MAX_QUANTITY = 100_000
MAX_PRICE = Decimal("99999999.99")
FIELDS = ("code", "name", "model", "unit", "category", "min_stock", "place", "shelf", "price", "remark", "is_active")
"""What a form may set; the stock is none of it."""


@transaction.atomic
def part_add(
    *,
    hall: Hall,
    contract: Contract,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    batch: str = "",
) -> SparePart:
    """Enter a kind of part, with an empty stock. Raises NotAllowed, Invalid (also for a code that is taken)."""
    require_keeper(actor, contract, source=source)
    given = {name: values[name] for name in FIELDS if name in values}
    _check(hall, given)
    try:
        with transaction.atomic():
            part = SparePart.objects.create(hall=hall, created_at=at, updated_at=at, **given)
    except IntegrityError:
        raise _taken() from None
    _mark_low(part, at)
    audit_write(
        contract=contract, subject=part, verb="create", actor=actor, at=at, source=source, after=given, batch=batch
    )
    return part


@transaction.atomic
def part_edit(
    *,
    part: SparePart,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> SparePart:
    """Change what a part is called, where it is kept, how few there may be. Raises NotAllowed, Invalid, Conflict."""
    require_keeper(actor, contract, source=source)
    given = {name: values[name] for name in FIELDS if name in values}
    _check(part.hall, given)
    try:
        with transaction.atomic():
            fields_write(
                part, given, contract=contract, actor=actor, at=at, source=source, reason=reason, version_seen=version_seen
            )  # fmt: skip
    except IntegrityError:
        raise _taken() from None
    _mark_low(part, at)
    return part


@transaction.atomic
def part_move(
    *,
    part: SparePart,
    contract: Contract,
    kind: str,
    quantity: int,
    actor: User | None,
    at: datetime,
    reason: str = "",
    device: Device | None = None,
    loan: Loan | None = None,
    document: str = "",
    source: str = Source.PAGE,
    batch: str = "",
) -> StockMovement:
    """Receive, issue, put back, write off or correct: `quantity` pieces (signed for a correction only).

    However many do so at once, the stock never goes below zero and stays the sum of its movements.
    Raises NotAllowed, Invalid, and Conflict when not enough is left.
    """
    require_keeper(actor, contract, source=source)
    _check_move(kind, quantity, reason, device, document)
    if device is not None and device.hall_id != part.hall_id:
        raise Invalid(
            _("There is no such device in this hall."), fields={"device": _("There is no such device in this hall.")}
        )
    movement = stock_move(
        StockMovement,
        item=part,
        kind=kind,
        change=signed_change(kind, quantity),
        contract=contract,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        batch=batch,
        device=device,
        loan=loan,
        document=document.strip(),
    )
    _mark_low(part, at)
    if device is not None:
        audit_write(
            contract=contract,
            subject=device,
            verb="spare_move",
            actor=actor,
            at=at,
            source=source,
            after={"part": part, "movement": kind, "quantity": quantity, "document": document},
            reason=reason,
            batch=batch,
        )
    return movement


@transaction.atomic
def movement_reverse(
    *,
    movement: StockMovement,
    contract: Contract,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> StockMovement:
    """Set a wrong movement right by its opposite; the wrong one stays in the ledger and can be reversed once only.

    Raises NotAllowed, Invalid (no reason, or a movement that belongs to a loan), Conflict (reversed already, not enough left).
    """
    require_keeper(actor, contract, source=source)
    check_input({"reason": needed(reason, 200)})
    if movement.kind in (SpareMove.LENT, SpareMove.GIVEN_BACK):
        raise Invalid(_("This movement belongs to a loan. Please give the loan back instead."))
    if movement.kind == SpareMove.REVERSED:
        raise Invalid(_("A reversal is not reversed again. Please enter the movement anew."))
    if movement.change == 0:
        raise Invalid(_("This count changed nothing."))
    part = movement.item
    try:
        with transaction.atomic():
            counter = stock_move(
                StockMovement,
                item=part,
                kind=SpareMove.REVERSED,
                change=-movement.change,
                contract=contract,
                actor=actor,
                at=at,
                source=source,
                reason=reason,
                device=movement.device,
                reverses=movement,
            )
    except IntegrityError:
        raise Conflict(_("This movement was reversed already.")) from None
    _mark_low(part, at)
    return counter


@dataclass(frozen=True)
class Counted:
    """One line of a count: how many were found, and how many the page showed when the counting began."""

    part: SparePart
    seen: int
    counted: int
    reason: str = ""


@transaction.atomic
def count_enter(
    *,
    contract: Contract,
    lines: Sequence[Counted],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    document: str = "",
) -> list[StockMovement]:
    """Enter a count of the store, all lines or none, under one batch; a difference needs its reason.

    Raises NotAllowed, Invalid, and Conflict when a part has moved since the page was opened; `fields` names the part by its id.
    """
    require_keeper(actor, contract, source=source)
    if not lines:
        raise Invalid(_("Please enter what was counted for one part at least."))
    wrong = {}
    for line in lines:
        if not 0 <= line.counted <= MAX_QUANTITY:
            wrong[f"counted_{line.part.pk}"] = _("Please enter how many.")
        elif line.counted != line.seen and not line.reason.strip():
            wrong[f"reason_{line.part.pk}"] = _("Please say why the count differs.")
    check_input(wrong)
    batch = uuid4().hex
    done = []
    # In one order for everybody, so that two counts at once wait for each other and never for ever.
    for line in sorted(lines, key=lambda one: one.part.pk):
        try:
            movement = stock_count(
                StockMovement,
                item=line.part,
                counted=line.counted,
                seen=line.seen,
                contract=contract,
                actor=actor,
                at=at,
                source=source,
                reason=line.reason,
                batch=batch,
                document=document.strip()[:60],
            )
        except Conflict as moved:
            raise Conflict(f"{line.part}: {moved.message}", fields={f"counted_{line.part.pk}": moved.message}) from None
        _mark_low(line.part, at)
        SparePart.objects.filter(pk=line.part.pk).update(counted_on=local_day(at))
        done.append(movement)
    return done


def stock_complaints(hall: Hall | None = None) -> list[str]:
    """Every part whose stock is not the sum of its movements, or whose ledger has a balance that does not add up."""
    parts = SparePart.objects.order_by("hall_id", "code")
    if hall is not None:
        parts = parts.filter(hall=hall)
    entries: dict[int, list[Entry]] = {}
    rows = StockMovement.objects.filter(item__in=parts).order_by("item_id", "id")
    for pk, item, change, balance in rows.values_list("pk", "item_id", "change", "balance").iterator(chunk_size=2000):
        entries.setdefault(item, []).append(Entry(pk, change, balance))
    return [
        f"{part}: {complaint}"
        for part in parts
        for complaint in ledger_complaints(part.stock, entries.get(part.pk, []))
    ]


def _mark_low(part: SparePart, at: datetime) -> None:
    """Remember from which day on fewer are left than should be; forget it when there are enough."""
    rows = SparePart.objects.filter(pk=part.pk)
    if not part.is_low or not part.is_active:
        if part.low_since is not None:
            rows.update(low_since=None)
            part.low_since = None
    elif rows.filter(low_since=None).update(low_since=local_day(at)):
        part.low_since = local_day(at)


def _check_move(kind: str, quantity: int, reason: str, device: Device | None, document: str) -> None:
    wrong = {"document": optional(document, 60)}
    if kind not in SpareMove.values or kind in (SpareMove.COUNTED, SpareMove.REVERSED):
        wrong["kind"] = _("Please choose what happened.")
    if quantity == 0 or abs(quantity) > MAX_QUANTITY or (quantity < 0 and kind != SpareMove.ADJUSTED):
        wrong["quantity"] = _("Please enter how many.")
    if kind in NEEDS_DEVICE and device is None:
        wrong["device"] = _("Please name the device.")
    wrong["reason"] = needed(reason, 200) if kind in NEEDS_REASON else optional(reason, 200)
    check_input(wrong)


def _check(hall: Hall, values: Mapping[str, Any]) -> None:
    wrong = {}
    for name, limit in (("code", 20), ("name", 60), ("unit", 8)):
        if name in values:
            wrong[name] = needed(str(values[name]), limit)
    for name, limit in (("model", 60), ("shelf", 40), ("remark", 200)):
        if name in values:
            wrong[name] = optional(str(values[name]), limit)
    if not 0 <= (values.get("min_stock") or 0) <= MAX_QUANTITY:
        wrong["min_stock"] = _("Please enter how many.")
    price = values.get("price")
    if price is not None and not 0 <= price <= MAX_PRICE:
        wrong["price"] = _("Please enter an amount.")
    for name in ("category", "place"):
        row = values.get(name)
        if row is not None and row.hall_id != hall.pk:
            wrong[name] = _("This belongs to another hall.")
    check_input(wrong)


def _taken() -> Invalid:
    message = _("Another part has this code.")
    return Invalid(message, fields={"code": message})
