"""PostgreSQL crashes under running clocks: they wait, come back, and fire what fell due, once."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from script.servers import Postgresql, own_postgresql
from tests.faults.hall import Hall, hall_at
from tests.faults.test_timers import whole

PATIENCE = 120.0
on_postgresql = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="SQLite has no server that could crash"
)


@pytest.fixture
def crashing(tmp_path: Path) -> Iterator[tuple[Hall, Postgresql]]:
    """A hall on a server of its own, which keeps what it confirmed."""
    with own_postgresql(durable=True) as server:
        assert server is not None
        with hall_at(tmp_path, server.url) as hall:
            yield hall, server


@on_postgresql
def test_clocks_come_back_after_a_crash_of_the_database_and_fire_what_fell_due(
    crashing: tuple[Hall, Postgresql],
) -> None:
    hall, server = crashing
    count = 60
    processes = [hall.clocks() for _ in range(2)]
    hall.wait_until(hall.seen, PATIENCE)
    last_due = hall.lay(count, delay=1, spread=6)
    hall.wait_until(lambda: hall.pending() < 2 * count, PATIENCE)
    server.stop(immediate=True)
    time.sleep(3.0)
    server.start()
    hall.wait_until(lambda: time.time() > last_due + 1.0 and hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert whole(ledger, count), ledger
    assert all(process.alive() for process in processes), hall.log()
