"""Verb cancel: void with a reason; the running clock ends with the ticket."""

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from sla.models import Alert, Clock
from tests.make import World, make_world
from tickets.models import RemoteSession, Ticket
from tickets.services.arrive import ticket_arrive
from tickets.services.cancel import ticket_cancel
from tickets.tests.make import MONDAY, minutes, reach, report

pytestmark = pytest.mark.django_db
LATER = MONDAY + minutes(3)


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_clock_ends_with_the_ticket_and_nothing_is_deleted(world: World) -> None:
    ticket = ticket_cancel(ticket=report(world), actor=world.manager, at=LATER, reason="重复报修")
    assert (ticket.status, ticket.closing_reason, Ticket.objects.count()) == ("cancelled", "重复报修", 1)
    assert Clock.objects.get(kind="response").state == "cancelled"
    assert not Alert.objects.filter(state="pending").exists()


def test_an_open_remote_session_ends_with_the_ticket(world: World) -> None:
    ticket = reach(world, "responded")
    how = {"service_mode": "remote", "authorised_by": "窗口人员01", "tool": "远程桌面"}
    ticket_arrive(ticket=ticket, actor=world.engineer, at=LATER, **how)
    end = LATER + minutes(5)
    ticket_cancel(ticket=Ticket.objects.get(pk=ticket.pk), actor=world.manager, at=end, reason="改由厂商处理")
    session = RemoteSession.objects.get()
    assert (session.ended_at, session.summary) == (end, "改由厂商处理")


def test_a_stopped_clock_keeps_its_verdict(world: World) -> None:
    ticket_cancel(ticket=reach(world, "in_progress"), actor=world.manager, at=LATER, reason="重复报修")
    assert Clock.objects.get(kind="response").kept is True
    assert Clock.objects.get(kind="fix").state == "cancelled"


@pytest.mark.parametrize("state", ["to_sign", "signed", "closed_unsigned", "cancelled"])
def test_finished_work_cannot_be_cancelled(world: World, state: str) -> None:
    with pytest.raises(Conflict):
        ticket_cancel(ticket=reach(world, state), actor=world.manager, at=LATER, reason="x")


def test_it_needs_a_reason_and_the_manager(world: World) -> None:
    ticket = report(world)
    with pytest.raises(Invalid):
        ticket_cancel(ticket=ticket, actor=world.manager, at=LATER, reason="")
    for role in ("clerk", "engineer", "supervisor", "auditor"):
        with pytest.raises(NotAllowed):
            ticket_cancel(ticket=ticket, actor=getattr(world, role), at=LATER, reason="x")
