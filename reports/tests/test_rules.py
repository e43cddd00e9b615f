"""Weeks of a term, their labels and due instants."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules import Week, issue_due_at, minutes_seconds, percent, report_code, week_of, weeks_of_term

TERM = weeks_of_term(date(2024, 3, 16), date(2025, 3, 15))


def test_the_contract_year_has_52_weeks_with_the_edges_as_agreed() -> None:
    assert len(TERM) == 52
    assert TERM[0] == Week(date(2024, 3, 16), date(2024, 3, 24), 1)
    assert TERM[0].iso_week == "2024-W12"
    assert TERM[1].starts_on == date(2024, 3, 25)
    assert TERM[-1] == Week(date(2025, 3, 10), date(2025, 3, 15), 52)
    assert TERM[-1].iso_week == "2025-W11"


def test_the_turn_of_the_year_takes_the_iso_year() -> None:
    week = week_of(TERM, date(2024, 12, 31))
    assert week is not None
    assert week.iso_week == "2025-W01"


def test_week_13_is_the_one_of_the_sample_file_name() -> None:
    assert (TERM[12].starts_on, TERM[12].ends_on) == (date(2024, 6, 10), date(2024, 6, 16))


def test_the_week_after_the_term_does_not_exist() -> None:
    assert week_of(TERM, date(2025, 3, 16)) is None
    assert week_of(TERM, date(2024, 3, 15)) is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2024, 3, 18), date(2024, 3, 24), [(18, 24)]),
        (date(2024, 3, 20), date(2024, 3, 22), [(20, 22)]),
        (date(2024, 3, 24), date(2024, 3, 31), [(24, 31)]),
        (date(2024, 3, 18), date(2024, 3, 25), [(18, 24), (25, 25)]),
    ],
)
def test_short_terms(start: date, end: date, expected: list[tuple[int, int]]) -> None:
    assert [(w.starts_on.day, w.ends_on.day) for w in weeks_of_term(start, end)] == expected


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
def test_weeks_cover_every_day_of_a_term_once_and_labels_are_distinct(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    weeks = weeks_of_term(start, end)
    assert [day for week in weeks for day in week.days] == [start + timedelta(days=n) for n in range(length + 1)]
    assert [week.number for week in weeks] == list(range(1, len(weeks) + 1))
    assert len({week.iso_week for week in weeks}) == len(weeks)
    assert all(week.starts_on.weekday() == 0 for week in weeks[1:])
    assert all(week.ends_on.weekday() == 6 for week in weeks[:-1])


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(20, 400))
def test_a_renewal_on_the_next_day_never_repeats_a_label(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    labels = [w.iso_week for w in weeks_of_term(start, end)]
    renewal = weeks_of_term(end + timedelta(days=1), end + timedelta(days=400))
    assert not set(labels) & {w.iso_week for w in renewal}


def test_a_period_begins_and_ends_at_midnight_in_shanghai() -> None:
    assert TERM[12].begins_at == datetime(2024, 6, 9, 16, tzinfo=UTC)
    assert TERM[12].over_at == datetime(2024, 6, 16, 16, tzinfo=UTC)


def test_a_report_is_due_on_monday_noon_or_the_next_working_day() -> None:
    def working(day: date) -> bool:
        return day.weekday() < 5 and day not in {date(2024, 9, 16), date(2024, 9, 17)}

    assert issue_due_at(TERM[12], working) == datetime(2024, 6, 17, 4, tzinfo=UTC)
    before_holiday = week_of(TERM, date(2024, 9, 15))
    assert before_holiday is not None
    assert issue_due_at(before_holiday, working) == datetime(2024, 9, 18, 4, tzinfo=UTC)
    assert issue_due_at(TERM[-1], working) == datetime(2025, 3, 17, 4, tzinfo=UTC)


def test_codes_carry_the_tag_of_their_hall() -> None:
    assert report_code("2024-W12", "") == "ZB-2024-W12"
    assert report_code("2024-W12", "x2") == "ZB-X2-2024-W12"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (18, 20, "90.0%"),
        (0, 5, "0.0%"),
        (5, 5, "100.0%"),
        (1, 3, "33.3%"),
        (2, 3, "66.7%"),
        (1, 2000, "0.1%"),
        (0, 0, "—"),
    ],
)
def test_rates_are_rounded_half_up_and_need_a_denominator(part: int, whole: int, shown: str) -> None:
    assert percent(part, whole) == shown


def test_short_spans() -> None:
    assert [minutes_seconds(s) for s in (None, 0, 100.9, 300, 3725)] == ["—", "0′00″", "1′40″", "5′00″", "62′05″"]
