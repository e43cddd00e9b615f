"""Finds: clocks by how they stand."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import subjects
from parties.models import Contract
from parties.querysets import memberships_of
from sla.models import Alert, Clock
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


def kept() -> Q:
    """Of clocks that fell due: those that were stopped in time."""
    return Q(state=ClockState.STOPPED, breached_at=None)


def overdue_alerts(now: datetime) -> QuerySet[Alert]:
    """Rungs of running clocks that should have fired and have not: something is wrong with the engine or with them."""
    return Alert.objects.filter(
        state=AlertState.PENDING, fire_at__lt=now - OVERDUE_AFTER, clock__state=ClockState.RUNNING
    )


def clock_visible_to(user: Any, pk: int) -> Clock | None:
    """A clock with its terms, when the user may see what it is about; else None."""
    contracts = memberships_of(user).values("contract_id")
    rows = Clock.objects.filter(pk=pk, contract__in=contracts)
    clock = rows.select_related("policy", "calendar_revision", "contract").first()
    if clock is None:
        return None
    subject = subjects.get(clock.subject_type)
    return clock if subject.visible_to(user).filter(pk=clock.subject_id).exists() else None
