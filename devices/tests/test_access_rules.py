"""Numbers of cards, quarters, rates and differences: pure rules."""

from datetime import date

import pytest

from devices.rules_access import differences, number_is_good, number_of, quarter_days, quarter_of, rate_percent


def test_a_number_is_compared_without_spaces_hyphens_and_case() -> None:
    assert number_of(" ab12-34 56 ") == "AB123456"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("A12345", True),
        ("12345", False),
        ("A" * 20, True),
        ("A" * 21, False),
        ("卡号123456", False),
        ("A1234_6", False),
    ],
)
def test_a_number_has_six_to_twenty_letters_and_digits(text: str, good: bool) -> None:
    assert number_is_good(text) is good


def test_a_quarter_has_its_days() -> None:
    assert quarter_of(date(2024, 3, 31)) == "2024-Q1"
    assert quarter_days("2024-Q1") == (date(2024, 1, 1), date(2024, 3, 31))
    assert quarter_days("2024-Q2") == (date(2024, 4, 1), date(2024, 6, 30))
    assert quarter_days("2024-Q4") == (date(2024, 10, 1), date(2024, 12, 31))


def test_the_rate_counts_what_is_beside_the_list_too() -> None:
    assert rate_percent(98, 99, 1) == 98.0
    assert rate_percent(2, 3, 0) == 66.67
    assert rate_percent(0, 0, 0) is None


def test_two_lists_differ_both_ways() -> None:
    assert differences({"a": "A", "b": "B"}, {"b": "B", "c": "C"}) == (["C"], ["A"])
