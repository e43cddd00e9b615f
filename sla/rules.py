"""What a clock is, decided from values: the fold of its events, and the instants of its ladder. No database, no Django."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contract.rules import Due, ServiceCalendar, Target, TargetKind, due_after_pauses, measure, net_time

RUNNING, PAUSED, STOPPED, CANCELLED = "running", "paused", "stopped", "cancelled"
BREACH = "breach"
MICROSECOND = dt.timedelta(microseconds=1)
BREACH_AFTER = dt.timedelta(seconds=1)
"""A breach is entered this long after the due instant at the earliest, so that an act at the due instant is in time."""

TARGETS = ("on_duty", "stand_in", "assignee", "manager", "office", "client_supervisor", "reporter")
"""Whom a rung can speak to."""
RUNG_FORMS = ("after", "before_due", "before_days", "on_day", "breach")
"""How a rung says when it fires; each says it in one way."""
FROM_APPOINTMENT = ("fix", "user_error")
"""Promises that begin to count at the appointment."""
DIFFICULT = ("repair_office", "repair_weak_current")
"""What a repair within the hour becomes when the fault turns out to be difficult."""
FREE_MOVE = dt.timedelta(hours=4)
"""An appointment that moves by more than this needs the client's reason."""
LATEST_RUNG = 10
"""No rung fires later than so many times the promised time."""
LONGEST: Mapping[str, int] = {
    "service_seconds": 400 * 34_200,
    "working_days": 400,
    "continuous_seconds": 400 * 86_400,
    "calendar_days": 400,
}
"""The longest target of each kind, in its own unit."""

