"""The interface and the command: the same services, the same records, nothing that the pages would not show."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from devices.models import Device
from devices.tests.listing_make import as_, fill
from records.models import AuditEntry
from tests.make import World, make_world

HIDDEN = ("SNX0001", "保险柜", "serial_no", "addresses", "remark", "mac", "custodian", "extra")


@pytest.fixture
def world(db: None) -> World:
    world = make_world()
    fill(world, 120)
    return world


def patch(client: Client, code: str, body: Any) -> Any:
    return client.patch(f"/api/v1/devices/{code}/", json.dumps(body), content_type="application/json")


def test_the_interface_lists_by_key_and_refuses_what_it_does_not_know(
    world: World, django_assert_max_num_queries: Any
) -> None:
    client = as_(world.engineer)
    client.get("/api/v1/devices/")
    with django_assert_max_num_queries(8):
        first = client.get("/api/v1/devices/?q=打印&sort=name").json()
    second = client.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (100, 20, None)
    assert len({row["code"] for row in first["results"] + second["results"]}) == 120
    for wrong in ("remark__startswith=x", "category=abc", "status=flying", "password=1"):
        answer = client.get(f"/api/v1/devices/?{wrong}")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert Client().get("/api/v1/devices/").status_code == 401
    assert as_(world.clerk).get("/api/v1/devices/").status_code == 403


def test_clerks_get_no_configuration_and_another_hall_nothing(world: World) -> None:
    other = make_world("b")
    text = as_(world.clerk).get("/api/v1/devices/P-001/").content.decode()
    assert "打印机1号" in text
    assert not [word for word in HIDDEN if word in text]
    assert as_(world.engineer).get("/api/v1/devices/P-001/").json()["serial_no"] == "SNX0001"
    Device.objects.filter(pk=other.device.pk).update(code="OTHER-1")
    for code in ("OTHER-1", "NOWHERE"):
        assert as_(world.engineer).get(f"/api/v1/devices/{code}/").status_code == 404
    assert (
        patch(as_(world.engineer), "P-001", {"version": 1, "reason": "x", "place": other.place.pk}).status_code == 400
    )


def test_a_patch_needs_the_version_it_saw_and_leaves_a_record(world: World) -> None:
    client = as_(world.engineer)
    version = client.get("/api/v1/devices/P-001/").json()["version"]
    body = {"version": version, "reason": "换标签", "name": "大厅打印机", "status": "stopped"}
    for wrong in (
        {**body, "hall": 2},
        {**body, "short_code": "AAAAAA"},
        {"name": "x"},
        {**body, "name": "x" * 1_000_000},
        [1],
    ):
        assert patch(client, "P-001", wrong).status_code == 400
    answer = patch(client, "P-001", body)
    assert (answer.status_code, answer.json()["name"], answer.json()["status"]) == (200, "大厅打印机", "stopped")
    again = patch(client, "P-001", {**body, "name": "另一个"})
    assert (again.status_code, again["Content-Type"]) == (409, "application/problem+json")
    assert patch(client, "P-002", {"version": 1, "reason": "x", "mac": "zz"}).status_code == 422
    for role in ("clerk", "supervisor", "auditor"):
        assert patch(as_(getattr(world, role)), "P-002", {"version": 1, "reason": "x", "name": "y"}).status_code == 403
    entries = AuditEntry.objects.filter(
        subject_type="device", subject_id=Device.objects.get(code="P-001").pk, source="api"
    )
    assert set(entries.values_list("actor_id", "reason")) == {(world.engineer.pk, "换标签")}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.engineer)
    assert patch(strict, "P-002", {"version": 1, "reason": "x", "name": "y"}).status_code == 403


def test_the_command_changes_a_device_and_its_record_says_so(world: World) -> None:
    call_command(
        "device_set", "P-003", "place=zone-a", "status=停用", "custodian=", "--reason", "盘点", stdout=io.StringIO()
    )
    device = Device.objects.get(code="P-003")
    assert (device.place, device.status) == (world.place, "stopped")
    entries = AuditEntry.objects.filter(subject_type="device", subject_id=device.pk)
    assert {(entry.source, entry.reason, entry.actor_label) for entry in entries} == {("command", "盘点", "system")}
    for wrong in (["P-003", "place=没有"], ["P-999", "name=x"], ["P-003", "hall=2"], ["P-003", "name="]):
        with pytest.raises(CommandError):
            call_command("device_set", *wrong, "--reason", "x")
