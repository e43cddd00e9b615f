"""Search in Chinese, the list with its filters and order, columns, views and exports."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from openpyxl import load_workbook

from core import clock
from core.search import grams, index_text, match, normal, words_of
from devices.models import Device, DeviceCategory, ListColumns, SavedView
from devices.querysets import find_devices
from devices.services.listing import search_refresh
from devices.tests.listing_make import as_, fill
from tests.make import World, make_world


def test_words_are_compared_without_width_case_and_signs() -> None:
    assert normal("ＷＳ－００１") == "ws001"
    assert normal("10.20.1.5") == "10.20.1.5"
    assert index_text("PR-051", "自助 打印机", None, "自助") == "pr051 自助 打印机"
    assert words_of("  打印   A-05 ！！ ") == ["打印", "a05"]
    assert len(words_of("x " * 5000)) == 6
    assert grams("打印机") == ["印机", "打印"]
    assert grams("打") == ["打"]


@pytest.fixture
def world(db: None) -> World:
    world = make_world()
    fill(world)
    return world


def codes(page: str) -> list[str]:
    """The numbers of a page's rows."""
    return [part.split("</span>", 1)[0] for part in page.split('<span class="code">')[1:]]


def listed(client: Any, query: str) -> list[str]:
    return codes(client.get(f"/devices/?{query}").content.decode())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("打印", 60),
        ("打", 60),
        ("印打", 0),
        ("p-0", 60),
        ("P-05", 10),
        ("P-007", 1),
        ("12号", 1),
        ("自助 7号", 6),
        ("SNX", 0),
    ],
)
def test_two_characters_one_character_and_prefixes_are_found(world: World, text: str, count: int) -> None:
    rows = Device.objects.filter(hall=world.contract.hall)
    assert match(rows, text).count() == count


def test_what_clerks_never_get_finds_nothing_for_them(world: World) -> None:
    clerk, engineer = as_(world.clerk), as_(world.engineer)
    for hidden in ("SNX0007", "保险柜", "示范打印服务"):
        assert listed(engineer, f"q={hidden}") != []
        assert "P-0" not in clerk.get("/devices/pick/", {"q": hidden}).content.decode()
        assert find_devices(world.contract.hall, hidden) == []
    assert clerk.get("/devices/").status_code == 403


def test_the_index_follows_a_renamed_category_and_the_command_mends_it(world: World) -> None:
    hall = world.contract.hall
    DeviceCategory.objects.filter(hall=hall, code="PR").update(name="复印一体机")
    assert find_devices(hall, "复印一体机") == []
    out = io.StringIO()
    call_command("reindex_search", stdout=out)
    assert "60 brought up to date" in out.getvalue()
    assert len(find_devices(hall, "复印一体机")) == 12
    assert search_refresh(Device.objects.filter(hall=hall)) == 0


def test_every_filter_narrows_and_a_place_holds_what_lies_in_it(world: World) -> None:
    client = as_(world.engineer)
    today = clock.now().astimezone(clock.SHANGHAI).date()
    Device.objects.filter(code="P-001").update(warranty_until=today + timedelta(days=90), is_key=True, criticality="A")
    Device.objects.filter(code="P-002").update(warranty_until=today - timedelta(days=1), ownership="vendor")
    vendor = Device.objects.get(code="P-001").vendor_id
    assert listed(client, "warranty=soon") == ["P-001"]
    assert listed(client, "warranty=over") == ["P-002"]
    assert listed(client, "key=yes") == listed(client, "criticality=A") == ["P-001"]
    assert listed(client, "ownership=vendor") == ["P-002"]
    assert len(listed(client, f"vendor={vendor}")) == 30
    assert len(listed(client, "status=faulty")) == 20
    assert len(listed(client, "status=faulty&status=in_use&q=打印")) == 50
    assert listed(client, f"unit={world.unit.pk}") == ["WS-001"]
    assert "WS-001" in listed(client, f"place={world.place.pk}&sort=-code")
    assert "P-060" in listed(client, f"place={world.place.pk}&sort=-code")
    for wrong in (
        "category=abc",
        "place=-1",
        "warranty=x",
        "remark__startswith=备",
        "sort=remark",
        "at=x&after=y",
    ):
        assert client.get(f"/devices/?{wrong}").status_code == 200


