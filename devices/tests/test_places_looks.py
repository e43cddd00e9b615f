"""A look at a device from its label: recorded once, with what is wrong, and found again."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core.errors import Invalid, NotAllowed
from devices.models import SpotCheck
from devices.rooms.places import looks
from devices.tests.places_make import MONDAY, look
from devices.timeline import Asked
from records.models import Attachment
from records.tests.make import picture, upload
from tests.make import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_normal_in_one_form_abnormal_with_words_and_a_report(world: World) -> None:
    client = as_(world.engineer)
    address = "/devices/spot-checks/WS-001/"
    token = str(uuid4())
    for _time in range(2):
        assert client.post(address, {"verdict": "normal", "form_token": token}).status_code == 302
    assert SpotCheck.objects.count() == 1, "the same form sent twice is one look"
    assert client.post(address, {"verdict": "abnormal", "note": " "}).status_code == 422
    wrong = {"verdict": "abnormal", "note": "纸盒开裂", "report": "1", "photos": upload(picture())}
    answer = client.post(address, wrong)
    assert answer["Location"].startswith("/tickets/report/?device=WS-001")
    form = client.get(answer["Location"]).content.decode()
    assert "纸盒开裂" in form
    assert Attachment.objects.get(subject_type="spot_check").subject_id == SpotCheck.objects.latest("pk").pk
    page = client.get("/devices/spot-checks/?verdict=abnormal&q=纸盒").content.decode()
    assert page.count("纸盒开裂") == 1
    told = list(looks(Asked(world.device, world.engineer, None, 10)))
    assert [one.text for one in told] == ["纸盒开裂", ""]
    assert b"".join(client.get("/devices/spot-checks/?format=csv").streaming_content).decode().count("WS-001") == 2  # type: ignore[attr-defined]


def test_only_those_who_keep_the_register_look(world: World) -> None:
    for role in ("clerk", "supervisor", "leader", "auditor", "admin"):
        with pytest.raises(NotAllowed):
            look(world, actor=getattr(world, role))
        assert as_(getattr(world, role)).get("/devices/spot-checks/WS-001/").status_code == 403, role
    with pytest.raises(Invalid):
        look(world, verdict="fine")
    for role, status in {"supervisor": 200, "auditor": 200, "clerk": 403, "admin": 403}.items():
        assert as_(getattr(world, role)).get("/devices/spot-checks/").status_code == status, role


def test_the_scan_page_offers_to_each_what_is_theirs(world: World) -> None:
    look(world, at=MONDAY)
    short = f"/d/{world.device.short_code}/"
    acts = {
        "inspect": "/devices/spot-checks/WS-001/",
        "report": "/tickets/report/?device=WS-001",
        "code": "/devices/labels/new-code/WS-001/",
    }
    expected = {
        "engineer": set(acts),
        "manager": set(acts),
        "clerk": {"report"},
        "supervisor": {"report"},
        "auditor": set(),
    }
    for role, allowed in expected.items():
        page = as_(getattr(world, role)).get(short).content.decode()
        assert {name for name, address in acts.items() if address in page} == allowed, role
    admin = as_(world.admin).get(short)
    assert admin.status_code == 200
    assert "WS-001" not in admin.content.decode().split("<main", 1)[1]


def test_the_list_costs_the_same_however_long(world: World, django_assert_max_num_queries: Any) -> None:
    client = as_(world.engineer)
    for number in range(30):
        look(world, note=f"备注{number}")
    with django_assert_max_num_queries(14):
        assert client.get("/devices/spot-checks/").content.decode().count("备注") >= 30
    with django_assert_max_num_queries(16):
        client.get("/devices/places/")
    with django_assert_max_num_queries(18):
        client.get("/devices/places/zone-a/")
    with django_assert_max_num_queries(14):
        client.get("/devices/labels/")
