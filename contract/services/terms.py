"""Terms: what was agreed where the paper is ambiguous. Typed defaults stand in data/terms.json, a contract's own rows win."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from contract.models import Term
from contract.permissions import can_set_term
from contract.rules.terms import TermDefault, TermFault, check_value
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.prepared import Question, as_day
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write

__all__ = ["TermDefault", "term", "term_defaults", "term_set", "terms_of", "version_in_force"]
TERMS = Path(__file__).resolve().parents[1] / "data" / "terms.json"


@cache
def term_defaults() -> dict[str, TermDefault]:
    """All parameters that the product reads, by key."""
    rows = json.loads(TERMS.read_text(encoding="utf-8"))
    return {row["key"]: TermDefault(**row) for row in rows}


def term(contract: Contract, key: str, on: date) -> Any:
    """The value in force on a day, of the type of its default. KeyError for a parameter that does not exist."""
    default = term_defaults()[key].value
    found = _in_force(connection.alias).ask({_CONTRACT: contract.pk, _KEY: key, as_day(_DAY): as_day(on)})
    return found[0][0] if found else default


_CONTRACT, _KEY, _DAY = -987_654_321, "no parameter is called this", date(1, 1, 3)
"""Stand in for contract, parameter and day in the statement that is kept."""


@cache
def _in_force(_alias: str) -> Question:
    rows = Term.objects.filter(contract=_CONTRACT, key=_KEY, effective_from__lte=_DAY)
    return Question(rows.order_by("-effective_from", "-pk").values_list("value")[:1])


def terms_of(contract: Contract) -> dict[str, list[Term]]:
    """Every version of every parameter of a contract by key, the newest first; keys that the product does not read are left out."""
    versions: dict[str, list[Term]] = {key: [] for key in term_defaults()}
    for row in Term.objects.filter(contract=contract, key__in=versions).select_related("set_by").order_by("-pk"):
        versions[row.key].append(row)
    return versions


def version_in_force(versions: Iterable[Term], on: date) -> Term | None:
    """Of one parameter's versions the one that counts on a day: the last to begin, of those the last to be set."""
    begun = (row for row in versions if row.effective_from <= on)
    return max(begun, key=lambda row: (row.effective_from, row.pk), default=None)


@transaction.atomic
def term_set(
    *,
    contract: Contract,
    key: str,
    value: Any,
    effective_from: date,
    reason: str,
    seen: int | None,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Term:
    """Add a version of a parameter; nothing that was in force on an earlier day changes.

    `seen` is the id of the newest version that the person saw (None: there was none). Raises NotFound for an unknown parameter,
    NotAllowed, Conflict when somebody else added a version meanwhile, and Invalid for a value of the wrong type, a day before
    today or a missing reason.
    """
    if not can_set_term(actor, contract):
        raise NotAllowed(_("Only the project manager sets the parameters of the contract."))
    if key not in term_defaults():
        raise NotFound(_("There is no such parameter."))
    default = term_defaults()[key]
    newest = Term.objects.filter(contract=contract, key=key).order_by("-pk").first()
    quicker = _("Somebody else has set this parameter in the meantime. Please look at the newest version first.")
    if (newest.pk if newest else None) != seen:
        raise Conflict(quicker)
    fields = {}
    try:
        value = check_value(default, value)
    except TermFault as fault:
        fields["value"] = fault_in_words(default, fault)
    today = at.astimezone(SHANGHAI).date()
    if effective_from < today:
        fields["effective_from"] = _("A version begins today or later; what was in force before stays as it was.")
    if not reason.strip():
        fields["reason"] = _("Please say why, and who agreed to it.")
    elif not fields and term(contract, key, effective_from) == value:
        fields["value"] = _("This is the value in force on that day already.")
    if fields:
        raise Invalid(_("The parameter was not changed."), fields=fields)
    try:
        with transaction.atomic():
            version = Term.objects.create(
                contract=contract,
                key=key,
                value=value,
                clause=default.clause,
                reason=reason.strip()[:300],
                effective_from=effective_from,
                replaces=newest,
                set_by=actor,
                set_at=at,
            )
    except IntegrityError as error:
        raise Conflict(quicker) from error
    audit_write(
        contract=contract,
        subject=version,
        verb="term_set",
        actor=actor,
        at=at,
        source=source,
        before={key: newest.value if newest else default.value},
        after={key: value, "effective_from": effective_from},
        reason=version.reason,
        visibility=Visibility.CLIENT,
    )
    return version


def fault_in_words(default: TermDefault, fault: TermFault) -> str:
    """What is wrong with a value, for the person who typed it."""
    if fault.code == "range":
        lowest = 0 if default.minimum is None else default.minimum
        if default.maximum is None:
            return _("The value must be at least %(lowest)s.") % {"lowest": lowest}
        return _("The value must lie between %(lowest)s and %(highest)s.") % {
            "lowest": lowest,
            "highest": default.maximum,
        }
    return {
        "window": _("Please give two times of one day, the earlier one first."),
        "choice": _("Please choose one of the values."),
    }.get(fault.code, _("This is no value of that kind."))
