"""Places: a tree without circles, walked in one order, emptied before it is closed, with its devices on a plan."""

from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from devices.finds.places import devices_below, places_in_walking_order, tree_of
from devices.models import Device, Place
from devices.services.places import (
    device_placed,
    drop_undo,
    place_devices_move,
    place_edit,
    place_move,
    place_restore,
    place_retire,
    place_shift,
)
from devices.tests.places_make import MONDAY, place, planned
from records.models import AuditEntry
from records.tests.make import picture, upload
from tests.make import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def as_(world: World, role: str = "engineer") -> Client:
    client = Client()
    client.force_login(getattr(world, role))
    return client


def codes(world: World) -> list[str]:
    return [row.code for row in places_in_walking_order(world.contract.hall)]


def test_the_walking_order_is_the_tree_and_moves_with_it(world: World) -> None:
    floor = place(world, "f1", kind="floor")
    east, west = place(world, "east", floor), place(world, "west", floor)
    corner = place(world, "corner", east, kind="point")
    assert codes(world) == ["zone-a", "f1", "east", "corner", "west"]
    who: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": MONDAY}
    place_shift(place=west, up=True, **who)
    assert codes(world) == ["zone-a", "f1", "west", "east", "corner"]
    place_shift(place=west, up=True, **who)
    assert codes(world) == ["zone-a", "f1", "west", "east", "corner"], "the first stays the first"
    place_move(place=floor, parent=world.place, **who)
    assert codes(world) == ["zone-a", "f1", "west", "east", "corner"]
    assert [row.position for row in places_in_walking_order(world.contract.hall)] == [0, 1, 2, 3, 4]
    with pytest.raises(Invalid):
        place_move(place=floor, parent=corner, **who)
    with pytest.raises(Invalid):
        place_move(place=floor, parent=floor, **who)
    assert [(row.place.code, row.depth, row.here, row.below) for row in tree_of(world.contract.hall)][:2] == [
        ("zone-a", 0, 1, 1),
        ("f1", 1, 0, 0),
    ]
    assert list(devices_below(world.place)) == [world.device]


def test_a_place_is_emptied_in_one_act_before_it_is_closed(world: World) -> None:
    target = place(world, "store", kind="room")
    second = Device.objects.create(
        hall=world.contract.hall, code="WS-002", short_code="WS2", name="工作台二", category=world.category,
        place=world.place, power_policy="daily_off",
    )  # fmt: skip
    who: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": MONDAY}
    with pytest.raises(Conflict):
        place_retire(place=world.place, reason="改造", **who)
    with pytest.raises(NotAllowed):
        place_devices_move(
            place=world.place, target=target, contract=world.contract, reason="改造", actor=world.supervisor, at=MONDAY
        )
    assert place_devices_move(place=world.place, target=target, reason="改造", **who) == 2
    entries = AuditEntry.objects.filter(subject_type="device", verb="edit")
    assert {entry.subject_id for entry in entries} == {world.device.pk, second.pk}
    assert {entry.after["place"]["label"] for entry in entries} == {"位置store"}
    assert len({entry.batch for entry in entries}) == 1
    assert entries[0].batch
    world.device.refresh_from_db()
    assert (world.device.place, world.device.version) == (target, 2)
    place_retire(place=world.place, reason="改造", **who)
    assert codes(world) == ["store"]
    page = as_(world).get("/devices/places/?retired").content.decode()
    assert "zone-a" in page
    place_restore(place=world.place, **who)
    assert "zone-a" in codes(world)


