"""What the network's tests start from."""

from datetime import UTC, date, datetime
from typing import Any

from devices.models import Address, Device, Extension, Link, Registration, Subnet, TopologyVersion
from devices.services.extensions import extension_create
from devices.services.links import link_create
from devices.services.network import address_take, subnet_create
from devices.services.registrations import registration_request
from tests.make import World

AT = datetime(2024, 3, 18, 2, 0, tzinfo=UTC)


def subnet_values(**values: Any) -> dict[str, Any]:
    """What the subnet form hands to its service."""
    plain: dict[str, Any] = {
        "name": "窗口网段",
        "cidr": "10.20.1.0/24",
        "vlan": 20,
        "gateway": "10.20.1.1",
        "dns": "",
        "purpose": "",
        "reserved": "",
        "is_active": True,
    }
    return plain | values


def make_subnet(world: World, **values: Any) -> Subnet:
    """A subnet of the world's hall, entered by its engineer."""
    return subnet_create(
        hall=world.contract.hall,
        contract=world.contract,
        values=subnet_values(**values),
        actor=world.engineer,
        at=AT,
    )


def make_device(world: World, code: str, **values: Any) -> Device:
    """Another device of the world's hall."""
    plain: dict[str, Any] = {
        "hall": world.contract.hall,
        "code": code,
        "short_code": f"{code}{world.tag}".replace("-", "")[-8:].upper(),
        "name": f"设备{code}",
        "category": world.category,
        "place": world.place,
        "power_policy": "daily_off",
    }
    return Device.objects.create(**(plain | values))


def registration_values(world: World, subnet: Subnet, **values: Any) -> dict[str, Any]:
    """What the registration form hands to its service."""
    plain: dict[str, Any] = {
        "applicant": "厂商工程师01",
        "unit": world.unit,
        "device": None,
        "foreign_device": "厂商笔记本电脑",
        "mac": "02-00-00-00-00-01",
        "subnet": subnet,
        "purpose": "系统升级调试",
        "valid_to": date(2024, 4, 30),
        "promised": True,
    }
    return plain | values


def ask(world: World, subnet: Subnet, **values: Any) -> Registration:
    """A registration that the world's engineer asks for."""
    values = registration_values(world, subnet, **values)
    return registration_request(contract=world.contract, values=values, actor=world.engineer, at=AT)


def said(**values: Any) -> dict[str, Any]:
    """What is said about a connection."""
    return {"kind": "cable", "label": "", "metres": None, "vlans": "", "note": ""} | values


def connect(world: World, a: Device, b: Device, a_port: str = "", b_port: str = "", **values: Any) -> Link:
    """A connection that the world's engineer enters."""
    return link_create(
        contract=world.contract,
        a=a,
        b=b,
        a_port=a_port,
        b_port=b_port,
        values=said(**values),
        actor=world.engineer,
        at=AT,
    )


def extension_values(**values: Any) -> dict[str, Any]:
    """What the extension form hands to its service."""
    plain: dict[str, Any] = {
        "number": "8001",
        "place": None,
        "unit": None,
        "user": "总服务台",
        "device": None,
        "status": "in_use",
        "note": "",
    }
    return plain | values


def network_there(world: World) -> None:
    """Something of every kind of the network that can be asked for by number."""
    mark = world.tag
    subnet = make_subnet(world, name=f"{mark}网段", cidr="10.66.9.0/24", gateway="")
    address_take(
        subnet=subnet, contract=world.contract, actor=world.engineer, at=AT, device=world.device, person=f"{mark}使用人"
    )
    ask(world, subnet, applicant=f"{mark}申请人", foreign_device=f"{mark}笔记本")
    values = extension_values(user=f"{mark}总机")
    extension_create(hall=world.contract.hall, contract=world.contract, values=values, actor=world.engineer, at=AT)
    connect(world, world.device, make_device(world, f"{mark}-902"), label=f"{mark}线")
    TopologyVersion.objects.create(
        hall=world.contract.hall,
        number=77,
        at=AT,
        author=world.manager,
        note=mark,
        svg=f"<svg>{mark}</svg>",
        pdf=b"%PDF-",
    )


def network_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of the network with a parameter: that of something of this world, and that of nothing."""
    hall = world.contract.hall
    subnet = Subnet.objects.get(hall=hall).pk
    address = Address.objects.get(subnet__hall=hall).pk
    link = Link.objects.get(hall=hall).pk
    numbers = {
        "subnet": subnet,
        "subnet_edit": subnet,
        "address_take": subnet,
        "address_edit": address,
        "address_free": address,
        "extension_edit": Extension.objects.get(hall=hall).pk,
        "link_edit": link,
        "link_remove": link,
    }
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"devices:{name}": ({"pk": pk}, {"pk": nowhere}) for name, pk in numbers.items()
    }
    code = Registration.objects.get(contract=world.contract).code
    verbs = ("", "_sheet", "_approve", "_refuse", "_renew", "_revoke", "_withdraw")
    table |= {f"devices:registration{verb}": ({"code": code}, {"code": "RW-NIX-0001"}) for verb in verbs}
    for name in ("network", "link_new", "layer_set"):
        table[f"devices:{name}"] = ({"code": world.device.code}, {"code": "NIX-001"})
    for name in ("topology_version_pdf", "topology_version_svg"):
        table[f"devices:{name}"] = ({"number": 77}, {"number": nowhere})
    return table
