"""The pages of the register, as each role sees and uses them."""

import io
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from devices.models import CategoryField, Device, Part, Place, Software
from devices.tests.register_make import TODAY, add_photo, enter, fit_out, own_field
from records.models import AuditEntry
from records.tests.make import picture, upload
from tests.make import World, make_world


@pytest.fixture
def world(db: None) -> World:
    world = make_world()
    own_field(world, "内存", "number", unit="GB")
    fit_out(world)
    Device.objects.filter(pk=world.device.pk).update(
        serial_no="SN-GEHEIM", mac="3C:52:82:1A:00:7F", remark="备注-内部", asset_no="ZC-9", custodian="保管员01",
        extra={"f1": "16"}, status_reason="原因-内部",
    )  # fmt: skip
    world.device.refresh_from_db()
    return world


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


NEW = {"name": "A06工作台", "power_policy": "daily_off", "ownership": "client", "criticality": "C"}
PATH = "/devices/WS-001/"


def test_a_device_is_entered_with_its_kinds_own_fields_and_a_refused_form_keeps_what_was_typed(world: World) -> None:
    client = as_(world.engineer)
    assert "?category=WS" in text_of(client.get("/devices/new/"))
    form = {**NEW, "place": world.place.pk}
    refused = client.post("/devices/new/?category=WS", {**form, "extra_f1": "很多", "brand": "示例牌7"})
    assert refused.status_code == 422
    assert "示例牌7" in text_of(refused)
    assert client.post("/devices/new/?category=WS", {**form, "extra_f1": "16"})["Location"] == "/devices/WS-002/"
    assert Device.objects.get(code="WS-002").extra == {"f1": "16"}
    taken = client.post("/devices/new/?category=WS", {**form, "code": "WS-002"})
    assert taken.status_code == 409
    copy = text_of(client.get("/devices/new/?copy=WS-001"))
    assert "A05工作台" in copy
    assert "SN-GEHEIM" not in copy, "a serial number is each device's own"


def test_who_was_overtaken_sees_what_is_stored_and_may_save_again(world: World) -> None:
    client = as_(world.engineer)
    form = {**NEW, "code": "WS-001", "place": world.place.pk, "extra_f1": "16", "name": "我的名称"}
    page = client.get(f"{PATH}edit/")
    assert f'name="version" value="{world.device.version}"' in text_of(page)
    Device.objects.filter(pk=world.device.pk).update(version=7, name="别人的名称")
    lost = client.post(f"{PATH}edit/", {**form, "version": world.device.version})
    assert lost.status_code == 409
    assert "别人的名称" in text_of(lost)
    assert 'name="version" value="7"' in text_of(lost)
    assert client.post(f"{PATH}edit/", {**form, "version": 7, "reason": "核对"}).status_code == 302
    last = AuditEntry.objects.filter(subject_type="device", subject_id=world.device.pk).latest("pk")
    assert (last.after["name"], last.reason) == ("我的名称", "核对")


def test_a_clerk_sees_what_it_is_called_where_it_stands_and_what_it_does_and_nothing_else(world: World) -> None:
    add_photo(world)
    page = text_of(as_(world.clerk).get(PATH))
    for shown in ("A05工作台", "综合窗口A区", f"/tickets/report/?device={world.device.code}"):
        assert shown in page
    for hidden in (
        "SN-GEHEIM", "3C:52", "备注-内部", "ZC-9", "保管员01", "读卡器", "叫号系统", "内存", "原因-内部", "改造", "/edit/",
        "/attachments/",
    ):  # fmt: skip
        assert hidden not in page
    reader = text_of(as_(world.auditor).get(PATH))
    assert "SN-GEHEIM" in reader
    assert "16 GB" in reader
    assert "/edit/" not in reader
    for address in (f"{PATH}edit/", f"{PATH}status/", f"{PATH}notice/", "/devices/software/", "/devices/categories/"):
        assert as_(world.clerk).get(address).status_code == 403
    photo = Device.objects.get(pk=world.device.pk).main_photo_id
    assert as_(world.clerk).get(f"/records/attachments/{photo}/").status_code == 404


def test_a_devices_page_costs_the_same_however_much_hangs_on_it(
    world: World, django_assert_max_num_queries: Any
) -> None:
    add_photo(world)
    for number in range(12):
        Part.objects.create(device=world.device, name=f"部件{number}", installed_on=TODAY)
    for user in (world.engineer, world.manager, world.supervisor):
        client = as_(user)
        client.get(PATH)
        with django_assert_max_num_queries(14):
            assert client.get(PATH).status_code == 200


def test_status_parts_and_software_are_changed_on_the_page(world: World) -> None:
    client = as_(world.engineer)
    assert client.post(f"{PATH}status/", {"status": "faulty", "reason": ""}).status_code == 422
    assert client.post(f"{PATH}status/", {"status": "retired", "reason": "旧"}).status_code == 422
    assert client.post(f"{PATH}status/", {"status": "faulty", "reason": "黑屏"}).status_code == 302
    plan = world.device.planned_statuses.get()
    assert client.post(f"{PATH}status/{plan.pk}/cancel/").status_code == 302
    assert client.post(f"{PATH}status/{plan.pk}/cancel/").status_code == 409
    part = Part.objects.get(device=world.device)
    form = {"name": "高拍仪", "quantity": "1", "installed_on": "2024-03-01"}
    assert client.post(f"{PATH}parts/new/", form).status_code == 302
    assert client.post(f"{PATH}parts/{part.pk}/", {**form, "version": "9"}).status_code == 409
    out = {"removed_on": "2024-03-18", "reason": "接触不良", "version": str(part.version)}
    assert client.post(f"{PATH}parts/{part.pk}/remove/", {**out, "reason": ""}).status_code == 422
    assert client.post(f"{PATH}parts/{part.pk}/remove/", out).status_code == 302
    assert client.post(f"{PATH}parts/{part.pk}/remove/", out).status_code == 404
    row = world.device.installations.get()
    assert client.post(f"{PATH}software/{row.pk}/remove/").status_code == 302
    again = {"software": row.software_id, "installed_on": "2024-03-18"}
    assert client.post(f"{PATH}software/new/", again).status_code == 302
    assert client.post(f"{PATH}software/new/", again).status_code == 422
    verbs = AuditEntry.objects.filter(subject_type="device", subject_id=world.device.pk).values_list("verb", flat=True)
    assert {"fail", "cancel_plan", "part_add", "part_remove", "software_remove", "software_install"} <= set(verbs)


