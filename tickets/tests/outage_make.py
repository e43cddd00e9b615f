"""What the tests of incidents, late entries, grid numbers and hand-overs share, and what the other hall has of them."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from core.sheets import Table
from records.services.attachments import PreparedImage, check_image
from tests.make import World
from tickets.models import BlankSheets, GridBatch, LateEntry, MajorIncident, OpenHandover, Ticket
from tickets.services.blank_print import blank_print
from tickets.services.grid_import import grid_check
from tickets.services.handover_open import handover_offer
from tickets.services.incident_declare import incident_declare
from tickets.services.incident_instruct import incident_instruct
from tickets.services.late_enter import late_enter
from tickets.tests.make import MONDAY, WORK, minutes, reach

AFTER = MONDAY + timedelta(hours=5)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c636060606000000005000165f645400000000049454e44ae426082"
)


def photo() -> PreparedImage:
    """A picture of the paper."""
    return check_image(SimpleUploadedFile("paper.png", PIXEL))


def declare(world: World, *, at: Any = MONDAY, actor: Any = None, **changes: Any) -> MajorIncident:
    """A hall without network, declared by the engineer."""
    given: dict[str, Any] = {
        "contract": world.contract,
        "actor": actor or world.engineer,
        "at": at,
        "kind": "network",
        "title": "大厅断网",
        "description": "核心交换机掉电，全厅无法办理业务",
        "place": world.place,
        "impact": "全部窗口无法办理",
    }
    return incident_declare(**(given | changes))


def told(**changes: Any) -> dict[str, Any]:
    """The report to the client."""
    return {"reported_to": "甲方管理员", "reported_how": "phone", "reported_text": "大厅断网，正在处置"} | changes


def sheet(world: World, **changes: Any) -> dict[str, Any]:
    """What stands on a sheet: a call at 09:10, done at 09:40."""
    values: dict[str, Any] = {
        "channel": "phone",
        "description": "停电期间A05窗口电脑无法开机",
        "reporter_name": "窗口人员01",
        "unit": world.unit,
        "place": world.place,
        "device": world.device,
        "responded_at": MONDAY + minutes(3),
        "contact_method": "phone",
        "contact_person": "窗口人员01",
        "triage": "general",
        "commitment_kind": "arrival",
        "commitment_at": MONDAY + minutes(15),
        "arrived_at": MONDAY + minutes(12),
        "service_mode": "on_site",
        "resolved_at": MONDAY + minutes(30),
        **WORK,
    }
    return values | changes


def enter(world: World, *, values: dict[str, Any] | None = None, **changes: Any) -> LateEntry:
    """A sheet entered by the engineer after the outage."""
    given: dict[str, Any] = {
        "contract": world.contract,
        "actor": world.engineer,
        "at": AFTER,
        "outage_from": MONDAY - minutes(30),
        "outage_to": MONDAY + timedelta(hours=2),
        "reason": "机房停电，系统不可用",
        "received_at": MONDAY,
        "engineer": world.engineer,
        "values": sheet(world) if values is None else values,
        "photos": [photo()],
    }
    return late_enter(**(given | changes))


HEAD = ["工单编号", "派单时间", "问题描述", "联系人", "联系电话", "单位", "地点", "紧急程度"]


def grid_table(world: World, *rows: list[str]) -> Table:
    """A list of the grid system."""
    given = list(rows) or [
        [
            "WG-001",
            "2024-03-18 08:50",
            "取号机不出票",
            "网格员甲",
            "13800000011",
            world.unit.name,
            world.place.name,
            "紧急",
        ],
        ["WG-002", "2024/3/18 9:05:30", "大屏黑屏", "网格员乙", "", "", "", ""],
    ]
    return Table(HEAD, given, "", list(range(2, 2 + len(given))))


def grid_batch(world: World, *rows: list[str], at: Any = MONDAY, **changes: Any) -> GridBatch:
    """The list, looked at."""
    given: dict[str, Any] = {
        "table": grid_table(world, *rows),
        "file_name": "网格派单.csv",
        "source_system": "网格化系统",
    }
    return grid_check(contract=world.contract, actor=world.engineer, at=at, **(given | changes))


def offer(world: World, ticket: Ticket, **changes: Any) -> OpenHandover:
    """The engineer's ticket offered to the colleague."""
    given: dict[str, Any] = {
        "contract": world.contract,
        "actor": world.engineer,
        "at": AFTER,
        "from_person": world.engineer,
        "to_person": world.engineer2,
        "why": "shift",
        "notes": {ticket.pk: "等客户回电"},
    }
    return handover_offer(**(given | changes))


def outage_world(world: World) -> dict[str, Any]:
    """One of everything in a hall, for tests of who may reach it."""
    incident = declare(world, title="机密事件")
    instruction = incident_instruct(
        incident=incident, actor=world.engineer, at=MONDAY, given_by="甲方管理员", given_how="phone", text="机密指示"
    )
    sheets: BlankSheets = blank_print(contract=world.contract, actor=world.engineer, at=MONDAY, kind="order", count=3)
    return {
        "incident": incident,
        "instruction": instruction,
        "sheets": sheets,
        "late": enter(world, values=sheet(world, description="机密补录")),
        "batch": grid_batch(world),
        "handover": offer(world, reach(world, "in_progress")),
    }


def outage_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route with parameters about incidents, paper, grid files and hand-overs: for that hall's, and for nothing at all."""
    incident = MajorIncident.objects.filter(contract=world.contract).latest("pk")
    instruction = incident.instructions.latest("pk")
    code, none = incident.code, f"ZD-{world.tag}-2024-999".upper()
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"tickets:incident{verb}": ({"code": code}, {"code": none})
        for verb in ("", "_report", "_handle", "_note", "_instruct", "_end", "_review", "_withdraw", "_sheet")
    }
    table["tickets:incident_follow"] = ({"code": code, "pk": instruction.pk}, {"code": none, "pk": nowhere})
    for names, row in (
        (("paper_sheets",), BlankSheets.objects.filter(contract=world.contract).latest("pk")),
        (("late", "late_confirm", "late_refuse"), LateEntry.objects.filter(contract=world.contract).latest("pk")),
        (
            ("grid_batch", "grid_take", "grid_lay_aside", "grid_take_back"),
            GridBatch.objects.filter(contract=world.contract).latest("pk"),
        ),
        (
            ("handover_open", "handover_take_back"),
            OpenHandover.objects.filter(contract=world.contract).latest("pk"),
        ),
    ):
        table |= {f"tickets:{name}": ({"pk": row.pk}, {"pk": nowhere}) for name in names}
    return table
