"""What the network's tests start from."""

from datetime import UTC, datetime
from typing import Any

from devices.models import Device, Subnet
from devices.services.network import subnet_create
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
