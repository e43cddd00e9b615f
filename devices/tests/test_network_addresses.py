"""Subnets and the ledger of addresses."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from core.errors import Conflict, Invalid, NotAllowed
from devices.finds.network import addresses_of
from devices.models import Address, Device, Subnet
from devices.querysets import devices_matching
from devices.services.network import (
    address_edit,
    address_free,
    address_stop,
    address_take,
    device_address_set,
    subnet_create,
    subnet_edit,
)
from devices.tests.network_make import AT, make_device, make_subnet, subnet_values
from records.models import AuditEntry
from tests.make import World, make_world


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def take(world: World, subnet: Subnet, **more: Any) -> Address:
    return address_take(subnet=subnet, contract=world.contract, actor=world.engineer, at=AT, **more)


def history(world: World, device: Any) -> list[tuple[str, Any, Any]]:
    rows = AuditEntry.objects.filter(subject_type="device", subject_id=device.pk).order_by("id")
    return [(row.verb, row.before, row.after) for row in rows]


def test_a_subnet_never_overlaps_another(world: World) -> None:
    make_subnet(world)
    for cidr in ("10.20.1.128/25", "10.0.0.0/8", "10.20.1.0/24", "10.20.1.7/24", "10.20.3.0", "somewhere"):
        with pytest.raises(Invalid) as wrong:
            make_subnet(world, cidr=cidr, gateway="")
        assert "cidr" in wrong.value.fields, cidr
    make_subnet(world, cidr="10.20.2.0/24", gateway="")
    make_subnet(world, cidr="2001:db8::/64", gateway="")
    assert Subnet.objects.count() == 3


def test_the_next_free_address_passes_by_what_is_kept_back_taken_and_reserved(world: World) -> None:
    subnet = make_subnet(world, reserved="10.20.1.2-10.20.1.9 交换机\n10.20.1.11")
    assert take(world, subnet).address == "10.20.1.10"
    assert take(world, subnet).address == "10.20.1.12"
    assert take(world, subnet, address="10.20.1.5").address == "10.20.1.5", "asked for by name a reserved one is given"
    again = Address.objects.get(address="10.20.1.10")
    address_free(address=again, contract=world.contract, actor=world.engineer, at=AT)
    again = take(world, subnet, device=world.device, mac="001a.2b3c.4d5e")
    assert (again.address, again.mac, again.device) == ("10.20.1.10", "00:1A:2B:3C:4D:5E", world.device)
    with pytest.raises(Conflict, match=r"10\.20\.1\.12"):
        take(world, subnet, address="10.20.1.12")
    for outside in ("10.20.2.1", "2001:db8::1", "nowhere"):
        with pytest.raises(Invalid):
            take(world, subnet, address=outside)
    with pytest.raises(NotAllowed):
        address_take(subnet=subnet, contract=world.contract, actor=world.supervisor, at=AT)


def test_a_full_subnet_says_so_and_a_huge_one_is_no_work(world: World) -> None:
    tiny = make_subnet(world, cidr="10.20.9.0/30", gateway="10.20.9.1")
    assert take(world, tiny).address == "10.20.9.2"
    with pytest.raises(Conflict):
        take(world, tiny)
    huge = make_subnet(world, cidr="11.0.0.0/8", gateway="")
    assert take(world, huge).address == "11.0.0.1"
    six = make_subnet(world, cidr="2001:db8:20::/64", gateway="2001:db8:20::1")
    assert take(world, six).address == "2001:db8:20::2"


def test_the_history_of_the_device_tells_of_its_addresses(world: World) -> None:
    subnet = make_subnet(world)
    other = make_device(world, "WS-002")
    row = take(world, subnet, device=world.device, mac="00-1A-2B-3C-4D-5E")
    row = address_edit(
        address=row,
        contract=world.contract,
        version_seen=row.version,
        values={"mac": "00-1A-2B-3C-4D-5F"},
        actor=world.manager,
        at=AT,
    )
    with pytest.raises(Conflict):
        address_edit(
            address=row, contract=world.contract, version_seen=1, values={"note": "迟到"}, actor=world.manager, at=AT
        )
    row = address_edit(
        address=row,
        contract=world.contract,
        version_seen=row.version,
        values={"device": other},
        actor=world.manager,
        at=AT,
    )
    address_stop(address=row, contract=world.contract, actor=world.manager, at=AT)
    address_free(address=row, contract=world.contract, actor=world.manager, at=AT, reason="退网")
    assert [verb for verb, _, _ in history(world, world.device)] == ["address_take", "address_edit", "address_free"]
    assert history(world, world.device)[1][1:] == (
        {"mac": "00:1A:2B:3C:4D:5E"},
        {"of": f"address:{row.pk}", "name": "10.20.1.2", "mac": "00:1A:2B:3C:4D:5F"},
    )
    assert [verb for verb, _, _ in history(world, other)] == ["address_take", "address_stop", "address_free"]
    with pytest.raises(Conflict):
        address_free(address=row, contract=world.contract, actor=world.manager, at=AT)


def test_a_devices_addresses_become_exactly_what_is_written(world: World) -> None:
    make_subnet(world)
    make_subnet(world, cidr="2001:db8::/64", gateway="")
    act: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": AT}
    device_address_set(device=world.device, address_text="10.20.1.20，2001:db8::20", **act)
    assert addresses_of([world.device]) == {world.device.pk: ["10.20.1.20", "2001:db8::20"]}
    found = devices_matching(Device.objects.all(), "10.20.1.20", everything=True)
    assert list(found) == [world.device], "a device is found by its address from the moment it has it"
    device_address_set(device=world.device, address_text="10.20.1.21", mac="001A2B3C4D5E", **act)
    assert addresses_of([world.device.pk]) == {world.device.pk: ["10.20.1.21"]}
    other = make_device(world, "WS-002")
    with pytest.raises(Conflict):
        device_address_set(device=other, address_text="10.20.1.21", **act)
    with pytest.raises(Invalid):
        device_address_set(device=other, address_text="172.16.0.1", **act)
    device_address_set(device=world.device, address_text="", **act)
    assert addresses_of([world.device]) == {}


def test_a_subnets_range_moves_only_while_nothing_stays_outside(world: World) -> None:
    subnet = make_subnet(world)
    take(world, subnet, address="10.20.1.200")
    act: dict[str, Any] = {"contract": world.contract, "actor": world.manager, "at": AT}
    with pytest.raises(Invalid):
        subnet_edit(subnet=subnet, version_seen=1, values=subnet_values(cidr="10.20.1.0/25"), **act)
    subnet_edit(subnet=subnet, version_seen=1, values=subnet_values(cidr="10.20.0.0/16", gateway=""), **act)
    with pytest.raises(Conflict):
        subnet_edit(subnet=subnet, version_seen=1, values=subnet_values(name="别的"), **act)


@pytest.mark.django_db(transaction=True)
def test_twenty_people_who_take_the_next_free_address_get_twenty() -> None:
    world = make_world()
    subnet = make_subnet(world)
    freed = take(world, subnet)
    address_free(address=freed, contract=world.contract, actor=world.engineer, at=AT)
    start = Barrier(20)

    def one(_number: int) -> str:
        try:
            start.wait()
            return take(world, subnet).address
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(one, range(20)))
    assert len(set(got)) == 20
    assert sorted(int(address.rsplit(".", 1)[1]) for address in got) == list(range(2, 22)), "and leave no gaps"


@pytest.mark.django_db(transaction=True)
def test_of_two_overlapping_subnets_entered_at_once_one_stays() -> None:
    world = make_world()
    start = Barrier(2)

    def one(cidr: str) -> bool:
        try:
            start.wait()
            subnet_create(
                hall=world.contract.hall,
                contract=world.contract,
                values=subnet_values(cidr=cidr, gateway=""),
                actor=world.engineer,
                at=AT,
            )
        except Invalid:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(one, ["10.20.1.0/24", "10.20.0.0/16"])) == [False, True]


def test_a_key_devices_address_needs_an_order_or_the_reason_why_it_could_not_wait(world: World) -> None:
    subnet = make_subnet(world)
    key = make_device(world, "NET-001", is_key=True)
    with pytest.raises(Invalid) as wrong:
        take(world, subnet, device=key)
    assert list(wrong.value.fields) == ["emergency"]
    assert not Address.objects.exists(), "refused, nothing is taken"
    row = take(world, subnet, device=key, emergency="网络中断，立即更换")
    act: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": AT}
    with pytest.raises(Invalid):
        address_free(address=row, **act)
    address_edit(address=row, version_seen=row.version, values={"note": "备注不需要变更单"}, **act)
