"""Days, counts, closures and additions of service time, by the vectors of the contract's calendar."""

import dataclasses
import datetime as dt
import threading
from collections import Counter

import pytest

from contract.rules import DayKind, DaySource, NationalDay, NationalKind, Override, ServiceCalendar, WeeklyRule, Window
from contract.tests.rules_cases import EXTENDED, SHANGHAI, at, contract_calendar, day, national_days

TERM = (day("2024-03-16"), day("2025-03-15"))

VECTORS = [
    ("in hours", "2024-03-18 09:10:00", 300, "2024-03-18 09:15:00"),
    ("noon counts", "2024-03-18 12:30", 300, "2024-03-18 12:35"),
    ("before opening", "2024-03-18 07:50", 300, "2024-03-18 08:35"),
    ("over night", "2024-03-18 17:58", 300, "2024-03-19 08:33"),
    ("Friday evening before an extended Saturday", "2024-03-22 17:58", 300, "2024-03-23 09:03"),
    ("make-up Sunday", "2024-04-07 10:00", 300, "2024-04-07 10:05"),
    ("statutory holiday, its Saturday has no service", "2024-05-01 10:00", 300, "2024-05-06 08:35"),
    ("make-up Saturday is a full day", "2026-02-13 17:58", 300, "2026-02-14 08:33"),
    ("over Spring Festival", "2026-02-14 17:30", 3600, "2026-02-24 09:00"),
    ("meets closing time", "2024-03-18 17:55", 300, "2024-03-18 18:00"),
    ("a whole day meets closing time", "2024-03-18 07:50", 34_200, "2024-03-18 18:00"),
    ("meets closing time of an extended Saturday", "2024-03-23 12:55", 300, "2024-03-23 13:00"),
    ("unpublished year", "2026-12-31 17:58", 300, "2027-01-02 09:03"),
    ("Dragon Boat Saturday is off", "2024-06-07 17:58", 300, "2024-06-11 08:33"),
    ("nothing added outside hours is the next opening", "2024-03-18 07:50", 0, "2024-03-18 08:30"),
    ("nothing added at closing time is the next opening", "2024-03-18 18:00", 0, "2024-03-19 08:30"),
    ("nothing added within hours is the same instant", "2024-03-18 09:10:00.000001", 0, "2024-03-18 09:10:00.000001"),
    ("at opening", "2024-03-18 08:30", 1, "2024-03-18 08:30:01"),
    ("the last microsecond before closing", "2024-03-18 17:59:59.999999", 1, "2024-03-19 08:30:00.999999"),
    ("the leap day is an ordinary Thursday", "2024-02-29 17:58", 300, "2024-03-01 08:33"),
]


@pytest.mark.parametrize(("start", "seconds", "due"), [v[1:] for v in VECTORS], ids=[v[0] for v in VECTORS])
def test_add_vectors(start, seconds, due):
    calendar = contract_calendar()
    assert calendar.add(at(start), seconds) == at(due)
    assert calendar.elapsed(at(start), at(due)) == dt.timedelta(seconds=seconds)


def test_friday_evening_without_extended_saturdays_goes_to_monday():
    assert contract_calendar(extended=False).add(at("2024-03-22 17:58"), 300) == at("2024-03-25 08:33")


def test_instants_come_out_in_utc_whatever_zone_they_came_in():
    zones = (dt.UTC, SHANGHAI, dt.timezone(dt.timedelta(hours=-5)))
    dues = [contract_calendar().add(at("2024-03-18 17:58").astimezone(zone), 300) for zone in zones]
    assert set(dues) == {at("2024-03-19 08:33")}
    assert {due.tzinfo for due in dues} == {dt.UTC}


@pytest.mark.parametrize("operation", ["add", "elapsed", "is_open", "next_opening", "local_date", "windows_between"])
def test_a_naive_instant_is_refused(operation):
    calendar, naive = contract_calendar(), dt.datetime(2024, 3, 18, 9, 10)  # noqa: DTZ001
    arguments = {"add": (naive, 1), "elapsed": (naive, naive), "windows_between": (naive, naive)}.get(
        operation, (naive,)
    )
    with pytest.raises(ValueError, match="time zone"):
        getattr(calendar, operation)(*arguments)


