"""One hall for all tests of this folder; each test begins with no process running and a new ledger."""

from collections.abc import Iterator

import pytest

from script.servers import redis
from tests.faults.hall import Hall, running_hall


@pytest.fixture(scope="session")
def shared_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with running_hall(tmp_path_factory.mktemp("hall")) as hall:
        yield hall


@pytest.fixture
def hall(shared_hall: Hall) -> Iterator[Hall]:
    """A hall whose broker is a folder, as on a machine without Redis, unless the test names one."""
    shared_hall.environment["REDIS_URL"] = ""
    shared_hall.rest()
    yield shared_hall
    shared_hall.rest()


@pytest.fixture
def broker() -> Iterator[str | None]:
    """A Redis of the test's own, which it may stop; None where Redis is not installed."""
    with redis() as url:
        yield url
