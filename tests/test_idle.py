"""Somebody who went away leaves a locked screen; what pages ask by themselves does not keep it open."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from notifications.services.delivery import deliver_due
from notifications.services.outbox import message_post
from parties.idle import IDLE_SECONDS, IDLE_SECONDS_POWERFUL, LONGEST_SECONDS
from tests.make import PASSWORD, World, make_world
from tests.test_access import ROUTES
from tickets.tests.make import report

START = datetime(2024, 3, 18, 2, 0, tzinfo=UTC)
LOCK = "/account/locked/"


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def logged_in(world: World, role: str = "engineer") -> Client:
    client = Client()
    client.force_login(getattr(world, role))
    return client


def test_a_session_locks_after_its_idle_time_and_not_before(world: World, clock: time_machine.Traveller) -> None:
    client = logged_in(world)
    clock.shift(IDLE_SECONDS - 1)
    assert client.get("/tickets/").status_code == 200
    clock.shift(IDLE_SECONDS)
    response = client.get("/tickets/?q=x")
    assert response.status_code == 302
    assert response["Location"] == f"{LOCK}?next=%2Ftickets%2F%3Fq%3Dx"


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_the_powerful_lock_earlier(world: World, clock: time_machine.Traveller, role: str) -> None:
    client = logged_in(world, role)
    clock.shift(IDLE_SECONDS_POWERFUL)
    assert client.get("/").status_code == 302


def test_whatever_a_page_asks_by_itself_is_declared_a_poll() -> None:
    asked = set()
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "data-queue data-url" in line or 'hx-trigger="every' in line:
                asked |= set(re.findall(r"""(?:data-url|hx-get)="{% url ['"]([^'"]+)""", line))
    polls = {route.name for route in ROUTES if getattr(route.view, "poll", False)}
    assert len(asked) >= 5
    assert asked <= polls


def test_polls_are_no_activity_and_the_sign_of_life_is(world: World, clock: time_machine.Traveller) -> None:
    polling, typing = logged_in(world), logged_in(world, "engineer2")
    for _ in range(4):
        clock.shift(IDLE_SECONDS // 4)
        polling.get("/notifications/live/")
        polling.get("/tickets/queue/rows/")
        assert typing.post("/account/active/").status_code == 204
    assert polling.get("/tickets/").status_code == 302
    assert typing.get("/tickets/").status_code == 200


def test_the_locked_queue_shows_clocks_but_no_person_and_no_verb(world: World, clock: time_machine.Traveller) -> None:
    client = logged_in(world)
    ticket = report(world)
    etag = client.get("/tickets/queue/rows/")["ETag"]
    clock.shift(IDLE_SECONDS)
    for address in ("/tickets/queue/rows/", LOCK):
        response = client.get(address, headers={"If-None-Match": etag})
        assert response.status_code == 200, address
        page = response.content.decode()
        assert ticket.code in page
        assert "data-countdown" in page
        for secret in (ticket.title, ticket.reporter_name, str(ticket.unit), f"/tickets/{ticket.code}/"):
            assert secret not in page, (address, secret)
    etag = client.get("/tickets/queue/rows/")["ETag"]
    assert client.get("/tickets/queue/rows/", headers={"If-None-Match": etag}).status_code == 304


def test_a_locked_session_hears_that_something_came_but_not_what(world: World, clock: time_machine.Traveller) -> None:
    client = logged_in(world)
    message_post(
        contract=world.contract,
        topic="promise",
        recipients=[world.engineer],
        title="New: %(label)s",
        params={"label": "秘密的窗口"},
        url="/tickets/x/",
        urgent=True,
        at=START,
    )
    deliver_due(START)
    news = client.get("/notifications/live/").json()
    assert news["locked"] is False
    assert "秘密的窗口" in news["latest"][0]["title"]
    clock.shift(IDLE_SECONDS)
    response = client.get("/notifications/live/")
    news = response.json()
    assert (news["locked"], news["unread"], news["latest"][0]["urgent"]) == (True, 1, True)
    assert "秘密的窗口" not in response.content.decode()
    assert news["latest"][0]["url"] == ""


def test_the_password_opens_it_again_where_the_person_was(world: World, clock: time_machine.Traveller) -> None:
    client = logged_in(world)
    clock.shift(IDLE_SECONDS)
    refused = client.post(LOCK, {"password": "not-this-one", "next": "/tickets/"})
    assert refused.status_code == 422
    assert client.get("/tickets/").status_code == 302
    opened = client.post(LOCK, {"password": PASSWORD, "next": "/tickets/"})
    assert opened["Location"] == "/tickets/"
    assert client.get("/tickets/").status_code == 200
    assert client.get(LOCK)["Location"] == "/"


def test_somebody_elses_password_does_not_open_it(world: World, clock: time_machine.Traveller) -> None:
    world.engineer2.set_password("another-hall-2031")
    world.engineer2.save()
    client = logged_in(world)
    clock.shift(IDLE_SECONDS)
    assert client.post(LOCK, {"password": "another-hall-2031"}).status_code == 422


def test_a_form_sent_too_late_changes_nothing_and_comes_back_to_its_page(
    world: World, clock: time_machine.Traveller
) -> None:
    client = logged_in(world)
    ticket = report(world)
    clock.shift(IDLE_SECONDS)
    page = f"/tickets/{ticket.code}/respond/"
    response = client.post(page, {"contact_how": "phone"}, headers={"Referer": f"http://testserver{page}"})
    assert response.status_code == 302
    assert response["Location"].startswith(LOCK)
    assert ticket.code in response["Location"]
    ticket.refresh_from_db()
    assert ticket.status == "pending_response"
    fragment = client.post(page, {}, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"})
    assert fragment.status_code == 401
    assert ticket.code in fragment["HX-Redirect"]


def test_no_session_lives_longer_than_half_a_day(world: World, clock: time_machine.Traveller) -> None:
    client = logged_in(world)
    for _ in range(LONGEST_SECONDS // (IDLE_SECONDS // 2)):
        assert client.get("/tickets/").status_code == 200
        clock.shift(IDLE_SECONDS // 2)
    assert client.get("/tickets/")["Location"].startswith("/login/")


def test_signing_out_works_from_the_lock(world: World, clock: time_machine.Traveller) -> None:
    client = logged_in(world)
    clock.shift(IDLE_SECONDS + timedelta(hours=1).total_seconds())
    assert client.post("/logout/").status_code == 302
    assert client.get("/tickets/")["Location"].startswith("/login/")
