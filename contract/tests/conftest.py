"""A hall on a day in April 2024, and a watcher of its calendar."""

from collections.abc import Iterator

import pytest

from contract.tests.make import NOW, Witness
from core import clock, watchers
from tests.make import World, make_world


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """A contract with its people; it is Monday, 1 April 2024, 10:00."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    """The only watcher of the calendar while the test runs."""
    seen = Witness()
    monkeypatch.setattr(watchers, "_watchers", {"witness": seen.watcher()})
    yield seen
