"""The bell's poll and the page of messages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from notifications.models import Delivery
from notifications.services.outbox import message_post
from tests.make import make_world

NOON = datetime(2024, 3, 18, 4, 0, tzinfo=UTC)
LIVE = "/notifications/live/"


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture
def engineer(world, client):
    client.force_login(world.engineer)
    return client


def post(world, person, label="GD-1", **more):
    terms = {"url": f"/tickets/{label}/", "at": NOON, "title": "New: %(label)s", **more}
    message = message_post(
        contract=world.contract, topic="promise", recipients=[person], params={"label": label}, **terms
    )
    assert message is not None
    return message.deliveries.get()


def test_poll_tells_the_five_newest_unread(world, engineer):
    rows = [post(world, world.engineer, f"GD-{number}", urgent=number == 6) for number in range(7)]
    engineer.cookies["language"] = "en"
    response = engineer.get(LIVE)
    body = response.json()
    assert body["unread"] == 7
    assert [item["id"] for item in body["latest"]] == [row.pk for row in reversed(rows[2:])]
    newest = body["latest"][0]
    assert (newest["title"], newest["url"], newest["urgent"]) == ("New: GD-6", "/tickets/GD-6/", True)
    assert newest["at"] == rows[6].message.posted_at.isoformat()
    assert response.headers["Cache-Control"] == "no-cache"
    assert body["now"] > 0


def test_poll_with_nothing_new_is_304_and_cheap(world, engineer, django_assert_num_queries):
    row = post(world, world.engineer)
    etag = engineer.get(LIVE).headers["ETag"]
    # Session, account, memberships, and one of its own.
    with django_assert_num_queries(4):
        response = engineer.get(LIVE, HTTP_IF_NONE_MATCH=etag)
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == etag
    assert response.headers["X-Server-Now"]
    with django_assert_num_queries(5):
        assert engineer.get(LIVE).status_code == 200
    Delivery.objects.filter(pk=row.pk).update(read_at=NOON)
    assert engineer.get(LIVE, HTTP_IF_NONE_MATCH=etag).json()["unread"] == 0


def test_poll_speaks_the_language_of_the_page(world, engineer):
    post(world, world.engineer)
    etag = engineer.get(LIVE).headers["ETag"]
    engineer.cookies["language"] = "en"
    assert engineer.get(LIVE, HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_poll_is_not_for_strangers(client, db):
    assert client.get(LIVE, HTTP_ACCEPT="application/json").status_code == 401


def test_many_unread_are_counted_to_a_hundred(world, engineer):
    for number in range(102):
        post(world, world.engineer, f"GD-{number}")
    assert engineer.get(LIVE).json()["unread"] == 100


def test_list_shows_unread_and_all_a_page_at_a_time(world, engineer, django_assert_max_num_queries):
    rows = [post(world, world.engineer, f"GD-{number:03}") for number in range(40)]
    Delivery.objects.filter(pk=rows[39].pk).update(read_at=NOON)
    with django_assert_max_num_queries(8):
        first = engineer.get(reverse("notifications:list")).content.decode()
    assert "GD-039" in first and "GD-010" in first and "GD-009" not in first
    second = engineer.get(reverse("notifications:list"), {"before": rows[10].pk}).content.decode()
    assert "GD-009" in second and "GD-010" not in second
    unread = engineer.get(reverse("notifications:list"), {"show": "unread"}).content.decode()
    assert "GD-039" not in unread and "GD-038" in unread and "show=unread&amp;before=" in unread


def test_list_is_empty_for_others(world, client):
    post(world, world.engineer)
    client.force_login(make_world("b").engineer)
    assert "GD-1" not in client.get(reverse("notifications:list")).content.decode()


def test_reading_one_leads_to_what_it_speaks_of(world, engineer):
    row = post(world, world.engineer)
    response = engineer.post(reverse("notifications:read"), {"id": row.pk})
    assert (response.status_code, response.headers["Location"]) == (302, "/tickets/GD-1/")
    row.refresh_from_db()
    assert row.read_at is not None
    assert row.read_at - row.message.posted_at > timedelta(0)


def test_reading_all_stays_on_the_page(world, engineer):
    for number in range(3):
        post(world, world.engineer, f"GD-{number}")
    response = engineer.post(reverse("notifications:read"), {"all": "1"})
    assert response.headers["Location"] == reverse("notifications:list")
    assert not Delivery.objects.filter(read_at=None).exists()


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_only_addresses_of_the_house_are_followed(world, engineer, url):
    row = post(world, world.engineer, url=url)
    assert engineer.post(reverse("notifications:read"), {"id": row.pk}).headers["Location"] == reverse(
        "notifications:list"
    )


def test_messages_of_others_and_nonsense_change_nothing(world, engineer):
    row = post(world, world.manager)
    for value in (str(row.pk), "x", "-1", "9" * 40):
        response = engineer.post(reverse("notifications:read"), {"id": value})
        assert response.headers["Location"] == reverse("notifications:list")
    row.refresh_from_db()
    assert row.read_at is None
