"""Reading rows together with what they point at, where many rows point at the same few."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def fields_of(model: type[Model], names: Sequence[str]) -> list[str]:
    """These columns in the order in which `from_db` takes them, the primary key among them."""
    wanted = {*names, model._meta.pk.attname}  # type: ignore[union-attr]
    return [field.attname for field in model._meta.concrete_fields if field.attname in wanted or field.name in wanted]


def read_joined(
    rows: QuerySet[M], own: Sequence[str], joins: Mapping[str, Sequence[str]], *, annotated: Sequence[str] = ()
) -> list[M]:
    """The rows with these columns of their own, and of each record that they point at with those of `joins`; one statement.

    What several rows point at is one object, which `select_related` would make once a row: that costs more than asking the
    database does. Any other column is read when it is asked for. `annotated` values become attributes.
    """
    model, alias = rows.model, rows.db
    links = [model._meta.get_field(name) for name in joins]
    columns = fields_of(model, [*own, *(link.attname for link in links)])  # type: ignore[union-attr]
    read, parts = list(columns), []
    for link in links:
        related: type[Model] = link.related_model  # type: ignore[assignment]
        theirs = fields_of(related, joins[link.name])
        parts.append((link, related, theirs, theirs.index(related._meta.pk.attname), len(read), {}))  # type: ignore[union-attr]
        read += [f"{link.name}__{name}" for name in theirs]
    found = []
    for values in rows.values_list(*read, *annotated):
        row = model.from_db(alias, columns, values[: len(columns)])
        for link, related, theirs, key, begin, known in parts:
            pk = values[begin + key]
            if pk is not None and pk not in known:
                known[pk] = related.from_db(alias, theirs, values[begin : begin + len(theirs)])
            link.set_cached_value(row, known.get(pk))  # type: ignore[union-attr]
        row.__dict__.update(zip(annotated, values[len(read) :], strict=True))
        found.append(row)
    return found
