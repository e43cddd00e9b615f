"""A small register to list, search, import and change; what the isolation test asks of its addresses."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from core import clock
from core.sheets import read_table
from devices.models import Device, DeviceBatch, DeviceCategory, Place
from devices.services.imports import import_start
from devices.services.listing import search_refresh, view_save
from parties.models import Vendor
from tests.make import World

HEADER = ("设备编号", "名称", "类别", "地点", "窗口", "状态", "序列号", "安装日期", "关键设备", "备注")


def as_(user: Any) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    client.force_login(user)
    return client


def fill(world: World, count: int = 60) -> list[Device]:
    """Printers P-001 … in a room of the world's zone, every third of them faulty."""
    hall = world.contract.hall
    room = Place.objects.create(
        hall=hall, parent=world.place, code=f"room-{world.tag}", name="自助服务区", kind=Place.Kind.ROOM
    )
    printers = DeviceCategory.objects.create(
        hall=hall, code="PR", name="自助打印机", repair_class="office", power_policy="always_on"
    )
    vendor = Vendor.objects.create(hall=hall, name="示范打印服务公司")
    Device.objects.bulk_create(
        Device(
            hall=hall,
            code=f"P-{number:03d}",
            short_code=f"{world.tag or 'X'}{number:05d}",
            name=f"打印机{number}号",
            category=printers,
            place=room,
            vendor=vendor if number % 2 else None,
            serial_no=f"SNX{number:04d}",
            brand="惠普",
            remark="备用钥匙在保险柜",
            status="faulty" if number % 3 == 0 else "in_use",
            power_policy="daily_off",
        )
        for number in range(1, count + 1)
    )
    search_refresh(Device.objects.filter(hall=hall))
    return list(Device.objects.filter(hall=hall, category=printers).order_by("code"))


def sheet(rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER) -> bytes:
    """An xlsx with these rows."""
    book = Workbook()
    assert book.active is not None
    book.active.append(list(header))
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(rows: Iterable[Sequence[Any]], header: Sequence[str] = HEADER, *, encoding: str = "utf-8") -> bytes:
    """A csv with these rows."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([header, *rows])
    return out.getvalue().encode(encoding)


def uploaded(data: bytes, name: str = "设备.xlsx") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, data)


def started(world: World, data: bytes, name: str = "设备.xlsx") -> DeviceBatch:
    """An import whose dry run was made."""
    table = read_table(io.BytesIO(data))
    return import_start(contract=world.contract, table=table, file_name=name, actor=world.manager, at=clock.now())


# Isolation ----------------------------------------------------------------------------------------------------------------


def listing_there(world: World) -> None:
    """What another hall must not reach: an import of this one, and a named view."""
    row = ["", f"{world.tag}待导入设备", world.category.name, world.place.name, *[""] * 6]
    started(world, sheet([row]), f"{world.tag}.xlsx")
    view_save(user=world.manager, hall=world.contract.hall, name=f"{world.tag}视图", query="q=1")


def listing_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route of the list with parameters: for something of that hall, and for nothing at all."""
    pk = DeviceBatch.objects.filter(hall=world.contract.hall).latest("pk").pk
    names = "import_detail import_errors import_words import_commit import_discard import_undo"
    table = {f"devices:{name}": ({"pk": pk}, {"pk": nowhere}) for name in names.split()}
    return table | {"api:device": ({"code": world.device.code}, {"code": "NOWHERE-1"})}
