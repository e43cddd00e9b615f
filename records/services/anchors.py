"""The signed heads of the chains, outside the database: who can write to the database alone can neither cut nor rewrite history.

One append-only file a chain, in ANCHOR_DIR: contract-<id>.log or system.log. One line a commit, in rising order of seq:

    <chain> <seq> <hash> <instant> <seal> <key id>

The seal is Ed25519 (core.seal) over the first four words, joined by single spaces. The line is written by the process that
committed, right after the COMMIT; where that process is killed in between, the next commit or the loop behind run_clocks anchors
the same head or a later one. With ANCHOR_SYSLOG the line goes to syslog too.
"""

import fcntl
import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core import clock, seal
from records.chain import SYSTEM_CHAIN, Head

log = structlog.get_logger(__name__)
syslog = logging.getLogger("guarantee.anchors")
LONGEST_LINE = 512
WORDS_OF_A_LINE = 6


class BadAnchor(ValueError):
    """A line of the file is not a signed head: torn by a crash, or written by somebody else. `whole` when it can be read."""

    def __init__(self, line: str, *, whole: bool) -> None:
        super().__init__(line)
        self.whole = whole


def path_of(chain: int) -> Path:
    """The file of a chain."""
    name = "system" if chain == SYSTEM_CHAIN else f"contract-{chain}"
    return Path(settings.ANCHOR_DIR) / f"{name}.log"


def anchored_chains() -> list[int]:
    """The chains that have a file."""
    found = []
    for path in Path(settings.ANCHOR_DIR).glob("*.log"):
        name = path.stem.removeprefix("contract-")
        if path.stem == "system":
            found.append(SYSTEM_CHAIN)
        elif name.isdecimal():
            found.append(int(name))
    return sorted(found)


def line_of(head: Head, at: datetime) -> str:
    """A signed head as one line, without line feed."""
    words = f"{head.chain} {head.seq} {head.hash} {at.isoformat(timespec='milliseconds')}"
    signature, key_id = seal.sign(words.encode())
    return f"{words} {signature} {key_id}"


def head_in(line: str) -> tuple[Head, datetime]:
    """What a line says. Raises BadAnchor when it is no signed head, and seal.UnknownKey when its key is not known."""
    words = line.split(" ")
    try:
        chain, seq, digest, instant, signature, key_id = words
        head, at = Head(int(chain), int(seq), digest), datetime.fromisoformat(instant)
    except ValueError:
        raise BadAnchor(line, whole=False) from None
    if not seal.verify(" ".join(words[: WORDS_OF_A_LINE - 2]).encode(), signature, key_id):
        raise BadAnchor(line, whole=True)
    return head, at


def heads_append(heads: Iterable[Head]) -> int:
    """Write heads to their files, but for those that have a later one already; returns how many were written.

    A full disk or a lost key is logged and not raised: what it would anchor is committed, and the next head anchors it too.
    """
    written = 0
    for head in heads:
        try:
            written += _append(head)
        except (OSError, ImproperlyConfigured) as error:
            log.error("anchor_not_written", chain=head.chain, seq=head.seq, error=str(error))
    return written


def _append(head: Head) -> int:
    path = path_of(head.chain)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, flags, 0o600)
    try:
        # Writers of one chain on this server take turns, so that the file rises.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, LONGEST_LINE, max(0, size - LONGEST_LINE))
        if _last_seq(tail) >= head.seq:
            return 0
        line = line_of(head, clock.now())
        torn = b"" if not tail or tail.endswith(b"\n") else b"\n"
        os.write(descriptor, torn + line.encode() + b"\n")
    finally:
        os.close(descriptor)
    syslog.info(line)
    return 1


def _last_seq(tail: bytes) -> int:
    """The seq of the last whole line in the end of a file; 0 when there is none."""
    for line in reversed(tail.split(b"\n")[:-1]):
        words = line.split(b" ")
        if len(words) == WORDS_OF_A_LINE and words[1].isdigit():
            return int(words[1])
    return 0


def last_of(chain: int) -> tuple[Head, datetime] | None:
    """The newest head in a chain's file, and when it was written; None where there is none that can be read."""
    path = path_of(chain)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_LINE))
        lines = file.read().decode("utf-8", "replace").split("\n")[:-1]
    for line in reversed(lines):
        try:
            return head_in(line)
        except (BadAnchor, seal.UnknownKey):
            continue
    return None


def lines_of(path: Path, size: int) -> Iterator[str]:
    """The whole lines among the first `size` bytes of a file, one after the other."""
    with path.open("rb") as file:
        while file.tell() < size:
            line = file.readline()
            if not line.endswith(b"\n"):
                return
            yield line[:-1].decode("utf-8", "replace")
