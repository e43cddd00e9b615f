"""Inserts many rows at once, without an object for each: what a timer's batch costs is mostly objects that nobody reads again."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models, transaction

AS_IT_IS = frozenset(
    {
        "BigAutoField",
        "BigIntegerField",
        "BooleanField",
        "CharField",
        "FloatField",
        "IntegerField",
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "SlugField",
        "TextField",
    }
)
"""Kinds of field whose values every database takes as Python holds them."""


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[int]:
    """Insert rows given as values of the columns `names` (a foreign key by its id: "contract_id"); returns their new ids in order.

    A column that is not named gets its field's default. Nothing is validated but what the database itself refuses. One
    statement on PostgreSQL; on SQLite as many as its limit of parameters asks for, in one transaction.
    """
    columns = [list(column) for column in zip(*rows, strict=True)]
    if not columns:
        return []
    fields = {field.attname: field for field in model._meta.concrete_fields if not field.primary_key}
    given = {name: (fields.pop(name), column) for name, column in zip(names, columns, strict=True)}
    same: list[tuple[models.Field[Any, Any], Any]] = [(field, field.get_default()) for field in fields.values()]
    own: list[tuple[models.Field[Any, Any], list[Any]]] = []
    for field, column in given.values():
        if column.count(column[0]) == len(column):
            same.append((field, column[0]))
        else:
            own.append((field, column))
    constants = [(field, _stored(field, [value])[0]) for field, value in same]
    varying = [(field, _stored(field, column)) for field, column in own]
    with transaction.atomic(savepoint=False):
        if connection.vendor == "postgresql":
            return _insert_arrays(model, constants, varying, len(columns[0]))
        return _insert_values(model, constants, varying, len(columns[0]))


def _stored(field: models.Field[Any, Any], column: list[Any]) -> list[Any]:
    """A column's values as the database's driver takes them."""
    kind = (field.target_field if isinstance(field, models.ForeignKey) else field).get_internal_type()
    if kind in AS_IT_IS or (kind == "DateTimeField" and connection.vendor == "postgresql"):
        return column
    if isinstance(field, models.JSONField):
        encode = (field.encoder or json.JSONEncoder)().encode
        return [None if value is None else encode(value) for value in column]
    return [field.get_db_prep_save(value, connection) for value in column]


@cache
def _type(field: models.Field[Any, Any]) -> str:
    """The column's type without its length, so that what is too long is refused and not cut."""
    return str(field.db_type(connection)).split("(")[0]


Columns = Sequence[tuple[models.Field[Any, Any], Any]]


def _insert_arrays(model: type[models.Model], constants: Columns, varying: Columns, count: int) -> list[int]:
    """PostgreSQL takes a whole column as one array."""
    values = [f"(%s)::{_type(field)}" for field, _ in constants]
    values += [f"v.c{number}" for number in range(len(varying))]
    arrays = [f"(%s)::{_type(field)}[]" for field, _ in varying] or ["(%s)::int[]"]
    names = [f"c{number}" for number in range(len(arrays))]
    source = f"unnest({', '.join(arrays)}) AS v({', '.join(names)})"
    parameters = [value for _, value in constants] + ([column for _, column in varying] or [list(range(count))])
    return _run(model, [*constants, *varying], f"SELECT {', '.join(values)} FROM {source}", parameters)  # noqa: S608 - names of our own models


def _insert_values(model: type[models.Model], constants: Columns, varying: Columns, count: int) -> list[int]:
    """SQLite takes rows, up to so many parameters in one statement."""
    width = max(1, len(varying))
    step = max(1, ((connection.features.max_query_params or 999) - len(constants)) // width)
    fixed = [value for _, value in constants]
    columns = [column for _, column in varying] or [list(range(count))]
    values = ["%s"] * len(constants) + [f"v.column{number + 1}" for number in range(len(varying))]
    ids: list[int] = []
    for begin in range(0, count, step):
        rows = list(zip(*(column[begin : begin + step] for column in columns), strict=True))
        places = ", ".join([f"({', '.join(['%s'] * width)})"] * len(rows))
        source = f"SELECT {', '.join(values)} FROM (VALUES {places}) AS v"  # noqa: S608 - names of our own models
        ids += _run(model, [*constants, *varying], source, [*fixed, *(value for row in rows for value in row)])
    return ids


def _run(model: type[models.Model], columns: Columns, source: str, parameters: list[Any]) -> list[int]:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field, _ in columns)
    key = quote(str(model._meta.pk.column))
    # Names come from the models, values are parameters.
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) {source} RETURNING {key}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [int(row[0]) for row in cursor.fetchall()]
