"""Redis stopped under the running product: rungs, lateness, pages.

script/bench redis [--minutes 10]

Three people walk the pages that their home page leads to and report faults, each of which lays two timers, while Redis is dead.
Exits with 1 when a page answered 5xx or a timer was lost, early or twice.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from script import servers
from tests.faults.hall import hall_at
from tests.faults.visitor import Visitor

PATIENCE = 300.0
PAUSE = 0.2
"""Seconds between two requests of one person."""


def main() -> None:
    """One run, on PostgreSQL where it is installed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        servers.own_postgresql(durable=True) as database,
        servers.own_redis() as broker,
    ):
        if broker is None:
            print("Redis is not installed: not measured")
            return
        folder = Path(name)
        with hall_at(folder, database.url if database else f"sqlite:///{folder}/hall.sqlite3", broker.url) as hall:
            door = hall.inside("door")
            base_url = hall.web()
            for _ in range(2):
                hall.clocks()
            people = [Visitor(base_url, who, door) for who in ("clerk", "engineer", "manager")]
            for person in people:
                person.sign_in()
            broker.stop(9)
            until = time.monotonic() + options.minutes * 60
            reported = 0
            while time.monotonic() < until:
                for person in people:
                    for path in person.main_pages():
                        person.ask(path)
                        time.sleep(PAUSE)
                    reported += bool(person.report(f"打印机无法连接 {reported}"))
            hall.wait_until(lambda: hall.timers("a.state = 'fired'") == 2 * reported, PATIENCE)
            answers = sum((person.answers for person in people), Counter())
            wrong = [line for person in people for line in person.wrong]
            ledger = hall.ledger()
            print(f"Redis stopped for {options.minutes:g} minutes, {'PostgreSQL' if database else 'SQLite'}")
            print(f"  {sum(answers.values()):,} requests: {dict(sorted(answers.items()))}; {reported} tickets reported")
            print(f"  {ledger} [load {os.getloadavg()[0]:.1f}]")
            for line in wrong[:10]:
                print(f"  {line}")
            if wrong or ledger.early or ledger.told_twice or ledger.unheard:
                raise SystemExit(1)


if __name__ == "__main__":
    main()
