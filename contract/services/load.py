"""Loads what the paper says into a contract: clauses, terms, service categories and the first calendar. Safe to repeat."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from contract.models import CalendarRevision, Clause, ServiceCategory, Term
from contract.rules import DayKind
from contract.services.calendar import OverrideData, calendar_publish, national_days_load
from contract.services.terms import term_defaults
from parties.models import Contract
from records.models import Source

DATA = Path(__file__).resolve().parents[1] / "data"


@transaction.atomic
def contract_load(*, contract: Contract, at: datetime, source: str = Source.COMMAND) -> None:
    """Load the contract's text and its first calendar; what is there already stays, reworded clauses are brought up to date."""
    national_days_load(at=at)
    _load_clauses(contract)
    _load_terms(contract)
    _load_categories(contract)
    if not CalendarRevision.objects.filter(contract=contract).exists():
        _publish_first_calendar(contract, at, source)


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def _load_clauses(contract: Contract) -> None:
    Clause.objects.bulk_create(
        [Clause(contract=contract, position=number, **row) for number, row in enumerate(_read("clauses.json"), 1)],
        update_conflicts=True,
        unique_fields=["contract", "code"],
        update_fields=["position", "obligation", "party", "measure"],
    )


def _load_terms(contract: Contract) -> None:
    known = set(Term.objects.filter(contract=contract).values_list("key", flat=True))
    Term.objects.bulk_create(
        Term(
            contract=contract,
            key=row.key,
            value=row.value,
            clause=row.clause,
            reason=row.reason,
            effective_from=contract.starts_on,
        )
        for row in term_defaults().values()
        if row.key not in known
    )


def _load_categories(contract: Contract) -> None:
    rows = _read("service_categories.json")
    fields = ["name", "clause", "position"]

    def store(categories: list[ServiceCategory]) -> None:
        ServiceCategory.objects.bulk_create(
            categories, update_conflicts=True, unique_fields=["contract", "code"], update_fields=fields
        )

    store(
        [
            ServiceCategory(
                contract=contract, code=row["code"], name=row["name"], clause=row["clause"], position=number * 100
            )
            for number, row in enumerate(rows, 1)
        ]
    )
    parents = dict(ServiceCategory.objects.filter(contract=contract).values_list("code", "pk"))
    store(
        [
            ServiceCategory(
                contract=contract,
                parent_id=parents[row["code"]],
                code=label["code"],
                name=label["name"],
                clause=row["clause"],
                position=number * 100 + place,
            )
            for number, row in enumerate(rows, 1)
            for place, label in enumerate(row["labels"], 1)
        ]
    )


def _publish_first_calendar(contract: Contract, at: datetime, source: str) -> None:
    plan = _read("calendar.json")
    calendar_publish(
        contract=contract,
        weekday_windows=dict.fromkeys(plan["weekdays"], plan["windows"]),
        extended_saturday=plan["extended_saturday"],
        overrides=[
            OverrideData(
                date=date.fromisoformat(row["date"]),
                kind=DayKind(row["kind"]),
                reason=row["reason"],
                windows=row["windows"],
            )
            for row in plan["overrides"]
        ],
        reason=plan["reason"],
        actor=None,
        at=at,
        source=source,
    )
