"""Checks everything that proves something: chains, heads, anchors, signatures, files. Streams: its memory does not grow.

Writers may go on meanwhile: what is compared is read in an order in which only a real break can look like one (first the size of
the anchors, then head and newest link in one statement, then the links up to there).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from core import seal
from parties.models import Contract
from records import append_only
from records.chain import COLUMNS, START, SYSTEM_CHAIN, Broken, Head, Link, chain_of, check_links
from records.models import Attachment, AuditEntry, Signature
from records.services import anchors, proof

LINKS_AT_ONCE = 5_000
SIGNATURES_AT_ONCE = 100
FILES_AT_ONCE = 500
CHUNK_BYTES = 1024 * 1024
COUNTED = ("chains", "links", "entries", "anchors", "torn_anchors", "unanchored", "signatures", "attachments")
SHOWN = 20
"""So many findings are kept; all are counted."""
SELECTED = ", ".join(f'e."{name}"' for name in COLUMNS)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written. `what` is a key of records.present_chain.WORDS; `place` names the row,
    `contract` is whose it is: without one it concerns all of them."""

    what: str
    chain: int | None = None
    seq: int | None = None
    place: str = ""
    contract: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As a verification run keeps it."""
        contract = self.contract if self.contract is not None else self.chain or None
        return {
            "what": self.what,
            "chain": self.chain,
            "seq": self.seq,
            "place": self.place,
            "contract": contract,
        }


@dataclass
class Result:
    """What was checked, and the first of what was found."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    @property
    def whole(self) -> bool:
        """Nothing was found."""
        return self.found == 0

    def add(self, finding: Finding) -> None:
        """Enter a finding."""
        self.found += 1
        if len(self.findings) < SHOWN:
            self.findings.append(finding)


def records_check(
    *,
    contract: Contract | None = None,
    with_system: bool = False,
    since: datetime | None = None,
    with_anchors: bool = True,
) -> Result:
    """Check one contract's records (and the system's own chain `with_system`), or everything; `since` leaves out what was recorded
    before."""
    result = Result()
    wanted = None if contract is None else {chain_of(contract.pk)} | ({SYSTEM_CHAIN} if with_system else set())
    _check_triggers(result)
    chains_check(result, wanted, since, with_anchors=with_anchors)
    _check_signatures(result, contract, since)
    _check_files(result, contract, since)
    return result


def head_check(line: str) -> Finding | None:
    """Check that a head which somebody kept (in a report) is still in its chain. Raises anchors.BadAnchor, seal.UnknownKey."""
    head, _at = anchors.head_in(line.strip())
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_hash FROM records_auditlink WHERE chain = %s AND seq = %s", [head.chain, head.seq])
        row = cursor.fetchone()
    if row is None:
        return Finding("cut", head.chain, head.seq)
    return None if row[0] == head.hash else Finding("anchor", head.chain, head.seq)


# Chains ---------------------------------------------------------------------------------------------------------------


def chains_check(
    result: Result, wanted: set[int] | None = None, since: datetime | None = None, *, with_anchors: bool = True
) -> None:
    """Check some chains, or all of them, and that no entry is in none; enters what it finds."""
    for chain in _chains(wanted):
        _check_chain(result, chain, since, with_anchors=with_anchors)
    _check_unlinked(result, wanted, since)


def _chains(wanted: set[int] | None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT chain FROM records_chainhead UNION SELECT chain FROM records_auditlink")
        stored = {row[0] for row in cursor.fetchall()}
    everything = stored | set(anchors.anchored_chains())
    return sorted(everything if wanted is None else everything & wanted)


def _check_chain(result: Result, chain: int, since: datetime | None, *, with_anchors: bool) -> None:
    result.counts["chains"] += 1
    path = anchors.path_of(chain)
    size = path.stat().st_size if path.is_file() else 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.seq, h.hash, l.newest, l.least FROM (SELECT MAX(seq) AS newest, MIN(seq) AS least FROM records_auditlink "
            "WHERE chain = %s) l LEFT JOIN records_chainhead h ON h.chain = %s",
            [chain, chain],
        )
        head_seq, head_hash, newest, least = cursor.fetchone()
    head = None if head_seq is None else Head(chain, head_seq, head_hash)
    if least is not None and least != 1:
        result.add(Finding("gap", chain, 1))
        return
    start = _start(chain, since)
    anchored = _Anchors(result, chain, path, size)
    broken = check_links(
        _links(chain, start.seq, newest or 0),
        start=start,
        head=head,
        newest=newest or 0,
        anchors=iter(anchored) if with_anchors else iter(()),
        counts=result.counts,
    )
    if broken is not None:
        result.add(_finding(broken))
    elif with_anchors and head is not None and head.seq:
        if not anchored.last:
            result.add(Finding("no_anchor", chain, head.seq))
        result.counts["unanchored"] += max(0, head.seq - anchored.last)


def _finding(broken: Broken) -> Finding:
    place = "" if broken.entry_id is None else _entry_place(broken.entry_id)
    return Finding(broken.what, broken.chain, broken.seq, place)


def _entry_place(entry_id: int) -> str:
    row = AuditEntry.objects.filter(pk=entry_id).values_list("subject_type", "subject_id", "verb").first()
    return f"#{entry_id}" if row is None else f"#{entry_id} {row[0]}:{row[1]} {row[2]}"


def _start(chain: int, since: datetime | None) -> Head:
    """Where the check begins: before the first link, or at the last one before an instant."""
    beginning = Head(chain, 0, START)
    if since is None:
        return beginning
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq, entry_hash FROM records_auditlink WHERE chain = %s AND seq < "
            "(SELECT MIN(l.seq) FROM records_auditlink l JOIN records_auditentry e ON e.id = l.entry_id "
            "WHERE l.chain = %s AND e.recorded_at >= %s) ORDER BY seq DESC LIMIT 1",
            [chain, chain, connection.ops.adapt_datetimefield_value(since)],
        )
        row = cursor.fetchone()
    return Head(chain, *row) if row else beginning


