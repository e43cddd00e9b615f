"""The versions of a record that were signed, each with its exact text, and what changed from one to the next."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from django.db import models

from records.models import Signature
from records.querysets import sealed_signatures_of
from records.services.documents import document_of, spec_of, stands


@dataclass
class Version:
    """One version of one text: what it said, who signed it, and its difference from the version before."""

    number: int
    text: str
    sha256: str
    present: bool
    stands: bool = False
    signatures: list[Signature] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of "gone" or "new" and the line; empty for the first version."""


def versions_of(subject: models.Model, purpose: str) -> list[Version]:
    """The signed versions of a text and the present one, newest first. What nobody signed is not kept."""
    spec_of(subject, purpose)
    now = document_of(subject, purpose)
    found: dict[int, Version] = {}
    for signature in sealed_signatures_of(subject, purpose):
        version = found.setdefault(
            signature.version,
            Version(signature.version, signature.canonical_text, signature.canonical_sha256, present=False),
        )
        version.signatures.append(signature)
        version.stands = version.stands or stands(subject, signature)
    present = found.setdefault(now.version, Version(now.version, now.text, now.sha256, present=True))
    present.present = True
    rows = [found[number] for number in sorted(found)]
    for before, after in pairwise(rows):
        after.changes = changed_lines(before.text, after.text)
    return rows[::-1]


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that two texts do not share, in their order: ("gone", line) and ("new", line)."""
    old, new = before.splitlines(), after.splitlines()
    changes: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            changes += [("gone", line) for line in old[a:b]] + [("new", line) for line in new[c:d]]
    return changes
