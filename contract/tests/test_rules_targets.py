"""The four kinds of target: when they fall due, why, what is left, and what a pause does."""

import datetime as dt
import json

import pytest

from contract.rules import (
    DayKind,
    Due,
    ServiceCalendar,
    Target,
    TargetKind,
    due,
    due_after_pauses,
    explain,
    measure,
    net_time,
    remaining_windows,
    resume,
)
from contract.tests.rules_cases import EXTENDED, at, contract_calendar, day

FIVE_MINUTES = Target.service_seconds(300)
ONE_HOUR = Target.service_seconds(3600)


def due_at(start, target):
    return due(contract_calendar(), start, target)


# Due --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "target", "expected", "last_day"),
    [
        ("2024-03-18 17:58", FIVE_MINUTES, "2024-03-19 08:33", "2024-03-19"),
        ("2026-02-13 17:58", FIVE_MINUTES, "2026-02-14 08:33", "2026-02-14"),
        ("2026-02-14 17:30", ONE_HOUR, "2026-02-24 09:00", "2026-02-24"),
        ("2024-03-18 07:50", Target.service_seconds(34_200), "2024-03-18 18:00", "2024-03-18"),
        ("2024-03-18 07:50", Target.service_seconds(0), "2024-03-18 08:30", "2024-03-18"),
        ("2024-09-11 10:00", Target.working_days(5), "2024-09-19 18:00", "2024-09-19"),
        ("2024-09-11 23:59:59", Target.working_days(5), "2024-09-19 18:00", "2024-09-19"),
        ("2024-09-12 00:00", Target.working_days(5), "2024-09-20 18:00", "2024-09-20"),
        ("2024-09-11 10:00", Target.working_days(7), "2024-09-23 18:00", "2024-09-23"),
        ("2024-09-27 10:00", Target.working_days(5), "2024-10-10 18:00", "2024-10-10"),
        ("2024-03-23 10:00", Target.working_days(1), "2024-03-25 18:00", "2024-03-25"),
        ("2024-10-01 03:00", Target.continuous_seconds(1800), "2024-10-01 03:30", "2024-10-01"),
        ("2024-10-01 23:30", Target.continuous_seconds(1800), "2024-10-02 00:00", "2024-10-01"),
        ("2024-06-03 15:00", Target.calendar_days(10), "2024-06-14 00:00", "2024-06-13"),
        ("2024-06-03 15:00", Target.calendar_days(15), "2024-06-19 00:00", "2024-06-18"),
        ("2024-06-03 15:00", Target.calendar_days(3), "2024-06-07 00:00", "2024-06-06"),
    ],
)
def test_due(start, target, expected, last_day):
    found = due_at(at(start), target)
    assert (found.due_at, found.last_day, found.moved) == (at(expected), day(last_day), False)
    assert found.due_at.tzinfo is dt.UTC


def test_targets_in_days_start_from_a_date_too():
    final_report = due_at(day("2025-03-15"), Target.working_days(10))
    assert (final_report.last_day, final_report.due_at) == (day("2025-03-28"), at("2025-03-28 18:00"))
    cure = due_at(day("2024-06-03"), Target.calendar_days(10, extend_on_holiday=True))
    assert cure.last_day == day("2024-06-13")
    assert cure.last_day + dt.timedelta(days=1) == day("2024-06-14"), "damages count from here"


def test_a_term_that_may_move_goes_to_the_next_working_day_and_keeps_its_unmoved_end():
    term = Target.calendar_days(7, extend_on_holiday=True)
    found = due_at(at("2024-09-27 10:00"), term)
    assert (found.last_day, found.due_at) == (day("2024-10-08"), at("2024-10-09 00:00"))
    assert (found.unmoved_due_at, found.moved) == (at("2024-10-05 00:00"), True)
    stays = due_at(at("2024-09-27 10:00"), Target.calendar_days(7))
    assert (stays.due_at, stays.moved) == (at("2024-10-05 00:00"), False)


