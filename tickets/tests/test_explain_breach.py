"""Verb explain_breach: the reason stands beside the breach, which stays."""

import pytest
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.explain_breach import ticket_explain_breach
from tickets.tests.make import MONDAY, minutes, report, respond

pytestmark = pytest.mark.django_db
LATE = MONDAY + minutes(7)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def late(world: World) -> Ticket:
    return respond(world, report(world), at=LATE)


def test_the_reason_is_kept_and_the_breach_stays(world: World, late: Ticket) -> None:
    ticket = ticket_explain_breach(ticket=late, actor=world.engineer, at=LATE, reason="两件同时报修")
    assert ticket.response_clock is not None
    assert (ticket.response_clock.breach_reason, ticket.response_clock.kept) == ("两件同时报修", False)
    assert AuditEntry.objects.get(verb="explain_breach").visibility == "internal"
    with pytest.raises(Conflict, match="两件同时报修"):
        ticket_explain_breach(ticket=ticket, actor=world.manager, at=LATE, reason="其他原因")


def test_it_needs_words_and_the_right_person(world: World, late: Ticket) -> None:
    with pytest.raises(Invalid):
        ticket_explain_breach(ticket=late, actor=world.engineer, at=LATE, reason="")
    for role in ("engineer2", "clerk", "supervisor", "auditor"):
        with pytest.raises(NotAllowed):
            ticket_explain_breach(ticket=late, actor=getattr(world, role), at=LATE, reason="x")


def test_a_response_in_time_has_nothing_to_explain(world: World) -> None:
    with pytest.raises(Conflict):
        ticket_explain_breach(ticket=respond(world, report(world)), actor=world.manager, at=LATE, reason="x")


def test_ticket_and_queue_ask_for_it_until_it_is_given(world: World, late: Ticket) -> None:
    client = Client()
    client.force_login(world.engineer)
    link = f"/tickets/{late.code}/explain-breach/"
    assert link in client.get(f"/tickets/{late.code}/").content.decode()
    assert link in client.get("/tickets/queue/").content.decode()
    client.post(link, {"reason": "两件同时报修"})
    assert link not in client.get(f"/tickets/{late.code}/").content.decode()
    assert link not in client.get("/tickets/queue/").content.decode()


def test_the_client_sees_the_breach_but_not_the_internal_reason(world: World, late: Ticket) -> None:
    ticket_explain_breach(ticket=late, actor=world.engineer, at=LATE, reason="内部排班失误")
    client = Client()
    client.force_login(world.clerk)
    assert "内部排班失误" not in client.get(f"/tickets/{late.code}/").content.decode()
    client.force_login(world.manager)
    assert "内部排班失误" in client.get(f"/tickets/{late.code}/").content.decode()
