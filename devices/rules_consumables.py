"""How long paper and ink last, and whether a figure of run data can be true. Pure: no database, no clock."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

MIN_DAYS = 3
"""Days of use that a rate must rest on; fewer say nothing."""
HISTORY_DAYS = 180
"""What is older says nothing of today's use."""
LOOK_AHEAD_DAYS = 730
"""A day further away than this is not told: nobody knows."""
JUMP = 5
"""A figure this many times the usual one, or its fraction, is asked about."""
EARLIER = 6
"""So many earlier figures make the usual one."""

UseDays = Callable[[date, date], int]
"""use_days(first, last): days of use after `first` up to and including `last`."""


@dataclass(frozen=True)
class Point:
    """What was left in a device just before and just after somebody was at it (pages or prints; None: nobody knows)."""

    at: datetime
    day: date
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Reading:
    """A counter's reading. `is_new`: here another meter begins."""

    at: datetime
    day: date
    value: int
    is_new: bool = False


@dataclass(frozen=True)
class Forecast:
    """What is known: `level` left at `level_at`, use a day of use, the day it is used up. None is "not enough data"."""

    level: int | None
    level_at: datetime | None
    rate: float | None


def days_of_use(always_on: bool, service_days: UseDays) -> UseDays:
    """How days are counted: every day for what is never switched off, else days of service."""
    return (lambda first, last: max((last - first).days, 0)) if always_on else service_days


def used_between(readings: Sequence[Reading], since: datetime, until: datetime) -> int | None:
    """Pages between two instants by the counter, across replaced meters; None unless there is a reading at or before each."""
    known = sorted((row for row in readings if row.at <= until), key=lambda row: row.at)
    start = next((index for index in range(len(known) - 1, -1, -1) if known[index].at <= since), None)
    if start is None or start == len(known) - 1:
        return None
    return sum(later.value - earlier.value for earlier, later in pairwise(known[start:]) if not later.is_new)


def rate_of(points: Sequence[Point], readings: Sequence[Reading], use_days: UseDays) -> float | None:
    """Pages a day of use: by the counter where it tells, else by what was left between visits; None when too little is known."""
    pairs: list[tuple[int, int]] = []
    counted = sorted(readings, key=lambda row: row.at)
    for one, two in pairwise(counted):
        if not two.is_new and two.value >= one.value:
            pairs.append((two.value - one.value, use_days(one.day, two.day)))
    by_counter = _per_day(pairs)
    if by_counter is not None:
        return by_counter
    pairs = []
    seen = sorted(points, key=lambda row: row.at)
    for before, after in pairwise(seen):
        if before.after is not None and after.before is not None and before.after >= after.before:
            pairs.append((before.after - after.before, use_days(before.day, after.day)))
    return _per_day(pairs)


def _per_day(pairs: Iterable[tuple[int, int]]) -> float | None:
    used = days = 0
    for pages, span in pairs:
        used, days = used + pages, days + span
    return used / days if days >= MIN_DAYS and used > 0 else None


def forecast(points: Sequence[Point], readings: Sequence[Reading], use_days: UseDays) -> Forecast:
    """Rate and last known level. A counter read after the last visit tells what has been used since."""
    rate = rate_of(points, readings, use_days)
    last = max((point for point in points if point.after is not None), key=lambda point: point.at, default=None)
    if last is None or last.after is None:
        return Forecast(None, None, rate)
    newest = max(readings, key=lambda row: row.at, default=None)
    if newest is not None and newest.at > last.at:
        used = used_between(readings, last.at, newest.at)
        # A counter first read before the visit tells of the days before it as well: their share by the rate is taken off.
        base = max((row for row in readings if row.at <= last.at), key=lambda row: row.at, default=None)
        if used is not None and base is not None:
            if base.day < last.day and rate is not None:
                used = max(0, used - round(rate * use_days(base.day, last.day)))
            return Forecast(max(0, last.after - used), newest.at, rate)
    return Forecast(last.after, last.at, rate)


def level_now(
    level: int | None, level_day: date | None, rate: float | None, use_days: UseDays, today: date
) -> int | None:
    """What should be left at the end of today; the last known level where no rate is known."""
    if level is None or level_day is None:
        return None
    if rate is None:
        return level
    return max(0, round(level - rate * use_days(level_day, today)))


def days_left(level: int | None, rate: float | None) -> int | None:
    """Whole days of use that a level lasts; None is "not enough data"."""
    return None if level is None or not rate else int(level / rate)


def day_after_use(start: date, days: int, use_days: UseDays) -> date | None:
    """The first day on which `days` days of use after `start` are over; None when that is further than anybody can tell."""
    if days > LOOK_AHEAD_DAYS:
        return None
    low, high = 0, 1
    while use_days(start, start + timedelta(days=high)) < days:
        low, high = high, high * 2
        if high > LOOK_AHEAD_DAYS * 2:
            return None
    while low < high:
        middle = (low + high) // 2
        if use_days(start, start + timedelta(days=middle)) >= days:
            high = middle
        else:
            low = middle + 1
    return start + timedelta(days=low)


def warning_days(
    found: Forecast, level_day: date | None, capacity: int, warn_percent: int, warn_days: int, use_days: UseDays
) -> tuple[date | None, date | None]:
    """(day from which it is low, day on which it is used up); both None while nobody can tell.

    Low is what comes first: fewer than `warn_days` days of use are left, or less than `warn_percent` of what it holds.
    """
    if found.level is None or level_day is None:
        return None, None
    floor = capacity * warn_percent / 100
    if not found.rate:
        return (level_day, None) if found.level <= floor else (None, None)
    left = int(found.level / found.rate)
    empty = day_after_use(level_day, left, use_days)
    until_floor = max(0, math.ceil((found.level - floor) / found.rate))
    low = day_after_use(level_day, max(0, min(left - warn_days, until_floor)), use_days)
    return low, empty


def units_to_fill(level: int | None, capacity: int, pages_per_unit: int) -> int:
    """Whole units that bring a device back to what it holds, one at least; an unknown level counts as empty."""
    return max(1, math.ceil((capacity - (level or 0)) / pages_per_unit))


def lasts_through(left: int | None, days_until_reopening: int, margin: int) -> bool:
    """Whether what is left lasts until the day after a closure, with a margin; what nobody knows does not."""
    return left is not None and left >= days_until_reopening + margin


def hours_of_month(month: date) -> int:
    """Hours that a month has."""
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (following - month.replace(day=1)).days * 24


def figure_fault(kind: str, value: Decimal, month: date) -> str:
    """Why a figure cannot be true: "negative", "hours", "whole", "large"; "" when it can."""
    if value < 0:
        return "negative"
    if kind == "hours" and value > hours_of_month(month):
        return "hours"
    if kind == "count" and value != value.to_integral_value():
        return "whole"
    if value >= Decimal(10) ** 11:
        return "large"
    return ""


def is_jump(value: Decimal, earlier: Sequence[Decimal]) -> bool:
    """Whether a figure is so far from the usual one of the months before that somebody has to confirm it."""
    usual = median(earlier[:EARLIER]) if earlier else Decimal(0)
    if usual <= 0:
        return False
    return value >= usual * JUMP or value * JUMP <= usual


def month_before(month: date, back: int = 1) -> date:
    """The first day of the month so many months before."""
    number = month.year * 12 + month.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)
