"""Demo: two major incidents, sheets of paper after an outage, the grid system's work orders, a hand-over of open tickets."""

import io
from datetime import datetime, time, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from contract.services.calendar import calendar_of
from core import clock
from core.roles import ENGINEER, MANAGER, SUPERVISOR
from core.sheets import Table
from devices.models import Device, Place
from guarantee.demo.tickets_flow import ring
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source
from records.services.attachments import PreparedImage, check_image
from sla.services.firing import replay_due
from tickets.finds.outage import in_hand_of
from tickets.models import MajorIncident, OpenHandoverLine, Ticket
from tickets.services.arrive import ticket_arrive
from tickets.services.blank_print import blank_print
from tickets.services.grid_import import grid_check, grid_map, grid_take_over
from tickets.services.handover_open import handover_offer
from tickets.services.incident_declare import incident_declare
from tickets.services.incident_end import incident_end
from tickets.services.incident_handle import incident_handle
from tickets.services.incident_instruct import incident_instruct, instruction_follow
from tickets.services.incident_note import incident_note
from tickets.services.incident_report import incident_report
from tickets.services.incident_review import incident_review
from tickets.services.late_decide import late_confirm
from tickets.services.late_enter import late_enter
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond
from tickets.states import TicketStatus

DEMO = Source.DEMO
GRID = "网格化工单系统"


def live_through_outages(contract: Contract, *, until: datetime) -> None:
    """Everything happens on past service days, at hours that depend on the date alone; what lies after `until` has not happened."""
    day = until.astimezone(clock.SHANGHAI).date()
    engineers = people_with_role(contract, ENGINEER, on=day)
    manager = people_with_role(contract, MANAGER, on=day)[0]
    supervisor = people_with_role(contract, SUPERVISOR, on=day)[0]
    cast = {"engineers": engineers, "manager": manager, "supervisor": supervisor}
    _network_down(contract, _morning(contract, until, 6), until, cast)
    _wrong_words(contract, _morning(contract, until, 2), until, cast)
    _paper(contract, until, cast)
    _grid(contract, _morning(contract, until, 3), until, cast)
    _hand_over(contract, until, cast)


def _morning(contract: Contract, until: datetime, days: int) -> datetime:
    """The first opening on or after a day before today, an hour and a half in."""
    day = until.astimezone(clock.SHANGHAI).date() - timedelta(days=days)
    calendar = calendar_of(contract)
    return calendar.add(calendar.next_opening(datetime.combine(day, time(), clock.SHANGHAI)), 90 * 60)


def _ring(incident: MajorIncident, until: datetime) -> None:
    if incident.clock_id is not None:
        replay_due(clock_ids=[incident.clock_id], until=until, source=DEMO)


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def _network_down(contract: Contract, at: datetime, until: datetime, cast: dict[str, Any]) -> None:
    if at + _minutes(300) > until:
        return
    engineer, helper = cast["engineers"][:2]
    place = Place.objects.filter(hall=contract.hall, parent=None).order_by("position").first()
    if place is None:
        return
    incident = incident_declare(
        contract=contract, actor=engineer, at=at, kind="network", title="大厅业务网中断",
        description="核心交换机电源模块告警后掉电，全厅业务终端无法登录，叫号系统转为人工叫号。", place=place,
        impact="全部窗口停止受理，自助区改为人工引导", source=DEMO, is_demo=True,
    )  # fmt: skip
    _ring(incident, at + _minutes(9))
    incident_report(
        incident=incident, actor=engineer, at=at + _minutes(9), reported_to="甲方管理员", reported_how="phone",
        reported_text="大厅业务网中断，已启用人工叫号，正在更换电源模块，预计40分钟内恢复。", source=DEMO,
    )  # fmt: skip
    incident_handle(incident=incident, actor=engineer, at=at + _minutes(10), source=DEMO)
    told = incident_instruct(
        incident=incident, actor=cast["supervisor"], at=at + _minutes(12), given_by="甲方管理员", given_how="phone",
        text="请先广播告知群众，优先恢复综合窗口A区。", source=DEMO,
    )  # fmt: skip
    incident_note(
        incident=incident, actor=helper, at=at + _minutes(15), text="备用电源模块从库房取出，已到机房", source=DEMO
    )
    instruction_follow(
        instruction=told, actor=helper, at=at + _minutes(18), done_text="已广播两遍，A区窗口改接备用链路", source=DEMO
    )
    incident_note(
        incident=incident, actor=engineer, at=at + _minutes(31), text="更换电源模块，设备启动正常", source=DEMO
    )
    incident_end(
        incident=incident,
        actor=engineer,
        at=at + _minutes(42),
        end_text="全部窗口恢复受理，叫号系统恢复自动叫号",
        source=DEMO,
    )
    incident_review(
        incident=incident, actor=cast["manager"], at=at + _minutes(280), cause="电源模块超过设计寿命，单电源运行无冗余。",
        effect="停止受理42分钟，受影响窗口36个，人工叫号办理21件。", handled="9分钟内报告甲方，更换电源模块，A区先行改接备用链路。",
        measures="核心交换机加装第二电源；机房电源模块列入季度巡检。",
        measures_due=(at + timedelta(days=30)).astimezone(clock.SHANGHAI).date(),
        lessons="关键设备的单点部件应在巡检表中单列，备件放在机房内。", source=DEMO,
    )  # fmt: skip