def test_the_first_photo_stands_for_the_device_until_another_is_chosen(world: World) -> None:
    client = as_(world.engineer)
    assert client.post(f"{PATH}photos/").status_code == 422
    client.post(f"{PATH}photos/", {"photos": [upload(picture(), "正面.jpg"), upload(picture(), "铭牌.jpg")]})
    first = Device.objects.get(pk=world.device.pk).main_photo
    assert first is not None
    assert first.name == "正面.jpg"
    assert client.post(f"{PATH}photos/{first.pk + 1}/main/").status_code == 302
    assert Device.objects.get(pk=world.device.pk).main_photo_id == first.pk + 1
    assert client.post(f"{PATH}photos/{first.pk + 99}/main/").status_code == 404


def test_the_notice_names_the_nearest_working_device_and_asks_before_it_says_what_is_not_so(world: World) -> None:
    near = Place.objects.create(hall=world.contract.hall, code="b", name="综合窗口B区", kind="zone", parent=world.place)
    far = Place.objects.create(hall=world.contract.hall, code="c", name="二层", kind="floor")
    enter(world, name="二层工作台", place=far)
    broken = enter(world, name="坏的工作台")
    Device.objects.filter(pk=broken.pk).update(status="faulty")
    enter(world, name="邻近工作台", place=near)
    client = as_(world.supervisor)
    asked = client.get(f"{PATH}notice/")
    assert asked["Content-Type"].startswith("text/html"), "the device is in use"
    Device.objects.filter(pk=world.device.pk).update(status="faulty")
    answer = client.get(f"{PATH}notice/?reason=等待配件&until=14:30")
    pdf = PdfReader(io.BytesIO(answer.content))
    words = "".join(page.extract_text() for page in pdf.pages)
    assert len(pdf.pages) == 1
    for shown in (
        "This device is out of service",
        "A05工作台",
        "综合窗口B区",
        "邻近工作台",
        "等待配件",
        "14:30",
        "010-0000-0100",
    ):
        assert shown in words.replace("\n", "")
    for hidden in ("二层", "坏的", "原因-内部", "SN-GEHEIM"):
        assert hidden not in words


def test_software_is_searched_exported_and_taken_out_of_use(world: World) -> None:
    client = as_(world.engineer)
    form = {"name": "=评价系统", "release": "2.4", "url": "javascript:alert(1)", "is_active": "on"}
    assert client.post("/devices/software/new/", form).status_code == 422
    made = client.post("/devices/software/new/", {**form, "url": "http://10.0.0.8/pj"})
    assert made.status_code == 302
    assert client.post("/devices/software/new/", {**form, "url": ""}).status_code == 422
    assert "评价系统" not in text_of(client.get("/devices/software/?q=叫号"))
    sheet = b"".join(client.post("/devices/software/export/", {"fmt": "csv"}).streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=评价系统" in sheet
    software = Software.objects.get(name="=评价系统")
    edit = {"name": "评价系统", "release": "2.5", "version": software.version}
    assert client.post(f"/devices/software/{software.pk}/edit/", edit).status_code == 302
    assert "评价系统" not in text_of(client.get("/devices/software/"))
    assert "评价系统" in text_of(client.get("/devices/software/?all=1"))


def test_categories_and_their_fields_are_the_managers(world: World) -> None:
    manager = as_(world.manager)
    form = {
        "code": "led",
        "name": "大屏",
        "repair_class": "low_voltage",
        "power_policy": "daily_off",
        "spare_policy": "none",
    }
    assert as_(world.engineer).post("/devices/categories/new/", form).status_code == 403
    made = manager.post("/devices/categories/new/", form)
    assert manager.post("/devices/categories/new/", form).status_code == 422
    field = {"label": "点间距", "kind": "number", "unit": "mm"}
    assert manager.post(f"{made['Location']}fields/new/", field).status_code == 302
    assert (
        manager.post(
            f"{made['Location']}fields/new/", {"label": "型式", "kind": "choice", "choices": "一种"}
        ).status_code
        == 422
    )
    row = CategoryField.objects.get(label="点间距")
    assert manager.post(f"/devices/categories/fields/{row.pk}/turn/", {"active": "0"}).status_code == 302
    assert 'name="extra_f1"' not in text_of(as_(world.engineer).get("/devices/new/?category=LED"))
    assert as_(world.supervisor).get(made["Location"]).status_code == 200
    renamed = {**form, "code": "WS", "name": "工作台（新）", "repair_class": "office", "version": "1"}
    assert manager.post(f"/devices/categories/{world.category.pk}/edit/", {**renamed, "code": "WX"}).status_code == 422
    assert manager.post(f"/devices/categories/{world.category.pk}/edit/", renamed).status_code == 302
