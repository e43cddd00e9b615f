"""Leaves: asked for, decided, withdrawn; and what they take from the compensatory days."""

from datetime import timedelta

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Delivery, Message
from records.models import AuditEntry
from roster.models import CompOff, Leave, Shift
from roster.querysets import balance_of
from roster.services.leaves import leave_approve, leave_refuse, leave_withdraw
from roster.tests.make import MONDAY, PLANNED, SATURDAY, ask, at, away, plan
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def approve(world, leave, **given):
    return leave_approve(
        **{"leave": leave, "version_seen": leave.version, "actor": world.manager, "at": PLANNED} | given
    )


def told():
    rows = Delivery.objects.filter(channel="in_app").order_by("pk")
    return [(row.message.title, row.recipient.username) for row in rows if row.recipient is not None]


def test_a_leave_is_asked_for_and_the_manager_is_told(world):
    leave = ask(world, world.engineer, replacement=world.engineer2)
    assert (leave.status, leave.half_days) == ("requested", 2)
    assert told() == [("%(name)s asks for leave", "manager")]
    assert Message.objects.get().url == f"/roster/leaves/{leave.pk}/"
    assert AuditEntry.objects.get(verb="leave_request").visibility == "internal"


@pytest.mark.parametrize("role", ["engineer2", "clerk", "supervisor", "auditor", "admin"])
def test_nobody_but_the_manager_asks_for_somebody_else(world, role):
    with pytest.raises(NotAllowed):
        ask(world, world.engineer, actor=getattr(world, role))
    assert ask(world, world.engineer, actor=world.manager).requested_by == world.manager


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"kind": "party"}, "kind"),
        ({"last": MONDAY - timedelta(days=1)}, "last_day"),
        ({"from_noon": True, "until_noon": True}, "last_day"),
        ({"last": MONDAY + timedelta(days=92)}, "last_day"),
        ({"replacement": "engineer"}, "replacement"),
        ({"replacement": "clerk"}, "replacement"),
        ({"kind": "comp_off"}, "kind"),
    ],
)
def test_a_leave_that_does_not_do_is_refused_at_its_field(world, given, field):
    if isinstance(given.get("replacement"), str):
        given = {"replacement": getattr(world, given["replacement"])}
    with pytest.raises(Invalid) as refused:
        ask(world, world.engineer, **given)
    assert field in refused.value.fields
    assert Leave.objects.count() == 0


def test_nobody_is_away_twice_at_the_same_time(world):
    ask(world, world.engineer, until_noon=True)
    ask(world, world.engineer, from_noon=True)
    with pytest.raises(Conflict):
        ask(world, world.engineer, MONDAY - timedelta(days=1), MONDAY)
    refused = Leave.objects.order_by("pk").first()
    assert refused is not None
    leave_refuse(leave=refused, version_seen=1, decision="人手不够", actor=world.manager, at=PLANNED)
    ask(world, world.engineer, until_noon=True)


def test_a_replacement_who_is_away_replaces_nobody(world):
    away(world, world.engineer2)
    with pytest.raises(Invalid):
        ask(world, world.engineer, replacement=world.engineer2)
    leave = ask(world, world.engineer)
    with pytest.raises(Invalid):
        approve(world, leave, replacement=world.engineer2)


def test_an_approval_may_name_another_replacement_and_tells_both(world):
    leave = ask(world, world.engineer)
    Message.objects.all().update(title="")
    approve(world, leave, replacement=world.engineer2, decision="注意交接")
    row = Leave.objects.get(pk=leave.pk)
    assert (row.status, row.replacement, row.decided_by) == ("approved", world.engineer2, world.manager)
    assert told()[1:] == [
        ("The leave of %(name)s is approved", "engineer"),
        ("You stand in for %(name)s", "engineer2"),
    ]


def test_a_leave_is_decided_once_and_by_the_manager_only(world):
    leave = ask(world, world.engineer)
    for actor in (world.engineer, world.engineer2, world.supervisor, world.leader, world.auditor, world.admin):
        with pytest.raises(NotAllowed):
            approve(world, leave, actor=actor)
        with pytest.raises(NotAllowed):
            leave_refuse(leave=leave, version_seen=1, decision="不行", actor=actor, at=PLANNED)
    with pytest.raises(Invalid):
        leave_refuse(leave=leave, version_seen=1, decision=" ", actor=world.manager, at=PLANNED)
    stale = Leave.objects.get(pk=leave.pk)
    approve(world, leave)
    for again in (stale, Leave.objects.get(pk=leave.pk)):
        with pytest.raises(Conflict):
            approve(world, again)
    with pytest.raises(Conflict):
        leave_refuse(leave=leave, version_seen=2, decision="晚了", actor=world.manager, at=PLANNED)


def test_a_leave_is_withdrawn_by_its_person_or_the_manager_until_it_is_over(world):
    leave = ask(world, world.engineer)
    with pytest.raises(NotAllowed):
        leave_withdraw(leave=leave, actor=world.engineer2, at=PLANNED)
    leave_withdraw(leave=leave, actor=world.engineer, at=PLANNED)
    with pytest.raises(Conflict):
        approve(world, leave, version_seen=leave.version)
    done = away(world, world.engineer)
    with pytest.raises(Conflict):
        leave_withdraw(leave=done, actor=world.manager, at=at(MONDAY + timedelta(days=1), "00:00"))
    leave_withdraw(leave=done, actor=world.manager, at=at(MONDAY, "23:59"))
    assert ("The leave of %(name)s is withdrawn", "engineer") in told()


def earn(world, person, half_days):
    """A worked Saturday that earned so much."""
    saturday = SATURDAY - timedelta(days=7 * (CompOff.objects.count() + 1))
    shift = plan(world, "saturday", person, saturday)
    CompOff.objects.create(
        contract=world.contract, person=person, kind="earned", half_days=half_days, date=saturday, shift=shift,
        recorded_at=PLANNED,
    )  # fmt: skip


def test_compensatory_days_are_taken_by_an_approval_and_given_back_by_a_withdrawal(world):
    earn(world, world.engineer, 1)
    earn(world, world.engineer, 2)
    leave = ask(world, world.engineer, kind="comp_off")
    assert balance_of(world.contract, world.engineer) == 3
    approve(world, leave)
    assert balance_of(world.contract, world.engineer) == 1
    with pytest.raises(Invalid) as refused:
        ask(world, world.engineer, MONDAY + timedelta(days=1), kind="comp_off")
    assert "kind" in refused.value.fields
    leave_withdraw(leave=leave, actor=world.engineer, at=PLANNED)
    assert balance_of(world.contract, world.engineer) == 3
    kinds = CompOff.objects.filter(leave=leave).order_by("pk").values_list("kind", "half_days")
    assert list(kinds) == [("used", -2), ("returned", 2)]


def test_what_was_enough_when_asked_for_must_be_enough_when_approved(world):
    earn(world, world.engineer, 2)
    first = ask(world, world.engineer, kind="comp_off")
    second = ask(world, world.engineer, MONDAY + timedelta(days=1), kind="comp_off")
    approve(world, first)
    with pytest.raises(Invalid):
        approve(world, second)
    assert balance_of(world.contract, world.engineer) == 0


def test_a_leave_changes_no_shift_it_only_says_who_stands_there(world):
    shift = plan(world, "opening", world.engineer, stand_in=world.engineer2)
    away(world, world.engineer)
    row = Shift.objects.get(pk=shift.pk)
    assert (row.person, row.stand_in, row.version) == (world.engineer, world.engineer2, 1)