@pytest.mark.parametrize("service", [-1, dt.timedelta(microseconds=-1)])
def test_negative_service_time_is_refused(service):
    with pytest.raises(ValueError, match="negative"):
        contract_calendar().add(at("2024-03-18 09:10"), service)


def test_fractions_of_a_second_come_as_timedelta_not_as_float():
    calendar = contract_calendar()
    assert calendar.add(at("2024-03-18 09:10"), dt.timedelta(seconds=1, microseconds=1)) == at(
        "2024-03-18 09:10:01.000001"
    )
    with pytest.raises(TypeError):
        calendar.add(at("2024-03-18 09:10"), 1.5)  # type: ignore[arg-type]


def test_elapsed_is_negative_backwards_and_rounds_towards_zero():
    calendar = contract_calendar()
    early, late = at("2024-03-18 17:59:00"), at("2024-03-19 08:30:30.5")
    assert calendar.elapsed(early, late) == dt.timedelta(seconds=90.5)
    assert calendar.elapsed(late, early) == dt.timedelta(seconds=-90.5)
    assert (calendar.elapsed_seconds(early, late), calendar.elapsed_seconds(late, early)) == (90, -90)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2024-03-18 08:29:59.999999", False),
        ("2024-03-18 08:30", True),
        ("2024-03-18 17:59:59.999999", True),
        ("2024-03-18 18:00", False),
        ("2024-03-23 08:59:59", False),
        ("2024-03-23 09:00", True),
        ("2024-03-23 13:00", False),
        ("2024-03-24 10:00", False),
        ("2024-05-04 10:00", False),
        ("2024-05-11 17:00", True),
    ],
)
def test_open_is_half_open(instant, is_open):
    assert contract_calendar().is_open(at(instant)) is is_open


# Days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "kind", "source", "working", "windows", "provisional"),
    [
        ("2024-03-18", DayKind.WORKDAY, DaySource.WEEKLY_RULE, True, "08:30–18:00", False),
        ("2024-03-16", DayKind.EXTENDED_SATURDAY, DaySource.WEEKLY_RULE, False, "09:00–13:00", False),
        ("2024-03-17", DayKind.WEEKEND, DaySource.WEEKLY_RULE, False, "", False),
        ("2024-04-04", DayKind.STATUTORY_HOLIDAY, DaySource.STATUTORY, False, "", False),
        ("2024-04-06", DayKind.STATUTORY_HOLIDAY, DaySource.STATUTORY, False, "", False),
        ("2024-04-07", DayKind.MAKEUP_WORKDAY, DaySource.MAKEUP, True, "08:30–18:00", False),
        ("2024-05-11", DayKind.MAKEUP_WORKDAY, DaySource.MAKEUP, True, "08:30–18:00", False),
        ("2024-06-08", DayKind.WEEKEND, DaySource.LOCAL_OVERRIDE, False, "", False),
        ("2027-01-01", DayKind.STATUTORY_HOLIDAY, DaySource.STATUTORY, False, "", True),
        ("2027-01-02", DayKind.EXTENDED_SATURDAY, DaySource.WEEKLY_RULE, False, "09:00–13:00", True),
        ("2027-01-04", DayKind.WORKDAY, DaySource.WEEKLY_RULE, True, "08:30–18:00", True),
        ("2027-02-06", DayKind.EXTENDED_SATURDAY, DaySource.WEEKLY_RULE, False, "09:00–13:00", True),
        ("2027-05-02", DayKind.STATUTORY_HOLIDAY, DaySource.STATUTORY, False, "", True),
        ("2027-05-03", DayKind.WORKDAY, DaySource.WEEKLY_RULE, True, "08:30–18:00", True),
        ("2027-10-02", DayKind.STATUTORY_HOLIDAY, DaySource.STATUTORY, False, "", True),
        ("2023-12-29", DayKind.WORKDAY, DaySource.WEEKLY_RULE, True, "08:30–18:00", True),
        ("1950-10-02", DayKind.STATUTORY_HOLIDAY, DaySource.STATUTORY, False, "", True),
    ],
)
def test_kind_and_source_of_days(date, kind, source, working, windows, provisional):
    found = contract_calendar().day(day(date))
    assert (found.kind, found.source, found.working) == (kind, source, working)
    assert (", ".join(map(str, found.windows)), found.provisional) == (windows, provisional)


