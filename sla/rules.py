"""What a clock is, decided from values: the fold of its events, and the instants of its ladder. No database, no Django."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contract.rules import Due, ServiceCalendar, Target, TargetKind, due_after_pauses

RUNNING, PAUSED, STOPPED, CANCELLED = "running", "paused", "stopped", "cancelled"
BREACH = "breach"
BREACH_AFTER = dt.timedelta(seconds=1)
"""A breach is entered this long after the due instant at the earliest, so that an act at the due instant is in time."""

Pause = tuple[dt.datetime, dt.datetime | None]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a clock as values. `data` holds what was fixed with it: due_at, provisional, net_seconds."""

    kind: str
    at: dt.datetime
    reason: str = ""
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """The row that a clock's events add up to."""

    state: str
    started_at: dt.datetime
    due_at: dt.datetime | None
    provisional: bool
    epoch: int = 1
    stopped_at: dt.datetime | None = None
    net_seconds: float | None = None
    breached_at: dt.datetime | None = None
    breach_reason: str = ""


class BrokenHistory(ValueError):
    """Events in an order that no clock can have."""


def fold(events: Iterable[Event]) -> Folded:
    """Rebuild a clock from its events, in the order in which they were recorded. Raises BrokenHistory."""
    row: Folded | None = None
    for event in events:
        row = _after(row, event)
    if row is None:
        raise BrokenHistory("a clock without a start")
    return row


def _after(row: Folded | None, event: Event) -> Folded:
    data = event.data or {}
    if row is None or event.kind == "start":
        if row is not None or event.kind != "start":
            raise BrokenHistory(f"{event.kind} where only one start can stand first")
        return Folded(RUNNING, event.at, _instant(data["due_at"]), bool(data["provisional"]))
    allowed = {
        "pause": (RUNNING,),
        "resume": (PAUSED,),
        "stop": (RUNNING, PAUSED),
        "cancel": (RUNNING, PAUSED),
        BREACH: (RUNNING,),
        "explain": (RUNNING, PAUSED, STOPPED, CANCELLED),
    }
    if row.state not in allowed.get(event.kind, ()):
        raise BrokenHistory(f"{event.kind} while {row.state}")
    if event.kind == "pause":
        return replace(row, state=PAUSED, due_at=None)
    if event.kind == BREACH:
        if row.breached_at is not None:
            raise BrokenHistory("breached twice")
        return replace(row, breached_at=event.at)
    if event.kind == "explain":
        return replace(row, breach_reason=event.reason)
    row = replace(row, due_at=_instant(data["due_at"]), provisional=bool(data["provisional"]))
    if event.kind == "resume":
        return replace(row, state=RUNNING, epoch=row.epoch + 1)
    if event.kind == "stop":
        return replace(row, state=STOPPED, stopped_at=event.at, net_seconds=data["net_seconds"])
    return replace(row, state=CANCELLED)


def pauses_of(events: Iterable[Event]) -> list[Pause]:
    """The pauses in a clock's events; the last one is without an end while it lasts. A stop or cancel ends it too."""
    found: list[Pause] = []
    for event in events:
        if event.kind == "pause":
            found.append((event.at, None))
        elif event.kind in {"resume", "stop", "cancel"} and found and found[-1][1] is None:
            found[-1] = (found[-1][0], event.at)
    return found


def fixed(due: Due) -> dict[str, Any]:
    """A due instant as the event that fixed it keeps it."""
    return {
        "due_at": due.due_at.isoformat(),
        "unmoved_due_at": due.unmoved_due_at.isoformat(),
        "last_day": due.last_day.isoformat(),
        "provisional": due.provisional,
    }


def due_fixed_by(events: Iterable[Event]) -> Due:
    """The due instant as it was fixed last, by the start or a resumption. Later changes of the calendar do not reach it."""
    found = [event.data or {} for event in events if event.kind in {"start", "resume"}]
    if not found:
        raise BrokenHistory("a clock without a start")
    data = found[-1]
    last_day = dt.date.fromisoformat(data["last_day"])
    return Due(_instant(data["due_at"]), bool(data["provisional"]), _instant(data["unmoved_due_at"]), last_day)


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def rung_instants(
    calendar: ServiceCalendar,
    started_at: dt.datetime,
    kind: TargetKind,
    ladder: Sequence[Mapping[str, Any]],
    due_at: dt.datetime,
    pauses: Sequence[tuple[dt.datetime, dt.datetime]] = (),
) -> dict[str, dt.datetime]:
    """When each rung fires, by name; always with the breach, one second after due.

    A rung's `after` counts in the target's own time: open time for service seconds and working days, all of the time otherwise.
    """
    in_service = kind in (TargetKind.SERVICE_SECONDS, TargetKind.WORKING_DAYS)
    instants = {}
    for rung in ladder:
        if rung.get("breach"):
            continue
        amount = int(rung["after"])
        target = Target.service_seconds(amount) if in_service else Target.continuous_seconds(amount)
        due = due_after_pauses(calendar, started_at, target, pauses)
        if due is None:
            raise ValueError("A ladder is laid for a clock that runs")
        instants[str(rung["name"])] = due.due_at
    instants[BREACH] = due_at + BREACH_AFTER
    return instants
