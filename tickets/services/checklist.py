"""Checklists: copied onto a ticket, ticked with person and instant; what must be ticked before the work is done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from contract.models import ServiceCategory
from core.errors import Conflict, Invalid, NotAllowed
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write, changes
from tickets import rules_talk
from tickets.models import ChecklistItem, ChecklistTemplate, Ticket
from tickets.permissions import can_arrange, can_keep_words
from tickets.services import common
from tickets.states import BEFORE_SIGNING, FaultType

ITEM_LENGTH = 100


def open_required(ticket: Ticket) -> list[str]:
    """The required items of the ticket's checklist that nobody has ticked; no statement where it has no checklist."""
    if "checklist" not in ticket.holds:
        return []
    rows = ChecklistItem.objects.filter(ticket_id=ticket.pk, required=True, done_at=None)
    return list(rows.values_list("text", flat=True))


@transaction.atomic
def checklist_use(
    *, ticket: Ticket, template: ChecklistTemplate, actor: User, at: datetime, source: str = Source.PAGE
) -> Ticket:
    """Copy a checklist onto the ticket; items that stand there already are left as they are. Raises NotAllowed, Conflict when
    the work is done, or Invalid for a checklist of another contract or one no longer in use."""
    common.require(can_arrange(actor, ticket), _("Only the contractor's people arrange tickets."))
    _still_open(ticket)
    if template.contract_id != ticket.contract_id or not template.is_active:
        message = _("Please choose a checklist from the list.")
        raise Invalid(message, fields={"template": message})
    start = ChecklistItem.objects.filter(ticket=ticket).count()
    ChecklistItem.objects.bulk_create(
        [
            ChecklistItem(
                ticket=ticket, template=template, position=start + number, text=item["text"], required=item["required"]
            )
            for number, item in enumerate(template.entries)
        ],
        ignore_conflicts=True,
    )
    common.hold(ticket, "checklist")
    common.record(
        ticket,
        "checklist",
        actor=actor,
        at=at,
        source=source,
        after={"template": template, "items": len(template.entries)},
        visibility=Visibility.INTERNAL,
    )
    return ticket


@transaction.atomic
def checklist_tick(
    *, ticket: Ticket, item: ChecklistItem, done: bool, actor: User, at: datetime, source: str = Source.PAGE
) -> ChecklistItem:
    """Tick an item, or take the tick back while the work goes on. Of two at once one ticks; the other is told who was quicker.

    Raises NotAllowed, Invalid for an item of another ticket, or Conflict.
    """
    common.require(can_arrange(actor, ticket), _("Only the contractor's people arrange tickets."))
    if item.ticket_id != ticket.pk:
        raise Invalid(_("This item belongs to another ticket."))
    _still_open(ticket)
    rows = ChecklistItem.objects.filter(pk=item.pk, done_at__isnull=done)
    if not rows.update(done_by=actor if done else None, done_at=at if done else None):
        raise Conflict(_("Somebody was quicker; please look at the list as it is now."))
    item.refresh_from_db()
    common.record(
        ticket,
        "check" if done else "uncheck",
        actor=actor,
        at=at,
        source=source,
        after={"item": item.text},
        visibility=Visibility.INTERNAL,
    )
    return item


def _still_open(ticket: Ticket) -> None:
    """Hold the ticket's row as long as the work goes on, so that nobody calls it done at the same moment. Raises Conflict."""
    if not Ticket.objects.filter(pk=ticket.pk, status__in=BEFORE_SIGNING).update(status=F("status")):
        raise Conflict(_("The work on this ticket is done; its checklist stays as it is."))


# The templates --------------------------------------------------------------------------------------------------------


@transaction.atomic
def checklist_save(
    *,
    contract: Contract,
    template: ChecklistTemplate | None,
    name: str,
    category: ServiceCategory | None,
    fault_type: str,
    items: str,
    is_active: bool = True,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> ChecklistTemplate:
    """A new checklist of the contract, or a changed one; `items` is one item a line, * before those that are required.

    Tickets keep the copy they have. Raises NotAllowed, Invalid, or Conflict when there is one of this name.
    """
    if not can_keep_words(actor, contract) or (template is not None and template.contract_id != contract.pk):
        raise NotAllowed(_("Only the project manager keeps the checklists of a contract."))
    lines = rules_talk.check_lines(items)
    common.check_input(
        {
            "name": common.needed(name, 40, _("Please give it a name.")),
            "fault_type": common.chosen(fault_type, FaultType, blank=True),
            "category": ""
            if category is None or category.contract_id == contract.pk
            else _("Unknown in this hall; please choose from the list."),
            "items": _items_complaint(lines),
        }
    )
    row = template or ChecklistTemplate(contract=contract)
    values: dict[str, Any] = {
        "name": name.strip(),
        "category": category,
        "fault_type": fault_type,
        "items": lines,
        "is_active": is_active,
    }
    before, after = ({}, values) if template is None else changes(row, **values)
    for field, value in values.items():
        setattr(row, field, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        message = _("There is a checklist of this name already.")
        raise Conflict(message, fields={"name": message}) from error
    if after:
        audit_write(
            contract=contract,
            subject=row,
            verb="checklist_add" if template is None else "checklist_change",
            actor=actor,
            at=at,
            source=source,
            before=before,
            after=after,
            visibility=Visibility.INTERNAL,
        )
    return row


def _items_complaint(lines: Sequence[dict[str, object]]) -> str:
    if not lines:
        return _("Please write at least one item.")
    if len(lines) > rules_talk.CHECK_ITEMS:
        return _("At most %(limit)s items.") % {"limit": rules_talk.CHECK_ITEMS}
    if any(len(str(line["text"])) > ITEM_LENGTH for line in lines):
        return _("An item has at most %(limit)s characters.") % {"limit": ITEM_LENGTH}
    return ""