def test_a_day_names_its_holiday_and_notice():
    found = contract_calendar().day(day("2026-02-14"))
    assert (found.note, found.notice) == ("春节", "国办发明电〔2025〕7号")
    by_law = contract_calendar().day(day("2027-01-01"))
    assert (by_law.note, by_law.notice) == ("元旦", "全国年节及纪念日放假办法")


def test_the_term_has_248_working_days_and_44_extended_saturdays():
    days = contract_calendar().days(*TERM)
    kinds = Counter(found.kind for found in days)
    assert len(days) == 365
    assert sum(found.working for found in days) == 248
    assert kinds[DayKind.MAKEUP_WORKDAY] == 8
    assert kinds[DayKind.EXTENDED_SATURDAY] == 44
    makeup = Counter(found.date.weekday() for found in days if found.kind is DayKind.MAKEUP_WORKDAY)
    assert makeup == {5: 4, 6: 4}
    saturdays = Counter(found.kind for found in days if found.date.weekday() == 5)
    assert saturdays == {
        DayKind.EXTENDED_SATURDAY: 44,
        DayKind.WEEKEND: 1,
        DayKind.STATUTORY_HOLIDAY: 4,
        DayKind.MAKEUP_WORKDAY: 4,
    }


def test_the_term_has_seven_closures_with_their_days():
    closures = contract_calendar().closures(*TERM)
    assert [(c.names, str(c.last_service_day), str(c.last_day), c.days) for c in closures] == [
        (("清明节",), "2024-04-03", "2024-04-06", 3),
        (("劳动节",), "2024-04-30", "2024-05-05", 5),
        (("端午节",), "2024-06-07", "2024-06-10", 3),
        (("中秋节",), "2024-09-14", "2024-09-17", 3),
        (("国庆节",), "2024-09-30", "2024-10-07", 7),
        (("元旦",), "2024-12-31", "2025-01-01", 1),
        (("春节",), "2025-01-27", "2025-02-04", 8),
    ]
    assert str(closures[1].next_service_day) == "2024-05-06"


def test_a_closure_that_reaches_over_the_range_is_given_whole():
    calendar = contract_calendar()
    (closure,) = calendar.closures(day("2024-05-03"), day("2024-05-03"))
    assert (str(closure.first_day), str(closure.last_day)) == ("2024-05-01", "2024-05-05")
    assert calendar.closures(day("2024-05-06"), day("2024-05-10")) == ()
    assert calendar.closures(day("2024-03-24"), day("2024-03-24")) == ()


def test_last_workday_before_spring_festival_2026_is_the_makeup_saturday():
    (closure,) = contract_calendar().closures(day("2026-02-10"), day("2026-02-20"))
    assert str(closure.last_service_day) == "2026-02-14"


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        ("2024-09-11", 5, "2024-09-19"),
        ("2024-09-11", 7, "2024-09-23"),
        ("2024-09-27", 5, "2024-10-10"),
        ("2025-03-15", 10, "2025-03-28"),
        ("2024-09-11", 0, "2024-09-11"),
        ("2024-05-01", 0, "2024-05-06"),
        ("2024-03-23", 0, "2024-03-25"),
        ("2024-03-23", 1, "2024-03-25"),
        ("2024-03-25", -1, "2024-03-22"),
        ("2024-03-24", -1, "2024-03-22"),
        ("2024-04-08", -1, "2024-04-07"),
        ("2026-12-30", 3, "2027-01-05"),
    ],
)
def test_nth_working_day(start, n, expected):
    assert contract_calendar().nth_working_day(day(start), n) == day(expected)


