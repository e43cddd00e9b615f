"""How long paper lasts, and whether a figure can be true: pure rules, no database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from devices.rules_consumables import (
    Forecast,
    Point,
    Reading,
    day_after_use,
    days_left,
    days_of_use,
    figure_fault,
    forecast,
    hours_of_month,
    is_jump,
    lasts_through,
    level_now,
    month_before,
    rate_of,
    units_to_fill,
    used_between,
    warning_days,
)

FIRST = date(2024, 3, 18)


def weekdays(first: date, last: date) -> int:
    """Monday to Friday, as a hall without extended Saturdays is open."""
    return sum((first + timedelta(days=step)).weekday() < 5 for step in range(1, (last - first).days + 1))


EVERY_DAY = days_of_use(True, weekdays)


def instant(days: int, hour: int = 9) -> datetime:
    return datetime(2024, 3, 18, hour, tzinfo=UTC) + timedelta(days=days)


def point(days: int, before: int | None, after: int | None, hour: int = 9) -> Point:
    return Point(instant(days, hour), FIRST + timedelta(days=days), before, after)


def reading(days: int, value: int, *, new: bool = False, hour: int = 9) -> Reading:
    return Reading(instant(days, hour), FIRST + timedelta(days=days), value, new)


@pytest.mark.parametrize(
    ("points", "readings", "rate"),
    [
        ([], [], None),
        ([point(0, 0, 1000)], [], None),
        # Two replacements, the old one used up: 1000 pages in ten days.
        ([point(0, 0, 1000), point(10, 0, 1000)], [], 100.0),
        # What the old one still had is known: 600 used in ten days.
        ([point(0, 0, 1000), point(10, 400, 1000)], [], 60.0),
        # Nobody knows what it still had: that stretch says nothing.
        ([point(0, 0, 1000), point(10, None, 1000)], [], None),
        # Filled without a visit that was entered: more than there was cannot be used.
        ([point(0, 0, 100), point(10, 400, 1000)], [], None),
        # Two days say too little, and nothing used says nothing.
        ([point(0, 0, 1000), point(2, 0, 1000)], [], None),
        ([point(0, 0, 1000), point(10, 1000, 1000)], [], None),
        # The counter wins over visits.
        ([point(0, 0, 1000), point(10, 0, 1000)], [reading(0, 5_000), reading(10, 5_500)], 50.0),
        # A replaced meter: the stretch over it is left out, the others count.
        ([], [reading(0, 900), reading(5, 1000), reading(6, 0, new=True), reading(11, 100)], 20.0),
        ([], [reading(0, 900), reading(9, 0, new=True)], None),
    ],
)
def test_the_rate_rests_on_what_was_entered(points: list[Point], readings: list[Reading], rate: float | None) -> None:
    assert rate_of(points, readings, EVERY_DAY) == rate


def test_a_device_that_is_switched_off_is_used_on_days_of_service_only() -> None:
    points = [point(0, 0, 1000), point(14, 0, 1000)]
    assert rate_of(points, [], weekdays) == 100.0
    assert rate_of(points, [], EVERY_DAY) == pytest.approx(1000 / 14)
    friday, monday = date(2024, 3, 22), date(2024, 3, 25)
    assert (weekdays(friday, monday), EVERY_DAY(friday, monday)) == (1, 3)


def test_a_counter_read_later_says_what_is_left_now() -> None:
    points = [point(0, 0, 1000)]
    readings = [reading(-10, 4_000), reading(0, 4_500), reading(4, 4_800)]
    later = forecast(points, readings, EVERY_DAY)
    assert (later.level, later.level_at) == (700, instant(4))
    assert later.rate == pytest.approx(800 / 14)
    # A reading from before the visit: its days until the visit are no use of the new paper.
    early = forecast(points, [reading(-10, 4_000), reading(4, 5_400)], EVERY_DAY)
    assert early.rate == 100.0
    assert early.level == 1000 - (1400 - 1000)
    # More was used than there was: empty, never less.
    assert forecast(points, [reading(0, 0), reading(5, 9_000)], EVERY_DAY).level == 0
    assert forecast([], readings, EVERY_DAY).level is None
    assert forecast([point(0, None, None)], [], EVERY_DAY) == Forecast(None, None, None)


def test_what_was_used_between_two_instants_skips_replaced_meters() -> None:
    readings = [reading(0, 100), reading(1, 150), reading(2, 0, new=True), reading(3, 30)]
    assert used_between(readings, instant(0), instant(3)) == 80
    assert used_between(readings, instant(3), instant(9)) is None
    assert used_between(readings, instant(-1), instant(3)) is None


@pytest.mark.parametrize(
    ("level", "rate", "today", "left", "days"),
    [
        (1000, 100.0, 0, 1000, 10),
        (1000, 100.0, 3, 700, 7),
        (1000, 100.0, 30, 0, 0),
        (1000, None, 30, 1000, None),
        (None, 100.0, 3, None, None),
        (50, 100.0, 0, 50, 0),
    ],
)
def test_levels_fall_with_the_days(
    level: int | None, rate: float | None, today: int, left: int | None, days: int | None
) -> None:
    now = level_now(level, FIRST if level is not None else None, rate, EVERY_DAY, FIRST + timedelta(days=today))
    assert now == left
    assert days_left(now, rate) == days


@pytest.mark.parametrize(
    ("level", "rate", "percent", "warn", "low", "empty"),
    [
        # Ten days left: it is low three days before it is empty.
        (1000, 100.0, 0, 3, 7, 10),
        # 30 % of 1000 are reached after seven days, three days before empty on the seventh: the earlier counts.
        (1000, 100.0, 50, 3, 5, 10),
        (200, 100.0, 20, 3, 0, 2),
        (0, 100.0, 20, 3, 0, 0),
        (100, None, 20, 3, 0, None),
        (900, None, 20, 3, None, None),
        (None, None, 20, 3, None, None),
        # Further away than anybody can tell.
        (1_000_000, 1.0, 0, 3, None, None),
    ],
)
def test_the_warning_comes_before_it_is_empty(
    level: int | None, rate: float | None, percent: int, warn: int, low: int | None, empty: int | None
) -> None:
    found = Forecast(level, None, rate)
    expected = tuple(None if days is None else FIRST + timedelta(days=days) for days in (low, empty))
    assert warning_days(found, FIRST if level is not None else None, 1000, percent, warn, EVERY_DAY) == expected


def test_days_of_use_are_found_across_days_without_service() -> None:
    assert day_after_use(FIRST, 5, weekdays) == date(2024, 3, 25)
    assert day_after_use(FIRST, 0, weekdays) == FIRST
    assert day_after_use(FIRST, 10_000, weekdays) is None
    assert day_after_use(FIRST, 5, lambda _first, _last: 0) is None


@pytest.mark.parametrize(("level", "units"), [(None, 2), (0, 2), (1, 2), (499, 2), (500, 1), (999, 1), (1000, 1)])
def test_whole_units_fill_it(level: int | None, units: int) -> None:
    assert units_to_fill(level, 1000, 500) == units


@pytest.mark.parametrize(("left", "lasts"), [(None, False), (0, False), (3, False), (4, True), (9, True)])
def test_what_does_not_last_through_the_closure_is_loaded(left: int | None, lasts: bool) -> None:
    assert lasts_through(left, 3, 1) is lasts


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        ("hours", "744", ""),
        ("hours", "744.1", "hours"),
        ("hours", "-1", "negative"),
        ("count", "12", ""),
        ("count", "12.5", "whole"),
        ("number", "12.5", ""),
        ("number", "100000000000", "large"),
    ],
)
def test_a_figure_that_cannot_be_true_is_named(kind: str, value: str, fault: str) -> None:
    assert figure_fault(kind, Decimal(value), date(2024, 3, 1)) == fault


def test_a_month_has_the_hours_it_has() -> None:
    assert [hours_of_month(date(2024, month, 1)) for month in (2, 3, 4, 12)] == [696, 744, 720, 744]
    assert month_before(date(2024, 1, 15)) == date(2023, 12, 1)
    assert month_before(date(2024, 11, 1), -2) == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("value", "earlier", "asks"),
    [
        (499, [100], False),
        (500, [100], True),
        (21, [100], False),
        (20, [100], True),
        (0, [100], True),
        (9_999, [], False),
        (9_999, [0, 0, 0], False),
        # One odd month among the earlier ones does not decide.
        (500, [100, 110, 9_000, 90, 100], True),
    ],
)
def test_a_jump_to_the_fivefold_is_asked_about(value: int, earlier: list[int], asks: bool) -> None:
    assert is_jump(Decimal(value), [Decimal(row) for row in earlier]) is asks
