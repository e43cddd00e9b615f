"""Labels: true size, readable codes, nothing cut; a compromised short code leads nowhere any more."""

import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
import segno
from django.test import Client

from core.errors import Invalid
from devices.labels import FORMATS, MODULE_LEAST_MM, QUIET, labels_for, matrix_of, module_mm, path_of, step_for
from devices.models import OldShortCode
from tests.make import World, make_world

URL = "https://baozhang.example.gov.cn/d/K7P2QX/"
LONG = "综合窗口企业服务专区不动产登记与公积金业务联合办理自助服务一体化终端设备（第一台）" * 2


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_drawing_is_the_code() -> None:
    matrix = matrix_of(URL)
    expected = segno.make(URL, error="m", micro=False, boost_error=False).matrix
    assert [list(row) for row in matrix] == [[bool(cell) for cell in row] for row in expected]
    drawn = set()
    for part in path_of(matrix).split("M")[1:]:
        x, rest = part.split(" ", 1)
        y, run = rest.split("h", 1)
        drawn |= {(int(x) + step - QUIET, int(y) - QUIET) for step in range(int(run.split("v", 1)[0]))}
    assert drawn == {(x, y) for y, row in enumerate(matrix) for x, cell in enumerate(row) if cell}


@pytest.mark.parametrize("key", FORMATS)
def test_every_label_holds_a_readable_code_and_the_longest_words(key: str) -> None:
    form = FORMATS[key]
    assert module_mm(form, URL) >= MODULE_LEAST_MM
    foot = ["示范区政务服务大厅 · 服务热线 010-0000-0100", f"扫码报修： {URL}"]
    assert step_for(form, name=LONG[:80], place="综合窗口A区（企业服务）", code="WS-0001", foot=foot) is not None
    ordinary = step_for(form, name="A05工作台", place="综合窗口A区", code="WS-001", foot=foot)
    assert ordinary is not None
    assert ordinary >= 85
    assert step_for(form, name=LONG * 30, place="", code="", foot=foot) is None, "too much is refused, never cut"
    right, bottom = 0.0, 0.0
    for index in range(form.per_page):
        left, top = form.cell(index)
        right, bottom = max(right, left + form.width), max(bottom, top + form.height)
    wide, high = form.page_size
    assert right <= wide + 0.01
    assert bottom <= high + 0.01


def test_labels_begin_where_the_sheet_is_free(settings: Any) -> None:
    settings.SITE_URL = "https://baozhang.example.gov.cn"
    devices: Any = [
        SimpleNamespace(name="设备", code=f"D-{n}", short_code="K7P2QX", place=SimpleNamespace(name="大厅"))
        for n in range(30)
    ]
    pages = labels_for(FORMATS["a4-24"], devices, hall="大厅", hotline="", start=23)
    assert [len(page) for page in pages] == [2, 24, 4]
    assert [one.cell for one in pages[0]] == [22, 23]
    settings.SITE_URL = "https://" + "a" * 200 + ".example.gov.cn"
    with pytest.raises(Invalid) as refused:
        labels_for(FORMATS["a4-40"], devices[:1], hall="大厅", hotline="", start=1)
    assert set(refused.value.fields) == {"format"}


def test_the_sheet_is_a_pdf_of_true_size(world: World) -> None:
    client = as_(world.engineer)
    for (key, form), language in zip(FORMATS.items(), ("zh-hans", "en", "zh-hans", "en", "zh-hans"), strict=True):
        client.cookies["language"] = language
        response = client.post("/devices/labels/pdf/", {"format": key, "start": "1", "codes": "WS-001"})
        assert response.status_code == 200, key
        wide, high = (round(side * 72 / 25.4, 1) for side in form.page_size)
        assert boxes(response.content) == {(wide, high)}, key


def boxes(pdf: bytes) -> set[tuple[float, float]]:
    """Width and height of every page in points, as pdfinfo reads them."""
    said = subprocess.run(["pdfinfo", "-box", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    line = next(line for line in said.splitlines() if line.startswith("MediaBox"))
    left, bottom, right, top = (float(value) for value in line.split()[1:])
    return {(round(right - left, 1), round(top - bottom, 1))}


def test_labels_are_chosen_by_the_list_and_by_filters_and_never_from_elsewhere(world: World) -> None:
    other = make_world("b")
    client = as_(world.engineer)
    page = client.get("/devices/labels/", {"codes": ["WS-001"], "q": "工作台"}).content.decode()
    assert 'value="WS-001" checked' in page
    assert other.device.name not in client.get("/devices/labels/").content.decode()
    assert client.post("/devices/labels/pdf/", {"format": "a4-24", "start": "1"}).status_code == 422
    assert client.post("/devices/labels/pdf/", {"format": "a5", "start": "1", "codes": "WS-001"}).status_code == 422
    for role in ("clerk", "supervisor", "leader", "auditor", "admin"):
        assert as_(getattr(world, role)).get("/devices/labels/").status_code == 403, role


def test_a_replaced_short_code_leads_to_a_page_that_says_so(world: World) -> None:
    client = as_(world.manager)
    given = {"reason": "标签被翻拍", "version": "1"}
    assert client.post("/devices/labels/new-code/WS-001/", given | {"reason": ""}).status_code == 422
    old = world.device.short_code
    assert client.post("/devices/labels/new-code/WS-001/", given).status_code == 302
    assert client.post("/devices/labels/new-code/WS-001/", given).status_code == 409, "the second saw an older version"
    world.device.refresh_from_db()
    assert world.device.short_code != old
    assert len(world.device.short_code) == 6
    assert OldShortCode.objects.get().short_code == old
    public = Client().get(f"/d/{old}/")
    assert public.status_code == 410
    assert world.device.name not in public.content.decode()
    assert world.contract.hotline in public.content.decode()
    assert Client().post(f"/d/{old}/report/", {}).status_code == 410
    known = client.get(f"/d/{old}/")
    assert (known.status_code, "/devices/WS-001/" in known.content.decode()) == (404, True)
    assert Client().get(f"/d/{world.device.short_code}/").status_code == 200