def _wrong_words(contract: Contract, at: datetime, until: datetime, cast: dict[str, Any]) -> None:
    if at + _minutes(60) > until:
        return
    manager = cast["manager"]
    device = (
        Device.objects.filter(hall=contract.hall, category__code="LED").select_related("place").order_by("code").first()
    )
    if device is None:
        return
    incident = incident_declare(
        contract=contract, actor=manager, at=at, kind="content", title="入口大屏显示非审定内容",
        description="入口LED大屏切换节目时显示了未经审定的测试文字。", place=device.place,
        impact="入口大屏关闭，改用立牌引导", reach="point", knowledge_at=at - _minutes(4),
        knowledge_reason="群众反映在先，值班员先电话告知项目经理", source=DEMO, is_demo=True,
    )  # fmt: skip
    _ring(incident, at + _minutes(14))
    incident_report(
        incident=incident, actor=manager, at=at + _minutes(14), reported_to="甲方分管领导", reported_how="in_person",
        reported_text="入口大屏出现测试文字，已立即黑屏断网，正在取证。", source=DEMO,
    )  # fmt: skip
    incident_instruct(
        incident=incident, actor=cast["supervisor"], at=at + _minutes(20), given_by="甲方分管领导", given_how="in_person",
        text="节目单重新三审后再上屏，书面说明原因。", source=DEMO,
    )  # fmt: skip
    incident_end(
        incident=incident, actor=manager, at=at + _minutes(48), end_text="重新审核节目单后恢复播放", source=DEMO
    )


def _photo_of_paper(number: str) -> PreparedImage:
    """A picture of a sheet of paper: its number, lines, something written."""
    image = Image.new("RGB", (600, 840), (250, 250, 246))
    draw = ImageDraw.Draw(image)
    draw.text((40, 30), number, fill=(20, 20, 20))
    for row in range(14):
        y = 80 + row * 50
        draw.rectangle((40, y, 560, y + 50), outline=(120, 120, 120))
        draw.line((160, y, 160, y + 50), fill=(120, 120, 120))
        draw.line(
            [(175 + step * 12, y + 26 + (step * 7 + row * 5) % 9 - 4) for step in range(6 + row % 5 * 4)],
            fill=(30, 50, 130),
        )
    held = io.BytesIO()
    image.save(held, "PNG")
    return check_image(SimpleUploadedFile(f"{number}.png", held.getvalue()))


def _paper(contract: Contract, until: datetime, cast: dict[str, Any]) -> None:
    """Sheets printed beforehand; of two that were written on, one is confirmed and one waits for the manager."""
    engineer, helper = cast["engineers"][:2]
    printed = blank_print(
        contract=contract, actor=engineer, at=_morning(contract, until, 9), kind="order", count=10, source=DEMO
    )
    blank_print(contract=contract, actor=engineer, at=_morning(contract, until, 9), kind="log", count=2, source=DEMO)
    devices = Device.objects.filter(hall=contract.hall, category__code="WS", window__isnull=False)
    first, second = devices.select_related("place", "window__unit").order_by("code")[:2]
    calendar = calendar_of(contract)
    for days, number, device, person, confirmed in ((7, 1, first, helper, True), (4, 2, second, engineer, False)):
        at = _morning(contract, until, days)
        entered = at + timedelta(hours=3)
        if entered + timedelta(hours=1) > until or device.window is None:
            continue
        paper = f"{printed.series}-{printed.first + number - 1:04d}"
        entry = late_enter(
            contract=contract, actor=person, at=entered, outage_from=at - _minutes(20), outage_to=at + _minutes(100),
            reason="机房检修停电，系统不可用", received_at=at, engineer=person, paper_no=paper,
            photos=[_photo_of_paper(paper)], source=DEMO, is_demo=True,
            values={
                "channel": "walk_in", "description": f"停电期间{device.window.code}窗口工作台无法启动",
                "reporter_name": "窗口人员02", "unit": device.window.unit, "window": device.window, "place": device.place,
                "device": device, "responded_at": calendar.add(at, 120), "contact_method": "in_person",
                "contact_person": "窗口人员02", "triage": "general", "commitment_kind": "arrival",
                "commitment_at": calendar.add(at, 900), "arrived_at": calendar.add(at, 600), "service_mode": "on_site",
                "resolved_at": calendar.add(at, 2100), "cause": "停电后电源未自动恢复", "solution": "手动上电并检查业务登录",
                "verification": "现场登录正常", "verified_by": "窗口人员02", "result": "solved",
            },
        )  # fmt: skip
        if confirmed:
            ticket = late_confirm(entry=entry, actor=cast["manager"], at=entered + _minutes(30), source=DEMO)
            ring([ticket.pk], until)


