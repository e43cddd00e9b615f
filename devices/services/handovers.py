"""Hand-over lists (五.1(1)): what the client has given for the work, what it still owes, and what went back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.errors import Invalid
from devices.models import HandoverItem, HandoverList
from devices.services.common import check_input, code_for, needed, optional, require_keeper
from devices.services.signed_checks import act
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write, changes

ITEM_FIELDS = (
    "kind", "name", "place", "quantity", "unit", "condition", "is_missing", "missing_note", "returned_on",
)  # fmt: skip
MAX_ITEMS = 300


@transaction.atomic
def handover_open(
    *,
    contract: Contract,
    title: str,
    handed_on: date,
    from_name: str,
    to_name: str,
    note: str = "",
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> HandoverList:
    """Begin a list. Raises NotAllowed, Invalid."""
    require_keeper(actor, contract, source=source)
    given = {"title": title.strip(), "handed_on": handed_on, "from_name": from_name.strip(), "to_name": to_name.strip()}
    check_input(
        {
            "title": needed(title, 80),
            "from_name": needed(from_name, 40),
            "to_name": needed(to_name, 40),
            "note": optional(note, 500),
        }
    )
    sheet = HandoverList.objects.create(
        contract=contract,
        code=code_for(contract, "JJ", at),
        note=note.strip(),
        started_by=actor,
        started_at=at,
        **given,
    )
    audit_write(contract=contract, subject=sheet, verb="start", actor=actor, at=at, source=source, after=given)
    return sheet


def _item_check(values: Mapping[str, Any]) -> None:
    wrong = {
        "name": needed(values["name"], 80),
        "place": optional(values.get("place", ""), 60),
        "unit": optional(values.get("unit", ""), 8),
        "condition": optional(values.get("condition", ""), 120),
        "missing_note": optional(values.get("missing_note", ""), 200),
    }
    if values["kind"] not in HandoverItem.Kind.values:
        wrong["kind"] = _("Please choose one of the list.")
    if values.get("is_missing") and not values.get("missing_note", "").strip():
        wrong["missing_note"] = _("Please say what is missing, and since when.")
    if values.get("is_missing") and values.get("returned_on"):
        wrong["returned_on"] = _("What was never handed over cannot be returned.")
    check_input(wrong)


@transaction.atomic
def item_save(
    *,
    sheet: HandoverList,
    item: HandoverItem | None,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> HandoverItem:
    """Add an item to an open list, or change one. Raises NotAllowed, Invalid, Conflict (the list is finished)."""
    given = {name: values[name] for name in ITEM_FIELDS if name in values}
    _item_check(given)
    if item is None:
        act(sheet, "edit", actor=actor, at=at, source=source, after={"item": given["name"]})
        last = sheet.items.aggregate(last=Max("position"))["last"] or 0
        if last >= MAX_ITEMS:
            raise Invalid(_("At most %(limit)d items.") % {"limit": MAX_ITEMS})
        return HandoverItem.objects.create(list_of=sheet, position=last + 1, **given)
    before, after = changes(item, **given)
    if after:
        act(sheet, "edit", actor=actor, at=at, source=source, after={"item": item.name, "before": before, "now": after})
        HandoverItem.objects.filter(pk=item.pk).update(**given)
        for name, value in given.items():
            setattr(item, name, value)
    return item


@transaction.atomic
def item_drop(*, item: HandoverItem, reason: str, actor: User, at: datetime, source: str = Source.PAGE) -> HandoverItem:
    """Take an item off an open list; it stays in the history."""
    check_input({"reason": needed(reason, 200)})
    act(item.list_of, "edit", actor=actor, at=at, source=source, reason=reason.strip(), after={"dropped": item.name})
    HandoverItem.objects.filter(pk=item.pk).update(is_active=False)
    item.is_active = False
    return item


@transaction.atomic
def handover_finish(*, sheet: HandoverList, actor: User, at: datetime, source: str = Source.PAGE) -> HandoverList:
    """Finish this version of the list, so that both sides can sign it. Raises Invalid when it is empty."""
    act(sheet, "finish", actor=actor, at=at, source=source, finished_by=actor, finished_at=at)
    if not sheet.items.filter(is_active=True).exists():
        raise Invalid(_("The list is still empty."))
    return sheet


@transaction.atomic
def handover_reopen(
    *, sheet: HandoverList, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> HandoverList:
    """Begin the next version, such as when something goes back; what was signed stays under the version before."""
    check_input({"reason": needed(reason, 200)})
    act(
        sheet,
        "reopen",
        actor=actor,
        at=at,
        source=source,
        reason=reason.strip(),
        content_version=sheet.content_version + 1,
        finished_by=None,
        finished_at=None,
    )
    return sheet


@transaction.atomic
def handover_cancel(
    *, sheet: HandoverList, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> HandoverList:
    """Give a list up."""
    check_input({"reason": needed(reason, 200)})
    act(sheet, "cancel", actor=actor, at=at, source=source, reason=reason.strip())
    return sheet
