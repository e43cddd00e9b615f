"""Verb respond: contact, triage and commitment stop the clock; one engineer wins, the other is told who."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Message
from parties.models import User
from records.models import AuditEntry
from sla.models import Alert, Clock, ClockEvent
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.respond import ticket_report_and_respond, ticket_respond
from tickets.tests.make import MONDAY, minutes, report, respond, response


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_the_response_stops_the_clock_and_makes_its_author_responsible(world: World) -> None:
    ticket = respond(world, report(world))
    clock = Clock.objects.get(kind="response")
    assert (ticket.status, ticket.assignee, ticket.responded_on_behalf) == ("responded", world.engineer, False)
    assert (clock.state, clock.stopped_at, clock.kept) == ("stopped", MONDAY + minutes(2), True)
    assert not Alert.objects.filter(clock=clock, state="pending").exists()
    entry = AuditEntry.objects.get(subject_type="ticket", verb="respond")
    assert (entry.before["status"], entry.after["triage"], entry.actor) == (
        "pending_response",
        "general",
        world.engineer,
    )
    assert Message.objects.get(topic="responded").deliveries.get().recipient == world.clerk


def test_a_response_at_the_due_instant_is_kept_one_after_it_is_not(world: World) -> None:
    kept = respond(world, report(world), at=MONDAY + minutes(5)).response_clock
    late = respond(world, report(world), at=MONDAY + minutes(5) + timedelta(microseconds=1)).response_clock
    assert kept is not None
    assert late is not None
    assert (kept.kept, late.kept, late.breached_at) == (True, False, MONDAY + minutes(5))


def test_a_manager_responds_on_behalf_and_is_marked(world: World) -> None:
    ticket = respond(world, report(world), actor=world.manager)
    assert (ticket.assignee, ticket.responded_on_behalf) == (world.manager, True)


def test_a_difficult_fault_goes_to_the_manager_at_once(world: World) -> None:
    respond(world, report(world), triage="difficult", analysis="接收卡疑似损坏")
    assert [row.recipient for row in Message.objects.get(topic="difficult").deliveries.all()] == [world.manager]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"contact_method": ""}, "contact_method"),
        ({"contact_method": "telepathy"}, "contact_method"),
        ({"contact_person": " "}, "contact_person"),
        ({"triage": ""}, "triage"),
        ({"commitment_kind": ""}, "commitment_kind"),
        ({"commitment_at": MONDAY + minutes(2)}, "commitment_at"),
        ({"commitment_at": MONDAY - minutes(1)}, "commitment_at"),
        ({"commitment_at": MONDAY + timedelta(days=31)}, "commitment_at"),
        ({"analysis": "长" * 501}, "analysis"),
        ({"triage": "difficult", "analysis": " "}, "analysis"),
    ],
)
def test_an_incomplete_or_implausible_response_stops_nothing(world: World, change: dict[str, Any], field: str) -> None:
    ticket = report(world)
    with pytest.raises(Invalid) as error:
        respond(world, ticket, **change)
    assert set(error.value.fields) == {field}
    assert Clock.objects.get(kind="response").state == "running"
    assert Ticket.objects.get().status == "pending_response"


@pytest.mark.parametrize("role", ["clerk", "supervisor", "leader", "auditor", "admin"])
def test_only_the_contractors_people_respond(world: World, role: str) -> None:
    with pytest.raises(NotAllowed):
        respond(world, report(world), actor=getattr(world, role))


def test_the_second_is_told_who_was_first_and_when(world: World) -> None:
    ticket = report(world)
    stale = Ticket.objects.get(pk=ticket.pk)
    respond(world, ticket, actor=world.engineer2, at=MONDAY + timedelta(seconds=125))
    with pytest.raises(Conflict, match=r"工程师乙.*09:12:05"):
        respond(world, stale, actor=world.engineer)
    assert AuditEntry.objects.filter(verb="respond").count() == 1


def test_a_call_is_logged_and_answered_in_one_transaction(world: World) -> None:
    call = {
        "contract": world.contract, "channel": "phone", "description": "大屏黑了", "reporter_name": "窗口人员09",
        "unit": world.unit, "place": world.place, "received_at": MONDAY - minutes(1), "set_back_reason": "通话后补录",
    }  # fmt: skip
    ticket = ticket_report_and_respond(report=call, response=response(at=MONDAY), actor=world.engineer, at=MONDAY)
    assert (ticket.status, ticket.responded_at, Clock.objects.get(kind="response").net_seconds) == (
        "responded",
        MONDAY,
        60.0,
    )
    with pytest.raises(Invalid):
        ticket_report_and_respond(report=call, response=response(at=MONDAY, triage=""), actor=world.engineer, at=MONDAY)
    assert Ticket.objects.count() == 1


# Twenty at once, on the real locking of the database ------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_twenty_at_once_one_wins_and_nineteen_are_told_who() -> None:
    world = make_world()
    ticket = report(world)
    crew = [world.engineer, world.engineer2, world.manager]
    gate = Barrier(20)

    def attempt(number: int) -> tuple[str, str]:
        actor: User = crew[number % 3]
        mine = Ticket.objects.get(pk=ticket.pk)
        gate.wait()
        try:
            ticket_respond(ticket=mine, actor=actor, at=MONDAY + minutes(2), **response(at=MONDAY + minutes(2)))
        except Conflict as refusal:
            return "told", refusal.message
        finally:
            connections.close_all()
        return "won", actor.name

    with ThreadPoolExecutor(20) as pool:
        outcome = list(pool.map(attempt, range(20)))
    winners = [name for result, name in outcome if result == "won"]
    assert len(winners) == 1
    assert all(winners[0] in message for result, message in outcome if result == "told")
    assert Ticket.objects.get().assignee.name == winners[0]  # type: ignore[union-attr]
    assert AuditEntry.objects.filter(subject_type="ticket", verb="respond").count() == 1
    assert ClockEvent.objects.filter(kind="stop").count() == 1


# Through the page -----------------------------------------------------------------------------------------------------

FORM = {
    "contact_method": "phone",
    "contact_person": "窗口人员01",
    "triage": "general",
    "commitment_kind": "arrival",
    "commitment_in": "15",
}


@pytest.fixture
def engineer(world: World) -> Client:
    client = Client()
    client.force_login(world.engineer)
    return client


def test_the_form_responds_with_the_servers_time(world: World, engineer: Client) -> None:
    ticket = report(world, at=datetime.now(UTC))
    answer = engineer.post(f"/tickets/{ticket.code}/respond/", FORM)
    ticket.refresh_from_db()
    assert answer.status_code == 302
    assert ticket.commitment_at is not None
    assert ticket.responded_at is not None
    assert ticket.commitment_at - ticket.responded_at == minutes(15)


def test_a_wrong_form_comes_back_with_what_was_typed(world: World, engineer: Client) -> None:
    ticket = report(world, at=datetime.now(UTC))
    answer = engineer.post(f"/tickets/{ticket.code}/respond/", {**FORM, "triage": "", "contact_person": "李某某"})
    assert answer.status_code == 422
    assert "李某某" in answer.content.decode()
    assert Ticket.objects.get().status == "pending_response"


def test_the_loser_of_the_form_sees_409_and_the_winners_name(world: World, engineer: Client) -> None:
    ticket = report(world, at=datetime.now(UTC))
    respond(world, ticket, actor=world.engineer2, at=datetime.now(UTC))
    answer = engineer.post(f"/tickets/{ticket.code}/respond/", FORM)
    assert answer.status_code == 409
    assert "工程师乙" in answer.content.decode()


def test_a_form_whose_time_is_over_leads_to_the_ticket(world: World, engineer: Client) -> None:
    ticket = respond(world, report(world))
    assert engineer.get(f"/tickets/{ticket.code}/respond/")["Location"] == f"/tickets/{ticket.code}/"


def test_htmx_gets_the_fragment_alone(world: World, engineer: Client) -> None:
    ticket = report(world)
    text = engineer.get(f"/tickets/{ticket.code}/respond/", headers={"HX-Request": "true"}).content.decode()
    assert "<form" in text
    assert "<html" not in text
