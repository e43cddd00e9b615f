"""Who is on duty at an instant."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from parties.models import User
from roster.duty import on_duty, roster_kept, stand_ins
from roster.models import Shift
from roster.tests.make import MONDAY, PLANNED, at, away, five_at_work, more_engineers, plan, post
from tests.make import World, make_world

pytestmark = pytest.mark.django_db
TEN = at(MONDAY, "10:00")


@pytest.fixture
def world() -> World:
    return make_world()


def test_until_the_first_shift_every_engineer_is_on_duty(world):
    assert not roster_kept(world.contract)
    assert on_duty(world.contract, TEN) == [world.engineer, world.engineer2]
    assert stand_ins(world.contract, TEN) == []


def test_then_it_is_whose_shift_covers_the_instant(world):
    plan(world, "opening", world.engineer)
    assert roster_kept(world.contract)
    assert on_duty(world.contract, at(MONDAY, "08:29")) == []
    assert on_duty(world.contract, at(MONDAY, "08:30")) == [world.engineer]
    assert on_duty(world.contract, at(MONDAY, "16:59")) == [world.engineer]
    assert on_duty(world.contract, at(MONDAY, "17:00")) == []
    assert on_duty(world.contract, TEN + timedelta(days=1)) == []


def test_the_lead_is_in_the_hall_but_answers_no_requests(world):
    plan(world, "lead", world.manager)
    assert on_duty(world.contract, TEN) == []
    plan(world, "day", world.manager)
    assert on_duty(world.contract, TEN) == [world.manager]


def test_somebody_on_leave_is_replaced(world):
    (third,) = more_engineers(world, 1)
    plan(world, "opening", world.engineer, stand_in=world.engineer2)
    assert stand_ins(world.contract, TEN) == [world.engineer2]
    leave = away(world, world.engineer, from_noon=True)
    assert on_duty(world.contract, TEN) == [world.engineer]
    assert on_duty(world.contract, at(MONDAY, "12:00")) == [world.engineer2]
    type(leave).objects.filter(pk=leave.pk).update(replacement=third)
    assert on_duty(world.contract, at(MONDAY, "12:00")) == [third]
    away(world, third)
    assert on_duty(world.contract, at(MONDAY, "12:00")) == []


def test_somebody_on_leave_stands_in_for_nobody(world):
    plan(world, "opening", world.engineer, stand_in=world.engineer2)
    away(world, world.engineer2)
    assert stand_ins(world.contract, TEN) == []
    away(world, world.engineer)
    assert on_duty(world.contract, TEN) == []


def test_stand_by_counts_only_where_nobody_else_does(world):
    plan(world, "opening", world.engineer)
    plan(world, "standby", world.engineer2)
    assert on_duty(world.contract, TEN) == [world.engineer]
    assert stand_ins(world.contract, TEN) == [world.engineer2]
    assert on_duty(world.contract, at(MONDAY, "22:00")) == [world.engineer2]
    assert on_duty(world.contract, at(MONDAY + timedelta(days=1), "08:29")) == [world.engineer2]
    assert on_duty(world.contract, at(MONDAY + timedelta(days=1), "08:30")) == []


def test_somebody_whose_account_ends_leaves_a_gap(world):
    plan(world, "opening", world.engineer)
    User.objects.filter(pk=world.engineer.pk).update(is_active=False)
    assert on_duty(world.contract, TEN) == []
    assert roster_kept(world.contract)


def test_a_shift_taken_out_counts_no_more_but_the_roster_is_kept(world):
    shift = plan(world, "opening", world.engineer)
    Shift.objects.filter(pk=shift.pk).update(status="cancelled")
    assert on_duty(world.contract, TEN) == []


def test_the_roster_of_one_hall_says_nothing_of_another(world):
    other = make_world("b")
    plan(world, "opening", world.engineer)
    assert on_duty(other.contract, TEN) == [other.engineer, other.engineer2]


def test_it_is_one_statement_however_many_shifts_there_are(world):
    with CaptureQueriesContext(connection) as empty:
        on_duty(world.contract, TEN)
    people = five_at_work(world)
    for person in people[1:]:
        away(world, person)
    with CaptureQueriesContext(connection) as full:
        on_duty(world.contract, TEN)
    assert len(empty) == len(full) == 1


def test_the_database_keeps_a_person_from_standing_twice_at_one_post(world):
    shift = plan(world, "opening", world.engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.create(
            contract=world.contract, date=MONDAY, post=post(world, "opening"), person=world.engineer,
            starts_at=shift.starts_at, ends_at=shift.ends_at, planned_at=PLANNED,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.filter(pk=shift.pk).update(ends_at=shift.starts_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.filter(pk=shift.pk).update(stand_in=world.engineer)
