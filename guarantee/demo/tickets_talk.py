"""The demo's words about its tickets: tags, texts kept ready, checklists, notes with mentions, people who follow, links."""

import random
from datetime import datetime, timedelta
from functools import partial

from core.clock import SHANGHAI
from core.roles import ENGINEER, MANAGER, SUPERVISOR
from notifications.querysets import inbox_of
from notifications.services.delivery import mark_read
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source
from tickets.models import ChecklistItem, ChecklistTemplate, Tag, Ticket
from tickets.services.canned import canned_save
from tickets.services.checklist import checklist_save, checklist_tick, checklist_use
from tickets.services.link import ticket_link
from tickets.services.note import ticket_note
from tickets.services.tag import tag_add, tickets_tag
from tickets.services.watch import ticket_watch
from tickets.states import BEFORE_SIGNING, TicketStatus

TAGS = (("保修期内", "ok"), ("需回访", "warn"), ("疑似网络", "info"), ("群众反映", "danger"), ("换件", "plain"))
TEXTS = (
    ("note", "已联系报修人", "已电话联系报修人，约定到场时间。"),
    ("note", "请先重启", "已请窗口人员断电重启，结果待反馈。"),
    ("note", "等待窗口空闲", "窗口正在办理业务，等办理完毕再处理。"),
    ("analysis", "疑似供电", "设备无任何反应，疑似电源适配器或插座故障，需到场检测。"),
    ("analysis", "疑似网络", "同区域其他窗口正常，疑似本窗口网线或交换机端口故障。"),
    ("cause", "接触不良", "电源线或数据线接触不良。"),
    ("cause", "耗材用尽", "耗材用尽，未及时更换。"),
    ("cause", "操作设置", "软件设置被误改。"),
    ("solution", "重新插接", "重新插接并固定线缆，开机试用正常。"),
    ("solution", "更换耗材", "更换耗材并打印测试页，输出正常。"),
    ("solution", "恢复设置", "恢复原有设置，并向窗口人员说明正确操作方法。"),
    ("verification", "连续试用", "现场连续试用三次，均正常。"),
    ("verification", "窗口确认", "窗口人员当场办理一笔业务，确认正常。"),
)
CHECKLISTS = (
    (
        "工作台不能开机",
        "hardware",
        "* 检查插座与电源线\n* 断电一分钟后再开机\n检查显示器与主机连线\n记录报警声或指示灯",
    ),
    ("窗口不能上网", "network", "* 检查网线与端口指示灯\n比较同区其他窗口\n核对地址设置\n测试业务系统"),
    ("完工前自查", "", "现场清理干净\n线缆绑扎整齐\n向窗口人员说明使用方法"),
)
NOTES = (
    "同型号上月也出过同样问题，建议关注这一批次。",
    "@{other} 备用电源在值班室柜子里，需要时可取。",
    "现场插座松动，已临时固定，建议物业更换。",
    "窗口人员反映早上开机时偶发，已请其留意。",
    "@{manager} 如需更换主板，请先确认是否在保修期内。",
    "已拍照留存设备铭牌，便于联系厂商。",
)
MESSAGES = ("请尽快处理，上午办事群众较多。", "现在窗口空了，可以过来修。", "已按您说的重启过，还是不行。")
SHARE_NOTED, SHARE_TAGGED = 0.3, 0.35
MOST = 120


def talk_about(contract: Contract, *, seed: int, until: datetime) -> int:
    """Let people talk about the latest tickets of the demo; returns how many notes there are."""
    rng = random.Random(f"{seed}-talk")
    day = until.astimezone(SHANGHAI).date()
    engineers = people_with_role(contract, ENGINEER, on=day)
    manager = people_with_role(contract, MANAGER, on=day)[0]
    rows = Ticket.objects.filter(contract=contract, responded_at__lte=until - timedelta(minutes=30))
    rows = rows.exclude(status__in=(TicketStatus.MERGED, TicketStatus.CANCELLED, TicketStatus.ARCHIVED))
    related = ("contract", "assignee", "reporter", "unit", "place", "device", "category")
    tickets = list(rows.select_related(*related).order_by("-received_at", "-id")[:MOST])[::-1]
    opened = min((one.received_at for one in tickets), default=until) - timedelta(days=1)
    tags = [
        tag_add(contract=contract, name=name, tone=tone, actor=manager, at=opened, source=Source.DEMO)
        for name, tone in TAGS
    ]
    _texts(contract, manager, opened)
    templates = _checklists(contract, manager, opened)
    notes = 0
    for ticket in tickets:
        notes += _about(ticket, rng, engineers, manager, tags, until)
    _arrange(tickets, templates, engineers, until)
    for person in (*engineers, manager):
        old = inbox_of(person).filter(read_at=None, message__posted_at__lt=until - timedelta(days=1))
        mark_read(user=person, at=until, ids=old.values_list("pk", flat=True))
    return notes


