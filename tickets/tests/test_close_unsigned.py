"""Verb close_unsigned: closed with a reason, never counted as signed, still open to a signature."""

import pytest

from core.errors import Invalid, NotAllowed
from tests.make import World, make_world
from tickets.services.close_unsigned import ticket_close_unsigned
from tickets.tests.make import SIGNED, reach, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_manager_closes_with_a_reason_and_a_signature_can_still_come(world: World) -> None:
    ticket = ticket_close_unsigned(ticket=reach(world, "to_sign"), actor=world.manager, at=SIGNED, reason="报修人调离")
    assert (ticket.status, ticket.closing_reason, ticket.signed_at) == ("closed_unsigned", "报修人调离", None)
    assert sign(world, ticket).status == "signed"


def test_without_a_reason_it_stays_open(world: World) -> None:
    with pytest.raises(Invalid):
        ticket_close_unsigned(ticket=reach(world, "to_sign"), actor=world.manager, at=SIGNED, reason="")


@pytest.mark.parametrize("role", ["engineer", "clerk", "supervisor", "leader", "auditor"])
def test_nobody_else_closes_without_a_signature(world: World, role: str) -> None:
    with pytest.raises(NotAllowed):
        ticket_close_unsigned(ticket=reach(world, "to_sign"), actor=getattr(world, role), at=SIGNED, reason="x")
