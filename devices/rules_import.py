"""Decides about an import without a database: which column of a file is which field, and what a cell says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.search import normal


@dataclass(frozen=True)
class Field:
    """A field that a file may fill. `names` are its heads in Chinese, the first one that of the template.

    An `emptied` field is cleared by an empty cell; of the others an empty cell leaves what is stored. A `reference` names something
    that stands in the register already; a `note` is read by nobody: exports have it, imports leave it out.
    """

    key: str
    names: tuple[str, ...]
    emptied: bool = True
    reference: bool = False
    note: bool = False
    width: int = 16


FIELDS: tuple[Field, ...] = (
    Field("code", ("设备编号", "编号"), emptied=False, width=14),
    Field("name", ("名称", "设备名称"), emptied=False, width=24),
    Field("category", ("类别", "设备类别", "分类"), emptied=False, reference=True),
    Field("place", ("位置", "地点", "安装位置"), emptied=False, reference=True, width=20),
    Field("window", ("窗口", "窗口号"), reference=True, width=10),
    Field("unit", ("单位", "使用单位", "部门", "所属单位"), reference=True, width=20),
    Field("status", ("状态",), emptied=False, width=10),
    Field("asset_no", ("资产编号", "固定资产编号")),
    Field("brand", ("品牌",), width=12),
    Field("model", ("型号",)),
    Field("serial_no", ("序列号", "出厂编号"), width=20),
    Field("addresses", ("IP地址", "IP"), width=18),
    Field("mac", ("MAC地址", "MAC"), width=20),
    Field("vendor", ("厂商", "供应商", "维保单位", "第三方单位"), reference=True, width=20),
    Field("custodian", ("责任人", "保管人"), width=12),
    Field("installed_on", ("安装日期", "启用日期"), width=14),
    Field("warranty_until", ("质保到期", "保修截止", "保修到期", "保修期至"), width=14),
    Field("power_policy", ("开关机要求", "开关机策略", "关机策略"), emptied=False),
    Field("is_key", ("关键设备", "重点设备"), emptied=False, width=10),
    Field("criticality", ("重要程度", "重要等级"), emptied=False, width=10),
    Field("ownership", ("产权方", "产权", "产权归属", "归属"), emptied=False, width=12),
    Field("remark", ("备注",), width=30),
    Field("short_code", ("短码",), note=True),
    Field("status_reason", ("状态原因",), note=True),
    Field("updated_at", ("最近修改", "最后修改时间"), note=True),
)
BY_KEY = {field.key: field for field in FIELDS}
EXTRA = "extra:"
"""Before the label of a category's own field, in the key of its column."""


def columns_of(header: Sequence[str], labels: Mapping[str, Iterable[str]], extras: Iterable[str]) -> list[str]:
    """The key of each column of a file: a field's, `extra:<label>` of a category's own, or "" when nobody knows it.

    `labels` adds by key the heads under which the pages show a field, as exports carry them. Case, width and signs play no part.
    """
    known: dict[str, str] = {}
    for label in extras:
        known[normal(label)] = f"{EXTRA}{label}"
    for field in FIELDS:
        for name in (*field.names, field.key, *labels.get(field.key, ())):
            known[normal(_bare(name))] = field.key
    return [known.get(normal(_bare(head)), "") for head in header]


def _bare(head: str) -> str:
    """A head without its mark for "required" and without what stands in brackets behind it."""
    return re.sub(r"[（(].*?[)）]\s*$", "", head.replace("*", "").replace("＊", "")).strip()


def day_of(text: str) -> date | None:
    """A day written as 2024-03-18, 2024/3/18, 2024.3.18, 20240318 or 2024年3月18日; None for anything else."""
    text = text.strip().split(" ")[0]
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    parts = re.sub(r"[/.年月]", "-", text).rstrip("日").split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts) or len(parts[0]) != 4:
        return None
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None


YES = {"是", "yes", "y", "true", "1", "√", "对"}
NO = {"否", "no", "n", "false", "0", "×", "x", ""}


def yes_no(text: str) -> bool | None:
    """Yes or no in a cell; an empty one is no. None for anything else."""
    word = text.strip().lower()
    return True if word in YES else False if word in NO else None


def doubles(values: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Of (row number, value): for each row whose value stands in a row before it, that row's number; empty values are not told."""
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for number, value in values:
        if not value:
            continue
        if value in first:
            found[number] = first[value]
        else:
            first[value] = number
    return found