def test_two_moves_at_once_never_make_a_circle(transactional_db: None) -> None:
    world = make_world()
    one, two = place(world, "one"), place(world, "two")
    refused: list[str] = []

    def move(moved: Place, into: Place) -> None:
        try:
            place_move(place=moved, parent=into, contract=world.contract, actor=world.engineer, at=MONDAY)
        except Invalid as error:
            refused.append(error.message)
        finally:
            connections.close_all()

    threads = [Thread(target=move, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert sorted(codes(world)) == ["one", "two", "zone-a"]
    assert {branch.place.code for branch in tree_of(world.contract.hall)} == {"one", "two", "zone-a"}
    assert connection.is_usable()


def test_a_renamed_place_is_found_by_its_new_name_and_keeps_its_history(world: World) -> None:
    client = as_(world)
    given = {"name": "企业服务专区", "kind": "zone", "parent": "", "alias": "", "designation": "", "version": "1"}
    assert client.post("/devices/places/zone-a/edit/", given).status_code == 302
    assert "WS-001" in client.get("/devices/?q=企业服务专区").content.decode()
    page = client.get("/devices/places/zone-a/").content.decode()
    assert "综合窗口A区 → 企业服务专区" in page
    late = client.post("/devices/places/zone-a/edit/", given | {"name": "别名"})
    assert late.status_code == 409
    assert 'value="别名"' in late.content.decode()
    with pytest.raises(NotAllowed):
        place_edit(
            place=world.place,
            contract=world.contract,
            version_seen=2,
            values={"name": "x"},
            actor=world.clerk,
            at=MONDAY,
        )


def test_a_new_place_is_typed_in_once(world: World) -> None:
    client = as_(world, "manager")
    given = {"code": "P1", "name": "一层东", "kind": "floor", "parent": world.place.pk, "designation": "函〔2024〕3号"}
    assert client.post("/devices/places/new/", given)["Location"] == "/devices/places/p1/"
    assert "函〔2024〕3号" in client.get("/devices/places/p1/").content.decode()
    for code in ("p1", "new", "一层", ""):
        assert client.post("/devices/places/new/", given | {"code": code}).status_code == 422, code
    for role in ("supervisor", "leader", "auditor"):
        assert as_(world, role).get("/devices/places/").status_code == 200
        assert as_(world, role).post("/devices/places/new/", given | {"code": "p2"}).status_code == 403
    assert as_(world, "clerk").get("/devices/places/").status_code == 403


def test_a_pin_is_set_moved_refused_and_taken_back(world: World) -> None:
    client = as_(world)
    assert (
        client.post("/devices/places/zone-a/plan/image/", {"photos": upload(b"GIF89a", "plan.gif")}).status_code == 422
    )
    assert client.post("/devices/places/zone-a/plan/image/", {"photos": upload(picture())}).status_code == 302
    pin = "/devices/places/zone-a/plan/pin/"
    script = {"Accept": "application/json"}
    assert client.post(pin, {"device": "WS-001", "x": "25", "y": "50"}).status_code == 302, (
        "a plain form needs no version"
    )
    told = client.post(pin, {"device": "WS-001", "x": "30", "y": "60", "version": "2"}, headers=script).json()
    assert told == {"version": 3, "x": 0.3, "y": 0.6}
    stale = client.post(pin, {"device": "WS-001", "x": "1", "y": "1", "version": "2"}, headers=script)
    assert stale.status_code == 409
    assert client.post(pin, {"device": "WS-001", "x": "101", "y": "1"}, headers=script).status_code == 422
    assert client.post(pin, {"device": "WS-001", "x": "1", "y": ""}).status_code == 422
    page = client.get("/devices/places/zone-a/plan/").content.decode()
    assert 'data-device="WS-001" data-version="3"' in page
    assert "style=" not in page.split("<main", 1)[1].split("</main", 1)[0]
    assert client.post("/devices/places/zone-a/plan/undo/").status_code == 302
    world.device.refresh_from_db()
    assert (world.device.plan_x, world.device.plan_y) == (0.25, 0.5)
    with pytest.raises(Conflict):
        drop_undo(plan=world.place, contract=world.contract, actor=world.engineer, at=MONDAY)
    client.post(pin, {"device": "WS-001", "x": "", "y": ""})
    world.device.refresh_from_db()
    assert (world.device.plan_of, world.device.plan_x) == (None, None)
    assert as_(world, "supervisor").post(pin, {"device": "WS-001", "x": "1", "y": "1"}).status_code == 403


def test_only_what_stands_there_is_pinned_and_the_paper_says_it(world: World) -> None:
    floor = planned(world, place(world, "f1", kind="floor"))
    who: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": MONDAY}
    with pytest.raises(NotFound):
        device_placed(device=world.device, plan=floor, x=0.5, y=0.5, version_seen=1, **who)
    place_move(place=world.place, parent=floor, **who)
    device_placed(device=world.device, plan=floor, x=0.5, y=0.5, version_seen=1, **who)
    for address in ("/devices/places/f1/plan/pdf/", "/devices/places/f1/list/"):
        response = as_(world, "leader").get(address)
        assert response.status_code == 200, address
        assert response.content.startswith(b"%PDF-"), address
