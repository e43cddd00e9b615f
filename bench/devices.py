"""The register at size: list, filter, search, one device, labels, export; milliseconds and statements a page.

script/bench devices [--devices 100000] [--only postgresql|sqlite] [--rounds 25]

PostgreSQL of its own (as a server is installed, fsync and all) with 100,000 devices in one hall, SQLite with a tenth of that.
A page is asked for by Django's own client: middleware, permissions, database and template, without the network. p50 and the slowest
of the rounds. The promises: list 35 ms, search 60 ms, one device 40 ms (p50), at most 8, 8 and 14 statements. Machines differ by a
factor of two and more, from one second to the next, so each figure stands beside its ratio to the floor, asked in turns with it: a
view with session, user and one indexed SELECT, rendered to a small page. The promises were made where that floor takes 7 ms.
"""

import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench._measuring import analysed, begun, measured, promised, run, told, verdict

KINDS = ("自助打印机", "通用工作台", "自助查询机", "电子显示屏", "高拍仪", "身份证阅读器", "票据打印机", "网络交换机")
BRANDS = ("示范甲", "示范乙", "示范丙")
PAGES: tuple[tuple[str, str, float, int], ...] = (
    ("list", "/devices/", 35, 8),
    ("list, page far behind", "/devices/?after={code_far}", 35, 8),
    ("list by name", "/devices/?sort=name", 35, 8),
    ("list by warranty, last first", "/devices/?sort=-warranty_until", 35, 8),
    ("filter: category and status", "/devices/?category={category}&status=faulty", 35, 8),
    ("filter: a floor with all in it", "/devices/?place={floor}", 35, 8),
    ("filter: warranty ends soon", "/devices/?warranty=soon", 35, 8),
    ("search: two characters", "/devices/?q=屏显", 60, 8),
    ("search: in every eighth device", "/devices/?q=打印", 60, 8),
    ("search: place and kind", "/devices/?q=3号房间 交换", 60, 8),
    ("search: beginning of a number", "/devices/?q=D-04217", 60, 8),
    ("search: one character", "/devices/?q=屏", 60, 8),
    ("search: a serial number", "/devices/?q=SN00077123", 60, 8),
    ("search: nothing found", "/devices/?q=龙卷风", 60, 8),
    ("picker: two characters", "/devices/pick/?q=打印", 60, 8),
    ("one device", "/devices/{code}/", 40, 14),
)


def fill(hall: Any, count: int) -> dict[str, Any]:
    """Floors, rooms, categories and this many devices; what the pages are asked with."""
    from datetime import timedelta

    from core import clock
    from devices.models import Device, DeviceCategory, Place
    from devices.querysets import public_text_of, search_text_of
    from devices.rules import ALPHABET
    from parties.models import Vendor

    rng = random.Random(1)
    floors = [
        Place.objects.create(hall=hall, code=f"f{number}", name=f"{number}层", kind="floor", position=number * 100)
        for number in range(1, 6)
    ]
    rooms = [
        Place.objects.create(
            hall=hall, parent=floor, code=f"{floor.code}-{number}", name=f"{floor.name}{number}号房间", kind="room",
            position=floor.position + number,
        )
        for floor in floors for number in range(1, 41)
    ]  # fmt: skip
    kinds = [
        DeviceCategory.objects.create(
            hall=hall, code=f"K{number}", name=name, repair_class="office", power_policy="daily_off", position=number
        )
        for number, name in enumerate(KINDS)
    ]
    vendors = [Vendor.objects.create(hall=hall, name=f"示范服务商{number}") for number in range(20)]
    now = clock.now()
    today = now.date()
    rows: list[Device] = []
    for number in range(count):
        kind = rng.choice(kinds)
        digits, rest = [], number
        for _ in range(6):
            rest, digit = divmod(rest, len(ALPHABET))
            digits.append(ALPHABET[digit])
        row = Device(
            hall=hall, code=f"D-{number:06d}", short_code="".join(digits), name=f"{kind.name}{number % 977}号", category=kind,
            place=rng.choice(rooms), vendor=rng.choice(vendors), brand=rng.choice(BRANDS), model=f"M{number % 300}",
            serial_no=f"SN{number:08d}", custodian=f"保管人{number % 50:02d}", power_policy="daily_off",
            status="faulty" if number % 40 == 0 else "in_use", created_at=now, updated_at=now, version=1,
            warranty_until=today + timedelta(days=rng.randrange(-700, 1500)) if number % 5 else None,
        )  # fmt: skip
        row.search_text, row.search_full = public_text_of(row), search_text_of(row)
        rows.append(row)
        if len(rows) == 2_000:
            Device.objects.bulk_create(rows)
            rows = []
    Device.objects.bulk_create(rows)
    return {
        "category": kinds[0].pk, "floor": floors[2].pk, "code": f"D-{count // 2:06d}", "code_far": f"D-{count * 9 // 10:06d}",
        "codes": [f"D-{number:06d}" for number in range(24)],
    }  # fmt: skip


def floor_page() -> str:
    """A bare page of the same house, added to the routes of this process; returns its address."""
    from django.http import HttpResponse
    from django.template import engines
    from django.urls import clear_url_caches, path

    from core.access import allow
    from core.http import Request
    from core.roles import BUSINESS_ROLES
    from devices.models import Device
    from guarantee import urls

    page = engines["django"].from_string(
        "<!doctype html><title>{{ device.code }}</title><p>{{ user.name }}: {{ device }}"
    )

    @allow(*BUSINESS_ROLES)
    def bare(request: Request) -> HttpResponse:
        device = Device.objects.filter(hall=request.contract.hall_id).order_by("code")[0]
        return HttpResponse(page.render({"device": device, "user": request.user}))

    urls.urlpatterns.insert(0, path("bench/floor/", bare))
    clear_url_caches()
    return "/bench/floor/"


def inside(count: int, rounds: int) -> None:
    """In a process whose database is the measured one: fill it and ask."""
    world = begun()
    from django.test import Client
    from django.urls import NoReverseMatch, reverse

    begin = time.perf_counter()
    names = fill(world.contract.hall, count)
    print(f"  {count:,} devices entered in {time.perf_counter() - begin:.0f} s", flush=True)
    analysed()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(world.engineer)

    def get(path: str) -> Any:
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer

    wrong = []
    bare = floor_page()
    for name, path, budget, statements in PAGES:
        outcome = measured(lambda path=path: get(path.format(**names)), lambda: get(bare), rounds)
        promised(name, outcome, budget, statements, wrong)
    try:
        labels = reverse("devices:labels")
    except NoReverseMatch:
        labels = ""
    if labels:
        query = "&".join(f"codes={code}" for code in names["codes"])
        middle, slowest, _floor, asked = measured(lambda: get(f"{labels}?{query}"), lambda: get(bare), rounds)
        told("labels of 24 devices", middle, slowest, asked, "")
    for fmt in ("csv", "xlsx"):
        begin = time.perf_counter()
        answer = client.post("/devices/export/", {"format": fmt})
        size = sum(len(part) for part in answer.streaming_content)  # type: ignore[attr-defined]
        print(f"  {'export of all as ' + fmt:32} {time.perf_counter() - begin:7.1f} s, {size / 1e6:.1f} MB", flush=True)
    verdict(wrong)


if __name__ == "__main__":
    run(__file__, __doc__, "devices", inside)
