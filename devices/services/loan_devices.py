"""What a loan does to devices: the lent one leaves its place, one that it stands in for makes room, and both find back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from devices.models import Device, Loan, LoanMove, Place
from devices.services.common import fields_write
from devices.services.listing import search_refresh
from devices.services.register import device_status_set
from devices.states import DeviceStatus
from parties.models import Contract, Unit, User, Window


@dataclass(frozen=True)
class Act:
    """Who does what is done to the devices of one loan, when, through which door; all of it under one batch."""

    contract: Contract
    actor: User | None
    at: datetime
    source: str
    batch: str


@dataclass(frozen=True)
class Standing:
    """Where a device stands: place, window, unit and its point on the plan."""

    place: Place
    window: Window | None = None
    unit: Unit | None = None
    x: float | None = None
    y: float | None = None


def standing_of(device: Device) -> Standing:
    """Where a device stands now."""
    return Standing(device.place, device.window, device.unit, device.plan_x, device.plan_y)


def device_leaves(
    loan: Loan, device: Device, part: str, *, to: Standing | None, status: str, reason: str, act: Act
) -> None:
    """Remember how a device stood and put it where the loan wants it. Raises Conflict when another loan holds its place."""
    try:
        with transaction.atomic():
            LoanMove.objects.create(
                loan=loan,
                device=device,
                part=part,
                from_status=device.status,
                from_place=device.place,
                from_window=device.window,
                from_unit=device.unit,
                from_x=device.plan_x,
                from_y=device.plan_y,
                batch=act.batch,
            )
    except IntegrityError:
        raise Conflict(_("A spare already stands in for %(device)s.") % {"device": device}) from None
    device_put(device, to=to, status=status, reason=reason, act=act)


def device_put(device: Device, *, to: Standing | None, status: str, reason: str, act: Act) -> None:
    """Give a device its status and its place; what is the same already is left alone."""
    who: dict[str, Any] = {"contract": act.contract, "actor": act.actor, "at": act.at, "source": act.source}
    if status and device.status != status:
        device_status_set(device=device, status=status, reason=reason, batch=act.batch, **who)
        device.refresh_from_db()
    if to is not None:
        values = {"place": to.place, "window": to.window, "unit": to.unit, "plan_x": to.x, "plan_y": to.y}
        if fields_write(device, values, reason=reason, batch=act.batch, **who):
            search_refresh([device])


def devices_return(loan: Loan, *, status: str, repaired: bool, reason: str, act: Act) -> None:
    """Put the devices of a loan back: the lent one where it was kept; one that was replaced only when it is `repaired`.

    `status` is the lent device's new one; "" for that which it had before.
    """
    moves = loan.moves.filter(ended_at=None).select_related(
        "device__place", "device__window", "device__unit", "from_place", "from_window", "from_unit"
    )
    # The lent one first: it frees the place to which the other comes back.
    for move in sorted(moves, key=lambda one: one.part != LoanMove.Part.LENT):
        back = Standing(move.from_place, move.from_window, move.from_unit, move.from_x, move.from_y)
        if move.part == LoanMove.Part.LENT:
            device_put(move.device, to=back, status=status or move.from_status, reason=reason, act=act)
        elif repaired:
            device_put(move.device, to=back, status=DeviceStatus.IN_USE, reason=reason, act=act)
        LoanMove.objects.filter(pk=move.pk).update(ended_at=act.at)
