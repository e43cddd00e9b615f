"""Tells managers and administrators of a break that a check of the records found, once, with what to do."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from core import posting
from core.clock import SHANGHAI
from core.roles import ADMIN, MANAGER
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Break, Verification
from records.present_chain import WORDS
from records.services import anchors

TOPIC = "records"
TITLE = gettext_noop("The records are not whole: a check found a break")
BODY = gettext_noop(
    "%(t_what)s: %(place)s. New findings: %(count)s. Please change nothing, keep database, anchors and logs as they are, and have "
    "backups set aside. What was found stands under “Proof of the records”; what to do next in docs/operations.md, “When a break "
    "is found”."
)
MOVING = ("head", "no_anchor")
"""Findings whose number grows with the chain, though they stay the same break."""


def breaks_tell(run: Verification, *, at: datetime) -> int:
    """Post messages about what a check found and no check before it; in the caller's transaction. Returns how many breaks were new.

    Of a contract's records its own people are told, of what belongs to none those of every running contract, each person once.
    """
    keys = {key_of(finding): finding for finding in run.findings}
    if run.contract_id is None and run.since is None and len(keys) == run.counts["found"]:
        # It looked at everything and kept all it found: what is not there any more has ended.
        Break.objects.filter(ended_at=None).exclude(key__in=keys).update(ended_at=at)
    known = set(Break.objects.filter(ended_at=None, key__in=keys).values_list("key", flat=True))
    new = [finding for key, finding in keys.items() if key not in known and _claimed(key, finding, run, at)]
    by_contract: dict[int | None, list[Mapping[str, Any]]] = {}
    for finding in new:
        by_contract.setdefault(finding["contract"], []).append(finding)
    for contract_id, findings in by_contract.items():
        _post(contract_id, findings, at)
    return len(new)


def key_of(finding: Mapping[str, Any]) -> str:
    """What is broken and where, as one word."""
    seq = None if finding["what"] in MOVING else finding["seq"]
    named = f"{finding['what']}|{finding['chain']}|{seq}|{finding['place']}"
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


def _claimed(key: str, finding: Mapping[str, Any], run: Verification, at: datetime) -> bool:
    # Two checks at once may find the same: whoever makes the row tells.
    try:
        with transaction.atomic():
            Break.objects.create(key=key, finding=finding, run=run, found_at=at)
    except IntegrityError:
        return False
    return True


def _post(contract_id: int | None, findings: list[Mapping[str, Any]], at: datetime) -> None:
    first = findings[0]
    params = {
        "t_what": WORDS.get(first["what"], first["what"]),
        "place": _place(first),
        "count": len(findings),
    }
    for contract, people in _people(contract_id, at):
        posting.post(
            contract=contract,
            topic=TOPIC,
            recipients=people,
            title=TITLE,
            body=BODY,
            params=params,
            url=reverse("records:chain"),
            at=at,
        )


def _place(finding: Mapping[str, Any]) -> str:
    """Where it is, as the anchors' files and the command name it: contract-3 / 17 · #905 ticket:12 respond."""
    parts = []
    if finding["chain"] is not None:
        parts.append(anchors.path_of(finding["chain"]).stem)
    if finding["seq"]:
        parts[-1] += f" / {finding['seq']}"
    return " · ".join([*parts, finding["place"]] if finding["place"] else parts)


def _people(contract_id: int | None, at: datetime) -> Iterable[tuple[Contract, list[User]]]:
    """Whom to tell: of the contract, or where it has nobody (its term is over) or none is concerned, of all running ones."""
    on = at.astimezone(SHANGHAI).date()
    if contract_id is not None:
        contract = Contract.objects.get(pk=contract_id)
        people = people_with_role(contract, MANAGER, ADMIN, on=on)
        if people:
            return [(contract, people)]
    told: set[int] = set()
    groups = []
    for running in Contract.objects.filter(starts_on__lte=on, ends_on__gte=on).order_by("pk"):
        people = [one for one in people_with_role(running, MANAGER, ADMIN, on=on) if one.pk not in told]
        told.update(one.pk for one in people)
        groups.append((running, people))
    return groups
