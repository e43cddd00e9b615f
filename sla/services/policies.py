"""The promises of a contract as versioned rows."""

import datetime as dt
import json
from pathlib import Path

from django.utils.translation import gettext as _

from contract.rules import Target, TargetKind
from core.errors import Invalid
from core.transactions import joined
from parties.models import Contract
from sla.models import Policy

POLICIES = Path(__file__).resolve().parents[1] / "data" / "policies.json"


@joined
def policies_load(contract: Contract) -> list[Policy]:
    """Give a contract the first version of every promise that comes with the product; those it has stay as they are."""
    known = set(Policy.objects.filter(contract=contract).values_list("kind", flat=True))
    rows = json.loads(POLICIES.read_text(encoding="utf-8"))
    return Policy.objects.bulk_create(
        Policy(contract=contract, version=1, effective_from=contract.starts_on, **row)
        for row in rows
        if row["kind"] not in known
    )


def policy_on(contract: Contract, kind: str, day: dt.date) -> Policy:
    """The newest version of a promise that is in effect on a day. Raises Invalid where the contract has none."""
    rows = Policy.objects.filter(contract=contract, kind=kind, effective_from__lte=day)
    policy = rows.order_by("-version").first()
    if policy is None:
        raise Invalid(_("The contract has no such promise on that day: %(kind)s") % {"kind": kind})
    return policy


def target_of(policy: Policy) -> Target:
    """A policy's target as the calendar arithmetic takes it."""
    return Target(TargetKind(policy.target_kind), policy.target_amount, policy.extend_on_holiday)
