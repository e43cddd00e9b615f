"""Terms: what was agreed where the paper is ambiguous. Typed defaults stand in data/terms.json, a contract's own rows win."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from contract.models import Term
from parties.models import Contract

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
