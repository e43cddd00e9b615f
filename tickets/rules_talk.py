"""Decides about notes, likeness and merging: pure functions over values, no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.search import grams, normal

ALIKE = 0.34
"""From this share of common pairs on two symptoms are shown as maybe the same: a third of the shorter one."""
CHECK_ITEMS = 30


def likeness(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1: the share of the shorter one's pairs of neighbours that the other has too."""
    first, second = _pairs(one), _pairs(other)
    if not first or not second:
        return 0.0
    return len(first & second) / min(len(first), len(second))


def _pairs(text: str) -> set[str]:
    return {pair for word in text.split() if normal(word) for pair in grams(normal(word))}


def named_in(text: str, names: Iterable[str]) -> list[str]:
    """The names that a text mentions by @, longest first wherever two begin alike; an address like a@b.example mentions nobody."""
    known = sorted(set(names), key=len, reverse=True)
    found: list[str] = []
    for start, sign in enumerate(text):
        before = text[start - 1] if start else " "
        if sign not in "@＠" or (before.isascii() and before.isalnum()):
            continue
        rest = text[start + 1 :]
        name = next((name for name in known if name and rest.startswith(name)), None)
        if name is not None and name not in found:
            found.append(name)
    return found


def check_lines(text: str) -> list[dict[str, object]]:
    """The items of a checklist as somebody typed them, one a line; a line that begins with * must be ticked before the work is
    done. Empty lines and repetitions are left out."""
    items: dict[str, bool] = {}
    for line in text.splitlines():
        required = line.lstrip().startswith(("*", "＊"))
        words = line.strip().lstrip("*＊").strip()
        if words and words not in items:
            items[words] = required
    return [{"text": words, "required": required} for words, required in items.items()]


def check_text(items: Sequence[dict[str, object]]) -> str:
    """The items as they are typed."""
    return "\n".join(f"{'* ' if item['required'] else ''}{item['text']}" for item in items)


@dataclass(frozen=True)
class Promise:
    """One clock as merging looks at it: whether it still counts, and when it is due (None while it is held)."""

    is_open: bool
    due_at: datetime | None


def is_covered(source: Promise | None, target: Promise | None) -> bool:
    """Whether what was promised for the merged request stays promised by the other one.

    A merged request must not escape its deadline: a clock that has ended keeps its verdict, but one that still counts may only
    be given up for another of the same kind that counts too and is due no later. So a breach can be neither prevented nor put
    off by merging; whoever wants to merge answers the request first, or merges the later request into the earlier.
    """
    if source is None or not source.is_open:
        return True
    if source.due_at is None or target is None or not target.is_open or target.due_at is None:
        return False
    return target.due_at <= source.due_at
