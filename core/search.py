"""Search in Chinese: words of two characters and more, single characters, and any part of a number.

What can be found of a record is kept as one normalised text in a column of its own (`index_text`). PostgreSQL keeps beside it a
generated column with every character and every pair of neighbours, behind a GIN index: trigram indexes never find words of two
characters, and `to_tsvector` takes a run of Chinese for one word. SQLite reads the normalised column itself: for the halls that
it serves that is as quick as FTS5 over pairs, and nothing has to be kept in step (measured by bench/devices.py).
"""

import re
import unicodedata
from typing import Any, TypeVar

from django.db.models import BooleanField, F, Func, Model, QuerySet
from django.db.models.expressions import Col

M = TypeVar("M", bound=Model)

WORDS_LIMIT = 6
WORD_LIMIT = 60
PAIR = 2
_JUNK = re.compile(r"[^\w.]+|_")

POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION search_grams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT string_to_array(words, NULL)
        || ARRAY(SELECT substr(words, start, 2) FROM generate_series(1, length(words) - 1) AS start)
$$
"""


def postgres_column(table: str, column: str) -> list[str]:
    """The statements that give a column of normalised text its pairs and their index, for a migration on PostgreSQL."""
    return [
        POSTGRES_FUNCTION,
        f'ALTER TABLE "{table}" ADD COLUMN "{column}_grams" text[] GENERATED ALWAYS AS (search_grams("{column}")) STORED',
        # Pending lists make single searches slow in turn; the register is read far more often than it is written.
        f'CREATE INDEX "{table}_{column}_grams" ON "{table}" USING gin ("{column}_grams") WITH (fastupdate = off)',
    ]


def normal(text: str) -> str:
    """A word as it is compared: full-width forms made narrow, case folded, hyphens and other signs left out, points kept."""
    return _JUNK.sub("", unicodedata.normalize("NFKC", text).casefold()).strip(".")


def index_text(*texts: object) -> str:
    """What can be found of a record: its texts' words, normalised, each once, separated by single spaces."""
    words = (normal(word) for text in texts if text is not None for word in str(text).split())
    return " ".join(dict.fromkeys(word for word in words if word))


def words_of(text: str) -> list[str]:
    """The words of what somebody typed, normalised: at most six, each cut at 60 characters. The rest is not looked at."""
    words = (normal(word[: 2 * WORD_LIMIT])[:WORD_LIMIT] for word in text[:400].split()[: 2 * WORDS_LIMIT])
    return [word for word in words if word][:WORDS_LIMIT]


def grams(word: str) -> list[str]:
    """The pairs of neighbours of a word; a single character stands for itself."""
    return sorted({word[start : start + 2] for start in range(len(word) - 1)}) or [word]


class Holds(Func):
    """Whether a column of normalised text holds a word of `words_of`: of the model itself, or of one row that hangs on it."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, field: str, word: str) -> None:
        super().__init__(F(field))
        self.word = word

    def as_sql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]  # noqa: ARG002
        column = self._column()
        sql, params = compiler.compile(column)
        return f"instr({sql}, %s) > 0", [*params, self.word]

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, list[Any]]:  # noqa: ARG002
        column = self._column()
        sql, params = compiler.compile(column)
        # Within another statement the table goes by a made-up name, which must not be quoted.
        pairs = f'{compiler.quote_name_unless_alias(column.alias)}."{column.target.column}_grams"'
        # The pairs find the rows by the index, and that they stand side by side is looked up in the text of those few. Where the
        # database reads rows in order instead (a word of every eighth device), the text is asked first: it is the cheaper test.
        # A word of more than one pair is rarer than its pairs; the planner takes a range for rarer than an inequality, and so
        # goes by the index. A word that is one pair needs no such hint: the pairs' own statistics tell how often it stands.
        among = "> 0" if len(self.word) <= PAIR else "BETWEEN 1 AND 1000000000"
        return f"(strpos({sql}, %s) {among} AND {pairs} @> %s::text[])", [*params, self.word, grams(self.word)]

    def _column(self) -> Col:
        (column,) = self.get_source_expressions()
        if not isinstance(column, Col):
            raise TypeError("a search needs a column of a table")
        return column

    @property
    def identity(self) -> Any:
        return (*super().identity, self.word)


def match(queryset: QuerySet[M], text: str, field: str = "search_text") -> QuerySet[M]:
    """The rows whose indexed text holds every word; a text of nothing but signs leaves the queryset as it is."""
    for word in words_of(text):
        queryset = queryset.filter(Holds(field, word))
    return queryset
