"""Targets: how much of which time a promise leaves, when it falls due, why, and what a pause does to it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from contract.rules.calendar import Day, ServiceCalendar

MICROSECOND = dt.timedelta(microseconds=1)


class TargetKind(StrEnum):
    """The four kinds of time that the contract promises in."""

    SERVICE_SECONDS = "service_seconds"
    WORKING_DAYS = "working_days"
    CONTINUOUS_SECONDS = "continuous_seconds"
    CALENDAR_DAYS = "calendar_days"


@dataclass(frozen=True, slots=True)
class Target:
    """An amount of one kind of time: seconds or days. `extend_on_holiday` is for calendar days only: a term that
    ends on a day that is no working day ends with the next working day."""

    kind: TargetKind
    amount: int
    extend_on_holiday: bool = False

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("A target cannot be negative")
        if self.extend_on_holiday and self.kind is not TargetKind.CALENDAR_DAYS:
            raise ValueError("Only a term of calendar days moves to the next working day")

    @classmethod
    def service_seconds(cls, amount: int) -> Self:
        """Seconds of service time (5 minutes, 1 hour)."""
        return cls(TargetKind.SERVICE_SECONDS, amount)

    @classmethod
    def working_days(cls, amount: int) -> Self:
        """Working days; the day of receipt is day 0, due when service closes on the last one."""
        return cls(TargetKind.WORKING_DAYS, amount)

    @classmethod
    def continuous_seconds(cls, amount: int) -> Self:
        """Seconds around the clock, for major and urgent cases."""
        return cls(TargetKind.CONTINUOUS_SECONDS, amount)

    @classmethod
    def calendar_days(cls, amount: int, *, extend_on_holiday: bool = False) -> Self:
        """Calendar days; the day of the event is not counted, the term ends at 24:00 local of the last one."""
        return cls(TargetKind.CALENDAR_DAYS, amount, extend_on_holiday)

    @property
    def in_days(self) -> bool:
        """Whether whole days are counted, so that a date is enough to start from."""
        return self.kind in (TargetKind.WORKING_DAYS, TargetKind.CALENDAR_DAYS)


@dataclass(frozen=True, slots=True)
class Due:
    """When a promise falls due (UTC; kept when fulfilled at `due_at` or before). `unmoved_due_at` is the term before
    it moved off a holiday: reminders go by it. `last_day` is the local date whose closing time or 24:00 is meant."""

    due_at: dt.datetime
    provisional: bool
    unmoved_due_at: dt.datetime
    last_day: dt.date

    @property
    def moved(self) -> bool:
        """Whether the term moved to the next working day."""
        return self.due_at != self.unmoved_due_at


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of counted time (UTC). Around the clock no day is asked for and `day` is None."""

    start: dt.datetime
    end: dt.datetime
    day: Day | None

    @property
    def length(self) -> dt.timedelta:
        """Its exact length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A day that counted towards a target in days, with its number."""

    number: int
    day: Day


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a promise is due when it is: the spans or the days that counted, and the days passed over."""

    start: dt.datetime | dt.date
    target: Target
    due: Due
    segments: tuple[Segment, ...]
    days: tuple[CountedDay, ...]
    skipped: tuple[Day, ...]
    calendar: ServiceCalendar

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON: instants in ISO 8601 with the local offset, seconds as integers where whole."""
        local = self.calendar.local
        return {
            "start": local(self.start).isoformat() if isinstance(self.start, dt.datetime) else self.start.isoformat(),
            "target": {
                "kind": self.target.kind.value,
                "amount": self.target.amount,
                "extend_on_holiday": self.target.extend_on_holiday,
            },
            "due_at": local(self.due.due_at).isoformat(),
            "unmoved_due_at": local(self.due.unmoved_due_at).isoformat(),
            "last_day": self.due.last_day.isoformat(),
            "provisional": self.due.provisional,
            "segments": [
                {
                    "start": local(segment.start).isoformat(),
                    "end": local(segment.end).isoformat(),
                    "seconds": _number(segment.length),
                    **({} if segment.day is None else _day_dict(segment.day)),
                }
                for segment in self.segments
            ],
            "days": [{"number": counted.number, **_day_dict(counted.day)} for counted in self.days],
            "skipped": [_day_dict(day) for day in self.skipped],
        }


def _number(length: dt.timedelta) -> int | float:
    return length.total_seconds() if length.microseconds else length // dt.timedelta(seconds=1)


def _day_dict(day: Day) -> dict[str, object]:
    return {
        "date": day.date.isoformat(),
        "kind": day.kind.value,
        "source": day.source.slug,
        "windows": [str(window) for window in day.windows],
        "note": day.note,
        "notice": day.notice,
        "provisional": day.provisional,
    }