def _grid(contract: Contract, at: datetime, until: datetime, cast: dict[str, Any]) -> None:
    """A list of the grid system, taken over three minutes after its last dispatch and worked off."""
    engineer: User = cast["engineers"][0]
    if at + timedelta(hours=2) > until:
        return
    devices = Device.objects.filter(hall=contract.hall, category__code="QM").select_related("place", "window__unit")
    device = devices.order_by("code").first()
    unit = contract.client.units.filter(is_active=True).order_by("name").first()
    if device is None or unit is None:
        return

    def said(moment: datetime) -> str:
        return moment.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")

    header = ["工单编号", "派单时间", "问题描述", "联系人", "联系电话", "设备编号"]
    stamp = f"{at.astimezone(clock.SHANGHAI):%y%m%d}"
    rows = [
        [f"WG{stamp}-017", said(at), "群众反映取号机出票不清晰", "网格员甲", "13800000091", device.code],
        [
            f"WG{stamp}-021",
            said(at + _minutes(1)),
            "取号机旁指引屏显示旧版办事指南",
            "网格员乙",
            "13800000092",
            device.code,
        ],
    ]
    batch = grid_check(
        contract=contract, actor=engineer, at=at + _minutes(2), table=Table(header, rows, "", [2, 3]),
        file_name="网格派单.xlsx", source_system=GRID, source=DEMO,
    )  # fmt: skip
    grid_map(
        batch=batch,
        actor=engineer,
        at=at + _minutes(2),
        columns=batch.columns,
        unit=unit,
        place=device.place,
        source=DEMO,
    )
    for number, ticket in enumerate(grid_take_over(batch=batch, actor=engineer, at=at + _minutes(2), source=DEMO)):
        Ticket.objects.filter(pk=ticket.pk).update(is_demo=True)
        _work_off(contract, ticket, engineer, at + _minutes(3 + number), until)


def _work_off(contract: Contract, ticket: Ticket, engineer: User, at: datetime, until: datetime) -> None:
    calendar = calendar_of(contract)
    ring([ticket.pk], at)
    ticket = ticket_respond(
        ticket=ticket, actor=engineer, at=at, contact_method="phone", contact_person=ticket.reporter_name, triage="general",
        commitment_kind="arrival", commitment_at=calendar.add(at, 900), source=DEMO,
    )  # fmt: skip
    ticket = ticket_arrive(ticket=ticket, actor=engineer, at=calendar.add(at, 600), source=DEMO)
    done = calendar.add(at, 1800)
    ring([ticket.pk], done)
    ticket = ticket_resolve(
        ticket=ticket, actor=engineer, at=done, cause="打印头积灰，内容未更新", solution="清洁打印头，更新内容并试用",
        verification="现场试用正常", verified_by=ticket.reporter_name, result="solved", source=DEMO,
    )  # fmt: skip
    ring([ticket.pk], until)


def _hand_over(contract: Contract, until: datetime, cast: dict[str, Any]) -> None:
    """One engineer offers what is open to a colleague, who has not answered yet."""
    engineers: list[User] = cast["engineers"]
    for number, person in enumerate(engineers):
        offered = OpenHandoverLine.objects.values("ticket_id")
        tickets = list(in_hand_of(contract, person).exclude(pk__in=offered)[:3])
        if not tickets:
            continue
        notes = {
            ticket.pk: "备件已到，等窗口空闲"
            if ticket.status == TicketStatus.WAITING_PART
            else "已与窗口约好，请按时到场"
            for ticket in tickets
        }
        handover_offer(
            contract=contract, actor=person, at=until, from_person=person, to_person=engineers[(number + 1) % len(engineers)],
            why="shift", notes=notes, note="交班：以下工单请接手", source=DEMO, is_demo=True,
        )  # fmt: skip
        return
