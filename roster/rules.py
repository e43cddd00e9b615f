"""What the roster decides: who stands where, what is missing, whose turn it is, what is earned. Values in, values out."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from contract.rules.calendar import Day, DayKind, ServiceCalendar

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
NOON: Final = dt.time(12)
ONE_DAY: Final = dt.timedelta(days=1)

CHECK_IN_OPENS: Final = dt.timedelta(minutes=30)
"""So long before a shift its people may check in."""
MISSED_AFTER: Final = dt.timedelta(minutes=15)
"""So long after a shift began, somebody who has not checked in is missed."""
DAYS_AHEAD: Final = 7
"""So many days after today are watched for too few people."""
GAP_TOLD_AT: Final = dt.time(15)
"""When the gaps of the next day are told, on the service day before."""
GAP_TOLD_BEFORE_CLOSING: Final = dt.timedelta(hours=1)
"""On a day that closes early they are told this long before closing."""
WHOLE_DAY: Final = dt.timedelta(hours=5)
"""A shift on a day off that is at least this long earns a day, a shorter one half a day."""
HALVES_A_DAY: Final = 2


class RosterDay(StrEnum):
    """The kinds of day that a post may be needed on; a day may be of several."""

    WORKDAY = "workday"
    MAKEUP_WORKDAY = "makeup_workday"
    EXTENDED_SATURDAY = "extended_saturday"
    LAST_HOLIDAY_DAY = "last_holiday_day"
    HOLIDAY = "holiday"
    EVENT = "event"
    CLOSED = "closed"


@dataclass(frozen=True)
class PostFacts:
    """A post as the rules see it."""

    pk: int
    day_kinds: frozenset[str]
    starts: dt.time
    ends: dt.time
    min_people: int = 1
    stand_by: bool = False
    on_site: bool = True


@dataclass(frozen=True)
class ShiftFacts:
    """A planned shift as the rules see it; people are numbers."""

    pk: int
    date: dt.date
    post: int
    person: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    stand_in: int | None = None


@dataclass(frozen=True)
class Absence:
    """An approved leave as the rules see it."""

    person: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    replacement: int | None = None


@dataclass(frozen=True)
class Piece:
    """A part of a shift with who stands there; None: nobody does."""

    person: int | None
    starts_at: dt.datetime
    ends_at: dt.datetime


# --- days ---------------------------------------------------------------------------------------------------------------


def kinds_of(day: Day, *, ends_closure: bool = False) -> frozenset[str]:
    """What a day of the service calendar is to the roster. `ends_closure`: it is the last day of a holiday closure (附二.10-3))."""
    kinds = set()
    if day.kind is DayKind.MAJOR_EVENT:
        kinds.add(RosterDay.EVENT)
        if day.working:
            kinds.add(RosterDay.WORKDAY)
    elif day.kind is DayKind.STATUTORY_HOLIDAY:
        kinds.add(RosterDay.HOLIDAY)
    elif day.kind in (DayKind.WORKDAY, DayKind.MAKEUP_WORKDAY, DayKind.EXTENDED_SATURDAY):
        kinds.add(RosterDay(day.kind.value))
    else:
        kinds.add(RosterDay.CLOSED)
    if ends_closure:
        kinds.add(RosterDay.LAST_HOLIDAY_DAY)
    return frozenset(kind.value for kind in kinds)


def roster_days(calendar: ServiceCalendar, first: dt.date, last: dt.date) -> dict[dt.date, frozenset[str]]:
    """Every day from `first` to `last`, both included, with what it is to the roster."""
    ends = {closure.last_day for closure in calendar.closures(first, last)} if first <= last else set()
    return {day.date: kinds_of(day, ends_closure=day.date in ends) for day in calendar.days(first, last)}


def needed(post: PostFacts, kinds: frozenset[str]) -> bool:
    """Whether a post is manned on such a day."""
    return bool(post.day_kinds & kinds)


def shift_span(day: dt.date, starts: dt.time, ends: dt.time) -> tuple[dt.datetime, dt.datetime]:
    """The instants (UTC) of a shift by the hall's clock; one that ends at or before its start ends on the next day."""
    last = day if ends > starts else day + ONE_DAY
    return _instant(day, starts), _instant(last, ends)


def _instant(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, SHANGHAI).astimezone(dt.UTC)


# --- leaves -------------------------------------------------------------------------------------------------------------


def leave_span(
    first_day: dt.date, last_day: dt.date, *, from_noon: bool, until_noon: bool
) -> tuple[dt.datetime, dt.datetime]:
    """The instants (UTC) of a leave in half days. Raises ValueError when nothing of it is left."""
    start = _instant(first_day, NOON if from_noon else dt.time())
    end = _instant(last_day, NOON) if until_noon else _instant(last_day + ONE_DAY, dt.time())
    if end <= start:
        raise ValueError("A leave must end after it begins")
    return start, end


