"""The demo's network: subnets and their addresses, cables from every device to its switch, extensions, registrations. Made up."""

import hashlib
import ipaddress
import random
from datetime import datetime, timedelta

from core import clock
from core.roles import ENGINEER, MANAGER, SUPERVISOR
from devices.models import Address, Device, DrawnLayer, Extension, Link, Place, Port, Registration, Subnet
from devices.rules_network import key_of, parse_network, span_of
from devices.services.common import code_for
from devices.states import AddressStatus, ExtensionStatus, RegistrationStatus
from parties.models import Contract, Unit
from parties.querysets import people_with_role

# Each: name, range, VLAN, purpose and the categories whose devices are in it
SUBNETS: tuple[tuple[str, str, int, str, tuple[str, ...]], ...] = (
    ("窗口办公网", "10.20.1.0/24", 20, "通用、帮办工作台与窗口打印", ("WS", "BB", "MF")),
    ("自助服务网", "10.20.2.0/25", 30, "自助终端、打印复印、排队叫号", ("KS", "PR", "QM")),
    ("信息发布网", "10.20.2.128/26", 31, "查询屏、大屏、窗口屏、信息发布", ("IQ", "LED", "WD", "IP")),
    ("安防专网", "10.20.3.0/25", 40, "摄像机、录像存储、门禁闸机", ("CAM", "NVR", "AC")),
    ("会议语音网", "10.20.4.0/26", 50, "会议、语音通话", ("TEL",)),
    ("设备管理网", "10.20.10.0/27", 10, "网络设备管理口", ("NET",)),
    ("厂商接入网", "10.20.99.0/28", 99, "厂商调试、临时接入，凭登记", ()),
    ("互联网专线 IPv6", "2001:db8:20::/64", 60, "自助区互联网业务", ()),
)
SWITCH_OF = {
    "1号接入交换机": ("a", "help", "info", "wait"),
    "2号接入交换机": ("b", "issue", "multi"),
    "3号接入交换机": ("self", "h24", "gate"),
    "4号接入交换机": ("c", "talk", "meet-l", "meet-m", "train", "watch", "server"),
}
"""The places that each access switch serves; whatever stands elsewhere hangs on the last."""
NO_ADDRESS = ("ALM", "PA", "MT")
NO_CABLE = ("ALM", "PA", "MT", "NET")
# Each: number, user and the place where it rings
EXTENSIONS: tuple[tuple[str, str, str], ...] = (
    ("8000", "总服务台", "info"),
    ("8001", "企业服务咨询", "a"),
    ("8002", "社会民生咨询", "b"),
    ("8003", "工程建设咨询", "c"),
    ("8010", "帮办一组", "help"),
    ("8011", "帮办二组", "help"),
    ("8020", "出件台", "issue"),
    ("8030", "自助区值守", "self"),
    ("8040", "入口闸机", "gate"),
    ("8050", "大会议室", "meet-l"),
    ("8051", "中会议室", "meet-m"),
    ("8052", "会议培训室", "train"),
    ("8060", "监控室值班", "watch"),
    ("8061", "弱电间", "server"),
    ("8070", "洽谈间", "talk"),
    ("8100", "技术保障值班", "server"),
    ("8101", "巡检工程师", "server"),
    ("8110", "多功能厅", "multi"),
)
FREE_EXTENSIONS = ("8190", "8191", "8192", "8193")
# (applicant, other device, purpose, days until its end, status)
REGISTRATIONS: tuple[tuple[str, str, str, int, str], ...] = (
    ("厂商工程师01", "厂商笔记本电脑 03 号", "排队叫号系统升级调试", 20, "approved"),
    ("厂商工程师02", "厂商笔记本电脑 07 号", "大屏控制软件年度保养", 75, "approved"),
    ("窗口人员05", "", "新窗口试运行，接入窗口办公网", 200, "approved"),
    ("厂商工程师03", "便携式测试仪", "链路测试", -12, "expired"),
    ("厂商工程师04", "厂商平板电脑", "自助终端巡检取数", 90, "requested"),
    ("窗口人员09", "自带打印机", "临时打印", 60, "refused"),
)


def lay_network(contract: Contract, *, seed: int, until: datetime) -> None:
    """Enter the network of the demo's hall: everything that had to be connected is, and two things in it are wrong."""
    rng = random.Random(f"{seed}:network")
    hall = contract.hall
    devices = list(Device.objects.filter(hall=hall).select_related("category", "place", "unit").order_by("code"))
    for device in devices:
        if device.category.code not in NO_ADDRESS:
            device.mac = _mac(f"{seed}:{device.code}")
    Device.objects.bulk_update([device for device in devices if device.mac], ["mac"])
    subnets = _subnets(contract, until)
    _addresses(subnets, devices, until)
    _cables(contract, devices, until)
    _extensions(contract, devices, until)
    _registrations(contract, subnets, devices, rng, until)


