"""Twelve weeks of tickets, lived through again: every act goes through its service with the instant at which it happened.

The plan of one ticket depends only on seed and date, not on the hour of the start; what would lie after `until` is not replayed,
so a demo loaded at noon is the morning's demo and a little more.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache

from contract.rules.calendar import OpenWindow, ServiceCalendar
from contract.services.calendar import calendar_of
from core import clock
from devices.models import Device, Place
from guarantee.demo.cases import BREACH_REASONS, CASES, DISSATISFIED, RETURNED, Case
from guarantee.demo.tickets_flow import (
    causes_by_work,
    check,
    come,
    day_in_every_state,
    first_opening,
    put_away,
    ring,
    while_working,
)
from guarantee.demo.tickets_repair import Story, bring_back, judge, repair
from guarantee.demo.tickets_signing import sign_on_paper
from notifications.querysets import inbox_of
from notifications.services.delivery import deliver_due, mark_read
from parties.models import Contract, Membership, User
from records.models import Purpose, Source, Way
from records.services.documents import document_of, sitting_of
from records.services.drawing import Stroke, drawn
from records.services.links import sign_link_issue
from records.services.signatures import Seen, signature_give
from sla.services.firing import replay_due
from tickets.models import CauseCode, Ticket
from tickets.services.explain_breach import ticket_explain_breach
from tickets.services.reopen import ticket_reopen
from tickets.services.report import ticket_report
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond
from tickets.services.send_back import ticket_send_back
from tickets.states import TicketStatus

WEEKS = 12
RATED_SHARE = 0.28
REOPENED = 0.02
BREACH_EVERY, LATE_FIX_EVERY = 45, 26
WEB, PHONE, WALK_IN, CHAT = "web", "phone", "walk_in", "chat"


@dataclass(frozen=True)
class Plan:
    """What will happen to one ticket. Delays are seconds of service time, each counted from the step before."""

    case: Case
    rng_key: str
    received_at: datetime
    channel: str
    respond_after: int
    arrive_after: int
    resolve_after: int
    sign_after: int
    sign_way: str
    signed: bool
    returned: str
    rating: int | None
    comment: str


@dataclass(frozen=True)
class Cast:
    """Who plays."""

    clerks: list[Membership]
    engineers: list[User]
    manager: User
    devices: dict[str, list[Device]]
    places: dict[str, Place]
    categories: dict[str, int]
    causes: dict[int | None, list[CauseCode]]


def replay_tickets(contract: Contract, *, seed: int, until: datetime, weeks: int) -> int:
    """Replay the tickets of the weeks that end with `until`'s day, up to that instant. Returns how many tickets were made."""
    calendar = calendar_of(contract)
    cast = _cast(contract)
    last_day = until.astimezone(clock.SHANGHAI).date()
    first_day = max(contract.starts_on, last_day - timedelta(days=last_day.weekday() + 7 * (weeks - 1)))
    count = Ticket.objects.filter(contract=contract).count()
    opening = next(
        filter(None, (first_opening(calendar, day) for day in reversed(list(_days(first_day, last_day))))), None
    )
    for plan in plans(calendar, seed=seed, first_day=first_day, last_day=last_day):
        if opening is not None and plan.received_at > opening:
            _begin_last_day(contract, cast, opening, until)
            opening = None
        if plan.received_at <= until:
            _play(contract, calendar, cast, plan, until)
    ring(Ticket.objects.filter(contract=contract).values("pk"), until)
    count = Ticket.objects.filter(contract=contract).count() - count
    _tidy_inboxes(contract, until)
    return count


def _begin_last_day(contract: Contract, cast: Cast, opening: datetime, until: datetime) -> None:
    """Before the day's other requests come in, so that their numbers are the same at every hour of the start."""
    windows = [device for code in sorted(cast.devices) for device in cast.devices[code] if device.window is None]
    day_in_every_state(
        contract,
        clerks=cast.clerks,
        engineers=cast.engineers,
        manager=cast.manager,
        devices=windows,
        start=opening,
        until=until,
    )


def _tidy_inboxes(contract: Contract, until: datetime) -> None:
    """Messages of the past weeks were delivered and read; those of the last day still wait for their readers."""
    while deliver_due(until):
        pass
    for member in contract.memberships.select_related("user"):
        old = inbox_of(member.user).filter(read_at=None, message__posted_at__lt=until - timedelta(days=1))
        mark_read(user=member.user, at=until, ids=old.values_list("pk", flat=True))


