"""What the tests of spares and loans share: parts, spares, slips, and what the other hall has of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from devices.models import Device, Loan, Place, SparePart, StockMovement
from devices.services.loans import loan_open
from devices.services.spares import part_add, part_move
from records.tests.make import data_url, strokes

MORNING = datetime(2024, 3, 18, 1, 0, tzinfo=UTC)
LATER = MORNING + timedelta(hours=2)
DUE = date(2024, 3, 25)


def make_part(world: Any, code: str = "BJ-01", *, stock: int = 0, least: int = 2, **values: Any) -> SparePart:
    """A kind of part of the world's hall, with some pieces received."""
    part = part_add(
        hall=world.contract.hall,
        contract=world.contract,
        values={
            "code": code,
            "name": f"搓纸轮{world.tag}",
            "model": "R-100",
            "unit": "个",
            "min_stock": least,
            **values,
        },
        actor=world.engineer,
        at=MORNING,
    )
    if stock:
        move(world, part, "in", stock)
    return part


def move(world: Any, part: SparePart, kind: str, quantity: int, **more: Any) -> StockMovement:
    """A movement by the engineer."""
    given: dict[str, Any] = {"actor": world.engineer, "at": MORNING, "contract": world.contract} | more
    return part_move(part=SparePart.objects.get(pk=part.pk), kind=kind, quantity=quantity, **given)


def make_spare(world: Any, code: str = "WS-900", *, place: Place | None = None, **values: Any) -> Device:
    """A spare of the world's device's kind, kept in the store."""
    store = (
        place
        or Place.objects.get_or_create(
            hall=world.contract.hall,
            code="store",
            defaults={"name": f"备件库房{world.tag}", "kind": "room", "position": 90},
        )[0]
    )
    given: dict[str, Any] = {
        "hall": world.contract.hall,
        "code": code,
        "short_code": f"{code[-4:]}{world.tag}"[-8:].upper(),
        "name": f"备用工作台{world.tag}",
        "category": world.category,
        "place": store,
        "status": "spare",
        "serial_no": "SN-900",
        "power_policy": "daily_off",
        "plan_x": 0.1,
        "plan_y": 0.2,
    }
    return Device.objects.create(**(given | values))


def facts(world: Any, **changes: Any) -> dict[str, Any]:
    """What a slip says, whatever is lent."""
    return {
        "contract": world.contract,
        "actor": world.engineer,
        "at": MORNING,
        "borrower": world.clerk,
        "borrower_name": "窗口人员01",
        "borrower_unit": world.unit,
        "borrower_phone": "13800000001",
        "purpose": "维修期间临时使用",
        "due_on": DUE,
        "accessories": "电源线1根",
        "condition_out": "完好",
    } | changes


def lend(world: Any, **changes: Any) -> Loan:
    """A loan, handed out this morning."""
    return loan_open(**facts(world, **changes))


def hand() -> dict[str, Any]:
    """Handwriting as the services take it."""
    return {"image": data_url(), "strokes": strokes()}


def spares_there(world: Any) -> None:
    """Stock and loans of the other hall, with its mark in every name."""
    part = make_part(world, f"{world.tag}-P1", stock=5, shelf=f"{world.tag}架")
    move(world, part, "adjust", -1, reason=f"{world.tag}盘亏")
    spare = make_spare(world, f"{world.tag}-900")
    lend(world, device=spare, borrower_name=f"{world.tag}某人", purpose=f"{world.tag}用途")
    drafted = make_spare(world, f"{world.tag}-901")
    lend(world, device=drafted, borrower_name=f"{world.tag}他人", hand_out=False)


def spares_asked(world: Any, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route with parameters about stock and loans: for something of that hall, and for nothing at all."""
    hall = world.contract.hall
    part = SparePart.objects.get(hall=hall)
    movement = StockMovement.objects.filter(item=part, kind="adjust").latest("pk")
    out = Loan.objects.get(contract=world.contract, status="out")
    drafted = Loan.objects.get(contract=world.contract, status="drafted")
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"devices:{name}": ({"pk": part.pk}, {"pk": nowhere}) for name in ("spare", "spare_edit", "spare_move")
    }
    table["devices:spare_reverse"] = ({"pk": movement.pk}, {"pk": nowhere})
    for name in ("loan", "loan_return", "loan_extend", "loan_slip"):
        table[f"devices:{name}"] = ({"code": out.code}, {"code": f"BJ-{world.tag}-20240101-9999"})
    for name in ("loan_edit", "loan_hand_out", "loan_cancel"):
        table[f"devices:{name}"] = ({"code": drafted.code}, {"code": f"BJ-{world.tag}-20240101-9999"})
    for name in ("device_loans", "spare_swap", "spare_refuse"):
        table[f"devices:{name}"] = ({"code": world.device.code}, {"code": "NIX-001"})
    return table
