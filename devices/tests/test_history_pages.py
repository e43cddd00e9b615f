"""The history of devices: from every door one entry, one timeline, the device as it was, its record on paper."""

import random
import subprocess
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from devices.finds.history import device_as_of, present_of
from devices.models import Device, Place
from devices.services.common import fields_write, local_day
from devices.tests.history_make import NOON, SECRET, TODAY, hours, put, started
from records.models import AuditEntry
from records.services.audit import audit_write
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=30))
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def write(world: World, at: datetime, source: str = "page", actor: Any = None, **values: Any) -> None:
    """A change of the device as every door makes it."""
    fields_write(
        world.device,
        values,
        contract=world.contract,
        actor=actor if source != "task" else None,
        at=at,
        source=source,
        reason="核对",
    )


def changed(world: World) -> None:
    """Changes by a person, a task, a command and an import; on three days."""
    cellar = Place.objects.create(hall=world.contract.hall, code="cellar", name="地下机房", kind=Place.Kind.ROOM)
    write(world, NOON, actor=world.engineer, name="A05一体机", status="faulty")
    write(world, NOON + hours(24), "task", status="under_repair")
    write(world, NOON + hours(48), "command", actor=world.manager, place=cellar)
    write(world, NOON + hours(48), "import", actor=world.manager, remark="换过主板", installed_on=TODAY)


def test_at_the_end_of_every_day_the_device_is_what_it_was_then(world: World) -> None:
    drawn = random.Random(4)
    places = [world.place, *(
        Place.objects.create(hall=world.contract.hall, code=f"p{n}", name=f"点位{n}", kind=Place.Kind.POINT) for n in range(2)
    )]  # fmt: skip
    at, taken = NOON, {}
    for _number in range(25):
        taken[local_day(at)] = present_of(Device.objects.get(pk=world.device.pk))
        at += hours(drawn.choice([1, 5, 24, 30]))
        write(
            world,
            at,
            actor=world.engineer,
            place=drawn.choice(places),
            status=drawn.choice(["in_use", "faulty", "spare"]),
            remark=drawn.choice(["", "甲", "乙"]),
            extra=drawn.choice([{}, {"f1": "8"}, {"f1": "16"}]),
            warranty_until=drawn.choice([None, TODAY]),
        )
        taken[local_day(at)] = present_of(Device.objects.get(pk=world.device.pk))
    for day, snapshot in taken.items():
        assert device_as_of(world.device, day).state == snapshot


def test_before_its_first_entry_nothing_is_claimed_of_a_device(world: World) -> None:
    Device.objects.filter(pk=world.device.pk).update(created_at=NOON)
    write(world, NOON + hours(24), actor=world.engineer, name="改名")
    page = as_(world.auditor).get(reverse("devices:as_of", args=["WS-001"]), {"on": "2024-03-17"})
    assert page.context["known"] is False
    assert "2024-03-18 12:00" in page.content.decode()
    page = as_(world.auditor).get(reverse("devices:as_of", args=["WS-001"]), {"on": "2024-03-18"})
    assert {row["label"] for row in page.context["rows"] if row["differs"]} == {"名称"}


def test_a_change_from_every_door_leaves_one_entry_with_actor_and_source_in_words(world: World) -> None:
    changed(world)
    page = as_(world.supervisor).get(reverse("devices:history", args=["WS-001"]))
    lines = [
        (one.source, one.actor, {d.label: (d.before, d.after) for d in one.lines}) for one in page.context["happenings"]
    ]
    assert [(source, actor) for source, actor, _lines in lines] == [
        ("导入", "项目经理"), ("命令行", "项目经理"), ("定时任务", "系统"), ("", "工程师甲"),
    ]  # fmt: skip
    assert lines[1][2] == {"位置": ("综合窗口A区", "地下机房")}
    assert lines[3][2]["状态"] == ("在用", "故障")
    assert as_(world.clerk).get(reverse("devices:history", args=["WS-001"])).status_code == 403


def test_what_is_internal_is_not_shown_to_the_client(world: World) -> None:
    audit_write(
        contract=world.contract, subject=world.device, verb="config_reveal", actor=world.engineer, at=NOON, visibility="internal",
        after={"item": {"id": 1, "label": "机密口令"}},
    )  # fmt: skip
    address = reverse("devices:history", args=["WS-001"])
    assert "机密口令" in as_(world.auditor).get(address).content.decode()
    assert "机密口令" not in as_(world.supervisor).get(address).content.decode()
    assert "机密口令" not in as_(world.supervisor).get(reverse("devices:changes")).content.decode()
    assert "机密口令" in as_(world.engineer).get(reverse("devices:changes")).content.decode()


def test_the_timeline_is_paged_and_costs_the_same_however_long_it_is(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(70):
        write(world, NOON + timedelta(minutes=number // 8), actor=world.engineer, remark=f"第{number}次")
    client, address = as_(world.engineer), reverse("devices:history", args=["WS-001"])
    seen: list[str] = []
    after = ""
    for _page in range(5):
        with django_assert_max_num_queries(26):
            page = client.get(address, {"kind": "change", "after": after} if after else {"kind": "change"})
        seen += [one.key for one in page.context["happenings"]]
        after = page.context["next_after"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 70


def test_the_halls_changes_are_found_by_each_filter_and_exported(world: World) -> None:
    changed(world)
    client, address = as_(world.manager), reverse("devices:changes")
    for asked, count in (
        ({}, 4), ({"source": "task"}, 1), ({"who": "工程师"}, 1), ({"field": "status"}, 2), ({"field": "place"}, 1),
        ({"first": "2024-03-19", "last": "2024-03-19"}, 1), ({"device": "ws-001"}, 4), ({"device": "PR-001"}, 0),
        ({"batch": "x"}, 0),
    ):  # fmt: skip
        assert len(client.get(address, asked).context["rows"]) == count, asked
    response = client.post(f"{reverse('devices:changes_export')}?source=import", {"format": "csv"})
    text = response.getvalue().decode()
    assert "换过主板" in text
    assert "地下机房" not in text
    assert AuditEntry.objects.filter(verb="export").count() == 1
    assert client.post(reverse("devices:changes_export"), {"format": "xlsx"}).status_code == 200
    assert as_(world.auditor).post(reverse("devices:changes_export")).status_code == 403


def test_the_record_on_paper_holds_facts_parameters_and_the_life_of_the_period(world: World) -> None:
    started(world)
    changed(world)
    put(world, "网关", "10.0.0.1")
    put(world, "口令", SECRET, secret=True)
    address = reverse("devices:record", args=["WS-001"])
    text = pdf_text(as_(world.auditor).get(address))
    for expected in ("A05一体机", "地下机房", "换过主板", "10.0.0.1", "••••", "WS-001", "工程师甲"):
        assert expected in text
    assert SECRET not in text
    text = pdf_text(as_(world.auditor).get(address, {"on": "2024-03-18", "first": "2024-03-18", "last": "2024-03-18"}))
    assert "A05一体机" in text
    assert "换过主板" not in text
    assert "地下机房" not in text


def pdf_text(response: Any) -> str:
    """What a reader sees of a PDF, without its line breaks."""
    assert response.status_code == 200
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=response.content, capture_output=True, check=True)
    return "".join(done.stdout.decode().split())
