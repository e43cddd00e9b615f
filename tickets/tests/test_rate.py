"""Verb rate: voluntary, once, by the client's side, within seven days of the signature."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Message
from tests.make import World, make_world
from tickets.models import Rating, Ticket
from tickets.services.rate import ticket_rate
from tickets.tests.make import SIGNED, reach

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def world() -> World:
    return make_world()


def rate(world: World, ticket: Ticket, **changes: object) -> Rating:
    given = {"level": 5, "way": "account", "rated_by": world.clerk, "rater_name": "窗口人员01", "at": SIGNED}
    return ticket_rate(ticket=ticket, **(given | changes))  # type: ignore[arg-type]


def test_the_client_rates_once(world: World) -> None:
    ticket = reach(world, "signed")
    assert rate(world, ticket, comment="很快").level == 5
    with pytest.raises(Conflict):
        rate(world, ticket, rated_by=world.supervisor)
    assert Rating.objects.count() == 1


def test_until_the_seventh_day_and_no_longer(world: World) -> None:
    with pytest.raises(Conflict):
        rate(world, reach(world, "signed"), at=SIGNED + WEEK + timedelta(seconds=1))
    assert rate(world, Ticket.objects.get(), at=SIGNED + WEEK).rated_at == SIGNED + WEEK


@pytest.mark.parametrize("role", ["engineer", "manager", "other_clerk", "auditor"])
def test_neither_the_handler_nor_a_stranger_rates(world: World, role: str) -> None:
    with pytest.raises(NotAllowed):
        rate(world, reach(world, "signed"), rated_by=getattr(world, role))


def test_a_rating_has_a_name_behind_it_and_a_level(world: World) -> None:
    ticket = reach(world, "signed")
    with pytest.raises(NotAllowed):
        rate(world, ticket, rated_by=None)
    for level in (0, 6):
        with pytest.raises(Invalid):
            rate(world, ticket, level=level)


def test_what_is_not_signed_is_not_rated(world: World) -> None:
    with pytest.raises(Conflict):
        rate(world, reach(world, "to_sign"))


def test_a_low_rating_reaches_the_manager(world: World) -> None:
    rate(world, reach(world, "signed"), level=2, comment="等太久")
    assert Message.objects.get(topic="low_rating").deliveries.get().recipient == world.manager


def test_the_page_has_no_level_chosen_beforehand(world: World) -> None:
    ticket = reach(world, "signed")
    Ticket.objects.update(signed_at=datetime.now(UTC))
    client = Client()
    client.force_login(world.clerk)
    page = client.get(f"/tickets/{ticket.code}/rate/").content.decode()
    assert 'name="level"' in page
    assert "checked" not in page.split('class="rating"', 1)[1].split("</fieldset>", 1)[0]
    assert client.post(f"/tickets/{ticket.code}/rate/", {}).status_code == 422
    assert client.post(f"/tickets/{ticket.code}/rate/", {"level": "4"}).status_code == 302
    assert Rating.objects.get().way == "account"
