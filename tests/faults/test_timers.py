"""Timers outlive what happens to the processes that keep them: none lost, none early, none twice.

Bounded: the long run is bench/faults.py. The database is that of DATABASE_URL's server, else SQLite.
"""

import signal
import sys
import time

from tests.faults.hall import Hall, Ledger

PATIENCE = 120.0


def whole(ledger: Ledger, clocks: int) -> bool:
    """Every timer of so many clocks fired once, at its instant or later, with everything that belongs to it."""
    return (
        ledger.timers == ledger.fired == 2 * clocks
        and ledger.breaches == ledger.broken_clocks == clocks
        and (ledger.lost, ledger.pending, ledger.early, ledger.told_twice, ledger.unheard, ledger.misaudited)
        == (0,) * 6
    )


def test_killing_the_clocks_at_random_loses_and_doubles_nothing(hall: Hall) -> None:
    count = 150
    last_due = hall.lay(count, delay=4, spread=8)
    assert hall.kill_at_random(20, until=last_due, seed=20240318) == 20
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert whole(ledger, count), ledger
    assert hall.rebuild_agrees()


def test_clocks_that_were_away_fire_each_rung_once_with_its_lag(hall: Hall) -> None:
    count = 30
    process = hall.clocks()
    hall.wait_until(hall.seen, PATIENCE)
    hall.kill(process)
    last_due = hall.lay(count, delay=0, spread=2)
    hall.wait_until(lambda: time.time() > last_due + 3.0, PATIENCE)
    assert hall.ledger().fired == 0
    hall.clocks()
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert whole(ledger, count), ledger
    assert hall.timers("a.lag_seconds < 1") == 0


def test_several_processes_share_what_is_due_in_one_second(hall: Hall) -> None:
    count = 200
    for _ in range(3):
        hall.clocks()
    hall.lay(count, delay=0, spread=0)
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert whole(ledger, count), ledger


def test_sigterm_ends_the_clocks_after_the_batch_in_hand(hall: Hall) -> None:
    count = 600
    hall.lay(count, delay=0, spread=0)
    process = hall.start(sys.executable, "-m", "tests.faults.inside", "clocks")
    hall.wait_until(lambda: hall.pending() < 2 * count, PATIENCE)
    assert hall.kill(process, signal.SIGTERM) == 0
    assert hall.ledger().told_twice == 0
    hall.clocks()
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    assert whole(hall.ledger(), count), hall.ledger()


def test_a_process_killed_at_any_point_of_a_firing_leaves_all_or_nothing(hall: Hall) -> None:
    points, rounds = 7, 2
    assert hall.inside("die", str(rounds)) == {"killed": points * rounds, "half": 0, "whole": points * rounds}


def test_a_stop_around_the_due_instant_is_in_time_or_late_never_both(hall: Hall) -> None:
    outcome = hall.inside("race", "60")
    assert outcome["kept"] + outcome["breached"] == 60
    assert min(outcome["kept"], outcome["breached"]) > 0
    assert outcome["contradictions"] == 0


def test_many_threads_fire_each_rung_once(hall: Hall) -> None:
    assert hall.inside("crowd", "40", "6") == {"fired": 80, "events": 40}
    ledger = hall.ledger()
    assert (ledger.told_twice, ledger.unheard, ledger.pending) == (0, 0, 0)