def test_a_term_moves_off_an_extended_saturday_but_not_off_a_makeup_saturday():
    term = Target.calendar_days(3, extend_on_holiday=True)
    assert due_at(day("2024-03-20"), term).last_day == day("2024-03-25")
    assert due_at(day("2024-05-08"), term).last_day == day("2024-05-11")


def test_a_service_target_of_nothing_on_a_free_day_is_the_next_working_day():
    assert due_at(day("2024-05-01"), Target.working_days(0)).last_day == day("2024-05-06")
    assert due_at(day("2024-05-06"), Target.working_days(0)).last_day == day("2024-05-06")


@pytest.mark.parametrize(
    ("start", "target", "provisional"),
    [
        ("2026-12-31 17:50", FIVE_MINUTES, False),
        ("2026-12-31 17:55", FIVE_MINUTES, False),
        ("2026-12-31 17:58", FIVE_MINUTES, True),
        ("2026-12-30 10:00", Target.working_days(1), False),
        ("2026-12-30 10:00", Target.working_days(2), True),
        ("2026-12-31 23:50", Target.continuous_seconds(1800), False),
        ("2026-12-30 10:00", Target.calendar_days(5), False),
        ("2026-12-30 10:00", Target.calendar_days(5, extend_on_holiday=True), True),
        ("2026-12-20 10:00", Target.calendar_days(5, extend_on_holiday=True), False),
    ],
)
def test_provisional_only_where_an_unpublished_day_had_a_part(start, target, provisional):
    assert due_at(at(start), target).provisional is provisional


def test_the_unpublished_years_vector():
    found = due_at(at("2026-12-31 17:58"), FIVE_MINUTES)
    assert (found.due_at, found.provisional) == (at("2027-01-02 09:03"), True)


@pytest.mark.parametrize("start", [day("2024-03-18"), dt.datetime(2024, 3, 18, 9)])  # noqa: DTZ001
@pytest.mark.parametrize("target", [FIVE_MINUTES, Target.continuous_seconds(1)])
def test_seconds_need_an_instant_with_a_zone(start, target):
    with pytest.raises(ValueError, match="instant with a time zone"):
        due_at(start, target)


def test_impossible_targets_are_refused():
    with pytest.raises(ValueError, match="negative"):
        Target.working_days(-1)
    with pytest.raises(ValueError, match="calendar days"):
        Target(TargetKind.WORKING_DAYS, 5, extend_on_holiday=True)


# Explanations -----------------------------------------------------------------------------------------------------


def test_explain_names_each_span_and_each_day_passed_over():
    found = explain(contract_calendar(), at("2026-02-14 17:30"), ONE_HOUR)
    assert [(s.start, s.end, s.length, s.day and s.day.kind) for s in found.segments] == [
        (at("2026-02-14 17:30"), at("2026-02-14 18:00"), dt.timedelta(minutes=30), DayKind.MAKEUP_WORKDAY),
        (at("2026-02-24 08:30"), at("2026-02-24 09:00"), dt.timedelta(minutes=30), DayKind.WORKDAY),
    ]
    assert [str(skipped.date) for skipped in found.skipped] == [f"2026-02-{number}" for number in range(15, 24)]
    assert {(skipped.note, skipped.kind) for skipped in found.skipped} == {("春节", DayKind.STATUTORY_HOLIDAY)}


def test_explain_working_days_numbers_them():
    found = explain(contract_calendar(), at("2024-09-11 10:00"), Target.working_days(5))
    assert [(c.number, str(c.day.date)) for c in found.days] == [
        (1, "2024-09-12"),
        (2, "2024-09-13"),
        (3, "2024-09-14"),
        (4, "2024-09-18"),
        (5, "2024-09-19"),
    ]
    assert found.days[2].day.kind is DayKind.MAKEUP_WORKDAY
    assert [str(skipped.date) for skipped in found.skipped] == ["2024-09-15", "2024-09-16", "2024-09-17"]


