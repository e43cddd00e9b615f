"""The demo's roster: five people in turns at the posts of the papers, a few leaves, and who came when."""

import random
from datetime import date, datetime, time, timedelta

from contract.services.calendar import calendar_of
from core import clock
from core.roles import ENGINEER, MANAGER
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source, Visibility
from records.services.audit import audit_write_many
from roster.models import CheckIn, Post, RotationStep
from roster.plan import plan_of
from roster.querysets import balance_of
from roster.rules import CHECK_IN_OPENS, HALVES_A_DAY, late_seconds
from roster.services.check_in import check_in_enter
from roster.services.comp_off import comp_off_earn
from roster.services.leaves import leave_approve, leave_request
from roster.services.rotations import rotation_add
from roster.services.shifts import LONGEST_SPAN, roster_generate
from roster.states import CheckInWay

WEEKS_AHEAD = 4
LATE_SHARE = 0.04
FORGOTTEN_EVERY = 60
"""One check-in of so many was forgotten; the manager entered most of them later."""


def keep_roster(contract: Contract, *, seed: int, until: datetime, weeks: int) -> int:
    """Plan the replayed weeks and four more, and live through them up to `until`. Returns how many people checked in."""
    today = until.astimezone(clock.SHANGHAI).date()
    first = max(contract.starts_on, today - timedelta(days=today.weekday() + 7 * (weeks - 1)))
    last = today + timedelta(days=6 - today.weekday() + 7 * WEEKS_AHEAD)
    manager = people_with_role(contract, MANAGER, on=today)[0]
    engineers = people_with_role(contract, ENGINEER, on=today)
    eve = _at(first - timedelta(days=1), time(17))
    _rotations(contract, engineers, manager, first, eve)
    begin = first
    while begin <= last:
        end = min(last, begin + timedelta(days=LONGEST_SPAN - 1))
        roster_generate(contract=contract, first=begin, last=end, actor=manager, at=eve, source=Source.DEMO)
        begin = end + timedelta(days=1)
    _past_leaves(contract, engineers, manager, first, today)
    came = _attendance(contract, manager, first, today, seed, until)
    comp_off_earn(contract, until)
    _coming_leaves(contract, engineers, manager, today, until)
    return came


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, clock.SHANGHAI)


def _rotations(contract: Contract, engineers: list[User], manager: User, first: date, at: datetime) -> None:
    """附四: three take turns at opening, closing and the monitoring room, the manager leads, the fourth is the flexible one."""
    one, two, three, flex = engineers[:4]
    posts = {post.code: post for post in Post.objects.filter(contract=contract)}
    week, day = RotationStep.WEEK, RotationStep.DAY
    plan: list[tuple[str, list[User], list[User | None], RotationStep, int]] = [
        ("lead", [manager], [one], week, 1),
        ("opening", [one, two, three], [], week, 1),
        ("closing", [two, three, one], [], week, 1),
        ("monitoring", [three, one, two], [], week, 1),
        ("day", [flex], [three], week, 1),
        ("saturday", [one, two, three, flex], [], week, 2),
        ("holiday", [flex, one, two, three], [], day, 1),
        ("standby", [flex, three, two, one], [], week, 1),
    ]
    for code, people, stand_ins, step, per_day in plan:
        rotation_add(
            contract=contract,
            post=posts[code],
            people=people,
            stand_ins=stand_ins,
            first_day=first,
            step=step,
            per_day=per_day,
            actor=manager,
            at=at,
            source=Source.DEMO,
        )


def _leave(
    contract: Contract,
    person: User,
    replacement: User,
    day: date,
    kind: str,
    reason: str,
    *,
    asked_at: datetime,
    approved_by: User | None,
    from_noon: bool = False,
) -> None:
    leave = leave_request(
        contract=contract,
        person=person,
        first_day=day,
        last_day=day,
        from_noon=from_noon,
        kind=kind,
        reason=reason,
        replacement=replacement,
        actor=person,
        at=asked_at,
        source=Source.DEMO,
    )
    if approved_by is not None:
        leave_approve(
            leave=leave,
            version_seen=leave.version,
            replacement=replacement,
            actor=approved_by,
            at=asked_at + timedelta(minutes=40),
            source=Source.DEMO,
        )


