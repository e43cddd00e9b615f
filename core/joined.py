"""Reading rows together with what they point at, where many rows point at the same few."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def fields_of(model: type[Model], names: Sequence[str]) -> list[str]:
    """These columns in the order in which `from_db` takes them, the primary key among them."""
    wanted = {*names, model._meta.pk.attname}
    return [field.attname for field in model._meta.concrete_fields if field.attname in wanted or field.name in wanted]


class Joined(Generic[M]):
    """How rows of a model are read with these columns of their own, and of each record that they point at with those of `joins`.

    What several rows point at is one object, which `select_related` would make once a row: that costs more than asking the
    database does. Any other column is read when it is asked for. `annotated` values become attributes.
    """

    def __init__(
        self, model: type[M], own: Sequence[str], joins: Mapping[str, Sequence[str]], *, annotated: Sequence[str] = ()
    ) -> None:
        self._model = model
        links: list[Any] = [model._meta.get_field(name) for name in joins]
        self._columns = fields_of(model, [*own, *(link.attname for link in links)])
        self._links: list[tuple[Any, list[str], int, int]] = []
        self._annotated = list(annotated)
        read = list(self._columns)
        for link in links:
            theirs = fields_of(link.related_model, joins[link.name])
            self._links.append((link, theirs, len(read), theirs.index(link.related_model._meta.pk.attname)))
            read += [f"{link.name}__{name}" for name in theirs]
        self._width = len(read)
        self.names = (*read, *annotated)
        """What values_list is asked for."""

    def made(self, rows: Iterable[Sequence[Any]], alias: str) -> list[M]:
        """The rows of values_list as objects."""
        found: list[M] = []
        known: dict[tuple[type[Model], Any], Model] = {}
        own = len(self._columns)
        for values in rows:
            row = self._model.from_db(alias, self._columns, values[:own])
            for link, theirs, begin, key in self._links:
                pk = values[begin + key]
                if pk is not None and (link.related_model, pk) not in known:
                    made = link.related_model.from_db(alias, theirs, values[begin : begin + len(theirs)])
                    known[link.related_model, pk] = made
                link.set_cached_value(row, None if pk is None else known[link.related_model, pk])
            row.__dict__.update(zip(self._annotated, values[self._width :], strict=True))
            found.append(row)
        return found


def read_joined(
    rows: QuerySet[M], own: Sequence[str], joins: Mapping[str, Sequence[str]], *, annotated: Sequence[str] = ()
) -> list[M]:
    """Rows as `Joined` reads them; one statement."""
    how = Joined(rows.model, own, joins, annotated=annotated)
    return how.made(rows.values_list(*how.names), rows.db)
