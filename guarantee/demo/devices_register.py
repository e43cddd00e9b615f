"""The demo's register: fields of its categories, parts, software, why a device is not in use. Everything is made up."""

import random
from datetime import date, datetime, timedelta

from core import clock
from core.roles import MANAGER
from devices.models import CategoryField, Device, DeviceCategory, Installation, Part, Software
from devices.services.planned import planned_add
from devices.states import DeviceStatus
from parties.models import Contract, Unit, Vendor
from parties.querysets import people_with_role
from records.models import Source

# Per category: (label, kind, unit, choices, required)
FIELDS: dict[str, tuple[tuple[str, str, str, str, bool], ...]] = {
    "WS": (
        ("内存", "number", "GB", "", False),
        ("硬盘", "choice", "", "固态256GB\n固态512GB\n机械1TB", False),
        ("操作系统", "choice", "", "银河麒麟V10\n统信UOS 20\nWindows 10", False),
        ("双屏", "yes_no", "", "", False),
    ),
    "LED": (
        ("点间距", "number", "mm", "", False),
        ("面积", "number", "m²", "", False),
        ("上次除尘校色", "date", "", "", False),
    ),
    "KS": (
        ("身份证读卡器", "text", "", "", False),
        ("打印模块", "choice", "", "热敏\n激光\n证照专用", False),
        ("取证口带锁", "yes_no", "", "", False),
    ),
    "PR": (("每月印量上限", "number", "页", "", False), ("双面", "yes_no", "", "", False)),
    "CAM": (("分辨率", "choice", "", "200万\n400万\n800万", False), ("录像保存", "number", "天", "", False)),
    "NET": (("端口数", "number", "口", "", False), ("固件版本", "text", "", "", False)),
}
SPARES_HELD = ("WS", "BB", "PR", "NET", "QM")
NO_SPARE = ("LED", "PA", "TEL")
REASONS = {
    DeviceStatus.FAULTY: ("主板不通电，待厂商鉴定", "触摸屏无响应，已报修", "显示花屏，接收卡待更换"),
    DeviceStatus.UNDER_REPAIR: ("送厂商维修中", "厂商带回更换主板"),
    DeviceStatus.SPARE: ("备机，存放弱电间",),
}
# Parts of a category's devices: (name, model, of every so many devices)
PARTS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "WS": (("高拍仪", "GP-500", 2), ("身份证读卡器", "DK-100", 1), ("评价器", "PJ-7", 3)),
    "KS": (("身份证读卡器", "DK-200", 1), ("热敏打印机芯", "RM-80", 2), ("工控主板", "ZB-61", 3)),
    "NVR": (("监控硬盘", "8TB", 1),),
    "NET": (("光模块", "SFP+ 10G", 3),),
    "QM": (("热敏打印头", "TH-80", 2),),
}
# (name, release, licence, licence ends in so many days, unit, word in the vendor's name, on which categories)
SOFTWARE: tuple[tuple[str, str, str, int | None, str, str, tuple[str, ...]], ...] = (
    ("一窗受理系统", "5.2", "政务内网授权，不限点数", None, "综合科", "一窗受理", ("WS", "BB")),
    ("排队叫号系统", "3.8", "主机1套、客户端40点", None, "综合科", "排队叫号", ("QM",)),
    ("好差评评价系统", "2.4", "40点", 200, "综合科", "排队叫号", ("WS",)),
    ("信息发布系统", "7.1", "20个终端", 45, "信息科", "信息发布", ("IP", "IQ")),
    ("视频监控平台", "9.0", "64路", None, "信息科", "视频监控", ("NVR",)),
    ("终端安全管理系统", "6.5", "120点", 20, "信息科", "网络安全", ("WS", "BB", "MF")),
    ("自助终端应用", "4.3", "12台", None, "综合科", "综合自助终端", ("KS",)),
    ("会议预约系统", "1.9", "5间会议室", 300, "综合科", "会议音视频", ("MT",)),
)


def furnish_register(contract: Contract, *, seed: int, until: datetime) -> None:
    """Give the demo's devices what a register kept for years has; a handful of statements whatever their number."""
    rng = random.Random(f"{seed}:register")
    today = until.astimezone(clock.SHANGHAI).date()
    devices = list(Device.objects.filter(hall=contract.hall_id).select_related("category").order_by("code"))
    fields = _fields(contract)
    _fill(devices, fields, until, rng)
    _parts(devices, today, rng)
    _software(contract, devices, today)
    _planned(contract, devices, today, until)


