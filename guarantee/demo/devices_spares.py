"""The demo's store and loans: twelve kinds of parts with eight weeks of movements, and loans in every state."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

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


@dataclass(frozen=True)
class _Cast:
    """Who lends, who borrows, and how much of the story is told by chance."""

    contract: Contract
    engineers: list[User]
    manager: User
    clerks: list[Membership]
    rng: random.Random
    until: datetime

    def before(self, days: int, hours: int = 0) -> datetime:
        """An instant so long before the end of the story."""
        return self.until - timedelta(days=days, hours=hours)


def keep_spares(contract: Contract, *, seed: int, until: datetime) -> int:
    """Fill the store and lend from it; returns how many loans there are."""
    today = local_day(until)
    clerks = Membership.objects.valid_on(today).filter(contract=contract, role=CLERK, unit__isnull=False)
    cast = _Cast(
        contract,
        people_with_role(contract, ENGINEER, on=today),
        people_with_role(contract, MANAGER, on=today)[0],
        list(clerks.select_related("user", "unit").order_by("pk")),
        random.Random(f"{seed}:spares"),
        until,
    )
    _store(cast)
    _loans(cast)
    return Loan.objects.filter(contract=contract).count()


def _store(cast: _Cast) -> None:
    contract, rng = cast.contract, cast.rng
    kinds = {row.code: row for row in DeviceCategory.objects.filter(hall=contract.hall)}
    store = Place.objects.get(hall=contract.hall, code="server")
    parts = []
    for code, name, model, unit, fits, least, first, price, shelf in PARTS:
        values = {
            "code": code, "name": name, "model": model, "unit": unit, "category": kinds.get(fits), "min_stock": least,
            "place": store, "shelf": shelf, "price": Decimal(price),
        }  # fmt: skip
        given: dict[str, Any] = {"contract": contract, "actor": cast.manager, "source": Source.DEMO}
        part = part_add(hall=contract.hall, values=values, at=cast.before(56), **given)
        part_move(part=part, kind="in", quantity=first, at=cast.before(55), document="采购单01", **given)
        parts.append(part)
    devices: dict[int | None, list[Device]] = {}
    for device in Device.objects.filter(hall=contract.hall, status="in_use").order_by("code"):
        devices.setdefault(device.category_id, []).append(device)
        devices.setdefault(None, []).append(device)
    for number in range(ISSUES):
        part = parts[rng.randrange(len(parts))]
        if part.stock < 2:
            continue
        part_move(
            part=part,
            contract=contract,
            kind="issue",
            quantity=rng.randint(1, min(2, part.stock - 1)),
            device=rng.choice(devices[part.category_id]),
            reason=rng.choice(("部件老化更换", "故障更换", "接触不良更换")),
            actor=rng.choice(cast.engineers),
            at=cast.before(50 - number * 50 // ISSUES, rng.randint(0, 6)),
            source=Source.DEMO,
        )
    _corrections(cast, parts)


def _corrections(cast: _Cast, parts: list[SparePart]) -> None:
    """A wrong entry that was reversed, a count with a difference, something worn out."""
    engineer = cast.engineers[0]
    given: dict[str, Any] = {"contract": cast.contract, "actor": engineer, "source": Source.DEMO}
    wrong = part_move(part=parts[4], kind="in", quantity=10, at=cast.before(6), document="送货单17", **given)
    movement_reverse(movement=wrong, reason="重复录入，送货单17已在前一日登记", at=cast.before(6, -1), **given)
    part_move(part=parts[8], kind="scrap", quantity=2, reason="接头损坏", at=cast.before(5), **given)
    lines = []
    for part in SparePart.objects.filter(hall=cast.contract.hall):
        short = part.code == "BP-009"
        lines.append(Counted(part, part.stock, part.stock - short, "盘点少1根，原因待查" if short else ""))
    count_enter(lines=lines, document="备件盘点01", at=cast.before(4), **given)


def _loans(cast: _Cast) -> None:
    parts = {row.code: row for row in SparePart.objects.filter(hall=cast.contract.hall)}
    spares = list(
        Device.objects.filter(hall=cast.contract.hall, status="spare")
        .select_related("place", "category")
        .order_by("code")
    )
    _swap_and_back(cast, spares)
    loan = _lend(
        cast,
        0,
        out=9,
        due=2,
        part=parts["BP-006"],
        purpose="窗口显示器送修期间临时使用",
        accessories="电源线1根、HDMI线1根",
    )
    _sign(loan, cast.before(9), Purpose.LEND, Purpose.BORROW)
    late = _lend(cast, 1, out=16, due=-6, part=parts["BP-012"], purpose="集中受理期间临时增配", accessories="USB线1根")
    _sign(late, cast.before(16), Purpose.LEND)
    back = _lend(cast, 2, out=12, due=-5, part=parts["BP-010"], quantity=2, purpose="活动现场设备供电", accessories="")
    _sign(back, cast.before(12), Purpose.LEND, Purpose.BORROW)
    loan_return(
        loan=back, outcome="complete", condition_back="完好，已测试", actor=cast.engineers[1], at=cast.before(6), source=Source.DEMO,
    )  # fmt: skip
    _sign(back, cast.before(6), Purpose.GIVE_BACK, Purpose.TAKE_BACK)
    longer = _lend(
        cast, 3, out=8, due=-1, part=parts["BP-005"], purpose="新增帮办岗位临时使用", accessories="无线接收器1个"
    )
    _sign(longer, cast.before(8), Purpose.LEND, Purpose.BORROW)
    longer.refresh_from_db()
    loan_extend(
        loan=longer, due_on=local_day(cast.until) + timedelta(days=6), reason="岗位延续至下周", version_seen=longer.version,
        actor=longer.lender, at=cast.before(2), source=Source.DEMO,
    )  # fmt: skip
    broken = _lend(cast, 4, out=20, due=-11, part=parts["BP-011"], purpose="临时加装监控点位", accessories="支架1个")
    _sign(broken, cast.before(20), Purpose.LEND, Purpose.BORROW)
    loan_return(
        loan=broken, outcome="damaged", condition_back="外壳有划痕", missing="防护罩破损", quantity_back=1,
        actor=cast.engineers[2], at=cast.before(10), source=Source.DEMO,
    )  # fmt: skip
    _sign(broken, cast.before(10), Purpose.TAKE_BACK)
    _lend(cast, 5, out=0, due=7, device=spares[-1], purpose="周五培训使用", accessories="", hand_out=False)
    failed = Device.objects.filter(hall=cast.contract.hall, status="under_repair").order_by("code").first()
    if failed is not None:
        spare_refuse(
            device=failed, contract=cast.contract, why="vendor", note="本类设备无备机，厂商两日内提供同型号周转机", actor=cast.manager,
            at=cast.before(1), source=Source.DEMO,
        )  # fmt: skip


def _swap_and_back(cast: _Cast, spares: list[Device]) -> None:
    """A spare stood in for a device that was repaired meanwhile: out, back, all four signatures."""
    for spare in spares:
        faulty = (
            Device.objects.filter(hall=cast.contract.hall, category=spare.category_id, status="in_use")
            .select_related("place", "window", "unit")
            .order_by("code")
            .first()
        )
        if faulty is None:
            continue
        clerk = cast.clerks[0]
        loan = spare_swap(
            faulty=faulty, spare=spare, contract=cast.contract, status="under_repair", reason="主板故障，送厂商检测",
            store=spare.place, borrower_name=clerk.user.name, borrower_unit=clerk.unit, borrower_phone=clerk.user.phone,
            due_on=local_day(cast.before(14)), accessories="电源线1根", condition_out="完好，已测试", actor=cast.engineers[0],
            at=cast.before(21), source=Source.DEMO,
        )  # fmt: skip
        _sign(loan, cast.before(21), Purpose.LEND, Purpose.BORROW)
        loan_return(
            loan=loan, outcome="complete", condition_back="完好", repaired=True, actor=cast.engineers[0], at=cast.before(15),
            source=Source.DEMO,
        )  # fmt: skip
        _sign(loan, cast.before(15), Purpose.GIVE_BACK, Purpose.TAKE_BACK)
        return


def _lend(cast: _Cast, number: int, *, out: int, due: int, **given: Any) -> Loan:
    clerk = cast.clerks[number % len(cast.clerks)]
    return loan_open(
        contract=cast.contract,
        actor=cast.engineers[number % len(cast.engineers)],
        at=cast.before(out),
        borrower_name=clerk.user.name,
        borrower_unit=clerk.unit,
        borrower_phone=clerk.user.phone,
        due_on=local_day(cast.until) + timedelta(days=due),
        condition_out="完好，已测试",
        source=Source.DEMO,
        **given,
    )


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
