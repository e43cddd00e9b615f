"""What is signed under a check: Chinese whatever the reader's language, one labelled line per field.

Lines carry the names as they were when the list was made. Long lists that hold no decision stand in the text by their fingerprint.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime

from core.clock import SHANGHAI
from devices.models import HandoverList, LinkageTest, RightsCheck, SignedCheck, Stocktake
from devices.rules_access import rate_percent

NOTHING = "（无）"
KINDS = {"staff": "员工", "temporary": "临时", "visitor": "访客", "contractor": "承包商"}
DECISIONS = {"keep": "保留", "withdraw": "收回", "change": "调整"}
TAKES = {"quarterly": "季度盘点", "annual": "年度盘点", "extra": "专项盘点"}
OUTCOMES = {"here": "在位", "elsewhere": "在他处", "missing": "未找到", "": "未盘"}
SETTLED = {"move": "登记到新位置", "put_back": "放回原位", "stop": "停用", "correct": "手工更正台账"}
SURPLUS = {"register": "登记入账", "leave": "不入账"}
RESULTS = {"passed": "合格", "remarks": "合格，有待改进", "failed": "不合格"}
ITEMS = {
    "office": "办公场所", "key": "钥匙", "network": "网络点位", "furniture": "家具", "account": "账号", "other": "其他",
}  # fmt: skip
YES_NO = {True: "是", False: "否", None: ""}


def rights_text(check: RightsCheck) -> str:
    """The quarterly check of rights: what was withdrawn or is to be changed, and the fingerprint of every line."""
    lines = list(check.lines.all())
    counted = {key: sum(line.decision == key for line in lines) for key in DECISIONS}
    rows = [
        *_head(check),
        ("季度", check.quarter),
        ("核对权限数", str(len(lines))),
        *((f"{label}数", str(counted[key])) for key, label in DECISIONS.items()),
    ]
    for line in lines:
        if line.decision != "keep":
            said = f"{DECISIONS.get(line.decision, '')} {line.note}".strip()
            rows.append((f"{line.group_name} {line.masked} {line.holder_name}", said))
    compared = check.compared or {}
    if compared:
        rows.append(("与系统导出比对", f"{compared.get('file', '')}，{compared.get('rows', 0)}行"))
        rows.append(("系统有、台账无", "；".join(compared.get("not_in_register", []))))
        rows.append(("台账有、系统无", "；".join(compared.get("not_in_system", []))))
    whole = (
        f"{line.group_name}|{line.masked}|{line.holder_name}|{line.unit_name}|{line.decision}|{line.note}"
        for line in lines
    )
    return _text("门禁权限季度核对结果", [*rows, ("全部明细指纹", _fingerprint(whole)), *_foot(check)])


def stocktake_text(take: Stocktake) -> str:
    """The stocktake: its figures, every difference with what was decided, and the fingerprint of the whole list."""
    rate = rate_percent(take.matched, take.expected, take.surplus)
    rows = [
        *_head(take),
        ("盘点类型", TAKES.get(take.kind, take.kind)),
        ("盘点范围", take.scope_text),
        ("开始时间", _when(take.started_at)),
        ("账面数", str(take.expected)),
        ("账实相符数", str(take.matched)),
        ("在他处数", str(take.elsewhere)),
        ("未找到数", str(take.missing)),
        ("账外数", str(take.surplus)),
        ("账实相符率", "" if rate is None else f"{rate:.2f}%"),
    ]
    lines = list(take.lines.all())
    for line in lines:
        if line.outcome != "here":
            said = f"{OUTCOMES[line.outcome]} {line.found_name} → {SETTLED.get(line.decision, '')} {line.decision_note}"
            rows.append((f"{line.code} {line.name}（{line.place_name}）", said))
    for extra in take.surpluses.all():
        said = f"{extra.place_name} → {SURPLUS.get(extra.decision, '')} {extra.decision_note}"
        rows.append((f"账外：{extra.description}", said))
    whole = (
        f"{line.code}|{line.name}|{line.place_name}|{line.outcome}|{line.found_name}|{_when(line.counted_at)}"
        for line in lines
    )
    return _text("设备盘点结果", [*rows, ("全部清单指纹", _fingerprint(whole)), *_foot(take)])


def linkage_text(test: LinkageTest) -> str:
    """The fire-linkage test, whole: people, every zone and every door."""
    rows = [
        *_head(test),
        ("测试日期", _day(test.tested_on)),
        ("我方人员", test.ours),
        ("消防维保", test.fire_vendor),
        ("甲方人员", test.client_people),
    ]
    for zone in test.zones.all():
        cut = zone.cut_at.strftime("%H:%M:%S") if zone.cut_at else ""
        back = zone.restored_at.strftime("%H:%M:%S") if zone.restored_at else ""
        said = f"强切 {cut}，听到 {YES_NO[zone.heard]}，恢复 {back}，异常 {zone.note}"
        rows.append((f"分区 {zone.name}", said))
    rows += [(f"门 {door.name}", f"释放 {YES_NO[door.released]}，异常 {door.note}") for door in test.doors.all()]
    rows += [("总体结果", RESULTS.get(test.result, "")), ("说明", test.note)]
    return _text("消防联动测试结果", [*rows, *_foot(test)])


def handover_text(sheet: HandoverList) -> str:
    """The hand-over list, whole: every item."""
    rows = [
        *_head(sheet),
        ("名称", sheet.title),
        ("交接日期", _day(sheet.handed_on)),
        ("移交人", sheet.from_name),
        ("接收人", sheet.to_name),
    ]
    for number, item in enumerate(sheet.items.filter(is_active=True), start=1):
        parts = [
            f"{ITEMS.get(item.kind, item.kind)} {item.name}",
            f"{item.quantity}{item.unit}",
            item.place,
            item.condition,
        ]
        if item.is_missing:
            parts.append(f"未移交：{item.missing_note}")
        if item.returned_on:
            parts.append(f"归还日期 {_day(item.returned_on)}")
        rows.append((f"第{number}项", "，".join(part for part in parts if part)))
    return _text("办公条件交接清单", [*rows, ("备注", sheet.note), *_foot(sheet)])


def _head(check: SignedCheck) -> list[tuple[str, str]]:
    contract = check.contract
    return [
        ("项目", contract.project_name),
        ("甲方", contract.client.legal_name),
        ("乙方", contract.contractor.legal_name),
        ("编号", check.code),
    ]


def _foot(check: SignedCheck) -> list[tuple[str, str]]:
    return [
        ("完成人", check.finished_by.name if check.finished_by else ""),
        ("完成时间", _when(check.finished_at)),
        ("内容版本", str(check.content_version)),
    ]


def _fingerprint(lines: Iterable[str]) -> str:
    return "SHA-256 " + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _when(at: datetime | None) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _text(title: str, rows: list[tuple[str, str]]) -> str:
    """One line per field; line breaks within a value become a visible mark, so that no value can pose as another field."""
    return "\n".join([title, *(f"{_one_line(label)}：{_one_line(value) or NOTHING}" for label, value in rows)]) + "\n"


def _one_line(value: str) -> str:
    return " ⏎ ".join(part.strip() for part in value.splitlines() if part.strip())