@pytest.mark.parametrize(
    "sort", ["code", "-code", "name", "-name", "status", "-warranty_until", "warranty_until", "updated_at"]
)
def test_paging_by_key_shows_each_device_once_in_every_order(world: World, sort: str) -> None:
    day = clock.now().date()
    Device.objects.filter(code__in=["P-003", "P-004", "P-059"]).update(warranty_until=day, updated_at=clock.now())
    Device.objects.filter(code="P-010").update(warranty_until=day + timedelta(days=1))
    client = as_(world.engineer)
    first = client.get(f"/devices/?sort={sort}").content.decode()
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(f"/devices/{following}").content.decode()
    found = codes(first) + codes(second)
    assert len(codes(first)) == 50
    assert sorted(found) == sorted(set(found)) == sorted(Device.objects.values_list("code", flat=True))


def test_the_list_costs_the_same_however_many_devices_there_are(
    world: World, django_assert_max_num_queries: Any
) -> None:
    ListColumns.objects.create(user=world.engineer, columns=["category", "place", "vendor", "status"])
    client = as_(world.engineer)
    client.get("/devices/")
    for query in ("", "q=打印&status=faulty", "sort=name"):
        with django_assert_max_num_queries(8):
            client.get(f"/devices/?{query}")


def test_nothing_that_somebody_typed_becomes_markup_in_the_list(world: World) -> None:
    # The rows are put together in Python, where no template escapes for them.
    typed = "<i onclick='x()'>\"&"
    device = Device.objects.order_by("code")[0]
    words = ("name", "brand", "model", "serial_no", "custodian", "remark")
    Device.objects.filter(pk=device.pk).update(**{word: f"{word}{typed}" for word in words})
    for row in (device.place, device.category, world.unit):
        type(row).objects.filter(pk=row.pk).update(name=f"{row._meta.model_name}{typed}")
    Device.objects.filter(pk=device.pk).update(unit=world.unit)
    shown = ["category", "place", "serial_no", "custodian", "remark"]
    ListColumns.objects.create(user=world.engineer, columns=shown)
    page = as_(world.engineer).get("/devices/").content.decode()
    assert "<i onclick" not in page
    for word in (*words, "place", "devicecategory", "unit"):
        assert f"{word}&lt;i onclick=&#x27;x()&#x27;&gt;&quot;&amp;" in page, word


def test_columns_and_views_are_remembered_for_one_person(world: World) -> None:
    client = as_(world.engineer)
    answer = client.post("/devices/columns/?q=打印", {"column": ["serial_no", "addresses", "password"]})
    assert answer["Location"].startswith("/devices/?q=")
    assert ListColumns.objects.get(user=world.engineer).columns == ["serial_no", "addresses"]
    assert "SNX0001" in client.get("/devices/").content.decode()
    assert "SNX0001" not in as_(world.manager).get("/devices/").content.decode()
    client.post("/devices/columns/", {"reset": "1"})
    assert not ListColumns.objects.exists()
    client.post("/devices/views/?status=faulty&status=stopped&evil=1", {"name": "坏的"})
    view = SavedView.objects.get()
    assert view.query == "status=faulty&status=stopped"
    assert f"?{view.query}".replace("&", "&amp;") in client.get("/devices/").content.decode()
    assert "坏的" not in as_(world.manager).get("/devices/").content.decode()
    as_(world.manager).post("/devices/views/forget/", {"view": view.pk})
    assert SavedView.objects.exists()
    client.post("/devices/views/forget/", {"view": view.pk})
    assert not SavedView.objects.exists()


def test_exports_hold_the_filter_and_compute_nothing(world: World) -> None:
    Device.objects.filter(code="P-001").update(name='=HYPERLINK("http://x","y")', remark="＋1")
    client = as_(world.manager)
    answer = client.post("/devices/export/?q=P-00", {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    assert sheet.max_row == 10
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert sheet["B2"].value.startswith("=HYPERLINK")
    assert sheet["B2"].data_type == "s"
    plain = client.post("/devices/export/?q=P-00", {"format": "csv", "columns": "shown"})
    rows = list(csv.reader(io.StringIO(b"".join(plain.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert len(rows) == 10
    assert rows[1][1].startswith("'=")
    assert "SNX0001" not in str(rows)
