"""The promises of a contract as versioned rows: loaded from the product's data, published anew by the manager, never edited."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from contract.rules import Target, TargetKind
from contract.services.calendar import KNOWN_BY, newest_calendar
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid, NotAllowed
from core.prepared import Question, as_day
from core.transactions import joined
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write
from sla import rules
from sla.models import Policy
from sla.permissions import can_publish
from sla.words import amount_words

POLICIES = Path(__file__).resolve().parents[1] / "data" / "policies.json"


@cache
def _shipped() -> dict[str, dict[str, Any]]:
    """What comes with the product, by kind; each with the bounds that its clause sets ("limit")."""
    return {row["kind"]: row for row in json.loads(POLICIES.read_text(encoding="utf-8"))}


def kinds() -> tuple[str, ...]:
    """Every kind of promise, in the order in which pages list them."""
    return tuple(_shipped())


def limit_of(kind: str) -> Mapping[str, int]:
    """What the paper allows a target to be: "least" and "most", in the target's own unit; empty where it says nothing."""
    limit: Mapping[str, int] = _shipped().get(kind, {}).get("limit", {})
    return limit


@joined
def policies_load(contract: Contract) -> list[Policy]:
    """Give a contract the first version of every promise that comes with the product; those it has stay as they are."""
    known = set(Policy.objects.filter(contract=contract).values_list("kind", flat=True))
    return Policy.objects.bulk_create(
        Policy(
            contract=contract,
            version=1,
            effective_from=contract.starts_on,
            **{name: value for name, value in row.items() if name != "limit"},
        )
        for kind, row in _shipped().items()
        if kind not in known
    )


def policy_on(contract: Contract, kind: str, day: dt.date) -> Policy:
    """The newest version of a promise that is in effect on a day, with what the calendar in force is known by.

    Raises Invalid where the contract has none.
    """
    found = _newest(connection.alias).ask({_CONTRACT: contract.pk, _KIND: kind, as_day(_DAY): as_day(day)})
    if not found:
        raise Invalid(_("The contract has no such promise on that day: %(kind)s") % {"kind": kind})
    policy = Policy.from_db(connection.alias, _FIELDS, found[0][: len(_FIELDS)])
    policy.contract = contract
    policy.__dict__.update(zip(KNOWN_BY, found[0][len(_FIELDS) :], strict=True))
    return policy


_FIELDS = [field.attname for field in Policy._meta.concrete_fields]
_CONTRACT, _KIND, _DAY = -987_654_321, "no promise is called this", dt.date(1, 1, 3)
"""Stand in for contract, kind and day in the statement that is kept."""


@cache
def _newest(_alias: str) -> Question:
    rows = Policy.objects.filter(contract=_CONTRACT, kind=_KIND, effective_from__lte=_DAY).annotate(**newest_calendar())
    return Question(rows.order_by("-version").values_list(*_FIELDS, *KNOWN_BY)[:1])


def target_of(policy: Policy) -> Target:
    """A policy's target as the calendar arithmetic takes it."""
    return Target(TargetKind(policy.target_kind), policy.target_amount, policy.extend_on_holiday)


def policy_publish(
    *,
    policy: Policy,
    target_amount: int,
    ladder: Sequence[Mapping[str, Any]],
    effective_from: dt.date,
    reason: str,
    actor: User,
    at: dt.datetime,
    source: str = Source.PAGE,
) -> Policy:
    """Publish the next version of a promise, based on the newest one. Clocks that run, and those that began before, keep theirs.

    `target_amount` is in the unit of the target's kind, which never changes. Raises NotAllowed for anybody but the manager, Invalid
    where the target would be weaker than its clause, the ladder cannot be climbed, or the day lies behind; Conflict when `policy`
    is no longer the newest.
    """
    if not can_publish(actor, policy.contract_id):
        raise NotAllowed(_("Only the project manager may change what is promised."))
    reason = reason.strip()
    problems = {
        "target_amount": _target_problem(policy, target_amount),
        "ladder": ladder_problem(policy, target_amount, ladder),
        "effective_from": _day_problem(policy, effective_from, at),
        "reason": "" if reason else _("Please say why the promise changes."),
    }
    if wrong := {name: text for name, text in problems.items() if text}:
        raise Invalid(next(iter(wrong.values())), fields=wrong)
    try:
        with transaction.atomic():
            published = Policy.objects.create(
                contract=policy.contract,
                kind=policy.kind,
                version=policy.version + 1,
                target_kind=policy.target_kind,
                target_amount=target_amount,
                extend_on_holiday=policy.extend_on_holiday,
                pausable=policy.pausable,
                promisor=policy.promisor,
                assessed=policy.assessed,
                clauses=policy.clauses,
                basis=policy.basis,
                ladder=[dict(rung) for rung in ladder],
                effective_from=effective_from,
                reason=reason[:300],
                published_by=actor,
                published_at=at,
            )
            audit_write(
                contract=policy.contract,
                subject=published,
                verb="policy_publish",
                actor=actor,
                at=at,
                source=source,
                before=_said(policy),
                after=_said(published),
                reason=published.reason,
                visibility=Visibility.CLIENT,
            )
    except IntegrityError as error:
        raise Conflict(_("Somebody published a newer version of this promise. Please look at it first.")) from error
    return published


