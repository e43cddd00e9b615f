"""The demo's floor plans with their pins, what engineers found when they looked at devices, and a label that was replaced."""

import io
import random
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFont

from core.clock import SHANGHAI
from core.roles import ENGINEER
from devices.models import Device, OldShortCode, Place, SpotCheck
from devices.services.places import place_plan_set
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source
from records.services.attachments import check_image

SIZE = (1600, 1000)
PAPER, WALL, FLOOR, WORDS = "#ffffff", "#5d6879", "#f2f4f7", "#18212f"
# Each floor: its places with left, top, right and bottom in hundredths of the drawing.
FLOORS: dict[str, dict[str, tuple[int, int, int, int]]] = {
    "f1": {
        "gate": (41, 77, 71, 97), "info": (46, 63, 66, 75), "wait": (28, 40, 72, 60), "self": (74, 36, 97, 65),
        "h24": (74, 68, 97, 97), "a": (3, 3, 55, 33), "b": (57, 3, 97, 25), "help": (3, 49, 25, 69),
        "issue": (3, 36, 25, 47), "multi": (3, 72, 38, 97),
    },
    "f2": {
        "c": (3, 3, 60, 24), "talk": (64, 3, 97, 24), "meet-l": (3, 32, 34, 60), "meet-m": (37, 32, 60, 60),
        "train": (64, 32, 97, 60), "watch": (3, 68, 34, 97), "server": (37, 68, 60, 97), "office": (64, 68, 97, 97),
    },
}  # fmt: skip
UNPLACED = 4
"""So many devices of a floor are left for whoever tries the page."""
NOTES = ("出纸口有纸屑", "屏幕右下角有坏点", "风扇噪声偏大", "指示灯不亮，已复位", "外壳松动")
CHECKS = 24


def furnish_places(contract: Contract, *, seed: int, until: datetime) -> None:
    """Draw both floors, pin their devices, and let engineers have looked at some of them."""
    rng = random.Random(f"{seed}:places")
    engineers = people_with_role(contract, ENGINEER, on=contract.starts_on)
    for code, rooms in FLOORS.items():
        floor = Place.objects.get(hall=contract.hall, code=code)
        names = dict(Place.objects.filter(hall=contract.hall, code__in=rooms).values_list("code", "name"))
        picture = check_image(ContentFile(_drawing(rooms, names), name=f"{floor.name}平面图.png"))
        place_plan_set(
            place=floor, contract=contract, picture=picture, actor=None, at=contract_begin(contract), source=Source.DEMO
        )
        _pin(floor, rooms)
    devices = list(Device.objects.filter(hall=contract.hall).select_related("place").order_by("code"))
    SpotCheck.objects.bulk_create(
        _look(contract, device, rng, engineers[number % len(engineers)], _in_the_day(until, number))
        for number, device in enumerate(rng.sample(devices, CHECKS))
    )
    replaced = devices[0]
    OldShortCode.objects.create(
        device=replaced, short_code="DEMA2B", reason="旧标签破损，已更换", at=until - timedelta(days=3), by=engineers[0]
    )


def contract_begin(contract: Contract) -> datetime:
    """The morning on which a contract's service began."""
    start = contract.starts_on
    return datetime(start.year, start.month, start.day, 9, tzinfo=SHANGHAI)


def _in_the_day(until: datetime, number: int) -> datetime:
    """Two looks a day, morning and afternoon, going back from the day before the demo ends."""
    day = until.astimezone(SHANGHAI) - timedelta(days=1 + number // 2)
    return day.replace(hour=14 if number % 2 == 0 else 9, minute=number * 2, second=0, microsecond=0)


def _look(contract: Contract, device: Device, rng: random.Random, engineer: User, at: datetime) -> SpotCheck:
    wrong = rng.random() < 0.2
    return SpotCheck(
        contract=contract,
        device=device,
        place=device.place,
        verdict="abnormal" if wrong else "normal",
        note=rng.choice(NOTES) if wrong else "",
        at=at,
        by=engineer,
    )


def _pin(floor: Place, rooms: dict[str, tuple[int, int, int, int]]) -> None:
    """Stand the devices of every room in rows within it; the last few of the floor stay without a pin."""
    rows = list(
        Device.objects.filter(place__hall=floor.hall_id, place__code__in=rooms).select_related("place").order_by("code")
    )
    standing: dict[str, list[Device]] = {}
    for device in rows[: len(rows) - UNPLACED]:
        standing.setdefault(device.place.code, []).append(device)
    for code, devices in standing.items():
        left, top, right, bottom = rooms[code]
        columns = max(1, min(len(devices), (right - left) // 5))
        lines = -(-len(devices) // columns)
        for number, device in enumerate(devices):
            line, column = divmod(number, columns)
            device.plan_of = floor
            device.plan_x = round((left + (column + 0.5) * (right - left) / columns) / 100, 4)
            device.plan_y = round((top + 5 + (line + 0.4) * (bottom - top - 6) / lines) / 100, 4)
    placed = [device for devices in standing.values() for device in devices]
    Device.objects.bulk_update(placed, ["plan_of", "plan_x", "plan_y"])


def _drawing(rooms: dict[str, tuple[int, int, int, int]], names: dict[str, str]) -> bytes:
    """A plain floor plan: outer wall, rooms, their names."""
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((16, 10, SIZE[0] - 16, SIZE[1] - 10), outline=WALL, width=8)
    font, chinese = _font()
    for code, (left, top, right, bottom) in rooms.items():
        box = (left * 16, top * 10, right * 16, bottom * 10)
        draw.rectangle(box, fill=FLOOR, outline=WALL, width=3)
        words = names[code].split("（")[0] if chinese else code.upper()
        draw.text((box[0] + 12, box[1] + 6), words, fill=WORDS, font=font)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _font() -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, bool]:
    """A font for the names, and whether it knows Chinese: the one that the PDFs use, where fontconfig can say where it is."""
    finder = shutil.which("fc-match")
    if finder:
        asked = [finder, "-f", "%{file}", "Noto Sans CJK SC"]
        found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        if "CJK" in found and Path(found).is_file():
            return ImageFont.truetype(found, 26), True
    return ImageFont.load_default(26), False
