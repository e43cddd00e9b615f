"""One life of a device out of many records: each room of the house registers what it knows, here it is merged.

A provider asks the database once and returns its newest happenings at or before an instant; merging, paging and printing are done
here, so that a page costs one statement a provider however long the life was.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.functional import Promise

from devices.models import Device

Cursor = tuple[datetime, str]


@dataclass(frozen=True)
class Delta:
    """One field that a happening changed: what it is called, what it was, what it became, all in words."""

    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a device. `key` names it within its kind and settles the order within one instant: of two keys
    with numbers in them, the greater number is the later one."""

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
    source: str = ""
    """Through which door it came, in words; empty when that says nothing."""
    reason: str = ""
    lines: tuple[Delta, ...] = ()
    """What it changed, field by field."""
    batch: str = ""
    """What it was done together with; the list of changes shows the whole batch."""
    tone: str = ""
    """warn, danger or ok where it deserves a look."""


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
    device: Device,
    user: object,
    *,
    limit: int,
    kinds: Iterable[str] = (),
    before: Cursor | None = None,
    until: datetime | None = None,
) -> list[Happening]:
    """The newest happenings of a device, of some kinds or of all, strictly before the cursor (instant, "kind:key").

    `until` begins at an instant, that one included, where there is no cursor yet.
    """
    wanted = set(kinds)
    found: list[Happening] = []
    for kind in _kinds.values():
        if not wanted or kind.slug in wanted:
            found += _of_kind(kind, device, user, limit, before, until)
    found.sort(key=cursor_of, reverse=True)
    return found[:limit]


def _of_kind(
    kind: Kind, device: Device, user: object, limit: int, before: Cursor | None, until: datetime | None
) -> list[Happening]:
    """The newest of one kind before the cursor. What shares the cursor's instant comes again and is left out again: a whole batch
    may, so the question is widened until enough is left, or there is no more."""
    size = limit + 1
    while True:
        rows = list(kind.provider(Asked(device, user, before[0] if before else until, size)))
        told = [replace(row, kind=kind.slug, label=str(kind.label)) for row in rows]
        left = [row for row in told if before is None or cursor_of(row) < before]
        if len(left) >= limit or len(rows) < size:
            return left
        size *= 4


def cursor_of(happening: Happening) -> Cursor:
    """What orders happenings and names a place among them: the instant, then kind and key."""
    return happening.at, f"{happening.kind}:{_sortable(happening.key)}"


def _sortable(key: str) -> str:
    """A key in which 9 comes before 10."""
    return re.sub(r"\d+", lambda found: found[0].zfill(12), key)


def cursor_text(happening: Happening) -> str:
    """The cursor of a happening for an address."""
    at, rest = cursor_of(happening)
    return f"{at.isoformat()}|{rest}"


def cursor_read(text: str) -> Cursor | None:
    """The cursor that an address holds; None when it holds none."""
    instant, _sign, rest = text.partition("|")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return None
    return (at, rest) if rest and at.tzinfo is not None else None
