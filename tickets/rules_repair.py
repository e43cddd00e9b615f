"""Which promise a difficult fault has, when a spare is owed, and how vendors did. Pure: no database, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from contract.rules import ServiceCalendar

OFFICE, WEAK_CURRENT = "repair_office", "repair_weak_current"
BY_CLASS: Mapping[str, str] = {"office": OFFICE, "software": OFFICE, "low_voltage": WEAK_CURRENT}
"""The promise by the repair class of the device's category (interpretation 10); software within the five days too."""
WEAK_CURRENT_WORK = frozenset(
    {"duty-room", "self-service", "surveillance", "access", "meeting", "signage", "broadcast", "ip"}
)
"""Main service categories whose systems are low-voltage ones, for a fault without a device."""
REPEAT = timedelta(days=7)
"""A fault of the same device within this time after the vendor was done is a repeat."""


def difficult_kind(repair_class: str, work: str) -> str:
    """The kind of the promise: by the device category's repair class, else by the main service category's code, else office."""
    if repair_class:
        return BY_CLASS.get(repair_class, OFFICE)
    return WEAK_CURRENT if work in WEAK_CURRENT_WORK else OFFICE


def spare_is_owed(calendar: ServiceCalendar, received_at: datetime, until: datetime) -> bool:
    """Whether a repair that lasts until then takes more than one working day after the day of receipt (interpretation 11)."""
    next_day = calendar.nth_working_day(calendar.local_date(received_at), 1)
    return until > calendar.end_of_day(next_day)


@dataclass(frozen=True)
class Call:
    """One call to a vendor as the scorecard needs it."""

    called_at: datetime
    due_at: datetime
    arrived_at: datetime | None
    done_at: datetime | None
    status: str
    called_off_at: datetime | None = None
    device_id: int | None = None
    ticket_id: int = 0


@dataclass(frozen=True)
class Score:
    """How a vendor did. Percentages and hours are None where nothing has been decided yet."""

    calls: int
    open: int
    failed: int
    on_time: int
    judged: int
    response_hours: float | None
    fix_hours: float | None
    repeats: int

    @property
    def on_time_percent(self) -> float | None:
        """Of the calls that were due, how many found the vendor there in time."""
        return round(100 * self.on_time / self.judged, 1) if self.judged else None


def score_of(calls: Iterable[Call], calendar: ServiceCalendar, now: datetime, repeats: int = 0) -> Score:
    """The figures of some calls; hours are service hours. A call that is due and unanswered counts against the vendor; one that was
    called off before it was due counts neither way."""
    rows = list(calls)
    judged = [
        row
        for row in rows
        if row.arrived_at is not None or row.status == "failed" or (row.called_off_at or now) > row.due_at
    ]
    responses = [calendar.elapsed_seconds(row.called_at, row.arrived_at) / 3600 for row in rows if row.arrived_at]
    fixes = [calendar.elapsed_seconds(row.called_at, row.done_at) / 3600 for row in rows if row.done_at]
    return Score(
        calls=len(rows),
        open=sum(row.status in ("called", "arrived") for row in rows),
        failed=sum(row.status == "failed" for row in rows),
        on_time=sum(row.arrived_at is not None and row.arrived_at <= row.due_at for row in judged),
        judged=len(judged),
        response_hours=round(median(responses), 1) if responses else None,
        fix_hours=round(median(fixes), 1) if fixes else None,
        repeats=repeats,
    )


def repeats_among(calls: Iterable[Call], faults: Mapping[int, Sequence[tuple[int, datetime]]]) -> int:
    """How many finished calls were followed by another fault of the same device within seven days.

    `faults` holds, by device, the tickets' ids and instants of receipt.
    """
    return sum(
        any(
            ticket != call.ticket_id and call.done_at < received <= call.done_at + REPEAT
            for ticket, received in faults.get(call.device_id, ())
        )
        for call in calls
        if call.done_at is not None and call.device_id is not None
    )
