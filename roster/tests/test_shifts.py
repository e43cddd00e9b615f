"""Shifts added, changed, taken out; weeks copied and generated."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from records.models import AuditEntry
from roster.models import CheckIn, Shift
from roster.rules import Verdict
from roster.services.check_in import check_in
from roster.services.posts import post_change, roster_load
from roster.services.rotations import rotation_add, rotation_end
from roster.services.shifts import (
    copy_preview,
    generate_preview,
    roster_generate,
    shift_cancel,
    shift_change,
    week_copy,
)
from roster.tests.make import HOLIDAY, MONDAY, PLANNED, SATURDAY, at, away, plan, post
from tests.make import World, make_world

pytestmark = pytest.mark.django_db
NEXT = MONDAY + timedelta(days=7)
OTHERS = ("engineer", "supervisor", "leader", "auditor", "clerk", "admin")


@pytest.fixture
def world() -> World:
    return make_world()


def change(world, shift, **given):
    return shift_change(
        **{
            "shift": shift,
            "person": shift.person,
            "starts": time(8, 30),
            "ends": time(17),
            "version_seen": shift.version,
            "actor": world.manager,
            "at": PLANNED,
        }
        | given
    )


def test_every_contract_has_the_posts_of_the_papers(world):
    codes = list(world.contract.posts.values_list("code", flat=True))
    assert codes == ["lead", "opening", "day", "closing", "monitoring", "saturday", "holiday", "event", "standby"]
    assert roster_load(world.contract) == []
    assert post(world, "saturday").min_people == 2


def test_a_shift_has_its_posts_hours_unless_it_has_its_own(world):
    usual = plan(world, "opening", world.engineer, stand_in=world.engineer2, note="  顶班 ")
    assert (usual.starts_at, usual.ends_at, usual.note) == (at(MONDAY, "08:30"), at(MONDAY, "17:00"), "顶班")
    own = plan(world, "opening", world.engineer2, starts=time(10), ends=time(12))
    assert (own.starts_at, own.ends_at) == (at(MONDAY, "10:00"), at(MONDAY, "12:00"))
    entry = AuditEntry.objects.get(subject_type="shift", subject_id=usual.pk)
    assert entry.verb == "shift_add"
    assert entry.after["person"]["label"] == world.engineer.name
    assert entry.visibility == "internal"


@pytest.mark.parametrize("role", OTHERS)
def test_only_the_manager_plans(world, role):
    with pytest.raises(NotAllowed):
        plan(world, "opening", world.engineer, actor=getattr(world, role))
    shift = plan(world, "opening", world.engineer)
    actor = getattr(world, role)
    for act in (
        lambda: change(world, shift, actor=actor),
        lambda: shift_cancel(shift=shift, reason="试试", actor=actor, at=PLANNED),
        lambda: week_copy(contract=world.contract, source_week=MONDAY, target_week=NEXT, actor=actor, at=PLANNED),
        lambda: roster_generate(contract=world.contract, first=MONDAY, last=NEXT, actor=actor, at=PLANNED),
        lambda: rotation_add(
            contract=world.contract, post=shift.post, people=[world.engineer], first_day=MONDAY, actor=actor, at=PLANNED
        ),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Shift.objects.count() == 1


def test_only_the_contracts_own_people_and_posts_are_planned(world):
    other = make_world("b")
    for person in (world.clerk, other.engineer):
        with pytest.raises(Invalid) as refused:
            plan(world, "opening", person)
        assert "person" in refused.value.fields
    with pytest.raises(Invalid) as refused:
        plan(world, "opening", world.engineer, stand_in=world.engineer)
    assert "stand_in" in refused.value.fields
    with pytest.raises(NotFound):
        plan(world, "opening", world.engineer, post=post(other, "opening"))


def test_nobody_is_planned_twice_at_one_post_on_one_day(world):
    plan(world, "opening", world.engineer)
    with pytest.raises(Conflict):
        plan(world, "opening", world.engineer, starts=time(10), ends=time(11))
    plan(world, "closing", world.engineer)


def test_a_change_keeps_what_was(world):
    shift = plan(world, "opening", world.engineer)
    done = change(world, shift, person=world.engineer2, ends=time(16))
    assert done.person == world.engineer2
    assert done.ends_at == at(MONDAY, "16:00")
    entry = AuditEntry.objects.get(verb="shift_change")
    assert entry.before["person"]["label"] == world.engineer.name
    assert set(entry.after) == {"person", "ends_at"}


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(world):
    shift = plan(world, "opening", world.engineer)
    stale = Shift.objects.get(pk=shift.pk)
    change(world, shift, note="先")
    with pytest.raises(Conflict):
        change(world, stale, note="后")
    with pytest.raises(Conflict):
        change(world, Shift.objects.get(pk=shift.pk), version_seen=1)
    assert Shift.objects.get(pk=shift.pk).note == "先"


def test_a_change_to_somebody_who_is_there_already_is_refused(world):
    plan(world, "opening", world.engineer2)
    shift = plan(world, "opening", world.engineer)
    with pytest.raises(Conflict):
        change(world, shift, person=world.engineer2)


def test_a_shift_is_taken_out_and_stays_readable(world):
    shift = plan(world, "opening", world.engineer)
    shift_cancel(shift=shift, reason="", actor=world.manager, at=PLANNED)
    assert Shift.objects.get(pk=shift.pk).status == "cancelled"
    with pytest.raises(Conflict):
        shift_cancel(shift=shift, reason="", actor=world.manager, at=PLANNED)
    plan(world, "opening", world.engineer)


def test_taking_out_a_shift_that_has_begun_needs_a_reason(world):
    shift = plan(world, "opening", world.engineer)
    noon = at(MONDAY, "12:00")
    with pytest.raises(Invalid):
        shift_cancel(shift=shift, reason=" ", actor=world.manager, at=noon)
    shift_cancel(shift=shift, reason="排错了", actor=world.manager, at=noon)


def test_a_shift_to_which_somebody_came_stays_theirs(world):
    shift = plan(world, "opening", world.engineer)
    check_in(shift=shift, way="phone", actor=world.engineer, at=at(MONDAY, "08:20"))
    with pytest.raises(Conflict):
        shift_cancel(shift=shift, reason="不行", actor=world.manager, at=PLANNED)
    with pytest.raises(Conflict):
        change(world, shift, person=world.engineer2)
    assert CheckIn.objects.count() == 1


# --- copy ---------------------------------------------------------------------------------------------------------------


def test_a_copied_week_keeps_what_is_there_and_tells_what_it_left_out(world):
    plan(world, "opening", world.engineer, stand_in=world.engineer2, starts=time(9), note="轮岗")
    plan(world, "opening", world.engineer2, MONDAY + timedelta(days=1))
    plan(world, "saturday", world.engineer, SATURDAY)
    plan(world, "day", world.engineer2, NEXT)
    plan(world, "day", world.engineer2, MONDAY)
    away(world, world.engineer2, NEXT + timedelta(days=1))
    outcome = week_copy(
        contract=world.contract,
        source_week=MONDAY + timedelta(days=2),
        target_week=NEXT,
        actor=world.manager,
        at=PLANNED,
    )
    assert (len(outcome.new), outcome.existing) == (2, 1)
    assert [(row.turn.date, row.verdict) for row in outcome.skipped] == [(NEXT + timedelta(days=1), Verdict.AWAY)]
    copied = Shift.objects.get(date=NEXT, post__code="opening")
    assert copied.origin == "copied"
    assert (copied.starts_at, copied.stand_in, copied.note) == (at(NEXT, "09:00"), world.engineer2, "轮岗")
    again = week_copy(contract=world.contract, source_week=MONDAY, target_week=NEXT, actor=world.manager, at=PLANNED)
    assert again.new == []


def test_a_week_is_copied_over_a_holiday_without_its_days(world):
    for index in range(5):
        plan(world, "opening", world.engineer, MONDAY + timedelta(days=index))
    target = HOLIDAY - timedelta(days=3)
    outcome = copy_preview(world.contract, source_week=MONDAY, target_week=target)
    assert [row.turn.date for row in outcome.new] == [target + timedelta(days=n) for n in range(3)]
    assert {row.verdict for row in outcome.skipped} == {Verdict.NOT_NEEDED}
    assert Shift.objects.count() == 5


def test_a_week_is_not_copied_onto_itself(world):
    with pytest.raises(Invalid):
        copy_preview(world.contract, source_week=MONDAY, target_week=MONDAY + timedelta(days=6))


# --- generate -----------------------------------------------------------------------------------------------------------


def rotate(world, code, people, **given):
    return rotation_add(
        **{
            "contract": world.contract,
            "post": post(world, code),
            "people": people,
            "first_day": MONDAY,
            "actor": world.manager,
            "at": PLANNED,
        }
        | given
    )


def generate(world, first=MONDAY, last=NEXT + timedelta(days=6)):
    return roster_generate(contract=world.contract, first=first, last=last, actor=world.manager, at=PLANNED)


def test_rotations_are_laid_over_the_service_calendar(world):
    rotate(world, "opening", [world.engineer, world.engineer2])
    rotate(world, "saturday", [world.engineer, world.engineer2], per_day=2)
    outcome = generate(world, last=date(2024, 4, 14))
    opening = dict(Shift.objects.filter(post__code="opening").values_list("date", "person__name"))
    # 清明: 4 to 6 April are free, Sunday the 7th is worked.
    assert date(2024, 4, 3) in opening
    assert date(2024, 4, 4) not in opening
    assert date(2024, 4, 7) in opening
    assert opening[MONDAY] == opening[date(2024, 4, 7)] == world.engineer.name
    assert opening[NEXT] == opening[date(2024, 4, 8)] == world.engineer2.name
    saturdays = Shift.objects.filter(post__code="saturday").values_list("date", flat=True)
    assert sorted(set(saturdays)) == [SATURDAY, date(2024, 3, 30), date(2024, 4, 13)]
    assert len(saturdays) == 6
    assert outcome.existing == 0


def test_generating_again_adds_nothing_and_keeps_what_the_hand_changed(world):
    rotate(world, "opening", [world.engineer, world.engineer2])
    generate(world)
    shift = Shift.objects.get(date=MONDAY, post__code="opening")
    change(world, shift, note="手工")
    count = Shift.objects.count()
    outcome = generate(world)
    assert (outcome.new, outcome.skipped, outcome.existing) == ([], [], count)
    assert Shift.objects.count() == count
    assert Shift.objects.get(pk=shift.pk).note == "手工"


def test_where_one_begins_to_generate_does_not_change_whose_turn_it_is(world):
    rotate(world, "opening", [world.engineer, world.engineer2], step="day")
    whole = generate_preview(world.contract, first=MONDAY, last=NEXT + timedelta(days=6))
    later = generate_preview(world.contract, first=NEXT, last=NEXT + timedelta(days=6))
    assert [row.turn for row in whole.new if row.turn.date >= NEXT] == [row.turn for row in later.new]
    assert Shift.objects.count() == 0


def test_a_leave_with_a_replacement_is_planned_and_one_without_is_left_out(world):
    rotate(world, "opening", [world.engineer])
    away(world, world.engineer, MONDAY)
    away(world, world.engineer, MONDAY + timedelta(days=1), replacement=world.engineer2)
    outcome = generate(world, last=MONDAY + timedelta(days=2))
    assert [(row.turn.date, row.verdict) for row in outcome.wanted] == [
        (MONDAY, Verdict.AWAY),
        (MONDAY + timedelta(days=1), Verdict.NEW),
        (MONDAY + timedelta(days=2), Verdict.NEW),
    ]


def test_a_rotation_that_ended_plans_nothing_after(world):
    rotation = rotate(world, "opening", [world.engineer])
    rotation_end(rotation=rotation, last_day=MONDAY + timedelta(days=1), actor=world.manager, at=PLANNED)
    assert len(generate(world).new) == 2
    with pytest.raises(Conflict):
        rotation_end(rotation=rotation, last_day=MONDAY + timedelta(days=3), actor=world.manager, at=PLANNED)
    begun_never = rotate(world, "day", [world.engineer], first_day=NEXT)
    ended = rotation_end(rotation=begun_never, last_day=MONDAY, actor=world.manager, at=PLANNED)
    assert not ended.is_active


@pytest.mark.parametrize(
    ("first", "last"), [(MONDAY, MONDAY - timedelta(days=1)), (MONDAY, MONDAY + timedelta(days=92))]
)
def test_a_span_that_does_not_do_is_refused(world, first, last):
    with pytest.raises(Invalid) as refused:
        generate(world, first, last)
    assert "last" in refused.value.fields


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"people": []}, "people"),
        ({"people": "twice"}, "people"),
        ({"people": "clerk"}, "people"),
        ({"per_day": 2}, "per_day"),
        ({"last_day": MONDAY - timedelta(days=1)}, "last_day"),
    ],
)
def test_a_rotation_that_does_not_do_is_refused(world, given, field):
    people = {"twice": [world.engineer, world.engineer], "clerk": [world.clerk]}
    given = {**given, "people": people.get(str(given.get("people")), given.get("people", [world.engineer]))}
    with pytest.raises(Invalid) as refused:
        rotate(world, "opening", **given)
    assert field in refused.value.fields


def test_a_post_is_changed_and_planned_shifts_keep_their_hours(world):
    shift = plan(world, "opening", world.engineer)
    given: dict[str, Any] = {
        "name": "开厅岗",
        "day_kinds": ["workday"],
        "starts": time(8),
        "ends": time(16),
        "min_people": 2,
    }
    act: dict[str, Any] = {"post": post(world, "opening"), "is_active": True, "at": PLANNED}
    post_change(**act, **given, actor=world.manager)
    assert post(world, "opening").starts == time(8)
    assert Shift.objects.get(pk=shift.pk).starts_at == at(MONDAY, "08:30")
    with pytest.raises(NotAllowed):
        post_change(**act, **given, actor=world.engineer)
    for wrong in ([], ["someday"]):
        with pytest.raises(Invalid):
            post_change(**act, **(given | {"day_kinds": wrong}), actor=world.manager)
