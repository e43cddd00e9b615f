"""A contract with its people, and units as subjects of clocks."""

from collections.abc import Iterator

import pytest

from core.subjects import Rung
from sla.tests.make import unit_subject
from tests.make import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def told() -> Iterator[list[Rung]]:
    with unit_subject() as rungs:
        yield rungs
