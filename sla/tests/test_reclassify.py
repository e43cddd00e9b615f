"""A difficult fault: the hour ends with its true result, the days begin on the day of receipt."""

from datetime import timedelta

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from sla.models import Clock
from sla.services.clock import clock_stop
from sla.services.rebuild import rebuild
from sla.services.reclassify import clock_reclassify
from sla.tests.make import local, make_clock

RECEIVED = local("2024-09-11 09:00:00")
NINE = local("2024-09-11 09:30:00")
IN_TIME = local("2024-09-11 10:00:00")
LATE = local("2024-09-11 10:30:01")


@pytest.fixture
def fix(world, told):
    return make_clock(world.contract, NINE, kind="fix")


def reclassify(world, clock, at, *, kind="repair_office", actor=None, reason="主板损坏，需返厂"):
    return clock_reclassify(
        clock=clock, kind=kind, received_at=RECEIVED, reason=reason, actor=actor or world.manager, at=at
    )


@pytest.mark.parametrize(("kind", "due"), [("repair_office", "2024-09-19"), ("repair_weak_current", "2024-09-23")])
def test_the_days_count_from_the_day_of_receipt(world, fix, kind, due):
    new = reclassify(world, fix, IN_TIME, kind=kind)
    assert (fix.state, fix.kept, fix.stopped_at) == ("stopped", True, IN_TIME)
    assert (new.due_at, new.kind, new.replaces_id) == (local(f"{due} 18:00:00"), kind, fix.pk)
    assert (new.subject_type, new.subject_id) == (fix.subject_type, fix.subject_id)
    assert fix.events.get(kind="stop").data["after_breach"] is False
    assert rebuild(write=False) == []


def test_after_the_breach_it_is_flagged_and_the_breach_stays(world, fix):
    reclassify(world, fix, LATE)
    fix.refresh_from_db()
    assert (fix.kept, fix.breached_at) == (False, local("2024-09-11 10:30:00"))
    assert fix.events.get(kind="stop").data["after_breach"] is True
    assert AuditEntry.objects.get(verb="clock_reclassify").after["after_breach"] is True
    assert rebuild(write=False) == []


def test_it_needs_the_manager_a_reason_and_a_fault_of_the_hour(world, fix):
    with pytest.raises(NotAllowed):
        reclassify(world, fix, IN_TIME, actor=world.engineer)
    with pytest.raises(Invalid):
        reclassify(world, fix, IN_TIME, reason=" ")
    with pytest.raises(Invalid):
        reclassify(world, fix, IN_TIME, kind="payment_due")
    with pytest.raises(Invalid):
        reclassify(world, make_clock(world.contract, NINE, name="受理区2"), NINE + timedelta(seconds=9))
    assert Clock.objects.filter(replaces__isnull=False).count() == 0
    clock_stop(clock=fix, at=IN_TIME, actor=world.engineer)
    with pytest.raises(Conflict):
        reclassify(world, fix, IN_TIME)