def leave_half_days(
    is_working_day: Callable[[dt.date], bool],
    first_day: dt.date,
    last_day: dt.date,
    *,
    from_noon: bool,
    until_noon: bool,
) -> int:
    """How many half working days a leave costs."""
    days = (last_day - first_day).days + 1
    halves = sum(HALVES_A_DAY for n in range(days) if is_working_day(first_day + dt.timedelta(days=n)))
    halves -= from_noon and is_working_day(first_day)
    halves -= until_noon and is_working_day(last_day)
    return halves


# --- who stands where ---------------------------------------------------------------------------------------------------


def pieces_of(shift: ShiftFacts, absences: Iterable[Absence]) -> list[Piece]:
    """A shift cut by the leaves of its person: who stands there when, in order, without overlap and without a hole.

    Somebody away is replaced by whom the leave names, else by the shift's stand-in; a replacement who is away too replaces nobody.
    """
    away = list(absences)
    marks = {shift.starts_at, shift.ends_at}
    for absence in away:
        marks |= {mark for mark in (absence.starts_at, absence.ends_at) if shift.starts_at < mark < shift.ends_at}
    edges = sorted(marks)
    found: list[Piece] = []
    for start, end in pairwise(edges):
        person = _standing(shift, away, start)
        if found and found[-1].person == person:
            found[-1] = Piece(person, found[-1].starts_at, end)
        else:
            found.append(Piece(person, start, end))
    return found


def _standing(shift: ShiftFacts, away: Sequence[Absence], at: dt.datetime) -> int | None:
    def leaves(person: int) -> list[Absence]:
        return [row for row in away if row.person == person and row.starts_at <= at < row.ends_at]

    own = leaves(shift.person)
    if not own:
        return shift.person
    other = next((row.replacement for row in own if row.replacement is not None), shift.stand_in)
    return None if other is None or leaves(other) else other


@dataclass(frozen=True)
class Expected:
    """Somebody who has to come to a shift, from when until when."""

    shift: int
    person: int
    starts_at: dt.datetime
    ends_at: dt.datetime


def expected(shift: ShiftFacts, absences: Iterable[Absence]) -> list[Expected]:
    """Who has to come to a shift: its person, and whoever takes over for a part; each once."""
    found: dict[int, Expected] = {}
    for piece in pieces_of(shift, absences):
        if piece.person is None:
            continue
        before = found.get(piece.person)
        starts_at = before.starts_at if before else piece.starts_at
        found[piece.person] = Expected(shift.pk, piece.person, starts_at, piece.ends_at)
    return list(found.values())


def least_people(pieces: Iterable[Piece], start: dt.datetime, end: dt.datetime) -> int:
    """The smallest number of different people who stand there at any instant from `start` to before `end`."""
    rows = [piece for piece in pieces if piece.person is not None]
    edges = {start} | {mark for row in rows for mark in (row.starts_at, row.ends_at) if start < mark < end}
    return min(len({row.person for row in rows if row.starts_at <= mark < row.ends_at}) for mark in edges)


def on_site(pieces: Iterable[Piece], day: dt.date) -> int:
    """How many different people are in the hall on a day: the smaller number of its morning and its afternoon (五.2(2))."""
    rows = [piece for piece in pieces if piece.person is not None]
    noon = _instant(day, NOON)
    halves = ((_instant(day, dt.time()), noon), (noon, _instant(day + ONE_DAY, dt.time())))
    return min(
        len({row.person for row in rows if row.starts_at < end and row.ends_at > start}) for start, end in halves
    )


# --- what is wrong with a day -------------------------------------------------------------------------------------------


class Fault(StrEnum):
    """What may be wrong with a planned day."""

    UNDER = "under"
    GAP = "gap"
    AWAY = "away"
    DOUBLE = "double"
    NOT_NEEDED = "not_needed"


