"""The roster and the ladder together: who is told when somebody is planned, and when nobody is."""

import pytest

from roster.tests.make import MONDAY, at, away, plan
from sla.services.ladder import GAP, Roster
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def told(world: World, clock: str, *targets: str) -> tuple[list[str], tuple[str, ...]]:
    found = Roster().find(world.contract, {"to": targets}, at(MONDAY, clock), None, None)
    return [person.username for person in found.people], found.notes


def test_a_rung_speaks_to_whose_shift_runs(world: World) -> None:
    plan(world, "opening", world.engineer, stand_in=world.engineer2)
    assert told(world, "10:00", "on_duty") == (["engineer"], ())
    assert told(world, "10:00", "on_duty", "stand_in") == (["engineer", "engineer2"], ())
    away(world, world.engineer, from_noon=True)
    assert told(world, "12:00", "on_duty") == (["engineer2"], ())


def test_where_nobody_is_planned_it_goes_to_the_manager_and_says_so(world: World) -> None:
    plan(world, "opening", world.engineer)
    assert told(world, "17:30", "on_duty") == (["manager"], (GAP,))
