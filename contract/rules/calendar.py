"""Service time: what a day is, when service is open, and arithmetic in open time, exact to the microsecond.

A `ServiceCalendar` covers every date: days whose year has no published arrangement are provisional, never an error.
Days are laid out as windows on one line of microseconds with running sums, so an addition is two bisections
whatever its span.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import accumulate, pairwise
from operator import sub
from typing import Final, Self
from zoneinfo import ZoneInfo

from contract.rules.national import HOLIDAY_LAW, NationalDay, NationalKind, fixed_by_law

SECOND: Final = 1_000_000
DAY_SECONDS: Final = 86_400
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EPOCH_ORDINAL: Final = EPOCH.toordinal()

#: Further apart than this, years are laid out for one question and not kept.
KEPT_YEARS: Final = 100


class CalendarError(ValueError):
    """Facts that make no calendar; `faults` are triples of what is concerned (a date or nothing), a code, and the words."""

    def __init__(self, faults: Iterable[tuple[str, str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{where}: {words}" if where else words for where, _code, words in self.faults))


class DayKind(StrEnum):
    """What a day is to the service."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    STATUTORY_HOLIDAY = "statutory_holiday"
    MAKEUP_WORKDAY = "makeup_workday"
    EXTENDED_SATURDAY = "extended_saturday"
    CLOSURE = "closure"
    MAJOR_EVENT = "major_event"


