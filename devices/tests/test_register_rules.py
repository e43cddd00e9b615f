"""What is decided of a device without a database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.errors import Conflict
from devices.models import Device
from devices.rules_register import (
    Spot,
    code_complaint,
    extra_complaint,
    extra_value,
    mac_of,
    nearest,
    next_code,
)
from devices.services.register import status_verb, statuses_open_to


@dataclass
class Own:
    """A category's own field."""

    kind: str
    required: bool = False
    choices: str = ""

    @property
    def options(self) -> list[str]:
        return self.choices.split("|") if self.choices else []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("3c-52-82-1a-00-7f", "3C:52:82:1A:00:7F"),
        ("3c52.821a.007f", "3C:52:82:1A:00:7F"),
        (" 3C:52:82:1A:00:7F ", "3C:52:82:1A:00:7F"),
        ("", ""),
        ("3C:52:82:1A:00", None),
        ("3C:52:82:1A:00:7G", None),
    ],
)
def test_a_mac_address_is_stored_in_one_form(typed: str, stored: str | None) -> None:
    assert mac_of(typed) == stored


@pytest.mark.parametrize(
    ("code", "good"),
    [
        ("WS-001", True),
        ("综A.1_2", True),
        ("-WS", False),
        ("WS 1", False),
        ("WS/1", False),
        ("..", False),
        ("W" * 31, False),
        ("Import", False),
    ],
)
def test_a_number_can_stand_in_an_address_and_is_no_word_of_a_page(code: str, good: bool) -> None:
    assert (code_complaint(code, {"import"}) == "") is good


def test_the_next_number_is_after_the_highest_whatever_stands_beside_it() -> None:
    assert next_code("WS", []) == "WS-001"
    assert next_code("WS", ["WS-001", "WS-024", "WS-024-2", "WS-旧", "WS-003"]) == "WS-025"
    assert next_code("WS", ["WS-1000"]) == "WS-1001"


@pytest.mark.parametrize(
    ("kind", "raw", "stored"),
    [
        ("text", " 固件 V1 ", "固件 V1"),
        ("number", "12.50", "12.5"),
        ("number", 8, "8"),
        ("number", "100", "100"),
        ("number", "0.0", "0"),
        ("date", "2024/3/8", "2024-03-08"),
        ("date", "2024年3月8日", "2024-03-08"),
        ("date", date(2024, 3, 8), "2024-03-08"),
        ("date", datetime(2024, 3, 8, 9, 0, tzinfo=UTC), "2024-03-08"),
        ("choice", "热敏", "热敏"),
        ("yes_no", "是", True),
        ("yes_no", "no", False),
        ("yes_no", False, False),
        ("number", "  ", None),
    ],
)
def test_a_value_of_an_own_field_is_stored_typed(kind: str, raw: Any, stored: Any) -> None:
    field = Own(kind, choices="热敏|激光")
    assert extra_complaint(field, raw) == ""
    assert extra_value(field, raw) == stored


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("number", "八"),
        ("number", "NaN"),
        ("number", True),
        ("number", "1e99"),
        ("date", "2024-02-30"),
        ("date", "8.3.24"),
        ("choice", "喷墨"),
        ("yes_no", "也许"),
        ("text", "长" * 201),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: str, raw: Any) -> None:
    assert extra_complaint(Own(kind, choices="热敏|激光"), raw) != ""


def test_a_field_that_must_be_filled_in_says_so() -> None:
    assert extra_complaint(Own("text", required=True), " ") != ""
    assert extra_complaint(Own("yes_no", required=True), False) == ""


# hall 1 > floor 2 > zones 3, 4; floor 5 > zone 6
PARENTS = {1: None, 2: 1, 3: 2, 4: 2, 5: 1, 6: 5}
ORDER = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5}


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ([Spot("B", 4), Spot("A", 6)], "B"),
        ([Spot("B", 3), Spot("A", 4)], "B"),
        ([Spot("B", 3, 3, 0.9, 0.9), Spot("C", 3, 3, 0.2, 0.1), Spot("A", 3)], "C"),
        ([Spot("B", 3), Spot("A", 3)], "A"),
        ([], None),
    ],
    ids=["same floor", "same place", "same plan", "number settles it", "none"],
)
def test_the_nearest_is_the_fewest_places_away_then_nearest_on_the_plan(others: list[Spot], found: str | None) -> None:
    best = nearest(Spot("X", 3, 3, 0.1, 0.1), others, PARENTS, ORDER)
    assert (best.code if best else None) == found


def test_only_the_manager_ends_a_devices_life_and_takes_that_back() -> None:
    device = Device(status="in_use")
    assert statuses_open_to(device, "engineer") == ["faulty", "under_repair", "spare", "stopped"]
    assert "retired" in statuses_open_to(device, "manager")
    device.status = "retired"
    assert statuses_open_to(device, "engineer") == []
    assert statuses_open_to(device, "manager") == ["stopped"]
    with pytest.raises(Conflict):
        status_verb(device, "in_use")
