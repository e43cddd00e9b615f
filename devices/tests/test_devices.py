"""Finding devices: by typing, by the short code on the label, in the register."""

from typing import Any

import pytest
from django.test import Client

from devices.models import Device, DeviceCategory
from devices.querysets import device_by_code, devices_visible_to, find_devices
from devices.services.listing import search_refresh
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = make_world()
    printers = DeviceCategory.objects.create(
        hall=world.contract.hall, code="PR", name="自助打印复印机", repair_class="office", power_policy="always_on"
    )
    for number in range(2, 70):
        Device.objects.create(
            hall=world.contract.hall,
            code=f"PR-{number:03d}",
            short_code=f"PR{number:04d}",
            name=f"自助打印机{number}",
            category=printers,
            place=world.place,
            power_policy="daily_off",
        )
    search_refresh(Device.objects.all())
    return world


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("text", ["ws-001", "WS-001", "a05", "工作台", "通用", "综合窗口A A05", "ws1"])
def test_a_device_is_found_by_whatever_is_known_of_it(world: World, text: str) -> None:
    assert find_devices(world.contract.hall, text)[0] == world.device


def test_an_exact_number_comes_first_and_the_list_is_short(world: World) -> None:
    found = find_devices(world.contract.hall, "pr-069")
    assert found[0].code == "PR-069"
    assert len(find_devices(world.contract.hall, "自助")) == 12
    assert find_devices(world.contract.hall, "   ") == []


def test_another_halls_devices_do_not_exist(world: World) -> None:
    other = make_world("b")
    assert find_devices(world.contract.hall, other.device.short_code) == []
    assert device_by_code(world.contract.hall, other.device.short_code) is None
    assert other.device not in devices_visible_to(world.engineer)
    assert not devices_visible_to(world.admin).exists()
    assert as_(world.engineer).get(f"/d/{other.device.short_code}/").status_code == 404


def test_the_label_leads_to_what_can_be_done_there(world: World) -> None:
    page = as_(world.clerk).get(f"/d/{world.device.short_code.lower()}/")
    assert page.status_code == 200
    assert "/tickets/report/?device=WS-001" in page.content.decode()
    assert "/tickets/report/" not in as_(world.auditor).get("/d/WS1/").content.decode().split("<main", 1)[1]


def test_an_unknown_code_is_named_in_the_answer(world: World) -> None:
    answer = as_(world.clerk).get("/d/NOPE42/")
    assert answer.status_code == 404
    assert "NOPE42" in answer.content.decode()
    typed = as_(world.clerk).get("/devices/scan/", {"code": " no-pe 42 "})
    assert typed["Location"] == "/d/NOPE42/"


def test_the_register_pages_by_number_and_filters(world: World) -> None:
    client = as_(world.engineer)
    first = client.get("/devices/").content.decode()
    assert first.count("cell-title") == 50
    assert "?after=PR-051" in first
    assert client.get("/devices/?after=PR-051").content.decode().count("cell-title") == 19
    assert client.get("/devices/?q=工作台&status=in_use").content.decode().count("cell-title") == 1
    assert client.get("/devices/?category=abc&place=-1").status_code == 200


def test_the_export_is_entered_in_the_history_and_not_for_clerks_or_auditors(world: World) -> None:
    answer = as_(world.manager).post("/devices/export/?q=工作台")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "WS-001" in text
    assert "PR-002" not in text
    for role in ("clerk", "auditor", "admin"):
        assert as_(getattr(world, role)).post("/devices/export/").status_code == 403
