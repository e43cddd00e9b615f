"""Doors, cards and checks for tests, made by the services; and what of them the isolation tests ask for."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from devices.models import (
    AccessCard,
    Door,
    DoorGroup,
    HandoverItem,
    HandoverList,
    LinkageTest,
    RightsCheck,
    RightsLine,
    Stocktake,
    StocktakeLine,
    StocktakeSurplus,
)
from devices.services.cards import Approval, CardData, card_issue
from devices.services.doors import door_add, group_save
from devices.services.handovers import handover_open, item_save
from devices.services.linkage import linkage_open
from devices.services.rights_checks import rights_check_start
from devices.services.stocktakes import stocktake_start, surplus_add
from tests.make import World

TODAY = date(2024, 3, 18)
NOW = datetime(2024, 3, 18, 2, 0, tzinfo=UTC)
APPROVAL = Approval("综合科联系人", "分管领导审批", "门禁申请2024-001")
ITEM: dict[str, Any] = {
    "kind": "key",
    "name": "机房钥匙",
    "quantity": 2,
    "unit": "把",
    "place": "",
    "condition": "可用",
}


def door(world: World, code: str = "D01", *, safe: bool = True, **given: Any) -> Door:
    """A door of the hall."""
    values = {
        "code": code,
        "name": f"{code}门{world.tag}",
        "place": world.place,
        "controller": world.device,
        "mode": "fail_safe" if safe else "fail_secure",
        "hours": "",
    }
    return door_add(contract=world.contract, values=values | given, actor=world.engineer, at=NOW)


def group(world: World, name: str = "办公区", *doors: Door) -> DoorGroup:
    """A group of doors."""
    return group_save(
        group=None, contract=world.contract, name=f"{name}{world.tag}", doors=doors, actor=world.engineer, at=NOW
    )


def card(world: World, number: str = "A10000001", **given: Any) -> AccessCard:
    """A card in use for a year."""
    usual: dict[str, Any] = {
        "holder_name": f"窗口人员91{world.tag}",
        "kind": "staff",
        "valid_from": TODAY,
        "valid_to": TODAY + timedelta(days=365),
    }
    return card_issue(
        contract=world.contract,
        number=number,
        data=CardData(**usual | given),
        approval=APPROVAL,
        actor=world.engineer,
        at=NOW,
    )


def linkage_of(world: World, *doors: Door, day: date = TODAY) -> LinkageTest:
    """A fire-linkage test of one zone."""
    return linkage_open(
        contract=world.contract,
        tested_on=day,
        ours="工程师甲",
        fire_vendor=f"示例消防维保{world.tag}",
        client_people="",
        zones=[("A区喇叭回路", None)],
        doors=doors,
        actor=world.engineer,
        at=NOW,
    )


def sheet_of(world: World) -> HandoverList:
    """A hand-over list with one item."""
    sheet = handover_open(
        contract=world.contract,
        title=f"交接清单{world.tag}",
        handed_on=TODAY,
        from_name="甲方管理员",
        to_name="项目经理",
        actor=world.manager,
        at=NOW,
    )
    item_save(sheet=sheet, item=None, values=ITEM, actor=world.manager, at=NOW)
    return sheet


def access_there(world: World) -> None:
    """Something of every kind that can be asked for by number."""
    one = door(world)
    card(world, groups=[group(world, "办公区", one)])
    rights_check_start(contract=world.contract, quarter="2024-Q1", actor=world.manager, at=NOW)
    take = stocktake_start(contract=world.contract, kind="quarterly", actor=world.manager, at=NOW)
    surplus_add(stocktake=take, description=f"键盘{world.tag}", place=world.place, actor=world.engineer, at=NOW)
    linkage_of(world, one)
    sheet_of(world)


def access_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of access and checks with a parameter: that of something of this world, and that of nothing."""
    hall = world.contract.hall_id
    of: tuple[tuple[int, str], ...] = (
        (
            AccessCard.objects.get(hall=hall).pk,
            "card card_change card_extend card_lose card_cancel card_give_back card_reissue card_left",
        ),
        (Door.objects.get(hall=hall).pk, "door door_edit door_export"),
        (DoorGroup.objects.get(hall=hall).pk, "door_group_edit"),
        (
            RightsCheck.objects.get(contract=world.contract).pk,
            "rights_check rights_rest rights_compare rights_finish rights_sheet",
        ),
        (
            Stocktake.objects.get(contract=world.contract).pk,
            (
                "stocktake stocktake_count stocktake_more stocktake_rest stocktake_finish stocktake_cancel "
                "stocktake_export stocktake_sheet"
            ),
        ),
        (
            LinkageTest.objects.get(contract=world.contract).pk,
            "linkage linkage_finish linkage_reopen linkage_cancel linkage_sheet",
        ),
        (
            HandoverList.objects.get(contract=world.contract).pk,
            "handover handover_finish handover_reopen handover_cancel handover_sheet",
        ),
    )
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"devices:{name}": ({"pk": pk}, {"pk": nowhere}) for pk, names in of for name in names.split()
    }
    inner: tuple[tuple[Any, str, str, str], ...] = (
        (RightsLine.objects.get(check_of__contract=world.contract), "check_of_id", "line", "rights_line"),
        (
            StocktakeLine.objects.filter(stocktake__contract=world.contract).earliest("pk"),
            "stocktake_id",
            "line",
            "stocktake_line stocktake_line_again stocktake_settle",
        ),
        (
            StocktakeSurplus.objects.get(stocktake__contract=world.contract),
            "stocktake_id",
            "found",
            "stocktake_more_settle",
        ),
        (
            HandoverItem.objects.get(list_of__contract=world.contract),
            "list_of_id",
            "item",
            "handover_item handover_drop",
        ),
    )
    for row, parent, key, names in inner:
        for name in names.split():
            theirs = {"pk": getattr(row, parent), key: row.pk}
            table[f"devices:{name}"] = (theirs, {"pk": nowhere, key: nowhere})
    return table
