"""Finds: clocks by how they stand, and the rates at which promises are kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from contract.rules import TargetKind
from core import subjects
from core.roles import CLIENT_ROLES
from parties.models import Contract
from parties.querysets import memberships_of, role_in
from sla import rules
from sla.models import Alert, Clock, Policy
from sla.services.row import calendar_for, events_of
from sla.states import AlertState, ClockState

OVERDUE_AFTER = timedelta(seconds=5)
"""The engine promises to fire within this time; a rung that waits longer is overdue."""


def running(contract: Contract, kind: str = "") -> QuerySet[Clock]:
    """Clocks that run, the next due first."""
    rows = Clock.objects.filter(contract=contract, state=ClockState.RUNNING)
    return (rows.filter(kind=kind) if kind else rows).order_by("due_at", "id")


def at_risk(contract: Contract, kind: str = "") -> QuerySet[Clock]:
    """Clocks that run, are not broken yet, and whose ladder has begun to warn: a rung after the first one has fired."""
    warned = Alert.objects.filter(clock=OuterRef("pk"), state=AlertState.FIRED).exclude(rung="start")
    return running(contract, kind).filter(Exists(warned), breached_at=None)


def due_between(contract: Contract, start: datetime, end: datetime, kind: str = "") -> QuerySet[Clock]:
    """Clocks that fell due in [start, end), open ones included, cancelled ones not: the denominator of every rate."""
    rows = Clock.objects.filter(contract=contract, due_at__gte=start, due_at__lt=end)
    return (rows.filter(kind=kind) if kind else rows).exclude(state=ClockState.CANCELLED).order_by("due_at", "id")


def broken_at(at: datetime, prefix: str = "") -> Q:
    """Entered as a breach, done late, or not done although due: it does not wait for the engine to say so."""
    return (
        Q(**{f"{prefix}breached_at__isnull": False})
        | Q(**{f"{prefix}stopped_at__gt": F(f"{prefix}due_at")})
        | Q(**{f"{prefix}stopped_at__isnull": True, f"{prefix}due_at__lt": at})
    )


@dataclass(frozen=True)
class Rate:
    """How a promise was kept: `due` = `kept` + `broken` + `running` (not due yet). `exempted` are of the broken ones."""

    due: int
    kept: int
    broken: int
    running: int
    exempted: int

    @property
    def raw(self) -> float | None:
        """Kept of all that fell due, open ones included; None when none did."""
        judged = self.kept + self.broken
        return self.kept / judged if judged else None

    @property
    def adjusted(self) -> float | None:
        """The same without the breaches that the client exempted."""
        judged = self.kept + self.broken - self.exempted
        return self.kept / judged if judged else None


def rate(contract: Contract, start: datetime, end: datetime, kind: str, *, at: datetime) -> Rate:
    """How one kind of promise that fell due in [start, end) was kept, judged as of `at`; raw and adjusted. One statement."""
    broken = broken_at(at)
    row = (
        due_between(contract, start, end, kind)
        .order_by()
        .aggregate(
            due=Count("id"),
            broken=Count("id", filter=broken),
            exempted=Count("id", filter=broken & Q(exempted_at__isnull=False)),
            running=Count("id", filter=Q(breached_at=None, stopped_at=None, due_at__gte=at)),
        )
    )
    return Rate(kept=row["due"] - row["broken"] - row["running"], **row)


def attribution_of(clock: Clock, now: datetime) -> rules.Attribution:
    """Where the time of a promise went, its vendors' clocks beside it, up to its end or now."""
    until = clock.stopped_at or now
    spans = [(one.started_at, one.stopped_at or until) for one in clock.sub_clocks.all()]
    kind = TargetKind(clock.policy.target_kind)
    pauses = rules.pauses_of(events_of(clock))
    return rules.attribution(calendar_for(clock), kind, clock.started_at, clock.due_at, until, pauses, spans)


def overdue_alerts(now: datetime) -> QuerySet[Alert]:
    """Rungs of running clocks that should have fired and have not: something is wrong with the engine or with them."""
    return Alert.objects.filter(
        state=AlertState.PENDING, fire_at__lt=now - OVERDUE_AFTER, clock__state=ClockState.RUNNING
    )


def clocks_visible_to(user: Any, contract: Contract) -> QuerySet[Clock]:
    """A contract's clocks about what the user may see. Vendors' clocks are the contractor's own affair."""
    role = role_in(user, contract.pk)
    seen = Q(pk__in=())
    for subject in subjects.all_subjects():
        seen |= Q(subject_type=subject.key, subject_id__in=subject.visible_to(user).order_by().values("pk"))
    rows = Clock.objects.filter(seen, contract=contract)
    if role is None:
        return rows.none()
    return rows.exclude(promisor=Policy.Promisor.VENDOR) if role in CLIENT_ROLES else rows


def mine_of(user: Any) -> Q:
    """Of clocks: those about what is in the user's own hands."""
    mine = Q(pk__in=())
    for subject in subjects.all_subjects():
        if subject.mine is not None:
            mine |= Q(subject_type=subject.key, subject_id__in=subject.mine(user).order_by().values("pk"))
    return mine


def clock_visible_to(user: Any, pk: int) -> Clock | None:
    """A clock with its terms, when the user may see what it is about; else None."""
    contracts = memberships_of(user).values("contract_id")
    rows = Clock.objects.filter(pk=pk, contract__in=contracts)
    clock = rows.select_related("policy", "calendar_revision", "contract").first()
    if clock is None:
        return None
    if clock.promisor == Policy.Promisor.VENDOR and role_in(user, clock.contract_id) in CLIENT_ROLES:
        return None
    subject = subjects.get(clock.subject_type)
    return clock if subject.visible_to(user).filter(pk=clock.subject_id).exists() else None