def _fields(contract: Contract) -> dict[str, list[CategoryField]]:
    categories = {row.code: row for row in DeviceCategory.objects.filter(hall=contract.hall_id)}
    for code, category in categories.items():
        category.spare_policy = "held" if code in SPARES_HELD else "none" if code in NO_SPARE else "on_demand"
    DeviceCategory.objects.bulk_update(categories.values(), ["spare_policy"])
    rows = [
        CategoryField(
            category=categories[code], key=f"f{number}", label=label, kind=kind, unit=unit, choices=choices,
            required=required, position=number,
        )
        for code, wanted in FIELDS.items()
        for number, (label, kind, unit, choices, required) in enumerate(wanted, start=1)
    ]  # fmt: skip
    found: dict[str, list[CategoryField]] = {}
    for row in CategoryField.objects.bulk_create(rows):
        found.setdefault(row.category.code, []).append(row)
    return found


def _fill(devices: list[Device], fields: dict[str, list[CategoryField]], until: datetime, rng: random.Random) -> None:
    reasons = {status: list(texts) for status, texts in REASONS.items()}
    for number, device in enumerate(devices, start=1):
        device.asset_no = f"ZC-{(device.installed_on or until.date()).year}-{number:04d}"
        device.custodian = f"保管员{rng.randint(1, 6):02d}"
        device.created_at = device.updated_at = until - timedelta(days=400)
        device.extra = {row.key: _value(row, rng) for row in fields.get(device.category.code, [])}
        device.status_since = device.created_at
        texts = reasons.get(DeviceStatus(device.status))
        if texts:
            device.status_reason = texts[number % len(texts)]
            device.status_since = until - timedelta(days=rng.randint(1, 6), hours=rng.randint(1, 7))
    Device.objects.bulk_update(
        devices,
        ["asset_no", "custodian", "created_at", "updated_at", "extra", "status_since", "status_reason"],
        batch_size=100,
    )


def _value(row: CategoryField, rng: random.Random) -> str | bool:
    if row.kind == CategoryField.Kind.YES_NO:
        return rng.random() < 0.6
    if row.kind == CategoryField.Kind.CHOICE:
        return rng.choice(row.options)
    if row.kind == CategoryField.Kind.DATE:
        return date(2024, rng.randint(1, 12), rng.randint(1, 28)).isoformat()
    if row.kind == CategoryField.Kind.TEXT:
        return f"V{rng.randint(1, 9)}.{rng.randint(0, 20)}"
    return rng.choice(
        {"GB": ("8", "16"), "mm": ("1.8", "2.5"), "m²": ("12", "28.5"), "天": ("90", "180")}.get(row.unit, ("24", "48"))
    )


def _parts(devices: list[Device], today: date, rng: random.Random) -> None:
    rows = []
    for number, device in enumerate(devices):
        for name, model, every in PARTS.get(device.category.code, ()):
            if number % every:
                continue
            installed = device.installed_on or today
            rows.append(
                Part(
                    device=device,
                    name=name,
                    model=model,
                    serial_no=f"{device.code}-{rng.randint(1000, 9999)}",
                    quantity=4 if name == "监控硬盘" else 1,
                    installed_on=installed,
                    warranty_until=installed + timedelta(days=1095),
                )
            )
    for row in rows[::9]:
        row.removed_on, row.removed_reason = today - timedelta(days=30), "接触不良，已更换"
    Part.objects.bulk_create(rows)


def _software(contract: Contract, devices: list[Device], today: date) -> None:
    vendors = list(Vendor.objects.filter(hall=contract.hall_id))
    units = {unit.name: unit for unit in Unit.objects.filter(organisation=contract.client_id)}
    rows = Software.objects.bulk_create(
        Software(
            hall_id=contract.hall_id,
            name=name,
            release=release,
            licence=licence,
            licence_until=today + timedelta(days=days) if days is not None else None,
            owner_unit=units.get(unit),
            vendor=next((vendor for vendor in vendors if word in vendor.name), None),
            contact="厂商值班电话见第三方名录",
        )
        for name, release, licence, days, unit, word, _ in SOFTWARE
    )
    Installation.objects.bulk_create(
        Installation(software=row, device=device, installed_on=device.installed_on or today)
        for row, (*_, codes) in zip(rows, SOFTWARE, strict=True)
        for device in devices
        if device.category.code in codes
    )


def _planned(contract: Contract, devices: list[Device], today: date, until: datetime) -> None:
    manager = people_with_role(contract, MANAGER, on=today)[0]
    device = next(row for row in devices if row.category.code == "IQ" and row.status == DeviceStatus.IN_USE)
    planned_add(
        device=device, contract=contract, target=DeviceStatus.STOPPED, on=today + timedelta(days=14),
        reason="等候区改造，暂停使用", actor=manager, at=until, source=Source.DEMO,
    )  # fmt: skip
