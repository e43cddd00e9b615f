"""Decides about devices without asking the database: numbers, MAC addresses, custom fields, which device is nearest."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import hypot
from typing import Any, Protocol

from django.utils.translation import gettext as _

CODE = re.compile(r"[^\W_][\w.\-]{0,29}")
"""A device's number: letters, digits, hyphen, dot and underscore, beginning with a letter or digit; it stands in addresses."""
TEXT_LIMIT = 200
YES = {"1", "true", "yes", "y", "on", "是", "有"}
NO = {"0", "false", "no", "n", "off", "否", "无"}


def mac_of(text: str) -> str | None:
    """A MAC address as it is stored, AA:BB:CC:DD:EE:FF; "" for nothing, None when it cannot be one."""
    bare = re.sub(r"[\s:.\-]", "", text).upper()
    if not bare:
        return ""
    if not re.fullmatch(r"[0-9A-F]{12}", bare):
        return None
    return ":".join(bare[at : at + 2] for at in range(0, 12, 2))


def code_complaint(code: str, reserved: Iterable[str] = ()) -> str:
    """What is wrong with a device's number; "" when nothing is."""
    if not CODE.fullmatch(code):
        return _("Letters, digits, hyphens and dots only, at most 30, beginning with a letter or digit.")
    if code.lower() in reserved:
        return _("This word is used by a page of the register; please choose another number.")
    return ""


def next_code(prefix: str, taken: Iterable[str]) -> str:
    """The number after the highest of a series: WS-025 after WS-024, whatever gaps there are."""
    numbers = [int(code[len(prefix) + 1 :]) for code in taken if code[len(prefix) + 1 :].isdecimal()]
    return f"{prefix}-{max(numbers, default=0) + 1:03d}"


# A category's own fields ------------------------------------------------------------------------------------------------


class FieldLike(Protocol):
    """What a custom field has to tell here (models.CategoryField does)."""

    @property
    def kind(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def options(self) -> list[str]: ...


def extra_complaint(field: FieldLike, raw: Any) -> str:
    """What is wrong with a value of a custom field, as typed or as a sheet holds it; "" when nothing is."""
    if _is_empty(raw):
        return _("Please fill in this field.") if field.required else ""
    if field.kind == "number" and _number(raw) is None:
        return _("Please enter a number.")
    if field.kind == "date" and _day(raw) is None:
        return _("Please enter a day as 2024-03-18.")
    if field.kind == "choice" and str(raw).strip() not in field.options:
        return _("Please choose one of: %(choices)s") % {"choices": "、".join(field.options)}
    if field.kind == "yes_no" and _yes_no(raw) is None:
        return _("Please enter yes or no.")
    if field.kind == "text" and len(str(raw).strip()) > TEXT_LIMIT:
        return _("At most %(limit)s characters.") % {"limit": TEXT_LIMIT}
    return ""


def extra_value(field: FieldLike, raw: Any) -> str | bool | None:
    """The value as it is stored: text, a number as its digits, a day as 2024-03-18, True or False; None for nothing.

    Call it for values without a complaint only; raises ValueError otherwise.
    """
    if _is_empty(raw):
        return None
    found: str | bool | None
    if field.kind == "number":
        number = _number(raw)
        found = None if number is None else f"{number:f}"
    elif field.kind == "date":
        day = _day(raw)
        found = None if day is None else day.isoformat()
    elif field.kind == "yes_no":
        found = _yes_no(raw)
    else:
        found = str(raw).strip()
    if found is None:
        raise ValueError(f"{raw!r} is no {field.kind}")
    return found


def _is_empty(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def _number(raw: Any) -> Decimal | None:
    if isinstance(raw, bool):
        return None
    try:
        number = Decimal(str(raw).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() > 14 or len(number.as_tuple().digits) > 20:
        return None
    return number.normalize() if number else Decimal(0)


def _day(raw: Any) -> date | None:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    text = re.sub(r"[/.年月]", "-", str(raw).strip()).rstrip("日")
    parts = text.split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts) or len(parts[0]) != 4:
        return None
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None


def _yes_no(raw: Any) -> bool | None:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    return True if word in YES else False if word in NO else None


# The nearest working device of a kind -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spot:
    """Where a device stands: its place, and where on which plan, as shares of width and height, when that is known."""

    code: str
    place_id: int
    plan_id: int | None = None
    x: float | None = None
    y: float | None = None


def nearest(
    here: Spot, others: Sequence[Spot], parents: Mapping[int, int | None], order: Mapping[int, int]
) -> Spot | None:
    """The one of `others` that is fewest places away.

    First the same place, then by steps in the tree of places (`parents`), then by distance on a plan that both stand on, then by
    how far apart they are when walking (`order` gives each place's turn), at last by number. None when there are no others.
    """
    above = _line(here.place_id, parents)

    def distance(other: Spot) -> tuple[float, float, float, str]:
        line = _line(other.place_id, parents)
        steps = next(
            (up + line.index(place) for up, place in enumerate(above) if place in line), len(above) + len(line)
        )
        apart = 2.0  # farther than any two points of one plan
        if (
            here.plan_id is not None
            and here.plan_id == other.plan_id
            and None not in (here.x, here.y, other.x, other.y)
        ):
            apart = hypot((here.x or 0) - (other.x or 0), (here.y or 0) - (other.y or 0))
        walk = abs(order.get(here.place_id, 0) - order.get(other.place_id, 0))
        return steps, apart, walk, other.code

    return min(others, key=distance, default=None)


def _line(place: int | None, parents: Mapping[int, int | None]) -> list[int]:
    line: list[int] = []
    while place is not None and place not in line:
        line.append(place)
        place = parents.get(place)
    return line
