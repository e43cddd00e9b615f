"""Verb sign: what a signature does to its ticket."""

import pytest

from core.errors import Conflict
from records.models import AuditEntry
from tests.make import World, make_world
from tickets.models import Rating
from tickets.subject import can_ask, can_sign
from tickets.tests.make import SIGNED, reach, report, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_completion_signature_ends_the_work(world: World) -> None:
    ticket = sign(world, reach(world, "to_sign"))
    assert (ticket.status, ticket.signed_at) == ("signed", SIGNED)
    assert AuditEntry.objects.get(verb="sign").actor == world.clerk


def test_a_signature_under_the_order_itself_changes_no_state(world: World) -> None:
    ticket = sign(world, report(world), purpose="acceptance")
    assert ticket.status == "pending_response"
    assert AuditEntry.objects.filter(verb="accept").exists()


def test_a_link_is_signed_and_rated_by_somebody_without_an_account(world: World) -> None:
    ticket = sign(
        world,
        reach(world, "to_sign"),
        way="handover",
        signer=None,
        signer_name="李某某",
        witness=world.engineer,
        rating=2,
        comment="慢",
    )
    rating = Rating.objects.get(ticket=ticket)
    assert (rating.level, rating.way, rating.rated_by, rating.rater_name, rating.on_handler_device) == (
        2,
        "handover",
        None,
        "李某某",
        True,
    )
    assert AuditEntry.objects.get(verb="sign").actor_label == "李某某"


def test_what_is_not_ready_or_signed_already_is_refused(world: World) -> None:
    with pytest.raises(Conflict):
        sign(world, reach(world, "in_progress"))
    with pytest.raises(Conflict):
        sign(world, reach(world, "cancelled"))


SIGNERS = {"clerk", "supervisor", "leader"}


@pytest.mark.parametrize(
    "role", ["clerk", "other_clerk", "supervisor", "leader", "engineer", "engineer2", "manager", "auditor", "admin"]
)
def test_the_clients_side_signs_and_the_contractors_asks(world: World, role: str) -> None:
    ticket, person = reach(world, "to_sign"), getattr(world, role)
    assert can_sign(person, ticket, "completion") is (role in SIGNERS)
    assert can_ask(person, ticket, "completion") is (role in {"engineer", "manager"})
    early = report(world)
    assert not can_sign(person, early, "completion")
    assert not can_sign(person, early, "acceptance"), "nothing is promised yet"
    responded = reach(world, "responded")
    assert can_sign(person, responded, "acceptance") is (role in SIGNERS)
