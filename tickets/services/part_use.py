"""Verb `part_use`: a part was used; from our store it is taken in the same transaction. `part_undo` takes it back."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core.errors import Conflict
from devices.models import SpareMove, SparePart
from devices.services.spares import movement_reverse, part_move
from parties.models import User
from records.models import Source
from tickets.models import Ticket, TicketPart
from tickets.permissions import can_use_parts
from tickets.services import common
from tickets.services.repair_common import new_content
from tickets.states import IN_HAND, CostBearer, TicketStatus

USING = (*IN_HAND, TicketStatus.TO_SIGN.value)
"""While a ticket stands here, its parts may change: with them what the client signs gets a new version."""
MOST = 999


@transaction.atomic
def part_use(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    quantity: int,
    cost_bearer: str,
    part: SparePart | None = None,
    name: str = "",
    source: str = Source.PAGE,
) -> TicketPart:
    """Enter a part: `part` from the store, whose stock falls by it, or the `name` of what somebody else brought.

    Raises NotAllowed, Invalid, Conflict (not enough left, or the ticket is closed).
    """
    common.require(
        can_use_parts(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    wrong = {
        "quantity": "" if 1 <= quantity <= MOST else _("Please enter how many."),
        "cost_bearer": common.chosen(cost_bearer, CostBearer),
    }
    if part is None:
        wrong["name"] = common.needed(name, 80, _("Please choose a part from the store, or write its name."))
    elif part.hall_id != ticket.contract.hall_id or not part.is_active:
        wrong["part"] = _("Unknown in this hall; please choose from the list.")
    common.check_input(wrong)
    _claim(ticket)
    movement = None
    if part is not None:
        movement = part_move(
            part=part,
            contract=ticket.contract,
            # Without a device nothing says to what it went but the ticket, so that it is entered as a correction with its reason.
            kind=SpareMove.ISSUED if ticket.device is not None else SpareMove.ADJUSTED,
            quantity=quantity if ticket.device is not None else -quantity,
            actor=actor,
            at=at,
            reason=f"工单 {ticket.code}",
            device=ticket.device,
            document=ticket.code,
            source=source,
        )
    row = TicketPart.objects.create(
        ticket=ticket,
        part=part,
        movement=movement,
        name=f"{part.name} {part.model}".strip()[:80] if part is not None else name.strip(),
        unit=part.unit if part is not None else "个",
        quantity=quantity,
        cost_bearer=cost_bearer,
        used_by=actor,
        used_at=at,
    )
    common.hold(ticket, "part")
    _write_down(ticket)
    common.record(
        ticket,
        "part_use",
        actor=actor,
        at=at,
        source=source,
        after={"part": row.name, "quantity": quantity, "cost_bearer": cost_bearer, "from_store": part is not None},
    )
    return row


@transaction.atomic
def part_undo(*, used: TicketPart, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> TicketPart:
    """Take a part back that was entered wrongly: the entry stays, and the store gets an opposite movement.

    Raises NotAllowed, Invalid without a reason, Conflict (taken back already, or the ticket is closed).
    """
    ticket = used.ticket
    common.require(
        can_use_parts(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input({"reason": common.needed(reason, 200, _("Please give the reason."))})
    _claim(ticket)
    undone = {"undone_by": actor, "undone_at": at, "undone_because": reason.strip()}
    if not TicketPart.objects.filter(pk=used.pk, undone_at=None).update(**undone):
        raise Conflict(_("This part has been taken back already."))
    used.refresh_from_db()
    if used.movement is not None:
        movement_reverse(
            movement=used.movement, contract=ticket.contract, reason=reason, actor=actor, at=at, source=source
        )
    _write_down(ticket)
    common.record(
        ticket,
        "part_undo",
        actor=actor,
        at=at,
        source=source,
        before={"part": used.name, "quantity": used.quantity},
        reason=reason.strip(),
    )
    return used


def _claim(ticket: Ticket) -> None:
    """Hold the ticket's row as long as it is open, so that no signature comes between. Raises Conflict."""
    if not Ticket.objects.filter(pk=ticket.pk, status__in=USING).update(version=F("version")):
        raise Conflict(_("The ticket is closed; its parts cannot change any more."))


def _write_down(ticket: Ticket) -> None:
    """Freeze the parts in what is signed, with who pays for them."""
    payers = {"client": "甲方", "contractor": "乙方", "warranty": "质保厂商", "open": "待定"}
    rows = TicketPart.objects.filter(ticket=ticket, undone_at=None)
    text = "；".join(f"{row.name} ×{row.quantity}{row.unit}（费用：{payers[row.cost_bearer]}）" for row in rows)
    ticket.refresh_from_db(fields=["frozen_names"])
    new_content(ticket, frozen_names={**ticket.frozen_names, "parts": text})