def plans(calendar: ServiceCalendar, *, seed: int, first_day: date, last_day: date) -> list[Plan]:
    """The plan of every ticket from the first to the last day, in order of receipt."""
    slots = [slot for day in _days(first_day, last_day) for slot in _receipts(calendar, seed, day)]
    slots.sort()
    total = len(slots)
    dissatisfied = {int(total * share) for share in (0.2, 0.45, 0.7, 0.88)}
    returned = {int(total * 0.35): RETURNED[0], int(total * 0.8): RETURNED[1]}
    unsigned = {int(total * share) for share in (0.9, 0.93, 0.96)}
    return [
        _plan(
            f"{seed}:{last_day}:{index}",
            index,
            received_at,
            index in dissatisfied,
            returned.get(index, ""),
            index in unsigned,
        )
        for index, received_at in enumerate(slots)
    ]


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def _receipts(calendar: ServiceCalendar, seed: int, day: date) -> list[datetime]:
    """When requests come in on a day: more on Mondays, at the start of a month and after a closure; few on extended Saturdays."""
    windows = _open_on(calendar, day)
    if not windows:
        return []
    rng = random.Random(f"{seed}:{day}")
    open_seconds = sum((window.end - window.start).total_seconds() for window in windows)
    number = rng.randint(5, 8)
    if open_seconds < 5 * 3600:
        number = rng.randint(1, 2)
    else:
        yesterday_closed = not _open_on(calendar, day - timedelta(days=1))
        number += 2 * yesterday_closed + (day.day <= 3)
    start, end = windows[0].start, windows[-1].end
    span = (end - start).total_seconds()
    shares = [rng.choice((rng.triangular(0.03, 0.45, 0.14), rng.triangular(0.5, 0.97, 0.66))) for _ in range(number)]
    return [start + timedelta(seconds=round(span * share)) for share in shares]


def _open_on(calendar: ServiceCalendar, day: date) -> tuple[OpenWindow, ...]:
    midnight = datetime.combine(day, time(), clock.SHANGHAI)
    return calendar.windows_between(midnight, midnight + timedelta(days=1))


def _plan(key: str, index: int, received_at: datetime, dissatisfied: bool, returned: str, unsigned: bool) -> Plan:
    rng = random.Random(key)
    triage = rng.choices(("general", "user_error", "service_request", "difficult"), (62, 20, 13, 5))[0]
    case = rng.choice([case for case in CASES if case.triage == triage and case.impact != "hall"])
    if index % 150 == 77:
        case = next(case for case in CASES if case.impact == "hall")
    respond_after = min(285, max(18, round(rng.lognormvariate(4.605, 0.45))))
    if index % BREACH_EVERY == 17:
        respond_after = rng.randint(310, 780)
    resolve_after = rng.randint(6 * 60, 38 * 60)
    if index % LATE_FIX_EVERY == 11:
        resolve_after = rng.randint(62 * 60, 110 * 60)
    if case.days:
        resolve_after = case.days * 34_200 - rng.randint(2, 6) * 3600
    rated = dissatisfied or (rng.random() < RATED_SHARE and not unsigned)
    return Plan(
        case=case,
        rng_key=key,
        received_at=received_at,
        channel=rng.choices((WEB, PHONE, WALK_IN, CHAT), (46, 34, 12, 8))[0],
        respond_after=respond_after,
        arrive_after=rng.randint(3 * 60, 15 * 60),
        resolve_after=resolve_after,
        sign_after=rng.randint(2 * 60, 40 * 60),
        sign_way=rng.choices(("account", "link", "handover"), (55, 25, 20))[0],
        signed=not unsigned,
        returned=returned,
        rating=None if not rated else rng.choice((1, 2)) if dissatisfied else rng.choices((5, 4, 3), (62, 31, 7))[0],
        comment=rng.choice(DISSATISFIED) if dissatisfied else "",
    )


def _cast(contract: Contract) -> Cast:
    members = list(contract.memberships.select_related("user", "unit").order_by("user_id"))
    devices: dict[str, list[Device]] = {}
    for device in (
        Device.objects.filter(hall=contract.hall).select_related("category", "place", "window__unit").order_by("code")
    ):
        devices.setdefault(device.category.code, []).append(device)
    return Cast(
        clerks=[row for row in members if row.role == "clerk"],
        engineers=[row.user for row in members if row.role == "engineer"],
        manager=next(row.user for row in members if row.role == "manager"),
        devices=devices,
        places={place.code: place for place in Place.objects.filter(hall=contract.hall)},
        categories=dict(contract.service_categories.exclude(parent=None).values_list("name", "pk")),
        causes=causes_by_work(contract),
    )