def _texts(contract: Contract, manager: User, at: datetime) -> None:
    for position, (kind, title, text) in enumerate(TEXTS):
        canned_save(
            contract=contract,
            canned=None,
            kind=kind,
            category=None,
            title=title,
            text=text,
            position=position,
            actor=manager,
            at=at,
            source=Source.DEMO,
        )


def _checklists(contract: Contract, manager: User, at: datetime) -> list[ChecklistTemplate]:
    save = partial(
        checklist_save, contract=contract, template=None, category=None, actor=manager, at=at, source=Source.DEMO
    )
    return [save(name=name, fault_type=fault_type, items=items) for name, fault_type, items in CHECKLISTS]


def _about(
    ticket: Ticket, rng: random.Random, engineers: list[User], manager: User, tags: list[Tag], until: datetime
) -> int:
    """Some tickets get a tag, some a note, a few a message of whoever reported them."""
    engineer = ticket.assignee or engineers[0]
    after = min((ticket.responded_at or ticket.received_at) + timedelta(minutes=rng.randint(4, 25)), until)
    tagged, noted, wrote = rng.random() < SHARE_TAGGED, rng.random() < SHARE_NOTED, rng.random() < SHARE_NOTED / 4
    tag, words, said = rng.choice(tags), rng.choice(NOTES), rng.choice(MESSAGES)
    if tagged:
        tickets_tag(tickets=[ticket], tag=tag, actor=engineer, at=after, source=Source.DEMO)
    if noted:
        other = next((one for one in engineers if one.pk != engineer.pk), manager)
        text = words.format(other=other.name, manager=manager.name)
        ticket_note(ticket=ticket, actor=engineer, at=after, text=text, source=Source.DEMO)
    clerk = ticket.reporter if wrote else None
    if clerk is not None:
        ticket_note(ticket=ticket, actor=clerk, at=after, text=said, source=Source.DEMO)
    return int(noted) + int(clerk is not None)


def _arrange(tickets: list[Ticket], templates: list[ChecklistTemplate], engineers: list[User], until: datetime) -> None:
    """Checklists half ticked, links between faults of one device, and a supervisor who follows, on the latest tickets."""
    engineer = engineers[0]
    open_ = [one for one in tickets if one.status in BEFORE_SIGNING and not one.unconfirmed]
    for number, ticket in enumerate(open_[-3:]):
        template = templates[number % len(templates)]
        by = ticket.assignee or engineer
        checklist_use(ticket=ticket, template=template, actor=by, at=until, source=Source.DEMO)
        for item in ChecklistItem.objects.filter(ticket=ticket)[:2]:
            checklist_tick(ticket=ticket, item=item, done=True, actor=by, at=until, source=Source.DEMO)
    watchers = (
        people_with_role(tickets[0].contract, SUPERVISOR, on=until.astimezone(SHANGHAI).date()) if tickets else []
    )
    for ticket in open_[-2:]:
        for person in watchers[:1]:
            ticket_watch(ticket=ticket, actor=person, at=until)
    by_device: dict[int, Ticket] = {}
    for ticket in tickets[-40:]:
        before = by_device.get(ticket.device_id or 0)
        if before is not None and ticket.device_id:
            ticket_link(
                ticket=ticket,
                target=before,
                kind="related",
                actor=ticket.assignee or engineer,
                at=until,
                source=Source.DEMO,
            )
        by_device[ticket.device_id or 0] = ticket
