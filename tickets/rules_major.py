"""Major incidents decided from values: what counts as one, how they are numbered. No database."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

CLOCK = "major_incident_report"
"""The promise to report within 30 minutes, day and night (五.2(6))."""
KINDS_FILE = Path(__file__).resolve().parent / "data" / "major_kinds.json"
OTHER = "other"


@cache
def kinds() -> Mapping[str, str]:
    """What counts as a major incident (interpretation 18), key → name; data, in Chinese like the contract."""
    return {row["key"]: row["name"] for row in json.loads(KINDS_FILE.read_text(encoding="utf-8"))}


def series_of(tag: str, year: int) -> str:
    """The series in which incidents of a contract are counted: ZD-2024, or with the contract's tag ZD-JKQ-2024."""
    return "-".join(part for part in ("ZD", tag.upper(), str(year)) if part)


def code_of(series: str, number: int) -> str:
    """The number of an incident: ZD-2024-003."""
    return f"{series}-{number:03d}"