def _links(chain: int, after: int, newest: int) -> Iterator[Link]:
    while after < newest:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT l.seq, l.entry_id, l.previous_hash, l.entry_hash, {SELECTED} FROM records_auditlink l "  # noqa: S608 - constants
                "LEFT JOIN records_auditentry e ON e.id = l.entry_id WHERE l.chain = %s AND l.seq > %s AND l.seq <= %s "
                f"ORDER BY l.seq LIMIT {LINKS_AT_ONCE}",
                [chain, after, newest],
            )
            rows = cursor.fetchall()
        for row in rows:
            yield Link(row[0], row[1], row[2], row[3], row[4:] if row[4] is not None else None)
        if len(rows) < LINKS_AT_ONCE:
            return
        after = rows[-1][0]


class _Anchors:
    """The anchored heads of a chain in rising order; what is wrong with them is entered as it comes by."""

    def __init__(self, result: Result, chain: int, path: Path, size: int) -> None:
        self._result, self._chain, self._path, self._size = result, chain, path, size
        self.last = 0

    def __iter__(self) -> Iterator[Head]:
        if not self._size:
            return
        for line in anchors.lines_of(self._path, self._size):
            head = self._head(line)
            if head is None:
                continue
            if head.seq <= self.last:
                self._result.add(Finding("anchor_order", self._chain, head.seq))
                continue
            self.last = head.seq
            yield head

    def _head(self, line: str) -> Head | None:
        try:
            head, _at = anchors.head_in(line)
        except anchors.BadAnchor as error:
            if error.whole:
                self._result.add(Finding("anchor_seal", self._chain, place=line[:60]))
            else:
                self._result.counts["torn_anchors"] += 1
            return None
        except seal.UnknownKey:
            self._result.add(Finding("anchor_key", self._chain, place=line[-16:]))
            return None
        if head.chain != self._chain:
            self._result.add(Finding("anchor_seal", self._chain, head.seq))
            return None
        return head


def _check_unlinked(result: Result, wanted: set[int] | None, since: datetime | None) -> None:
    """Every entry has its link; that every link has its entry was seen along the chain."""
    rows = AuditEntry.objects.all()
    if wanted is not None:
        contracts = wanted - {SYSTEM_CHAIN}
        rows = rows.filter(contract__in=contracts)
        if SYSTEM_CHAIN in wanted:
            rows = rows | AuditEntry.objects.filter(contract=None)
    if since is not None:
        rows = rows.filter(recorded_at__gte=since)
    result.counts["entries"] = rows.count()
    unlinked = rows.filter(chained=None).order_by("pk").values_list("pk", "contract_id")
    for pk, contract_id in unlinked[:SHOWN]:
        result.add(Finding("no_link", chain_of(contract_id), place=_entry_place(pk)))


def _check_triggers(result: Result) -> None:
    """The triggers that refuse changes are there; their absence is no break, but nobody takes them away for nothing."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal AND c.relname = ANY(%s)",
                [list(append_only.TABLES)],
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        there = {row[0] for row in cursor.fetchall()}
    for table in append_only.TABLES:
        for name in append_only.names(connection.vendor, table):
            if name not in there:
                result.add(Finding("no_trigger", place=name))


# Signatures and files -------------------------------------------------------------------------------------------------


def _check_signatures(result: Result, contract: Contract | None, since: datetime | None) -> None:
    rows = Signature.objects.order_by("pk")
    if contract is not None:
        rows = rows.filter(contract=contract)
    if since is not None:
        rows = rows.filter(recorded_at__gte=since)
    for signature in _paged(rows, SIGNATURES_AT_ONCE):
        result.counts["signatures"] += 1
        state = proof.signature_state(signature)
        if state != proof.VALID:
            place = f"#{signature.pk} {signature.subject_type}:{signature.subject_id} {signature.purpose}"
            what = "signature_key" if state == proof.UNKNOWN_KEY else "signature"
            result.add(Finding(what, place=place, contract=signature.contract_id))


def _check_files(result: Result, contract: Contract | None, since: datetime | None) -> None:
    rows = Attachment.objects.order_by("pk")
    if contract is not None:
        rows = rows.filter(contract=contract)
    if since is not None:
        rows = rows.filter(added_at__gte=since)
    root = Path(settings.MEDIA_ROOT)
    for attachment in _paged(rows, FILES_AT_ONCE):
        result.counts["attachments"] += 1
        place = f"#{attachment.pk} {attachment.subject_type}:{attachment.subject_id} {attachment.file.name}"
        try:
            digest, size = _digest(root / str(attachment.file.name))
        except OSError:
            result.add(Finding("file_gone", place=place, contract=attachment.contract_id))
            continue
        if (digest, size) != (attachment.sha256, attachment.size_bytes):
            result.add(Finding("file_changed", place=place, contract=attachment.contract_id))


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _paged(rows: QuerySet[Any], at_once: int) -> Iterator[Any]:
    last = 0
    while True:
        page = list(rows.filter(pk__gt=last)[:at_once])
        yield from page
        if len(page) < at_once:
            return
        last = page[-1].pk
