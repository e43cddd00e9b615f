"""The demo's service quality: faults that came again, and follow-ups of bad ratings in every state. All people are made up."""

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from contract.rules import ServiceCalendar
from contract.services.calendar import calendar_of
from core import clock
from core.roles import ENGINEER, MANAGER
from notifications.querysets import inbox_of
from notifications.services.delivery import deliver_due, mark_read
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source
from sla.services.firing import replay_due
from tickets.models import FollowUp, Ticket
from tickets.services.arrive import ticket_arrive
from tickets.services.follow_up import (
    follow_up_ask_again,
    follow_up_assign,
    follow_up_call,
    follow_up_close,
    follow_up_measures,
    follow_up_rate_again,
)
from tickets.services.rate import ticket_rate
from tickets.services.report import ticket_report
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond
from tickets.states import DONE, TicketStatus, Triage

REPEATS = 3
SAID = (
    "电话里说修得不慢，但没人告诉他要等多久，窗口前排了队。",
    "修好当天下午又出了一次问题，希望一次查到根上。",
    "工程师解释得太专业，没听懂，希望说明白以后怎么避免。",
    "来了两趟，第二趟才带对配件。",
)
MEASURES = (
    "承诺到场时间后每15分钟向窗口报一次进度；班前会通报本单。",
    "同类故障处理后回访半天内的使用情况；检查同批次设备。",
    "到场先用一句话说明原因与预计时长，处理完现场演示一遍。",
    "出发前对照备件清单；窗口区配备常用配件箱。",
)
CONCLUSIONS = ("措施已落实，客户认可。", "同批设备已检查，未再发生，客户表示理解。")
STOPS = ("close", "close", "measures", "call", "assign")
"""How far the follow-ups come, the oldest first; the last of all stays where it began."""


def follow_quality(contract: Contract, *, seed: int, until: datetime) -> None:
    """Let some faults come again, follow up the bad ratings of the replay, and leave one that nobody has taken yet."""
    calendar = calendar_of(contract)
    today = until.astimezone(clock.SHANGHAI).date()
    manager = people_with_role(contract, MANAGER, on=today)[0]
    engineers = people_with_role(contract, ENGINEER, on=today)
    _come_again(contract, calendar, random.Random(f"{seed}:repeats"), until)
    _rate_badly(contract, calendar, until)
    rows = FollowUp.objects.filter(contract=contract).select_related("ticket", "rating__rated_by", "contract")
    found = list(rows.order_by("opened_at", "pk"))
    for number, row in enumerate(found):
        stop = "open" if number == len(found) - 1 else STOPS[min(number, len(STOPS) - 1)]
        free = [person for person in engineers if person.pk != row.ticket.assignee_id]
        _follow(row, stop, number, free[number % len(free)], manager, calendar, until)
    while deliver_due(until):
        pass
    for person in (manager, *engineers):
        old = inbox_of(person).filter(read_at=None, message__posted_at__lt=until - timedelta(days=1))
        mark_read(user=person, at=until, ids=old.values_list("pk", flat=True))


def _come_again(contract: Contract, calendar: ServiceCalendar, rng: random.Random, until: datetime) -> None:
    """Faults of the last days but two that come again on the day after; the hour of the start changes nothing of them."""
    today = datetime.combine(until.astimezone(clock.SHANGHAI).date(), time(), clock.SHANGHAI)
    rows = Ticket.objects.filter(
        contract=contract,
        status__in=DONE,
        triage=Triage.GENERAL,
        device__isnull=False,
        resolved_at__lt=today - timedelta(days=2),
        resolved_at__gte=today - timedelta(days=6),
        repeat__isnull=True,
    )
    rows = rows.select_related("reporter", "assignee", "unit", "window", "place", "device", "category", "contract")
    seen: set[int | None] = set()
    for earlier in rows.order_by("-resolved_at", "code"):
        if earlier.device_id in seen or earlier.reporter is None or earlier.assignee is None or earlier.unit is None:
            continue
        assert earlier.resolved_at is not None  # noqa: S101 - asked for above
        at = calendar.add(earlier.resolved_at, rng.randint(4 * 3600, 8 * 3600))
        if calendar.add(at, 3600) >= today:
            continue
        seen.add(earlier.device_id)
        _again(earlier, earlier.reporter, earlier.assignee, at, calendar, mended=len(seen) < REPEATS)
        if len(seen) == REPEATS:
            break


