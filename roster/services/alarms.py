"""Alarms of the roster: too few people, posts without theirs, people who have not come. Shown at once, told at sensible hours."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop

from core import roles
from notifications.models import Message
from notifications.services.outbox import Draft, messages_post
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source
from roster.plan import Plan, local_day, monday_of, plan_of
from roster.rules import DAYS_AHEAD, Alarm, AlarmKind, alarms, gap_told_at

TOPIC = "roster"
TEXTS = {
    AlarmKind.UNDER: (
        gettext_noop("Too few people on %(date)s"),
        gettext_noop("%(have)s of %(want)s people are planned. Please complete the roster."),
    ),
    AlarmKind.GAP: (
        gettext_noop("Posts without people on %(date)s"),
        gettext_noop("Nobody, or too few, at: %(posts)s. Please complete the roster."),
    ),
    AlarmKind.MISSING: (
        gettext_noop("%(name)s has not checked in"),
        gettext_noop("%(post)s began at %(starts_at)s."),
    ),
}


@dataclass(frozen=True)
class Watch:
    """What is wrong now, with the plan that it was read from."""

    plan: Plan
    alarms: list[Alarm]


def alarms_of(contract: Contract, at: datetime) -> Watch | None:
    """The alarms of an instant; None while the contract keeps no roster. A constant number of statements."""
    today = local_day(at)
    plan = plan_of(contract, today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD))
    if plan.kept_since is None:
        return None
    after = plan.calendar.service_day_after(today)
    if after > plan.last:
        # Before a long closure its days are told on the last service day before it.
        plan = plan_of(contract, plan.first, after)
    rows = alarms(
        plan.findings,
        plan.expected,
        checked_in=frozenset((row.shift_id, row.person_id) for row in plan.check_ins),
        dates={shift.pk: shift.date for shift in plan.shifts},
        planned_at={shift.pk: shift.planned_at for shift in plan.shifts},
        tell_gaps_of=_due_days(plan, today, at),
        today=today,
        is_open=plan.calendar.is_open(at),
        at=at,
    )
    return Watch(plan, rows)


def _due_days(plan: Plan, today: date, at: datetime) -> frozenset[date]:
    """The days, from today on, whose gaps may be told by now."""
    days = [day.date for day in plan.days if day.date >= today]
    return frozenset(day for day in days if gap_told_at(plan.calendar.day(plan.calendar.service_day_before(day))) <= at)


@transaction.atomic
def alarms_post(contract: Contract, at: datetime) -> int:
    """Tell the manager what it is time to tell, each thing once; returns how many messages are new.

    Somebody who has not come is told too. Safe to repeat: a message's origin is unique; when two do this at the same
    moment, the later one fails with IntegrityError and keeps nothing.
    """
    watch = alarms_of(contract, at)
    if watch is None:
        return 0
    managers = people_with_role(contract, roles.MANAGER, on=local_day(at))
    drafts = [draft for draft in _drafts(watch, managers, at) if draft.recipients]
    known = set(Message.objects.filter(origin__in=[draft.origin for draft in drafts]).values_list("origin", flat=True))
    return len(messages_post([draft for draft in drafts if draft.origin not in known]))


def _drafts(watch: Watch, managers: list[User], at: datetime) -> list[Draft]:
    plan = watch.plan
    found: list[Draft] = []
    gaps: dict[date, list[Alarm]] = {}
    for alarm in watch.alarms:
        if not alarm.told:
            continue
        if alarm.kind is AlarmKind.GAP:
            gaps.setdefault(alarm.date, []).append(alarm)
        elif alarm.kind is AlarmKind.UNDER:
            params = {"date": alarm.date.isoformat(), "have": alarm.have, "want": alarm.want}
            found.append(_draft(plan, alarm.kind, alarm.key, managers, params, alarm.date, at))
        elif alarm.person is not None and alarm.shift is not None:
            person = plan.staff[alarm.person]
            shift = next(row for row in plan.shifts if row.pk == alarm.shift)
            params = {"name": person.name, "post": plan.posts[shift.post_id].name, "starts_at": alarm.since}
            people = [*managers, person]
            found.append(_draft(plan, alarm.kind, alarm.key, people, params, alarm.date, at))
    for day, rows in gaps.items():
        posts = [plan.posts[row.post].name for row in rows if row.post is not None]
        # Another gap on the same day is another message: the posts are part of its name.
        mark = crc32(",".join(sorted(str(row.post) for row in rows)).encode())
        params = {"date": day.isoformat(), "posts": "、".join(posts)}
        found.append(_draft(plan, AlarmKind.GAP, f"gap:{day:%Y%m%d}:{mark:08x}", managers, params, day, at))
    return found


def _draft(
    plan: Plan, kind: AlarmKind, key: str, people: list[User], params: dict[str, Any], day: date, at: datetime
) -> Draft:
    title, body = TEXTS[kind]
    page = reverse("roster:attendance") if kind is AlarmKind.MISSING else reverse("roster:week")
    query = f"day={day}" if kind is AlarmKind.MISSING else f"week={monday_of(day)}"
    return Draft(
        contract=plan.contract,
        topic=TOPIC,
        recipients=people,
        title=title,
        body=body,
        params=params,
        url=f"{page}?{query}",
        at=at,
        source=Source.TASK,
        origin=f"roster:{plan.contract.pk}:{key}",
    )
