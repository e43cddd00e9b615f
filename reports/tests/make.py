"""Random tickets with their promises and ratings, written straight into the tables that the figures read."""

import random
from datetime import datetime, timedelta
from typing import Any

from contract.models import ServiceCategory
from contract.services.calendar import current_revision
from parties.models import User
from reports.rules import Period
from sla.models import Clock, Policy
from sla.states import ClockState
from tests.make import World
from tickets.models import Rating, Ticket
from tickets.states import (
    DONE,
    FELL_AWAY,
    SIGNED_FOR,
    WAITING,
    Channel,
    CommitmentKind,
    ContactMethod,
    RatingWay,
    Result,
    TicketStatus,
    Triage,
)

TITLES = (
    "窗口电脑开不了机",
    "高拍仪打开是黑屏",
    "身份证读卡器读不出",
    "打印机卡纸",
    "叫号语音不响，屏上有号",
    "会议室投影没有画面",
)
REASONS = ("", "同时有两件在办，已补充人员", "电话占线，改为当面沟通")


def make_ticket(
    world: World, number: int, *, received_at: datetime, status: str = TicketStatus.SIGNED, **changes: object
) -> Ticket:
    """One ticket in a state, whole enough for the constraints; `changes` replace fields."""
    answered = status not in {TicketStatus.PENDING_RESPONSE, *FELL_AWAY}
    resolved = status in DONE
    values: dict[str, object] = {
        "contract": world.contract,
        "code": f"GD-{world.tag or '1'}-{number:06d}",
        "status": status,
        "channel": Channel.PHONE,
        "title": f"{TITLES[number % len(TITLES)]}（{number}）",
        "description": "窗口人员报修",
        "reporter_name": "窗口人员01",
        "unit": world.unit,
        "place": world.place,
        "received_at": received_at,
        "recorded_at": received_at,
        "recorded_by": world.engineer,
    }
    if answered:
        values |= {
            "assignee": world.engineer,
            "responded_at": received_at + timedelta(seconds=90),
            "contact_method": ContactMethod.PHONE,
            "contact_person": "窗口人员01",
            "triage": Triage.GENERAL,
            "commitment_kind": CommitmentKind.ARRIVAL,
            "commitment_at": received_at + timedelta(minutes=20),
        }
    if resolved:
        values |= {
            "solution": "重新安装驱动",
            "cause": "驱动被更新覆盖",
            "result": Result.SOLVED,
            "resolved_at": received_at + timedelta(minutes=40),
        }
    if status in SIGNED_FOR:
        values["signed_at"] = received_at + timedelta(minutes=50)
    return Ticket.objects.create(**(values | changes))


def make_clock(ticket: Ticket, *, due_at: datetime, state: str = ClockState.STOPPED, **changes: object) -> Clock:
    """The response clock of a ticket, tied to it."""
    values: dict[str, object] = {
        "contract": ticket.contract,
        "policy": response_policy(ticket),
        "kind": "response",
        "promisor": "contractor",
        "calendar_revision": current_revision(ticket.contract),
        "subject_type": "ticket",
        "subject_id": ticket.pk,
        "state": state,
        "started_at": ticket.received_at,
        "due_at": due_at,
    }
    clock = Clock.objects.create(**(values | changes))
    Ticket.objects.filter(pk=ticket.pk).update(response_clock=clock)
    ticket.response_clock = clock
    return clock


def response_policy(ticket: Ticket) -> Policy:
    """The contract's five-minute promise."""
    policy, _created = Policy.objects.get_or_create(
        contract=ticket.contract,
        kind="response",
        version=1,
        defaults={"target_kind": "service_seconds", "target_amount": 300, "effective_from": ticket.contract.starts_on},
    )
    return policy


def make_rating(ticket: Ticket, level: int, way: str = RatingWay.LINK) -> Rating:
    """The client's rating of a ticket."""
    return Rating.objects.create(
        ticket=ticket, level=level, way=way, rater_name="窗口人员01", rated_at=ticket.received_at + timedelta(hours=1)
    )


PLAIN = [one for one in TicketStatus.values if one not in (*WAITING, "scheduled")]
"""States that a ticket can be given without the fields of an appointment or a wait."""


def make_random_tickets(world: World, period: Period, count: int, seed: int, *, first_number: int = 1) -> None:
    """Tickets all over the period and two days beyond both of its ends, in every state, with promises of every kind."""
    rng = random.Random(seed)
    categories = [*ServiceCategory.objects.filter(contract=world.contract), None]
    people: list[User] = [world.engineer, world.engineer2, world.manager]
    begin = period.begins_at - timedelta(days=2)
    seconds = int((period.over_at + timedelta(days=2) - begin).total_seconds())
    edges = [
        period.begins_at,
        period.begins_at - timedelta(microseconds=1),
        period.over_at,
        period.over_at - timedelta(microseconds=1),
    ]
    # Outside the period, and what others were merged into.
    whole = make_ticket(world, first_number + count, received_at=begin - timedelta(days=1))
    for number in range(first_number, first_number + count):
        received = edges.pop() if edges else begin + timedelta(seconds=rng.randrange(seconds))
        status = rng.choice([*PLAIN, "signed", "signed", "signed"])
        answered = status not in {"pending_response", *FELL_AWAY}
        changes: dict[str, object] = {
            "channel": rng.choice(Channel.values),
            "category": rng.choice(categories),
            "priority": rng.randint(1, 4),
            "set_back_flagged": rng.random() < 0.1,
            "unit": rng.choice([world.unit, world.other_unit]),
        }
        if answered:
            changes |= {"triage": rng.choice(Triage.values), "assignee": rng.choice(people)}
            changes["rework_count"] = rng.choice([0, 0, 0, 1, 2])
        if status in DONE:
            changes["resolved_at"] = received + timedelta(minutes=rng.randrange(10, 4000))
        if status in SIGNED_FOR:
            changes["signed_at"] = received + timedelta(minutes=rng.randrange(4000, 6000))
        if status == "merged":
            changes["merged_into"] = whole
        ticket = make_ticket(world, number, received_at=received, status=status, **changes)
        _random_clock(rng, ticket, received, answered, cancelled=status in FELL_AWAY)
        if status in SIGNED_FOR and rng.random() < 0.7:
            make_rating(ticket, rng.randint(1, 5), rng.choice(RatingWay.values))


def _random_clock(rng: random.Random, ticket: Ticket, received: datetime, answered: bool, *, cancelled: bool) -> None:
    due = received + timedelta(seconds=rng.choice([300, 300, 300, 3 * 3600, 15 * 3600]))
    if cancelled:
        make_clock(ticket, due_at=due, state=ClockState.CANCELLED)
        return
    net = float(rng.choice([rng.randrange(1, 420), 60, 120, 180, 240, 300, 301]))
    late = net > 300
    breached: dict[str, Any] = {}
    if late:
        breached = {"breached_at": due + timedelta(seconds=1), "breach_reason": rng.choice(REASONS)}
    if answered:
        stopped = due + timedelta(seconds=net - 300 + (1 if late else 0))
        make_clock(ticket, due_at=due, stopped_at=stopped, net_seconds=net, **breached)
    else:
        make_clock(ticket, due_at=due, state=ClockState.RUNNING, **breached)
