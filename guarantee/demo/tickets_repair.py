"""The demo's difficult faults and vendors: judged by the manager, planned, vendors called, spares lent, parts used."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from contract.rules.calendar import ServiceCalendar
from core.clock import SHANGHAI
from devices.finds.spares import spare_offer
from devices.models import Loan, SparePart
from devices.services.loans import loan_return
from guarantee.demo.cases import Case
from parties.models import User, Vendor
from records.models import Source
from sla.models import Clock
from sla.services.firing import replay_due
from sla.states import ClockState
from tickets.models import Dispatch, Ticket
from tickets.services.part_use import part_use
from tickets.services.plan import ticket_plan
from tickets.services.spare import no_spare
from tickets.services.spare_lend import ticket_spare_lend
from tickets.services.vendor_arrived import vendor_arrived
from tickets.services.vendor_call import vendor_call
from tickets.services.vendor_done import vendor_done
from tickets.services.vendor_failed import vendor_failed
from tickets.services.wait_vendor import ticket_wait_vendor
from tickets.states import TicketStatus

CALLED_OF_GENERAL = 0.3
"""The share of ordinary faults of a vendor's device for which the vendor is called."""
NOT_COME = 0.35
COMES_WITHIN = 24 * 60
"""Only for work that takes at least so many seconds somebody comes from outside."""
PARTS = ("电源板", "主板", "接收卡", "读卡模块", "打印头", "硬盘")
VISITORS = ("厂商工程师丙", "厂商工程师丁", "厂商工程师戊")
THOUGHT = {
    "security": "更换前备份配置，存储介质不出大厅，厂商人员由我方全程陪同",
    "reliability": "更换后连续运行并逐项试机，一周内每日回访",
    "fallback": "若仍不能恢复，以备用设备替代并引导至相邻设备办理",
}


@dataclass
class Story:
    """One ticket whose repair is lived through."""

    ticket: Ticket
    engineer: User
    manager: User
    case: Case
    calendar: ServiceCalendar
    until: datetime
    rng: random.Random

    def do(self, at: datetime, act: Callable[[datetime], object]) -> bool:
        """Let something happen at an instant, unless it lies ahead."""
        self.ring(min(at, self.until))
        if at > self.until:
            return False
        act(at)
        return True

    def ring(self, until: datetime) -> None:
        """Let what is promised about the ticket and its vendors ring up to an instant."""
        calls = Dispatch.objects.filter(ticket=self.ticket).values("pk")
        about = Q(subject_type="ticket", subject_id=self.ticket.pk) | Q(subject_type="dispatch", subject_id__in=calls)
        running = Clock.objects.filter(about, state=ClockState.RUNNING).exclude(kind="client_signature")
        if ids := list(running.values_list("pk", flat=True)):
            replay_due(clock_ids=ids, until=until)

    def between(self, start: datetime, end: datetime, share: float) -> datetime:
        """An instant in service time after a share of the service time between two."""
        return self.calendar.add(start, round(self.calendar.elapsed_seconds(start, end) * share))

    def later(self, at: datetime, low: int, high: int) -> datetime:
        """So many minutes of service time later."""
        return self.calendar.add(at, self.rng.randint(low, high) * 60)


def judge(story: Story, at: datetime, repaired_at: datetime) -> datetime | None:
    """The manager puts a plan in force and tells the client; returns when, or None when that lies ahead."""
    ticket = story.ticket
    decided = story.later(at, 15, 45)
    values = {
        **THOUGHT,
        "cause": story.case.cause,
        "solution": story.case.solution,
        "estimate_at": story.calendar.add(max(repaired_at, decided), 2 * 3600),
    }
    done = story.do(
        decided,
        lambda at: ticket_plan(
            ticket=ticket,
            actor=story.manager,
            at=at,
            values=values,
            source=Source.DEMO,
            told_at=decided,
            told_to=ticket.contact_person,
            told_how="phone",
        ),
    )
    return decided if done else None


def repair(story: Story, at: datetime, repaired_at: datetime) -> None:
    """What happens between the beginning of the work and its end: a vendor, a spare or the reason why none, a part."""
    ticket = story.ticket
    difficult = ticket.triage == "difficult"
    vendor = ticket.device.vendor if ticket.device is not None else None
    rng = story.rng
    if difficult:
        _spare(story, story.later(at, 5, 20))
    lasts = story.calendar.elapsed_seconds(at, repaired_at) >= COMES_WITHIN
    called = difficult or (ticket.triage == "general" and lasts and rng.random() < CALLED_OF_GENERAL)
    if vendor is not None and called:
        _vendor(story, vendor, story.later(at, 2, 6), repaired_at)
    if difficult or rng.random() < 0.05:
        _part(story, repaired_at - timedelta(minutes=2))


