"""Pure rules of stock and loans: signs, sums, distances, days."""

from datetime import date

import pytest

from devices.rules_spares import Entry, Spot, days_late, distance, ledger_complaints, month_points, signed_change


@pytest.mark.parametrize(
    ("kind", "quantity", "change"),
    [
        ("in", 3, 3),
        ("return", 2, 2),
        ("back", 1, 1),
        ("issue", 3, -3),
        ("scrap", 1, -1),
        ("lend", 4, -4),
        ("adjust", -2, -2),
    ],
)
def test_goods_in_count_up_and_goods_out_count_down(kind: str, quantity: int, change: int) -> None:
    assert signed_change(kind, quantity) == change


def test_a_ledger_adds_up_or_says_where_it_does_not() -> None:
    good = [Entry(1, 5, 5), Entry(2, -2, 3), Entry(3, 4, 7)]
    assert ledger_complaints(7, good) == []
    assert ledger_complaints(0, []) == []
    assert len(ledger_complaints(8, good)) == 1
    assert "movement 2" in ledger_complaints(7, [Entry(1, 5, 5), Entry(2, -2, 4), Entry(3, 4, 7)])[0]
    assert any("below zero" in text for text in ledger_complaints(-1, [Entry(1, -1, -1)]))


def test_the_nearest_spare_stands_in_the_same_place_then_in_the_same_surroundings() -> None:
    here = Spot(place=5, parent=2, position=10)
    same, beside, inside, far, farther = (
        Spot(5, 2, 10), Spot(6, 2, 40), Spot(2, 1, 9), Spot(8, 3, 12), Spot(9, 3, 30),
    )  # fmt: skip
    rows = sorted([farther, far, beside, inside, same], key=lambda spot: distance(here, spot))
    assert rows == [same, inside, beside, far, farther]


def test_something_is_late_from_the_day_after_its_day() -> None:
    assert days_late(date(2024, 3, 25), date(2024, 3, 25)) == 0
    assert days_late(date(2024, 3, 25), date(2024, 3, 28)) == 3
    assert days_late(date(2024, 3, 25), date(2024, 3, 1)) == 0


def test_a_chart_has_one_point_a_day_the_last() -> None:
    days = [date(2024, 3, 1), date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 5)]
    assert month_points(days, [5, 3, 8, 7], 2) == [(date(2024, 3, 2), 8), (date(2024, 3, 5), 7)]
    assert month_points(days, [5, 3, 8, 7], 9)[0] == (date(2024, 3, 1), 3)
