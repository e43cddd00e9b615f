"""Verb send_back: the client does not sign, and the work goes on."""

import pytest

from core.errors import Invalid, NotAllowed
from notifications.models import Message
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.send_back import ticket_send_back
from tickets.tests.make import SIGNED, minutes, reach, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_sent_back_work_is_rework_and_a_new_version(world: World) -> None:
    ticket = ticket_send_back(ticket=reach(world, "to_sign"), actor=world.clerk, at=SIGNED, reason="还是卡纸")
    assert (ticket.status, ticket.rework_count, ticket.content_version) == ("in_progress", 1, 3)
    told = {row.recipient for row in Message.objects.get(topic="sent_back").deliveries.all()}
    assert told == {world.engineer, world.manager}
    again = resolve(world, ticket, at=SIGNED + minutes(20))
    assert (again.status, again.content_version, again.rework_count) == ("to_sign", 4, 1)


def test_it_needs_a_reason(world: World) -> None:
    with pytest.raises(Invalid) as error:
        ticket_send_back(ticket=reach(world, "to_sign"), actor=world.clerk, at=SIGNED, reason=" ")
    assert set(error.value.fields) == {"reason"}
    assert Ticket.objects.get().rework_count == 0


@pytest.mark.parametrize("role", ["other_clerk", "engineer", "manager", "auditor"])
def test_only_the_client_sends_back(world: World, role: str) -> None:
    with pytest.raises(NotAllowed):
        ticket_send_back(ticket=reach(world, "to_sign"), actor=getattr(world, role), at=SIGNED, reason="不行")