def _past_leaves(contract: Contract, engineers: list[User], manager: User, first: date, today: date) -> None:
    calendar = calendar_of(contract)
    one, two, three, flex = engineers[:4]
    for number, person, replacement, kind, reason, from_noon in (
        (8, two, flex, "sick", "发热就医", True),
        (19, three, one, "annual", "家中有事，年假一天", False),
        (31, flex, three, "out", "参加安全培训", False),
    ):
        day = calendar.nth_working_day(first - timedelta(days=1), number)
        if day < today:
            asked_at = _at(calendar.nth_working_day(day, -1), time(15, 20))
            _leave(
                contract,
                person,
                replacement,
                day,
                kind,
                reason,
                asked_at=asked_at,
                approved_by=manager,
                from_noon=from_noon,
            )


def _coming_leaves(contract: Contract, engineers: list[User], manager: User, today: date, until: datetime) -> None:
    """One day off in compensation next week, approved; one leave that still waits for the manager."""
    calendar = calendar_of(contract)
    one, two, _three, flex = engineers[:4]
    day = calendar.nth_working_day(today, 4)
    if balance_of(contract, one) >= HALVES_A_DAY:
        _leave(
            contract,
            one,
            flex,
            day,
            "comp_off",
            "周六延时值班补休",
            asked_at=until - timedelta(hours=20),
            approved_by=manager,
        )
    _leave(
        contract,
        two,
        flex,
        calendar.nth_working_day(today, 9),
        "personal",
        "办理个人证件",
        asked_at=until - timedelta(hours=3),
        approved_by=None,
    )


def _attendance(contract: Contract, manager: User, first: date, today: date, seed: int, until: datetime) -> int:
    """Who came when: mostly a few minutes early, some late; a few forgot the button."""
    plan = plan_of(contract, first, today)
    shifts = {shift.pk: shift for shift in plan.shifts}
    rows, forgotten = [], []
    for index, row in enumerate(plan.expected):
        shift = shifts[row.shift]
        rng = random.Random(f"{seed}:{shift.date}:{row.person}:{plan.posts[shift.post_id].code}")
        late = rng.random() < LATE_SHARE
        seconds = rng.randint(70, 11 * 60) if late else -rng.randint(60, int(CHECK_IN_OPENS.total_seconds()) - 300)
        at = row.starts_at + timedelta(seconds=seconds)
        if at > until:
            continue
        if index % FORGOTTEN_EVERY == FORGOTTEN_EVERY - 1 and shift.date < today:
            forgotten.append((shift, plan.staff[row.person], row.starts_at))
            continue
        rows.append(
            CheckIn(
                contract=contract,
                shift=shift,
                person=plan.staff[row.person],
                at=at,
                way=CheckInWay.PHONE if rng.random() < 0.85 else CheckInWay.PAGE,
                late_seconds=late_seconds(row.starts_at, at),
                recorded_at=at,
            )
        )
    CheckIn.objects.bulk_create(rows)
    audit_write_many(
        {
            "contract": contract,
            "subject": row.shift,
            "verb": "check_in",
            "actor": row.person,
            "at": row.at,
            "source": Source.DEMO,
            "after": {"person": row.person, "at": row.at, "way": row.way, "late_seconds": row.late_seconds},
            "visibility": Visibility.INTERNAL,
        }
        for row in rows
    )
    for shift, person, starts_at in forgotten[:-1]:
        check_in_enter(
            shift=shift,
            person=person,
            came_at=starts_at,
            reason="忘记签到，监控可证到岗",
            actor=manager,
            at=starts_at + timedelta(hours=5),
            source=Source.DEMO,
        )
    return len(rows)
