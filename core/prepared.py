"""Statements that every page asks, put together once a process: that costs the ORM more than the database needs to answer."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import QuerySet

Prepared: TypeAlias = tuple[str, tuple[Any, ...]]
"""A statement and its parameters, with marks (values that no row holds) where something else belongs each time."""


def prepared(rows: QuerySet[Any, Any]) -> Prepared:
    """The statement of a queryset that was made with marks; keep it by `functools.cache`, a database each."""
    sql, parameters = rows.query.sql_with_params()
    return sql, tuple(parameters)


def prepared_count(rows: QuerySet[Any, Any]) -> Prepared:
    """The statement that counts a queryset that was made with marks."""
    sql, parameters = prepared(rows.values("pk"))
    return f"SELECT COUNT(*) FROM ({sql}) counted", parameters  # noqa: S608 - a statement of the ORM


def asked(statement: Prepared, given: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
    """What the database answers, with the values of `given` in the place of their marks; as the driver returns it."""
    sql, marked = statement
    with connection.cursor() as cursor:
        # The pairs of a search are a list, which is no mark.
        cursor.execute(sql, [value if isinstance(value, list) else given.get(value, value) for value in marked])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


class Question:
    """A queryset of values_list that was made with marks, put together once and asked with other values each time."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self._compiler = rows.query.get_compiler(rows.db)
        sql, parameters = self._compiler.as_sql()
        self._statement: Prepared = (sql, tuple(parameters))
        shown = [column for column, _sql, _alias in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(shown)

    def ask(self, given: Mapping[Any, Any]) -> list[tuple[Any, ...]]:
        """The rows as values_list gives them; `given` are the values, as the database takes them, in the place of their marks."""
        rows = asked(self._statement, given)
        if not self._converters:
            return rows
        return [tuple(row) for row in self._compiler.apply_converters(rows, self._converters)]


def as_instant(at: datetime) -> Any:
    """An instant as the database takes it: a mark, or what stands in its place."""
    return connection.ops.adapt_datetimefield_value(at)


def as_day(day: date) -> Any:
    """A day as the database takes it."""
    return connection.ops.adapt_datefield_value(day)
