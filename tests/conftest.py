"""Real servers for the tests that need them."""

from collections.abc import Iterator

import pytest

from tests.stack import Stack, running_stack


@pytest.fixture(scope="session")
def live_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product as web, clocks, worker and beat, with the demo hall, on the database that DATABASE_URL names."""
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Under a failed test, show what the processes wrote last."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("live_stack")
    if report.failed and stack is not None:
        report.sections.append(("processes", stack.log_tail()))
    return report
