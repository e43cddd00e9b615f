"""The engine of the promises: a backlog entered, timers due in one second, lateness without faults.

script/bench engine [--timers 3000] [--only postgresql|sqlite]

A PostgreSQL of its own, as a server is installed (fsync and all), where there is one; SQLite always. Figures of one machine:
its cores are shared by the engine, the database and whatever else runs. bench/faults.py measures the same under faults.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from script import servers
from tests.faults.hall import Hall, hall_at

BACKLOG = 10_000
STORM = 2_000
PATIENCE = 300.0


def load() -> str:
    """What else the machine had to do in the last minute."""
    return f"[load {os.getloadavg()[0]:.1f}]"


def backlog(hall: Hall, count: int) -> None:
    """Breaches that wait, entered by one process: rung, clock, event, audit entry, message and delivery."""
    hall.rest()
    answer = hall.inside("backlog", str(count))
    seconds, statements = answer["seconds"], answer["statements"]
    print(
        f"  {count:,} overdue clocks, one process: {seconds:.2f} s, {count / seconds:,.0f} /s, {answer['cpu']:.2f} s of it "
        f"Python's; {statements} statements, {statements / count:.3f} a rung {load()}",
        flush=True,
    )


def storm(hall: Hall, processes: int) -> None:
    """Timers due in the same second, shared by several processes."""
    hall.rest()
    for _ in range(processes):
        hall.clocks()
    hall.wait_until(hall.seen, PATIENCE)
    hall.lay_ahead(STORM, spread=0)
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    print(f"  twice {STORM:,} due in one second, {processes} processes: {hall.ledger()} {load()}", flush=True)


def control(hall: Hall, timers: int) -> None:
    """Timers over half a minute, two processes, no fault."""
    hall.rest()
    for _ in range(2):
        hall.clocks()
    hall.wait_until(hall.seen, PATIENCE)
    last_due = hall.lay_ahead(timers // 2, spread=30)
    hall.wait_until(lambda: time.time() > last_due + 1.0 and hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    promised = hall.laid_in_time and ledger.late(0.99) <= 1.0 and ledger.late(1.0) <= 5.0
    verdict = "within" if promised else "NOT within"
    print(f"  control, 2 processes: {ledger}; {verdict} p99 1 s, max 5 s {load()}", flush=True)


def measure(name: str, url: str, timers: int, folder: Path) -> None:
    """All workloads on one database."""
    print(name, flush=True)
    with hall_at(folder, url) as hall:
        backlog(hall, BACKLOG)
        control(hall, timers)
        for processes in (2, 3):
            storm(hall, processes)


def main() -> None:
    """PostgreSQL first, where it is installed, then SQLite."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timers", type=int, default=3_000)
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    options = parser.parse_args()
    if options.only != "sqlite":
        with servers.own_postgresql(durable=True) as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            if server:
                measure("PostgreSQL", server.url, options.timers, Path(folder))
            else:
                print("PostgreSQL is not installed: not measured")
    if options.only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            measure("SQLite", f"sqlite:///{folder}/hall.sqlite3", options.timers, Path(folder))


if __name__ == "__main__":
    main()
