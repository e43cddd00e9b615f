"""What quality figures mean, without a database."""

import itertools
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from tickets.rules_quality import (
    Cause,
    Fault,
    bad_ratings_left,
    good_ratings_needed,
    is_within,
    likeness,
    period_days,
    reliability,
    same_cause,
    united,
    without,
)

T = datetime(2024, 3, 18, 1, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return T + timedelta(hours=hours)


def seconds(begin: datetime, end: datetime) -> float:
    """A calendar that is always open."""
    return (end - begin).total_seconds()


def test_codes_decide_alone_and_words_only_without_both() -> None:
    words = "搓纸轮磨损，打印机卡纸"
    assert same_cause(Cause(7, "hardware", "甲"), Cause(7, "software", "乙"))
    assert not same_cause(Cause(7, "hardware", words), Cause(8, "hardware", words))
    assert same_cause(Cause(7, "hardware", words), Cause(None, "hardware", "打印机卡纸"))
    assert same_cause(Cause(None, "", words), Cause(None, "hardware", words))
    assert not same_cause(Cause(None, "network", words), Cause(None, "hardware", words))
    assert not same_cause(Cause(None, "hardware", words), Cause(None, "hardware", "网线松动"))
    assert not same_cause(Cause(None, "hardware", ""), Cause(None, "hardware", ""))


def test_likeness_goes_both_ways_and_stays_between_nothing_and_all() -> None:
    rng = random.Random(5)
    letters = "打印机卡纸网络断开 ，。"
    for _ in range(300):
        one, other = ("".join(rng.choices(letters, k=rng.randint(0, 9))) for _ in range(2))
        assert likeness(one, other) == likeness(other, one)
        assert 0 <= likeness(one, other) <= 1
    assert likeness("卡纸", "打印机又卡纸了") == 1


def test_a_repeat_comes_within_the_days_and_not_before_the_repair() -> None:
    assert is_within(T, T + timedelta(days=7), 7)
    assert not is_within(T, T + timedelta(days=7, seconds=1), 7)
    assert not is_within(T, T - timedelta(seconds=1), 7)


def test_one_bad_rating_more_than_are_left_and_the_rate_lies_below_the_floor() -> None:
    rng = random.Random(13)
    for _ in range(3000):
        valid = rng.randint(0, 400)
        satisfied, floor = rng.randint(0, valid), rng.randint(1, 100)
        left = bad_ratings_left(satisfied, valid, floor)
        kept = 100 * satisfied >= floor * valid
        if left or (valid and kept):
            assert 100 * satisfied >= floor * (valid + left)
        assert 100 * satisfied < floor * (valid + left + 1)
        needed = good_ratings_needed(satisfied, valid, floor)
        if needed >= 0:
            assert 100 * (satisfied + needed) >= floor * (valid + needed)
            assert needed == 0 or 100 * (satisfied + needed - 1) < floor * (valid + needed - 1)
            assert needed == 0 or left == 0
        else:
            assert floor == 100


def test_what_the_contract_asks_in_figures() -> None:
    assert bad_ratings_left(45, 45, 90) == 5
    assert bad_ratings_left(44, 45, 90) == 3
    assert bad_ratings_left(0, 0, 90) == 0
    assert good_ratings_needed(8, 10, 90) == 10


def test_time_is_counted_once_and_holes_are_left_out() -> None:
    rng = random.Random(3)
    for _ in range(300):
        spans, holes = (
            [tuple(sorted((rng.randint(0, 40), rng.randint(0, 40)))) for _ in range(rng.randint(0, 6))]
            for _ in range(2)
        )
        hours = {hour for begin, end in spans for hour in range(begin, end)}
        gaps = {hour for begin, end in holes for hour in range(begin, end)}

        def shown(pairs: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
            return [(at(begin), at(end)) for begin, end in pairs]

        left = without(shown(spans), shown(holes))  # type: ignore[arg-type]
        assert sum(seconds(*span) for span in left) == 3600 * len(hours - gaps)
        whole = united(shown(spans))  # type: ignore[arg-type]
        assert sum(seconds(*span) for span in whole) == 3600 * len(hours)
        assert all(one[1] < other[0] for one, other in itertools.pairwise(whole))


def test_reliability_in_figures() -> None:
    faults = [Fault(at(10), at(12)), Fault(at(11), at(14)), Fault(at(90), None), Fault(at(-5), at(1))]
    found = reliability(faults, [(at(95), at(98))], (at(0), at(100)), seconds)
    assert found.faults == 3, "what began before the span counts as down time alone"
    assert found.down == 3600 * (1 + 4 + 10 - 3)
    assert found.serviceability == pytest.approx(0.88)
    assert found.mtbf_hours == pytest.approx(88 / 3)
    assert found.mttr_hours == pytest.approx(2.5)


def test_reliability_of_nothing_divides_by_nothing() -> None:
    found = reliability([], [], (at(0), at(8)), seconds)
    assert (found.serviceability, found.mtbf_hours, found.mttr_hours) == (1.0, None, None)
    assert reliability([Fault(at(1), None)], [], (at(5), at(5)), seconds).serviceability is None


def test_periods_stay_within_the_term() -> None:
    term = (date(2024, 3, 16), date(2025, 3, 15))
    wednesday = date(2024, 3, 20)
    assert period_days("week", wednesday, *term) == (date(2024, 3, 18), date(2024, 3, 24))
    assert period_days("month", wednesday, *term) == (date(2024, 3, 16), date(2024, 3, 31))
    assert period_days("last_week", date(2024, 4, 3), *term) == (date(2024, 3, 25), date(2024, 3, 31))
    assert period_days("last_month", date(2024, 5, 2), *term) == (date(2024, 4, 1), date(2024, 4, 30))
    assert period_days("contract", wednesday, *term) == term