def test_explain_a_moved_term_shows_the_days_it_moved_over():
    found = explain(contract_calendar(), at("2024-09-27 10:00"), Target.calendar_days(7, extend_on_holiday=True))
    assert [str(c.day.date) for c in found.days][-1] == "2024-10-04"
    assert len(found.days) == 7
    assert [str(skipped.date) for skipped in found.skipped] == ["2024-10-04", "2024-10-05", "2024-10-06", "2024-10-07"]
    assert explain(contract_calendar(), at("2024-06-03 10:00"), Target.calendar_days(10)).skipped == ()


def test_explain_terms_of_nothing():
    found = explain(contract_calendar(), day("2024-05-04"), Target.working_days(0))
    assert (found.days, [str(skipped.date) for skipped in found.skipped]) == ((), ["2024-05-04", "2024-05-05"])
    assert explain(contract_calendar(), day("2024-05-06"), Target.working_days(0)).skipped == ()
    assert explain(contract_calendar(), at("2024-03-18 07:50"), Target.service_seconds(0)).segments == ()


def test_explain_around_the_clock_is_one_span():
    found = explain(contract_calendar(), at("2024-10-01 03:00"), Target.continuous_seconds(1800))
    ((start, end, of_day),) = [(s.start, s.end, s.day) for s in found.segments]
    assert (start, end, of_day, found.skipped) == (at("2024-10-01 03:00"), at("2024-10-01 03:30"), None, ())


def test_explanations_are_plain_values_with_the_local_offset():
    found = explain(contract_calendar(), at("2026-12-31 17:58").astimezone(dt.UTC), FIVE_MINUTES).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert found == {
        "start": "2026-12-31T17:58:00+08:00",
        "target": {"kind": "service_seconds", "amount": 300, "extend_on_holiday": False},
        "due_at": "2027-01-02T09:03:00+08:00",
        "unmoved_due_at": "2027-01-02T09:03:00+08:00",
        "last_day": "2027-01-02",
        "provisional": True,
        "segments": [
            {
                "start": "2026-12-31T17:58:00+08:00",
                "end": "2026-12-31T18:00:00+08:00",
                "seconds": 120,
                "date": "2026-12-31",
                "kind": "workday",
                "source": "weekly_rule",
                "windows": ["08:30–18:00"],
                "note": "",
                "notice": "",
                "provisional": False,
            },
            {
                "start": "2027-01-02T09:00:00+08:00",
                "end": "2027-01-02T09:03:00+08:00",
                "seconds": 180,
                "date": "2027-01-02",
                "kind": "extended_saturday",
                "source": "weekly_rule",
                "windows": ["09:00–13:00"],
                "note": "",
                "notice": "",
                "provisional": True,
            },
        ],
        "days": [],
        "skipped": [
            {
                "date": "2027-01-01",
                "kind": "statutory_holiday",
                "source": "statutory",
                "windows": [],
                "note": "元旦",
                "notice": "全国年节及纪念日放假办法",
                "provisional": True,
            }
        ],
    }
    days = explain(contract_calendar(), day("2024-09-27"), Target.working_days(1)).as_dict()
    assert (days["start"], days["due_at"]) == ("2024-09-27", "2024-09-29T18:00:00+08:00")
    fraction = explain(contract_calendar(), at("2024-03-18 17:59:59.5"), Target.service_seconds(1)).as_dict()
    assert json.dumps(fraction).count('"seconds": 0.5') == 2


# What is left -----------------------------------------------------------------------------------------------------


def test_remaining_windows_are_where_the_countdown_runs():
    calendar = contract_calendar()
    assert remaining_windows(calendar, at("2024-03-22 17:59"), at("2024-03-23 09:03")) == (
        (at("2024-03-22 17:59"), at("2024-03-22 18:00")),
        (at("2024-03-23 09:00"), at("2024-03-23 09:03")),
    )
    assert remaining_windows(calendar, at("2024-03-23 09:03"), at("2024-03-23 09:03")) == ()
    around = (at("2024-10-01 03:10"), at("2024-10-01 03:30"))
    assert remaining_windows(calendar, *around, TargetKind.CONTINUOUS_SECONDS) == (around,)
    assert remaining_windows(calendar, *around) == ()


# Pauses -----------------------------------------------------------------------------------------------------------