def _play(contract: Contract, calendar: ServiceCalendar, cast: Cast, plan: Plan, until: datetime) -> None:
    """One ticket from the call on, as far as the time goes."""
    rng = random.Random(plan.rng_key + ":play")
    case = plan.case
    device = rng.choice(cast.devices[rng.choice(case.kinds)]) if case.kinds else None
    clerk = _clerk_for(cast, device, rng)
    engineer = rng.choice(cast.engineers)
    place = device.place if device else cast.places[case.place]
    assert clerk.unit is not None  # noqa: S101 - the database holds it for every clerk
    recorder = clerk.user if plan.channel == WEB else engineer
    category = contract.service_categories.get(pk=cast.categories[case.category])
    ticket = ticket_report(
        contract=contract,
        actor=recorder,
        at=plan.received_at,
        channel=plan.channel,
        title=case.title,
        description=case.description,
        reporter=clerk.user,
        reporter_name=clerk.user.name,
        reporter_phone=clerk.user.phone,
        unit=clerk.unit,
        window=device.window if device and device.window and device.window.unit_id == clerk.unit_id else None,
        place=place,
        device=device,
        category=category,
        fault_type=case.fault_type,
        impact=case.impact,
        urgency=case.urgency,
        source=Source.DEMO,
        is_demo=True,
    )
    at = calendar.add(plan.received_at, plan.respond_after)
    assert ticket.response_clock is not None  # noqa: S101 - every report starts one
    replay_due(clock_ids=[ticket.response_clock.pk], until=min(at, until))
    if at > until:
        return
    commitment_kind = "repair" if case.days else "arrival"
    promised = calendar.add(at, plan.resolve_after + 7200 if case.days else plan.arrive_after + 300)
    ticket = ticket_respond(
        ticket=ticket,
        actor=engineer,
        at=at,
        contact_method="phone" if plan.channel != WALK_IN else "in_person",
        contact_person=clerk.user.name,
        triage=case.triage,
        commitment_kind=commitment_kind,
        commitment_at=promised,
        analysis=f"初步判断：{case.cause}" if case.triage == "difficult" else "",
        source=Source.DEMO,
    )
    if plan.respond_after > 300 and (explained := at + timedelta(minutes=rng.randint(5, 30))) <= until:
        ticket_explain_breach(
            ticket=ticket, actor=engineer, at=explained, reason=rng.choice(BREACH_REASONS), source=Source.DEMO
        )
    story = Story(ticket, engineer, cast.manager, case, calendar, until, random.Random(plan.rng_key + ":repair"))
    at = calendar.add(at, plan.arrive_after)
    done = calendar.add(at, plan.resolve_after)
    if ticket.status == TicketStatus.ESCALATED:
        judged = judge(story, at, done)
        if judged is None:
            return
        at = judged
    else:
        if at > until:
            return
        ticket = come(ticket, engineer, case, at, rng)
        if done <= until:
            engineer = story.engineer = while_working(ticket, cast.engineers, at, done, rng)
            at = min(done, at + timedelta(minutes=13))
    repair(story, at, done)
    story.ring(min(done, until))
    at = done
    if at > until:
        return
    ticket = _resolve(ticket, engineer, clerk, case, at, cast, until)
    if ticket.status != TicketStatus.TO_SIGN:
        return
    at = calendar.add(ticket.checked_at or at, plan.sign_after)
    ring([ticket.pk], min(at, until))
    if plan.returned and at <= until:
        ticket = ticket_send_back(ticket=ticket, actor=clerk.user, at=at, reason=plan.returned, source=Source.DEMO)
        at = calendar.add(at, 45 * 60)
        if at > until:
            return
        ring([ticket.pk], at)
        ticket = _resolve(ticket, engineer, clerk, case, at, cast, until)
        if ticket.status != TicketStatus.TO_SIGN:
            return
        at = calendar.add(ticket.checked_at or at, plan.sign_after)
        ring([ticket.pk], min(at, until))
    if plan.signed and at <= until:
        _sign(ticket, engineer, clerk, plan, at, cast.manager)
        again = calendar.add(at, 5 * 3600)
        if rng.random() < REOPENED and again <= until:
            ticket = _reopen(ticket, engineer, clerk, plan, again, cast, calendar, until)
        bring_back(ticket, engineer, calendar.add(at, 600), until)
        put_away(ticket, until)


