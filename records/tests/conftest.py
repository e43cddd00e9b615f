"""A small hall, and a kind of record that can be signed."""

from collections.abc import Iterator

import pytest

from parties.models import Membership
from records.tests.make import sheet_of, sheets_registered
from tests.make import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def sheet(world: World) -> Iterator[Membership]:
    with sheets_registered():
        yield sheet_of(world.clerk)
