"""The State Council's yearly arrangement of holidays and make-up workdays, as facts read from a table."""

import csv
import datetime as dt
import io
from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

COLUMNS = ("year", "date", "kind", "name", "notice")

HOLIDAY_LAW = "全国年节及纪念日放假办法"

#: Month, day, name and first year of the holidays that the law ties to a date of the solar calendar. The other
#: ones follow the moon or the sun's course and are known only from the yearly notice.
FIXED_BY_LAW: tuple[tuple[int, int, str, int], ...] = (
    (1, 1, "元旦", dt.MINYEAR),
    (5, 1, "劳动节", dt.MINYEAR),
    (5, 2, "劳动节", 2025),
    (10, 1, "国庆节", dt.MINYEAR),
    (10, 2, "国庆节", dt.MINYEAR),
    (10, 3, "国庆节", dt.MINYEAR),
)


class NationalKind(StrEnum):
    """What a notice says of a day: nobody works, or everybody works although it is a weekend."""

    HOLIDAY = "holiday"
    MAKEUP = "makeup"


@dataclass(frozen=True, slots=True)
class NationalDay:
    """One day named by the notice of `year`; the notice of a year may reach back into the December before."""

    year: int
    date: dt.date
    kind: NationalKind
    name: str
    notice: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a table: the line (the heading is line 1, 0 is the whole table), what is wrong, and the value."""

    line: int
    code: str
    value: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.code}: {self.value}" if self.line else f"{self.code}: {self.value}"


class NationalDaysError(ValueError):
    """The table cannot be used; `problems` names every bad row, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def fixed_by_law(year: int) -> dict[dt.date, str]:
    """The holidays of a year that need no notice, by date."""
    return {dt.date(year, month, day): name for month, day, name, since in FIXED_BY_LAW if year >= since}


WARNS_FROM = (11, 15)
"""Month and day from which on the next year's arrangement is missed: it has come out in November in most years."""


def missing_year(published: Container[int], today: dt.date) -> int | None:
    """The year whose arrangement should be known by now and is not: the running one, or from 15 November on the next one."""
    if today.year not in published:
        return today.year
    if (today.month, today.day) >= WARNS_FROM and today.year + 1 not in published:
        return today.year + 1
    return None


def read_national_days(source: Path | str) -> tuple[NationalDay, ...]:
    """Read a table (a `Path`, or the text itself) with the columns year, date, kind, name, notice; sorted by date.

    Raises NationalDaysError with every bad row: a wrong heading, a value that cannot be read, a date outside its
    year, a date named twice, a make-up day that is no weekend, a year without a holiday that the law fixes.
    """
    text = source.read_text(encoding="utf-8-sig") if isinstance(source, Path) else source.removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(text))
    heading = tuple(cell.strip() for cell in next(rows, []))
    if heading != COLUMNS:
        raise NationalDaysError([Problem(1, "heading", ",".join(heading))])
    days: dict[dt.date, NationalDay] = {}
    problems: list[Problem] = []
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        day, faults = _read_row(rows.line_num, [cell.strip() for cell in cells])
        problems += faults
        if day is None:
            continue
        if day.date in days:
            problems.append(Problem(rows.line_num, "duplicate", day.date.isoformat()))
        days[day.date] = day
    if not days and not problems:
        problems.append(Problem(0, "empty", ""))
    if not problems:
        problems += _missing_by_law(days)
    if problems:
        raise NationalDaysError(problems)
    return tuple(days[date] for date in sorted(days))


def _read_row(line: int, cells: list[str]) -> tuple[NationalDay | None, list[Problem]]:
    if len(cells) != len(COLUMNS):
        return None, [Problem(line, "columns", ",".join(cells))]
    year_text, date_text, kind_text, name, notice = cells
    problems: list[Problem] = []
    year: int | None = None
    date: dt.date | None = None
    if len(year_text) == 4 and year_text.isascii() and year_text.isdigit():
        year = int(year_text)
    else:
        problems.append(Problem(line, "year", year_text))
    try:
        date = dt.date.fromisoformat(date_text)
    except ValueError:
        problems.append(Problem(line, "date", date_text))
    if kind_text not in tuple(NationalKind):
        problems.append(Problem(line, "kind", kind_text))
    if not name:
        problems.append(Problem(line, "name", name))
    if not notice:
        problems.append(Problem(line, "notice", notice))
    if year is not None and date is not None:
        if date.year != year and (date.year, date.month) != (year - 1, 12):
            problems.append(Problem(line, "date_outside_year", date_text))
        if kind_text == NationalKind.MAKEUP and date.weekday() < 5:
            problems.append(Problem(line, "makeup_not_on_weekend", date_text))
    if problems or year is None or date is None:
        return None, problems
    return NationalDay(year, date, NationalKind(kind_text), name, notice), []


def _missing_by_law(days: dict[dt.date, NationalDay]) -> list[Problem]:
    """A year cut short by a bad copy shows here: the holidays that the law fixes are part of every notice."""
    return [
        Problem(0, "missing_holiday", date.isoformat())
        for year in sorted({day.year for day in days.values()})
        for date in fixed_by_law(year)
        if date not in days or days[date].kind is not NationalKind.HOLIDAY
    ]
