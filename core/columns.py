"""The columns of a list and of its exports: named once, chosen by each reader, shown in the house's order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise

T = TypeVar("T")


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column. `cell` gives what an export holds; `joins` the relations that it reads, `sort` what orders the list by it."""

    key: str
    label: str | Promise
    cell: Callable[[T], Any]
    joins: tuple[str, ...] = ()
    sort: str = ""


def pick(columns: Sequence[Column[T]], keys: Iterable[Any], otherwise: Sequence[str]) -> list[Column[T]]:
    """The columns with these keys, in the house's order; those of `otherwise` when none of them is known."""
    known = {column.key for column in columns}
    wanted = {key for key in keys if isinstance(key, str) and key in known}
    return [column for column in columns if column.key in (wanted or set(otherwise))]


def joins_of(columns: Iterable[Column[Any]]) -> list[str]:
    """The relations that these columns read, for select_related."""
    return list(dict.fromkeys(join for column in columns for join in column.joins))


def shown_cell(column: Column[T], row: T) -> str:
    """A cell as the page shows it: days as 2024-03-18, nothing as nothing."""
    value = column.cell(row)
    if value is None:
        return ""
    if isinstance(value, date) and not hasattr(value, "hour"):
        return f"{value:%Y-%m-%d}"
    return str(value)
