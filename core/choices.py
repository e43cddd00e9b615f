"""What a list's filters offer, read by one UNION instead of a question for each of them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import BigIntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast

Choice = tuple[str, int, str, int | None, int, str]
"""Kind, id, label, the id of the one above it, position, a further text."""


def choice_rows(
    queryset: QuerySet[Any], kind: str, label: Any, *, up: Any = None, order: Any = None, text: Any = None
) -> Any:
    """Rows of a kind as `Choice`, to be joined by .union(…, all=True)."""
    # Names of their own: a model's field of the same name would be taken instead.
    return queryset.order_by().values_list(
        Value(kind, TextField()),
        Cast("pk", BigIntegerField()),
        Cast(label, TextField()),
        Cast(up if up is not None else Value(0), BigIntegerField()),
        Cast(order if order is not None else Value(0), BigIntegerField()),
        Cast(text if text is not None else Value(""), TextField()),
    )


def in_order(rows: Any) -> list[Choice]:
    """By kind, position, label and id."""
    return sorted(rows, key=lambda row: (row[0], row[4], row[2], row[1]))


class Tree:
    """Things that lie in each other, indented by their depth, in walking order."""

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}
        self._children: dict[int, list[tuple[int, int, str]]] = {}

    def add(self, pk: int, label: str, up: int | None, order: int) -> None:
        """One more; `up` is what it lies in."""
        self.parents[pk] = up or 0
        self._children.setdefault(up or 0, []).append((order, pk, label))

    def choices(self) -> list[tuple[int, str]]:
        """Each below the one that it lies in."""
        found: list[tuple[int, str]] = []
        waiting = [(0, *row) for row in sorted(self._children.get(0, []), reverse=True)]
        while waiting:
            depth, _order, pk, label = waiting.pop()
            found.append((pk, "\u3000" * depth + label))
            waiting += [(depth + 1, *row) for row in sorted(self._children.get(pk, []), reverse=True)]
        return found


def within(parents: Mapping[int, int], top: int) -> list[int]:
    """One thing and everything that lies in it."""
    children: dict[int, list[int]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found, waiting = [], [top]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found
