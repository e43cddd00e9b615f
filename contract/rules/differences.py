"""What changes between two calendars: the days that a reader would see differently."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from contract.rules.calendar import Day, ServiceCalendar


@dataclass(frozen=True, slots=True)
class DayDifference:
    """One date as it was and as it will be."""

    before: Day
    after: Day

    @property
    def date(self) -> dt.date:
        """The date."""
        return self.after.date

    @property
    def counts(self) -> bool:
        """Whether service time or the count of working days changes, not only what the day is called."""
        return (self.before.working, self.before.windows) != (self.after.working, self.after.windows)


def day_differences(old: ServiceCalendar, new: ServiceCalendar, dates: Iterable[dt.date]) -> list[DayDifference]:
    """Those of the dates that differ in kind, working status, windows, source or words, in their order."""
    pairs = ((old.day(date), new.day(date)) for date in sorted(set(dates)))
    return [DayDifference(before, after) for before, after in pairs if _said(before) != _said(after)]


def _said(day: Day) -> tuple[object, ...]:
    return day.kind, day.working, day.windows, day.source, day.note


def days_from(first: dt.date, last: dt.date, weekdays: frozenset[int] = frozenset(range(7))) -> list[dt.date]:
    """Every date from `first` to `last`, both included, that falls on one of the weekdays (Monday is 0)."""
    dates = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [date for date in dates if date.weekday() in weekdays]
