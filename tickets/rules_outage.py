"""Late entries and other systems' work orders decided from values: order of instants, numbers, columns. No database."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

INSTANTS = ("received_at", "responded_at", "arrived_at", "resolved_at")
"""The instants of a sheet, in the order in which they can only have happened."""
RESPONSE_FIELDS = ("contact_method", "contact_person", "triage", "commitment_kind", "commitment_at")
WORK_FIELDS = ("cause", "solution", "verification", "verified_by", "result")
MOST_SHEETS = 50
LOG_LINES = 14
"""Calls that one sheet of the daily log holds."""
MOST_ROWS = 500
"""Work orders that one file of another system may hold."""


def disorder(instants: Mapping[str, datetime | None], until: datetime) -> dict[str, str]:
    """What is wrong with a sheet's instants, field → code: "gap" (an earlier step is missing), "order", "ahead"."""
    wrong: dict[str, str] = {}
    last: datetime | None = None
    missing = False
    for name in INSTANTS:
        at = instants.get(name)
        if at is None:
            missing = True
            continue
        if missing:
            wrong[name] = "gap"
        elif last is not None and at < last:
            wrong[name] = "order"
        elif at > until:
            wrong[name] = "ahead"
        last = at
    return wrong


def series(prefix: str, tag: str, stamp: str) -> str:
    """A series of numbers: KB-2024 for blank sheets, BL-20240318 for late entries; with the contract's tag where it has one."""
    return "-".join(part for part in (prefix, tag.upper(), stamp) if part)


def sheet_no(series: str, number: int) -> str:
    """The number printed on a blank sheet: KB-2024-0007."""
    return f"{series}-{number:04d}"


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "external_no": ("工单编号", "工单号", "外部单号", "单号", "编号", "number", "no"),
    "external_at": ("派单时间", "派发时间", "受理时间", "时间", "dispatched", "time"),
    "description": ("问题描述", "故障现象", "描述", "内容", "诉求内容", "description"),
    "title": ("标题", "主题", "title"),
    "reporter_name": ("报修人", "联系人", "上报人", "姓名", "reporter"),
    "reporter_phone": ("联系电话", "电话", "手机", "phone"),
    "unit": ("单位", "部门", "进驻单位", "unit"),
    "place": ("地点", "位置", "区域", "place"),
    "device": ("设备编号", "设备", "device"),
    "urgency": ("紧急程度", "紧急", "urgency"),
}
"""What a work order of another system says, and the heads under which that is usually found."""
NEEDED = ("external_no", "external_at", "description", "reporter_name")
URGENCIES: Mapping[str, str] = {
    "低": "low", "一般": "medium", "普通": "medium", "中": "medium", "紧急": "high", "特急": "high", "高": "high",
    "low": "low", "medium": "medium", "high": "high",
}  # fmt: skip
INSTANT = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?$")


def guess(header: Sequence[str]) -> dict[str, int]:
    """Which column probably holds what: the first one with exactly a usual head, else one that contains it; never one twice."""
    found: dict[str, int] = {}
    names = [head.strip().lower() for head in header]
    for exact in (True, False):
        for key, usual in COLUMNS.items():
            if key in found:
                continue
            for word in usual:
                fits = [
                    index
                    for index, name in enumerate(names)
                    if index not in found.values() and (name == word if exact else word in name)
                ]
                if fits:
                    found[key] = fits[0]
                    break
    return found


def wall_clock(text: str) -> tuple[int, int, int, int, int, int] | None:
    """A local date and time as a file writes it (2024-03-18 09:12, 2024/3/18 9:12:05); None for anything else."""
    match = INSTANT.match(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return year, month, day, hour, minute, second
