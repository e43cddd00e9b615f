"""Who would see a difference when a calendar changes: asked before a revision is published, told when a year is announced.

The calendar lies below the apps whose clocks, rounds and reports rest on it: each registers a watcher in AppConfig.ready().
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Difference:
    """One thing that another calendar would change. `key` names it within its watcher; `before` and `after` are ready to be read.

    An `amendable` one keeps what was fixed unless a person chooses, with a reason, to amend it.
    """

    key: str
    label: str
    url: str
    before: str
    after: str
    amendable: bool = False


@dataclass(frozen=True)
class Watcher:
    """What one app answers. Callables take plain values, so that the calendar need not know who they are for."""

    name: str
    heading: str | Promise
    differences: Callable[..., list[Difference]]
    """differences(contract, old, new, at) -> what would be seen differently; `old` and `new` are ServiceCalendar."""
    amend: Callable[..., int] | None = None
    """amend(contract, keys=…, revision=…, reason=…, actor=…, at=…) -> how many were amended, in the caller's transaction."""
    announced: Callable[..., int] | None = None
    """announced(years=…, notice=…, actor=…, at=…) -> how many provisional things were fixed by a year's arrangement."""


_watchers: dict[str, Watcher] = {}


def register(watcher: Watcher) -> None:
    """Add a watcher; the same name again replaces it."""
    _watchers[watcher.name] = watcher


def all_watchers() -> tuple[Watcher, ...]:
    """Every watcher, in the order of registration."""
    return tuple(_watchers.values())