def test_working_days_between_is_the_inverse_and_negative_backwards():
    calendar = contract_calendar()
    assert calendar.working_days_between(day("2024-09-11"), day("2024-09-19")) == 5
    assert calendar.working_days_between(day("2024-09-19"), day("2024-09-11")) == -5
    assert calendar.working_days_between(day("2024-03-15"), day("2025-03-15")) == 248


def test_service_days_around_a_date():
    calendar = contract_calendar()
    assert calendar.service_day_after(day("2024-03-22")) == day("2024-03-23")
    assert calendar.service_day_before(day("2024-05-06")) == day("2024-04-30")


def test_opening_and_closing_of_a_day():
    calendar = contract_calendar()
    assert calendar.opening(day("2024-03-23")) == at("2024-03-23 09:00")
    assert calendar.closing(day("2024-03-23")) == at("2024-03-23 13:00")
    assert calendar.opening(day("2024-03-24")) is None
    assert calendar.closing(day("2024-03-24")) is None
    assert calendar.end_of_day(day("2024-06-13")) == at("2024-06-14 00:00")
    assert calendar.instant(day("2024-06-13"), dt.time(12, 0)) == at("2024-06-13 12:00")


def test_windows_between_are_cut_at_both_ends():
    windows = contract_calendar().windows_between(at("2024-03-22 17:58"), at("2024-03-25 08:33"))
    assert [(w.start, w.end, w.day.kind) for w in windows] == [
        (at("2024-03-22 17:58"), at("2024-03-22 18:00"), DayKind.WORKDAY),
        (at("2024-03-23 09:00"), at("2024-03-23 13:00"), DayKind.EXTENDED_SATURDAY),
        (at("2024-03-25 08:30"), at("2024-03-25 08:33"), DayKind.WORKDAY),
    ]
    assert contract_calendar().windows_between(at("2024-03-22 18:00"), at("2024-03-23 09:00")) == ()
    assert contract_calendar().windows_between(at("2024-03-25 10:00"), at("2024-03-25 10:00")) == ()


# Overrides and rules ----------------------------------------------------------------------------------------------


def build(*overrides: Override, weekly: WeeklyRule | list[WeeklyRule] = EXTENDED) -> ServiceCalendar:
    return ServiceCalendar.build(weekly=weekly, national=national_days(), overrides=overrides)


def test_an_override_is_heard_over_every_other_source():
    calendar = build(
        Override(day("2024-04-04"), DayKind.WORKDAY, note="甲方通知上班"),
        Override(day("2024-04-07"), DayKind.CLOSURE, note="停电检修"),
        Override(day("2024-03-20"), DayKind.CLOSURE),
        Override(day("2027-02-08"), DayKind.STATUTORY_HOLIDAY, note="春节"),
    )
    opened, closed = calendar.day(day("2024-04-04")), calendar.day(day("2024-04-07"))
    assert (opened.working, str(opened.windows[0]), opened.note) == (True, "08:30–18:00", "甲方通知上班")
    assert (closed.working, closed.windows, closed.source) == (False, (), DaySource.LOCAL_OVERRIDE)
    assert calendar.add(at("2024-03-19 17:58"), 300) == at("2024-03-21 08:33")
    assert calendar.day(day("2027-02-08")).provisional is False


def test_a_local_shutdown_is_no_holiday_closure():
    calendar = build(Override(day("2024-03-20"), DayKind.CLOSURE))
    assert calendar.closures(day("2024-03-18"), day("2024-03-22")) == ()


