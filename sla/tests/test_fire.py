"""Rungs fire at their instants, once, with everything that belongs to them; late ones once with their lag; bad ones alone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Delivery, Message
from records.models import AuditEntry
from sla.models import Alert, Clock, ClockEvent
from sla.services.clock import clock_stop
from sla.services.firing import fire_due, replay_due
from sla.tests.make import local, make_clock, make_policy, unit_subject

MONDAY = local("2024-03-18 09:10:00")
SECOND = timedelta(seconds=1)


def fired(clock: Clock) -> list[str]:
    return list(clock.alerts.filter(state="fired").order_by("fire_at").values_list("rung", flat=True))


def readers(rung: str) -> set[str]:
    alert = Alert.objects.get(rung=rung)
    told = Delivery.objects.filter(message__origin=f"alert:{alert.pk}", recipient__isnull=False)
    return set(told.values_list("recipient__username", flat=True))


def test_ladder_of_the_response_is_laid_in_service_time(world, told):
    clock = make_clock(world.contract, local("2024-03-18 17:58:00"))
    rungs = {alert.rung: alert.fire_at for alert in clock.alerts.all()}
    assert clock.due_at == local("2024-03-19 08:33:00")
    assert rungs == {
        "start": local("2024-03-18 17:58:00"),
        "reminder": local("2024-03-18 18:00:00"),
        "manager": local("2024-03-19 08:31:00"),
        "urgent": local("2024-03-19 08:32:00"),
        "breach": local("2024-03-19 08:33:01"),
        "office": local("2024-03-19 08:43:00"),
    }


def test_each_rung_reaches_its_people_at_its_instant(world, told):
    clock = make_clock(world.contract, MONDAY)
    assert fire_due(MONDAY - SECOND) == 0
    assert fire_due(MONDAY) == 1
    assert readers("start") == {"engineer", "engineer2"}
    assert fire_due(MONDAY + 119 * SECOND) == 0
    assert fire_due(MONDAY + 120 * SECOND) == 1
    assert readers("reminder") == {"engineer", "engineer2"}
    assert fire_due(MONDAY + 180 * SECOND) == 1
    assert readers("manager") == {"manager"}
    assert fire_due(MONDAY + 240 * SECOND) == 1
    assert readers("urgent") == {"manager", "engineer", "engineer2"}
    assert Message.objects.get(origin=f"alert:{clock.alerts.get(rung='urgent').pk}").urgent
    assert [rung.name for rung in told] == ["start", "reminder", "manager", "urgent"]
    clock.refresh_from_db()
    assert clock.breached_at is None


def test_breach_is_entered_one_second_after_due_and_dated_at_the_due_instant(world, told):
    clock = make_clock(world.contract, MONDAY)
    due = MONDAY + 300 * SECOND
    fire_due(due)
    clock.refresh_from_db()
    assert clock.breached_at is None
    assert fire_due(due + SECOND) == 1
    clock.refresh_from_db()
    assert clock.breached_at == due
    assert clock.kept is False
    event = clock.events.get(kind="breach")
    assert (event.at, event.recorded_at) == (due, due + SECOND)
    entry = AuditEntry.objects.get(verb="breach")
    assert (entry.subject_type, entry.subject_id, entry.actor) == (clock.subject_type, clock.subject_id, None)
    assert (entry.source, entry.visibility) == ("task", "client")
    assert readers("breach") == {"manager", "engineer", "engineer2"}


def test_a_second_call_fires_nothing_again(world, told):
    make_clock(world.contract, MONDAY)
    later = MONDAY + 301 * SECOND
    assert fire_due(later) == 5
    assert fire_due(later) == 0
    assert ClockEvent.objects.filter(kind="breach").count() == 1
    assert Message.objects.count() == 5


def test_a_message_of_a_rung_cannot_be_posted_twice(world, told):
    make_clock(world.contract, MONDAY)
    fire_due(MONDAY)
    message = Message.objects.get()
    message.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        message.save()


def test_after_an_outage_late_rungs_fire_once_and_say_how_late(world, told):
    clock = make_clock(world.contract, MONDAY)
    assert fire_due(MONDAY + 3600 * SECOND) == 6
    lags = dict(clock.alerts.values_list("rung", "lag_seconds"))
    assert lags["start"] == 3600
    assert lags["breach"] == 3600 - 301
    message = Message.objects.get(origin=f"alert:{clock.alerts.get(rung='reminder').pk}")
    assert message.params["lag"] == 3480
    assert clock.alerts.filter(fired_at__lt=MONDAY).count() == 0


def test_a_start_entered_late_is_no_lag_of_the_engine(world, told):
    clock = make_clock(world.contract, MONDAY)
    Alert.objects.filter(clock=clock).update(laid_at=MONDAY + 200 * SECOND)
    fire_due(MONDAY + 200 * SECOND)
    assert set(clock.alerts.filter(state="fired").values_list("lag_seconds", flat=True)) == {0.0}


def test_a_stop_ends_the_ladder(world, told):
    clock = make_clock(world.contract, MONDAY)
    fire_due(MONDAY)
    clock_stop(clock=clock, at=MONDAY + 60 * SECOND, actor=world.engineer)
    assert fire_due(MONDAY + 3600 * SECOND) == 0
    assert set(clock.alerts.exclude(rung="start").values_list("state", flat=True)) == {"cancelled"}


def test_batches_are_bounded_and_oldest_first(world, told):
    for number in range(4):
        make_clock(world.contract, MONDAY + number * SECOND, name=f"受理区{number}")
    now = MONDAY + 10 * SECOND
    assert fire_due(now, limit=3) == 3
    assert [alert.fire_at for alert in Alert.objects.filter(state="fired")] == [MONDAY + n * SECOND for n in range(3)]
    assert fire_due(now, limit=3) == 1


def test_a_batch_costs_the_same_statements_for_one_as_for_forty(world, told, django_assert_max_num_queries):
    for number in range(40):
        make_clock(world.contract, MONDAY, name=f"受理区{number}")
    with django_assert_max_num_queries(14):
        assert fire_due(MONDAY) == 40
    with django_assert_max_num_queries(18):
        assert fire_due(MONDAY + 301 * SECOND, limit=50) == 50


def test_a_poison_row_backs_off_alone(world):
    bad: list[int] = []

    def listen(unit, rung):
        if unit.pk in bad:
            raise RuntimeError("no good")

    with unit_subject(listen):
        clocks = [make_clock(world.contract, MONDAY, name=f"受理区{number}") for number in range(5)]
        bad.append(clocks[2].subject_id)
        assert fire_due(MONDAY) == 4
        row = clocks[2].alerts.get(rung="start")
        assert (row.state, row.attempts, row.fire_at) == ("pending", 1, MONDAY)
        assert "no good" in row.last_error
        assert row.next_attempt_at == MONDAY + 5 * SECOND
        assert not Message.objects.filter(subject_id=clocks[2].subject_id).exists()
        assert fire_due(MONDAY + SECOND) == 0
        bad.clear()
        assert fire_due(MONDAY + 5 * SECOND) == 1
        row.refresh_from_db()
        assert (row.state, row.lag_seconds) == ("fired", 5.0)


def test_a_batch_that_fails_is_halved_until_the_bad_ones_stand_alone(world):
    bad: list[int] = []
    heard: list[int] = []

    def listen(unit, rung):
        heard.append(unit.pk)
        if unit.pk in bad:
            raise RuntimeError("no good")

    with unit_subject(listen):
        clocks = [make_clock(world.contract, MONDAY, name=f"受理区{number}") for number in range(24)]
        bad += [clocks[3].subject_id, clocks[20].subject_id]
        assert fire_due(MONDAY) == 22
        waiting = Alert.objects.filter(rung="start", state="pending")
        assert sorted(waiting.values_list("clock__subject_id", "attempts")) == [(pk, 1) for pk in sorted(bad)]
        assert Message.objects.count() == 22
        # Not each one alone: most fire in the half that they came in.
        assert len(heard) < 24 * 4


def test_a_rung_that_fails_for_72_hours_is_left_to_a_person(world):
    def listen(unit, rung):
        raise RuntimeError("no good")

    with unit_subject(listen):
        clock = make_clock(world.contract, MONDAY)
        Alert.objects.exclude(rung="start").delete()
        Alert.objects.update(attempts=438)
        now = MONDAY
        for _ in range(4):
            fire_due(now)
            now += timedelta(minutes=10)
        assert clock.alerts.get().state == "dead"
        assert fire_due(now) == 0


def test_an_empty_roster_means_the_manager_and_the_gap_is_told(world, told):
    world.engineer.memberships.update(is_active=False)
    world.engineer2.memberships.update(is_active=False)
    make_clock(world.contract, MONDAY)
    fire_due(MONDAY)
    assert readers("start") == {"manager"}
    assert Message.objects.get().params["notes"] == ["Nobody is on duty: this goes to the manager."]


def test_without_a_manager_every_engineer_is_told(world, told):
    world.manager.memberships.update(is_active=False)
    make_clock(world.contract, MONDAY)
    fire_due(MONDAY + 180 * SECOND)
    assert readers("manager") == {"engineer", "engineer2"}


def test_replay_fires_each_rung_at_its_own_instant(world, told):
    clock = make_clock(world.contract, MONDAY)
    assert replay_due(clock_ids=[clock.pk], until=MONDAY + 179 * SECOND) == 2
    assert fired(clock) == ["start", "reminder"]
    for alert in clock.alerts.filter(state="fired"):
        assert (alert.fired_at, alert.lag_seconds, alert.source) == (alert.fire_at, 0.0, "demo")
    for delivery in Delivery.objects.all():
        posted = delivery.message.posted_at
        assert (delivery.state, delivery.delivered_at, delivery.read_at) == ("delivered", posted, posted)
    assert replay_due(clock_ids=[clock.pk], until=MONDAY + 301 * SECOND, read=False) == 3
    clock.refresh_from_db()
    assert clock.breached_at == MONDAY + 300 * SECOND
    assert set(AuditEntry.objects.filter(subject_type=clock.subject_type).values_list("source", flat=True)) == {"demo"}


def test_only_the_clocks_that_are_named_fire(world, told):
    first, second = (make_clock(world.contract, MONDAY, name=name) for name in ("受理区1", "受理区2"))
    assert fire_due(MONDAY, clock_ids=[second.pk]) == 1
    assert fired(first) == []


def test_an_accelerated_promise_is_a_policy_row(world, told):
    ladder = [{"name": "start", "after": 0, "to": ["on_duty"]}, {"name": "reminder", "after": 1, "to": ["on_duty"]}]
    make_policy(world.contract, amount=3, ladder=ladder)
    clock = make_clock(world.contract, MONDAY)
    assert clock.due_at == MONDAY + 3 * SECOND
    assert fire_due(MONDAY + 4 * SECOND) == 3
    assert fired(clock) == ["start", "reminder", "breach"]
