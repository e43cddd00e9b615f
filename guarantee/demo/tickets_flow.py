"""The demo's appointments, waiting, verification, reopening and archiving; and the last day's tickets that stand in every state."""

import random
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet

from contract.rules.calendar import ServiceCalendar
from core import clock
from devices.models import Device
from guarantee.demo.cases import Case
from parties.models import Contract, Membership, User
from records.models import Purpose, Source, Way
from records.services.documents import document_of
from records.services.signatures import signature_give
from sla.models import Clock
from sla.services.firing import replay_due
from sla.states import ClockState
from tickets.models import CauseCode, Ticket
from tickets.services.archive import archive_one, ticket_archive
from tickets.services.arrive import ticket_arrive
from tickets.services.cancel import ticket_cancel
from tickets.services.close_unsigned import ticket_close_unsigned
from tickets.services.escalate import ticket_escalate
from tickets.services.go_on import ticket_go_on
from tickets.services.merge import ticket_merge
from tickets.services.plan import ticket_plan
from tickets.services.reassign import ticket_reassign
from tickets.services.report import ticket_report
from tickets.services.reschedule import ticket_reschedule
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond
from tickets.services.schedule import ticket_schedule
from tickets.services.spare import no_spare
from tickets.services.split import ticket_split
from tickets.services.verify import ticket_verify
from tickets.services.wait_customer import ticket_wait_customer
from tickets.services.wait_part import ticket_ask_part, ticket_wait_part
from tickets.services.wait_vendor import ticket_wait_vendor
from tickets.states import TicketStatus

APPOINTMENTS, MOVED, WAITS, HANDED_OVER, REMOTE = 0.22, 0.2, 0.07, 0.05, 0.35
DEMO = Source.DEMO.value
WAIT_REASONS = ("等待窗口负责人确认停机时间", "窗口正在办理业务，等待空闲", "等待业务部门确认数据可以清理")
MOVE_REASONS = ("窗口正在办事，请稍后再来", "负责人临时开会")


def ring(tickets: Iterable[int] | QuerySet[Any, Any], until: datetime) -> None:
    """Let what is promised about these tickets ring up to an instant."""
    running = Clock.objects.filter(subject_type="ticket", subject_id__in=tickets, state=ClockState.RUNNING)
    if ids := list(running.values_list("pk", flat=True)):
        replay_due(clock_ids=ids, until=until)


def come(ticket: Ticket, engineer: User, case: Case, at: datetime, rng: random.Random) -> Ticket:
    """The work begins at `at`: often at an appointment, at times remotely."""
    asked = (ticket.responded_at or at) + timedelta(seconds=40)
    agreed = {"appointment_place": ticket.place.name, "appointment_with": ticket.contact_person}
    if rng.random() < APPOINTMENTS and asked < at:
        ticket = ticket_schedule(ticket=ticket, actor=engineer, at=asked, appointment_at=at, source=DEMO, **agreed)
        moved = asked + timedelta(seconds=50)
        if rng.random() < MOVED and moved < at:
            reason = rng.choice(MOVE_REASONS)
            ticket = ticket_reschedule(
                ticket=ticket, actor=engineer, at=moved, appointment_at=at, asked_by="client", reason=reason,
                source=DEMO, **{**agreed, "appointment_place": f"{ticket.place.name}服务台"},
            )  # fmt: skip
    how: dict[str, Any] = {}
    if case.fault_type == "software" and rng.random() < REMOTE:
        how = {"service_mode": "remote", "authorised_by": ticket.contact_person, "tool": "远程桌面"}
    return ticket_arrive(ticket=ticket, actor=engineer, at=at, source=DEMO, **how)