def test_a_major_event_keeps_the_day_unless_it_says_otherwise():
    around_the_clock = (Window.of("00:00", "24:00"),)
    calendar = build(
        Override(day("2024-03-20"), DayKind.MAJOR_EVENT, note="开放日"),
        Override(day("2024-03-24"), DayKind.MAJOR_EVENT, windows=around_the_clock),
        Override(day("2024-03-31"), DayKind.MAJOR_EVENT, windows=around_the_clock, working=True),
    )
    kept, opened, worked = (calendar.day(day(text)) for text in ("2024-03-20", "2024-03-24", "2024-03-31"))
    assert (kept.working, str(kept.windows[0])) == (True, "08:30–18:00")
    assert (opened.working, worked.working) == (False, True)
    assert calendar.add(at("2024-03-24 00:00"), 86_400) == at("2024-03-25 00:00")
    assert calendar.nth_working_day(day("2024-03-29"), 1) == day("2024-03-31")


def test_split_windows_leave_the_break_out():
    split = WeeklyRule(windows=(Window.of("08:30", "12:00"), Window.of("13:00", "18:00")))
    calendar = build(weekly=split)
    assert calendar.add(at("2024-03-18 11:58"), 300) == at("2024-03-18 13:03")
    assert calendar.add(at("2024-03-18 11:55"), 300) == at("2024-03-18 12:00")
    assert calendar.is_open(at("2024-03-18 12:30")) is False


def test_a_new_weekly_rule_leaves_the_past_as_it_was():
    later = WeeklyRule(windows=(Window.of("09:00", "17:00"),), valid_from=day("2024-07-01"))
    calendar = build(weekly=[later, EXTENDED])
    assert calendar.closing(day("2024-06-28")) == at("2024-06-28 18:00")
    assert calendar.closing(day("2024-07-01")) == at("2024-07-01 17:00")
    assert calendar.day(day("2024-06-29")).has_service is True
    assert calendar.day(day("2024-07-06")).has_service is False


def test_a_published_year_without_named_days_can_be_said_to_be_published():
    calendar = ServiceCalendar.build(weekly=EXTENDED, national=national_days(), published=[2024])
    assert calendar.day(day("2025-06-03")).provisional is True
    assert calendar.day(day("2025-06-02")).provisional is False
    assert calendar.day(day("2024-06-03")).provisional is False


@pytest.mark.parametrize(
    ("weekly", "overrides", "message"),
    [
        ([], [], "first weekly rule"),
        ([WeeklyRule(valid_from=dt.date(2024, 1, 1))], [], "earliest date"),
        ([WeeklyRule(), WeeklyRule()], [], "different dates"),
        ([WeeklyRule(windows=())], [], "needs working weekdays"),
        ([WeeklyRule(weekdays=frozenset({7}))], [], "needs working weekdays"),
        ([WeeklyRule(windows=(Window(0, 10), Window(9, 20)))], [], "overlap"),
        ([EXTENDED], [Override(dt.date(2024, 3, 20), DayKind.CLOSURE)] * 2, "2024-03-20: more than one override"),
        ([EXTENDED], [Override(dt.date(2024, 3, 20), DayKind.WORKDAY, windows=())], "2024-03-20: a working day"),
        ([WeeklyRule()], [Override(dt.date(2024, 3, 23), DayKind.EXTENDED_SATURDAY)], "needs windows"),
        ([EXTENDED], [Override(dt.date(2024, 3, 24), DayKind.EXTENDED_SATURDAY)], "must be a Saturday"),
        ([EXTENDED], [Override(dt.date(2024, 3, 23), DayKind.EXTENDED_SATURDAY, working=True)], "never a working day"),
        (
            [EXTENDED],
            [Override(dt.date(2024, 3, 24), DayKind.MAJOR_EVENT, windows=(Window(9, 20), Window(0, 9)))],
            "order",
        ),
    ],
)
def test_contradictory_facts_are_refused(weekly, overrides, message):
    with pytest.raises(ValueError, match=message):
        ServiceCalendar.build(weekly=weekly, overrides=overrides)


