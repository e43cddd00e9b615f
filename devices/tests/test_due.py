"""What is due: shown on one page, told once, to the right people, whoever looks how often."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils.translation import gettext_lazy as _

from devices import due
from devices.due import Due, Source
from devices.models import Reminder
from devices.services.reminders import due_tell
from notifications.models import Delivery, Message
from parties.models import Contract
from tests.make import World, make_world

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2024-03-18T09:00:00+08:00")
TODAY = date(2024, 3, 18)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, date]]:
    """One source whose due things the test decides."""
    things: dict[str, date] = {"K-1": TODAY + timedelta(days=3)}

    def rows(contract: Contract, today: date) -> list[Due]:
        return [
            Due(key=key, title=f"门禁卡 {key}", text="到期", due_on=on, url="/devices/due/")
            for key, on in things.items()
        ]

    monkeypatch.setattr(due, "_sources", {"test": Source("test", _("What is due"), rows)})
    yield things


def told() -> list[int]:
    return [message.params["count"] for message in Message.objects.filter(topic="devices").order_by("pk")]


def test_a_thing_is_told_once_and_once_more_when_its_day_has_passed(world: World, things: dict[str, date]) -> None:
    assert due_tell(at=NOW) == 1
    assert due_tell(at=NOW + timedelta(hours=1)) == 0
    things["K-2"] = TODAY
    assert due_tell(at=NOW + timedelta(hours=2)) == 1
    assert due_tell(at=NOW + timedelta(days=1)) == 1
    assert told() == [1, 1, 1]
    assert Reminder.objects.filter(key="K-2").count() == 2


def test_a_moved_day_is_told_again(world: World, things: dict[str, date]) -> None:
    due_tell(at=NOW)
    things["K-1"] = TODAY + timedelta(days=5)
    assert due_tell(at=NOW) == 1


def test_the_contractors_people_are_told_in_their_language(world: World, things: dict[str, date]) -> None:
    due_tell(at=NOW)
    told_people = set(Delivery.objects.values_list("recipient__username", flat=True))
    assert told_people == {"manager", "engineer", "engineer2"}
    client = Client()
    client.force_login(world.engineer)
    page = client.get("/notifications/").content.decode()
    assert "门禁卡 K-1" in page


def test_the_page_says_how_late_and_what_is_clear(
    world: World, things: dict[str, date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.clock.now", lambda: NOW)
    things["K-0"] = TODAY - timedelta(days=2)
    client = Client()
    client.force_login(world.auditor)
    page = client.get("/devices/due/").content.decode()
    assert "门禁卡 K-0" in page
    assert page.count("is-overdue") == 1
    client.force_login(world.clerk)
    assert client.get("/devices/due/").status_code == 403


def test_a_contract_that_is_over_is_told_nothing(world: World, things: dict[str, date]) -> None:
    Contract.objects.update(ends_on=TODAY - timedelta(days=1))
    assert due_tell(at=NOW) == 0