class DaySource(IntEnum):
    """Who says so; where two speak of one day, the greater one is heard."""

    WEEKLY_RULE = 1
    STATUTORY = 2
    MAKEUP = 3
    LOCAL_OVERRIDE = 4

    @property
    def slug(self) -> str:
        """The name used in data and JSON: weekly_rule, statutory, makeup, local_override."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of one day, in seconds since local midnight; 86,400 is the midnight that ends it."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= DAY_SECONDS:
            raise ValueError(f"A window must start before it ends within one day: {self.start}..{self.end}")

    @classmethod
    def of(cls, start: dt.time | str, end: dt.time | str) -> Self:
        """From clock times ("08:30", "18:00"); an end of 00:00 or 24:00 is the midnight that ends the day."""
        return cls(_seconds_of_day(start), _seconds_of_day(end) or DAY_SECONDS)

    @property
    def seconds(self) -> int:
        """Length by the wall clock."""
        return self.end - self.start

    def __str__(self) -> str:
        return f"{_clock(self.start)}–{_clock(self.end)}"


def _seconds_of_day(value: dt.time | str) -> int:
    if value == "24:00":
        return DAY_SECONDS
    time = dt.time.fromisoformat(value) if isinstance(value, str) else value
    if time.tzinfo is not None or time.microsecond:
        raise ValueError(f"A window is given in whole seconds of local time: {value}")
    return time.hour * 3600 + time.minute * 60 + time.second


def _clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{second:02d}" if second else "")


@dataclass(frozen=True, slots=True)
class WeeklyRule:
    """The ordinary week from `valid_from` on: working weekdays (Monday is 0) with their windows, and the windows of
    an extended Saturday (none: there is no extended service)."""

    windows: tuple[Window, ...] = (Window(30_600, 64_800),)
    saturday: tuple[Window, ...] = ()
    weekdays: frozenset[int] = frozenset(range(5))
    valid_from: dt.date = dt.date.min


@dataclass(frozen=True, slots=True)
class Override:
    """What the contract's parties fixed for one date. Left out, windows and working status follow from the kind; a
    major event keeps those of the day it falls on."""

    date: dt.date
    kind: DayKind
    windows: tuple[Window, ...] | None = None
    working: bool | None = None
    note: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One date as the service sees it. `working` decides counts of working days, `windows` decide service time."""

    date: dt.date
    kind: DayKind
    working: bool
    windows: tuple[Window, ...]
    source: DaySource
    note: str
    notice: str
    provisional: bool

    @property
    def has_service(self) -> bool:
        """Whether there is any service time on this day."""
        return bool(self.windows)


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A span of open service between two instants (UTC), with the day it belongs to."""

    start: dt.datetime
    end: dt.datetime
    day: Day


@dataclass(frozen=True, slots=True)
class Closure:
    """A run of days without service that contains a statutory holiday."""

    first_day: dt.date
    last_day: dt.date
    names: tuple[str, ...]
    provisional: bool

    @property
    def days(self) -> int:
        """Length in calendar days."""
        return (self.last_day - self.first_day).days + 1

    @property
    def last_service_day(self) -> dt.date:
        """The last day with service before it."""
        return self.first_day - dt.timedelta(days=1)

    @property
    def next_service_day(self) -> dt.date:
        """The first day with service after it."""
        return self.last_day + dt.timedelta(days=1)


class _Year:
    """One year laid out: its days, and its windows in microseconds since the epoch with the index of their day."""

    __slots__ = ("begin", "closes", "days", "end", "opens", "owners", "working")

    def __init__(self, zone: ZoneInfo, days: Sequence[Day]) -> None:
        self.days = days
        self.begin = _micros_of(zone, days[0].date, 0)
        self.end = _micros_of(zone, days[-1].date, DAY_SECONDS)
        self.opens: list[int] = []
        self.closes: list[int] = []
        self.owners: list[int] = []
        self.working = [day.date.toordinal() for day in days if day.working]
        midnight = self.begin
        for index, day in enumerate(days):
            following = _micros_of(zone, day.date, DAY_SECONDS)
            # On a day of 24 hours the wall clock is the midnight plus the seconds; else the zone has to be asked.
            even = following - midnight == DAY_SECONDS * SECOND
            for window in day.windows:
                self.opens.append(
                    midnight + window.start * SECOND if even else _micros_of(zone, day.date, window.start)
                )
                self.closes.append(midnight + window.end * SECOND if even else _micros_of(zone, day.date, window.end))
                self.owners.append(index)
            midnight = following


class _Table:
    """Consecutive years laid out: windows, and running sums over windows and days.

    Window 0 is an empty one at the beginning, so that every instant of the table has a window at or before it.
    """

    __slots__ = (
        "before",
        "begin",
        "closes",
        "days",
        "end",
        "first_ordinal",
        "first_year",
        "lag",
        "last_year",
        "opens",
        "owners",
        "provisional",
        "working",
    )

    def __init__(self, first_year: int, years: Sequence[_Year]) -> None:
        self.first_year, self.last_year = first_year, first_year + len(years) - 1
        self.begin = years[0].begin if years else 0
        self.end = years[-1].end if years else 0
        self.days: list[Day] = []
        self.opens, self.closes, self.owners = [self.begin], [self.begin], [0]
        self.working: list[int] = []
        for year in years:
            shift = len(self.days)
            self.days += year.days
            self.opens += year.opens
            self.closes += year.closes
            self.owners += [shift + owner for owner in year.owners]
            self.working += year.working
        self.first_ordinal = self.days[0].date.toordinal() if self.days else 0
        self.before: list[int] = [0, *accumulate(map(sub, self.closes, self.opens))]
        # Within window i, instant minus lag[i] is the open time since the beginning.
        self.lag: list[int] = list(map(sub, self.opens, self.before))
        self.provisional: list[int] = [0, *accumulate(day.provisional for day in self.days)]


def _micros_of(zone: ZoneInfo, date: dt.date, seconds: int) -> int:
    """Microseconds since the epoch of a local wall clock; integers, because 24:00 of a day is no `datetime`."""
    days, rest = divmod(seconds, DAY_SECONDS)
    midnight = dt.datetime.combine(date + dt.timedelta(days=days), dt.time.min, zone)
    local = midnight + dt.timedelta(seconds=rest)
    offset = local.utcoffset() or dt.timedelta(0)
    wall = ((local.toordinal() - EPOCH_ORDINAL) * DAY_SECONDS + rest) * SECOND
    return wall - _micros(offset)


def _micros(delta: dt.timedelta) -> int:
    return (delta.days * DAY_SECONDS + delta.seconds) * SECOND + delta.microseconds


def _amount(service: int | dt.timedelta) -> int:
    """An amount of time in microseconds, from whole seconds or a timedelta."""
    if isinstance(service, dt.timedelta):
        amount = _micros(service)
    elif isinstance(service, int):
        amount = service * SECOND
    else:
        raise TypeError("Service time is whole seconds or a timedelta")
    if amount < 0:
        raise ValueError("Service time cannot be negative")
    return amount


def _at(instant: dt.datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone")
    return _micros(instant - EPOCH)


def _instant(micros: int) -> dt.datetime:
    return EPOCH + dt.timedelta(0, 0, micros)


@dataclass(frozen=True)
class ServiceCalendar:
    """When service is open, for every date from year 2 to 9998; outside these OverflowError is raised.

    Build it with `ServiceCalendar.build`. Values are equal when their inputs are; the laid-out years are a cache.
    Instants go in with any time zone and come out in UTC; naive ones raise ValueError.
    """

    weekly: tuple[WeeklyRule, ...]
    national: tuple[NationalDay, ...] = ()
    overrides: tuple[Override, ...] = ()
    published: frozenset[int] = frozenset()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    _national: dict[dt.date, NationalDay] = field(init=False, repr=False, compare=False)
    _overrides: dict[dt.date, Override] = field(init=False, repr=False, compare=False)
    _years: dict[int, _Year] = field(init=False, repr=False, compare=False)
    _table: _Table = field(init=False, repr=False, compare=False)

    @classmethod
    def build(
        cls,
        *,
        weekly: WeeklyRule | Iterable[WeeklyRule],
        national: Iterable[NationalDay] = (),
        overrides: Iterable[Override] = (),
        published: Iterable[int] | None = None,
        zone: str = "Asia/Shanghai",
    ) -> Self:
        """A calendar from its facts in any order. `published` are the years whose arrangement is known; left out,
        those that `national` speaks of. Raises ValueError naming everything that contradicts itself."""
        rules = (weekly,) if isinstance(weekly, WeeklyRule) else weekly
        known = tuple(sorted(national, key=lambda day: (day.date, day.kind)))
        return cls(
            weekly=tuple(sorted(rules, key=lambda rule: rule.valid_from)),
            national=known,
            overrides=tuple(sorted(overrides, key=lambda override: override.date)),
            published=frozenset({day.year for day in known} if published is None else published),
            zone=ZoneInfo(zone),
        )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_national", {day.date: day for day in self.national})
        object.__setattr__(self, "_overrides", {override.date: override for override in self.overrides})
        object.__setattr__(self, "_years", {})
        object.__setattr__(self, "_table", _Table(0, ()))
        problems = [*_contradictions(self.weekly, self.national, self.overrides)]
        if not problems:
            problems = [
                (override.date.isoformat(), code, words)
                for override in self.overrides
                for code, words in _day_faults(self._make_day(override.date, fixed_by_law(override.date.year)))
            ]
        if problems:
            raise CalendarError(problems)

    # Days ---------------------------------------------------------------------------------------------------------

    def day(self, date: dt.date) -> Day:
        """What a date is: kind, windows, source and whether that is provisional."""
        if isinstance(date, dt.datetime):
            raise TypeError("A day is asked for by its date; use local_date() on an instant")
        table = self._table
        index = date.toordinal() - table.first_ordinal
        if not 0 <= index < len(table.days):
            table = self._cover(date.year, date.year)
            index = date.toordinal() - table.first_ordinal
        return table.days[index]

    def days(self, first: dt.date, last: dt.date) -> Sequence[Day]:
        """Every day from `first` to `last`, both included; empty when `last` lies before."""
        if last < first:
            return ()
        table = self._cover(first.year, last.year)
        return table.days[first.toordinal() - table.first_ordinal : last.toordinal() - table.first_ordinal + 1]

    def is_working_day(self, date: dt.date) -> bool:
        """Whether a date counts as a working day (an extended Saturday never does)."""
        return self.day(date).working

    def nth_working_day(self, day: dt.date, n: int) -> dt.date:
        """The n-th working day after `day`, which itself is day 0. With n = 0 the day itself, or the first working
        day after it; a negative n counts back from before the day."""
        first = last = day.year
        if n < 0:
            first -= 1 - n // 200
        else:
            last += 1 + n // 200
        ordinal = day.toordinal()
        while True:
            table = self._cover(first, last)
            working = table.working
            index = bisect_right(working, ordinal) + n - 1 if n > 0 else bisect_left(working, ordinal) + n
            if 0 <= index < len(working):
                return dt.date.fromordinal(working[index])
            if n < 0:
                first -= 1
            else:
                last += 1

    def working_days_between(self, first: dt.date, last: dt.date) -> int:
        """Working days after `first` up to and including `last`; negative when `last` lies before `first`.

        So `working_days_between(d, nth_working_day(d, n)) == n` for n > 0."""
        table = self._cover(min(first, last).year, max(first, last).year)
        return bisect_right(table.working, last.toordinal()) - bisect_right(table.working, first.toordinal())

    def is_provisional(self, first: dt.date, last: dt.date) -> bool:
        """Whether any day from `first` to `last`, both included, lacks a published arrangement."""
        if last < first:
            return False
        table = self._cover(first.year, last.year)
        begin, end = first.toordinal() - table.first_ordinal, last.toordinal() - table.first_ordinal + 1
        return table.provisional[end] > table.provisional[begin]

    def service_day_before(self, date: dt.date) -> dt.date:
        """The last day with service before a date."""
        return self._service_day(date, -1)

    def service_day_after(self, date: dt.date) -> dt.date:
        """The first day with service after a date."""
        return self._service_day(date, 1)

    def _service_day(self, date: dt.date, step: int) -> dt.date:
        move = dt.timedelta(days=step)
        date += move
        while not self.day(date).windows:
            date += move
        return date

    def closures(self, first: dt.date, last: dt.date) -> tuple[Closure, ...]:
        """The closures that have a day from `first` to `last`, both included; each one is given whole. Ordinary
        weekends are none."""
        found: list[Closure] = []
        date = first
        while date <= last:
            if self.day(date).windows:
                date += dt.timedelta(days=1)
                continue
            begin = self.service_day_before(date) + dt.timedelta(days=1)
            end = self.service_day_after(date) - dt.timedelta(days=1)
            run = self.days(begin, end)
            holidays = [day for day in run if day.kind is DayKind.STATUTORY_HOLIDAY]
            if holidays:
                names = tuple(dict.fromkeys(day.note for day in holidays))
                found.append(Closure(begin, end, names, any(day.provisional for day in run)))
            date = end + dt.timedelta(days=1)
        return tuple(found)

    # Instants -----------------------------------------------------------------------------------------------------

    def local(self, instant: dt.datetime) -> dt.datetime:
        """An instant by the local wall clock."""
        if instant.tzinfo is None:
            raise ValueError("An instant needs a time zone")
        return instant.astimezone(self.zone)

    def local_date(self, instant: dt.datetime) -> dt.date:
        """The local date of an instant."""
        return self.local(instant).date()

    def instant(self, date: dt.date, time: dt.time) -> dt.datetime:
        """The instant (UTC) of a local wall-clock time."""
        return dt.datetime.combine(date, time, self.zone).astimezone(dt.UTC)

    def end_of_day(self, date: dt.date) -> dt.datetime:
        """24:00 of a local date (UTC)."""
        return _instant(_micros_of(self.zone, date, DAY_SECONDS))

    def opening(self, date: dt.date) -> dt.datetime | None:
        """When service opens on a date (UTC); None on a day without service."""
        windows = self.day(date).windows
        return _instant(_micros_of(self.zone, date, windows[0].start)) if windows else None

    def closing(self, date: dt.date) -> dt.datetime | None:
        """When service closes on a date (UTC); None on a day without service."""
        windows = self.day(date).windows
        return _instant(_micros_of(self.zone, date, windows[-1].end)) if windows else None

    # Service time -------------------------------------------------------------------------------------------------

    def add(self, start: dt.datetime, service: int | dt.timedelta) -> dt.datetime:
        """The instant (UTC) at which `service` (whole seconds or a timedelta, ≥ 0) has passed in open time.

        What meets closing time is closing time; nothing added outside hours is the next opening."""
        if start.tzinfo is None:
            raise ValueError("An instant needs a time zone")
        since = start - EPOCH
        # Written out here and in elapsed: a call more costs a tenth of the speed.
        at = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        amount = service * 1_000_000 if type(service) is int and service >= 0 else _amount(service)
        table = self._table
        if not table.begin <= at < table.end:
            table = self._cover_instants(start, start)
        index = bisect_right(table.opens, at) - 1
        close = table.closes[index]
        if at + amount < close:
            return EPOCH + dt.timedelta(0, 0, at + amount)
        before = table.before
        target = (at - table.lag[index] if at < close else before[index + 1]) + amount
        while True:
            if amount:
                found = bisect_left(before, target, index) - 1
                if found < len(table.lag):
                    return EPOCH + dt.timedelta(0, 0, table.lag[found] + target)
            elif index + 1 < len(table.opens):
                return EPOCH + dt.timedelta(0, 0, table.opens[index + 1])
            # The same beginning keeps indexes and running sums valid; a year has fewer than 366 days of 24 hours.
            years = 1 + (target - before[-1]) // (366 * DAY_SECONDS * SECOND)
            table = self._lay_out(table.first_year, table.last_year + years)
            before = table.before

    def elapsed(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """The open time from `start` to `end`, exact; negative when `end` lies before `start`.

        The law that ties it to `add`: elapsed(t, add(t, s)) equals s."""
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("An instant needs a time zone")
        since, until = start - EPOCH, end - EPOCH
        begin = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        finish = (until.days * 86_400 + until.seconds) * 1_000_000 + until.microseconds
        table = self._table
        if not (table.begin <= begin < table.end and table.begin <= finish < table.end):
            table = self._cover_instants(min(start, end), max(start, end))
        return dt.timedelta(0, 0, _passed(table, finish) - _passed(table, begin))

    def elapsed_seconds(self, start: dt.datetime, end: dt.datetime) -> int:
        """The open time from `start` to `end` in whole seconds, rounded towards zero."""
        passed = _micros(self.elapsed(start, end))
        return passed // SECOND if passed >= 0 else -(-passed // SECOND)

    def is_open(self, instant: dt.datetime) -> bool:
        """Whether service is open at an instant; closing time itself is outside."""
        at = _at(instant)
        table = self._cover_instants(instant, instant)
        return at < table.closes[bisect_right(table.opens, at) - 1]

    def next_opening(self, instant: dt.datetime) -> dt.datetime:
        """The first instant (UTC) at or after `instant` at which service is open: `instant` itself when it is."""
        return self.add(instant, 0)

    def windows_between(self, start: dt.datetime, end: dt.datetime) -> tuple[OpenWindow, ...]:
        """The open spans from `start` to `end`, cut at both; empty when nothing is open or `end` is not after."""
        begin, finish = _at(start), _at(end)
        if finish <= begin:
            return ()
        table = self._cover_instants(start, end)
        found = []
        for index in range(bisect_right(table.opens, begin) - 1, bisect_left(table.opens, finish)):
            opens, closes = max(table.opens[index], begin), min(table.closes[index], finish)
            if opens < closes:
                found.append(OpenWindow(_instant(opens), _instant(closes), table.days[table.owners[index]]))
        return tuple(found)

    # Laying out ---------------------------------------------------------------------------------------------------

    def _cover_instants(self, first: dt.datetime, last: dt.datetime) -> _Table:
        return self._cover(self.local(first).year, self.local(last).year)

    def _cover(self, first: int, last: int) -> _Table:
        """A table that holds the years `first` to `last`: the kept one where it does, or grown when they are near.

        Several threads may do this at once: each works on the table it got."""
        kept = self._table
        if kept.days:
            if kept.first_year <= first and last <= kept.last_year:
                return kept
            if max(last, kept.last_year) - min(first, kept.first_year) < KEPT_YEARS:
                first, last = min(first, kept.first_year), max(last, kept.last_year)
        return self._lay_out(first, last)

    def _lay_out(self, first: int, last: int) -> _Table:
        if first <= dt.MINYEAR or last >= dt.MAXYEAR:
            raise OverflowError(f"The service calendar covers the years {dt.MINYEAR + 1} to {dt.MAXYEAR - 1}")
        table = _Table(first, [self._year(year) for year in range(first, last + 1)])
        if last - first < KEPT_YEARS:
            object.__setattr__(self, "_table", table)
        return table

    def _year(self, year: int) -> _Year:
        known = self._years.get(year)
        if known is None:
            by_law = fixed_by_law(year)
            start, end = dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal()
            dates = map(dt.date.fromordinal, range(start, end + 1))
            known = _Year(self.zone, [self._make_day(date, by_law) for date in dates])
            if len(self._years) >= 3 * KEPT_YEARS:
                self._years.clear()
            self._years[year] = known
        return known

    def _make_day(self, date: dt.date, by_law: dict[dt.date, str]) -> Day:
        """Weekly rule, then statutory holiday, then make-up day, then local override: the last that speaks is heard."""
        rule = next(rule for rule in reversed(self.weekly) if rule.valid_from <= date)
        provisional = date.year not in self.published
        national = self._national.get(date)
        source, note, notice = DaySource.WEEKLY_RULE, "", ""
        if national is not None:
            makeup = national.kind is NationalKind.MAKEUP
            kind = DayKind.MAKEUP_WORKDAY if makeup else DayKind.STATUTORY_HOLIDAY
            source = DaySource.MAKEUP if makeup else DaySource.STATUTORY
            note, notice, provisional = national.name, national.notice, False
        elif provisional and date in by_law:
            kind, source, note, notice = DayKind.STATUTORY_HOLIDAY, DaySource.STATUTORY, by_law[date], HOLIDAY_LAW
        elif date.weekday() in rule.weekdays:
            kind = DayKind.WORKDAY
        elif date.weekday() == 5 and rule.saturday:
            kind = DayKind.EXTENDED_SATURDAY
        else:
            kind = DayKind.WEEKEND
        working, windows = _ordinary(kind, rule)
        override = self._overrides.get(date)
        if override is None:
            return Day(date, kind, working, windows, source, note, notice, provisional)
        if override.kind is not DayKind.MAJOR_EVENT:
            working, windows = _ordinary(override.kind, rule)
        return Day(
            date,
            override.kind,
            working if override.working is None else override.working,
            windows if override.windows is None else override.windows,
            DaySource.LOCAL_OVERRIDE,
            override.note or note,
            override.notice,
            False,
        )


def _passed(table: _Table, at: int) -> int:
    """Open time from the table's beginning to an instant within it."""
    index = bisect_right(table.opens, at) - 1
    return at - table.lag[index] if at < table.closes[index] else table.before[index + 1]