def bring_back(ticket: Ticket, engineer: User, at: datetime, until: datetime) -> None:
    """The spare comes back when the repair is signed."""
    if at > until or "loan" not in ticket.holds:
        return
    for loan in Loan.objects.filter(ticket_loan__ticket=ticket, status="out"):
        loan_return(
            loan=loan,
            outcome="complete",
            condition_back="完好",
            actor=engineer,
            at=at,
            repaired=True,
            source=Source.DEMO,
        )


def _spare(story: Story, at: datetime) -> None:
    ticket, rng = story.ticket, story.rng
    offered = spare_offer(ticket.device, 1) if ticket.device is not None else []
    due = story.calendar.nth_working_day(at.astimezone(SHANGHAI).date(), 7)
    if offered and ticket.unit is not None and rng.random() < 0.6:
        unit, spare = ticket.unit, offered[0]
        story.do(
            at,
            lambda at: ticket_spare_lend(
                ticket=ticket, spare=spare, actor=story.engineer, at=at, borrower_name=ticket.reporter_name,
                borrower_unit=unit, borrower_phone=ticket.reporter_phone, due_on=due, condition_out="完好，配件齐全",
                source=Source.DEMO,
            ),
        )  # fmt: skip
    else:
        story.do(
            at,
            lambda at: no_spare(
                ticket=ticket, why=rng.choice(("none_kept", "none_left", "vendor")), note="已引导到相邻设备办理",
                actor=story.engineer, at=at, source=Source.DEMO,
            ),
        )  # fmt: skip


def _vendor(story: Story, vendor: Vendor, at: datetime, repaired_at: datetime) -> None:
    """Called, perhaps in vain, here, done; the last of it before the repair ends."""
    ticket, rng, engineer = story.ticket, story.rng, story.engineer
    waits = ticket.status == TicketStatus.IN_PROGRESS
    call = ticket_wait_vendor if waits else vendor_call
    made: list[Dispatch] = []
    given: dict[str, Any] = {
        "vendor": vendor,
        "how": rng.choice(("phone", "hotline", "chat")),
        "task": f"{story.case.title}：上门检修",
    }
    if not story.do(
        at, lambda at: made.append(call(ticket=ticket, actor=engineer, at=at, source=Source.DEMO, **given))
    ):  # fmt: skip
        return
    dispatch = made[0]
    if repaired_at - at > timedelta(days=2) and rng.random() < NOT_COME:
        failed = story.between(at, repaired_at, 0.3)
        if not story.do(
            failed,
            lambda at: made.append(
                vendor_failed(
                    dispatch=dispatch, actor=engineer, at=at, note="约定时间未到场，电话催促后改约", call_again=True,
                    source=Source.DEMO,
                )
            ),
        ):  # fmt: skip
            return
        dispatch, at = made[-1], failed
    here, done = story.between(at, repaired_at, rng.uniform(0.2, 0.5)), story.between(at, repaired_at, 0.9)
    visitor = rng.choice(VISITORS)
    if story.do(
        here,
        lambda at: vendor_arrived(
            dispatch=dispatch, actor=engineer, at=at, vendor_engineer=visitor, source=Source.DEMO
        ),
    ):  # fmt: skip
        story.do(
            done,
            lambda at: vendor_done(
                dispatch=dispatch, actor=engineer, at=at, result=story.case.solution, source=Source.DEMO
            ),
        )
    story.ticket.refresh_from_db()


def _part(story: Story, at: datetime) -> None:
    ticket, rng = story.ticket, story.rng
    stored = None
    if ticket.device is not None and rng.random() < 0.5:
        stored = SparePart.objects.filter(
            hall=ticket.contract.hall_id, category=ticket.device.category_id, stock__gt=1
        ).first()
    payer = "contractor" if stored is not None else rng.choice(("warranty", "warranty", "client", "open"))
    name = rng.choice(PARTS)
    story.do(
        at,
        lambda at: part_use(
            ticket=ticket, actor=story.engineer, at=at, quantity=1, cost_bearer=payer, part=stored,
            name="" if stored is not None else name, source=Source.DEMO,
        ),
    )  # fmt: skip
