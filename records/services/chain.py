"""Gives every entry its place in the hash chain, as the last act of the transaction that wrote it.

The head row of the chain is locked only between these statements and the COMMIT: on PostgreSQL by SELECT … FOR UPDATE, chains in
the order of their numbers, so that writers of different halls never wait for each other and nobody waits for a lock that a waiter
holds; on SQLite by the write lock that the transaction has anyway. Two statements (three on SQLite), however many entries; the
first entry of a chain costs PostgreSQL two more.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from core import clock
from core.db.hooks import AfterCommit, CannotCommit
from parties.models import Contract
from records.chain import COLUMNS, START, SYSTEM_CHAIN, Head, chain_of, entry_form, link_hash
from records.services import anchors

ENTRIES, LINKS, HEADS = "records_auditentry", "records_auditlink", "records_chainhead"
Noted = tuple[int, int]
"""(chain, entry id), as the writers of entries note them."""
NewLink = tuple[int, int, int, str, str]
"""(entry id, chain, seq, previous hash, hash)."""
SELECTED = ", ".join(f'e."{name}"' for name in COLUMNS)


def entries_link(connection: BaseDatabaseWrapper, noted: list[Noted]) -> AfterCommit:
    """Link the entries of a transaction that is about to commit; registered with core.db.hooks.

    Returns what anchors the new heads once they are committed. Raises a DatabaseError when the entries cannot be linked: the
    transaction must not be committed then.
    """
    chains = sorted({chain for chain, _pk in noted})
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            heads, rows = _read_postgresql(cursor, chains, noted)
            links = _links(heads, noted, rows)
            _store_postgresql(cursor, links, heads)
        else:
            heads, rows = _read_sqlite(cursor, noted)
            links = _links(heads, noted, rows)
            _store_sqlite(cursor, links, heads)
    newest = [heads[chain] for chain in chains]
    return lambda: anchors.heads_append(newest)


def _links(heads: dict[int, Head], noted: list[Noted], rows: list[Sequence[Any]]) -> list[NewLink]:
    """The new links in the order of their entries; moves `heads` on."""
    chain_by_id = {pk: chain for chain, pk in noted}
    if len(rows) != len(chain_by_id):
        raise CannotCommit(f"{len(chain_by_id)} entries were written, {len(rows)} are there")
    links = []
    for row in rows:
        chain = chain_by_id[row[0]]
        if chain_of(row[1]) != chain:
            raise CannotCommit(f"entry {row[0]} does not belong to the chain {chain}")
        head = heads[chain]
        seq = head.seq + 1
        digest = link_hash(head.hash, entry_form(chain, seq, row))
        links.append((row[0], chain, seq, head.hash, digest))
        heads[chain] = Head(chain, seq, digest)
    return links


def _read_postgresql(cursor: Any, chains: list[int], noted: list[Noted]) -> tuple[dict[int, Head], list[Sequence[Any]]]:
    """The entries with the heads of their chains, which stay locked; a head that another moved meanwhile is read as it is now."""
    statement = (
        f"SELECT h.chain, h.seq, h.hash, {SELECTED} FROM {HEADS} h JOIN {ENTRIES} e ON COALESCE(e.contract_id, %s) = h.chain "  # noqa: S608 - constants
        "WHERE h.chain = ANY(%s) AND e.id = ANY(%s) ORDER BY h.chain, e.id FOR UPDATE OF h"
    )
    asked = [SYSTEM_CHAIN, chains, [pk for _chain, pk in noted]]
    cursor.execute(statement, asked)
    found = cursor.fetchall()
    missing = sorted(set(chains) - {row[0] for row in found})
    if missing:
        cursor.execute(
            f"INSERT INTO {HEADS} (chain, seq, hash) SELECT c, 0, %s FROM unnest(%s::bigint[]) c ORDER BY c ON CONFLICT DO NOTHING",  # noqa: S608 - constants
            [START, missing],
        )
        cursor.execute(statement, asked)
        found = cursor.fetchall()
    return {chain: Head(chain, seq, digest) for chain, seq, digest, *_entry in found}, [row[3:] for row in found]


def _store_postgresql(cursor: Any, links: list[NewLink], heads: dict[int, Head]) -> None:
    columns = [list(column) for column in zip(*links, strict=True)]
    newest = list(heads.values())
    cursor.execute(
        f"WITH fresh AS (INSERT INTO {LINKS} (entry_id, chain, seq, previous_hash, entry_hash) "  # noqa: S608 - constants
        "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])) "
        f"UPDATE {HEADS} h SET seq = v.seq, hash = v.hash "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS v(chain, seq, hash) WHERE h.chain = v.chain",
        [*columns, [head.chain for head in newest], [head.seq for head in newest], [head.hash for head in newest]],
    )


def _read_sqlite(cursor: Any, noted: list[Noted]) -> tuple[dict[int, Head], list[Sequence[Any]]]:
    cursor.execute(
        f"SELECT h.seq, h.hash, {SELECTED} FROM {ENTRIES} e LEFT JOIN {HEADS} h ON h.chain = COALESCE(e.contract_id, %s) "  # noqa: S608 - constants
        "WHERE e.id IN (SELECT value FROM json_each(%s)) ORDER BY e.id",
        [SYSTEM_CHAIN, json.dumps([pk for _chain, pk in noted])],
    )
    heads: dict[int, Head] = {}
    rows = []
    for seq, digest, *row in cursor.fetchall():
        chain = chain_of(row[1])
        heads.setdefault(chain, Head(chain, seq or 0, digest or START))
        rows.append(row)
    return heads, rows


def _store_sqlite(cursor: Any, links: list[NewLink], heads: dict[int, Head]) -> None:
    cursor.execute(
        f"INSERT INTO {LINKS} (entry_id, chain, seq, previous_hash, entry_hash) SELECT json_extract(value, '$[0]'), "  # noqa: S608 - constants
        "json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]') "
        "FROM json_each(%s)",
        [json.dumps(links)],
    )
    cursor.execute(
        f"INSERT INTO {HEADS} (chain, seq, hash) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), "  # noqa: S608 - constants
        "json_extract(value, '$[2]') FROM json_each(%s) WHERE true "
        "ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
        [json.dumps([(head.chain, head.seq, head.hash) for head in heads.values()])],
    )


def head_of(chain: int) -> Head | None:
    """The newest link of a chain; None before its first entry."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT chain, seq, hash FROM {HEADS} WHERE chain = %s", [chain])  # noqa: S608 - constants
        row = cursor.fetchone()
    return Head(*row) if row else None


def head_line(contract: Contract, *, at: datetime | None = None) -> str:
    """The signed head of a contract's chain, as one line for the foot of an issued report; empty before its first entry.

    Whoever keeps the report can show later that nothing up to that entry was changed: `manage.py verify_records --head` takes the
    line and compares.
    """
    head = head_of(chain_of(contract.pk))
    return anchors.line_of(head, at or clock.now()) if head else ""


def head_mark(line: str) -> str:
    """A head's seq and the first half of its hash, for the foot of every page; empty for no head."""
    words = line.split(" ")
    return f"{words[1]}:{words[2][:32]}" if line else ""


def heads_anchor() -> int:
    """Anchor every head that is not in its file yet (its writer was killed after the commit, or works on another server);
    returns how many. For the loop behind run_clocks."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT chain, seq, hash FROM {HEADS} WHERE seq > 0 ORDER BY chain")  # noqa: S608 - constants
        heads = [Head(*row) for row in cursor.fetchall()]
    return anchors.heads_append(heads)
