"""Alarms as they are posted: once, to whom, at which hour; and what a changed calendar would touch."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contract.rules import DayKind
from contract.services.calendar import OverrideData, calendar_of, calendar_publish
from core import clock
from notifications.models import Delivery, Message
from parties.models import Contract
from roster.models import CompOff, Shift
from roster.services.alarms import alarms_of, alarms_post
from roster.services.check_in import check_in
from roster.tasks import watch_rosters
from roster.tests.make import MONDAY, SATURDAY, at, away, days, five_at_work, plan
from roster.watcher import differences
from tests.make import World, make_world

pytestmark = pytest.mark.django_db
FRIDAY, TUESDAY = date(2024, 3, 22), MONDAY + days(1)


@pytest.fixture
def world() -> World:
    return make_world()


def whole_week(world: World) -> None:
    """Everybody in place on every day that the alarms look at from MONDAY on."""
    for number in (0, 1, 2, 3, 4, 7):
        five_at_work(world, MONDAY + days(number))
    for person in (world.engineer, world.engineer2):
        plan(world, "saturday", person, SATURDAY)


def told() -> list[tuple[str, str]]:
    rows = Delivery.objects.filter(channel="in_app").order_by("message_id", "recipient_id")
    return [(row.message.title, row.recipient.username) for row in rows if row.recipient is not None]


def forget() -> None:
    """What the leaves themselves told is not what is asked here."""
    Delivery.objects.all().delete()
    Message.objects.all().delete()


def everybody_comes(world: World, day: date = MONDAY) -> None:
    for shift in Shift.objects.filter(date=day):
        check_in(
            shift=shift,
            way="page",
            actor=shift.person,
            at=at(day, "08:35" if shift.post.code != "closing" else "09:20"),
        )


def test_without_a_roster_there_is_no_alarm(world):
    assert alarms_of(world.contract, at(MONDAY, "10:00")) is None
    assert alarms_post(world.contract, at(MONDAY, "10:00")) == 0


def test_with_everybody_in_place_there_is_nothing_to_tell(world):
    whole_week(world)
    everybody_comes(world)
    watch = alarms_of(world.contract, at(MONDAY, "10:00"))
    assert watch is not None
    assert watch.alarms == []


def test_too_few_people_within_a_week_are_told_once_to_the_manager(world):
    whole_week(world)
    everybody_comes(world)
    away(world, world.engineer, FRIDAY)
    forget()
    now = at(MONDAY, "10:00")
    assert alarms_post(world.contract, now) == 1
    assert alarms_post(world.contract, now + timedelta(minutes=5)) == 0
    assert told() == [("Too few people on %(date)s", "manager")]
    message = Message.objects.get()
    assert message.params == {"date": "2024-03-22", "have": 4, "want": 5}
    assert message.url == "/roster/?week=2024-03-18"
    assert message.topic == "roster"


def test_nothing_is_told_outside_service_time_but_the_page_shows_it(world):
    whole_week(world)
    away(world, world.engineer, FRIDAY)
    forget()
    night = at(MONDAY, "22:00")
    watch = alarms_of(world.contract, night)
    assert watch is not None
    assert [alarm.told for alarm in watch.alarms] == [False]
    assert alarms_post(world.contract, night) == 0


def test_the_gaps_of_a_day_are_told_together_on_the_afternoon_before(world):
    whole_week(world)
    everybody_comes(world)
    Shift.objects.filter(date=TUESDAY, post__code__in=("opening", "closing")).update(status="cancelled")
    five = at(MONDAY, "14:59")
    assert alarms_post(world.contract, five) == 1  # three of five people
    assert alarms_post(world.contract, at(MONDAY, "15:00")) == 1
    message = Message.objects.order_by("pk").last()
    assert message is not None
    assert message.params == {"date": "2024-03-19", "posts": "开厅岗、闭厅岗"}
    plan(world, "opening", world.engineer2, TUESDAY)
    assert alarms_post(world.contract, at(MONDAY, "15:05")) == 1  # another gap, another message
    assert alarms_post(world.contract, at(MONDAY, "15:10")) == 0


def test_the_gaps_of_a_holiday_are_told_before_it_begins(world):
    eve = date(2024, 4, 3)
    for number in (0, 4, 5, 6):
        five_at_work(world, eve + days(number))
    plan(world, "holiday", world.engineer, date(2024, 4, 4))
    plan(world, "holiday", world.engineer, date(2024, 4, 5))
    watch = alarms_of(world.contract, at(eve, "16:00"))
    assert watch is not None
    gaps = [(alarm.date, alarm.told) for alarm in watch.alarms if alarm.kind == "gap"]
    assert gaps == [(date(2024, 4, 6), True)]


def test_somebody_who_has_not_come_is_told_with_the_manager(world):
    whole_week(world)
    everybody_comes(world, TUESDAY)
    assert alarms_post(world.contract, at(MONDAY, "08:44")) == 0
    assert alarms_post(world.contract, at(MONDAY, "08:45")) == 4
    assert alarms_post(world.contract, at(MONDAY, "09:45")) == 1  # the closing post begins an hour later
    assert alarms_post(world.contract, at(MONDAY, "12:00")) == 0
    people = {username for _title, username in told()}
    assert {"manager", "engineer", "engineer2"} < people
    assert Message.objects.filter(title="%(name)s has not checked in").count() == 5


def test_the_number_of_statements_does_not_grow_with_the_roster(world):
    five_at_work(world)
    counts = []
    for number in (1, 2):
        with CaptureQueriesContext(connection) as seen:
            alarms_of(world.contract, at(MONDAY, "10:00"))
        counts.append(len(seen))
        for ahead in (1, 2, 3):
            five_at_work(world, MONDAY + days(ahead + 3 * (number - 1)))
        away(world, world.engineer, MONDAY + days(number))
    assert counts[0] == counts[1] <= 9


def test_the_task_watches_every_contract_in_force_and_enters_what_was_earned(world, monkeypatch):
    other = make_world("b")
    Contract.objects.filter(pk=other.contract.pk).update(ends_on=MONDAY - days(1))
    for one in (world, other):
        shift = plan(one, "saturday", one.engineer, SATURDAY - days(7))
        check_in(shift=shift, way="phone", actor=one.engineer, at=at(SATURDAY - days(7), "08:30"))
    monkeypatch.setattr(clock, "now", lambda: at(MONDAY, "10:00"))
    assert watch_rosters() > 0
    assert watch_rosters() == 0
    assert set(Message.objects.values_list("contract_id", flat=True)) == {world.contract.pk}
    assert list(CompOff.objects.values_list("person__username", "half_days")) == [("engineer", 1)]


def test_a_changed_calendar_shows_the_days_whose_shifts_it_touches(world):
    for day in (MONDAY, TUESDAY, FRIDAY):
        plan(world, "opening", world.engineer, day)
    plan(world, "closing", world.engineer2, FRIDAY)
    old = calendar_of(world.contract)
    calendar_publish(
        contract=world.contract,
        weekday_windows={str(day): [["08:30", "18:00"]] for day in range(1, 6)},
        extended_saturday=["09:00", "13:00"],
        overrides=[
            OverrideData(day, DayKind.CLOSURE, "停电检修") for day in (MONDAY - days(7), FRIDAY, FRIDAY + days(7))
        ],
        reason="停电检修",
        actor=None,
        at=at(MONDAY, "10:00"),
    )
    found = differences(world.contract, old, calendar_of(world.contract), at(MONDAY, "10:00"))
    assert [(row.key, row.url, row.amendable) for row in found] == [("2024-03-22", "/roster/?week=2024-03-18", False)]
    assert "08:30–18:00" in found[0].before
    assert found[0].before != found[0].after
