"""What tests of clocks need: a subject of their own (a unit of the client), and promises with short or other terms."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import subjects
from core.clock import SHANGHAI
from core.roles import CLERK
from core.subjects import Rung, Subject
from parties.models import Contract, Membership, Unit
from sla.models import Clock, Policy
from sla.services.clock import clock_start

SUBJECT = "test_unit"


def local(text: str) -> datetime:
    """An instant in the hall's time: local("2024-03-18 09:10:20")."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def _members(user: Any) -> QuerySet[Membership]:
    """The user's memberships in contracts of the client to whom a unit belongs."""
    return Membership.objects.filter(user=user, contract__client=OuterRef("organisation"))


@contextmanager
def unit_subject(on_rung: Any = None) -> Iterator[list[Rung]]:
    """Register units as the subject of clocks for a while; yields the list of rungs that they are told."""
    told: list[Rung] = []

    def listen(obj: Unit, rung: Rung) -> None:
        told.append(rung)
        if on_rung is not None:
            on_rung(obj, rung)

    subject = Subject(
        key=SUBJECT,
        model=Unit,
        label=lambda unit: unit.name,
        url=lambda unit: f"/units/{unit.pk}/",
        visible_to=lambda user: Unit.objects.filter(
            Q(memberships__user=user, memberships__role=CLERK)
            | Q(pk__in=Unit.objects.filter(Exists(_members(user).exclude(role=CLERK))))
        ).distinct(),
        on_rung=listen,
        mine=lambda user: Unit.objects.filter(name=user.name),
    )
    subjects._subjects[SUBJECT] = subject
    try:
        yield told
    finally:
        del subjects._subjects[SUBJECT]


def make_policy(
    contract: Contract,
    *,
    kind: str = "response",
    amount: int = 300,
    pausable: bool = False,
    target_kind: str = "service_seconds",
    ladder: Sequence[dict[str, Any]] | None = None,
) -> Policy:
    """The next version of a promise, in effect since the contract's first day."""
    last = Policy.objects.filter(contract=contract, kind=kind).order_by("-version").first()
    return Policy.objects.create(
        contract=contract,
        kind=kind,
        version=last.version + 1 if last else 1,
        target_kind=target_kind,
        target_amount=amount,
        pausable=pausable,
        clauses=[],
        ladder=list(ladder if ladder is not None else last.ladder if last else []),
        effective_from=contract.starts_on,
    )


def make_unit(contract: Contract, name: str = "受理区") -> Unit:
    """A unit of the contract's client, as a subject for one clock."""
    return Unit.objects.create(organisation=contract.client, name=name)


def make_clock(
    contract: Contract, started_at: datetime, *, kind: str = "response", name: str = "受理区", unit: Unit | None = None
) -> Clock:
    """A running clock, recorded at its start: about a unit of its own, or about a given one."""
    return clock_start(
        contract=contract,
        kind=kind,
        subject=unit or make_unit(contract, name),
        started_at=started_at,
        actor=None,
        at=started_at,
    )
