"""Difficult faults: handed over, confirmed or not, planned, told to the client; the clocks say what is true."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Message
from records.models import AuditEntry
from sla.models import Clock
from sla.services.clock import clock_start
from tests.make import World, make_world
from tickets.models import Plan, Ticket
from tickets.services.plan import plan_revise
from tickets.services.plan_write import plan_return, plan_write
from tickets.tests.make import ARRIVED, MONDAY, RESPONDED, minutes, reach, report, resolve, respond
from tickets.tests.repair_make import (
    CONFIRMED,
    ESCALATED,
    PLAN,
    PLANNED,
    confirm_difficult,
    escalate,
    not_difficult,
    plan,
    told,
)

pytestmark = pytest.mark.django_db
LATE = MONDAY + minutes(63)
"""After the hour that began with the response at 09:12."""


@pytest.fixture
def world() -> World:
    return make_world()


def with_the_hour(world: World) -> Ticket:
    """In progress, with the hour running from the response."""
    ticket = reach(world, "in_progress")
    if ticket.repair_clock is None:
        ticket.repair_clock = clock_start(
            contract=ticket.contract,
            kind="fix",
            subject=ticket,
            started_at=RESPONDED,
            actor=world.engineer,
            at=RESPONDED,
        )
        ticket.save(update_fields=["repair_clock"])
    return ticket


def hour_of(ticket: Ticket) -> Clock:
    return Clock.objects.get(subject_type="ticket", subject_id=ticket.pk, kind="fix")


def test_the_first_triage_sends_a_difficult_fault_to_the_manager_with_its_days(world: World) -> None:
    ticket = respond(world, report(world), triage="difficult", analysis="接收卡疑似损坏")
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.status, ticket.triage) == ("escalated", "difficult")
    message = Message.objects.get(topic="difficult")
    assert message.urgent and {row.recipient for row in message.deliveries.all()} == {world.manager}
    clock = ticket.repair_clock
    assert clock is not None and clock.kind == "repair_office"
    # Five working days after Monday 2024-03-18: Monday the 25th, at the close of service.
    assert clock.due_at is not None and clock.due_at.isoformat() == "2024-03-25T10:00:00+00:00"
    assert not Clock.objects.filter(kind="fix", subject_id=ticket.pk, subject_type="ticket").exists()


def test_an_engineers_word_leaves_the_hour_running_until_the_manager_confirms(world: World) -> None:
    ticket = escalate(world, with_the_hour(world))
    assert (ticket.status, ticket.triage, hour_of(ticket).state) == ("escalated", "general", "running")
    confirm_difficult(world, ticket)
    hour = hour_of(ticket)
    assert (hour.state, hour.kept, hour.stopped_at) == ("stopped", True, CONFIRMED)
    ticket.refresh_from_db()
    clock = ticket.repair_clock
    assert clock is not None and clock.kind == "repair_office" and clock.replaces_id == hour.pk
    assert clock.started_at == ticket.received_at and ticket.triage == "difficult"
    with pytest.raises(Conflict):
        confirm_difficult(world, ticket)


def test_confirmed_after_the_breach_the_hour_stays_missed_and_is_flagged(world: World) -> None:
    ticket = escalate(world, with_the_hour(world))
    confirm_difficult(world, ticket, at=LATE)
    assert hour_of(ticket).kept is False
    assert AuditEntry.objects.get(verb="clock_reclassify").after["after_breach"] is True


def test_a_manager_who_escalates_has_confirmed(world: World) -> None:
    ticket = escalate(world, with_the_hour(world), actor=world.manager)
    assert (ticket.triage, hour_of(ticket).state) == ("difficult", "stopped")


def test_nobody_gains_time_by_calling_a_fault_difficult(world: World) -> None:
    ticket = not_difficult(world, escalate(world, with_the_hour(world)))
    assert (ticket.status, hour_of(ticket).state) == ("in_progress", "running")
    other = respond(world, report(world), triage="difficult", analysis="疑似主板")
    other = not_difficult(world, Ticket.objects.get(pk=other.pk), at=LATE)
    hour = hour_of(other)
    assert (other.triage, hour.started_at) == ("general", RESPONDED)
    assert hour.due_at is not None and hour.due_at == RESPONDED + timedelta(hours=1)
    assert Clock.objects.get(kind="repair_office", subject_id=other.pk).state == "cancelled"


def test_the_days_follow_the_repair_class_of_the_device(world: World) -> None:
    world.category.repair_class = "low_voltage"
    world.category.save()
    ticket = respond(world, report(world), triage="difficult", analysis="摄像机不上线")
    assert Ticket.objects.get(pk=ticket.pk).repair_clock.kind == "repair_weak_current"  # type: ignore[union-attr]


def test_a_plan_in_force_lets_the_work_go_on_and_tells_the_client(world: World) -> None:
    ticket = plan(world, escalate(world, with_the_hour(world)))
    made = Plan.objects.get(ticket=ticket)
    assert (ticket.status, ticket.triage, made.status, made.number) == ("in_progress", "difficult", "in_force", 1)
    assert (made.told_at, made.told_to, made.approved_by) == (PLANNED, "窗口人员01", world.manager)
    assert "plan" in Ticket.objects.get(pk=ticket.pk).holds
    # The plan confirmed the fault as difficult too: the hour has its result.
    assert hour_of(ticket).stopped_at == PLANNED
    to_client = Message.objects.filter(topic="plan", deliveries__recipient=world.clerk).distinct()
    assert to_client.count() == 1


@pytest.mark.parametrize("field", [*PLAN])
def test_a_plan_is_thought_through_before_it_is_submitted(world: World, field: str) -> None:
    ticket = escalate(world, reach(world, "in_progress"))
    lacking = PLAN | {field: None}
    with pytest.raises(Invalid) as error:
        plan_write(ticket=ticket, actor=world.engineer, at=PLANNED, values=lacking, submit=True)
    assert set(error.value.fields) == {field}
    with pytest.raises(Invalid):
        changes: dict[str, Any] = {field: "" if field != "estimate_at" else ESCALATED - timedelta(days=9)}
        plan(world, ticket, **changes)
    assert plan_write(ticket=ticket, actor=world.engineer, at=PLANNED, values=lacking, submit=False).status == "drafted"


def test_an_engineer_drafts_the_manager_returns_and_approves_and_versions_stay(world: World) -> None:
    ticket = escalate(world, reach(world, "in_progress"))
    draft = plan_write(ticket=ticket, actor=world.engineer, at=PLANNED, values=PLAN, submit=True)
    with pytest.raises(Conflict):
        plan_write(
            ticket=ticket, actor=world.engineer, at=PLANNED, values=PLAN, submit=True, version_seen=draft.version
        )
    plan_return(ticket=ticket, actor=world.manager, at=PLANNED, reason="请写明数据如何保护")
    draft.refresh_from_db()
    assert (draft.status, draft.returned_because) == ("drafted", "请写明数据如何保护")
    with pytest.raises(Conflict):
        plan_write(ticket=ticket, actor=world.engineer, at=PLANNED, values=PLAN, submit=False, version_seen=None)
    plan_write(ticket=ticket, actor=world.engineer, at=PLANNED, values=PLAN, submit=True, version_seen=draft.version)
    ticket = plan(world, ticket)
    later: datetime = PLANNED + timedelta(days=1)
    values = PLAN | {"solution": "改为整机更换", "estimate_at": later + timedelta(days=1)}
    plan_revise(ticket=ticket, actor=world.manager, at=later, values=values, **told(later))
    rows = list(Plan.objects.filter(ticket=ticket).values_list("number", "status", "solution"))
    assert rows == [(2, "in_force", "改为整机更换"), (1, "replaced", PLAN["solution"])]
    # From a page that was read before the work was done nothing is revised any more.
    resolve(world, Ticket.objects.get(pk=ticket.pk), at=later)
    with pytest.raises(Conflict):
        plan_revise(ticket=ticket, actor=world.manager, at=later, values=values, **told(later))


def test_who_may_do_what_with_a_difficult_fault(world: World) -> None:
    ticket = reach(world, "in_progress")
    for person in (world.engineer2, world.clerk, world.supervisor, world.auditor):
        with pytest.raises(NotAllowed):
            escalate(world, ticket, actor=person, at=ARRIVED)
    ticket = escalate(world, ticket)
    for act in (confirm_difficult, not_difficult, plan):
        with pytest.raises(NotAllowed):
            act(world, ticket, actor=world.engineer)
    with pytest.raises(Invalid):
        plan(world, ticket, at=MONDAY - minutes(5))