def while_working(ticket: Ticket, engineers: list[User], at: datetime, done: datetime, rng: random.Random) -> User:
    """Between the beginning and the end of the work: the client is waited for, or a colleague takes over. Returns who has it."""
    engineer = ticket.assignee or engineers[0]
    if rng.random() < WAITS and done - at > timedelta(minutes=15):
        ticket_wait_customer(
            ticket=ticket, actor=engineer, at=at + timedelta(minutes=2), cause=rng.choice(("client_access", "client_decision")),
            reason=rng.choice(WAIT_REASONS), known_by=ticket.contact_person, source=DEMO,
        )  # fmt: skip
        ticket_go_on(ticket=ticket, actor=engineer, at=at + timedelta(minutes=rng.randint(6, 12)), source=DEMO)
    elif rng.random() < HANDED_OVER and done - at > timedelta(minutes=5):
        colleague = rng.choice([person for person in engineers if person.pk != engineer.pk])
        ticket_reassign(
            ticket=ticket, actor=engineer, at=at + timedelta(minutes=3), engineer=colleague, reason="对方更熟悉该系统",
            source=DEMO,
        )  # fmt: skip
        return colleague
    return engineer


def check(ticket: Ticket, manager: User, at: datetime) -> Ticket:
    """The manager verifies what somebody else has to verify."""
    if ticket.status == TicketStatus.TO_VERIFY:
        ticket = ticket_verify(ticket=ticket, actor=manager, at=at, note="现场复核正常", source=DEMO)
    return ticket


def put_away(ticket: Ticket, until: datetime, days: int = 7) -> None:
    """Archived by itself once its time to be rated is over and nothing is lent."""
    if ticket.signed_at is None:
        return
    at = ticket.signed_at + timedelta(days=days, minutes=20)
    fresh = Ticket.objects.select_related("contract").get(pk=ticket.pk)
    if at <= until and fresh.status == TicketStatus.SIGNED and "loan" not in fresh.holds:
        archive_one(fresh, actor=None, at=at, source=DEMO)


def causes_by_work(contract: Contract) -> dict[int | None, list[CauseCode]]:
    """The cause codes by the main service category they are for."""
    found: dict[int | None, list[CauseCode]] = {}
    for cause in CauseCode.objects.filter(contract=contract).order_by("code"):
        found.setdefault(cause.category_id, []).append(cause)
    return found


# The last day ---------------------------------------------------------------------------------------------------------


class _Ahead(Exception):
    """What comes next lies after the demo's end."""