def _clerk_for(cast: Cast, device: Device | None, rng: random.Random) -> Membership:
    unit_id = device.window.unit_id if device and device.window else None
    return rng.choice([row for row in cast.clerks if row.unit_id == unit_id] or cast.clerks)


def _reopen(
    ticket: Ticket,
    engineer: User,
    clerk: Membership,
    plan: Plan,
    at: datetime,
    cast: Cast,
    calendar: ServiceCalendar,
    until: datetime,
) -> Ticket:
    """It was not in order after all: opened again by the client, done once more, signed again."""
    ticket = Ticket.objects.select_related("contract", "assignee", "reporter", "category").get(pk=ticket.pk)
    ticket = ticket_reopen(ticket=ticket, actor=clerk.user, at=at, reason="同样的现象又出现了", source=Source.DEMO)
    done = calendar.add(at, 35 * 60)
    ring([ticket.pk], min(done, until))
    if done > until:
        return ticket
    ticket = _resolve(ticket, engineer, clerk, plan.case, done, cast, until)
    signed = calendar.add(ticket.checked_at or done, plan.sign_after)
    ring([ticket.pk], min(signed, until))
    if ticket.status == TicketStatus.TO_SIGN and signed <= until:
        _sign(ticket, engineer, clerk, replace(plan, rating=None), signed, cast.manager)
    return ticket


def _resolve(
    ticket: Ticket, engineer: User, clerk: Membership, case: Case, at: datetime, cast: Cast, until: datetime
) -> Ticket:
    """The work is done, with a cause of its kind of work; the manager verifies pressing work a little later."""
    parent = ticket.category.parent_id if ticket.category is not None else None
    causes = cast.causes.get(parent) or cast.causes[None]
    named = sum(case.title.encode())
    done = ticket_resolve(
        ticket=ticket,
        actor=engineer,
        at=at,
        cause=case.cause,
        solution=case.solution,
        verification="现场试用正常" if case.triage != "service_request" else "与申请人核对完成",
        verified_by=clerk.user.name,
        result="solved",
        cause_code=causes[named % len(causes)],
        source=Source.DEMO,
    )
    checked = at + timedelta(minutes=6)
    return check(done, cast.manager, checked) if checked <= until else done


def _sign(ticket: Ticket, engineer: User, clerk: Membership, plan: Plan, at: datetime, manager: User) -> None:
    """The clerk signs by hand in the planned way, most often both texts at once, and rates the work where the plan says so."""
    strokes, picture = handwriting(clerk.user.name)
    if plan.sign_way == Way.HANDOVER and plan.rating is None:
        sign_on_paper(ticket, engineer, clerk, at, picture, manager)
        return
    second = sitting_of(ticket, Purpose.COMPLETION) if plan.sign_after % 3 else ""
    link = None
    if plan.sign_way == Way.LINK:
        link, _token = sign_link_issue(
            subject=ticket,
            purpose=Purpose.COMPLETION,
            signer_name=clerk.user.name,
            signer_unit=str(clerk.unit),
            actor=engineer,
            at=at - timedelta(seconds=50),
            source=Source.DEMO,
        )
    document = document_of(ticket, Purpose.COMPLETION)
    signature_give(
        subject=ticket,
        purpose=Purpose.COMPLETION,
        way=plan.sign_way,
        image=picture,
        strokes=strokes,
        signer=clerk.user if plan.sign_way == Way.ACCOUNT else None,
        signer_name=clerk.user.name,
        signer_unit=str(clerk.unit),
        witness=engineer if plan.sign_way == Way.HANDOVER else None,
        link=link,
        version_seen=document.version,
        sha256_seen=document.sha256,
        at=at,
        rating=plan.rating,
        comment=plan.comment,
        source=Source.DEMO,
        also=Seen(second, document_of(ticket, second).sha256) if second else None,
    )


@cache
def handwriting(name: str) -> tuple[list[Stroke], bytes]:
    """Strokes that look like a hand's and their picture, always the same for the same name."""
    rng = random.Random(hashlib.sha256(name.encode()).hexdigest())
    strokes: list[Stroke] = []
    moment = 0
    for number in range(rng.randint(4, 6)):
        x, y = 60 + number * 80 + rng.randint(-12, 12), 110 + rng.randint(-40, 30)
        stroke: Stroke = []
        for _step in range(rng.randint(7, 12)):
            moment += 14
            stroke.append([x, y, moment])
            x = min(580, max(10, x + rng.randint(2, 14)))
            y = min(205, max(15, y + rng.randint(-26, 26)))
        strokes.append(stroke)
        moment += 90
    return strokes, drawn(strokes)