def test_two_national_days_on_one_date_are_refused():
    twice = [NationalDay(2027, dt.date(2027, 2, 6), kind, "春节", "通知") for kind in NationalKind]
    with pytest.raises(ValueError, match="2027-02-06: more than one national day"):
        ServiceCalendar.build(weekly=EXTENDED, national=twice)


@pytest.mark.parametrize(("start", "end"), [("18:00", "08:30"), ("08:30", "08:30")])
def test_a_window_must_end_after_it_starts(start, end):
    with pytest.raises(ValueError, match="start before it ends"):
        Window.of(start, end)


def test_a_window_may_end_at_midnight_but_has_no_zone_or_fraction():
    assert Window.of(dt.time(20), dt.time(0)) == Window.of("20:00", "24:00")
    assert str(Window.of("08:30:15", "24:00")) == "08:30:15–24:00"
    with pytest.raises(ValueError, match="whole seconds"):
        Window.of(dt.time(8, 30, tzinfo=dt.UTC), "18:00")


def test_a_calendar_is_a_value():
    first, second = build(), build()
    first.add(at("2024-03-18 17:58"), 300)
    assert first == second
    assert hash(first) == hash(second)
    assert first != build(Override(day("2024-03-20"), DayKind.CLOSURE))
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.weekly = ()  # type: ignore[misc]


# Far away ---------------------------------------------------------------------------------------------------------


def test_answers_do_not_depend_on_what_was_asked_before():
    questions = [
        ("2024-12-31 17:58", 300),
        ("2150-06-01 10:00", 60),
        ("1995-12-29 17:00", 40_000_000),
        ("2026-12-31 17:58", 300),
    ]
    fresh = [build().add(at(start), seconds) for start, seconds in questions]
    for order in (questions, questions[::-1]):
        calendar = build()
        answers = {question: calendar.add(at(question[0]), question[1]) for question in order}
        assert [answers[question] for question in questions] == fresh


def test_spans_of_centuries_are_exact():
    calendar = build()
    start, seconds = at("2024-03-18 09:10:00.000001"), 120 * 270 * 34_200
    due = calendar.add(start, seconds)
    assert due.year > 2130
    assert len(calendar._table.days) < 101 * 366, "a question about centuries is answered and not kept"
    assert calendar.elapsed(start, due) == dt.timedelta(seconds=seconds)
    assert (
        calendar.working_days_between(day("2024-03-18"), calendar.nth_working_day(day("2024-03-18"), 30_000)) == 30_000
    )
    assert (
        calendar.working_days_between(calendar.nth_working_day(day("2024-03-18"), -30_000), day("2024-03-15")) == 29_999
    )


def test_beyond_the_last_year_there_is_an_overflow_as_with_dates():
    calendar = build()
    with pytest.raises(OverflowError):
        calendar.day(day("9999-06-01"))
    with pytest.raises(OverflowError):
        calendar.day(day("0001-06-01"))


def test_threads_share_a_calendar():
    calendar, wrong = build(), []

    def work(year: int) -> None:
        for shift in range(20):
            start = at(f"{1990 + (year * 7 + shift * 3) % 40}-03-01 10:00")
            seconds = 34_200 * (1 + shift * 20)
            if calendar.elapsed(start, calendar.add(start, seconds)) != dt.timedelta(seconds=seconds):
                wrong.append((start, seconds))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_zone_that_changes_its_clocks_counts_real_seconds():
    calendar = ServiceCalendar.build(
        weekly=WeeklyRule(windows=(Window.of("00:00", "24:00"),), weekdays=frozenset(range(7))), zone="Europe/Berlin"
    )
    spring = dt.datetime(2024, 3, 30, 23, tzinfo=dt.UTC)
    assert calendar.elapsed(spring, calendar.end_of_day(day("2024-03-31"))) == dt.timedelta(hours=23)
    assert calendar.add(spring, 23 * 3600 + 1) == dt.datetime(2024, 3, 31, 22, 0, 1, tzinfo=dt.UTC)
