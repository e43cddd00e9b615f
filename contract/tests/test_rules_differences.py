"""Which days differ between two calendars, and which of them change service time."""

import datetime as dt

import pytest

from contract.rules import DayKind, Override, ServiceCalendar, WeeklyRule, Window
from contract.rules.calendar import CalendarError
from contract.rules.differences import day_differences, days_from
from contract.tests.rules_cases import EXTENDED, contract_calendar, day, national_days

JUNE = [dt.date(2024, 6, number) for number in range(1, 31)]


def with_overrides(*overrides: Override) -> ServiceCalendar:
    old = contract_calendar()
    return ServiceCalendar.build(
        weekly=old.weekly, national=old.national, overrides=[*old.overrides, *overrides], published=old.published
    )


def test_equal_calendars_have_no_differences() -> None:
    assert day_differences(contract_calendar(), contract_calendar(), JUNE) == []


def test_a_closure_changes_service_time_and_an_event_only_the_name() -> None:
    new = with_overrides(
        Override(day("2024-06-12"), DayKind.CLOSURE, note="停电"),
        Override(day("2024-06-13"), DayKind.MAJOR_EVENT, note="重大活动"),
    )
    found = day_differences(contract_calendar(), new, reversed(JUNE))
    assert [(str(one.date), one.counts) for one in found] == [("2024-06-12", True), ("2024-06-13", False)]
    assert (found[0].before.kind, found[0].after.kind) == (DayKind.WORKDAY, DayKind.CLOSURE)


def test_only_the_days_asked_for_are_compared() -> None:
    new = with_overrides(Override(day("2024-06-12"), DayKind.CLOSURE))
    assert day_differences(contract_calendar(), new, [day("2024-06-11"), day("2024-06-13")]) == []


def test_a_week_from_a_day_on_differs_from_that_day_on() -> None:
    later = WeeklyRule(windows=(Window.of("09:00", "17:00"),), valid_from=day("2024-06-17"))
    new = ServiceCalendar.build(weekly=[EXTENDED, later], national=national_days())
    found = [one.date for one in day_differences(contract_calendar(), new, JUNE)]
    assert found[0] == day("2024-06-08"), "the local setting is not part of the new one"
    assert found[1] == day("2024-06-17")
    assert day("2024-06-22") in found, "the new week has no extended Saturday"


@pytest.mark.parametrize(
    ("first", "last", "weekdays", "days"),
    [
        ("2024-06-01", "2024-06-01", range(7), ["2024-06-01"]),
        ("2024-06-03", "2024-06-09", {5, 6}, ["2024-06-08", "2024-06-09"]),
        ("2024-06-02", "2024-06-01", range(7), []),
    ],
)
def test_a_range_is_its_days(first: str, last: str, weekdays: set[int], days: list[str]) -> None:
    assert [str(date) for date in days_from(day(first), day(last), frozenset(weekdays))] == days


def test_faults_are_named_by_what_where_and_a_code() -> None:
    with pytest.raises(CalendarError) as refused:
        ServiceCalendar.build(weekly=EXTENDED, overrides=[Override(day("2024-06-12"), DayKind.EXTENDED_SATURDAY)])
    assert [(where, code) for where, code, _words in refused.value.faults] == [("2024-06-12", "not_saturday")]
    assert str(refused.value) == "2024-06-12: an extended Saturday must be a Saturday"
