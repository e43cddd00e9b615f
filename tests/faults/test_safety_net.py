"""Two ways lead to every rung: run_clocks alone, and beat with a worker alone."""

import sys

import pytest

from script.servers import free_port, redis
from tests.faults.hall import Hall

PATIENCE = 120.0
PROMISED = 35.0
"""Seconds within which beat and worker alone have fired what is due."""
BEAT_AND_WORKER = (
    ("worker", "--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "info"),
    ("beat", "--pidfile=", "--loglevel", "info"),
)


def start_celery(hall: Hall) -> None:
    for arguments in BEAT_AND_WORKER:
        hall.start(sys.executable, "-m", "celery", "-A", "tests.faults.inside", *arguments)


def health_status(hall: Hall) -> str:
    """What /healthz would say, asked without a web server."""
    code = (
        "from django.test import Client; from django.conf import settings;"
        "print(Client(SERVER_NAME=settings.ALLOWED_HOSTS[0]).get('/healthz').json()['status'])"
    )
    return hall.call(sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code).strip().splitlines()[-1]


def test_with_the_clocks_stopped_beat_and_worker_fire_and_health_is_red(hall: Hall, broker: str | None) -> None:
    if broker:
        hall.environment["REDIS_URL"] = broker
    start_celery(hall)
    hall.wait_until(lambda: "ready." in hall.log(200) and "beat: Starting" in hall.log(200), PATIENCE)
    hall.inside("seed", "10", "0.0", "0.0")
    hall.wait_until(lambda: hall.pending() == 0, PROMISED + PATIENCE)
    ledger = hall.ledger()
    assert (ledger.fired, ledger.early, ledger.told_twice, ledger.unheard) == (20, 0, 0, 0)
    assert ledger.late(1.0) <= PROMISED, ledger
    assert health_status(hall) == "clocks_silent"


def test_with_broker_and_beat_stopped_the_clocks_alone_fire(hall: Hall) -> None:
    with redis() as url:
        hall.environment["REDIS_URL"] = url or f"redis://127.0.0.1:{free_port()}/0"
        hall.clocks()
        hall.wait_until(hall.seen, PATIENCE)
    hall.inside("seed", "20", "1.0", "3.0")
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert (ledger.fired, ledger.early, ledger.told_twice, ledger.unheard) == (40, 0, 0, 0)
    assert health_status(hall) == "ok"


@pytest.fixture(autouse=True)
def _restore(hall: Hall):
    yield
    hall.environment["REDIS_URL"] = ""
