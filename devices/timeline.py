"""One life of a device out of many records: each room of the house registers what it knows, here it is merged.

A provider asks the database once and returns its newest happenings at or before an instant; merging, paging and printing are done
here, so that a page costs one statement a provider however long the life was.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from devices.models import Device


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a device. `key` names it within its kind and settles the order within one instant."""

    at: datetime
    key: str
    title: str
    text: str = ""
    actor: str = ""
    url: str = ""
    icon: str = "point"
    kind: str = ""
    """Filled in by the merge: which provider it came from."""
    label: str = ""
    """Filled in by the merge: what the kind is called."""


@dataclass(frozen=True)
class Asked:
    """What a provider is asked for: happenings of `device` at or before `until` (all, when None), at most `limit`, newest first.

    `user` is the reader: a provider shows what this account may see, and nothing of configuration secrets to anybody.
    """

    device: Device
    user: object
    until: datetime | None
    limit: int


Provider = Callable[[Asked], Iterable[Happening]]


@dataclass(frozen=True)
class Kind:
    """One kind of happening: its slug, what it is called, and who knows of it."""

    slug: str
    label: str | Promise
    provider: Provider


_kinds: dict[str, Kind] = {}


def register(slug: str, label: str | Promise, provider: Provider) -> None:
    """Add a kind of happening; called in AppConfig.ready() by whichever app keeps such records."""
    _kinds[slug] = Kind(slug, label, provider)


def all_kinds() -> tuple[Kind, ...]:
    """Every kind, in the order of registration."""
    return tuple(_kinds.values())


def gathered(
    device: Device, user: object, *, limit: int, kinds: Iterable[str] = (), before: tuple[datetime, str] | None = None
) -> list[Happening]:
    """The newest happenings of a device, of some kinds or of all, strictly before the cursor (instant, "kind:key")."""
    wanted = set(kinds)
    found: list[Happening] = []
    for kind in _kinds.values():
        if wanted and kind.slug not in wanted:
            continue
        # Several may share the cursor's instant: ask for as many more as could be left out again.
        asked = Asked(device, user, before[0] if before else None, limit + (limit if before else 0))
        for happening in kind.provider(asked):
            told = Happening(**{**vars(happening), "kind": kind.slug, "label": str(kind.label)})
            if before is None or cursor_of(told) < before:
                found.append(told)
    found.sort(key=cursor_of, reverse=True)
    return found[:limit]


def cursor_of(happening: Happening) -> tuple[datetime, str]:
    """What orders happenings and names a place among them: the instant, then kind and key."""
    return happening.at, f"{happening.kind}:{happening.key}"
