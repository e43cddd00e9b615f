"""Decides what a record was: rebuilt from its changes, picked from its versions, compared line by line. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

MASK = "••••"
"""What stands for a secret wherever it is not shown on purpose."""
PASTE_LINES = 200
KEY_LIMIT, VALUE_LIMIT = 60, 500


@dataclass(frozen=True)
class Change:
    """One entry of a record's history, as the rebuilding needs it. `order` settles what came first within one instant."""

    at: datetime
    order: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def rebuilt(present: Mapping[str, Any], changes: Iterable[Change], until: datetime) -> dict[str, Any]:
    """The record as it was after everything that happened at or before `until`.

    It begins with the present and takes back every later change, newest first, by what its entry says it was before. Names that
    the record does not have, and changes that do not say both sides, are left alone.
    """
    state = dict(present)
    later = [change for change in changes if change.at > until]
    for change in sorted(later, key=lambda one: (one.at, one.order), reverse=True):
        for name, value in change.before.items():
            if name in state and name in change.after:
                state[name] = value
    return state


def same_value(one: Any, other: Any) -> bool:
    """Whether two values of an entry mean the same: records by their ids, however they were called then."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and "id" in one and "id" in other:
        return bool(one["id"] == other["id"])
    return (
        bool((one or "") == (other or ""))
        if not isinstance(one, bool) and not isinstance(other, bool)
        else one == other
    )


@dataclass(frozen=True)
class Held:
    """One version of an item, as picking needs it: which item, which number, from which day, and whether it withdraws the item."""

    item: int
    number: int
    effective_from: date
    is_withdrawn: bool
    row: Any = None


def held_on(versions: Iterable[Held], day: date) -> dict[int, Held]:
    """The version of each item that was in force on a day: the latest begun by then, of two of one day the later entered.

    Withdrawn items are left out.
    """
    found: dict[int, Held] = {}
    for version in versions:
        if version.effective_from > day:
            continue
        known = found.get(version.item)
        if known is None or (known.effective_from, known.number) < (version.effective_from, version.number):
            found[version.item] = version
    return {item: version for item, version in found.items() if not version.is_withdrawn}


@dataclass(frozen=True)
class Value:
    """What a parameter is in one set: its value, or for a secret only a mark that equals another's when the secrets do."""

    value: str
    unit: str = ""
    is_secret: bool = False
    mark: str = ""
    """What comparing looks at; the value itself where there is none."""

    @property
    def shown(self) -> str:
        """The value as pages and papers have it: never a secret."""
        if self.is_secret:
            return MASK
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class Line:
    """One parameter of two sets side by side; `state` is added, removed, changed or same."""

    key: str
    one: Value | None
    other: Value | None
    state: str


def compared(one: Mapping[str, Value], other: Mapping[str, Value]) -> list[Line]:
    """Two sets of parameters line by line in the order of their names, from the first to the second."""
    lines = []
    for key in sorted({*one, *other}):
        left, right = one.get(key), other.get(key)
        if left is None:
            state = "added"
        elif right is None:
            state = "removed"
        else:
            state = "same" if _mark(left) == _mark(right) else "changed"
        lines.append(Line(key, left, right, state))
    return lines


def _mark(value: Value) -> tuple[str, str]:
    return value.mark or value.value, value.unit


@dataclass(frozen=True)
class Pasted:
    """One line of what was pasted: its number, key and value, and what is wrong with it."""

    line: int
    key: str
    value: str
    problem: str = ""


def pasted_pairs(text: str) -> list[Pasted]:
    """Lines `key=value` (also a colon or a tab, and the full-width signs) as pairs; blank lines and # comments are skipped.

    `problem` is one of "no_sign", "no_key", "long_key", "long_value", "twice", "too_many"; at most PASTE_LINES are read.
    """
    found: list[Pasted] = []
    seen: set[str] = set()
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if len(found) >= PASTE_LINES:
            found.append(Pasted(number, "", "", "too_many"))
            break
        cut = min((at for sign in "=＝\t:：" if (at := line.find(sign)) >= 0), default=-1)
        if cut < 0:
            found.append(Pasted(number, line[:KEY_LIMIT], "", "no_sign"))
            continue
        key, value = line[:cut].strip(), line[cut + 1 :].strip()
        problem = _complaint(key, value, seen)
        seen.add(key)
        found.append(Pasted(number, key[:KEY_LIMIT], value[:VALUE_LIMIT], problem))
    return found


def _complaint(key: str, value: str, seen: set[str]) -> str:
    if not key:
        return "no_key"
    if len(key) > KEY_LIMIT:
        return "long_key"
    if len(value) > VALUE_LIMIT:
        return "long_value"
    return "twice" if key in seen else ""
