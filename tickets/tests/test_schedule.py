"""Verbs `schedule` and `reschedule`, and what they do to the promise of the repair; the response starts that promise."""

from typing import Any

import pytest

from core.errors import Invalid, NotAllowed
from records.models import AuditEntry
from sla.models import Clock
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.reschedule import ticket_reschedule
from tickets.tests.make import APPOINTED, RESPONDED, minutes, reach, report, resolve, respond, schedule, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def clock_of(ticket: Ticket) -> Clock | None:
    return Clock.objects.filter(pk=Ticket.objects.values_list("repair_clock").get(pk=ticket.pk)[0]).first()


def move(world: World, ticket: Ticket, **changes: Any) -> Ticket:
    at = APPOINTED + minutes(1)
    given: dict[str, Any] = {
        "at": at,
        "appointment_at": at + minutes(60),
        "appointment_place": "A05窗口",
        "appointment_with": "窗口人员01",
        "asked_by": "client",
        "how": "phone",
        "reason": "窗口正在办事",
    }
    return ticket_reschedule(ticket=ticket, actor=world.engineer, **(given | changes))


@pytest.mark.parametrize(
    ("triage", "kind"), [("general", "fix"), ("user_error", "user_error"), ("service_request", None)]
)
def test_the_response_starts_the_promise_that_the_triage_asks_for(world: World, triage: str, kind: str | None) -> None:
    ticket = respond(world, report(world), triage=triage)
    clock = clock_of(ticket)
    assert (clock.kind if clock else None) == kind
    if clock is not None:
        assert (clock.started_at, clock.due_at) == (RESPONDED, RESPONDED + minutes(60))


def test_the_hour_counts_from_the_agreed_time(world: World) -> None:
    ticket = reach(world, "responded")
    schedule(world, ticket, after=30)
    clock = clock_of(ticket)
    assert clock is not None
    assert (clock.started_at, clock.due_at) == (APPOINTED + minutes(30), APPOINTED + minutes(90))
    entry = AuditEntry.objects.get(subject_type="ticket", subject_id=ticket.pk, verb="schedule")
    assert (entry.actor, entry.after["appointment_place"]) == (world.engineer, "A05窗口")
    assert told(ticket, "appointment") == {world.clerk.pk}
    # Work done before the agreed time is kept.
    resolve(world, reach(world, "in_progress"))


def test_more_than_four_hours_away_needs_the_clients_reason(world: World) -> None:
    ticket = reach(world, "responded")
    with pytest.raises(Invalid) as refused:
        schedule(world, ticket, after=5 * 60)
    assert set(refused.value.fields) == {"reason"}
    schedule(world, ticket, after=5 * 60, reason="窗口下午才空闲")
    clock = clock_of(ticket)
    assert clock is not None
    assert clock.started_at == APPOINTED + minutes(300)


def test_only_the_clients_wish_moves_the_hour(world: World) -> None:
    ticket = reach(world, "scheduled")
    before = clock_of(ticket)
    assert before is not None
    move(world, ticket, asked_by="contractor", reason="路上堵车")
    ours = clock_of(ticket)
    assert ours is not None
    assert (ours.started_at, ours.due_at) == (before.started_at, before.due_at)
    assert ours.events.filter(kind="move").count() == 1
    move(world, ticket)
    theirs = clock_of(ticket)
    assert theirs is not None
    assert theirs.started_at == APPOINTED + minutes(61)
    assert Ticket.objects.get(pk=ticket.pk).content_version == 4
    assert AuditEntry.objects.filter(subject_id=ticket.pk, verb="reschedule").count() == 2


def test_what_is_missing_or_past_or_somebody_elses_is_refused(world: World) -> None:
    ticket = reach(world, "responded")
    with pytest.raises(Invalid) as refused:
        schedule(world, ticket, after=-5, appointment_place=" ", appointment_with="", how="smoke")
    assert set(refused.value.fields) == {"appointment_at", "appointment_place", "appointment_with", "how"}
    with pytest.raises(NotAllowed):
        schedule(world, ticket, actor=world.engineer2)


def test_after_the_hour_was_missed_an_appointment_is_noted_and_changes_no_verdict(world: World) -> None:
    ticket = reach(world, "responded")
    late = RESPONDED + minutes(70)
    schedule(world, Ticket.objects.get(pk=ticket.pk), at=late)
    clock = clock_of(ticket)
    assert clock is not None
    assert (clock.started_at, clock.due_at) == (RESPONDED, RESPONDED + minutes(60))
