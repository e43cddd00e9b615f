"""The table of national days, against two independent libraries, and the reader's refusals."""

import datetime as dt
from collections import Counter

import chinese_calendar
import holidays
import pytest

from contract.rules import NationalDaysError, NationalKind, read_national_days
from contract.rules.national import fixed_by_law
from contract.tests.rules_cases import NATIONAL_DAYS, contract_calendar, national_days

HEADING = "year,date,kind,name,notice\n"
LAW_2027 = "".join(f"2027,{date},holiday,{name},通知\n" for date, name in fixed_by_law(2027).items())
YEARS = (2024, 2025, 2026)
EVERY_DAY = [dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in range(366 + 365 + 365)]


def test_counts_per_year_are_those_of_the_notices():
    counts = Counter((day.year, day.kind) for day in national_days())
    assert counts == {
        (2024, NationalKind.HOLIDAY): 28,
        (2024, NationalKind.MAKEUP): 8,
        (2025, NationalKind.HOLIDAY): 28,
        (2025, NationalKind.MAKEUP): 5,
        (2026, NationalKind.HOLIDAY): 33,
        (2026, NationalKind.MAKEUP): 6,
    }


def test_every_day_agrees_with_chinesecalendar():
    calendar = contract_calendar()
    wrong = [date for date in EVERY_DAY if calendar.is_working_day(date) != chinese_calendar.is_workday(date)]
    assert wrong == []


def test_every_day_agrees_with_holidays():
    calendar, china = contract_calendar(), holidays.country_holidays("CN", years=YEARS)
    wrong = [date for date in EVERY_DAY if calendar.is_working_day(date) != china.is_working_day(date)]
    assert wrong == []


def test_every_weekday_off_is_a_listed_holiday_and_every_weekend_at_work_a_listed_makeup_day():
    listed = {day.date: day.kind for day in national_days()}
    for date in EVERY_DAY:
        works = chinese_calendar.is_workday(date)
        if date.weekday() < 5 and not works:
            assert listed[date] is NationalKind.HOLIDAY
        if date.weekday() >= 5 and works:
            assert listed[date] is NationalKind.MAKEUP


def test_each_year_carries_its_notice():
    notices = {(day.year, day.notice) for day in national_days()}
    assert notices == {
        (2024, "国办发明电〔2023〕7号"),
        (2025, "国办发明电〔2024〕12号"),
        (2026, "国办发明电〔2025〕7号"),
    }


def test_text_and_path_give_the_same_and_a_byte_order_mark_and_blank_lines_are_nothing():
    text = NATIONAL_DAYS.read_text(encoding="utf-8")
    assert read_national_days("\ufeff" + text.replace("\n", "\r\n") + "\r\n,,,,\r\n") == national_days()


def test_december_before_may_belong_to_a_years_notice():
    days = read_national_days(HEADING + LAW_2027 + "2027,2026-12-31,holiday,元旦,通知\n")
    assert (days[0].date, days[0].year) == (dt.date(2026, 12, 31), 2027)


def test_all_bad_rows_are_named_at_once():
    text = (
        HEADING
        + LAW_2027
        + (
            "20x7,2027-02-06,holiday,春节,通知\n"
            "2027,2027-02-30,holiday,春节,通知\n"
            "2027,2027-02-07,festival,春节,通知\n"
            "2027,2027-02-08,holiday,,\n"
            "2027,2028-02-08,holiday,春节,通知\n"
            "2027,2027-02-10,makeup,春节,通知\n"
            "2027,2027-01-01,holiday,元旦,通知\n"
            "2027,2027-02-11,holiday\n"
        )
    )
    with pytest.raises(NationalDaysError) as caught:
        read_national_days(text)
    assert [(problem.line, problem.code, problem.value) for problem in caught.value.problems] == [
        (8, "year", "20x7"),
        (9, "date", "2027-02-30"),
        (10, "kind", "festival"),
        (11, "name", ""),
        (11, "notice", ""),
        (12, "date_outside_year", "2028-02-08"),
        (13, "makeup_not_on_weekend", "2027-02-10"),
        (14, "duplicate", "2027-01-01"),
        (15, "columns", "2027,2027-02-11,holiday"),
    ]
    assert str(caught.value).splitlines()[0] == "line 8: year: 20x7"


def test_a_year_cut_short_is_refused():
    with pytest.raises(NationalDaysError) as caught:
        read_national_days(HEADING + "".join(LAW_2027.splitlines(keepends=True)[:-1]))
    assert [str(problem) for problem in caught.value.problems] == ["missing_holiday: 2027-10-03"]


@pytest.mark.parametrize(("text", "code"), [("", "heading"), ("date,year\n", "heading"), (HEADING, "empty")])
def test_a_table_without_heading_or_rows_is_refused(text, code):
    with pytest.raises(NationalDaysError) as caught:
        read_national_days(text)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_second_of_may_is_a_holiday_by_law_only_since_2025():
    assert dt.date(2024, 5, 2) not in fixed_by_law(2024)
    assert dt.date(2025, 5, 2) in fixed_by_law(2025)
