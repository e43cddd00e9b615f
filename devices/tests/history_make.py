"""What the tests of history, configuration and change orders share."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from devices.models import ChangeOrder, ConfigItem, ConfigVersion, Device
from devices.services.configuration import config_set
from devices.services.orders import OrderData, order_approve, order_draft, order_start, order_submit
from tests.make import World

NOON = datetime(2024, 3, 18, 4, 0, tzinfo=UTC)
"""Monday, 12:00 in the hall."""
TODAY = date(2024, 3, 18)
SECRET = "Pw-zebra-4711"


def hours(number: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)


def put(world: World, key: str, value: str, device: Device | None = None, **given: Any) -> ConfigVersion:
    """A parameter's value, entered by the engineer at noon."""
    usual: dict[str, Any] = {
        "device": device or world.device,
        "contract": world.contract,
        "key": key,
        "value": value,
        "effective_from": TODAY,
        "actor": world.engineer,
        "at": NOON,
        "reason": "初始登记",
    }
    return config_set(**usual | given)


def order_data(*devices: Device, **given: Any) -> OrderData:
    """A change order that is complete; its window is open from eleven to three."""
    usual: dict[str, Any] = {
        "kind": "configuration",
        "title": "更换网关地址",
        "reason": "网络割接",
        "plan": "1. 备份\n2. 修改网关\n3. 验证",
        "impact": "A05窗口停办10分钟",
        "security_impact": "不开放新端口",
        "reliability": "网关双机，失败时窗口改用备机",
        "fallback": "恢复原网关，5分钟",
        "window_from": NOON - hours(1),
        "window_to": NOON + hours(3),
        "devices": devices,
    }
    return OrderData(**usual | given)


def drafted(world: World, actor: Any = None, **given: Any) -> ChangeOrder:
    """A draft of the engineer, or of somebody else."""
    return order_draft(
        contract=world.contract,
        data=order_data(given.pop("device", world.device), **given),
        actor=actor or world.engineer,
        at=NOON - hours(3),
    )


def approved(world: World, **given: Any) -> ChangeOrder:
    """The engineer's order, approved by the manager."""
    order = drafted(world, **given)
    order_submit(order=order, actor=order.requested_by, at=NOON - hours(2))
    return order_approve(order=order, version_seen=order.version, actor=world.manager, at=NOON - hours(2))


def started(world: World, **given: Any) -> ChangeOrder:
    """The same, begun half an hour before noon."""
    return order_start(order=approved(world, **given), actor=world.engineer, at=NOON - hours(0.5))


def history_there(world: World) -> None:
    """Something of every kind that can be asked for by number, named so that nobody mistakes it for another's."""
    started(world, title=f"{world.tag}网关", reason=f"{world.tag}割接")
    put(world, f"{world.tag}-网关", "10.0.0.1")
    put(world, f"{world.tag}-口令", SECRET, secret=True)


def history_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of this room with a parameter: that of something of this world, and that of nothing."""
    device, order = world.device, ChangeOrder.objects.get(contract=world.contract)
    item = ConfigItem.objects.filter(device=device, is_secret=True).get()
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"devices:{name}": ({"code": device.code}, {"code": "NIX-001"})
        for name in (
            "history", "as_of", "record", "configuration", "config_add", "config_import", "baseline_mark", "config_compare",
            "config_export",
        )
    }  # fmt: skip
    for name in ("config_item", "config_change", "config_withdraw", "config_reveal"):
        table[f"devices:{name}"] = ({"code": device.code, "pk": item.pk}, {"code": device.code, "pk": nowhere})
    verbs = ("edit", "submit", "approve", "refuse", "start", "finish", "cancel", "sheet")
    for verb in ("order", *(f"order_{verb}" for verb in verbs)):
        table[f"devices:{verb}"] = ({"code": order.code}, {"code": f"BG-{world.tag}-20240318-9999"})
    return table