def _said(policy: Policy) -> dict[str, Any]:
    names = ("kind", "version", "target_amount", "effective_from", "ladder")
    return {name: getattr(policy, name) for name in names}


def _target_problem(policy: Policy, amount: int) -> str:
    limit, clauses = limit_of(policy.kind), "、".join(policy.clauses)
    if amount < 1:
        return _("Please give more than nothing.")
    if "most" in limit and amount > limit["most"]:
        return _(
            "The contract promises at most %(most)s (%(clauses)s): a promise cannot be made weaker than its clause."
        ) % {
            "most": amount_words(policy.target_kind, limit["most"]),
            "clauses": clauses,
        }
    if "least" in limit and amount < limit["least"]:
        return _("The client has at least %(least)s for this (%(clauses)s).") % {
            "least": amount_words(policy.target_kind, limit["least"]),
            "clauses": clauses,
        }
    return "" if amount <= rules.LONGEST[policy.target_kind] else _("That is too long for any promise.")


def _day_problem(policy: Policy, day: dt.date, at: dt.datetime) -> str:
    if day < at.astimezone(SHANGHAI).date():
        return _("A promise changes from today on at the earliest.")
    if day < policy.effective_from:
        return _("The version before takes effect on %(day)s; this one cannot come earlier.") % {
            "day": policy.effective_from
        }
    return ""


def ladder_problem(policy: Policy, target_amount: int, ladder: Sequence[Mapping[str, Any]]) -> str:
    """Why a ladder cannot be used, in the user's language; empty when it can."""
    names = [str(rung.get("name", "")) for rung in ladder]
    if len(set(names)) != len(names) or not all(names):
        return _("Every rung needs a name of its own.")
    breach = [rung for rung in ladder if rung.get("breach")]
    if len(breach) != 1 or breach[0]["name"] != rules.BREACH:
        return _("A ladder has one rung for the breach.")
    for rung in ladder:
        targets = set(rung.get("to", ()))
        if not targets or not targets <= set(rules.TARGETS):
            return _("Every rung needs somebody whom it tells.")
        if problem := _rung_problem(rung, policy, target_amount):
            return problem
    if policy.promisor == Policy.Promisor.CONTRACTOR and policy.assessed and "manager" not in breach[0]["to"]:
        return _("The project manager is always told of a breach.")
    return ""


def _rung_problem(rung: Mapping[str, Any], policy: Policy, target_amount: int) -> str:
    forms = [name for name in rules.RUNG_FORMS if name in rung]
    if len(forms) != 1:
        return _("Every rung fires at one instant.")
    if forms == ["breach"]:
        return ""
    amount = int(rung[forms[0]])
    in_days = policy.target_kind in (Policy.TargetKind.WORKING_DAYS, Policy.TargetKind.CALENDAR_DAYS)
    if amount < 0:
        return _("A rung cannot lie before the promise begins.")
    if forms == ["before_days"] and (not in_days or amount > 2 * target_amount):
        return _("A reminder in days before the end lies within the term.")
    if forms == ["before_due"] and (in_days or amount >= target_amount):
        return _("A reminder before the end lies within the promised time.")
    if forms == ["on_day"] and (policy.pausable or not in_days or amount > target_amount):
        return _("A reminder on a working day lies within the term.")
    if forms == ["after"] and amount > rules.LATEST_RUNG * (target_amount if not in_days else target_amount * 86_400):
        return _("A rung fires within ten times the promised time.")
    return ""


def newest(policies: Iterable[Policy]) -> dict[str, Policy]:
    """The newest version of each kind."""
    found: dict[str, Policy] = {}
    for policy in policies:
        if policy.kind not in found or policy.version > found[policy.kind].version:
            found[policy.kind] = policy
    return found
