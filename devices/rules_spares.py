"""Decides about stock and loans without Django: signs of movements, whether a ledger adds up, which spare stands nearest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

IN_KINDS = ("in", "return", "back")
OUT_KINDS = ("issue", "scrap", "lend")
BY_HAND = ("in", "issue", "return", "scrap", "adjust")
"""What somebody may enter on a part's page; the others come with loans, counts and reversals."""
NEEDS_REASON = ("scrap", "adjust")
NEEDS_DEVICE = ("issue", "return")


def signed_change(kind: str, quantity: int) -> int:
    """What a movement of `quantity` pieces does to the stock: in counts up, out counts down, a correction is taken as given."""
    if kind in IN_KINDS:
        return abs(quantity)
    if kind in OUT_KINDS:
        return -abs(quantity)
    return quantity


@dataclass(frozen=True)
class Entry:
    """One line of a ledger: its signed change and the balance that it left."""

    number: int
    change: int
    balance: int


def ledger_complaints(stock: int, entries: Iterable[Entry]) -> list[str]:
    """What does not add up, in the order of the ledger; empty when stock, balances and changes agree and none is below zero."""
    wrong = []
    running = 0
    for entry in entries:
        running += entry.change
        if entry.balance != running:
            wrong.append(f"movement {entry.number}: balance {entry.balance}, the changes add up to {running}")
        if entry.balance < 0:
            wrong.append(f"movement {entry.number}: balance {entry.balance} is below zero")
    if stock != running:
        wrong.append(f"stock {stock}, the changes add up to {running}")
    return wrong


@dataclass(frozen=True)
class Spot:
    """Where a device stands: its place, the place around that, and how far along the walk it is."""

    place: int
    parent: int | None
    position: int


def distance(one: Spot, other: Spot) -> tuple[int, int]:
    """How far two devices are apart, for sorting: same place, same surroundings, then by steps of the walk."""
    if one.place == other.place:
        return 0, 0
    near = one.parent is not None and one.parent == other.parent
    near = near or one.place == other.parent or one.parent == other.place
    return (1 if near else 2), abs(one.position - other.position)


def days_late(due_on: date, today: date) -> int:
    """By how many days something lent is late; 0 until its day has passed."""
    return max(0, (today - due_on).days)


def month_points(days: Sequence[date], balances: Sequence[int], limit: int) -> list[tuple[date, int]]:
    """The newest `limit` points of a balance, one a day: the last balance of each day, oldest first."""
    return sorted(dict(zip(days, balances, strict=True)).items())[-limit:]
