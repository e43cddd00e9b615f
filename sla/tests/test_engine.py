"""The loop and what is seen of it: signs of life, /healthz, recovery, the tasks that do the same, the commands."""

from datetime import timedelta
from io import StringIO
from threading import Thread
from time import monotonic, sleep

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from core import clock as clocks
from notifications.models import Delivery
from notifications.tasks import deliver_due_messages
from sla import engine as engine_module
from sla.engine import Engine
from sla.models import Alert, Clock, Heartbeat
from sla.services.firing import fire_due
from sla.services.heartbeat import BEAT, CLOCKS, age_seconds, beat
from sla.tasks import fire_due_alerts
from sla.tests.make import local, make_clock

MONDAY = local("2024-03-18 09:10:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def at(monkeypatch):
    """Set the house's clock."""

    def set_now(instant):
        monkeypatch.setattr(clocks, "now", lambda: instant)

    return set_now


def test_one_tick_fires_delivers_and_shows_life(world, told, at):
    for number in range(60):
        make_clock(world.contract, MONDAY, name=f"受理区{number}")
    at(MONDAY + 120 * SECOND)
    Engine().tick()
    assert Alert.objects.filter(state="fired").count() == 120
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert age_seconds(CLOCKS, MONDAY + 125 * SECOND) == 5.0


def test_task_does_the_same_and_leaves_a_sign_of_its_own(world, told, at):
    make_clock(world.contract, MONDAY)
    at(MONDAY + 120 * SECOND)
    assert fire_due_alerts() == 2
    assert deliver_due_messages() == 4
    assert fire_due_alerts() == 0
    assert age_seconds(BEAT, MONDAY + 120 * SECOND) == 0.0
    assert age_seconds(CLOCKS, MONDAY) is None


def test_loop_outlives_errors_and_waits_longer_each_time(world, told, at, monkeypatch):
    at(MONDAY)
    make_clock(world.contract, MONDAY)
    engine = Engine()
    pauses = []
    troubles = [OperationalError("away"), RuntimeError("strange"), OperationalError("away")]
    real = fire_due

    def fire(now, limit):
        if troubles:
            raise troubles.pop(0)
        return real(now, limit)

    monkeypatch.setattr(engine_module, "fire_due", fire)
    # In the test the connection is the test's own: it must not be closed.
    monkeypatch.setattr(engine_module, "connection", type("Kept", (), {"close": staticmethod(lambda: None)}))
    monkeypatch.setattr(engine_module, "close_old_connections", lambda: None)

    def wait(seconds):
        pauses.append(engine._pause())
        if not troubles and pauses[-1] == engine_module.TICK:
            engine.stop()

    monkeypatch.setattr(engine._stopping, "wait", wait)
    engine.run()
    assert pauses == [0.5, 1.0, 2.0, 0.25]
    assert Alert.objects.filter(state="fired").count() == 1


@pytest.mark.django_db(transaction=True)
def test_stop_ends_the_loop():
    engine = Engine()
    thread = Thread(target=engine.run)
    thread.start()
    deadline = monotonic() + 30
    while not Heartbeat.objects.filter(name=CLOCKS).exists() and monotonic() < deadline:
        sleep(0.05)
    engine.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert Heartbeat.objects.filter(name=CLOCKS).exists()


def test_healthz_is_well_while_the_clocks_beat(db, client, at, django_assert_max_num_queries):
    at(MONDAY)
    beat(CLOCKS, MONDAY - 30 * SECOND)
    with django_assert_max_num_queries(3):
        response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": True,
        "clocks": {"age_seconds": 30.0, "ok": True},
        "outbox": {"pending": 0, "oldest_seconds": None},
        "alerts_overdue": 0,
    }


def test_healthz_is_red_when_the_clocks_are_silent(world, told, client, at):
    make_clock(world.contract, MONDAY)
    fire_due_at = MONDAY + 120 * SECOND
    at(fire_due_at)
    Engine().tick()
    Delivery.objects.update(state="pending")
    at(fire_due_at + 66 * SECOND)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "clocks_silent",
        "database": True,
        "clocks": {"age_seconds": 66.0, "ok": False},
        "outbox": {"pending": 4, "oldest_seconds": 66.0},
        "alerts_overdue": 1,
    }


def test_healthz_never_seen_is_silent(db, client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()["clocks"]["age_seconds"]) == (503, None)


def test_healthz_says_when_the_database_is_away(client, monkeypatch):
    def away(*args):
        raise OperationalError("could not connect to postgres://secret@host")

    monkeypatch.setattr("sla.views.healthz.age_seconds", away)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"status": "no_database", "database": False})


def test_rebuild_command_fails_on_a_difference(world, told):
    clock = make_clock(world.contract, MONDAY)
    call_command("rebuild_clocks", "--check", stdout=StringIO())
    Clock.objects.filter(pk=clock.pk).update(due_at=MONDAY)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("rebuild_clocks", "--check", stdout=out)
    assert f"clock {clock.pk}: due_at" in out.getvalue()
    call_command("rebuild_clocks", stdout=StringIO())
    clock.refresh_from_db()
    assert clock.due_at == MONDAY + 300 * SECOND
    assert connection.in_atomic_block