def _ordinary(kind: DayKind, rule: WeeklyRule) -> tuple[bool, tuple[Window, ...]]:
    """Working status and windows that a kind of day has where nothing else is said."""
    if kind in (DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY):
        return True, rule.windows
    return False, rule.saturday if kind is DayKind.EXTENDED_SATURDAY else ()


def _contradictions(
    weekly: Sequence[WeeklyRule], national: Sequence[NationalDay], overrides: Sequence[Override]
) -> Iterable[tuple[str, str, str]]:
    """What makes facts unusable: without an ordinary week every day would be closed and no promise could end."""
    if not weekly or weekly[0].valid_from != dt.date.min:
        yield "", "first_week", "The first weekly rule must hold from the earliest date on"
    starts = [rule.valid_from for rule in weekly]
    if sorted(set(starts)) != starts:
        yield "", "week_order", "Weekly rules must start on different dates, in order"
    for rule in weekly:
        if not rule.windows or not rule.weekdays or not rule.weekdays <= set(range(7)):
            yield rule.valid_from.isoformat(), "week", "a week needs working weekdays (0 to 6) and their windows"
        for windows in (rule.windows, rule.saturday):
            if not _in_order(windows):
                yield rule.valid_from.isoformat(), "windows", "windows overlap or are out of order"
    for what, dates in (
        ("national day", [day.date for day in national]),
        ("override", [override.date for override in overrides]),
    ):
        for date in sorted({date for date in dates if dates.count(date) > 1}):
            yield date.isoformat(), "twice", f"more than one {what}"


def _day_faults(day: Day) -> Iterable[tuple[str, str]]:
    if not _in_order(day.windows):
        yield "windows", "windows overlap or are out of order"
    if day.working and not day.windows:
        yield "no_windows", "a working day needs windows"
    if day.kind is DayKind.EXTENDED_SATURDAY:
        if day.working:
            yield "saturday_working", "an extended Saturday is never a working day"
        if not day.windows:
            yield "saturday_windows", "an extended Saturday needs windows"
        if day.date.weekday() != 5:
            yield "not_saturday", "an extended Saturday must be a Saturday"


def _in_order(windows: Sequence[Window]) -> bool:
    return all(earlier.end <= later.start for earlier, later in pairwise(windows))
