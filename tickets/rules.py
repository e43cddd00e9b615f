"""Decides: pure functions over values, no database."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

COMMITMENT_HORIZON = timedelta(days=30)
"""A commitment further away than this is a slip of the pen; the longest promise of the contract is seven working days."""
TITLE_LENGTH = 40
PRIORITIES: Mapping[tuple[str, str], int] = {
    ("hall", "high"): 1,
    ("hall", "medium"): 2,
    ("several", "high"): 2,
    ("hall", "low"): 3,
    ("several", "medium"): 3,
    ("point", "high"): 3,
}
LOWEST_PRIORITY = 4
SET_BACK_CHANNELS = ("phone", "walk_in", "chat", "grid")
"""Channels whose request reaches the contractor before somebody types it in (interpretations 4)."""


def priority_of(impact: str, urgency: str) -> int:
    """P1 to P4 from impact × urgency (records 3.9)."""
    return PRIORITIES.get((impact, urgency), LOWEST_PRIORITY)


def title_of(description: str) -> str:
    """A short title from the first sentence of the symptom, at most 40 characters."""
    first = re.split(r"[\n。！？!?；;]", description.strip(), maxsplit=1)[0].strip()
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


def needs_another(priority: int, up_to: int) -> bool:
    """Whether finished work of this priority is verified by somebody other than the responsible engineer: P1 up to `up_to`."""
    return priority <= up_to


def number_series(tag: str, day: date) -> str:
    """The series a ticket's running number is counted in: GD-20240318, or with the hall's tag GD-JKQ-20240318."""
    return "-".join(part for part in ("GD", tag.upper(), day.strftime("%Y%m%d")) if part)


def follow_up_series(tag: str, day: date) -> str:
    """The series of follow-ups of bad ratings: ZG-20240318, or with the hall's tag ZG-JKQ-20240318."""
    return "-".join(part for part in ("ZG", tag.upper(), day.strftime("%Y%m%d")) if part)


def code_of(series: str, number: int) -> str:
    """The ticket number: GD-20240318-0007."""
    return f"{series}-{number:04d}"


def commitment_is_plausible(responded_at: datetime, commitment_at: datetime) -> bool:
    """Whether a commitment lies after the response and within the horizon."""
    return responded_at < commitment_at <= responded_at + COMMITMENT_HORIZON


def appointment_is_plausible(now: datetime, appointment_at: datetime) -> bool:
    """Whether an appointment lies after now and within the horizon."""
    return now <= appointment_at <= now + COMMITMENT_HORIZON


def ended_at(*instants: datetime | None) -> datetime | None:
    """The last of the instants at which a ticket was signed, closed, archived; None while it is open."""
    return max((at for at in instants if at is not None), default=None)


def reopen_until(ended_at: datetime, days: int) -> datetime:
    """The last instant at which an ended ticket may be opened again."""
    return ended_at + timedelta(days=days)


def rating_open_until(signed_at: datetime, days: int) -> datetime:
    """The last instant at which a signed ticket may still be rated."""
    return signed_at + timedelta(days=days)