Pause = tuple[dt.datetime, dt.datetime | None]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a clock as values. `data` holds what was fixed with it: due_at, provisional, net_seconds, calendar …"""

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
    exempted_at: dt.datetime | None = None
    policy: int | None = None
    calendar: int | None = None
    parent: int | None = None
    replaces: int | None = None


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


ALLOWED: Mapping[str, tuple[str, ...]] = {
    "pause": (RUNNING,),
    "resume": (PAUSED,),
    "stop": (RUNNING, PAUSED),
    "cancel": (RUNNING, PAUSED),
    "retarget": (RUNNING, PAUSED),
    "restart": (RUNNING,),
    "move": (RUNNING,),
    "confirm": (RUNNING, PAUSED),
    "exempt": (RUNNING, PAUSED, STOPPED),
    BREACH: (RUNNING,),
    "explain": (RUNNING, PAUSED, STOPPED, CANCELLED),
}
"""In which states an event can happen to a clock."""
FIXING = frozenset({"start", "resume", "retarget", "restart"})
"""The events that fix when a clock is due."""


def _after(row: Folded | None, event: Event) -> Folded:
    data = event.data or {}
    if row is None or event.kind == "start":
        if row is not None or event.kind != "start":
            raise BrokenHistory(f"{event.kind} where only one start can stand first")
        return Folded(
            RUNNING,
            event.at,
            _instant(data["due_at"]),
            bool(data["provisional"]),
            policy=data.get("policy"),
            calendar=data.get("calendar"),
            parent=data.get("parent"),
            replaces=data.get("replaces"),
        )
    if row.state not in ALLOWED.get(event.kind, ()):
        raise BrokenHistory(f"{event.kind} while {row.state}")
    if event.kind in {"retarget", "restart"} and row.breached_at is not None:
        raise BrokenHistory(f"{event.kind} after the breach")
    once = {BREACH: row.breached_at, "exempt": row.exempted_at}
    if once.get(event.kind) is not None:
        raise BrokenHistory(f"{event.kind} twice")
    if event.kind == "move":
        return row
    if event.kind == "pause":
        return replace(row, state=PAUSED, due_at=None)
    if event.kind == BREACH:
        return replace(row, breached_at=event.at)
    if event.kind == "exempt":
        return replace(row, exempted_at=event.at)
    if event.kind == "explain":
        return replace(row, breach_reason=event.reason)
    row = replace(row, provisional=bool(data["provisional"]))
    if event.kind == "confirm":
        return row
    if event.kind == "retarget":
        row = replace(row, calendar=data.get("calendar", row.calendar))
        # While it is paused nothing is due: what was fixed anew counts from the resumption on.
        return row if row.state == PAUSED else replace(row, due_at=_instant(data["due_at"]), epoch=row.epoch + 1)
    row = replace(row, due_at=_instant(data["due_at"]))
    if event.kind == "restart":
        return replace(row, started_at=event.at, epoch=row.epoch + 1)
    if event.kind == "resume":
        return replace(row, state=RUNNING, epoch=row.epoch + 1)
    if event.kind == "stop":
        return replace(row, state=STOPPED, stopped_at=event.at, net_seconds=data["net_seconds"])
    return replace(row, state=CANCELLED)


def pauses_of(events: Iterable[Event]) -> list[Pause]:
    """The pauses since a clock's start, which a moved appointment sets anew; the last one is without an end while it lasts.

    A stop or cancel ends it too.
    """
    found: list[Pause] = []
    for event in events:
        if event.kind == "restart":
            found = []
        elif event.kind == "pause":
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
    """The due instant as it was fixed last, by the start, a resumption or an amendment."""
    found = [event.data or {} for event in events if event.kind in FIXING]
    if not found:
        raise BrokenHistory("a clock without a start")
    data = found[-1]
    last_day = dt.date.fromisoformat(data["last_day"])
    return Due(_instant(data["due_at"]), bool(data["provisional"]), _instant(data["unmoved_due_at"]), last_day)


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def amended_by_hand(events: Iterable[Event]) -> bool:
    """Whether the due instant was last set to an instant that people agreed on: no calendar explains that one."""
    found = [event.data or {} for event in events if event.kind in FIXING and event.kind != "resume"]
    return bool(found and found[-1].get("agreed_with"))


def rung_instants(
    calendar: ServiceCalendar,
    started_at: dt.datetime,
    kind: TargetKind,
    ladder: Sequence[Mapping[str, Any]],
    due: Due,
    pauses: Sequence[tuple[dt.datetime, dt.datetime]] = (),
) -> dict[str, dt.datetime]:
    """When each rung fires, by name; always with the breach, one second after due. Rungs before the start are left out.

    `after` and `before_due` count in the target's own time: open time for service seconds and working days, else all of it.
    `before_days` are calendar days before the last day of the term as it was before it moved off a holiday, at opening time (of the
    last open day before, where there is no service); `on_day` counts working days after the day of the start, at its local `time`.
    """
    instants = {}
    for rung in ladder:
        if rung.get("breach"):
            continue
        instant = _rung_instant(calendar, started_at, kind, rung, due, pauses)
        if instant >= started_at:
            instants[str(rung["name"])] = instant
    instants[BREACH] = due.due_at + BREACH_AFTER
    return instants


def _rung_instant(
    calendar: ServiceCalendar,
    started_at: dt.datetime,
    kind: TargetKind,
    rung: Mapping[str, Any],
    due: Due,
    pauses: Sequence[tuple[dt.datetime, dt.datetime]],
) -> dt.datetime:
    in_service = kind in (TargetKind.SERVICE_SECONDS, TargetKind.WORKING_DAYS)
    if "on_day" in rung:
        day = calendar.nth_working_day(calendar.local_date(started_at), int(rung["on_day"]))
        return calendar.instant(day, dt.time.fromisoformat(rung["time"]))
    if "before_days" in rung:
        last_day = calendar.local_date(due.unmoved_due_at - MICROSECOND)
        day = last_day - dt.timedelta(days=int(rung["before_days"]))
        return calendar.opening(day) or calendar.opening(calendar.service_day_before(day)) or due.due_at
    if "before_due" in rung:
        # Counted back by counting forward from where the clock last began to run.
        base = pauses[-1][1] if pauses else started_at
        left = measure(calendar, base, due.due_at, kind) - dt.timedelta(seconds=int(rung["before_due"]))
        left = max(left, dt.timedelta(0))
        return calendar.add(base, left) if in_service else base + left
    amount = int(rung["after"])
    target = Target.service_seconds(amount) if in_service else Target.continuous_seconds(amount)
    found = due_after_pauses(calendar, started_at, target, pauses)
    if found is None:
        raise ValueError("A ladder is laid for a clock that runs")
    return found.due_at


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the time of a promise went, in seconds as its target counts them: `net` in all, `late` beyond the due instant, and
    `beside` while a vendor's clock ran. `vendor_late` is as much of the lateness as the vendor's time can explain."""

    net: float
    late: float
    beside: float

    @property
    def vendor_late(self) -> float:
        """Without the vendor's time it would have been so much less late."""
        return min(self.late, self.beside)


def attribution(
    calendar: ServiceCalendar,
    kind: TargetKind,
    started_at: dt.datetime,
    due_at: dt.datetime | None,
    until: dt.datetime,
    pauses: Sequence[Pause],
    spans: Iterable[tuple[dt.datetime, dt.datetime]],
) -> Attribution:
    """How much of a promise's net time, and of its lateness, lies within the spans of its vendors' clocks.

    Spans that overlap count once; time in which the promise itself was held counts for nobody. `until` is its end, or now.
    """
    begin, until = min(started_at, until), until
    net = net_time(calendar, begin, until, kind, pauses)
    late = dt.timedelta(0)
    if due_at is not None and due_at < until:
        late = net_time(calendar, max(due_at, begin), until, kind, pauses)
    beside = dt.timedelta(0)
    reached = begin
    for start, end in sorted(spans):
        first, last = max(start, reached), min(end, until)
        if first < last:
            beside += net_time(calendar, first, last, kind, pauses)
            reached = last
    return Attribution(*(max(0.0, part.total_seconds()) for part in (net, late, beside)))
