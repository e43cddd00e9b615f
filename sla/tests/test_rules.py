"""The fold refuses histories that no clock can have."""

from datetime import UTC, datetime, timedelta

import pytest

from sla.rules import BrokenHistory, Event, due_fixed_by, fold, pauses_of

START = datetime(2024, 3, 18, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DUE = {
    "due_at": (START + 5 * MINUTE).isoformat(),
    "unmoved_due_at": (START + 5 * MINUTE).isoformat(),
    "last_day": "2024-03-18",
    "provisional": False,
}


def event(kind: str, minutes: int = 0, **data) -> Event:
    return Event(kind, START + minutes * MINUTE, "", {**DUE, **data})


@pytest.mark.parametrize(
    "kinds",
    [
        (),
        ("stop",),
        ("start", "start"),
        ("start", "resume"),
        ("start", "pause", "pause"),
        ("start", "stop", "stop"),
        ("start", "stop", "pause"),
        ("start", "cancel", "stop"),
        ("start", "breach", "breach"),
        ("start", "pause", "breach"),
        ("start", "unknown"),
    ],
)
def test_impossible_histories_are_refused(kinds):
    with pytest.raises(BrokenHistory):
        fold(event(kind, number, net_seconds=1.0) for number, kind in enumerate(kinds))


def test_events_add_up_to_the_row():
    row = fold(
        [event("start"), event("pause", 1), event("resume", 2), event("breach", 7), event("stop", 9, net_seconds=480.0)]
    )
    assert (row.state, row.epoch, row.stopped_at, row.net_seconds) == ("stopped", 2, START + 9 * MINUTE, 480.0)
    assert row.breached_at == START + 7 * MINUTE


def test_pauses_end_with_resumption_stop_or_cancel():
    assert pauses_of([event("start"), event("pause", 1), event("resume", 2), event("pause", 3)]) == [
        (START + MINUTE, START + 2 * MINUTE),
        (START + 3 * MINUTE, None),
    ]
    assert pauses_of([event("start"), event("pause", 1), event("stop", 4)]) == [(START + MINUTE, START + 4 * MINUTE)]


def test_the_due_instant_in_force_is_the_one_fixed_last():
    later = (START + 9 * MINUTE).isoformat()
    assert due_fixed_by([event("start"), event("resume", 2, due_at=later)]).due_at == START + 9 * MINUTE
    with pytest.raises(BrokenHistory):
        due_fixed_by([])
