"""Check-ins, and the days off that they earn."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core.errors import Conflict, Invalid, NotAllowed
from roster.models import CheckIn, CompOff
from roster.querysets import balance_of, balances
from roster.services.check_in import check_in, check_in_enter
from roster.services.comp_off import comp_off_earn
from roster.services.shifts import shift_cancel
from roster.tests.make import HOLIDAY, MONDAY, PLANNED, SATURDAY, at, away, plan
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def come(world, shift, clock="08:20", actor=None, day=None):
    return check_in(shift=shift, way="phone", actor=actor or shift.person, at=at(day or shift.date, clock))


def enter(world, shift, clock="08:31", **given):
    return check_in_enter(
        **{
            "shift": shift,
            "person": shift.person,
            "came_at": at(shift.date, clock),
            "reason": "忘记签到",
            "actor": world.manager,
            "at": at(shift.date + timedelta(days=1), "10:00"),
        }
        | given
    )


@pytest.mark.parametrize(
    ("clock", "late"), [("08:00", 0), ("08:30", 0), ("08:31", 60), ("12:00", 12_600), ("16:59", 30_540)]
)
def test_somebody_comes_and_their_lateness_is_kept(world, clock, late):
    row = come(world, plan(world, "opening", world.engineer), clock)
    assert (row.late_seconds, row.way, row.entered_by) == (late, "phone", None)


@pytest.mark.parametrize("clock", ["07:59", "17:00"])
def test_the_doors_open_half_an_hour_before_and_close_with_the_shift(world, clock):
    with pytest.raises(Invalid):
        come(world, plan(world, "opening", world.engineer), clock)
    assert CheckIn.objects.count() == 0


def test_pressed_twice_the_first_instant_stands(world):
    shift = plan(world, "opening", world.engineer)
    first = come(world, shift, "08:20")
    assert come(world, shift, "09:00") == first
    assert CheckIn.objects.get().at == at(MONDAY, "08:20")
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckIn.objects.create(
            contract=world.contract, shift=shift, person=world.engineer, at=PLANNED, way="page", recorded_at=PLANNED
        )


@pytest.mark.parametrize("role", ["engineer2", "manager", "supervisor", "clerk", "auditor", "admin"])
def test_nobody_checks_in_for_somebody_else(world, role):
    shift = plan(world, "opening", world.engineer, stand_in=world.engineer2)
    with pytest.raises(NotAllowed):
        come(world, shift, actor=getattr(world, role))


def test_whoever_takes_over_checks_in_for_their_part(world):
    shift = plan(world, "opening", world.engineer)
    away(world, world.engineer, until_noon=True, replacement=world.engineer2)
    assert come(world, shift, "08:25", world.engineer2).late_seconds == 0
    with pytest.raises(Invalid):
        come(world, shift, "08:25")
    with pytest.raises(Invalid):
        check_in(shift=plan(world, "day", world.engineer2), way="page", actor=world.engineer2, at=at(MONDAY, "18:00"))
    assert come(world, shift, "12:02").late_seconds == 120
    assert CheckIn.objects.filter(shift=shift).count() == 2


def test_stand_by_has_no_check_in_and_what_was_taken_out_neither(world):
    with pytest.raises(NotAllowed):
        come(world, plan(world, "standby", world.engineer), "10:00")
    shift = plan(world, "opening", world.engineer)
    shift_cancel(shift=shift, reason="", actor=world.manager, at=PLANNED)
    with pytest.raises(Conflict):
        come(world, shift)


def test_the_manager_enters_one_later_and_it_stays_marked(world):
    shift = plan(world, "opening", world.engineer)
    row = enter(world, shift)
    assert (row.way, row.entered_by, row.reason, row.late_seconds) == ("later", world.manager, "忘记签到", 60)
    assert row.recorded_at > row.at
    with pytest.raises(Conflict):
        enter(world, shift)
    with pytest.raises(NotAllowed):
        enter(world, plan(world, "day", world.engineer2), actor=world.engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        CheckIn.objects.filter(pk=row.pk).update(reason="")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"came_at": at(MONDAY, "07:00")}, "came_at"),
        ({"came_at": at(MONDAY, "17:00")}, "came_at"),
        ({"at": at(MONDAY, "08:30")}, "came_at"),
    ],
)
def test_a_later_entry_that_does_not_do_is_refused(world, given, field):
    with pytest.raises(Invalid) as refused:
        enter(world, plan(world, "opening", world.engineer), **given)
    assert field in refused.value.fields


def test_a_later_entry_for_somebody_who_was_not_expected_is_refused(world):
    with pytest.raises(Invalid) as refused:
        enter(world, plan(world, "opening", world.engineer), person=world.engineer2)
    assert "person" in refused.value.fields


# --- what is earned -----------------------------------------------------------------------------------------------------


def test_saturdays_earn_half_a_day_and_holidays_a_whole_one_for_those_who_came(world):
    saturday = plan(world, "saturday", world.engineer, SATURDAY)
    holiday = plan(world, "holiday", world.engineer, HOLIDAY)
    monday = plan(world, "opening", world.engineer)
    absent = plan(world, "saturday", world.engineer2, SATURDAY)
    for shift in (saturday, holiday, monday):
        come(world, shift, "09:00")
    assert comp_off_earn(world.contract, at(SATURDAY, "12:59")) == 0
    assert comp_off_earn(world.contract, at(SATURDAY, "13:00")) == 1
    assert balance_of(world.contract, world.engineer) == 1
    later = at(HOLIDAY, "20:00")
    assert comp_off_earn(world.contract, later) == 1
    assert comp_off_earn(world.contract, later) == 0
    assert balances(world.contract) == {world.engineer.pk: {"earned": 3, "used": 0, "left": 3}}
    enter(world, absent, "08:30", at=later)
    assert comp_off_earn(world.contract, later) == 1
    assert balance_of(world.contract, world.engineer2) == 1


def test_whoever_took_over_earns_it(world):
    shift = plan(world, "saturday", world.engineer, SATURDAY)
    away(world, world.engineer, SATURDAY, replacement=world.engineer2)
    come(world, shift, "08:30", world.engineer2)
    comp_off_earn(world.contract, at(SATURDAY, "18:00"))
    assert list(CompOff.objects.values_list("person__username", "half_days")) == [("engineer2", 1)]


def test_two_shifts_on_one_day_off_earn_one_day(world):
    for code in ("holiday", "event"):
        come(world, plan(world, code, world.engineer, HOLIDAY), "09:00")
    assert comp_off_earn(world.contract, at(HOLIDAY, "20:00")) == 2
    assert balance_of(world.contract, world.engineer) == 2
