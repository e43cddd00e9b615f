"""Two ways lead to every rung: run_clocks alone, and beat with a worker alone."""

import sys
import time

from script.servers import free_port, redis
from tests.faults.hall import Hall

PATIENCE = 120.0
WORKER = ("worker", "--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "info")
BEAT = ("beat", "--pidfile=", "--loglevel", "info")


def start_celery(hall: Hall, *commands: tuple[str, ...]) -> None:
    for number, arguments in enumerate(commands):
        # Two beats on two machines do not share their notes.
        own = ("--schedule", str(hall.folder / f"beat-{number}")) if arguments is BEAT else ()
        hall.start(sys.executable, "-m", "celery", "-A", "tests.faults.inside", *arguments, *own)


def health_status(hall: Hall) -> str:
    """What /healthz would say, asked without a web server."""
    code = (
        "from django.test import Client; from django.conf import settings;"
        "print(Client(SERVER_NAME=settings.ALLOWED_HOSTS[0]).get('/healthz').json()['status'])"
    )
    return hall.call(sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code).strip().splitlines()[-1]


def test_with_the_clocks_stopped_beats_and_worker_fire_and_with_all_of_them_nothing_fires_twice(
    hall: Hall, broker: str | None
) -> None:
    if broker:
        hall.environment["REDIS_URL"] = broker
    start_celery(hall, WORKER, BEAT, BEAT)
    hall.wait_until(lambda: "ready." in hall.log(300) and hall.log(300).count("beat: Starting") == 2, PATIENCE)
    hall.lay(10, delay=0, spread=0)
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert (ledger.fired, ledger.lost, ledger.early, ledger.told_twice, ledger.unheard) == (20, 0, 0, 0, 0)
    assert health_status(hall) == "clocks_silent"
    for _ in range(3):
        hall.clocks()
    last_due = hall.lay(60, delay=0, spread=32)
    hall.wait_until(lambda: time.time() > last_due + 1.0 and hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert (ledger.fired, ledger.lost, ledger.early, ledger.told_twice, ledger.unheard) == (140, 0, 0, 0, 0)
    assert health_status(hall) == "ok"


def test_with_broker_and_beat_stopped_the_clocks_alone_fire(hall: Hall) -> None:
    with redis() as url:
        hall.environment["REDIS_URL"] = url or f"redis://127.0.0.1:{free_port()}/0"
        hall.clocks()
        hall.wait_until(hall.seen, PATIENCE)
    hall.lay(20, delay=1, spread=3)
    hall.wait_until(lambda: hall.pending() == 0, PATIENCE)
    ledger = hall.ledger()
    assert (ledger.fired, ledger.early, ledger.told_twice, ledger.unheard) == (40, 0, 0, 0)
    assert health_status(hall) == "ok"
