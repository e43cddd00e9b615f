"""What outlives faults: timers through killed processes and crashed servers, and every ticket that was confirmed.

script/bench faults [--timers 3000] [--kills 60] [--crashes 3] [--minutes 1] [--seed 1]

Beside each run stands its control without faults. The ledger of what was laid, and of what the web server confirmed, is kept
outside the database by this process and compared with it at the end. Exits with 1 when something was lost, early or twice.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from script import servers
from tests.faults.hall import Hall, Ledger, hall_at
from tests.faults.visitor import Visitor

PATIENCE = 300.0
OUTAGE = 1.0
"""Seconds for which a server stays down."""
CLIENTS = ("clerk", "engineer", "manager", "supervisor")


def load() -> str:
    """What else the machine had to do in the last minute."""
    return f"[load {os.getloadavg()[0]:.1f}]"


def sound(ledger: Ledger) -> bool:
    """Nothing lost, nothing early, nothing twice, everything told and audited."""
    wrong = (ledger.lost, ledger.pending, ledger.early, ledger.told_twice, ledger.unheard, ledger.misaudited)
    return wrong == (0,) * len(wrong) and ledger.breaches == ledger.broken_clocks == ledger.timers // 2


def timers(hall: Hall, options: argparse.Namespace, *, kills: int, blows: list[Callable[[], object]]) -> bool:
    """Timers over some minutes while processes are killed at random and `blows` fall in between."""
    hall.rest()
    count = options.timers // 2
    trial = hall.clocks()  # fires what is laid to try how long laying takes
    last_due = hall.lay_ahead(count, spread=options.minutes * 60)
    hall.kill(trial)
    # The first and the last tenth stay quiet, so that what is measured is a blow and its recovery.
    shares = [0.1 + 0.8 * (number + 0.5) / len(blows) for number in range(len(blows))]
    # Timers begin only after a while: the kills are spread over the time in which they fall due.
    time.sleep(max(0.0, last_due - options.minutes * 60 - 3 - time.time()))
    if kills or blows:
        hall.kill_at_random(kills, until=last_due, seed=options.seed, blows=list(zip(shares, blows, strict=True)))
    else:
        for _ in range(2):
            hall.clocks()
    hall.wait_until(lambda: time.time() > last_due + 1.0 and hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    verdict = "sound" if sound(ledger) else f"NOT SOUND {ledger!r}"
    print(f"  {kills} kills, {len(blows)} crashes: {ledger}: {verdict} {load()}", flush=True)
    return sound(ledger)


def points(hall: Hall, rounds: int) -> bool:
    """A process killed at each point of a firing, again and again."""
    hall.rest()
    answer = hall.inside("die", str(rounds))
    print(f"  killed at 7 points of a firing: {answer} {load()}", flush=True)
    return bool(answer["half"] == 0 and answer["whole"] == answer["killed"] == 7 * rounds)


def honesty(hall: Hall, crash: Callable[[], object], crashes: int, seconds: float) -> bool:
    """Tickets reported over HTTP by several people at once while the database crashes: what was confirmed is there."""
    hall.rest()
    door = hall.inside("door")
    base_url = hall.web()
    confirmed: dict[str, str] = {}
    refused = [0]

    def report(visitor: Visitor) -> None:
        number = 0
        while time.monotonic() < until:
            number += 1
            words = f"{visitor.username} {number}"
            code = visitor.report(words)
            if code:
                confirmed[code] = words
            else:
                refused[0] += 1

    visitors = [Visitor(base_url, name, door) for name in CLIENTS]
    for visitor in visitors:
        visitor.sign_in()
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=report, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for number in range(crashes):
        time.sleep(max(0.0, until - seconds * (1 - (number + 0.7) / (crashes + 0.7)) - time.monotonic()))
        crash()
    for thread in threads:
        thread.join()
    found = dict(hall.ask("SELECT code, description FROM tickets_ticket"))
    lost = [code for code, words in confirmed.items() if found.get(code) != words]
    print(
        f"  tickets over HTTP, {crashes} crashes: {len(confirmed):,} confirmed, {len(lost)} of them lost; "
        f"{refused[0]} sent without a confirmation {load()}",
        flush=True,
    )
    return bool(confirmed) and not lost


def on_postgresql(options: argparse.Namespace, folder: Path) -> bool:
    """Processes killed, PostgreSQL stopped with `immediate`, Redis killed and flushed."""
    with servers.own_postgresql(durable=True) as database, servers.own_redis() as broker:
        if database is None:
            print("PostgreSQL is not installed: not measured")
            return True
        print("PostgreSQL" + (" and Redis" if broker else ""), flush=True)

        away: list[float] = []

        def crash() -> None:
            began = time.monotonic()
            database.stop(immediate=True)
            time.sleep(OUTAGE)
            database.start()
            away.append(time.monotonic() - began)

        def lose_broker() -> None:
            if broker is not None:
                broker.flush()
                broker.stop(9)
                broker.start()

        with hall_at(folder, database.url, broker.url if broker else "") as hall:
            blows = [act for _ in range(options.crashes) for act in (crash, lose_broker)]
            fine = timers(hall, options, kills=0, blows=[])
            fine &= timers(hall, options, kills=options.kills, blows=blows)
            print(f"  PostgreSQL was away for {', '.join(f'{seconds:.1f} s' for seconds in away)}", flush=True)
            fine &= points(hall, options.rounds)
            return honesty(hall, crash, options.crashes, options.minutes * 30) and fine


def on_sqlite(options: argparse.Namespace, folder: Path) -> bool:
    """Processes killed; there is no server that could crash."""
    print("SQLite", flush=True)
    with hall_at(folder, f"sqlite:///{folder}/hall.sqlite3") as hall:
        fine = timers(hall, options, kills=options.kills, blows=[])
        return points(hall, options.rounds) and fine


def main() -> None:
    """PostgreSQL first, where it is installed, then SQLite."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timers", type=int, default=3_000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--crashes", type=int, default=3, help="of PostgreSQL, and as many of Redis")
    parser.add_argument("--minutes", type=float, default=0.75, help="over which the timers fall due")
    parser.add_argument("--rounds", type=int, default=10, help="deaths at each point of a firing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    options = parser.parse_args()
    fine = True
    for name, work in (("postgresql", on_postgresql), ("sqlite", on_sqlite)):
        if options.only in (None, name):
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                fine = work(options, Path(folder)) and fine
    if not fine:
        raise SystemExit("something was lost, early or twice")


if __name__ == "__main__":
    main()
