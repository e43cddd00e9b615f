"""Holds every clock against the fold of its events."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Prefetch

from sla.models import Clock, ClockEvent
from sla.rules import BrokenHistory, Event, fold

FIELDS = (
    "state",
    "started_at",
    "due_at",
    "provisional",
    "epoch",
    "stopped_at",
    "net_seconds",
    "breached_at",
    "breach_reason",
    "exempted_at",
)
FROZEN = {"policy_id": "policy", "calendar_revision_id": "calendar", "parent_id": "parent", "replaces_id": "replaces"}
"""Columns and what the fold calls them."""
CHUNK = 500


@dataclass(frozen=True)
class Difference:
    """One clock that is not what its events say: field -> (row, events). `broken` says why events add up to nothing."""

    clock_id: int
    fields: dict[str, tuple[Any, Any]]
    broken: str = ""

    def __str__(self) -> str:
        if self.broken:
            return f"clock {self.clock_id}: {self.broken}"
        what = "; ".join(f"{name} is {row}, events say {events}" for name, (row, events) in self.fields.items())
        return f"clock {self.clock_id}: {what}"


def difference_of(clock: Clock) -> Difference | None:
    """How a clock differs from the fold of its events; None when it does not."""
    events = [Event(event.kind, event.at, event.reason, event.data) for event in clock.events.all()]
    try:
        folded = fold(events)
    except (BrokenHistory, KeyError, TypeError, ValueError) as error:
        return Difference(clock.pk, {}, f"{type(error).__name__}: {error}")
    names = {name: name for name in FIELDS} | FROZEN
    wrong = {
        column: (getattr(clock, column), getattr(folded, name))
        for column, name in names.items()
        if getattr(clock, column) != getattr(folded, name)
    }
    return Difference(clock.pk, wrong) if wrong else None


def rebuild(*, write: bool) -> list[Difference]:
    """Compare all clocks with their events; with `write`, set the rows to what the events say. A broken history stays."""
    found = []
    rows = Clock.objects.order_by("id").prefetch_related(Prefetch("events", ClockEvent.objects.order_by("id")))
    for clock in rows.iterator(chunk_size=CHUNK):
        difference = difference_of(clock)
        if difference is None:
            continue
        found.append(difference)
        if write and not difference.broken:
            with transaction.atomic():
                values = {name: events for name, (_, events) in difference.fields.items()}
                Clock.objects.filter(pk=clock.pk).update(**values)
    return found
