"""A vendor's clock beside ours: it never holds the promise, and says whose time it was."""

from datetime import datetime, timedelta

import pytest

from contract.rules import TargetKind
from contract.services.calendar import calendar_of
from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from sla.models import Clock
from sla.querysets import attribution_of
from sla.rules import attribution
from sla.services.clock import clock_cancel, clock_pause, clock_resume, clock_stop
from sla.services.rebuild import rebuild
from sla.services.vendor import vendor_clock_open
from sla.tests.make import local, make_clock

NINE = local("2024-03-18 09:00:00")


def at(time: str) -> datetime:
    return local(f"2024-03-18 {time}")


@pytest.fixture
def fix(world, told):
    return make_clock(world.contract, NINE, kind="fix")


def test_the_promise_goes_on_while_the_vendor_works_and_ends_the_vendors_clock_with_it(world, fix):
    vendor = vendor_clock_open(parent=fix, vendor="示例厂商", actor=world.engineer, at=at("09:10:00"))
    fix.refresh_from_db()
    assert (fix.state, fix.due_at) == ("running", at("10:00:00"))
    assert (vendor.parent_id, vendor.promisor, vendor.kind, vendor.started_at) == (
        fix.pk,
        "vendor",
        "vendor",
        at("09:10:00"),
    )
    assert vendor.events.get().reason == "示例厂商"
    clock_stop(clock=fix, at=at("10:20:00"), actor=world.engineer)
    vendor.refresh_from_db()
    assert (vendor.state, vendor.stopped_at, vendor.net_seconds) == ("stopped", at("10:20:00"), 4200.0)
    found = attribution_of(fix, at("18:00:00"))
    assert (found.net, found.late, found.beside, found.vendor_late) == (4800.0, 1200.0, 4200.0, 1200.0)
    assert rebuild(write=False) == []
    assert AuditEntry.objects.get(verb="vendor_clock_open").visibility == "internal"


def test_a_cancelled_promise_ends_its_vendors_clock(world, fix):
    vendor = vendor_clock_open(parent=fix, vendor="示例厂商", actor=world.engineer, at=at("09:10:00"))
    clock_cancel(clock=fix, at=at("09:20:00"), actor=world.engineer, reason="重复")
    vendor.refresh_from_db()
    assert vendor.state == "stopped"


def test_a_vendor_has_a_name_and_one_clock_beside_a_promise_that_has_vendors(world, fix):
    with pytest.raises(Invalid):
        vendor_clock_open(parent=fix, vendor=" ", actor=world.engineer, at=at("09:10:00"))
    with pytest.raises(NotAllowed):
        vendor_clock_open(parent=fix, vendor="示例厂商", actor=world.supervisor, at=at("09:10:00"))
    vendor = vendor_clock_open(parent=fix, vendor="示例厂商", actor=world.engineer, at=at("09:10:00"))
    with pytest.raises(Conflict):
        vendor_clock_open(parent=fix, vendor="另一厂商", actor=world.engineer, at=at("09:11:00"))
    with pytest.raises(Invalid):
        vendor_clock_open(parent=vendor, vendor="另一厂商", actor=world.engineer, at=at("09:11:00"))
    response = make_clock(world.contract, NINE, name="受理区2")
    with pytest.raises(Invalid):
        vendor_clock_open(parent=response, vendor="示例厂商", actor=world.engineer, at=at("09:01:00"))
    clock_stop(clock=vendor, at=at("09:30:00"), actor=world.engineer)
    again = vendor_clock_open(parent=fix, vendor="另一厂商", actor=world.engineer, at=at("09:40:00"))
    assert Clock.objects.filter(parent=fix).count() == 2
    found = attribution_of(fix, at("09:50:00"))
    assert (found.net, found.late, found.beside) == (3000.0, 0.0, 1800.0)
    assert again.state == "running"


def test_time_in_which_the_promise_was_held_is_nobodys(world, fix):
    vendor_clock_open(parent=fix, vendor="示例厂商", actor=world.engineer, at=at("09:10:00"))
    clock_pause(clock=fix, at=at("09:20:00"), actor=world.engineer, cause="client_access")
    clock_resume(clock=fix, at=at("09:50:00"), actor=world.engineer)
    found = attribution_of(fix, at("10:00:00"))
    assert (found.net, found.beside) == (1800.0, 1200.0)


def test_overlapping_spans_and_nights_count_once_and_in_service_time(world):
    calendar = calendar_of(world.contract)
    spans = [(at("17:00:00"), local("2024-03-19 09:00:00")), (at("17:30:00"), at("17:45:00"))]
    found = attribution(
        calendar,
        TargetKind.SERVICE_SECONDS,
        at("16:00:00"),
        at("17:00:00"),
        local("2024-03-19 10:00:00"),
        [],
        spans,
    )
    hour = 3600.0
    assert (found.net, found.late, found.beside, found.vendor_late) == (3.5 * hour, 2.5 * hour, 1.5 * hour, 1.5 * hour)
    nothing = attribution(calendar, TargetKind.SERVICE_SECONDS, NINE, None, NINE + timedelta(0), [], spans)
    assert (nothing.net, nothing.late, nothing.beside) == (0.0, 0.0, 0.0)
