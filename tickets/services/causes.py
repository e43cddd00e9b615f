"""Cause codes of a contract: the standard list, and what its manager adds, renames or no longer offers."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from contract.models import ServiceCategory
from core.errors import Conflict
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write, changes
from tickets.models import CauseCode
from tickets.permissions import can_keep_causes
from tickets.services import common

STANDARD = Path(__file__).resolve().parents[1] / "data" / "causes.json"


def causes_load(contract: Contract) -> int:
    """Add what the standard list has and the contract lacks; returns how many. What is there stays as it is; safe to repeat."""
    mains = dict(ServiceCategory.objects.filter(contract=contract, parent=None).values_list("code", "pk"))
    known = set(CauseCode.objects.filter(contract=contract).values_list("code", flat=True))
    rows = [
        CauseCode(contract=contract, category_id=mains.get(group["category"]), code=code, name=name, position=number)
        for group in json.loads(STANDARD.read_text(encoding="utf-8"))
        for number, (code, name) in enumerate(group["causes"], 1)
        if code not in known and (not group["category"] or group["category"] in mains)
    ]
    CauseCode.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def cause_add(
    *,
    contract: Contract,
    actor: User,
    at: datetime,
    code: str,
    name: str,
    category: ServiceCategory | None = None,
    source: str = Source.PAGE,
) -> CauseCode:
    """Offer a cause of its own. Raises NotAllowed, Invalid, or Conflict for a code that exists."""
    _require(actor, contract)
    foreign = category is not None and (category.contract_id != contract.pk or category.parent_id is not None)
    common.check_input(
        {
            "code": common.needed(code, 20),
            "name": common.needed(name, 60),
            "category": _("Unknown in this hall; please choose from the list.") if foreign else "",
        }
    )
    last = CauseCode.objects.filter(contract=contract, category=category).aggregate(last=Max("position"))["last"]
    try:
        with transaction.atomic():
            cause = CauseCode.objects.create(
                contract=contract,
                category=category,
                code=code.strip().upper(),
                name=name.strip(),
                position=(last or 0) + 1,
            )
    except IntegrityError:
        raise Conflict(_("This code exists already.")) from None
    after = {"code": cause.code, "name": cause.name, "category": category}
    _record(cause, "cause_add", actor, at, source, after=after)
    return cause


@transaction.atomic
def cause_change(
    *, cause: CauseCode, actor: User, at: datetime, name: str, is_active: bool, source: str = Source.PAGE
) -> CauseCode:
    """Rename a cause, or no longer offer it, or offer it again. Tickets keep what was signed. Raises NotAllowed or Invalid."""
    _require(actor, cause.contract)
    common.check_input({"name": common.needed(name, 60)})
    before, after = changes(cause, name=name.strip(), is_active=is_active)
    if after:
        cause.name, cause.is_active = name.strip(), is_active
        cause.save(update_fields=["name", "is_active"])
        _record(cause, "cause_change", actor, at, source, before=before, after=after)
    return cause


def _require(actor: User, contract: Contract) -> None:
    common.require(can_keep_causes(actor, contract), _("Only the project manager keeps the cause codes."))


def _record(
    cause: CauseCode,
    verb: str,
    actor: User,
    at: datetime,
    source: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object],
) -> None:
    audit_write(
        contract=cause.contract,
        subject=cause,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before or {},
        after=after,
        visibility=Visibility.INTERNAL,
    )
