"""The one way in which a stock changes: a conditional UPDATE of what is left and an entry of the movement, in one transaction."""

from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from devices.models.ledger import Movement, MovementKind, StockItem
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write

M = TypeVar("M", bound=Movement)


@transaction.atomic
def stock_move(
    model: type[M],
    *,
    item: StockItem,
    kind: str,
    change: int,
    contract: Contract,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
    **links: Any,
) -> M:
    """Add `change` (signed) to a stock and write its movement, with `links` (fields of the movement model, e.g. device=…).

    Two who take the last piece at one moment: the UPDATE asks whether enough is left, so one of them gets a Conflict.
    Raises Invalid for no change at all, or without a reason where somebody corrects by hand.
    """
    if change == 0:
        raise Invalid(_("Please enter how many."), fields={"quantity": _("Please enter how many.")})
    if kind == MovementKind.ADJUSTED and not reason.strip():
        raise Invalid(_("Please say why."), fields={"reason": _("Please say why.")})
    rows = type(item)._default_manager.filter(pk=item.pk)
    if change < 0:
        rows = rows.filter(stock__gte=-change)
    if not rows.update(stock=models.F("stock") + change):
        item.refresh_from_db(fields=["stock"])
        raise Conflict(_("Only %(count)s of %(name)s are left in stock.") % {"count": item.stock, "name": item})
    # The row is ours until the transaction ends, so what is read now is the balance after this very movement.
    item.refresh_from_db(fields=["stock"])
    return _entered(model, item, kind, change, contract, actor, at, source, reason, batch, links)


@transaction.atomic
def stock_count(
    model: type[M],
    *,
    item: StockItem,
    counted: int,
    seen: int,
    contract: Contract,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
    **links: Any,
) -> M:
    """Enter what a stocktake has found; `seen` is the stock that was shown to who counted.

    Raises Invalid for less than nothing, Conflict when something moved between the look and the count.
    """
    if counted < 0:
        raise Invalid(_("Please enter how many."), fields={"quantity": _("Please enter how many.")})
    if not type(item)._default_manager.filter(pk=item.pk, stock=seen).update(stock=counted):
        raise Conflict(_("The stock has moved while you were counting. Please count once more."))
    item.refresh_from_db(fields=["stock"])
    return _entered(
        model, item, MovementKind.COUNTED, counted - seen, contract, actor, at, source, reason, batch, links
    )


def _entered(
    model: type[M],
    item: StockItem,
    kind: str,
    change: int,
    contract: Contract,
    actor: User | None,
    at: datetime,
    source: str,
    reason: str,
    batch: str,
    links: dict[str, Any],
) -> M:
    kept = {field.name for field in model._meta.fields}
    told = {"contract": contract, "source": source, "batch": batch}
    values: dict[str, Any] = {"item": item, **links, **{name: told[name] for name in told if name in kept}}
    movement = model._default_manager.create(
        kind=kind, change=change, balance=item.stock, reason=reason.strip()[:200], actor=actor, at=at, **values
    )
    audit_write(
        contract=contract,
        subject=item,
        verb="stock_move",
        actor=actor,
        at=at,
        source=source,
        before={"stock": item.stock - change},
        after={"stock": item.stock, "movement": str(kind), **links},
        reason=reason,
        batch=batch,
    )
    return movement
