"""What the tests of notes, tags, checklists, links and merging share, and what the other hall has of them."""

from datetime import datetime
from typing import Any

from tests.make import World
from tickets.models import CannedText, ChecklistTemplate, Tag, Ticket, TicketLink
from tickets.services.canned import canned_save
from tickets.services.checklist import checklist_save, checklist_use
from tickets.services.link import ticket_link
from tickets.services.merge import ticket_merge
from tickets.services.note import ticket_note
from tickets.services.split import ticket_split
from tickets.services.tag import tag_add
from tickets.tests.make import MONDAY, minutes, report

NOTED = MONDAY + minutes(20)


def note(world: World, ticket: Ticket, *, at: datetime = NOTED, actor: Any = None, **changes: Any) -> list[Any]:
    """A note by the engineer."""
    given: dict[str, Any] = {"text": "电源适配器已更换，等待复测"} | changes
    return ticket_note(ticket=ticket, actor=actor or world.engineer, at=at, **given)


def merge(
    world: World,
    ticket: Ticket,
    *,
    target: Ticket | None = None,
    at: datetime = NOTED,
    actor: Any = None,
    **changes: Any,
) -> Ticket:
    """The ticket merged into another one, which is made where none is given and keeps every promise of the first."""
    given: dict[str, Any] = {"reason": "同一故障重复报修"} | changes
    ticket_merge(ticket=ticket, target=target or earlier(world, ticket), actor=actor or world.manager, at=at, **given)
    return ticket


def earlier(world: World, ticket: Ticket) -> Ticket:
    """A ticket of the same contract received before this one, as far along as this one, so that this one may be merged into it."""
    other = report(world, at=ticket.received_at - minutes(1), title="更早的报修")
    Ticket.objects.filter(pk=other.pk).update(response_clock=None)
    return ticket_like(other, ticket)


def ticket_like(other: Ticket, ticket: Ticket) -> Ticket:
    """`other` with the clocks of `ticket` (the test looks at neither afterwards)."""
    Ticket.objects.filter(pk=other.pk).update(
        response_clock=ticket.response_clock_id, repair_clock=ticket.repair_clock_id
    )
    return Ticket.objects.select_related("contract", "assignee").get(pk=other.pk)


def split(world: World, ticket: Ticket, *, at: datetime = NOTED, actor: Any = None, **changes: Any) -> Ticket:
    """The second fault in one request."""
    given: dict[str, Any] = {"description": "另外打印机也卡纸"} | changes
    return ticket_split(ticket=ticket, actor=actor or world.engineer, at=at, **given)


def make_tag(world: World, name: str = "保修期内", **changes: Any) -> Tag:
    """A tag of the world's contract."""
    given: dict[str, Any] = {"actor": world.manager, "at": MONDAY, "tone": "info"} | changes
    return tag_add(contract=world.contract, name=name, **given)


def make_text(world: World, title: str = "请客户重启", **changes: Any) -> CannedText:
    """A text kept ready."""
    given: dict[str, Any] = {
        "kind": "note",
        "category": None,
        "text": "已请窗口人员重启设备后再试。",
        "actor": world.manager,
        "at": MONDAY,
    } | changes
    return canned_save(contract=world.contract, canned=None, title=title, **given)


def make_checklist(world: World, name: str = "工作台检查", **changes: Any) -> ChecklistTemplate:
    """A checklist of three items, the first of them required."""
    given: dict[str, Any] = {
        "category": None,
        "fault_type": "",
        "items": "* 断电后再开机\n外设全部识别\n网络连通",
        "actor": world.manager,
        "at": MONDAY,
    } | changes
    return checklist_save(contract=world.contract, template=None, name=name, **given)


def make_link(world: World, ticket: Ticket, target: Ticket, kind: str = "related") -> TicketLink:
    """Two tickets related by the engineer."""
    return ticket_link(ticket=ticket, target=target, kind=kind, actor=world.engineer, at=NOTED)


def talk_there(world: World) -> None:
    """A tag, a text, a checklist on a ticket and a link in the other hall, each with its mark."""
    make_tag(world, f"标{world.tag}")
    make_text(world, f"文{world.tag}")
    template = make_checklist(world, f"单{world.tag}")
    first, second = report(world, title=f"甲{world.tag}"), report(world, title=f"乙{world.tag}")
    checklist_use(ticket=first, template=template, actor=world.engineer, at=NOTED)
    note(world, first, text=f"备注{world.tag}")
    make_link(world, first, second)


def talk_asked(world: World, nothing: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of the room with parameters: those of something in this hall, and those of nothing at all."""
    link = TicketLink.objects.filter(source__contract=world.contract).select_related("source").latest("pk")
    ticket = link.source
    item = ticket.checklist.order_by("pk")[0]
    code = {"code": ticket.code}
    gone = {"code": ticket.code[:-4] + "9998"}
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"tickets:{name}": (code, gone)
        for name in ("note", "watch", "mention", "tag", "checklist", "link", "merge", "split", "me_too")
    }
    table["tickets:check"] = ({**code, "pk": item.pk}, {**gone, "pk": nothing})
    table["tickets:unlink"] = ({**code, "pk": link.pk}, {**gone, "pk": nothing})
    for name in ("tag_edit", "tag_merge"):
        table[f"tickets:{name}"] = (
            {"pk": Tag.objects.filter(contract=world.contract).earliest("pk").pk},
            {"pk": nothing},
        )
    table["tickets:text_edit"] = (
        {"pk": CannedText.objects.filter(contract=world.contract).earliest("pk").pk},
        {"pk": nothing},
    )
    table["tickets:template_edit"] = (
        {"pk": ChecklistTemplate.objects.filter(contract=world.contract).earliest("pk").pk},
        {"pk": nothing},
    )
    return table
