"""Service time against models that share nothing with it: every second of three years painted from an independent
library of Chinese holidays, a walk second by second, a walk day by day, and random calendars."""

import datetime as dt
import random
from collections.abc import Iterator

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.rules import DayKind, Override, ServiceCalendar, WeeklyRule, Window, due
from contract.rules.targets import Target
from contract.tests.rules_cases import EXTENDED, SHANGHAI, contract_calendar

DAY = 86_400
FIRST, LAST = dt.date(2024, 1, 1), dt.date(2026, 12, 31)
AMOUNTS = (0, 1, 2, 300, 3600, 14_400, 34_200, 34_201, 100_000)
MICRO = dt.timedelta(microseconds=1)
WALKED: dict[int, bytearray] = {}


def midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time.min, SHANGHAI)


def expected_span(date: dt.date) -> tuple[int, int] | None:
    """Service of a date in seconds of the day, said again in the plainest words."""
    if chinese_calendar.is_workday(date):
        return 8 * 3600 + 1800, 18 * 3600
    on_holiday, name = chinese_calendar.get_holiday_detail(date)
    if date.weekday() == 5 and not (on_holiday and name) and date != dt.date(2024, 6, 8):
        return 9 * 3600, 13 * 3600
    return None


def paint(year: int) -> bytearray:
    """One byte a second, 1 where service is open."""
    first = dt.date(year, 1, 1)
    count = (dt.date(year + 1, 1, 1) - first).days
    seconds = bytearray(count * DAY)
    for number in range(count):
        span = expected_span(first + dt.timedelta(days=number))
        if span:
            start, end = span
            seconds[number * DAY + start : number * DAY + end] = b"\x01" * (end - start)
    return seconds


def run_add(seconds: bytearray, at: int, amount: int) -> int | None:
    """Add by hopping over runs of open and closed seconds; None where the year ends before."""
    while True:
        at = seconds.find(1, at)
        if at < 0:
            return None
        closing = seconds.find(0, at)
        if at + amount <= closing:
            return at + amount
        amount -= closing - at
        at = closing


def walk_add(seconds: bytearray, at: int, amount: int) -> int | None:
    """Add by looking at every single second."""
    if amount == 0:
        return next((second for second in range(at, len(seconds)) if seconds[second]), None)
    for second in range(at, len(seconds)):
        amount -= seconds[second]
        if not amount:
            return second + 1
    return None


@pytest.fixture(scope="module", params=[2024, 2025, 2026])
def painted(request) -> Iterator[tuple[dt.datetime, bytearray]]:
    yield midnight(dt.date(request.param, 1, 1)), paint(request.param)


def test_every_second_of_three_years_is_open_or_closed_as_painted(painted):
    start, seconds = painted
    ours = bytearray(len(seconds))
    for window in contract_calendar().windows_between(start, start + dt.timedelta(seconds=len(seconds))):
        opens, closes = ((instant - start) // dt.timedelta(seconds=1) for instant in (window.start, window.end))
        ours[opens:closes] = b"\x01" * (closes - opens)
    assert ours == seconds


def test_additions_and_measures_around_every_window_edge(painted):
    start, seconds = painted
    calendar, checked = contract_calendar(), 0
    wrong: list[object] = []
    edge, state = 0, 0
    while (edge := seconds.find(1 - state, edge)) >= 0:
        state = 1 - state
        for at in (edge - 3600, edge - 2, edge - 1, edge, edge + 1, edge + 2):
            instant = start + dt.timedelta(seconds=at)
            if calendar.is_open(instant) != seconds[at]:
                wrong.append((instant, "is_open"))
            for amount in AMOUNTS:
                expected = run_add(seconds, at, amount)
                if expected is None:
                    continue
                found, checked = calendar.add(instant, amount), checked + 1
                if (
                    found != start + dt.timedelta(seconds=expected)
                    or calendar.elapsed_seconds(instant, found) != amount
                ):
                    wrong.append((instant, amount, found))
    assert wrong == []
    assert checked > 30_000


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_walking_every_single_second_agrees(data):
    year = 2024 + data.draw(st.integers(0, 2))
    seconds = WALKED.setdefault(year, paint(year))
    at = data.draw(st.integers(0, len(seconds) - 20 * DAY))
    amount = data.draw(st.integers(0, 100_000))
    expected = walk_add(seconds, at, amount)
    start = midnight(dt.date(year, 1, 1))
    assert expected is not None
    assert run_add(seconds, at, amount) == expected
    assert contract_calendar().add(start + dt.timedelta(seconds=at), amount) == start + dt.timedelta(seconds=expected)
    other = at + data.draw(st.integers(0, 20 * DAY))
    assert contract_calendar().elapsed(
        start + dt.timedelta(seconds=at), start + dt.timedelta(seconds=other)
    ) == dt.timedelta(seconds=sum(seconds[at:other]))


def test_20000_random_round_trips_to_the_microsecond():
    calendar, rng, wrong = contract_calendar(), random.Random(20240316), []
    first = midnight(dt.date(2022, 1, 1))
    for _ in range(20_000):
        start = first + dt.timedelta(microseconds=rng.randrange(8 * 365 * DAY * 10**6))
        service = dt.timedelta(
            microseconds=rng.choice((0, 1, 300 * 10**6, rng.randrange(10**6), rng.randrange(10**14)))
        )
        end = calendar.add(start, service)
        exact = calendar.elapsed(start, end) == service and end >= start
        # The earliest such instant: a microsecond sooner one microsecond is missing.
        if not exact or (service and calendar.elapsed(start, end - MICRO) != service - MICRO):
            wrong.append((start, service, end))
    assert wrong == []


@settings(max_examples=300, deadline=None)
@given(
    start=st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(SHANGHAI)),  # noqa: DTZ001
    first=st.timedeltas(dt.timedelta(0), dt.timedelta(days=30)),
    second=st.timedeltas(dt.timedelta(0), dt.timedelta(days=30)),
)
def test_additions_compose_and_keep_their_order(start, first, second):
    calendar = contract_calendar()
    halfway = calendar.add(start, first)
    assert calendar.add(start, first + second) == (calendar.add(halfway, second) if second else halfway)
    assert calendar.add(start, first + second) >= halfway
    assert calendar.elapsed(start, halfway) == first


