"""The demo's configuration, baselines, change orders and changes of the register. Every address, name and password is made up."""

import random
from datetime import datetime, timedelta
from typing import Any

from core import clock, vault
from core.bulk import insert_rows
from core.roles import ENGINEER, MANAGER, SUPERVISOR
from devices.models import ChangeOrder, ConfigItem, ConfigVersion, Device
from devices.services.common import fields_write, local_day
from devices.services.configuration import baseline_mark, config_set
from devices.services.orders import (
    OrderData,
    order_approve,
    order_cancel,
    order_draft,
    order_finish,
    order_refuse,
    order_start,
    order_submit,
)
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source
from records.services.audit import Entry, audit_write_many

# Per category: (parameter, what it is, unit, values, secret)
PARAMETERS: dict[str, tuple[tuple[str, str, str, tuple[str, ...], bool], ...]] = {
    "NET": (
        ("固件版本", "", "", ("V7.1.070", "V7.1.075"), False),
        ("管理VLAN", "", "", ("99",), False),
        ("上联端口", "到核心交换机", "", ("GE1/0/49", "GE1/0/50"), False),
        ("NTP服务器", "", "", ("10.8.0.123",), False),
        ("管理口令", "本机管理员", "", ("Demo-Net-",), True),
    ),
    "NVR": (
        ("录像保存天数", "", "天", ("30", "90"), False),
        ("码流", "主码流", "Mbps", ("4", "6"), False),
        ("平台口令", "管理员", "", ("Demo-Nvr-",), True),
    ),
    "LED": (
        ("亮度", "白天", "%", ("60", "70"), False),
        ("开屏时间", "", "", ("08:20",), False),
        ("关屏时间", "", "", ("17:40", "18:10"), False),
        ("发布账号口令", "三审后上屏用", "", ("Demo-Led-",), True),
    ),
    "KS": (
        ("主机名", "", "", ("KS-HALL",), False),
        ("终端应用版本", "", "", ("4.2", "4.3"), False),
        ("自动关机时间", "", "", ("17:40",), False),
    ),
    "WS": (
        ("主机名", "", "", ("WS-HALL",), False),
        ("系统补丁", "", "", ("2024-05", "2024-08"), False),
        ("DNS", "", "", ("10.8.0.53",), False),
    ),
}
MOST_OF_A_KIND = 8
VERSION_COLUMNS = (
    "item_id", "number", "value", "sealed", "is_withdrawn", "effective_from", "by_id", "at", "source", "reason", "order_id",
    "is_emergency",
)  # fmt: skip
# (title, kind, category, reason, impact, how far it came)
ORDERS = (
    ("核心交换机固件升级", "software", "NET", "厂商通报的缺陷修补", "切换期间全厅业务网中断约3分钟", "done"),
    ("录像保存天数调整为90天", "configuration", "NVR", "甲方函告延长录像保存", "不影响实时监看", "rolled_back"),
    ("LED大屏关屏时间调整", "configuration", "LED", "延时服务需要", "无", "in_progress"),
    ("接入交换机上联改造", "network", "NET", "新增进驻窗口", "A区窗口网络中断约10分钟", "approved"),
    ("硬盘录像机扩容", "hardware", "NVR", "存储空间不足", "扩容期间一路录像中断", "submitted"),
    ("大屏发布账号更换", "configuration", "LED", "季度口令更换", "无", "refused"),
    ("网络设备移位至新弱电间", "move", "NET", "弱电间改造", "中断约1小时", "cancelled"),
    ("自助终端应用升级", "software", "KS", "新增办事事项", "逐台升级，每台停用15分钟", "drafted"),
)


