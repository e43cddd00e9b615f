"""What is signed on a loan slip (备件借用单): Chinese whatever the reader's language, one labelled line per field.

Names come from `frozen_names`, so that nothing renamed later changes what was signed. Photos are outside, their number is not.
"""

from datetime import date, datetime

from core.clock import SHANGHAI
from core.templatetags.ui import mask_phone
from devices.models import Loan

NOTHING = "（无）"
OUTCOMES = {"complete": "完好齐全", "incomplete": "不齐全", "damaged": "有损坏", "lost": "遗失"}


def names_of(loan: Loan) -> dict[str, str]:
    """What the loan's people and things are called now; stored when it is handed out."""
    device, part, faulty = loan.device, loan.part, loan.stands_in_for
    return {
        "project": loan.contract.project_name,
        "client": loan.contract.client.legal_name,
        "contractor": loan.contract.contractor.legal_name,
        "lender": loan.lender.name,
        "unit": loan.borrower_unit.name,
        "place": loan.place.name if loan.place else "",
        "thing": f"{device.code} {device.name}" if device else f"{part.code} {part.name}" if part else "",
        "model": f"{device.brand} {device.model}".strip() if device else part.model if part else "",
        "serial": device.serial_no if device else "",
        "counted_in": part.unit if part else "台",
        "faulty": f"{faulty.code} {faulty.name}" if faulty else "",
    }


def lend_text(loan: Loan) -> str:
    """What our engineer signs when handing out."""
    return _lines("备件借用单（出借方交付）", _out(loan))


def borrow_text(loan: Loan) -> str:
    """What the borrower signs when receiving."""
    return _lines("备件借用单（借用方领取）", _out(loan))


def give_back_text(loan: Loan) -> str:
    """What the borrower's side signs when giving back."""
    return _lines("备件归还单（借用方归还）", [*_out(loan), *_back(loan)])


def take_back_text(loan: Loan) -> str:
    """What our engineer signs when taking back."""
    return _lines("备件归还单（出借方收回）", [*_out(loan), *_back(loan)])


SIGNED_FIELDS = {
    "out": (
        "code", "lender", "borrower_name", "borrower_unit", "borrower_phone", "device", "quantity", "accessories", "condition_out",
        "purpose", "place", "stands_in_for", "out_at", "due_on", "due_reason", "content_version",
    ),
    "back": (
        "back_at", "returner_name", "taker", "outcome", "quantity_back", "condition_back", "missing",
    ),
}  # fmt: skip
"""The fields behind the texts; a test changes every one of them and expects another text."""


def _out(loan: Loan) -> list[tuple[str, str]]:
    return [
        ("项目", _name(loan, "project")),
        ("甲方", _name(loan, "client")),
        ("乙方", _name(loan, "contractor")),
        ("借用单编号", loan.code),
        ("出借人", _name(loan, "lender")),
        ("借用人", loan.borrower_name),
        ("借用单位", _name(loan, "unit")),
        ("联系电话", mask_phone(loan.borrower_phone) if loan.borrower_phone else ""),
        ("借出物品", _name(loan, "thing")),
        ("品牌型号", _name(loan, "model")),
        ("序列号", _name(loan, "serial")),
        ("数量", f"{loan.quantity} {_name(loan, 'counted_in')}".strip()),
        ("配件", loan.accessories),
        ("借出时状况", loan.condition_out),
        ("用途", loan.purpose),
        ("使用地点", _name(loan, "place")),
        ("替代的故障设备", _name(loan, "faulty")),
        ("借出时间", _when(loan.out_at)),
        ("应还日期", _day(loan.due_on)),
        ("延期原因", loan.due_reason),
        ("内容版本", str(loan.content_version)),
    ]


def _back(loan: Loan) -> list[tuple[str, str]]:
    counted_in = _name(loan, "counted_in")
    return [
        ("归还时间", _when(loan.back_at)),
        ("归还人", loan.returner_name),
        ("收回人", _name(loan, "taker")),
        ("归还结果", OUTCOMES.get(loan.outcome, loan.outcome)),
        ("归还数量", "" if loan.quantity_back is None else f"{loan.quantity_back} {counted_in}".strip()),
        ("归还时状况", loan.condition_back),
        ("缺失或损坏", loan.missing),
    ]


def _name(loan: Loan, key: str) -> str:
    return str(loan.frozen_names.get(key, ""))


def _when(at: datetime | None) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _day(day: date | None) -> str:
    return day.strftime("%Y-%m-%d") if day else ""


def _lines(title: str, rows: list[tuple[str, str]]) -> str:
    """One line per field; line breaks within a value become a visible mark, so that no value can pose as another field."""
    return "\n".join([title, *(f"{label}：{_one_line(value) or NOTHING}" for label, value in rows)]) + "\n"


def _one_line(value: str) -> str:
    return " ⏎ ".join(part.strip() for part in value.splitlines() if part.strip())