def _mac(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest().upper()
    return ":".join(["02", *(digest[start : start + 2] for start in range(0, 10, 2))])


def _subnets(contract: Contract, at: datetime) -> dict[str, Subnet]:
    rows = []
    for name, cidr, vlan, purpose, _categories in SUBNETS:
        network = parse_network(cidr)
        first = network.network_address + 1
        reserved = []
        if network.version == 4 and network.num_addresses > 64:
            last = network.network_address + 9
            reserved = [{"first": str(first + 1), "last": str(last), "note": "交换机与服务器预留"}]
        span = span_of(network)
        rows.append(
            Subnet(
                hall=contract.hall,
                name=name,
                cidr=str(network),
                family=network.version,
                first=span.first,
                last=span.last,
                vlan=vlan,
                gateway=str(first),
                dns="10.20.10.2" if network.version == 4 else "",
                purpose=purpose,
                reserved=reserved,
                updated_at=at,
            )
        )
    return {row.name: row for row in Subnet.objects.bulk_create(rows)}


def _addresses(subnets: dict[str, Subnet], devices: list[Device], at: datetime) -> None:
    rows = []
    for name, cidr, _vlan, _purpose, categories in SUBNETS:
        here = [device for device in devices if device.category.code in categories]
        start = 10 if parse_network(cidr).num_addresses > 64 else 2
        base = parse_network(cidr).network_address
        for number, device in enumerate(here):
            address = base + start + number + number // 9
            rows.append(_row(subnets[name], address, at, device=device, mac=device.mac, unit=device.unit))
    # Two contradictions, so that the page of contradictions has something to say.
    rows[3].mac = _mac("a network card that was changed and not entered")
    rows[8].mac = rows[7].mac
    spare = subnets["窗口办公网"]
    for last, status, note in (
        (250, AddressStatus.RESERVED, "新增窗口预留"),
        (251, AddressStatus.STOPPED, "冲突停用，待查"),
    ):
        address = parse_network(spare.cidr).network_address + last
        rows.append(_row(spare, address, at, status=status, note=note))
    Address.objects.bulk_create(rows)


def _row(
    subnet: Subnet, address: ipaddress.IPv4Address | ipaddress.IPv6Address, at: datetime, **more: object
) -> Address:
    return Address(subnet=subnet, key=key_of(address), address=str(address), updated_at=at, **more)


def _cables(contract: Contract, devices: list[Device], at: datetime) -> None:
    named = {device.name: device for device in devices if device.category.code == "NET"}
    cores = [named["1号核心交换机"], named["2号核心交换机"]]
    DrawnLayer.objects.bulk_create(DrawnLayer(device=core, layer=DrawnLayer.Layer.CORE) for core in cores)
    plans: list[tuple[Device, str, Device, str, str, str, str]] = [
        (cores[0], "Te1/0/1", cores[1], "Te1/0/1", "fibre", "H-01", "trunk"),
        (cores[0], "Te1/0/2", cores[1], "Te1/0/2", "fibre", "H-02", "trunk"),
        (cores[0], "Ge1/0/1", named["防火墙"], "eth1", "cable", "H-03", "trunk 10,60"),
        (cores[1], "Ge1/0/1", named["防火墙"], "eth2", "cable", "H-04", "trunk 10,60"),
        (cores[0], "Ge1/0/2", named["机房UPS"], "管理口", "cable", "H-05", "10"),
    ]
    serving: dict[str, Device] = {}
    for number, (name, places) in enumerate(SWITCH_OF.items(), start=1):
        switch = named[name]
        vlans = "trunk 10,20,30-31,40,50"
        for core, port in zip(cores, ("Te1/0/1", "Te1/0/2"), strict=True):
            label = f"U-{number:02d}{'AB'[cores.index(core)]}"
            plans.append((core, f"Te1/1/{number}", switch, port, "fibre", label, vlans))
        serving.update(dict.fromkeys(places, switch))
    last = named["4号接入交换机"]
    for device in devices:
        switch = serving.get(device.place.code, last)
        if device.name.endswith("无线AP"):
            plans.append((switch, "", device, "网口", "cable", "", "trunk 20,60"))
        elif device.category.code not in NO_CABLE:
            kind = "telephone" if device.category.code == "TEL" else "cable"
            plans.append((switch, "", device, "网口1", kind, "", ""))
    meeting = [device for device in devices if device.category.code == "MT"]
    plans += [(meeting[0], f"AV{n}", other, "AV1", "av", f"V-{n:02d}", "") for n, other in enumerate(meeting[1:4], 1)]
    _store(contract, plans, at)


def _store(contract: Contract, plans: list[tuple[Device, str, Device, str, str, str, str]], at: datetime) -> None:
    links = [
        Link(
            hall=contract.hall,
            kind=kind,
            label=label or f"D-{number:03d}",
            vlans=vlans,
            metres=5 + number * 7 % 70,
            updated_at=at,
        )
        for number, (_a, _ap, _b, _bp, kind, label, vlans) in enumerate(plans, start=1)
    ]
    Link.objects.bulk_create(links)
    ports: list[Port] = []
    used: dict[int, int] = {}
    for link, (a, a_port, b, b_port, *_rest) in zip(links, plans, strict=True):
        if not a_port:
            used[a.pk] = used.get(a.pk, 0) + 1
            a_port = f"Ge1/0/{used[a.pk]}"
        ports.append(Port(device=a, name=a_port, link=link, side="a"))
        ports.append(Port(device=b, name=b_port, link=link, side="b"))
    Port.objects.bulk_create(ports)


def _extensions(contract: Contract, devices: list[Device], at: datetime) -> None:
    gateway = next((device for device in devices if device.category.code == "TEL"), None)
    places = {place.code: place for place in Place.objects.filter(hall=contract.hall)}
    units = {device.place.code: device.unit for device in devices if device.unit}
    rows = [
        Extension(
            hall=contract.hall,
            number=number,
            user=user,
            place=places.get(place),
            unit=units.get(place),
            device=gateway,
            status=ExtensionStatus.FAULTY if number == "8070" else ExtensionStatus.IN_USE,
            note="听筒无声，已报修" if number == "8070" else "",
            updated_at=at,
        )
        for number, user, place in EXTENSIONS
    ]
    rows += [
        Extension(hall=contract.hall, number=number, status=ExtensionStatus.FREE, device=gateway, updated_at=at)
        for number in FREE_EXTENSIONS
    ]
    Extension.objects.bulk_create(rows)


def _registrations(
    contract: Contract, subnets: dict[str, Subnet], devices: list[Device], rng: random.Random, until: datetime
) -> None:
    today = until.astimezone(clock.SHANGHAI).date()
    engineer = people_with_role(contract, ENGINEER, on=today)[0]
    manager = people_with_role(contract, MANAGER, on=today)[0]
    supervisor = people_with_role(contract, SUPERVISOR, on=today)[0]
    units = list(Unit.objects.filter(organisation=contract.client).order_by("pk"))
    window = next(device for device in devices if device.category.code == "WS")
    guest = subnets["厂商接入网"]
    base = parse_network(guest.cidr).network_address
    for number, (applicant, foreign, purpose, days, status) in enumerate(REGISTRATIONS):
        asked = until - timedelta(days=rng.randint(2, 9) + max(0, -days) + 20, hours=rng.randint(1, 6))
        device = None if foreign else window
        unit = (device.unit if device else None) or units[number % len(units)]
        mac = device.mac if device else _mac(f"guest {number}")
        subnet, row = guest, None
        if device is not None:
            subnet = subnets["窗口办公网"]
            row = Address.objects.filter(device=device).first()
        elif status in ("approved", "expired"):
            row = _row(
                guest, base + 2 + number, asked, mac=mac, unit=unit, person=applicant,
                status=AddressStatus.STOPPED if status == "expired" else AddressStatus.IN_USE,
            )  # fmt: skip
            row.save()
        decided = status != "requested"
        Registration.objects.create(
            contract=contract,
            code=code_for(contract, "RW", asked),
            status=RegistrationStatus(status),
            applicant=applicant,
            unit=unit,
            device=device,
            foreign_device=foreign,
            mac=mac,
            purpose=purpose,
            promised=True,
            valid_to=today + timedelta(days=days),
            subnet=subnet,
            address=row,
            requested_by=engineer,
            requested_at=asked,
            decided_by=(manager, supervisor)[number % 2] if decided else None,
            decided_at=asked + timedelta(hours=3) if decided else None,
            decision="自带设备不接入办公网，请使用窗口打印机" if status == "refused" else "",
            ended_at=until - timedelta(days=-days - 1) if status == "expired" else None,
            updated_at=asked,
        )
