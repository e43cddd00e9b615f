"""A span of the roster as one value: read in a constant number of statements, judged by the rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db.models import Min

from contract.rules.calendar import Day, ServiceCalendar
from contract.services.calendar import calendar_of
from contract.services.terms import term
from core import clock, roles
from parties.models import Contract, Membership, User
from roster.models import CheckIn, Leave, Post, Shift
from roster.rules import (
    Absence,
    DayPlan,
    Expected,
    Finding,
    Piece,
    PostFacts,
    ShiftFacts,
    expected,
    findings,
    pieces_of,
    roster_days,
)
from roster.states import LeaveStatus, ShiftStatus


@dataclass
class Plan:
    """Everything that the roster says about the days from `first` to `last`, both included."""

    contract: Contract
    calendar: ServiceCalendar
    first: date
    last: date
    kinds: dict[date, frozenset[str]]
    posts: dict[int, Post]
    shifts: list[Shift]
    leaves: list[Leave]
    check_ins: list[CheckIn]
    members: list[Membership]
    min_on_site: int
    kept_since: date | None
    """The day of the contract's first planned shift; None while it keeps no roster."""

    @property
    def days(self) -> list[Day]:
        """The days of the span."""
        return list(self.calendar.days(self.first, self.last))

    @cached_property
    def facts(self) -> dict[int, PostFacts]:
        """The posts as the rules see them; one that is out of use is needed on no day."""
        return {post.pk: post_facts(post) for post in self.posts.values()}

    @cached_property
    def absences(self) -> list[Absence]:
        """The approved leaves as the rules see them."""
        return [absence_of(leave) for leave in self.leaves if leave.status == LeaveStatus.APPROVED]

    @cached_property
    def staff(self) -> dict[int, User]:
        """Everybody who may stand in the roster within the span, with the people of its shifts, in order of their accounts."""
        people = {row.user_id: row.user for row in self.members}
        for shift in self.shifts:
            people.setdefault(shift.person_id, shift.person)
            if shift.stand_in is not None:
                people.setdefault(shift.stand_in.pk, shift.stand_in)
        for leave in self.leaves:
            people.setdefault(leave.person_id, leave.person)
            if leave.replacement is not None:
                people.setdefault(leave.replacement.pk, leave.replacement)
        return people

    @cached_property
    def pieces(self) -> dict[int, list[Piece]]:
        """Who stands at each shift when."""
        return {shift.pk: pieces_of(shift_facts(shift), self.absences) for shift in self.shifts}

    @cached_property
    def expected(self) -> list[Expected]:
        """Everybody who has to come, to which shift and when; stand-by people stay at home."""
        return [
            row
            for shift in self.shifts
            if not self.posts[shift.post_id].is_stand_by
            for row in expected(shift_facts(shift), self.absences)
        ]

    @cached_property
    def taken(self) -> frozenset[tuple[int, date, int]]:
        """Post, day and person of every planned shift."""
        return frozenset((row.post_id, row.date, row.person_id) for row in self.shifts)

    @cached_property
    def findings(self) -> list[Finding]:
        """What is wrong with the days of the span, day by day."""
        by_day: dict[date, list[ShiftFacts]] = {}
        for shift in self.shifts:
            by_day.setdefault(shift.date, []).append(shift_facts(shift))
        found: list[Finding] = []
        for day in self.days:
            if not self.is_watched(day.date):
                continue
            plan = DayPlan(day.date, self.kinds[day.date], day.working, tuple(by_day.get(day.date, ())))
            found += findings(plan, self.facts, self.absences, min_on_site=self.min_on_site)
        return found

    def is_watched(self, day: date) -> bool:
        """Whether a day has to be manned at all: within the contract's term, and from its first planned shift on."""
        return self.kept_since is not None and self.kept_since <= day and self.contract.in_force_on(day)

    def works_on(self, person: int, day: date) -> bool:
        """Whether somebody is of the contract's staff on a day."""
        return any(
            row.user_id == person
            and (row.valid_from is None or row.valid_from <= day)
            and (row.valid_to is None or row.valid_to >= day)
            for row in self.members
        )


def plan_of(contract: Contract, first: date, last: date) -> Plan:
    """The roster of some days, read in eight statements whatever they hold. Raises Invalid when the contract has no calendar."""
    calendar = calendar_of(contract)
    begin, end = midnight(first), midnight(last + timedelta(days=2))
    posts = {post.pk: post for post in Post.objects.filter(contract=contract)}
    shifts = list(
        Shift.objects.filter(contract=contract, status=ShiftStatus.PLANNED, date__range=(first, last))
        .select_related("person", "stand_in")
        .order_by("date", "starts_at", "post__position", "pk")
    )
    leaves = list(
        Leave.objects.filter(
            contract=contract,
            status__in=(LeaveStatus.APPROVED, LeaveStatus.REQUESTED),
            starts_at__lt=end,
            ends_at__gt=begin,
        )
        .select_related("person", "replacement")
        .order_by("starts_at", "pk")
    )
    check_ins = list(
        CheckIn.objects.filter(contract=contract, shift__date__range=(first, last))
        .select_related("person", "entered_by")
        .order_by("at")
    )
    members = list(
        Membership.objects.filter(contract=contract, role__in=roles.STAFF_ROLES, is_active=True, user__is_active=True)
        .select_related("user")
        .order_by("user_id")
    )
    return Plan(
        contract=contract,
        calendar=calendar,
        first=first,
        last=last,
        kinds=roster_days(calendar, first, last),
        posts=posts,
        shifts=shifts,
        leaves=leaves,
        check_ins=check_ins,
        members=[row for row in members if _works_within(row, first, last)],
        min_on_site=int(term(contract, "min_on_site", last)),
        kept_since=Shift.objects.filter(contract=contract).aggregate(first=Min("date"))["first"],
    )


def midnight(day: date) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(day, time(), clock.SHANGHAI)


def local_day(at: datetime) -> date:
    """The local day of an instant."""
    return at.astimezone(clock.SHANGHAI).date()


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def post_facts(post: Post) -> PostFacts:
    """A post as the rules see it."""
    return PostFacts(
        pk=post.pk,
        day_kinds=frozenset(post.day_kinds) if post.is_active else frozenset(),
        starts=post.starts,
        ends=post.ends,
        min_people=post.min_people,
        stand_by=post.is_stand_by,
        on_site=post.counts_on_site,
    )


def shift_facts(shift: Shift) -> ShiftFacts:
    """A shift as the rules see it."""
    return ShiftFacts(
        pk=shift.pk,
        date=shift.date,
        post=shift.post_id,
        person=shift.person_id,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        stand_in=shift.stand_in_id,
    )


def absence_of(leave: Leave) -> Absence:
    """A leave as the rules see it."""
    return Absence(leave.person_id, leave.starts_at, leave.ends_at, leave.replacement_id)


def approved_absences(contract: Contract, people: Iterable[int], begin: datetime, end: datetime) -> list[Absence]:
    """The approved leaves of some people that touch a span; one statement."""
    rows = Leave.objects.filter(
        contract=contract,
        status=LeaveStatus.APPROVED,
        person__in=list(people),
        starts_at__lt=end,
        ends_at__gt=begin,
    )
    return [absence_of(row) for row in rows]


def _works_within(row: Membership, first: date, last: date) -> bool:
    return (row.valid_from is None or row.valid_from <= last) and (row.valid_to is None or row.valid_to >= first)