def keep_history(contract: Contract, *, seed: int, until: datetime) -> None:
    """Configure the demo's devices, write its change orders in every state, and change some devices on several days."""
    rng = random.Random(f"{seed}:history")
    today = local_day(until)
    staff = people_with_role(contract, ENGINEER, on=today)
    manager = people_with_role(contract, MANAGER, on=today)[0]
    supervisor = people_with_role(contract, SUPERVISOR, on=today)[0]
    by_kind: dict[str, list[Device]] = {}
    for device in Device.objects.filter(hall=contract.hall_id).select_related("category").order_by("code"):
        by_kind.setdefault(device.category.code, []).append(device)
    _configure(contract, by_kind, staff, until - timedelta(days=60), rng)
    net = by_kind["NET"][0]
    _baseline(contract, net, "验收基线", manager, until - timedelta(days=50))
    _changes(contract, by_kind, staff, supervisor, until)
    noon = datetime.combine(today, datetime.min.time(), clock.SHANGHAI) + timedelta(hours=12)
    for number, (title, kind, category, reason, impact, state) in enumerate(ORDERS):
        window = _window(state, noon, until, number)
        data = _data(title, kind, reason, impact, by_kind[category][:2], window)
        _order(contract, data, state, staff[number % len(staff)], manager, until)
    _baseline(contract, net, "季度核对基线", manager, until - timedelta(days=5))


def _baseline(contract: Contract, device: Device, name: str, actor: User, at: datetime) -> None:
    baseline_mark(device=device, contract=contract, name=name, on=local_day(at), actor=actor, at=at, source=Source.DEMO)


def _configure(
    contract: Contract, by_kind: dict[str, list[Device]], staff: list[User], at: datetime, rng: random.Random
) -> None:
    """The first version of every parameter, in a handful of statements."""
    rows = [
        (device, key, label, unit, values, secret)
        for category, parameters in PARAMETERS.items()
        for device in by_kind.get(category, [])[:MOST_OF_A_KIND]
        for key, label, unit, values, secret in parameters
    ]
    items = ConfigItem.objects.bulk_create(
        ConfigItem(device=device, key=key, label=label, unit=unit, is_secret=secret)
        for device, key, label, unit, _values, secret in rows
    )
    versions: list[tuple[Any, ...]] = []
    entries: list[Entry] = []
    day = local_day(at)
    for item, (device, key, _label, unit, values, secret) in zip(items, rows, strict=True):
        value = f"{values[0]}{device.code[-3:]}" if secret or key == "主机名" else values[0]
        by = rng.choice(staff)
        versions.append(
            (
                item.pk, 1, "" if secret else value, vault.seal(value) if secret else "", False, day, by.pk, at, Source.DEMO.value,
                "建档登记", None, False,
            )
        )  # fmt: skip
        told: dict[str, Any] = {"item": {"id": item.pk, "label": key}, "from": day}
        told |= {"secret": True, "number": 1} if secret else {"value": f"{value} {unit}".strip()}
        entries.append(
            {
                "contract": contract,
                "subject": device,
                "verb": "config_set",
                "actor": by,
                "at": at,
                "source": Source.DEMO,
                "after": told,
                "reason": "建档登记",
            }
        )
    insert_rows(ConfigVersion, VERSION_COLUMNS, versions)
    audit_write_many(entries)


def _window(state: str, noon: datetime, until: datetime, number: int) -> tuple[datetime, datetime]:
    """When an order's window is: past for what is done, open now for what runs, ahead for what waits."""
    if state in ("done", "rolled_back", "cancelled"):
        start = noon - timedelta(days=20 - number * 3) + timedelta(hours=6, minutes=30)
        return start, start + timedelta(hours=2)
    if state == "in_progress":
        return until - timedelta(hours=1), until + timedelta(hours=5)
    if state == "approved":
        start = noon - timedelta(days=2) + timedelta(hours=6, minutes=30)
        return start, start + timedelta(hours=2)
    start = noon + timedelta(days=3) + timedelta(hours=6, minutes=30)
    return start, start + timedelta(hours=3)


def _data(
    title: str, kind: str, reason: str, impact: str, devices: list[Device], window: tuple[datetime, datetime]
) -> OrderData:
    return OrderData(
        kind=kind,
        title=title,
        reason=reason,
        plan="1. 备份现有配置与日志\n2. 按厂商手册操作，双人复核\n3. 逐项验证业务系统可登录、打印、叫号",
        impact=impact,
        security_impact="不新增开放端口与账号；操作口令用后更换",
        reliability="可能失败的一步是重启加载，由值守工程师在现场观察指示灯与连通性",
        fallback="10分钟内未恢复即回退到备份配置，备机在弱电间待命",
        window_from=window[0],
        window_to=window[1],
        devices=devices,
    )


