"""What the roster decides, as tables and as laws."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.rules.calendar import DayKind, Override, ServiceCalendar, WeeklyRule, Window
from contract.rules.national import read_national_days
from contract.services.calendar import NATIONAL_DAYS
from roster.rules import (
    Absence,
    Alarm,
    AlarmKind,
    DayPlan,
    Expected,
    Fault,
    Finding,
    Piece,
    PostFacts,
    ShiftFacts,
    Turn,
    TurnFacts,
    Verdict,
    alarms,
    earned_half_days,
    expected,
    findings,
    gap_told_at,
    judge,
    late_seconds,
    least_people,
    leave_half_days,
    leave_span,
    on_site,
    pieces_of,
    roster_days,
    shift_span,
    turns,
)
from roster.tests.make import MONDAY, SATURDAY, at

CALENDAR = ServiceCalendar.build(
    weekly=WeeklyRule(saturday=(Window.of("09:00", "13:00"),)),
    national=read_national_days(NATIONAL_DAYS),
    overrides=[
        Override(date(2024, 3, 26), DayKind.MAJOR_EVENT),
        Override(date(2024, 3, 24), DayKind.MAJOR_EVENT, (Window.of("09:00", "12:00"),)),
        Override(date(2024, 3, 27), DayKind.CLOSURE),
    ],
)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        ("2024-03-18", {"workday"}),
        ("2024-03-23", {"extended_saturday"}),
        ("2024-03-24", {"event"}),
        ("2024-03-25", {"workday"}),
        ("2024-03-26", {"event", "workday"}),
        ("2024-03-27", {"closed"}),
        ("2024-03-31", {"closed"}),
        ("2024-04-04", {"holiday"}),
        ("2024-04-05", {"holiday"}),
        ("2024-04-06", {"holiday", "last_holiday_day"}),
        ("2024-04-07", {"makeup_workday"}),
        ("2024-10-07", {"holiday", "last_holiday_day"}),
        ("2024-12-31", {"workday"}),
        ("2025-01-01", {"holiday", "last_holiday_day"}),
    ],
)
def test_what_a_day_is_to_the_roster(day, kinds):
    this = date.fromisoformat(day)
    assert roster_days(CALENDAR, this, this)[this] == kinds


def test_a_shift_that_ends_at_or_before_its_start_ends_on_the_next_day():
    assert shift_span(MONDAY, time(8, 30), time(18)) == (at(MONDAY, "08:30"), at(MONDAY, "18:00"))
    tuesday = MONDAY + timedelta(days=1)
    assert shift_span(MONDAY, time(18), time(8, 30)) == (at(MONDAY, "18:00"), at(tuesday, "08:30"))
    assert shift_span(MONDAY, time(8, 30), time(8, 30))[1] - at(MONDAY, "08:30") == 24 * HOUR


# --- leaves -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "from_noon", "until_noon", "halves"),
    [
        ("2024-03-18", "2024-03-18", False, False, 2),
        ("2024-03-18", "2024-03-18", True, False, 1),
        ("2024-03-18", "2024-03-18", False, True, 1),
        ("2024-03-18", "2024-03-19", True, True, 2),
        ("2024-03-22", "2024-03-25", False, False, 4),  # over a weekend
        ("2024-04-03", "2024-04-08", True, False, 5),  # over 清明, with its make-up Sunday
        ("2024-03-23", "2024-03-24", False, False, 0),
    ],
)
def test_what_a_leave_costs_in_half_days(first, last, from_noon, until_noon, halves):
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    options = {"from_noon": from_noon, "until_noon": until_noon}
    assert leave_half_days(CALENDAR.is_working_day, begin, end, **options) == halves
    start, finish = leave_span(begin, end, **options)
    assert start == at(begin, "12:00" if from_noon else "00:00")
    assert finish == (at(end, "12:00") if until_noon else at(end + timedelta(days=1), "00:00"))


@pytest.mark.parametrize(("days", "from_noon", "until_noon"), [(0, True, True), (-1, False, False)])
def test_a_leave_of_nothing_is_none(days, from_noon, until_noon):
    with pytest.raises(ValueError, match="end after it begins"):
        leave_span(MONDAY, MONDAY + timedelta(days=days), from_noon=from_noon, until_noon=until_noon)


# --- who stands where ---------------------------------------------------------------------------------------------------

A, B, C = 1, 2, 3


def shift(person=A, stand_in=None, *, start="08:30", end="18:00", pk=1, post=10, day=MONDAY):
    return ShiftFacts(pk, day, post, person, at(day, start), at(day, end), stand_in)


def leave(person, start="00:00", end="23:59", replacement=None, day=MONDAY):
    return Absence(person, at(day, start), at(day, end), replacement)


def shown(pieces):
    return [(piece.person, f"{piece.starts_at.astimezone(UTC):%H%M}") for piece in pieces]


@pytest.mark.parametrize(
    ("this", "absences", "people"),
    [
        (shift(), [], [A]),
        (shift(stand_in=B), [], [A]),
        (shift(), [leave(A)], [None]),
        (shift(stand_in=B), [leave(A)], [B]),
        (shift(stand_in=B), [leave(A, replacement=C)], [C]),
        (shift(stand_in=B), [leave(A), leave(B)], [None]),
        (shift(stand_in=B), [leave(A, replacement=C), leave(C)], [None]),
        (shift(stand_in=B), [leave(B)], [A]),
        (shift(stand_in=B), [leave(A, end="12:00")], [B, A]),
        (shift(stand_in=B), [leave(A, start="12:00")], [A, B]),
        (shift(stand_in=B), [leave(A), leave(B, start="15:00")], [B, None]),
        (shift(), [leave(A, end="08:30")], [A]),
        (shift(), [leave(A, start="18:00")], [A]),
    ],
)
def test_who_stands_at_a_shift(this, absences, people):
    assert [piece.person for piece in pieces_of(this, absences)] == people


moments = st.integers(0, 96).map(lambda n: at(MONDAY, "00:00") + timedelta(minutes=15 * n))
absences_of = st.builds(
    lambda person, one, other, replacement: Absence(person, min(one, other), max(one, other), replacement),
    st.sampled_from((A, B, C)),
    moments,
    moments,
    st.sampled_from((None, B, C)),
)


@given(st.lists(absences_of, max_size=6), st.sampled_from((None, B, C)))
@settings(max_examples=300, deadline=None)
def test_the_pieces_of_a_shift_fill_it_without_hole_or_overlap_and_nobody_away_stands_there(absences, stand_in):
    this = shift(stand_in=stand_in)
    pieces = pieces_of(this, absences)
    assert pieces[0].starts_at == this.starts_at
    assert pieces[-1].ends_at == this.ends_at
    for one, other in pairwise(pieces):
        assert one.ends_at == other.starts_at
        assert one.person != other.person
    step = timedelta(minutes=5)
    moment = this.starts_at
    while moment < this.ends_at:
        (here,) = [piece for piece in pieces if piece.starts_at <= moment < piece.ends_at]
        away = {row.person for row in absences if row.starts_at <= moment < row.ends_at}
        assert here.person is None or here.person not in away
        assert A in away or here.person == A
        moment += step


def test_everybody_expected_is_named_once_with_their_own_hours():
    rows = expected(shift(stand_in=B), [leave(A, end="12:00")])
    assert rows == [
        Expected(1, B, at(MONDAY, "08:30"), at(MONDAY, "12:00")),
        Expected(1, A, at(MONDAY, "12:00"), at(MONDAY, "18:00")),
    ]
    assert expected(shift(), [leave(A)]) == []


def test_people_are_counted_once_and_at_the_weakest_moment():
    pieces = [
        Piece(A, at(MONDAY, "08:30"), at(MONDAY, "17:00")),
        Piece(A, at(MONDAY, "08:30"), at(MONDAY, "18:00")),
        Piece(B, at(MONDAY, "09:30"), at(MONDAY, "18:00")),
        Piece(None, at(MONDAY, "08:30"), at(MONDAY, "18:00")),
    ]
    assert least_people(pieces, at(MONDAY, "08:30"), at(MONDAY, "18:00")) == 1
    assert least_people(pieces, at(MONDAY, "09:30"), at(MONDAY, "18:00")) == 2
    assert least_people(pieces, at(MONDAY, "08:00"), at(MONDAY, "18:00")) == 0
    assert on_site(pieces, MONDAY) == 2
    assert on_site(pieces[:1], MONDAY) == 1
    assert on_site([Piece(A, at(MONDAY, "08:30"), at(MONDAY, "12:00"))], MONDAY) == 0
    assert on_site([], MONDAY) == 0


# --- what is wrong ------------------------------------------------------------------------------------------------------

WORKDAYS = frozenset({"workday"})
OPENING = PostFacts(10, WORKDAYS, time(8, 30), time(17))
CLOSING = PostFacts(20, WORKDAYS, time(9, 30), time(18))
EXTRA = PostFacts(30, frozenset({"extended_saturday"}), time(8, 30), time(13), min_people=2)
HOME = PostFacts(40, WORKDAYS, time(8, 30), time(8, 30), min_people=0, stand_by=True, on_site=False)
POSTS = {row.pk: row for row in (OPENING, CLOSING, EXTRA, HOME)}


def wrong(shifts, absences=(), *, least=2, day=MONDAY, kinds=WORKDAYS, working=True):
    plan = DayPlan(day, kinds, working, tuple(shifts))
    return [
        (row.kind, row.post, row.person, row.have, row.want)
        for row in findings(plan, POSTS, list(absences), min_on_site=least)
    ]


OPENED = shift(A, B, end="17:00", pk=1, post=10)
CLOSED = shift(B, None, start="09:30", pk=2, post=20)


def test_a_day_with_everybody_in_place_has_nothing_wrong():
    assert wrong([OPENED, CLOSED]) == []


def test_too_few_people_and_posts_without_theirs():
    assert wrong([OPENED]) == [(Fault.UNDER, None, None, 1, 2), (Fault.GAP, 20, None, 0, 1)]
    assert wrong([OPENED, CLOSED], least=5) == [(Fault.UNDER, None, None, 2, 5)]
    assert wrong([]) == [(Fault.UNDER, None, None, 0, 2), (Fault.GAP, 10, None, 0, 1), (Fault.GAP, 20, None, 0, 1)]


def test_a_shift_that_leaves_the_post_early_is_a_gap():
    short = shift(A, end="16:00", pk=1, post=10)
    assert (Fault.GAP, 10, None, 0, 1) in wrong([short, CLOSED])


def test_stand_by_people_are_not_in_the_hall_and_not_in_two_places():
    night = shift(A, start="08:30", end="23:59", pk=3, post=40)
    assert wrong([OPENED, CLOSED, night]) == []
    assert wrong([CLOSED, night], least=1) == [(Fault.GAP, 10, None, 0, 1)]


def test_somebody_away_without_a_replacement_is_told_and_one_with_is_counted():
    assert wrong([OPENED, CLOSED], [leave(B)]) == [
        (Fault.UNDER, None, None, 1, 2),
        (Fault.GAP, 20, None, 0, 1),
        (Fault.AWAY, 20, B, 0, 0),
    ]
    stood_in = wrong([OPENED, CLOSED], [leave(A, replacement=C)])
    assert stood_in == []


def test_somebody_in_two_places_at_once_is_told():
    # B stands in at the opening post while closing is theirs: two places, and one person fewer.
    assert wrong([OPENED, CLOSED], [leave(A)]) == [
        (Fault.UNDER, None, None, 1, 2),
        (Fault.DOUBLE, 20, B, 0, 0),
    ]
    after = shift(A, start="17:00", pk=3, post=20)
    assert wrong([OPENED, CLOSED, after]) == []


def test_a_saturday_needs_two_and_no_five():
    first = shift(A, pk=1, post=30, end="13:00", day=SATURDAY)
    other = shift(B, pk=2, post=30, end="13:00", day=SATURDAY)
    saturday = {"day": SATURDAY, "kinds": frozenset({"extended_saturday"}), "working": False}
    assert wrong([first], **saturday) == [(Fault.GAP, 30, None, 1, 2)]
    assert wrong([first, other], **saturday) == []


def test_a_shift_on_a_day_that_needs_none_is_told():
    holiday = {"kinds": frozenset({"holiday"}), "working": False}
    assert wrong([OPENED], **holiday) == [(Fault.NOT_NEEDED, 10, A, 0, 0)]


# --- alarms -------------------------------------------------------------------------------------------------------------

NOON = at(MONDAY, "12:00")


def told(
    found=(), people=(), *, came=frozenset(), tell=frozenset(), is_open=True, now=NOON, planned=NOON - timedelta(days=3)
):
    return alarms(
        found,
        people,
        checked_in=frozenset(came),
        dates={1: MONDAY},
        planned_at={1: planned},
        tell_gaps_of=frozenset(tell),
        today=MONDAY,
        is_open=is_open,
        at=now,
    )


def under(ahead):
    return Finding(Fault.UNDER, MONDAY + timedelta(days=ahead), have=4, want=5)


def gap(ahead, post=10):
    return Finding(Fault.GAP, MONDAY + timedelta(days=ahead), post, have=0, want=1)


@pytest.mark.parametrize(("ahead", "alarmed"), [(-1, False), (0, True), (1, True), (7, True), (8, False)])
def test_too_few_people_alarm_today_and_seven_days_ahead(ahead, alarmed):
    assert bool(told([under(ahead)])) is alarmed


def test_too_few_people_are_told_in_service_time_only():
    assert [row.told for row in told([under(1)])] == [True]
    assert [row.told for row in told([under(1)], is_open=False)] == [False]


@pytest.mark.parametrize(
    ("ahead", "tell", "is_open", "shown", "sent"),
    [
        (1, False, True, True, False),
        (1, True, True, True, True),
        (1, True, False, True, False),
        (0, True, True, True, True),
        (2, False, True, False, False),
        (4, True, True, True, True),
        (-1, False, True, False, False),
    ],
)
def test_a_gap_is_shown_a_day_ahead_and_told_from_its_hour_on(ahead, tell, is_open, shown, sent):
    rows = told([gap(ahead)], tell={MONDAY + timedelta(days=ahead)} if tell else set(), is_open=is_open)
    assert [row.told for row in rows] == ([sent] if shown else [])


@pytest.mark.parametrize(
    ("now", "came", "missed"),
    [
        ("08:44", False, False),
        ("08:45", False, True),
        ("12:00", False, True),
        ("12:00", True, False),
        ("17:59", False, True),
        ("18:00", False, False),
    ],
)
def test_somebody_is_missed_a_quarter_of_an_hour_after_the_beginning(now, came, missed):
    people = expected(shift(), [])
    rows = told(people=people, came={(1, A)} if came else set(), now=at(MONDAY, now))
    assert [(row.kind, row.person) for row in rows] == ([(AlarmKind.MISSING, A)] if missed else [])


def test_nobody_is_missed_at_a_shift_that_was_planned_a_moment_ago():
    people = expected(shift(), [])
    assert told(people=people, planned=at(MONDAY, "11:50"), now=NOON) == []
    assert len(told(people=people, planned=at(MONDAY, "11:45"), now=NOON)) == 1


def test_the_same_cause_has_the_same_key_and_comes_once():
    rows = told([under(1), under(1), gap(1), gap(1, 20)], tell={MONDAY + timedelta(days=1)})
    assert [row.key for row in rows] == ["gap:20240319:10", "gap:20240319:20", "under:20240319"]
    missing = Alarm(AlarmKind.MISSING, MONDAY, True, shift=7, person=9)
    assert missing.key == "missing:7:9"


@pytest.mark.parametrize(
    ("day", "clock"),
    [("2024-03-18", "15:00"), ("2024-03-23", "12:00"), ("2024-03-31", "15:00")],
)
def test_the_hour_at_which_gaps_are_told(day, clock):
    this = date.fromisoformat(day)
    assert gap_told_at(CALENDAR.day(this)) == at(this, clock)


def test_lateness_in_whole_seconds():
    start = datetime(2024, 3, 18, 0, 30, tzinfo=UTC)
    assert late_seconds(start, start - HOUR) == 0
    assert late_seconds(start, start) == 0
    assert late_seconds(start, start + timedelta(seconds=61, microseconds=900_000)) == 61


# --- turns --------------------------------------------------------------------------------------------------------------


def rotation(people=(A, B, C), **given):
    return TurnFacts(post=10, first_day=MONDAY, people=tuple((row, None) for row in people), **given)


def week_of(monday):
    return [monday + timedelta(days=n) for n in range(5)]


def test_a_weekly_turn_passes_with_the_week_and_the_next_one_stands_in():
    days = week_of(MONDAY) + week_of(MONDAY + timedelta(days=7))
    rows = turns(rotation(), days)
    assert [row.person for row in rows] == [A] * 5 + [B] * 5
    assert [row.stand_in for row in rows] == [B] * 5 + [C] * 5


def test_a_daily_turn_passes_with_every_needed_day():
    rows = turns(rotation(weekly=False), week_of(MONDAY))
    assert [row.person for row in rows] == [A, B, C, A, B]


def test_two_at_a_time_both_take_their_turn():
    saturdays = [SATURDAY + timedelta(days=7 * n) for n in range(3)]
    rows = turns(rotation(people=(A, B, C), per_day=2), saturdays)
    assert [(row.person, row.date) for row in rows] == [
        (A, saturdays[0]), (B, saturdays[0]), (C, saturdays[1]), (A, saturdays[1]), (B, saturdays[2]), (C, saturdays[2]),
    ]  # fmt: skip


def test_one_person_alone_has_no_stand_in_unless_named():
    (row,) = turns(rotation(people=(A,)), [MONDAY])
    assert row.stand_in is None
    assert turns(rotation(people=()), [MONDAY]) == []
    (row,) = turns(TurnFacts(10, MONDAY, ((A, C),)), [MONDAY])
    assert row.stand_in == C


def test_a_rotation_does_not_reach_beyond_its_days():
    days = [MONDAY + timedelta(days=n) for n in range(-3, 5)]
    rows = turns(rotation(last_day=MONDAY + timedelta(days=1)), days)
    assert [row.date for row in rows] == days[3:5]


@given(st.integers(1, 5), st.integers(1, 4), st.booleans(), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_whose_turn_it_is_does_not_depend_on_where_the_list_of_days_ends(number, per_day, weekly, cut):
    days = [MONDAY + timedelta(days=n) for n in range(60) if n % 7 < 5]
    facts = rotation(people=tuple(range(1, number + 1)), weekly=weekly, per_day=per_day)
    whole = turns(facts, days)
    part = turns(facts, days[:cut])
    assert whole[: len(part)] == part
    assert all(row.stand_in != row.person for row in whole)
    by_day: dict[date, list[int]] = {}
    for row in whole:
        by_day.setdefault(row.date, []).append(row.person)
    assert all(len(people) == len(set(people)) == min(per_day, number) for people in by_day.values())


TURN = Turn(10, MONDAY, A, B)


@pytest.mark.parametrize(
    ("given_", "verdict"),
    [
        ({}, Verdict.NEW),
        ({"post": None}, Verdict.INACTIVE),
        ({"taken": frozenset({(10, MONDAY, A)})}, Verdict.EXISTS),
        ({"taken": frozenset({(10, MONDAY, B)})}, Verdict.NEW),
        ({"kinds": frozenset({"holiday"})}, Verdict.NOT_NEEDED),
        ({"works": False}, Verdict.LEFT),
        ({"absences": [leave(A)]}, Verdict.NEW),
        ({"absences": [leave(A), leave(B)]}, Verdict.AWAY),
        ({"absences": [leave(A, end="12:00"), leave(B)]}, Verdict.NEW),
    ],
)
def test_what_becomes_of_a_wanted_shift(given_, verdict):
    usual = {"post": OPENING, "kinds": WORKDAYS, "taken": frozenset(), "absences": [], "works": True}
    assert judge(TURN, **(usual | given_)) is verdict


@pytest.mark.parametrize(
    ("working", "stand_by", "hours", "already", "earned"),
    [
        (True, False, 9.5, 0, 0),
        (False, True, 24, 0, 0),
        (False, False, 4.5, 0, 1),
        (False, False, 5, 0, 2),
        (False, False, 8, 0, 2),
        (False, False, 8, 1, 1),
        (False, False, 4.5, 2, 0),
    ],
)
def test_what_a_shift_on_a_day_off_earns(working, stand_by, hours, already, earned):
    length = timedelta(hours=hours)
    assert earned_half_days(working=working, stand_by=stand_by, length=length, already=already) == earned
