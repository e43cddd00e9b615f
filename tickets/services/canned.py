"""Texts kept ready for notes and for what is written when the work is done: kept by the manager, used by everybody."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contract.models import ServiceCategory
from core.errors import Conflict, NotAllowed
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write, changes
from tickets.models import CannedText
from tickets.permissions import can_keep_words
from tickets.services import common
from tickets.states import TextKind


@transaction.atomic
def canned_save(
    *,
    contract: Contract,
    canned: CannedText | None,
    kind: str,
    category: ServiceCategory | None,
    title: str,
    text: str,
    position: int = 0,
    is_active: bool = True,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> CannedText:
    """A new text of the contract, or a changed one. Raises NotAllowed, Invalid, or Conflict when its kind has one of this name."""
    if not can_keep_words(actor, contract) or (canned is not None and canned.contract_id != contract.pk):
        raise NotAllowed(_("Only the project manager keeps the texts of a contract."))
    common.check_input(
        {
            "kind": common.chosen(kind, TextKind),
            "category": ""
            if category is None or category.contract_id == contract.pk
            else _("Unknown in this hall; please choose from the list."),
            "title": common.needed(title, 40, _("Please give it a name.")),
            "text": common.needed(text, 1000),
        }
    )
    row = canned or CannedText(contract=contract)
    values: dict[str, Any] = {
        "kind": kind,
        "category": category,
        "title": title.strip(),
        "text": text.strip(),
        "position": position,
        "is_active": is_active,
    }
    before, after = ({}, values) if canned is None else changes(row, **values)
    for field, value in values.items():
        setattr(row, field, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        message = _("There is a text of this name already.")
        raise Conflict(message, fields={"title": message}) from error
    if after:
        audit_write(
            contract=contract,
            subject=row,
            verb="canned_add" if canned is None else "canned_change",
            actor=actor,
            at=at,
            source=source,
            before=before,
            after=after,
            visibility=Visibility.INTERNAL,
        )
    return row