ALARMING: Final = frozenset({Fault.UNDER, Fault.GAP, Fault.AWAY})


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a day: at which post, with whom, how many there are and how many are wanted."""

    kind: Fault
    date: dt.date
    post: int | None = None
    person: int | None = None
    shift: int | None = None
    have: int = 0
    want: int = 0


@dataclass(frozen=True)
class DayPlan:
    """Everything that is planned for one day."""

    date: dt.date
    kinds: frozenset[str]
    working: bool
    shifts: tuple[ShiftFacts, ...]


def findings(
    plan: DayPlan, posts: Mapping[int, PostFacts], absences: Sequence[Absence], *, min_on_site: int
) -> list[Finding]:
    """Everything that is wrong with one day, the gravest first: too few people, posts without theirs, people who are away without
    anybody taking over, people in two places at once, and shifts on a day on which their post is not needed."""
    pieces = {shift.pk: pieces_of(shift, absences) for shift in plan.shifts}
    found: list[Finding] = []
    if plan.working:
        here = [row for shift in plan.shifts if posts[shift.post].on_site for row in pieces[shift.pk]]
        present = on_site(here, plan.date)
        if present < min_on_site:
            found.append(Finding(Fault.UNDER, plan.date, have=present, want=min_on_site))
    for post in posts.values():
        if not needed(post, plan.kinds):
            found += [
                Finding(Fault.NOT_NEEDED, plan.date, post.pk, shift.person, shift.pk)
                for shift in plan.shifts
                if shift.post == post.pk
            ]
        elif post.min_people:
            start, end = shift_span(plan.date, post.starts, post.ends)
            rows = [row for shift in plan.shifts if shift.post == post.pk for row in pieces[shift.pk]]
            have = least_people(rows, start, end)
            if have < post.min_people:
                found.append(Finding(Fault.GAP, plan.date, post.pk, have=have, want=post.min_people))
    for shift in plan.shifts:
        if any(row.person is None for row in pieces[shift.pk]):
            found.append(Finding(Fault.AWAY, plan.date, shift.post, shift.person, shift.pk))
    found += _doubles(plan, posts, pieces)
    order = list(Fault)
    return sorted(found, key=lambda row: order.index(row.kind))


def _doubles(plan: DayPlan, posts: Mapping[int, PostFacts], pieces: Mapping[int, list[Piece]]) -> list[Finding]:
    """People who stand at two posts at the same instant; stand-by is no place."""
    rows = [
        (row, shift)
        for shift in plan.shifts
        if not posts[shift.post].stand_by
        for row in pieces[shift.pk]
        if row.person is not None
    ]
    found: dict[int, Finding] = {}
    for index, (one, shift) in enumerate(rows):
        for other, other_shift in rows[index + 1 :]:
            meet = one.starts_at < other.ends_at and other.starts_at < one.ends_at
            if one.person == other.person and shift.pk != other_shift.pk and meet and one.person is not None:
                found.setdefault(
                    one.person, Finding(Fault.DOUBLE, plan.date, other_shift.post, one.person, other_shift.pk)
                )
    return list(found.values())


# --- alarms -------------------------------------------------------------------------------------------------------------


class AlarmKind(StrEnum):
    """What the manager is told of."""

    UNDER = "under"
    GAP = "gap"
    MISSING = "missing"


@dataclass(frozen=True)
class Alarm:
    """One alarm: of which day, at which post or shift, with whom. `told` is whether it is time to send it, not only to show it."""

    kind: AlarmKind
    date: dt.date
    told: bool
    post: int | None = None
    shift: int | None = None
    person: int | None = None
    since: dt.datetime | None = None
    have: int = 0
    want: int = 0

    @property
    def key(self) -> str:
        """What makes it the same alarm: no cause speaks twice."""
        if self.kind is AlarmKind.MISSING:
            return f"missing:{self.shift}:{self.person}"
        return f"{self.kind.value}:{self.date:%Y%m%d}" + (f":{self.post}" if self.post is not None else "")


def alarms(
    found: Iterable[Finding],
    people: Iterable[Expected],
    *,
    checked_in: frozenset[tuple[int, int]],
    dates: Mapping[int, dt.date],
    planned_at: Mapping[int, dt.datetime],
    tell_gaps_of: frozenset[dt.date],
    today: dt.date,
    is_open: bool,
    at: dt.datetime,
) -> list[Alarm]:
    """What the manager has to know now (五.2(2), 附四).

    Fewer people than promised today or within the next days; a post without its people tomorrow or on any day whose hour to
    tell has come (`tell_gaps_of`); somebody expected who has not checked in a quarter of an hour after the beginning.
    `people` are those expected at shifts, `dates` the day of each shift and `planned_at` when it was planned (nobody is
    late for what they could not know), `checked_in` pairs of shift and person. Only `told` ones are sent: in service time,
    gaps from their hour on, and a missing person while the shift runs.
    """
    rows: dict[str, Alarm] = {}
    last = today + dt.timedelta(days=DAYS_AHEAD)
    for finding in found:
        alarm = None
        if finding.kind is Fault.UNDER and today <= finding.date <= last:
            alarm = Alarm(AlarmKind.UNDER, finding.date, is_open, have=finding.have, want=finding.want)
        elif finding.kind is Fault.GAP and (finding.date in tell_gaps_of or today <= finding.date <= today + ONE_DAY):
            told = finding.date in tell_gaps_of and is_open
            alarm = Alarm(AlarmKind.GAP, finding.date, told, finding.post, have=finding.have, want=finding.want)
        if alarm is not None:
            rows.setdefault(alarm.key, alarm)
    for row in people:
        known = max(row.starts_at, planned_at[row.shift])
        if known + MISSED_AFTER <= at < row.ends_at and (row.shift, row.person) not in checked_in:
            alarm = Alarm(
                AlarmKind.MISSING, dates[row.shift], True, shift=row.shift, person=row.person, since=row.starts_at
            )
            rows.setdefault(alarm.key, alarm)
    order = list(AlarmKind)
    return sorted(rows.values(), key=lambda alarm: (-order.index(alarm.kind), alarm.date))


def gap_told_at(before: Day) -> dt.datetime:
    """When the next day's gaps are told on the service day before: in the afternoon, or an hour before it closes (UTC)."""
    usual = _instant(before.date, GAP_TOLD_AT)
    if not before.windows:
        return usual
    midnight = _instant(before.date, dt.time())
    closing = midnight + dt.timedelta(seconds=before.windows[-1].end)
    return min(usual, closing - GAP_TOLD_BEFORE_CLOSING)


