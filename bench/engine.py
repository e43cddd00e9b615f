"""The engine of the promises: a backlog entered, timers that are due in one second, lateness with and without faults.

Run: script/bench engine (or .venv/bin/python bench/engine.py [--kills 40]). It starts a PostgreSQL of its own where one is
installed and always measures SQLite too. Figures of one machine: two cores are shared by the engine and the database.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from script import servers
from tests.faults.hall import Hall, running_hall

BACKLOG = 10_000
STORM = 1_000
STEADY = 1_500
PATIENCE = 300.0


def backlog(hall: Hall) -> None:
    """10,000 breaches that wait, entered by one process: clock, event, audit entry, message and deliveries."""
    hall.rest()
    answer = hall.inside("backlog", str(BACKLOG))
    print(
        f"  {BACKLOG:,} overdue clocks entered in {answer['seconds']:.2f} s, {answer['deliveries']:,} deliveries posted"
    )


def storm(hall: Hall) -> None:
    """2,000 timers due in the same second, two processes."""
    hall.rest()
    processes = [hall.clocks(), hall.clocks()]
    hall.wait_until(hall.seen, PATIENCE)
    hall.inside("seed", str(STORM), "25.0", "0.0")
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    print(f"  due in one second, {len(processes)} processes: {hall.ledger()}")


def steady(hall: Hall, kills: int) -> None:
    """3,000 timers over 30 seconds; the engine's processes killed at random, or not."""
    hall.rest()
    seeded = hall.inside("seed", str(STEADY), "30.0", "30.0")
    if kills:
        hall.kill_at_random(kills, until=seeded["last_due"], seed=1)
    else:
        for _ in range(2):
            hall.clocks()
    hall.wait_until(lambda: time.time() > seeded["last_due"] + 1.0 and hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert ledger.fired == ledger.timers == 2 * STEADY and not ledger.early and not ledger.told_twice, ledger
    print(f"  {kills:3} kills: {ledger}")


def measure(name: str, kills: int) -> None:
    """All workloads on one database."""
    print(name)
    with tempfile.TemporaryDirectory(prefix="guarantee-bench-") as folder, running_hall(Path(folder)) as hall:
        backlog(hall)
        storm(hall)
        steady(hall, 0)
        steady(hall, kills)


def main() -> None:
    """PostgreSQL first, where it is installed, then SQLite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    options = parser.parse_args()
    if options.only != "sqlite":
        with servers.postgresql() as url:
            if url:
                os.environ["DATABASE_URL"] = url
                measure("PostgreSQL", options.kills)
            else:
                print("PostgreSQL is not installed: not measured")
    if options.only != "postgresql":
        os.environ["DATABASE_URL"] = ""
        measure("SQLite", options.kills)


if __name__ == "__main__":
    main()
