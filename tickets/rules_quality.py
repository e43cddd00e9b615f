"""Decides what quality figures mean: the same fault again, how much the satisfaction still bears, how reliable a device is.

Pure functions over values, no database. Instants are aware; spans are half open; amounts of time are seconds of service time.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

Span = tuple[datetime, datetime]
ALIKE = 0.5
"""From this share of common pairs of characters on, two texts say the same."""
HOUR = 3600.0


# The same fault again ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cause:
    """Why something failed: the chosen cause code, else the fault type and the words."""

    code: int | None
    fault_type: str
    words: str


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of a text, signs left out; a single character stands for itself."""
    plain = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
    return frozenset(plain[start : start + 2] for start in range(len(plain) - 1)) or frozenset({plain} - {""})


def likeness(one: str, other: str) -> float:
    """How much of the shorter text stands in the other: 0 to 1; nothing is like an empty text."""
    first, second = pairs(one), pairs(other)
    if not first or not second:
        return 0.0
    return len(first & second) / min(len(first), len(second))


def same_cause(one: Cause, other: Cause) -> bool:
    """Whether two faults of one device have the same cause.

    Two codes decide alone. Without both, fault types that are known must agree, and the words must say the same.
    """
    if one.code is not None and other.code is not None:
        return one.code == other.code
    if one.fault_type and other.fault_type and one.fault_type != other.fault_type:
        return False
    return likeness(one.words, other.words) >= ALIKE


def is_within(resolved_at: datetime, received_at: datetime, days: int) -> bool:
    """Whether a fault came back within so many days of its repair, the last instant included."""
    return resolved_at <= received_at <= resolved_at + timedelta(days=days)


# Satisfaction ---------------------------------------------------------------------------------------------------------


def bad_ratings_left(satisfied: int, valid: int, floor_percent: int) -> int:
    """How many bad ratings, and none else, can come before satisfied / valid falls below the floor; 0 when it lies below."""
    return max(0, satisfied * 100 // floor_percent - valid)


def good_ratings_needed(satisfied: int, valid: int, floor_percent: int) -> int:
    """How many satisfied ratings, and none else, lift satisfied / valid to the floor; 0 when it is there.

    With a floor of 100 a single bad rating can never be made good: -1.
    """
    lacking = floor_percent * valid - 100 * satisfied
    if lacking <= 0:
        return 0
    return -1 if floor_percent >= 100 else -(-lacking // (100 - floor_percent))


# Reliability ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One fault of a device: reported, and repaired or still open (None)."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Reliability:
    """How a device served in a span, in seconds of service time.

    `due` is the time in which it had to serve; `down` that in which it was broken and no spare stood in; `repair` the time from the
    report to the repair, summed over the `repaired` faults; `faults` began within the span.
    """

    due: float
    down: float
    repair: float
    faults: int
    repaired: int

    @property
    def serviceability(self) -> float | None:
        """Available of due time, 0 to 1; None where no service was due."""
        return (self.due - self.down) / self.due if self.due > 0 else None

    @property
    def mtbf_hours(self) -> float | None:
        """Mean time between failures: available hours for each fault; None without a fault."""
        return (self.due - self.down) / self.faults / HOUR if self.faults else None

    @property
    def mttr_hours(self) -> float | None:
        """Mean time to repair: hours of service time from the report to the repair; None while none was repaired."""
        return self.repair / self.repaired / HOUR if self.repaired else None

    @property
    def down_hours(self) -> float:
        """Hours of service time in which it could not be used."""
        return self.down / HOUR


def united(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order; empty spans fall away."""
    result: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((begin, end))
    return result


def without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """The time of the spans that lies in none of the holes. Both are united first."""
    result: list[Span] = []
    gaps = united(holes)
    for begin, end in united(spans):
        at = begin
        for gap_begin, gap_end in gaps:
            if gap_end <= at or gap_begin >= end:
                continue
            if at < gap_begin:
                result.append((at, gap_begin))
            at = max(at, gap_end)
        if at < end:
            result.append((at, end))
    return result


def clipped(spans: Iterable[Span], within: Span) -> list[Span]:
    """What of the spans lies within another."""
    return [
        (max(begin, within[0]), min(end, within[1])) for begin, end in spans if begin < within[1] and end > within[0]
    ]


def reliability(
    faults: Sequence[Fault],
    stand_ins: Sequence[Span],
    span: Span,
    service_seconds: Callable[[datetime, datetime], float],
) -> Reliability:
    """How reliable a device was in a span, by its faults and the times in which a spare stood in for it.

    serviceability = Σ available / Σ due seconds of service time; a fault makes the device unavailable from the report to the
    repair, except while a spare stands in. Faults that lie over each other count once as down time, and each as a fault.
    """
    begin, end = span
    if begin >= end:
        return Reliability(0.0, 0.0, 0.0, 0, 0)
    broken = [(fault.began_at, fault.ended_at or end) for fault in faults]
    down = without(clipped(broken, span), clipped(stand_ins, span))
    begun = [fault for fault in faults if begin <= fault.began_at < end]
    repaired = [fault.ended_at for fault in begun if fault.ended_at is not None]
    repair = sum(service_seconds(fault.began_at, fault.ended_at) for fault in begun if fault.ended_at is not None)
    return Reliability(
        due=service_seconds(begin, end),
        down=sum(service_seconds(first, last) for first, last in down),
        repair=repair,
        faults=len(begun),
        repaired=len(repaired),
    )


# Periods --------------------------------------------------------------------------------------------------------------


def period_days(key: str, today: date, starts_on: date, ends_on: date) -> tuple[date, date]:
    """The first and the last day of a period by its key, within the contract's term: week, last_week, month, last_month, or the
    whole contract so far for any other key."""
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    last_of_previous = first_of_month - timedelta(days=1)
    first, last = {
        "week": (monday, monday + timedelta(days=6)),
        "last_week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "month": (first_of_month, _end_of_month(today)),
        "last_month": (last_of_previous.replace(day=1), last_of_previous),
    }.get(key, (starts_on, ends_on))
    return max(first, starts_on), min(last, ends_on)


def _end_of_month(day: date) -> date:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)
