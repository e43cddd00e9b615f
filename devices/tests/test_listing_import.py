"""Import: what is read, what is refused, all or nothing, back again; several devices changed at once."""

import io
import time
import zipfile
from typing import Any

import pytest
from openpyxl import load_workbook

from core import clock
from core.errors import Conflict, Invalid
from core.sheets import read_table
from devices.finds.network import addresses_of
from devices.models import Device, DeviceBatch, DeviceCategory, Place
from devices.rules_import import columns_of, day_of, doubles
from devices.services.imports import batch_undo, import_commit, import_map
from devices.services.network import subnet_create
from devices.tests.listing_make import HEADER, as_, fill, sheet, started, text, uploaded
from records.models import AuditEntry
from tests.make import World, make_world

# Files, without a database ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_encoding_and_with_every_delimiter(encoding: str, delimiter: str) -> None:
    data = f"名称{delimiter}备注\r\n打印机{delimiter}'=1+1\r\n\r\n".encode(encoding)
    table = read_table(io.BytesIO(data))
    assert (table.header, table.rows, table.numbers) == (["名称", "备注"], [["打印机", "=1+1"]], [2])


def test_xlsx_is_read_as_text_and_formulas_are_told() -> None:
    data = sheet([["P-1", 12.0, "=1+1"], [None, None, None], ["P-2", True, "x"]], ["a", "b", "c"])
    table = read_table(io.BytesIO(data))
    assert table.rows == [["P-1", "12", "=1+1"], ["P-2", "是", "x"]]
    assert table.numbers == [2, 4]
    assert table.formulas == {(2, 2)}


