"""Calls to vendors to bring and change consumables (附二.3 换耗材单): called, arrived, replaced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid, NotFound
from core.flow import claim
from devices.models import ConsumableChange, ConsumableKind, ConsumableOrder, ConsumableOrderLine, Device
from devices.services.common import check_input, code_for, needed, optional, require_keeper
from devices.services.consumables import MAX_AMOUNT, consumable_change
from devices.states import CONSUMABLE_ORDER_FLOW
from parties.models import Contract, User, Vendor
from records.models import Source
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write

SERIES = "HH"
MAX_LINES = 20


@dataclass(frozen=True)
class Wanted:
    """One line of an order."""

    device: Device
    kind: ConsumableKind
    quantity: int
    out_since: datetime | None = None


@transaction.atomic
def consumable_order_create(
    *,
    contract: Contract,
    vendor: Vendor,
    lines: Sequence[Wanted],
    called_at: datetime,
    promised_at: datetime,
    actor: User | None,
    at: datetime,
    spoke_to: str = "",
    note: str = "",
    source: str = Source.PAGE,
) -> ConsumableOrder:
    """Enter that a vendor was called: for which devices, what, how many, and what was promised. Raises Invalid."""
    require_keeper(actor, contract, source=source)
    hall_id = contract.hall_id
    if vendor.hall_id != hall_id or any(hall_id not in {row.device.hall_id, row.kind.hall_id} for row in lines):
        raise NotFound(_("There is no such vendor in this hall."))
    if any(row.device.hall_id != hall_id or row.kind.hall_id != hall_id for row in lines):
        raise NotFound(_("There is no such device in this hall."))
    pairs = [(row.device.pk, row.kind.pk) for row in lines]
    check_input(
        {
            "lines": ""
            if 0 < len(lines) <= MAX_LINES
            else _("Please enter at least one device.")
            if not lines
            else _("At most %(limit)s lines.") % {"limit": MAX_LINES},
            "called_at": _("This lies in the future.") if called_at > at else "",
            "promised_at": _("The promise lies before the call.") if promised_at < called_at else "",
            "spoke_to": optional(spoke_to, 40),
            "note": optional(note, 300),
        }
    )
    if len(set(pairs)) != len(pairs):
        message = _("One device is named twice with the same consumable.")
        raise Invalid(message, fields={"lines": message})
    for row in lines:
        if not 1 <= row.quantity <= MAX_AMOUNT:
            raise Invalid(_("Please enter how many."), fields={"lines": _("Please enter how many.")})
        if row.out_since is not None and row.out_since > at:
            raise Invalid(_("This lies in the future."), fields={"lines": _("This lies in the future.")})
    order = ConsumableOrder.objects.create(
        contract=contract, number=code_for(contract, SERIES, at), vendor=vendor, called_at=called_at, called_by=actor,
        spoke_to=spoke_to.strip(), promised_at=promised_at, note=note.strip(),
    )  # fmt: skip
    ConsumableOrderLine.objects.bulk_create(
        ConsumableOrderLine(
            order=order, device=row.device, kind=row.kind, quantity=row.quantity, out_since=row.out_since
        )
        for row in lines
    )
    audit_write(
        contract=contract, subject=order, verb="create", actor=actor, at=at, source=source,
        after={
            "number": order.number, "vendor": vendor, "called_at": called_at, "promised_at": promised_at,
            "lines": [f"{row.device} · {row.kind} × {row.quantity}" for row in lines],
        },
        reason=note,
    )  # fmt: skip
    return order


@transaction.atomic
def consumable_order_arrive(
    *,
    order: ConsumableOrder,
    arrived_at: datetime,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> ConsumableOrder:
    """Enter when the vendor's people arrived. Raises Conflict when the order has moved on."""
    require_keeper(actor, order.contract, source=source)
    _check_instant("arrived_at", arrived_at, order.called_at, at)
    claim(order, CONSUMABLE_ORDER_FLOW, "arrive", arrived_at=arrived_at)
    audit_write(
        contract=order.contract, subject=order, verb="arrive", actor=actor, at=at, source=source,
        after={"arrived_at": arrived_at},
    )  # fmt: skip
    return order


@transaction.atomic
def consumable_order_promise(
    *, order: ConsumableOrder, promised_at: datetime, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> ConsumableOrder:
    """Enter another promise of the vendor; the one before stays in the history. Raises Conflict once somebody has arrived."""
    require_keeper(actor, order.contract, source=source)
    check_input({"reason": needed(reason, 200, _("Please say why."))})
    _check_instant("promised_at", promised_at, order.called_at, None)
    before = order.promised_at
    claim(order, CONSUMABLE_ORDER_FLOW, "promise", promised_at=promised_at)
    audit_write(
        contract=order.contract, subject=order, verb="promise", actor=actor, at=at, source=source,
        before={"promised_at": before}, after={"promised_at": promised_at}, reason=reason,
    )  # fmt: skip
    return order


@transaction.atomic
def consumable_order_replace(
    *,
    order: ConsumableOrder,
    replaced_at: datetime,
    result: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
    photos: Sequence[PreparedImage] = (),
) -> ConsumableOrder:
    """Enter that all is replaced: every line becomes a replacement in its device, with the time it stood empty.

    The order is claimed first, so two who finish it at one moment put the consumables in once. Raises Invalid and Conflict.
    """
    require_keeper(actor, order.contract, source=source)
    check_input({"result": needed(result, 300, _("Please say what was done."))})
    _check_instant("replaced_at", replaced_at, order.arrived_at or order.called_at, at)
    claim(
        order,
        CONSUMABLE_ORDER_FLOW,
        "replace",
        replaced_at=replaced_at,
        arrived_at=order.arrived_at or replaced_at,
        result=result.strip(),
    )
    for line in order.lines.select_related("device__hall", "kind"):
        consumable_change(
            device=line.device, kind=line.kind, contract=order.contract, quantity=line.quantity, actor=actor, at=replaced_at,
            source=source, old=ConsumableChange.Old.EMPTY if line.out_since else ConsumableChange.Old.PARTLY,
            out_since=line.out_since if line.out_since and line.out_since <= replaced_at else None, order=order,
        )  # fmt: skip
    audit_write(
        contract=order.contract, subject=order, verb="replace", actor=actor, at=at, source=source,
        after={"arrived_at": order.arrived_at, "replaced_at": replaced_at, "result": result},
    )  # fmt: skip
    if photos:
        attachments_store(photos, contract=order.contract, subject=order, actor=actor, at=at, source=source)
    return order


@transaction.atomic
def consumable_order_cancel(
    *, order: ConsumableOrder, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> ConsumableOrder:
    """Call it off, with a reason. Raises Conflict when it is done already."""
    require_keeper(actor, order.contract, source=source)
    check_input({"reason": needed(reason, 300, _("Please say why."))})
    claim(order, CONSUMABLE_ORDER_FLOW, "cancel", cancelled_at=at, result=reason.strip())
    audit_write(contract=order.contract, subject=order, verb="cancel", actor=actor, at=at, source=source, reason=reason)
    return order


def _check_instant(field: str, value: datetime, earliest: datetime, latest: datetime | None) -> None:
    if latest is not None and value > latest:
        check_input({field: _("This lies in the future.")})
    # Forms know minutes only: the minute of the call itself is no time before it.
    if value < earliest.replace(second=0, microsecond=0):
        check_input({field: _("This lies before the step before it.")})
