"""The demo's store and loans: twelve kinds of parts with eight weeks of movements, and loans in every state."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from core.clock import SHANGHAI
from core.roles import CLERK, ENGINEER, MANAGER
from devices.models import Device, DeviceCategory, Loan, Place, SparePart
from devices.services.common import local_day
from devices.services.loans import loan_extend, loan_open, loan_return
from devices.services.spares import Counted, count_enter, movement_reverse, part_add, part_move
from devices.services.swaps import spare_refuse, spare_swap
from guarantee.demo.replay import handwriting
from parties.models import Contract, Membership, User
from parties.querysets import people_with_role
from records.models import Purpose, Source, Way
from records.services.documents import document_of
from records.services.signatures import signature_give

PARTS = (
    ("BP-001", "搓纸轮组件", "RL-2035", "套", "PR", 4, 6, "185.00", "A-1"),
    ("BP-002", "打印机定影组件", "FU-110", "套", "PR", 1, 2, "960.00", "A-1"),
    ("BP-003", "内存条 DDR4 8GB", "D4-8G", "条", "WS", 4, 9, "168.00", "B-1"),
    ("BP-004", "固态硬盘 512GB", "SSD-512", "块", "WS", 3, 5, "279.00", "B-1"),
    ("BP-005", "键盘鼠标套装", "KM-20", "套", "WS", 6, 14, "89.00", "B-2"),
    ("BP-006", "24寸显示器", "LCD-24", "台", "WS", 2, 4, "799.00", "C-1"),
    ("BP-007", "热敏打印头", "TPH-80", "个", "QM", 2, 3, "420.00", "A-2"),
    ("BP-008", "身份证读卡模块", "IDR-100", "个", "KS", 2, 3, "650.00", "A-2"),
    ("BP-009", "超五类网线 3米", "CAT5E-3", "根", "", 20, 46, "9.50", "B-3"),
    ("BP-010", "电源适配器 12V/5A", "PSU-1205", "个", "", 5, 8, "58.00", "B-3"),
    ("BP-011", "半球摄像机", "CAM-D2", "台", "CAM", 2, 3, "520.00", "C-2"),
    ("BP-012", "便携式高拍仪", "DOC-A4", "台", "WS", 1, 3, "1180.00", "C-1"),
)  # fmt: skip
"""Code, name, model, counted in, fits, lowest stock, received at first, price, shelf."""
ISSUES = 26


@dataclass
class _Cast:
    """Who lends, who borrows, and what is still to happen: acts are entered in any order and lived through by their instants."""

    contract: Contract
    engineers: list[User]
    manager: User
    clerks: list[Membership]
    until: datetime
    acts: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list)

    def at(self, days: int, hour: int, act: Callable[[datetime], object]) -> None:
        """Let something happen so many days before the end, at an hour of the day there; what lies ahead is left out."""
        morning = self.until.astimezone(SHANGHAI).replace(hour=hour, minute=days * 7 % 60, second=0, microsecond=0)
        instant = morning - timedelta(days=days)
        if instant <= self.until:
            self.acts.append((instant, len(self.acts), act))

    def day(self, ahead: int) -> date:
        """The day so many days after the end of the story."""
        return local_day(self.until) + timedelta(days=ahead)

    def live(self) -> None:
        """Everything in its order."""
        for instant, _number, act in sorted(self.acts, key=lambda one: one[:2]):
            act(instant)


def keep_spares(contract: Contract, *, seed: int, until: datetime) -> int:
    """Fill the store and lend from it; returns how many loans there are."""
    today = local_day(until)
    clerks = Membership.objects.valid_on(today).filter(contract=contract, role=CLERK, unit__isnull=False)
    cast = _Cast(
        contract,
        people_with_role(contract, ENGINEER, on=today),
        people_with_role(contract, MANAGER, on=today)[0],
        list(clerks.select_related("user", "unit").order_by("pk")),
        until,
    )
    _store(cast, random.Random(f"{seed}:spares"))
    _loans(cast)
    cast.live()
    return Loan.objects.filter(contract=contract).count()


def _store(cast: _Cast, rng: random.Random) -> None:
    contract = cast.contract
    kinds = {row.code: row for row in DeviceCategory.objects.filter(hall=contract.hall)}
    store = Place.objects.get(hall=contract.hall, code="server")
    by: dict[str, Any] = {"contract": contract, "actor": cast.manager, "source": Source.DEMO}

    def begin(at: datetime) -> None:
        for code, name, model, unit, fits, least, first, price, shelf in PARTS:
            values = {
                "code": code, "name": name, "model": model, "unit": unit, "category": kinds.get(fits), "min_stock": least,
                "place": store, "shelf": shelf, "price": Decimal(price),
            }  # fmt: skip
            part = part_add(hall=contract.hall, values=values, at=at, **by)
            part_move(part=part, kind="in", quantity=first, at=at + timedelta(hours=1), document="采购单01", **by)

    cast.at(55, 9, begin)
    devices: dict[str, list[str]] = {}
    for code, fits in Device.objects.filter(hall=contract.hall, status="in_use").values_list("code", "category__code"):
        devices.setdefault(fits, []).append(code)
        devices.setdefault("", []).append(code)
    lent = {part for _number, part, *_more in LENT}
    used = [row for row in PARTS if row[0] not in lent]
    for number in range(ISSUES):
        code, _name, _model, _unit, fits, *_rest = rng.choice(used)
        device = rng.choice(sorted(devices[fits]))
        reason = rng.choice(("部件老化更换", "故障更换", "接触不良更换"))
        engineer, quantity = rng.choice(cast.engineers), rng.randint(1, 2)
        cast.at(52 - number * 2, rng.randint(9, 17), partial(_issue, cast, code, device, quantity, reason, engineer))
    cast.at(6, 10, partial(_wrong_entry, cast))
    cast.at(4, 16, partial(_count, cast))


def _part(cast: _Cast, code: str) -> SparePart:
    return SparePart.objects.get(hall=cast.contract.hall, code=code)


def _issue(cast: _Cast, code: str, device: str, quantity: int, reason: str, engineer: User, at: datetime) -> None:
    part = _part(cast, code)
    if part.stock > quantity:
        part_move(
            part=part, contract=cast.contract, kind="issue", quantity=quantity, reason=reason, actor=engineer, at=at,
            device=Device.objects.get(hall=cast.contract.hall, code=device), source=Source.DEMO,
        )  # fmt: skip


def _wrong_entry(cast: _Cast, at: datetime) -> None:
    """A delivery that was entered twice and reversed, and something worn out."""
    by: dict[str, Any] = {"contract": cast.contract, "actor": cast.engineers[0], "source": Source.DEMO}
    wrong = part_move(part=_part(cast, "BP-005"), kind="in", quantity=10, at=at, document="送货单17", **by)
    movement_reverse(movement=wrong, reason="重复录入，送货单17已在前一日登记", at=at + timedelta(hours=1), **by)
    part_move(part=_part(cast, "BP-009"), kind="scrap", quantity=2, reason="接头损坏", at=at + timedelta(hours=2), **by)


def _count(cast: _Cast, at: datetime) -> None:
    """A count that found one cable less than the books have."""
    lines = []
    for part in SparePart.objects.filter(hall=cast.contract.hall):
        short = part.code == "BP-009"
        lines.append(Counted(part, part.stock, part.stock - short, "盘点少1根，原因待查" if short else ""))
    count_enter(
        contract=cast.contract, lines=lines, document="备件盘点01", actor=cast.engineers[0], at=at, source=Source.DEMO
    )


# Number of the clerk and engineer, part, how many, days ago, due in days, purpose, accessories, our signature and theirs.
LENT = (
    (0, "BP-006", 1, 9, 2, "窗口显示器送修期间临时使用", "电源线1根、HDMI线1根", True),
    (1, "BP-012", 1, 16, -6, "集中受理期间临时增配", "USB线1根", False),
    (2, "BP-010", 2, 12, -5, "活动现场设备供电", "", True),
    (3, "BP-005", 1, 8, -1, "新增帮办岗位临时使用", "无线接收器1个", True),
    (4, "BP-011", 1, 20, -11, "临时加装监控点位", "支架1个", True),
)


def _loans(cast: _Cast) -> None:
    cast.at(21, 10, partial(_swap, cast))
    for number, part, quantity, out, due, purpose, accessories, both in LENT:
        cast.at(out, 11, partial(_lend_part, cast, number, part, quantity, due, purpose, accessories, both))
    cast.at(15, 15, partial(_back, cast, "", "complete", "完好", "", True))
    cast.at(10, 15, partial(_back, cast, "BP-011", "damaged", "外壳有划痕", "防护罩破损", False))
    cast.at(6, 15, partial(_back, cast, "BP-010", "complete", "完好，已测试", "", True))
    cast.at(2, 14, partial(_extend, cast))
    cast.at(1, 11, partial(_draft, cast))
    cast.at(1, 16, partial(_refuse, cast))


def _facts(cast: _Cast, number: int) -> dict[str, Any]:
    clerk = cast.clerks[number % len(cast.clerks)]
    return {
        "contract": cast.contract,
        "actor": cast.engineers[number % len(cast.engineers)],
        "borrower_name": clerk.user.name,
        "borrower_unit": clerk.unit,
        "borrower_phone": clerk.user.phone,
        "condition_out": "完好，已测试",
        "source": Source.DEMO,
    }


def _spares(cast: _Cast) -> list[Device]:
    rows = Device.objects.filter(hall=cast.contract.hall, status="spare").select_related("place", "category")
    return list(rows.order_by("code"))


def _swap(cast: _Cast, at: datetime) -> None:
    """A spare stands in for a device that goes to repair."""
    for spare in _spares(cast):
        same = Device.objects.filter(hall=cast.contract.hall, category=spare.category_id, status="in_use")
        faulty = same.select_related("place", "window", "unit").order_by("code").first()
        if faulty is not None:
            loan = spare_swap(
                faulty=faulty, spare=spare, status="under_repair", reason="主板故障，送厂商检测", store=spare.place,
                due_on=cast.day(-14), accessories="电源线1根", at=at, **_facts(cast, 0),
            )  # fmt: skip
            _sign(loan, at, Purpose.LEND, Purpose.BORROW)
            return


def _lend_part(
    cast: _Cast,
    number: int,
    part: str,
    quantity: int,
    due: int,
    purpose: str,
    accessories: str,
    both: bool,
    at: datetime,
) -> None:
    loan = loan_open(
        part=_part(cast, part), quantity=quantity, purpose=purpose, accessories=accessories, due_on=cast.day(due), at=at,
        **_facts(cast, number),
    )  # fmt: skip
    _sign(loan, at, *((Purpose.LEND, Purpose.BORROW) if both else (Purpose.LEND,)))


def _back(cast: _Cast, what: str, outcome: str, condition: str, missing: str, both: bool, at: datetime) -> None:
    rows = Loan.objects.filter(contract=cast.contract, status="out")
    found = rows.filter(part__code=what) if what.startswith("BP") else rows.filter(stands_in_for__isnull=False)
    loan = found.first()
    if loan is None:
        return
    back = loan_return(
        loan=loan, outcome=outcome, condition_back=condition, missing=missing, repaired=loan.stands_in_for_id is not None,
        actor=loan.lender, at=at, source=Source.DEMO,
    )  # fmt: skip
    _sign(back, at, *((Purpose.GIVE_BACK, Purpose.TAKE_BACK) if both else (Purpose.TAKE_BACK,)))


def _extend(cast: _Cast, at: datetime) -> None:
    loan = Loan.objects.select_related("lender").get(contract=cast.contract, part__code="BP-005", status="out")
    loan_extend(
        loan=loan, due_on=cast.day(6), reason="岗位延续至下周", version_seen=loan.version, actor=loan.lender, at=at,
        source=Source.DEMO,
    )  # fmt: skip


def _draft(cast: _Cast, at: datetime) -> None:
    """A slip that waits for the borrower to come."""
    loan_open(
        device=_spares(cast)[-1], purpose="周五培训使用", due_on=cast.day(7), at=at, hand_out=False, **_facts(cast, 5)
    )


def _refuse(cast: _Cast, at: datetime) -> None:
    failed = Device.objects.filter(hall=cast.contract.hall, status="under_repair").order_by("code").first()
    if failed is not None:
        spare_refuse(
            device=failed, contract=cast.contract, why="vendor", note="本类设备无备机，厂商两日内提供同型号周转机",
            actor=cast.manager, at=at, source=Source.DEMO,
        )  # fmt: skip


def _sign(loan: Loan, at: datetime, *purposes: Purpose) -> None:
    """The signatures of one moment: ours with our account, the borrower's on our phone."""
    for number, purpose in enumerate(purposes, start=1):
        row = Loan.objects.select_related("lender", "taker").get(pk=loan.pk)
        ours = purpose in (Purpose.LEND, Purpose.TAKE_BACK)
        signer = row.taker or row.lender if purpose in (Purpose.GIVE_BACK, Purpose.TAKE_BACK) else row.lender
        name = signer.name if ours else row.borrower_name
        document = document_of(row, purpose)
        strokes, picture = handwriting(name)
        signature_give(
            subject=row,
            purpose=purpose,
            way=Way.ACCOUNT if ours else Way.HANDOVER,
            image=picture,
            strokes=strokes,
            signer=signer if ours else None,
            signer_name=name,
            signer_unit="" if ours else str(row.frozen_names.get("unit", "")),
            witness=None if ours else signer,
            version_seen=document.version,
            sha256_seen=document.sha256,
            at=at + timedelta(minutes=3 * number),
            source=Source.DEMO,
        )