def _again(
    earlier: Ticket, reporter: User, engineer: User, at: datetime, calendar: ServiceCalendar, *, mended: bool
) -> None:
    assert earlier.unit is not None  # noqa: S101 - asked for by the caller
    ticket = ticket_report(
        contract=earlier.contract,
        actor=reporter,
        at=at,
        channel="web",
        title=earlier.title,
        description=earlier.description,
        reporter=reporter,
        reporter_name=reporter.name,
        reporter_phone=reporter.phone,
        unit=earlier.unit,
        window=earlier.window,
        place=earlier.place,
        device=earlier.device,
        category=earlier.category,
        fault_type=earlier.fault_type,
        source=Source.DEMO,
        is_demo=True,
    )
    at = calendar.add(at, 95)
    assert ticket.response_clock is not None  # noqa: S101 - every report starts one
    replay_due(clock_ids=[ticket.response_clock.pk], until=at)
    ticket_respond(
        ticket=ticket,
        actor=engineer,
        at=at,
        contact_method="phone",
        contact_person=reporter.name,
        triage=Triage.GENERAL,
        commitment_kind="arrival",
        commitment_at=calendar.add(at, 900),
        source=Source.DEMO,
    )
    at = calendar.add(at, 600)
    ticket_arrive(ticket=ticket, actor=engineer, at=at, source=Source.DEMO)
    if mended:
        ticket_resolve(
            ticket=ticket,
            actor=engineer,
            at=calendar.add(at, 900),
            cause=earlier.cause,
            solution=f"再次处理：{earlier.solution}，并登记跟踪",
            verification="现场试用正常",
            verified_by=reporter.name,
            result="solved",
            source=Source.DEMO,
        )


def _rate_badly(contract: Contract, calendar: ServiceCalendar, until: datetime) -> None:
    """One request that was signed lately is rated badly by its reporter, so that a follow-up waits for its manager."""
    rows = Ticket.objects.filter(
        contract=contract, status=TicketStatus.SIGNED, rating__isnull=True, reporter__isnull=False
    ).select_related("reporter", "contract", "assignee")
    for ticket in rows.order_by("-signed_at", "code")[:10]:
        assert ticket.signed_at is not None  # noqa: S101 - the database holds it for signed tickets
        at = calendar.add(ticket.signed_at, 1800)
        if at > until or ticket.reporter is None:
            continue
        ticket_rate(
            ticket=ticket,
            level=2,
            comment="等的时间比说好的长",
            way="account",
            rated_by=ticket.reporter,
            rater_name=ticket.reporter.name,
            at=at,
            source=Source.DEMO,
        )
        return


def _follow(
    row: FollowUp, stop: str, number: int, person: User, manager: User, calendar: ServiceCalendar, until: datetime
) -> None:
    """Take a follow-up through its steps, as far as it is meant to come and the time goes."""
    steps: list[tuple[str, int, Callable[..., Any], dict[str, Any]]] = [
        ("assign", 20 * 60, follow_up_assign, {"actor": manager, "person": person}),
        (
            "call",
            3 * 3600,
            follow_up_call,
            {"actor": person, "called_whom": row.rating.rater_name, "called_how": "phone", "said": SAID[number % 4]},
        ),
        ("measures", 6 * 3600, follow_up_measures, {"actor": person, "measures": MEASURES[number % 4]}),
        ("done", 18 * 3600, follow_up_measures, {"actor": person, "measures": MEASURES[number % 4], "done": True}),
        ("ask", 19 * 3600, follow_up_ask_again, {"actor": person}),
        ("again", 21 * 3600, follow_up_rate_again, {"actor": row.rating.rated_by, "level": 4, "comment": "现在好多了"}),
        ("close", 24 * 3600, follow_up_close, {"actor": manager, "conclusion": CONCLUSIONS[number % 2]}),
    ]
    clocks = [running.pk for running in (row.callback_clock, row.measures_clock) if running is not None]
    for name, after, act, given in steps if stop != "open" else ():
        at = calendar.add(row.opened_at, after)
        if at > until:
            break
        if name in ("ask", "again") and row.rating.rated_by is None:
            continue
        replay_due(clock_ids=clocks, until=at)
        act(follow_up=row, at=at, source=Source.DEMO, **given)
        if name == stop:
            break
    replay_due(clock_ids=clocks, until=until)
