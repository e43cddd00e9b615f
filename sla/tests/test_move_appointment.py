"""Only a move that the client asked for shifts when the repair begins to count."""

from datetime import timedelta

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from sla.models import Clock
from sla.present import clock_view
from sla.services.appointment import clock_move_appointment
from sla.services.clock import clock_pause, clock_resume, clock_stop
from sla.services.firing import fire_due
from sla.services.rebuild import rebuild
from sla.tests.make import local, make_clock

NINE = local("2024-03-18 09:00:00")
TEN = local("2024-03-18 10:00:00")
EARLY = local("2024-03-18 09:05:00")
TWO = local("2024-03-18 14:00:00")
BY_CLIENT = {"asked_by": "client", "name": "窗口人员甲", "how": "电话"}


@pytest.fixture
def fix(world, told):
    return make_clock(world.contract, NINE, kind="fix")


def test_the_clients_wish_starts_the_clock_anew(world, fix):
    clock_pause(clock=fix, at=EARLY, actor=world.engineer, cause="client_access")
    clock_resume(clock=fix, at=EARLY + timedelta(minutes=1), actor=world.engineer)
    at = EARLY + timedelta(minutes=2)
    clock_move_appointment(clock=fix, starts_at=TEN, **BY_CLIENT, actor=world.engineer, at=at)
    assert (fix.started_at, fix.due_at, fix.state) == (TEN, local("2024-03-18 11:00:00"), "running")
    event = fix.events.get(kind="restart")
    assert (event.at, event.recorded_at, event.data["name"], event.data["how"]) == (TEN, at, "窗口人员甲", "电话")
    assert event.data["old_started_at"].startswith("2024-03-18T01:00:00")
    pending = dict(fix.alerts.filter(state="pending").values_list("rung", "fire_at"))
    assert pending["breach"] == local("2024-03-18 11:00:01")
    assert pending["ahead"] == local("2024-03-18 10:40:00")
    assert fire_due(local("2024-03-18 10:30:00")) == 0
    clock_stop(clock=fix, at=local("2024-03-18 10:30:00"), actor=world.engineer)
    assert (fix.kept, fix.net_seconds) == (True, 1800.0)
    assert AuditEntry.objects.get(verb="clock_move_appointment").after["name"] == "窗口人员甲"
    assert rebuild(write=False) == []


def test_before_the_moved_appointment_the_clock_waits_and_the_work_may_be_done(world, fix):
    clock_move_appointment(clock=fix, starts_at=TEN, **BY_CLIENT, actor=world.engineer, at=EARLY)
    view = clock_view(Clock.objects.get(pk=fix.pk), EARLY)
    assert view["state"] == "waiting"
    assert view["windows"][0][0] == TEN.timestamp() * 1000
    clock_stop(clock=fix, at=local("2024-03-18 09:30:00"), actor=world.engineer)
    assert (fix.kept, fix.net_seconds) == (True, 0.0)
    assert rebuild(write=False) == []


def test_our_own_wish_is_kept_and_shifts_nothing(world, fix):
    clock_move_appointment(
        clock=fix, starts_at=TEN, asked_by="contractor", name="工程师甲", how="备件未到", actor=world.engineer, at=EARLY
    )
    fix.refresh_from_db()
    assert (fix.started_at, fix.due_at, fix.epoch) == (NINE, TEN, 1)
    assert fix.events.get(kind="move").data["starts_at"].startswith("2024-03-18T")
    assert AuditEntry.objects.filter(verb="clock_move_appointment").count() == 1
    assert rebuild(write=False) == []


def test_a_move_by_more_than_four_hours_needs_the_clients_reason(world, fix):
    with pytest.raises(Invalid) as refusal:
        clock_move_appointment(clock=fix, starts_at=TWO, **BY_CLIENT, actor=world.engineer, at=EARLY)
    assert "reason" in refusal.value.fields
    clock_move_appointment(clock=fix, starts_at=TWO, **BY_CLIENT, reason="上午有会", actor=world.engineer, at=EARLY)
    assert fix.started_at == TWO


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"how": ""}, "how"),
        ({"asked_by": "vendor"}, "asked_by"),
        ({"starts_at": local("2024-03-18 09:04:59")}, "starts_at"),
    ],
)
def test_who_asked_and_how_is_part_of_it(world, fix, wrong, field):
    given = {"starts_at": TEN, **BY_CLIENT} | wrong
    with pytest.raises(Invalid) as refusal:
        clock_move_appointment(clock=fix, **given, actor=world.engineer, at=EARLY)
    assert field in refusal.value.fields
    assert fix.events.count() == 1


def test_what_was_missed_is_not_moved_away(world, fix):
    with pytest.raises(Conflict):
        clock_move_appointment(
            clock=fix, starts_at=TWO, **BY_CLIENT, reason="有会", actor=world.engineer, at=TEN + timedelta(seconds=1)
        )
    fix.refresh_from_db()
    assert fix.breached_at == TEN


def test_neither_the_client_nor_a_response_moves(world, fix):
    with pytest.raises(NotAllowed):
        clock_move_appointment(clock=fix, starts_at=TEN, **BY_CLIENT, actor=world.supervisor, at=EARLY)
    response = make_clock(world.contract, NINE, name="受理区2")
    with pytest.raises(Invalid):
        clock_move_appointment(
            clock=response, starts_at=TEN, **BY_CLIENT, actor=world.engineer, at=NINE + timedelta(seconds=1)
        )
