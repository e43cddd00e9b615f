"""What is signed: the deterministic text of a work order, in Chinese whatever the reader's language, one labelled line per field.

Names come from `frozen_names` and not from the rows they point to, so that renaming a device or a unit never changes what was
signed. Ratings, notes and photos are outside. The purposes are those of 五.1(2): acceptance of the order, completion of the work.
"""

from datetime import datetime
from typing import Any

from core.clock import SHANGHAI
from tickets.models import Ticket

NOTHING = "（无）"
VERSION = "内容版本"
CHANNELS = {
    "web": "网页",
    "phone": "电话",
    "walk_in": "现场口头",
    "chat": "微信群",
    "grid": "网格化工单系统",
    "inspection": "巡检转单",
    "scan": "扫码报修",
}
TRIAGES = {"general": "一般故障", "user_error": "操作失误", "difficult": "疑难故障", "service_request": "服务请求"}
METHODS = {"phone": "电话", "in_person": "当面", "chat": "微信群", "remote": "远程"}
COMMITMENTS = {"arrival": "到场时间", "repair": "预计修复时间"}
MODES = {"on_site": "现场", "remote": "远程"}
RESULTS = {"solved": "已解决", "restored": "临时恢复", "retired": "设备转报废"}
FAULTS = {
    "hardware": "硬件",
    "software": "软件",
    "network": "网络",
    "peripheral": "外设",
    "consumable": "耗材",
    "permission": "权限",
    "content": "内容",
    "environment": "环境",
}


def names_of(ticket: Ticket) -> dict[str, str]:
    """What the ticket's people and things are called now; stored by the verbs that write them down."""
    return {
        "project": ticket.contract.project_name,
        "client": ticket.contract.client.legal_name,
        "contractor": ticket.contract.contractor.legal_name,
        "unit": ticket.unit_name,
        "window": ticket.window.code if ticket.window else "",
        "place": ticket.place.name,
        "device": f"{ticket.device.code} {ticket.device.name}" if ticket.device else "",
        "category": ticket.category.name if ticket.category else "",
        "assignee": ticket.assignee.name if ticket.assignee else "",
        "cause_code": ticket.cause_code.name if ticket.cause_code else "",
        "checked_by": ticket.checked_by.name if ticket.checked_by else "",
    }


def acceptance_text(ticket: Ticket) -> str:
    """The submitted order: what the client confirms to have reported, and what was promised to them."""
    promise = ("服务承诺", _commitment(ticket))
    return _lines("报修工单确认", [*_head(ticket), *_request(ticket), promise, (VERSION, str(ticket.content_version))])


def same_but_version(one: str, other: str) -> bool:
    """Whether two texts say the same but for the number of the version, their last line."""
    return _without_version(one) == _without_version(other)


def _without_version(text: str) -> list[str]:
    lines = text.strip().split("\n")
    return lines[:-1] if lines[-1].startswith(f"{VERSION}：") else lines


def completion_text(ticket: Ticket) -> str:
    """The finished work: what the client confirms with the completion signature."""
    work = [
        ("响应时间", _when(ticket.responded_at)),
        ("沟通方式", METHODS.get(ticket.contact_method, ticket.contact_method)),
        ("沟通对象", ticket.contact_person),
        ("初判", TRIAGES.get(ticket.triage, ticket.triage)),
        ("初步分析", ticket.analysis),
        ("服务承诺", _commitment(ticket)),
        ("责任工程师", _name(ticket, "assignee")),
        ("预约时间", _when(ticket.appointment_at)),
        ("预约地点", ticket.appointment_place),
        ("预约对象", ticket.appointment_with),
        ("服务方式", MODES.get(ticket.service_mode, ticket.service_mode)),
        ("到场时间", _when(ticket.arrived_at)),
        ("原因类别", _name(ticket, "cause_code")),
        ("故障原因", ticket.cause),
        ("解决方案", ticket.solution),
        ("验证情况", ticket.verification),
        ("验证人", ticket.verified_by),
        ("复核人", _name(ticket, "checked_by")),
        ("复核时间", _when(ticket.checked_at)),
        ("使用备件", _name(ticket, "parts")),
        ("处理结果", RESULTS.get(ticket.result, ticket.result)),
        ("完成时间", _when(ticket.resolved_at)),
        ("返工次数", str(ticket.rework_count)),
        (VERSION, str(ticket.content_version)),
    ]
    return _lines("技术支持工单完工确认", [*_head(ticket), *_request(ticket), *work])


SIGNED_FIELDS = {
    "acceptance": (
        "code", "channel", "title", "description", "reporter_name", "unit", "window", "place", "device", "category", "fault_type",
        "priority", "received_at", "commitment_kind", "commitment_at", "content_version",
    ),
    "completion": (
        "code", "channel", "title", "description", "reporter_name", "unit", "window", "place", "device", "category", "fault_type",
        "priority", "received_at", "content_version", "responded_at", "contact_method", "contact_person", "triage", "analysis",
        "commitment_kind", "commitment_at", "assignee", "appointment_at", "appointment_place", "appointment_with",
        "service_mode", "arrived_at", "cause_code", "cause", "solution", "verification", "verified_by", "checked_by",
        "checked_at", "parts", "result", "resolved_at", "rework_count",
    ),
}  # fmt: skip
"""The fields behind each text; a test changes every one of them and expects another text."""


def _head(ticket: Ticket) -> list[tuple[str, str]]:
    return [
        ("项目", _name(ticket, "project")),
        ("甲方", _name(ticket, "client")),
        ("乙方", _name(ticket, "contractor")),
        ("工单编号", ticket.code),
    ]


def _request(ticket: Ticket) -> list[tuple[str, str]]:
    return [
        ("受理渠道", CHANNELS.get(ticket.channel, ticket.channel)),
        ("受理时间", _when(ticket.received_at)),
        ("报修人", ticket.reporter_name),
        ("单位", _name(ticket, "unit")),
        ("窗口", _name(ticket, "window")),
        ("地点", _name(ticket, "place")),
        ("设备", _name(ticket, "device")),
        ("服务类别", _name(ticket, "category")),
        ("故障类型", FAULTS.get(ticket.fault_type, ticket.fault_type)),
        ("优先级", f"P{ticket.priority}"),
        ("标题", ticket.title),
        ("故障现象", ticket.description),
    ]


def _commitment(ticket: Ticket) -> str:
    return f"{COMMITMENTS.get(ticket.commitment_kind, '')} {_when(ticket.commitment_at)}".strip()


def _name(ticket: Ticket, key: str) -> str:
    value: Any = ticket.frozen_names.get(key, "")
    return str(value)


def _when(at: datetime | None) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _lines(title: str, rows: list[tuple[str, str]]) -> str:
    """One line per field; line breaks within a value become a visible mark, so that no value can pose as another field."""
    body = [f"{label}：{_one_line(value) or NOTHING}" for label, value in rows]
    return "\n".join([title, *body]) + "\n"


def _one_line(value: str) -> str:
    return " ⏎ ".join(
        part.strip() for part in value.replace("\r\n", "\n").replace("\r", "\n").split("\n") if part.strip()
    )