def _order(contract: Contract, data: OrderData, state: str, actor: User, manager: User, until: datetime) -> ChangeOrder:
    """One order, brought as far as its state."""
    asked = min(data.window_from - timedelta(days=2), until - timedelta(hours=4))
    usual: dict[str, Any] = {"source": Source.DEMO}
    order = order_draft(contract=contract, data=data, actor=actor, at=asked, **usual)
    if state == "drafted":
        return order
    order_submit(order=order, actor=actor, at=asked + timedelta(minutes=20), **usual)
    decided = asked + timedelta(hours=2)
    if state == "refused":
        order_refuse(
            order=order,
            version_seen=order.version,
            decision="请补充更换后的保管方式",
            actor=manager,
            at=decided,
            **usual,
        )
    elif state == "cancelled":
        order_cancel(order=order, reason="弱电间改造推迟", actor=actor, at=decided, **usual)
    elif state != "submitted":
        order_approve(
            order=order, version_seen=order.version, decision="同意，注意备份", actor=manager, at=decided, **usual
        )
    if state in ("done", "rolled_back", "in_progress"):
        begun = data.window_from + timedelta(minutes=10)
        order_start(order=order, actor=actor, at=begun, **usual)
        if data.kind != "move":
            _put_newest(contract, order, actor, begun + timedelta(minutes=15))
    if state in ("done", "rolled_back"):
        outcome, result = (
            ("succeeded", "升级完成，业务系统验证正常，观察30分钟无告警")
            if state == "done"
            else ("rolled_back", "磁盘阵列降级告警，已按回退方案恢复，待扩容后再做")
        )
        order_finish(
            order=order, outcome=outcome, result=result, actor=actor, at=begun + timedelta(minutes=50), **usual
        )
    return order


def _put_newest(contract: Contract, order: ChangeOrder, actor: User, at: datetime) -> None:
    """Under an order, the first parameter of its devices that has a second value gets it."""
    for device in order.devices.select_related("category").order_by("code"):
        key, values = next((row[0], row[3]) for row in PARAMETERS[device.category.code] if len(row[3]) > 1)
        config_set(
            device=device,
            contract=contract,
            key=key,
            value=values[1],
            effective_from=local_day(at),
            actor=actor,
            at=at,
            source=Source.DEMO,
            reason=order.title,
            order=order,
        )


def _changes(
    contract: Contract, by_kind: dict[str, list[Device]], staff: list[User], supervisor: User, until: datetime
) -> None:
    """Changes of the register on several days: by people, by a batch of an import, by a task."""
    for number, device in enumerate(by_kind["WS"][:5]):
        at = until - timedelta(days=30 - number * 4)
        person = staff[number % len(staff)]
        fields_write(
            device,
            {"custodian": supervisor.name, "criticality": "A"} if number % 2 else {"remark": "键盘已更换"},
            contract=contract,
            actor=person,
            at=at,
            source=Source.DEMO,
            reason="巡检核对",
        )
    batch = f"{until:%Y%m%d}-import"
    printers = by_kind["PR"][:4]
    for number, device in enumerate(printers):
        at = until - timedelta(days=12)
        values = {"custodian": "窗口人员01", "remark": f"资产核对批次{number + 1}"}
        write = {"contract": contract, "actor": staff[0], "at": at, "reason": "年度资产核对导入", "batch": batch}
        fields_write(device, values, source=Source.IMPORT, **write)  # type: ignore[arg-type]
    screen = by_kind["LED"][0]
    fields_write(
        screen, {"power_policy": "holiday_off"}, contract=contract, actor=None, at=until - timedelta(days=9), source=Source.TASK,
        reason="按节假日安排",
    )  # fmt: skip
    fields_write(
        screen, {"power_policy": "daily_off"}, contract=contract, actor=None, at=until - timedelta(days=6), source=Source.TASK,
        reason="节后恢复",
    )  # fmt: skip
