"""Which weeks a term has, what they are called and when their reports are due. Pure functions (interpretations 16)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
DUE_TIME = time(12)
NO_VALUE = "—"


@dataclass(frozen=True)
class Period:
    """A span of local days, both included."""

    starts_on: date
    ends_on: date

    @property
    def begins_at(self) -> datetime:
        """The first instant of the span (UTC)."""
        return datetime.combine(self.starts_on, time(), SHANGHAI).astimezone(UTC)

    @property
    def over_at(self) -> datetime:
        """The first instant after the span (UTC)."""
        return datetime.combine(self.ends_on + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of the span, in order."""
        return tuple(self.starts_on + timedelta(days=n) for n in range((self.ends_on - self.starts_on).days + 1))


@dataclass(frozen=True)
class Week(Period):
    """One reporting week of a term; `number` counts from 1, `iso_week` is that of its last day, e.g. 2024-W12."""

    number: int

    @property
    def iso_week(self) -> str:
        """The ISO week of the last day: a partial first week is merged into the one that gives the label."""
        year, week, _day = self.ends_on.isocalendar()
        return f"{year}-W{week:02d}"


def weeks_of_term(starts_on: date, ends_on: date) -> tuple[Week, ...]:
    """The reporting weeks of a term, Monday to Sunday.

    A partial first week is merged into the week that follows; a partial last week stands alone.
    """
    weeks: list[Week] = []
    first = starts_on
    while first <= ends_on:
        sunday = first + timedelta(days=6 - first.weekday())
        if not weeks and first.weekday() != 0:
            sunday += timedelta(days=7)
        weeks.append(Week(first, min(sunday, ends_on), len(weeks) + 1))
        first = sunday + timedelta(days=1)
    return tuple(weeks)


def week_of(weeks: tuple[Week, ...], day: date) -> Week | None:
    """The week that holds a day, None outside of the term."""
    return next((week for week in weeks if week.starts_on <= day <= week.ends_on), None)


def report_code(iso_week: str, number_tag: str) -> str:
    """The report's number: ZB-2024-W12, or ZB-<tag>-2024-W12 where the contract's codes carry a tag."""
    return f"ZB-{number_tag.upper()}-{iso_week}" if number_tag else f"ZB-{iso_week}"


def issue_due_at(week: Week, is_working_day: Callable[[date], bool]) -> datetime:
    """Noon of the Monday after the week, moved to the next working day where that is none (UTC)."""
    day = week.ends_on + timedelta(days=7 - week.ends_on.weekday())
    while not is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, DUE_TIME, SHANGHAI).astimezone(UTC)


def percent(numerator: int, denominator: int) -> str:
    """A rate with one decimal, half up: 90.0%. Nothing to divide by gives a dash, never 0% or 100%."""
    if not denominator:
        return NO_VALUE
    value = (Decimal(numerator) * 100 / Decimal(denominator)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{value}%"


def minutes_seconds(seconds: float | None) -> str:
    """A short span as the report writes it: 1′40″; seconds are rounded down."""
    if seconds is None:
        return NO_VALUE
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}′{rest:02d}″"