def due(calendar: ServiceCalendar, start: dt.datetime | dt.date, target: Target) -> Due:
    """When a target that starts at an instant falls due; targets in days may start from a date.

    Raises ValueError for a naive instant, or for a date where seconds are counted."""
    if target.in_days:
        date = _date_of(calendar, start)
        if target.kind is TargetKind.WORKING_DAYS:
            return _due_on_working_day(calendar, date, calendar.nth_working_day(date, target.amount))
        return _due_on_calendar_day(calendar, date + dt.timedelta(days=target.amount), target)
    instant = _instant_of(start)
    if target.kind is TargetKind.CONTINUOUS_SECONDS:
        due_at = instant + dt.timedelta(seconds=target.amount)
        return Due(due_at, False, due_at, _last_day(calendar, instant, due_at))
    return _due_by_service(calendar, instant, calendar.add(instant, target.amount))


def explain(
    calendar: ServiceCalendar,
    start: dt.datetime | dt.date,
    target: Target,
    pauses: Sequence[tuple[dt.datetime, dt.datetime | None]] = (),
) -> Explanation:
    """Why a target falls due when it does, one span or day at a time, with its pauses left out.

    Raises as `due_after_pauses` does, and ValueError while a pause lasts: then nothing is due."""
    result = due_after_pauses(calendar, start, target, pauses)
    if result is None:
        raise ValueError("While a pause lasts no instant is due")
    ends = [paused_at for paused_at, _ in pauses]
    begins = [resumed_at for _, resumed_at in pauses if resumed_at is not None]
    if target.in_days:
        stretches = [
            (_date_of(calendar, begin), min(_date_of(calendar, end), result.last_day))
            for begin, end in zip([start, *begins], [*ends, result.last_day], strict=True)
        ]
        days, skipped = _explain_days(calendar, stretches, target, result)
        return Explanation(start, target, result, (), days, skipped, calendar)
    spans = [
        (begin, min(end, result.due_at))
        for begin, end in zip([_instant_of(start), *begins], [*ends, result.due_at], strict=True)
        if begin < result.due_at
    ]
    if target.kind is TargetKind.CONTINUOUS_SECONDS:
        around = tuple(Segment(begin.astimezone(dt.UTC), end.astimezone(dt.UTC), None) for begin, end in spans)
        return Explanation(start, target, result, around, (), (), calendar)
    windows = [window for begin, end in spans for window in calendar.windows_between(begin, end)]
    segments = tuple(Segment(window.start, window.end, window.day) for window in windows)
    closed = tuple(
        day
        for begin, end in _date_spans(calendar, spans, result)
        for day in calendar.days(begin, end)
        if not day.windows
    )
    return Explanation(start, target, result, segments, (), tuple(dict.fromkeys(closed)), calendar)


def _explain_days(
    calendar: ServiceCalendar, stretches: Sequence[tuple[dt.date, dt.date]], target: Target, result: Due
) -> tuple[tuple[CountedDay, ...], tuple[Day, ...]]:
    """The days that counted and those passed over, each stretch without its own first day."""
    passed = [day for begin, end in stretches for day in calendar.days(begin + dt.timedelta(days=1), end)]
    if not target.amount:
        # Nothing is counted; the first day itself may be what the term moved away from.
        first = stretches[0][0]
        moved = result.last_day > first and (target.kind is TargetKind.WORKING_DAYS or result.moved)
        return (), tuple(calendar.days(first, result.last_day - dt.timedelta(days=1))) if moved else ()
    if target.kind is TargetKind.WORKING_DAYS:
        working = [day for day in passed if day.working]
        skipped = tuple(day for day in passed if not day.working)
        return tuple(CountedDay(number, day) for number, day in enumerate(working, 1)), skipped
    counted = tuple(CountedDay(number, day) for number, day in enumerate(passed[: target.amount], 1))
    # The last counted day is passed over too when the term moved: it is why it moved.
    over = passed[target.amount - 1 : -1] if result.moved else []
    return counted, tuple(over)


def _date_spans(
    calendar: ServiceCalendar, spans: Sequence[tuple[dt.datetime, dt.datetime]], result: Due
) -> list[tuple[dt.date, dt.date]]:
    return [
        (calendar.local_date(begin), result.last_day if end == result.due_at else calendar.local_date(end))
        for begin, end in spans
    ]


def remaining_windows(
    calendar: ServiceCalendar,
    now: dt.datetime,
    due_at: dt.datetime,
    kind: TargetKind = TargetKind.SERVICE_SECONDS,
) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
    """The spans (UTC) in which a countdown to `due_at` runs, from now on: the open windows, or all of the time where
    the promise counts around the clock or in calendar days. Empty when it is due already."""
    if now >= due_at:
        return ()
    if kind in (TargetKind.CONTINUOUS_SECONDS, TargetKind.CALENDAR_DAYS):
        return ((now.astimezone(dt.UTC), due_at.astimezone(dt.UTC)),)
    return tuple((window.start, window.end) for window in calendar.windows_between(now, due_at))


def measure(calendar: ServiceCalendar, start: dt.datetime, end: dt.datetime, kind: TargetKind) -> dt.timedelta:
    """The time between two instants as the kind counts it, exact: open time for service seconds and working days,
    all of the time for the others; negative when `end` lies before `start`."""
    if kind in (TargetKind.SERVICE_SECONDS, TargetKind.WORKING_DAYS):
        return calendar.elapsed(start, end)
    return end.astimezone(dt.UTC) - start.astimezone(dt.UTC)