def test_a_pause_is_kept_to_the_second():
    calendar = contract_calendar()
    started = due(calendar, at("2024-03-18 09:00"), ONE_HOUR)
    assert started.due_at == at("2024-03-18 10:00")
    pauses = [(at("2024-03-18 09:10:20"), at("2024-03-18 09:40:50"))]
    folded = due_after_pauses(calendar, at("2024-03-18 09:00"), ONE_HOUR, pauses)
    assert folded is not None
    assert folded.due_at == at("2024-03-18 10:30:30")
    assert folded == resume(calendar, started, ONE_HOUR, *pauses[0])


def test_two_pauses_in_one_minute_both_count():
    pauses = [
        (at("2024-03-18 09:10:20"), at("2024-03-18 09:10:25")),
        (at("2024-03-18 09:10:30"), at("2024-03-18 09:10:41.5")),
    ]
    folded = due_after_pauses(contract_calendar(), at("2024-03-18 09:00"), ONE_HOUR, pauses)
    assert folded is not None
    assert folded.due_at == at("2024-03-18 10:00:16.5")


def test_a_pause_over_night_gives_back_service_time_only():
    pauses = [(at("2024-03-18 17:50"), at("2024-03-19 07:00"))]
    folded = due_after_pauses(contract_calendar(), at("2024-03-18 17:30"), ONE_HOUR, pauses)
    assert folded is not None
    assert folded.due_at == at("2024-03-19 09:10")


def test_a_pause_outside_hours_shifts_nothing():
    calendar, start = contract_calendar(), at("2024-03-18 17:30")
    pauses = [(at("2024-03-18 18:10"), at("2024-03-19 08:00"))]
    assert due_after_pauses(calendar, start, ONE_HOUR, pauses) == Due(
        at("2024-03-19 09:00"), False, at("2024-03-19 09:00"), day("2024-03-19")
    )


@pytest.mark.parametrize("paused", ["2024-03-18 10:00", "2024-03-18 11:00"])
def test_a_pause_when_it_is_due_or_later_shifts_nothing(paused):
    pauses = [(at(paused), at("2024-03-19 10:00"))]
    folded = due_after_pauses(contract_calendar(), at("2024-03-18 09:00"), ONE_HOUR, pauses)
    assert folded is not None
    assert folded.due_at == at("2024-03-18 10:00")


def test_while_paused_nothing_is_due():
    pauses = [(at("2024-03-18 09:10"), None)]
    assert due_after_pauses(contract_calendar(), at("2024-03-18 09:00"), ONE_HOUR, pauses) is None
    with pytest.raises(ValueError, match="pause lasts"):
        explain(contract_calendar(), at("2024-03-18 09:00"), ONE_HOUR, pauses)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target.continuous_seconds(3600), "2024-03-18 10:30:30"),
        (Target.working_days(5), "2024-03-25 18:00"),
        (Target.calendar_days(5), "2024-03-24 00:00"),
    ],
)
def test_other_kinds_pause_in_their_own_time(target, expected):
    pauses = [(at("2024-03-18 09:10:20"), at("2024-03-18 09:40:50"))]
    folded = due_after_pauses(contract_calendar(), at("2024-03-18 09:00"), target, pauses)
    assert folded is not None
    assert folded.due_at == at(expected)


def test_days_remain_as_days_over_a_pause():
    calendar, start = contract_calendar(), at("2024-09-11 10:00")
    pauses = [(at("2024-09-12 11:00"), at("2024-09-14 09:00"))]
    found = explain(calendar, start, Target.working_days(5), pauses)
    assert [str(c.day.date) for c in found.days] == [
        "2024-09-12",
        "2024-09-18",
        "2024-09-19",
        "2024-09-20",
        "2024-09-23",
    ]
    assert found.due.last_day == day("2024-09-23")
    moved = due_after_pauses(calendar, start, Target.calendar_days(5, extend_on_holiday=True), pauses)
    assert moved is not None
    assert (moved.unmoved_due_at, moved.last_day) == (at("2024-09-19 00:00"), day("2024-09-18"))
    off = due_after_pauses(calendar, start, Target.calendar_days(3, extend_on_holiday=True), pauses)
    assert off is not None
    assert (off.unmoved_due_at, off.last_day) == (at("2024-09-17 00:00"), day("2024-09-18"))


