"""The demo's roster: the five people of the papers, on duty when the hall is open, with a past to look at."""

from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from core.clock import SHANGHAI
from guarantee.demo.roster import WEEKS_AHEAD, keep_roster
from parties.models import Contract
from roster.duty import on_duty
from roster.models import CheckIn, CompOff, Leave, Shift
from roster.plan import plan_of
from roster.rules import Fault
from roster.tests.make import more_engineers
from tests.make import World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.once]
UNTIL = datetime(2026, 11, 20, 15, 0, tzinfo=SHANGHAI)
FIRST, LAST = date(2026, 9, 7), date(2026, 12, 20)


@pytest.fixture
def world() -> World:
    world = make_world()
    more_engineers(world)
    Contract.objects.filter(pk=world.contract.pk).update(starts_on=FIRST)
    world.contract.refresh_from_db()
    return world


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=hour)


def keep(world: World) -> None:
    keep_roster(world.contract, seed=1, until=UNTIL, weeks=11)


def test_somebody_is_on_duty_at_every_hour(world: World) -> None:
    keep(world)
    friday = UNTIL.date()
    assert len(on_duty(world.contract, at(friday, 10))) == 4
    assert world.manager not in on_duty(world.contract, at(friday, 10))
    assert len(on_duty(world.contract, at(friday + timedelta(days=1), 10))) == 2
    day = FIRST + timedelta(days=1)
    while day <= LAST:
        assert on_duty(world.contract, at(day, 9)), day
        assert len(on_duty(world.contract, at(day, 22))) == 1, day
        day += timedelta(days=1)
    assert Shift.objects.order_by("date").last().date == UNTIL.date() + timedelta(days=2 + 7 * WEEKS_AHEAD)  # type: ignore[union-attr]


def test_what_is_wrong_with_its_days_comes_from_leaves_alone(world: World) -> None:
    keep(world)
    plan = plan_of(world.contract, FIRST, LAST)
    days = {row.date for row in plan.findings}
    leaves = {leave.first_day for leave in Leave.objects.filter(status="approved")}
    assert days == leaves
    assert {row.kind for row in plan.findings} == {Fault.UNDER, Fault.DOUBLE}


def test_people_came_mostly_in_time_and_saturdays_were_earned(world: World) -> None:
    keep(world)
    came = CheckIn.objects.all()
    assert not came.filter(at__gt=UNTIL).exists()
    late = came.filter(late_seconds__gte=60).count() / came.count()
    assert 0.01 <= late <= 0.09
    assert came.filter(way="later").exists()
    assert CompOff.objects.filter(kind="earned").count() > 15
    assert CompOff.objects.filter(kind="used").count() == 1
    assert Leave.objects.filter(status="requested").count() == 1


def test_it_is_equal_for_equal_seed_and_instant(world: World) -> None:
    seen = []
    for _ in range(2):
        with transaction.atomic():
            keep(world)
            seen.append(list(CheckIn.objects.order_by("at", "person_id").values_list("at", "person__username", "way")))
            transaction.set_rollback(True)
    assert seen[0] == seen[1]
    assert len(seen[0]) > 200
