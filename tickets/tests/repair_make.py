"""What the tests of difficult faults, vendors, spares and parts share; made by the services as the product makes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from devices.models import Loan
from parties.models import Vendor
from tests.make import World
from tickets.models import Dispatch, Ticket, TicketPart
from tickets.services.confirm_difficult import ticket_confirm_difficult
from tickets.services.escalate import ticket_escalate
from tickets.services.not_difficult import ticket_not_difficult
from tickets.services.part_use import part_use
from tickets.services.plan import ticket_plan
from tickets.services.spare_lend import ticket_spare_lend
from tickets.services.vendor_done import vendor_done
from tickets.services.wait_vendor import ticket_wait_vendor

MORNING = datetime(2024, 3, 18, 1, 10, tzinfo=UTC)
"""The instant at which tickets.tests.make reports."""
ESCALATED = MORNING + timedelta(minutes=20)
CONFIRMED = MORNING + timedelta(minutes=25)
PLANNED = MORNING + timedelta(minutes=40)
CALLED = MORNING + timedelta(minutes=15)
ESTIMATE = MORNING + timedelta(days=3)
PLAN: dict[str, Any] = {
    "cause": "主板电容鼓包，无法加电",
    "solution": "返厂更换主板，期间借用备机",
    "estimate_at": ESTIMATE,
    "security": "硬盘拆下留存，数据不出大厅",
    "reliability": "更换后连续运行24小时再交付",
    "fallback": "修复不成则以备机长期替代",
}


def escalate(world: World, ticket: Ticket, *, at: datetime = ESCALATED, actor: Any = None, **changes: Any) -> Ticket:
    """Handed to the manager as difficult, by default by the engineer."""
    given = {"analysis": "主板疑似损坏，现场无法修复"} | changes
    return ticket_escalate(ticket=ticket, actor=actor or world.engineer, at=at, **given)


def confirm_difficult(world: World, ticket: Ticket, *, at: datetime = CONFIRMED, actor: Any = None) -> Ticket:
    return ticket_confirm_difficult(ticket=ticket, actor=actor or world.manager, at=at, reason="须返厂维修")


def not_difficult(world: World, ticket: Ticket, *, at: datetime = CONFIRMED, actor: Any = None) -> Ticket:
    return ticket_not_difficult(ticket=ticket, actor=actor or world.manager, at=at, reason="更换电源即可")


def told(at: datetime) -> dict[str, Any]:
    """How the client was told."""
    return {"told_at": at, "told_to": "窗口人员01", "told_how": "phone"}


def plan(world: World, ticket: Ticket, *, at: datetime = PLANNED, actor: Any = None, **changes: Any) -> Ticket:
    """The manager's plan in force, the client told. `changes` are fields of the plan; the estimate lies after `at`."""
    values = PLAN | {"estimate_at": max(ESTIMATE, at + timedelta(days=2))} | changes
    return ticket_plan(ticket=ticket, actor=actor or world.manager, at=at, values=values, **told(at))


def make_vendor(world: World, name: str = "示例自助设备厂商", **values: Any) -> Vendor:
    return Vendor.objects.get_or_create(hall=world.contract.hall, name=f"{name}{world.tag}", defaults=values)[0]


def wait_vendor(
    world: World, ticket: Ticket, *, at: datetime = CALLED, actor: Any = None, vendor: Vendor | None = None, **more: Any
) -> Ticket:
    """A vendor is called and the ticket waits for them."""
    given: dict[str, Any] = {"how": "phone", "task": "更换主板"} | more
    ticket_wait_vendor(
        ticket=ticket, actor=actor or world.engineer, at=at, vendor=vendor or make_vendor(world), **given
    )
    return ticket


def dispatch_of(ticket: Ticket) -> Dispatch:
    """The newest call about a ticket."""
    return Dispatch.objects.select_related("ticket__contract", "ticket__assignee", "vendor", "supervisor").filter(
        ticket=ticket
    )[0]


def finish(world: World, dispatch: Dispatch, *, at: datetime, actor: Any = None, **more: Any) -> Dispatch:
    """The vendor has finished."""
    return vendor_done(dispatch=dispatch, actor=actor or world.engineer, at=at, **({"result": "已更换主板"} | more))


def lend(world: World, ticket: Ticket, spare: Any, *, at: datetime = ESCALATED, actor: Any = None) -> Loan:
    """A spare lent for the repair until it is done."""
    return ticket_spare_lend(
        ticket=ticket,
        spare=spare,
        actor=actor or world.engineer,
        at=at,
        borrower_name="窗口人员01",
        borrower_unit=world.unit,
        due_on=ESTIMATE.date(),
        condition_out="完好",
    )


def use_part(world: World, ticket: Ticket, *, at: datetime = ESCALATED, actor: Any = None, **more: Any) -> TicketPart:
    """A part that somebody brought, unless one of the store is named."""
    given: dict[str, Any] = {"quantity": 1, "cost_bearer": "warranty"} | (
        {"name": "主板"} if "part" not in more else {}
    )
    return part_use(ticket=ticket, actor=actor or world.engineer, at=at, **(given | more))


def repair_there(world: World) -> None:
    """A difficult fault with a plan, a call to a vendor and a part of the other hall, its mark in every text."""
    # make imports this module for the states that it reaches.
    from tickets.tests.make import arrive, report, respond

    tag = world.tag
    ticket = report(world, description=f"{tag}主机反复重启")
    ticket = arrive(world, respond(world, ticket))
    ticket = plan(world, escalate(world, ticket, analysis=f"{tag}主板"), cause=f"{tag}主板损坏", solution=f"{tag}返厂")
    wait_vendor(world, ticket, at=PLANNED + timedelta(minutes=1), task=f"{tag}上门取件")
    use_part(world, ticket, at=PLANNED + timedelta(minutes=2), name=f"{tag}主板")


def repair_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route with parameters about difficult faults, vendors, spares and parts: for that hall's, and for nothing at all."""
    dispatch = Dispatch.objects.select_related("ticket").filter(contract=world.contract).earliest("pk")
    part = TicketPart.objects.get(ticket=dispatch.ticket)
    code, none = dispatch.ticket.code, f"GD-{world.tag}-20240318-9999"
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"tickets:{name}": ({"code": code}, {"code": none})
        for name in (
            "escalate", "confirm_difficult", "not_difficult", "plan", "plan_return", "wait_vendor", "spare_lend", "loan_link",
            "no_spare", "part_use",
        )
    }  # fmt: skip
    table["tickets:plan_pdf"] = ({"code": code, "number": 1}, {"code": none, "number": 1})
    for name in ("vendor_arrived", "vendor_done", "vendor_failed", "vendor_call_off"):
        table[f"tickets:{name}"] = ({"code": code, "pk": dispatch.pk}, {"code": none, "pk": nowhere})
    table["tickets:part_undo"] = ({"code": code, "pk": part.pk}, {"code": none, "pk": nowhere})
    for name in ("vendor_score", "vendor_export"):
        table[f"tickets:{name}"] = ({"pk": dispatch.vendor_id}, {"pk": nowhere})
    return table
