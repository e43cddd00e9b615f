"""Terms: what was agreed where the paper is ambiguous. Typed defaults stand in data/terms.json, a contract's own rows win."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contract.models import Term
from core.errors import Conflict, Invalid
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write

TERMS = Path(__file__).resolve().parents[1] / "data" / "terms.json"


@dataclass(frozen=True)
class TermDefault:
    """One parameter: its key, its value where nothing else was agreed, the clause it reads, and why this reading."""

    key: str
    value: Any
    clause: str
    reason: str


@cache
def term_defaults() -> dict[str, TermDefault]:
    """All parameters that the product reads, by key."""
    rows = json.loads(TERMS.read_text(encoding="utf-8"))
    return {row["key"]: TermDefault(**row) for row in rows}


def term(contract: Contract, key: str, on: date) -> Any:
    """The value in force on a day, of the type of its default. KeyError for a parameter that does not exist."""
    default = term_defaults()[key].value
    value = (
        Term.objects.filter(contract=contract, key=key, effective_from__lte=on)
        .order_by("-effective_from")
        .values_list("value", flat=True)
        .first()
    )
    return default if value is None else value


@transaction.atomic
def term_set(
    *,
    contract: Contract,
    key: str,
    value: Any,
    effective_from: date,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Term:
    """Agree on another value from a day on; earlier days keep theirs, running clocks theirs too.

    Raises Invalid for an unknown parameter, a value of another type or a missing reason, Conflict when that day has a row already.
    """
    default = term_defaults().get(key)
    if default is None:
        raise Invalid(_("There is no parameter %(key)s.") % {"key": key})
    if type(value) is not type(default.value):
        raise Invalid(_("The value of %(key)s must be like %(example)s.") % {"key": key, "example": default.value})
    if not reason.strip():
        raise Invalid(_("Please give the reason."), fields={"reason": _("Please give the reason.")})
    if Term.objects.filter(contract=contract, key=key, effective_from=effective_from).exists():
        raise Conflict(_("There is already a value from this day on; terms are never overwritten."))
    before = term(contract, key, effective_from)
    row = Term.objects.create(
        contract=contract,
        key=key,
        value=value,
        clause=default.clause,
        reason=reason.strip(),
        effective_from=effective_from,
    )
    audit_write(
        contract=contract,
        subject=row,
        verb="term_set",
        actor=actor,
        at=at,
        source=source,
        before={key: before},
        after={key: value, "effective_from": effective_from},
        reason=row.reason,
    )
    return row