# Days -------------------------------------------------------------------------------------------------------------


def walk_working_days(date: dt.date, count: int) -> dt.date:
    while count:
        date += dt.timedelta(days=1)
        count -= chinese_calendar.is_workday(date)
    return date


@pytest.mark.parametrize("count", [1, 5, 7, 10])
def test_working_days_agree_with_a_walk_from_every_day_of_three_years(count):
    calendar = contract_calendar()
    for number in range((LAST - FIRST).days - 30):
        date = FIRST + dt.timedelta(days=number)
        expected = walk_working_days(date, count)
        assert calendar.nth_working_day(date, count) == expected
        assert calendar.working_days_between(date, expected) == count
        assert calendar.nth_working_day(expected, -1) == max(
            day for day in (expected - dt.timedelta(days=n) for n in range(1, 15)) if calendar.is_working_day(day)
        )
        found = due(calendar, midnight(date) + dt.timedelta(hours=20), Target.working_days(count))
        assert found.due_at == midnight(expected) + dt.timedelta(hours=18)


@pytest.mark.parametrize("count", [3, 7, 10, 15])
def test_calendar_days_move_as_a_walk_does(count):
    calendar, term = contract_calendar(), Target.calendar_days(count, extend_on_holiday=True)
    for number in range((LAST - FIRST).days - 40):
        date = FIRST + dt.timedelta(days=number)
        last = date + dt.timedelta(days=count)
        unmoved = last
        while not chinese_calendar.is_workday(last):
            last += dt.timedelta(days=1)
        found = due(calendar, midnight(date) + dt.timedelta(hours=9), term)
        assert (found.last_day, found.due_at) == (last, midnight(last + dt.timedelta(days=1)))
        assert found.unmoved_due_at == midnight(unmoved + dt.timedelta(days=1))


# Random calendars -------------------------------------------------------------------------------------------------


@st.composite
def windows(draw) -> tuple[Window, ...]:
    edges = sorted(draw(st.sets(st.integers(0, DAY), max_size=6)))
    return tuple(Window(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False))


@settings(max_examples=150, deadline=None)
@given(spans=st.lists(windows(), min_size=1, max_size=10), data=st.data())
def test_any_windows_on_any_days_agree_with_painted_seconds(spans, data):
    first = dt.date(2025, 12, 27)
    overrides = [
        Override(first + dt.timedelta(days=number), DayKind.MAJOR_EVENT, windows=span, working=False)
        for number, span in enumerate(spans)
    ]
    calendar = ServiceCalendar.build(weekly=EXTENDED, overrides=overrides)
    seconds = bytearray(len(spans) * DAY)
    for number, span in enumerate(spans):
        for window in span:
            seconds[number * DAY + window.start : number * DAY + window.end] = b"\x01" * window.seconds
    at = data.draw(st.integers(0, len(seconds) - 1))
    amount = data.draw(st.integers(0, sum(seconds[at:])))
    start = midnight(first)
    expected = seconds.find(1, at) if amount == 0 else run_add_open_ended(seconds, at, amount)
    if expected >= 0:
        found = calendar.add(start + dt.timedelta(seconds=at), amount)
        assert found == start + dt.timedelta(seconds=expected)
    other = data.draw(st.integers(at, len(seconds)))
    span_end = start + dt.timedelta(seconds=other)
    assert calendar.elapsed_seconds(start + dt.timedelta(seconds=at), span_end) == sum(seconds[at:other])


def run_add_open_ended(seconds: bytearray, at: int, amount: int) -> int:
    """As `run_add`, for open time that may last until the painted seconds end."""
    found = run_add(seconds + b"\x00", at, amount)
    assert found is not None
    return found


def test_the_model_is_not_blind():
    """The painted years differ from a calendar that knows no make-up days: the comparison above can fail."""
    seconds, start = paint(2026), midnight(dt.date(2026, 1, 1))
    ignorant = ServiceCalendar.build(weekly=WeeklyRule(), published=[2026])
    makeup = dt.datetime(2026, 2, 14, 10, tzinfo=SHANGHAI)
    assert seconds[(makeup - start) // dt.timedelta(seconds=1)] == 1
    assert ignorant.is_open(makeup) is False