def resume(
    calendar: ServiceCalendar, current: Due, target: Target, paused_at: dt.datetime, resumed_at: dt.datetime
) -> Due:
    """The due instant after a pause: what remained when it began is laid down again from the resumption.

    Seconds remain to the microsecond; days remain as days, the day of the resumption being day 0. A pause that begins
    when the promise is due or later shifts nothing: it was late, or kept, already. Raises ValueError when the
    resumption lies before the pause."""
    if resumed_at < paused_at:
        raise ValueError("A pause cannot end before it begins")
    if paused_at >= current.due_at or paused_at == resumed_at:
        return current
    if target.kind is TargetKind.CONTINUOUS_SECONDS:
        due_at = current.due_at + (resumed_at.astimezone(dt.UTC) - paused_at.astimezone(dt.UTC))
        return Due(due_at, False, due_at, _last_day(calendar, resumed_at, due_at))
    if target.kind is TargetKind.SERVICE_SECONDS:
        remaining = calendar.elapsed(paused_at, current.due_at)
        return _due_by_service(calendar, resumed_at, calendar.add(resumed_at, remaining))
    paused_on, resumed_on = calendar.local_date(paused_at), calendar.local_date(resumed_at)
    if target.kind is TargetKind.WORKING_DAYS:
        days = calendar.working_days_between(paused_on, current.last_day)
        return _due_on_working_day(calendar, resumed_on, calendar.nth_working_day(resumed_on, days))
    unmoved_on = calendar.local_date(current.unmoved_due_at - MICROSECOND)
    return _due_on_calendar_day(calendar, unmoved_on + (resumed_on - paused_on), target)


def due_after_pauses(
    calendar: ServiceCalendar,
    start: dt.datetime | dt.date,
    target: Target,
    pauses: Sequence[tuple[dt.datetime, dt.datetime | None]],
) -> Due | None:
    """Fold a promise's pauses, in order, into its due instant; None while the last one has no end.

    Raises ValueError when pauses overlap, are out of order, or one without an end is not the last."""
    result = due(calendar, start, target)
    reached = start if isinstance(start, dt.datetime) else calendar.instant(start, dt.time.min)
    for paused_at, resumed_at in pauses:
        if paused_at < reached:
            raise ValueError("Pauses must follow one another after the start")
        if resumed_at is None:
            if (paused_at, resumed_at) != pauses[-1]:
                raise ValueError("Only the last pause may be without an end")
            return None
        result = resume(calendar, result, target, paused_at, resumed_at)
        reached = resumed_at
    return result


def net_time(
    calendar: ServiceCalendar,
    start: dt.datetime,
    end: dt.datetime,
    kind: TargetKind,
    pauses: Iterable[tuple[dt.datetime, dt.datetime | None]] = (),
) -> dt.timedelta:
    """The time that a promise has used from `start` to `end` without its pauses, as its kind counts it."""
    used = measure(calendar, start, end, kind)
    for paused_at, resumed_at in pauses:
        begin, finish = max(paused_at, start), end if resumed_at is None else min(resumed_at, end)
        if begin < finish:
            used -= measure(calendar, begin, finish, kind)
    return used


def _date_of(calendar: ServiceCalendar, start: dt.datetime | dt.date) -> dt.date:
    return calendar.local_date(start) if isinstance(start, dt.datetime) else start


def _instant_of(start: dt.datetime | dt.date) -> dt.datetime:
    if not isinstance(start, dt.datetime) or start.tzinfo is None:
        raise ValueError("A target in seconds starts at an instant with a time zone")
    return start.astimezone(dt.UTC)


def _last_day(calendar: ServiceCalendar, start: dt.datetime, due_at: dt.datetime) -> dt.date:
    """The local date that a due instant belongs to; midnight belongs to the day it ends."""
    return calendar.local_date(due_at - MICROSECOND if due_at > start else due_at)


def _due_by_service(calendar: ServiceCalendar, start: dt.datetime, due_at: dt.datetime) -> Due:
    last_day = _last_day(calendar, start, due_at)
    return Due(due_at, calendar.is_provisional(calendar.local_date(start), last_day), due_at, last_day)


def _due_on_working_day(calendar: ServiceCalendar, start: dt.date, last_day: dt.date) -> Due:
    due_at = calendar.closing(last_day)
    if due_at is None:
        raise ValueError(f"A working day without windows: {last_day}")
    return Due(due_at, calendar.is_provisional(start, last_day), due_at, last_day)


def _due_on_calendar_day(calendar: ServiceCalendar, unmoved: dt.date, target: Target) -> Due:
    last_day = calendar.nth_working_day(unmoved, 0) if target.extend_on_holiday else unmoved
    provisional = target.extend_on_holiday and calendar.is_provisional(unmoved, last_day)
    return Due(calendar.end_of_day(last_day), provisional, calendar.end_of_day(unmoved), last_day)
