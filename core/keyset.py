"""Paging by key: the page behind or before a row, found by an index however far down the list it lies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, Subquery

M = TypeVar("M", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANT, NUMBER, WORD = "instant", "number", "word"


@dataclass(frozen=True)
class Part:
    """One field of an order, never NULL: its name (or that of an annotation), whether it falls, and how its values are written."""

    field: str
    down: bool = False
    kind: str = NUMBER

    @property
    def term(self) -> str:
        """As order_by takes it."""
        return f"-{self.field}" if self.down else self.field

    def turned(self) -> "Part":
        """The other way round."""
        return Part(self.field, not self.down, self.kind)

    def written(self, row: Model) -> str:
        """A row's value in an address."""
        value = getattr(row, self.field)
        return str((value - EPOCH) // timedelta(microseconds=1)) if self.kind == INSTANT else str(value)

    def read(self, text: str) -> Any:
        """The reverse of `written`; None for what no page of ours has sent."""
        if self.kind == WORD:
            return text if 0 < len(text) <= 40 and text.replace("_", "").isalnum() else None
        if not (text.isascii() and text.isdigit() and len(text) <= 17):
            return None
        return EPOCH + timedelta(microseconds=int(text)) if self.kind == INSTANT else int(text)


Order = tuple[Part, ...]
"""What rows are sorted by; the last part tells any two rows apart."""


def turned(order: Order) -> Order:
    """The same rows, last first."""
    return tuple(part.turned() for part in order)


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows in their order, and the keys of the pages behind and before them ("" where there is none)."""

    rows: list[M]
    behind: str
    before: str


def key_of(order: Order, row: Model) -> str:
    """What a page that begins behind this row is asked with."""
    return ".".join(part.written(row) for part in order)


def _values(order: Order, key: str) -> list[Any] | None:
    texts = key.split(".")
    if len(texts) != len(order):
        return None
    values = [part.read(text) for part, text in zip(order, texts, strict=True)]
    return None if None in values else values


def _beyond(order: Order, values: list[Any]) -> Q:
    """Behind these values; the first part's range stands alone as well, so that an index is entered where the page begins."""
    first = order[0]
    found = Q()
    for depth, part in enumerate(order):
        same = {order[number].field: values[number] for number in range(depth)}
        found |= Q(**same, **{f"{part.field}__{'lt' if part.down else 'gt'}": values[depth]})
    return Q(**{f"{first.field}__{'lte' if first.down else 'gte'}": values[0]}) & found


class Among(Func):
    """Whether a key is among those that a short query finds, which is asked first and once.

    PostgreSQL takes `IN` for one more join, and may put it behind all the others.
    """

    output_field = BooleanField()
    conditional = True

    def __init__(self, key: str, wanted: QuerySet[Any, Any]) -> None:
        super().__init__(F(key), Subquery(wanted))

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]  # noqa: ARG002
        return self._written(compiler, "{} IN {}")

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:  # noqa: ARG002
        return self._written(compiler, "{} = ANY(ARRAY{})")

    def _written(self, compiler: Any, form: str) -> tuple[str, list[Any]]:
        (key, key_params), (wanted, params) = map(compiler.compile, self.get_source_expressions())
        return form.format(key, wanted), [*key_params, *params]


def page_of(
    rows: QuerySet[M],
    order: Order,
    *,
    size: int,
    behind: str = "",
    before: str = "",
    read: Callable[[QuerySet[M]], Iterable[M]] | None = None,
) -> Page[M]:
    """A page of `size` rows in this order: behind a key, before one, or the first. A key that no page has sent is not looked at.

    With `read` only the keys of the page are looked for among `rows`; `read` makes of them, in any order, the rows with all that
    they show and are sorted by, so that nothing is joined for rows which stand on other pages.
    """
    back = _values(order, before)
    if back is not None:
        away = turned(order)
        found = _cut(rows.filter(_beyond(away, back)), away, size + 1, read)
        page = found[:size][::-1]
        more = len(found) > size
        return Page(page, key_of(order, page[-1]) if page else "", key_of(order, page[0]) if more else "")
    start = _values(order, behind)
    if start is not None:
        rows = rows.filter(_beyond(order, start))
    found = _cut(rows, order, size + 1, read)
    page = found[:size]
    return Page(
        page,
        key_of(order, page[-1]) if len(found) > size else "",
        key_of(order, page[0]) if start is not None and page else "",
    )


def _cut(rows: QuerySet[M], order: Order, limit: int, read: Callable[[QuerySet[M]], Iterable[M]] | None) -> list[M]:
    first = rows.order_by(*(part.term for part in order))[:limit]
    if read is None:
        return list(first)
    found = list(read(rows.model._default_manager.filter(Among("pk", first.values("pk")))))
    for part in reversed(order):
        found.sort(key=lambda row: getattr(row, part.field), reverse=part.down)
    return found