class _Day:
    """The last day of service: short stories that begin in its first minutes and stand still in their state."""

    def __init__(
        self, contract: Contract, clerks: list[Membership], engineers: list[User], manager: User, devices: list[Device],
        start: datetime, until: datetime,
    ) -> None:  # fmt: skip
        self.contract, self.clerks, self.engineers, self.manager = contract, clerks, engineers, manager
        self.devices, self.start, self.until = devices, start, until
        self.number = 0
        self.tickets: list[int] = []

    def at(self, minutes: float) -> datetime:
        """So many minutes after the ticket of this story was received; _Ahead when that lies after the end."""
        at = self.received + timedelta(minutes=minutes)
        if at > self.until:
            raise _Ahead
        ring(self.tickets[-1:], at)
        return at

    def begin(self, title: str, description: str, **more: Any) -> None:
        """Receive the next ticket, fifty seconds after the one before."""
        self.number += 1
        self.received = self.start + timedelta(seconds=50 * self.number)
        if self.received > self.until:
            raise _Ahead
        device = self.devices[self.number % len(self.devices)]
        clerk = self.clerks[self.number % len(self.clerks)]
        self.engineer = self.engineers[self.number % len(self.engineers)]
        self.clerk = clerk
        assert clerk.unit is not None  # noqa: S101 - the database holds it for every clerk
        self.ticket = ticket_report(
            contract=self.contract, actor=clerk.user, at=self.received, channel="web", title=title, description=description,
            reporter=clerk.user, reporter_name=clerk.user.name, reporter_phone=clerk.user.phone, unit=clerk.unit,
            place=device.place, device=device, source=DEMO, is_demo=True, **more,
        )  # fmt: skip
        self.tickets.append(self.ticket.pk)

    def respond(self, triage: str = "general", commitment: float = 25) -> None:
        """The response after two minutes."""
        at = self.at(2)
        ticket_respond(
            ticket=self.ticket, actor=self.engineer, at=at, contact_method="phone", contact_person=self.clerk.user.name,
            triage=triage, commitment_kind="arrival", commitment_at=at + timedelta(minutes=commitment),
            analysis="初步判断需返厂检测" if triage == "difficult" else "", source=DEMO,
        )  # fmt: skip

    def work(self) -> None:
        """Answered, and on site after eight minutes."""
        self.respond()
        ticket_arrive(ticket=self.ticket, actor=self.engineer, at=self.at(8), source=DEMO)

    def plan(self) -> None:
        """Difficult, and planned by the manager: its days count from today."""
        self.respond("difficult")
        at = self.at(10)
        values = {
            "cause": "控制板损坏", "solution": "更换控制板", "estimate_at": at + timedelta(days=2),
            "security": "存储介质不出大厅", "reliability": "更换后连续运行试机", "fallback": "引导至相邻设备办理",
        }  # fmt: skip
        ticket_plan(
            ticket=self.ticket, actor=self.manager, at=at, values=values, told_at=at, told_to=self.clerk.user.name,
            told_how="phone", source=DEMO,
        )  # fmt: skip

    def done(self) -> None:
        """The work is finished after twenty minutes."""
        ticket_resolve(
            ticket=self.ticket, actor=self.engineer, at=self.at(20), cause="接口松动", solution="重新紧固并试机",
            verification="现场试用正常", verified_by=self.clerk.user.name, result="solved", source=DEMO,
        )  # fmt: skip

    def acts(self) -> list[Callable[[], None]]:
        """One story for every state that lasts."""
        return [
            self._scheduled, self._waiting_customer, self._waiting_part, self._waiting_vendor, self._in_progress,
            self._escalated, self._to_verify, self._to_sign, self._closed, self._archived, self._cancelled, self._merged,
            self._responded, self._asked,
        ]  # fmt: skip

    def _scheduled(self) -> None:
        self.begin("电子屏亮度不均", "电子屏右下角偏暗，请下班前来看")
        self.respond()
        local = self.received.astimezone(clock.SHANGHAI).replace(hour=17, minute=0, second=0)
        ticket_schedule(
            ticket=self.ticket, actor=self.engineer, at=self.at(4), appointment_at=local, appointment_place=self.ticket.place.name,
            appointment_with=self.clerk.user.name, reason="办事高峰期不便停机，约在下班前", source=DEMO,
        )  # fmt: skip

    def _waiting_customer(self) -> None:
        self.begin("窗口电脑需重装系统", "窗口电脑运行缓慢，反复弹窗")
        self.work()
        ticket_wait_customer(
            ticket=self.ticket, actor=self.engineer, at=self.at(12), cause="client_decision", reason="等待负责人确认数据备份后重装",
            known_by="窗口负责人01", source=DEMO,
        )  # fmt: skip

    def _waiting_part(self) -> None:
        self.begin("自助机打印模块异响", "打印时异响并卡纸")
        self.plan()
        no_spare(
            ticket=self.ticket,
            actor=self.engineer,
            at=self.at(12),
            why="none_kept",
            note="引导至相邻自助机",
            source=DEMO,
        )
        reason = "打印模块已订货，等待到货"
        ticket_ask_part(ticket=self.ticket, actor=self.engineer, at=self.at(13), reason=reason, source=DEMO)
        at = self.at(16)
        ticket_wait_part(
            ticket=self.ticket, actor=self.manager, at=at, reason=reason, until=at + timedelta(days=1), source=DEMO
        )

    def _waiting_vendor(self) -> None:
        self.begin("闸机通道无法开启", "闸机刷卡有反应但不开门")
        vendor = next((row.vendor for row in self.devices if row.vendor is not None), None)
        self.plan()
        if vendor is not None:
            ticket_wait_vendor(
                ticket=self.ticket, actor=self.engineer, at=self.at(14), vendor=vendor, how="phone", task="更换闸机控制板",
                source=DEMO,
            )  # fmt: skip

    def _in_progress(self) -> None:
        self.begin("监控画面花屏", "三号摄像头画面花屏")
        self.plan()
        fresh = Ticket.objects.select_related("contract", "reporter", "unit", "window", "place", "device", "category")
        part = ticket_split(
            ticket=fresh.get(pk=self.ticket.pk), actor=self.engineer, at=self.at(12), named_now=True,
            description="旁边的高拍仪也识别不到，需另行处理", reason="维修时窗口人员才提出", source=DEMO,
        )  # fmt: skip
        at = self.at(14)
        ticket_respond(
            ticket=part, actor=self.engineer, at=at, contact_method="in_person", contact_person=self.clerk.user.name,
            triage="general", commitment_kind="arrival", commitment_at=at + timedelta(minutes=30), source=DEMO,
        )  # fmt: skip

    def _escalated(self) -> None:
        self.begin("叫号服务器频繁重启", "叫号服务器一上午重启三次")
        self.respond("difficult")

    def _to_verify(self) -> None:
        self.begin("大厅网络中断", "大厅网络全部中断，窗口无法办理", impact="hall", urgency="high")
        self.work()
        self.done()

    def _to_sign(self) -> None:
        self.begin("高拍仪不识别", "高拍仪插上后无反应")
        self.work()
        self.done()

    def _closed(self) -> None:
        self.begin("键盘个别按键失灵", "键盘数字键失灵")
        self.work()
        self.done()
        ticket_close_unsigned(
            ticket=self.ticket, actor=self.manager, at=self.at(30), reason="报修人当日调休，电话确认已恢复", source=DEMO
        )

    def _archived(self) -> None:
        from guarantee.demo.replay import handwriting

        self.begin("显示器无信号", "显示器显示无信号")
        self.work()
        self.done()
        document = document_of(self.ticket, Purpose.COMPLETION)
        strokes, picture = handwriting(self.clerk.user.name)
        signature_give(
            subject=self.ticket, purpose=Purpose.COMPLETION, way=Way.ACCOUNT, image=picture, strokes=strokes,
            signer=self.clerk.user, signer_name=self.clerk.user.name, signer_unit=str(self.clerk.unit),
            version_seen=document.version, sha256_seen=document.sha256, at=self.at(25), source=DEMO,
        )  # fmt: skip
        fresh = Ticket.objects.select_related("contract").get(pk=self.ticket.pk)
        ticket_archive(ticket=fresh, actor=self.manager, at=self.at(40), source=DEMO)

    def _cancelled(self) -> None:
        self.begin("误报：打印机缺纸", "打印机缺纸")
        ticket_cancel(ticket=self.ticket, actor=self.manager, at=self.at(3), reason="报修人来电撤销", source=DEMO)

    def _merged(self) -> None:
        self.begin("电子屏黑屏", "二层电子屏黑屏")
        self.respond("difficult")
        first = self.ticket
        self.begin("二层屏幕不亮", "二层屏幕一直不亮")
        self.respond("difficult")
        fresh = Ticket.objects.select_related("contract", "response_clock", "repair_clock", "assignee").get(pk=first.pk)
        ticket_merge(
            ticket=self.ticket,
            target=fresh,
            actor=self.manager,
            at=self.at(9),
            reason="与前一单为同一故障",
            source=DEMO,
        )

    def _responded(self) -> None:
        self.begin("申请新增打印机", "新入驻窗口申请配置一台打印机")
        self.respond("service_request", commitment=8 * 60)

    def _asked(self) -> None:
        """Taken for the user's error at first; the manager has not confirmed yet that it is difficult."""
        self.begin("评价器登录不了", "评价器提示账号异常，换人登录也不行")
        self.respond("user_error")
        ticket_arrive(ticket=self.ticket, actor=self.engineer, at=self.at(8), source=DEMO)
        ticket_escalate(
            ticket=self.ticket,
            actor=self.engineer,
            at=self.at(12),
            analysis="并非操作问题，疑似证书失效，须联系平台方",
            source=DEMO,
        )


def day_in_every_state(
    contract: Contract, *, clerks: list[Membership], engineers: list[User], manager: User, devices: list[Device],
    start: datetime, until: datetime,
) -> None:  # fmt: skip
    """Tickets received in the first minutes of the last day, one for every state that lasts; as far as the time goes."""
    day = _Day(contract, clerks, engineers, manager, devices, start, until)
    for act in day.acts():
        try:
            act()
        except _Ahead:
            continue


def first_opening(calendar: ServiceCalendar, day: date) -> datetime | None:
    """When service begins on a day; None where it does not."""
    midnight = datetime.combine(day, time(), clock.SHANGHAI)
    windows = calendar.windows_between(midnight, midnight + timedelta(days=1))
    return windows[0].start if windows else None