def late_seconds(expected_from: dt.datetime, at: dt.datetime) -> int:
    """How late somebody came, in whole seconds; 0 when in time."""
    return max(0, int((at - expected_from).total_seconds()))


# --- turns --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TurnFacts:
    """A rotation as the rules see it: people in order, each with a stand-in of their own or None."""

    post: int
    first_day: dt.date
    people: tuple[tuple[int, int | None], ...]
    weekly: bool = True
    per_day: int = 1
    last_day: dt.date | None = None


@dataclass(frozen=True)
class Turn:
    """One shift that a rotation asks for."""

    post: int
    date: dt.date
    person: int
    stand_in: int | None


def turns(rotation: TurnFacts, days: Sequence[dt.date]) -> list[Turn]:
    """Whose turn it is on each day on which the post is needed. `days` are those days from the rotation's first day on, in order;
    the turn passes on every ISO week, or with every one of these days. Without a stand-in of their own, the next one in the order
    stands in, where that is somebody else."""
    found: list[Turn] = []
    number = len(rotation.people)
    if not number:
        return found
    at_a_time = min(rotation.per_day, number)
    first_monday = _monday(rotation.first_day)
    index = -1
    for day in days:
        if day < rotation.first_day or (rotation.last_day is not None and day > rotation.last_day):
            continue
        index += 1
        turn = (_monday(day) - first_monday).days // 7 if rotation.weekly else index
        for place in range(at_a_time):
            here = (turn * at_a_time + place) % number
            person, stand_in = rotation.people[here]
            if stand_in is None:
                following = rotation.people[(turn * at_a_time + at_a_time) % number][0]
                stand_in = following if following != person else None
            found.append(Turn(rotation.post, day, person, stand_in))
    return found


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


class Verdict(StrEnum):
    """What becomes of a shift that is copied or generated."""

    NEW = "new"
    EXISTS = "exists"
    NOT_NEEDED = "not_needed"
    AWAY = "away"
    LEFT = "left"
    INACTIVE = "inactive"


def judge(
    turn: Turn,
    *,
    post: PostFacts | None,
    kinds: frozenset[str],
    taken: frozenset[tuple[int, dt.date, int]],
    absences: Sequence[Absence],
    works: bool,
) -> Verdict:
    """Whether a wanted shift is planned. `taken` are (post, day, person) that are planned already, `works` whether the person still
    works in the contract on that day; `post` is None when it is no longer in use."""
    if post is None:
        return Verdict.INACTIVE
    if (turn.post, turn.date, turn.person) in taken:
        return Verdict.EXISTS
    if not needed(post, kinds):
        return Verdict.NOT_NEEDED
    if not works:
        return Verdict.LEFT
    start, end = shift_span(turn.date, post.starts, post.ends)
    shift = ShiftFacts(0, turn.date, turn.post, turn.person, start, end, turn.stand_in)
    if all(piece.person is None for piece in pieces_of(shift, absences)):
        return Verdict.AWAY
    return Verdict.NEW


# --- compensatory days --------------------------------------------------------------------------------------------------


def earned_half_days(*, working: bool, stand_by: bool, length: dt.timedelta, already: int) -> int:
    """Half days that a worked shift earns: on a day off a whole day, or half of one for a short shift (附四, 附二.10).

    Nobody earns more than one day a date; `already` are the half days that the person has earned for it.
    """
    if working or stand_by:
        return 0
    worth = HALVES_A_DAY if length >= WHOLE_DAY else 1
    return max(0, min(worth, HALVES_A_DAY - already))
