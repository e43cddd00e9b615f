"""Timers outlive what happens to the processes that keep them: none lost, none early, none twice.

Bounded: the long run is bench/engine.py. The database is that of DATABASE_URL's server, else SQLite.
"""

import signal
import time

from tests.faults.hall import Hall, Ledger

PATIENCE = 120.0


def whole(ledger: Ledger, clocks: int) -> bool:
    """Every timer of so many clocks fired once, at its instant or later, with everything that belongs to it."""
    return (
        ledger.timers == ledger.fired == 2 * clocks
        and ledger.breaches == ledger.broken_clocks == clocks
        and (ledger.pending, ledger.early, ledger.told_twice, ledger.unheard, ledger.misaudited) == (0, 0, 0, 0, 0)
    )


def test_killing_the_clocks_at_random_loses_and_doubles_nothing(hall: Hall) -> None:
    count = 150
    seeded = hall.inside("seed", str(count), "4.0", "8.0")
    assert hall.kill_at_random(10, until=seeded["last_due"], seed=20240318) == 10
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert whole(ledger, count), ledger
    assert hall.rebuild_agrees()


def test_clocks_that_were_away_fire_each_rung_once_with_its_lag(hall: Hall) -> None:
    count = 30
    process = hall.clocks()
    hall.wait_until(hall.seen, PATIENCE)
    hall.kill(process)
    seeded = hall.inside("seed", str(count), "0.0", "2.0")
    hall.wait_until(lambda: time.time() > seeded["last_due"] + 3.0, PATIENCE)
    assert hall.ledger().fired == 0
    hall.clocks()
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert whole(ledger, count), ledger
    assert hall.timers("a.lag_seconds < 1") == 0


def test_two_processes_share_what_is_due_in_one_second(hall: Hall) -> None:
    count = 200
    hall.inside("seed", str(count), "0.0", "0.0")
    for _ in range(2):
        hall.clocks()
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert whole(ledger, count), ledger


def test_sigterm_ends_the_clocks_after_the_batch_in_hand(hall: Hall) -> None:
    hall.inside("seed", "100", "0.0", "0.0")
    process = hall.clocks()
    hall.wait_until(lambda: hall.ledger().fired > 0, PATIENCE)
    assert hall.kill(process, signal.SIGTERM) == 0
    assert hall.ledger().told_twice == 0
    hall.clocks()
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    assert whole(hall.ledger(), 100), hall.ledger()


def test_stop_and_breach_never_both_win(hall: Hall) -> None:
    outcome = hall.inside("race", "40")
    assert outcome["kept"] + outcome["breached"] == 40
    assert (outcome["contradictions"], outcome["untold"]) == (0, 0)


def test_many_threads_fire_each_rung_once(hall: Hall) -> None:
    assert hall.inside("crowd", "40", "6") == {"fired": 80, "events": 40}
    ledger = hall.ledger()
    assert (ledger.told_twice, ledger.unheard, ledger.pending) == (0, 0, 0)