def test_explain_leaves_pauses_out():
    pauses = [(at("2024-03-18 17:50"), at("2024-03-20 08:40")), (at("2024-03-21 10:00"), at("2024-03-21 11:00"))]
    found = explain(contract_calendar(), at("2024-03-18 17:30"), ONE_HOUR, pauses)
    assert [(s.start, s.end) for s in found.segments] == [
        (at("2024-03-18 17:30"), at("2024-03-18 17:50")),
        (at("2024-03-20 08:40"), at("2024-03-20 09:20")),
    ]
    assert sum((s.length for s in found.segments), dt.timedelta()) == dt.timedelta(hours=1)


@pytest.mark.parametrize(
    "target", [ONE_HOUR, Target.continuous_seconds(3600), Target.working_days(2), Target.calendar_days(2)]
)
def test_explain_ends_at_the_due_instant_though_pauses_follow_it(target):
    late = [(at("2024-03-25 10:00"), at("2024-03-26 10:00")), (at("2024-03-27 10:00"), at("2024-03-28 10:00"))]
    found = explain(contract_calendar(), at("2024-03-18 09:00"), target, late)
    plain = explain(contract_calendar(), at("2024-03-18 09:00"), target)
    assert found == plain


def test_explain_names_a_closed_day_once_though_a_pause_lay_within_it():
    pauses = [(at("2024-03-24 10:00"), at("2024-03-24 11:00"))]
    found = explain(contract_calendar(), at("2024-03-23 12:30"), ONE_HOUR, pauses)
    assert [str(skipped.date) for skipped in found.skipped] == ["2024-03-24"]
    assert found.due.due_at == at("2024-03-25 09:00")


@pytest.mark.parametrize(
    ("pauses", "message"),
    [
        ([("2024-03-18 08:59", "2024-03-18 09:10")], "follow one another"),
        ([("2024-03-18 09:10", "2024-03-18 09:05")], "cannot end before"),
        ([("2024-03-18 09:10", "2024-03-18 09:20"), ("2024-03-18 09:15", "2024-03-18 09:25")], "follow one another"),
        ([("2024-03-18 09:10", None), ("2024-03-18 09:15", "2024-03-18 09:25")], "last pause"),
    ],
)
def test_pauses_that_contradict_each_other_are_refused(pauses, message):
    instants = [(at(begin), at(end) if end else None) for begin, end in pauses]
    with pytest.raises(ValueError, match=message):
        due_after_pauses(contract_calendar(), at("2024-03-18 09:00"), ONE_HOUR, instants)


def test_net_time_leaves_pauses_out_in_its_own_kind():
    calendar = contract_calendar()
    start, end = at("2024-03-18 17:30"), at("2024-03-19 09:00")
    pauses = [(at("2024-03-18 17:40"), at("2024-03-18 17:45:30")), (at("2024-03-19 08:50"), None)]
    assert net_time(calendar, start, end, TargetKind.SERVICE_SECONDS, pauses) == dt.timedelta(minutes=44, seconds=30)
    assert net_time(calendar, start, end, TargetKind.CONTINUOUS_SECONDS) == dt.timedelta(hours=15, minutes=30)
    assert measure(calendar, end, start, TargetKind.CONTINUOUS_SECONDS) == dt.timedelta(hours=-15, minutes=-30)
    early = [(at("2024-03-19 09:30"), at("2024-03-19 09:40"))]
    assert net_time(calendar, start, end, TargetKind.SERVICE_SECONDS, early) == dt.timedelta(hours=1)


def test_peers_without_makeup_days_are_wrong_by_days():
    naive = ServiceCalendar.build(weekly=EXTENDED, published=[2026])
    start = at("2026-02-13 17:58")
    assert due(naive, start, FIVE_MINUTES).due_at != due_at(start, FIVE_MINUTES).due_at
