"""Messages are rows of their cause's transaction, reach their readers once, and are put into words when they are read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import translation

from notifications.models import Delivery, Message
from notifications.querysets import inbox_of, unread_count
from notifications.rules import LONGEST_DELAY, RETRY_FOR, retry_after
from notifications.services.delivery import deliver_due, mark_read
from notifications.services.outbox import Draft, message_post, messages_post
from notifications.text import UnreadableMessage, safe_words, words_of
from tests.make import make_user, make_world

NOON = datetime(2024, 3, 18, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(db):
    return make_world()


def post(world, *people, title="Deadline missed: %(label)s", **more):
    terms = {"params": {"label": "GD-20240318-0001"}, "at": NOON, **more}
    return message_post(contract=world.contract, topic="promise", recipients=people, title=title, **terms)


def test_one_delivery_for_each_person(world):
    message = post(world, world.engineer, world.manager, world.engineer)
    assert set(message.deliveries.values_list("recipient__username", "state")) == {
        ("engineer", "pending"),
        ("manager", "pending"),
    }


def test_nobody_active_means_no_message(world):
    world.engineer.is_active = False
    assert post(world, world.engineer) is None
    assert post(world) is None
    assert not Message.objects.exists()


def test_message_goes_with_the_transaction_that_caused_it(world):
    with pytest.raises(RuntimeError), transaction.atomic():
        post(world, world.engineer)
        raise RuntimeError("the cause failed")
    assert not Message.objects.exists()


def test_many_messages_cost_three_statements(world, django_assert_num_queries):
    drafts = [
        Draft(contract=world.contract, topic="promise", recipients=[world.engineer], title="x", at=NOON)
        for _ in range(20)
    ]
    with django_assert_num_queries(3):
        assert len(messages_post(drafts)) == 20


def test_bell_shows_a_message_before_it_is_delivered(world):
    post(world, world.engineer)
    assert unread_count(world.engineer) == 1
    assert unread_count(world.manager) == 0


def test_delivery_happens_once(world):
    message = post(world, world.engineer, world.manager)
    assert deliver_due(NOON - SECOND) == 0
    assert deliver_due(NOON) == 2
    assert deliver_due(NOON + SECOND) == 0
    assert set(message.deliveries.values_list("state", "attempts", "delivered_at")) == {("delivered", 1, NOON)}


def test_delivery_is_bounded_and_oldest_first(world):
    first = post(world, world.engineer, at=NOON - SECOND)
    post(world, world.engineer)
    assert deliver_due(NOON, limit=1) == 1
    assert first.deliveries.get().state == "delivered"


def test_unreadable_message_backs_off_alone(world):
    post(world, world.engineer)
    bad = post(world, world.engineer, params={})
    post(world, world.manager)
    assert deliver_due(NOON) == 3
    row = bad.deliveries.get()
    assert (row.state, row.attempts, row.next_attempt_at) == ("pending", 1, NOON + 5 * SECOND)
    assert "label" in row.last_error
    assert Delivery.objects.filter(state="delivered").count() == 2
    assert deliver_due(NOON + 4 * SECOND) == 0
    Message.objects.filter(pk=bad.pk).update(params={"label": "好"})
    assert deliver_due(NOON + 5 * SECOND) == 1
    assert bad.deliveries.get().state == "delivered"


def test_dead_delivery_leaves_the_inbox(world):
    bad = post(world, world.engineer, params={})
    Delivery.objects.update(attempts=500)
    deliver_due(NOON)
    assert bad.deliveries.get().state == "dead"
    assert not inbox_of(world.engineer).exists()


def test_retries_grow_and_last_72_hours():
    waits: list[timedelta] = []
    while (wait := retry_after(len(waits) + 1)) is not None:
        waits.append(wait)
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 40)]
    assert max(waits) == LONGEST_DELAY
    assert RETRY_FOR <= sum(waits, timedelta()) <= RETRY_FOR + LONGEST_DELAY


def test_words_are_the_readers(world):
    message = post(
        world,
        world.engineer,
        body="%(t_kind)s was due at %(due_at)s. Please act now and give the reason.",
        params={"label": "GD-1", "t_kind": "Response", "due_at": NOON, "notes": ["%(lag)s"], "lag": 7},
    )
    with translation.override("en"):
        assert words_of(message).title == "Deadline missed: GD-1"
        assert words_of(message).body.endswith("due at 03-18 12:00:00. Please act now and give the reason. 7")


def test_message_whose_parameters_do_not_fit_never_breaks_a_page(world):
    message = post(world, world.engineer, params={})
    with pytest.raises(UnreadableMessage):
        words_of(message)
    assert safe_words(message).title == "Deadline missed: %(label)s"


def test_reading_marks_ones_own_messages_only(world):
    post(world, world.engineer, world.manager)
    post(world, world.engineer)
    theirs = Delivery.objects.get(recipient=world.manager)
    assert mark_read(user=world.engineer, ids=[theirs.pk], at=NOON) == 0
    assert mark_read(user=world.engineer, at=NOON + SECOND) == 2
    assert mark_read(user=world.engineer, at=NOON + 2 * SECOND) == 0
    assert (unread_count(world.engineer), unread_count(world.manager)) == (0, 1)


def test_messages_end_with_the_membership(world):
    other = make_world("b")
    guest = make_user("guest")
    post(world, guest)
    assert unread_count(guest) == 0
    post(other, world.engineer)
    assert unread_count(world.engineer) == 0