def tampered(name: str, change: Any) -> bytes:
    """An xlsx whose part was changed after it was made."""
    source = zipfile.ZipFile(io.BytesIO(sheet([["1"]], ["a"])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            data = source.read(part)
            target.writestr(part.filename, change(data) if part.filename.endswith(name) else data)
    return out.getvalue()


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
CELL = b'<c t="n"><v>1</v></c>'
HOSTILE = {
    "entity": lambda: tampered("sheet1.xml", lambda data: ENTITY + data.split(b"?>", 1)[-1]),
    "utf-16": lambda: tampered("sheet1.xml", lambda data: data.decode().encode("utf-16")),
    "bomb": lambda: tampered("sheet1.xml", lambda data: data + b" " * 30_000_000),
    "cells": lambda: tampered("sheet1.xml", lambda data: data.replace(b"</row>", CELL * 150_000 + b"</row>")),
    "rows": lambda: tampered("sheet1.xml", lambda data: data.replace(b"</sheetData>", b"<row/>" * 900_000 + b"</sheetData>")),
    "styles": lambda: tampered("styles.xml", lambda data: data.replace(b"</styleSheet>", b"<a/>" * 900_000 + b"</styleSheet>")),
    "no zip": lambda: b"PK\x03\x04" + b"\x00" * 500,
    "old excel": lambda: b"\xd0\xcf\x11\xe0" + b"\x00" * 500,
    "binary": lambda: bytes(range(256)) * 10,
    "quote": lambda: b'a,b\n"c,d\n' * 3,
    "long cell": lambda: b"a\n" + b"x" * 1_000_000,
    "large": lambda: b"a," * 4_000_000,
    "empty": lambda: b"  \n",
    "rows of csv": lambda: b"a\n" + b"1\n" * 4_000,
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_at_once(kind: str) -> None:
    data = HOSTILE[kind]()
    began = time.process_time()
    with pytest.raises(Invalid) as refusal:
        read_table(io.BytesIO(data))
    assert "file" in refusal.value.fields
    assert time.process_time() - began < 2


def test_heads_days_and_doubles() -> None:
    heads = ["设备编号 *", "ＩＰ地址", "Brand", "内存（GB）", "乱写"]
    assert columns_of(heads, {"brand": ("Brand",)}, ["内存"]) == ["code", "addresses", "brand", "extra:内存", ""]
    assert {str(day_of(one)) for one in ("2024-03-08", "2024/3/8", "20240308", "2024年3月8日", "2024.3.8")} == {
        "2024-03-08"
    }
    assert day_of("2024-02-30") is day_of("昨天") is None
    assert doubles([(2, "a"), (3, ""), (4, "a"), (5, "")]) == {4: 2}


# The register -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> World:
    world = make_world()
    fill(world, 6)
    return world


def row(
    code: str = "", name: str = "新设备", category: str = "自助打印机", place: str = "自助服务区", **more: str
) -> list[str]:
    """A row of HEADER."""
    cells = {"设备编号": code, "名称": name, "类别": category, "地点": place, **more}
    return [cells.get(head, "") for head in HEADER]


def outcomes(batch: DeviceBatch) -> list[str]:
    return list(batch.rows.order_by("number").values_list("outcome", flat=True))


def errors(batch: DeviceBatch) -> dict[int, set[str]]:
    return {one.number: set(one.errors) for one in batch.rows.filter(outcome="error")}


def test_three_bad_rows_of_a_thousand_are_all_listed_and_nothing_is_written(world: World) -> None:
    rows = [row(f"N-{number:04d}", f"新设备{number}") for number in range(1_000)]
    rows[9][HEADER.index("类别")] = "没有的类别"
    rows[499][HEADER.index("安装日期")] = "去年"
    rows[998][HEADER.index("设备编号")] = "N-0000"
    client = as_(world.engineer)
    before = Device.objects.count()
    answer = client.post("/devices/import/", {"file": uploaded(text(rows, encoding="gb18030"), "设备.csv")})
    assert answer.status_code == 302
    batch = DeviceBatch.objects.get()
    assert errors(batch) == {11: {"category"}, 501: {"installed_on"}, 1000: {"code"}}
    page = client.get(answer["Location"]).content.decode()
    assert "没有的类别" in page
    refused = client.post(f"/devices/import/{batch.pk}/commit/", {"reason": "试试"})
    assert refused.status_code == 409
    assert Device.objects.count() == before
    assert DeviceBatch.objects.get().status == "checked"
    marked = client.get(f"/devices/import/{batch.pk}/errors/")
    book = load_workbook(io.BytesIO(b"".join(marked.streaming_content)))  # type: ignore[attr-defined]
    comments = [cell.coordinate for line in book.active.iter_rows() for cell in line if cell.comment]
    assert comments == ["C11", "H501", "A1000"]


def test_a_row_is_new_changed_with_its_cells_or_the_same(world: World) -> None:
    header = ("设备编号", "名称", "厂商", "序列号", "关键设备", "状态")
    rows = [
        ["P-001", "打印机1号", "示范打印服务公司", "SNX0001", "", "在用"],
        ["P-002", "换名打印机", "", "SNX0002", "是", "停用"],
        ["P-003", "打印机3号", "", "SNX0003", "", ""],
    ]
    batch = started(world, sheet(rows, header))
    assert outcomes(batch) == ["same", "changed", "changed"]
    changed = {line["key"]: (line["before"], line["after"]) for line in batch.rows.get(number=3).diff}
    assert changed == {
        "name": ("打印机2号", "换名打印机"), "is_key": ("no", "yes"), "status": ("in_use", "stopped"),
    }  # fmt: skip
    assert [line["key"] for line in batch.rows.get(number=4).diff] == ["vendor"]


def test_an_unknown_word_is_mapped_and_never_created(world: World) -> None:
    batch = started(world, sheet([row(地点="一楼自助"), row(地点="一楼自助", 名称="又一台")]))
    assert outcomes(batch) == ["error", "error"]
    hall = Place.objects.get(name="自助服务区")
    foreign = make_world("b").place
    client = as_(world.engineer)
    for thing, left in ((foreign.pk, 2), (hall.pk, 0)):
        data = {"kind": "place", "word": "一楼自助", "thing": str(thing)}
        assert client.post(f"/devices/import/{batch.pk}/words/", data).status_code == 302
        assert len(errors(batch)) == left
    assert not Place.objects.filter(name="一楼自助").exists()


def test_formulas_duplicates_and_foreign_things_are_errors(world: World) -> None:
    other = make_world("b")
    rows = [
        row("=1+1"), row("P-009"), row("p-009"), row(类别=other.category.name + "乙"),
        row("import", "坏编号"), row("P-010", 状态="报废"), row("P-011", 状态="飞行中"),
    ]  # fmt: skip
    batch = started(world, sheet(rows))
    assert errors(batch) == {
        2: {"code"}, 4: {"code"}, 5: {"category"}, 6: {"code"}, 7: {"status"}, 8: {"status"},
    }  # fmt: skip
    with pytest.raises(Invalid, match="乱写"):
        started(world, sheet([["P-1", "x"]], ["设备编号", "乱写"]))


def test_an_import_is_carried_out_whole_recorded_and_undone(world: World) -> None:
    at = clock.now()
    hall = world.contract.hall
    subnet_create(
        hall=hall, contract=world.contract, actor=world.manager, at=at,
        values=dict.fromkeys(("gateway", "dns", "purpose", "reserved"), "")
        | {"name": "办公网", "cidr": "10.20.1.0/24", "vlan": None, "is_active": True},
    )  # fmt: skip
    header = (*HEADER, "IP地址")
    rows = [
        [*row("P-001", "改名打印机", 备注="", 状态="停用"), "10.20.1.8"],
        [*row("", "新打印机"), "10.20.1.9"],
    ]
    old = Device.objects.get(code="P-001")
    batch = started(world, sheet(rows, header))
    assert outcomes(batch) == ["changed", "new"]
    assert import_commit(batch=batch, reason="年度清册", actor=world.engineer, at=at) == 2
    changed, new = Device.objects.get(code="P-001"), Device.objects.get(name="新打印机")
    assert (changed.name, changed.remark, changed.status, changed.serial_no) == ("改名打印机", "", "stopped", "")
    assert addresses_of([changed, new]) == {changed.pk: ["10.20.1.8"], new.pk: ["10.20.1.9"]}
    records = AuditEntry.objects.filter(batch=batch.key, subject_type="device")
    assert set(records.values_list("source", "reason", "actor_id")) == {("import", "年度清册", world.engineer.pk)}
    with pytest.raises(Conflict):
        import_commit(batch=DeviceBatch.objects.get(), reason="再来", actor=world.engineer, at=at)
    with pytest.raises(Conflict):
        batch_undo(batch=DeviceBatch.objects.get(), actor=world.engineer, at=at)  # it made a device: the manager's
    assert batch_undo(batch=DeviceBatch.objects.get(), actor=world.manager, at=at) == 2
    back = Device.objects.get(code="P-001")
    for name in ("name", "remark", "status", "serial_no", "vendor_id", "installed_on"):
        assert getattr(back, name) == getattr(old, name)
    assert not Device.objects.filter(name="新打印机").exists()
    assert addresses_of([back]) == {}
    assert AuditEntry.objects.filter(batch=f"{batch.key}-undo", subject_type="device").count() >= 3


def test_what_changed_meanwhile_is_neither_overwritten_nor_undone(world: World) -> None:
    at = clock.now()
    batch = started(world, sheet([["P-001", "甲"], ["P-002", "乙"]], ("设备编号", "名称")))
    Device.objects.filter(code="P-002").update(version=7)
    with pytest.raises(Conflict, match="3"):
        import_commit(batch=batch, reason="清册", actor=world.manager, at=at)
    assert not Device.objects.filter(name="甲").exists()
    batch = DeviceBatch.objects.get()
    import_map(batch=batch, mapping={}, actor=world.manager, at=at)
    import_commit(batch=batch, reason="清册", actor=world.manager, at=at)
    Device.objects.filter(code="P-001").update(version=9)
    with pytest.raises(Conflict, match="P-001"):
        batch_undo(batch=DeviceBatch.objects.get(), actor=world.manager, at=at)
    assert Device.objects.get(code="P-002").name == "乙"


def test_several_devices_change_together_or_not_at_all(world: World) -> None:
    client = as_(world.engineer)
    data = {"codes": ["P-001", "P-002", "P-003"], "custodian": "工程师甲", "status": "stopped", "reason": "搬迁"}
    answer = client.post("/devices/change/", data)
    assert answer.status_code == 302
    assert Device.objects.filter(custodian="工程师甲", status="stopped").count() == 3
    assert client.post(f"{answer['Location']}undo/").status_code == 302
    assert Device.objects.filter(custodian="", code__startswith="P-").count() == 6
    Device.objects.filter(code="P-002").update(status="retired")
    refused = client.post("/devices/change/", data)
    assert refused.status_code == 409
    assert "P-002" in refused.content.decode()
    assert not Device.objects.filter(custodian="工程师甲").exists()
    assert client.post("/devices/change/", data | {"reason": ""}).status_code == 422
    for role in ("supervisor", "clerk", "auditor"):
        assert as_(getattr(world, role)).get("/devices/change/?codes=P-001").status_code == 403


def test_the_template_offers_the_halls_own_lists(world: World) -> None:
    category = DeviceCategory.objects.get(code="PR")
    category.fields.create(key="memory", label="内存", kind="choice", choices="8G\n16G")
    answer = as_(world.engineer).get(f"/devices/import/template/?category={category.pk}")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    page = book.worksheets[0]
    assert [page["A1"].value, page["C1"].value] == ["设备编号", "类别"]
    assert {"内存", "IP地址"} <= {cell.value for cell in page[1]}
    assert len(page.data_validations.dataValidation) == 11
    assert book.worksheets[2].sheet_state == "hidden"
    assert read_table(io.BytesIO(text([["P-001", "x"]], ("设备编号", "名称")))).rows == [["P-001", "x"]]
