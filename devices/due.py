"""What runs out or is asked for soon: each room says what is due, one page lists it, one task tells the people once.

A source answers with one statement. Nothing here is stored but that somebody was told (devices.Reminder).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from parties.models import Contract


@dataclass(frozen=True)
class Due:
    """One due thing. `key` names it within its source; `mark` changes when it has to be told again ("overdue", "30")."""

    key: str
    title: str
    text: str
    due_on: date
    url: str
    mark: str = ""

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed."""
        return self.due_on < today


@dataclass(frozen=True)
class Source:
    """Where due things come from. `rows(contract, today)` gives those of the contract's hall, soonest first, at most `LIMIT`."""

    slug: str
    label: str | Promise
    rows: Callable[[Contract, date], Iterable[Due]]
    to_client: bool = False
    """Whether the client's supervisors are told as well."""
    tells: bool = True
    """False for what stands on the page only."""


LIMIT = 100
_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Add a source; called in AppConfig.ready()."""
    _sources[source.slug] = source


def all_sources() -> tuple[Source, ...]:
    """Every source, in the order of registration."""
    return tuple(_sources.values())
