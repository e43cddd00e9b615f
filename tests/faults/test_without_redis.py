"""Redis dies: nothing that was promised waits for it, and no page shows that it is gone."""

import time

import pytest

from script.servers import own_redis
from tests.faults.hall import Hall
from tests.faults.visitor import Visitor

PATIENCE = 120.0
AWAY = 20.0
"""Seconds without Redis."""


def test_without_redis_every_rung_fires_and_no_page_fails(hall: Hall) -> None:
    door = hall.inside("door")
    with own_redis() as broker:
        if broker is None:
            pytest.skip("Redis is not installed")
        hall.environment["REDIS_URL"] = broker.url
        base_url = hall.web()
        hall.clocks()
        people = [Visitor(base_url, name, door) for name in ("clerk", "engineer", "manager")]
        for person in people:
            person.sign_in()
        broker.stop(9)
        began = time.monotonic()
        laid = 0
        while time.monotonic() - began < AWAY or not laid:
            for person in people:
                for path in person.main_pages():
                    person.ask(path)
            for person in people[:2]:
                assert person.report(f"打印机无法连接 {laid}")
                laid += 1
        hall.wait_until(lambda: hall.timers("a.state = 'fired'") == 2 * laid, PATIENCE)
        assert [line for person in people for line in person.wrong] == []
        assert sum(person.answers[200] for person in people) > 30
        ledger = hall.ledger()
        assert (ledger.timers, ledger.fired, ledger.pending) == (2 * laid, 2 * laid, 0)
        assert (ledger.early, ledger.told_twice, ledger.unheard) == (0, 0, 0)
