"""The arithmetic of the audit chain: what is hashed, in which form, and how a chain is checked. Nothing here asks the database.

Form 1 of an entry is the JSON array
    ["guarantee.entry.1", chain, seq, <every column of the entry, in the order of COLUMNS>]
without spaces, keys sorted, in UTF-8, characters as they are; instants are ISO 8601 in UTC with microseconds, `before` and `after`
the values that they hold. The hash of a link is the SHA-256, in hexadecimal, of the hash of the link before (64 zeros before the
first), a line feed, and form 1 of the entry. The order of COLUMNS never changes; a later form would carry another name.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FORM = "guarantee.entry.1"
SYSTEM_CHAIN = 0
"""The chain of entries without a contract; the others are named by their contract's id."""
START = "0" * 64
COLUMNS = (
    "id",
    "contract_id",
    "subject_type",
    "subject_id",
    "verb",
    "actor_id",
    "actor_label",
    "source",
    "visibility",
    "at",
    "recorded_at",
    "before",
    "after",
    "reason",
    "batch",
    "request_id",
    "ip",
    "person_id",
    "personal",
)
_AT, _RECORDED, _BEFORE, _AFTER, _CONTRACT = (
    COLUMNS.index(name) for name in ("at", "recorded_at", "before", "after", "contract_id")
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def chain_of(contract_id: int | None) -> int:
    """The chain that a contract's entries (or, with None, the system's) belong to."""
    return SYSTEM_CHAIN if contract_id is None else contract_id


def entry_form(chain: int, seq: int, columns: Sequence[Any]) -> str:
    """Form 1 of an entry, whose columns are given as the database's driver returns them, in the order of COLUMNS."""
    row = list(columns)
    row[_AT], row[_RECORDED] = _instant(row[_AT]), _instant(row[_RECORDED])
    row[_BEFORE], row[_AFTER] = _value(row[_BEFORE]), _value(row[_AFTER])
    return _encode([FORM, chain, seq, *row])


def link_hash(previous: str, form: str) -> str:
    """The hash of a link: of the one before it and of its own entry."""
    # What nobody could have written through the product (a lone surrogate) is still hashed to something, and found.
    return hashlib.sha256(f"{previous}\n{form}".encode("utf-8", "surrogatepass")).hexdigest()


def _instant(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)  # SQLite keeps UTC without saying so
    return aware.astimezone(UTC).isoformat(timespec="microseconds")


def _value(stored: Any) -> Any:
    if stored == "{}":
        return {}
    if not isinstance(stored, str):
        return stored
    try:
        return json.loads(stored)
    except ValueError:
        return stored


@dataclass(frozen=True)
class Head:
    """The newest link of a chain, or that of an instant."""

    chain: int
    seq: int
    hash: str


@dataclass(frozen=True)
class Link:
    """A link as it is stored, with its entry's columns; None where the entry is gone."""

    seq: int
    entry_id: int
    previous_hash: str
    entry_hash: str
    columns: Sequence[Any] | None


@dataclass(frozen=True)
class Broken:
    """The first place at which a chain is not whole. `what` is a key of WORDS in records.present_chain."""

    chain: int
    what: str
    seq: int = 0
    entry_id: int | None = None


def check_links(
    links: Iterable[Link],
    *,
    start: Head,
    head: Head | None,
    newest: int,
    anchors: Iterator[Head],
    counts: dict[str, int],
) -> Broken | None:
    """The first break of a chain, or None when it is whole from `start` to `head`.

    `head` and `newest` (the highest seq among the stored links) were read before the links, and `anchors`, in rising order, before
    them: what was anchored must therefore be there. Counts what was checked in `counts` ("links", "anchors").
    """
    chain, seq, previous = start.chain, start.seq, start.hash
    anchor = next(anchors, None)
    while anchor is not None and anchor.seq <= seq:
        if anchor.seq == seq and anchor.hash != previous:
            return Broken(chain, "anchor", seq)
        anchor = next(anchors, None)
    for link in links:
        seq += 1
        counts["links"] += 1
        broken = _check_link(chain, seq, previous, link)
        if broken is not None:
            return broken
        while anchor is not None and anchor.seq <= seq:
            counts["anchors"] += 1
            if anchor.seq == seq and anchor.hash != link.entry_hash:
                return Broken(chain, "anchor", seq, link.entry_id)
            anchor = next(anchors, None)
        previous = link.entry_hash
    if anchor is not None:
        return Broken(chain, "cut", seq + 1)
    if head is None or (head.seq, head.hash) != (seq, previous) or newest != seq:
        return Broken(chain, "head", seq)
    return None


def _check_link(chain: int, seq: int, previous: str, link: Link) -> Broken | None:
    if link.seq != seq:
        return Broken(chain, "gap", seq)
    if link.columns is None:
        return Broken(chain, "entry_gone", seq, link.entry_id)
    if link.previous_hash != previous:
        return Broken(chain, "order", seq, link.entry_id)
    if chain_of(link.columns[_CONTRACT]) != chain or link_hash(previous, entry_form(chain, seq, link.columns)) != (
        link.entry_hash
    ):
        return Broken(chain, "changed", seq, link.entry_id)
    return None
