"""Amendments: what is due changes only with a reason; the old instant, the audit entry and the message remain."""

from datetime import date, timedelta

import pytest

from contract.models import CalendarRevision
from contract.rules import DayKind, NationalKind
from contract.rules import NationalDay as Day
from contract.services.calendar import OverrideData, calendar_of, calendar_publish, national_year_load
from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Delivery, Message
from records.models import AuditEntry
from sla.models import Alert, Clock
from sla.services.amend import clock_amend
from sla.services.clock import clock_pause, clock_resume, clock_stop
from sla.services.firing import fire_due
from sla.services.rebuild import difference_of, rebuild
from sla.tests.make import local, make_clock, make_policy
from sla.watchers import clock_differences, clocks_amend

START = local("2024-03-18 17:30:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def fix(world, told):
    """Due on Tuesday at 09:00."""
    return make_clock(world.contract, START, kind="fix")


def closed_tuesday(world) -> CalendarRevision:
    """A revision in which Tuesday 19 March is closed."""
    before = CalendarRevision.objects.filter(contract=world.contract).latest("number")
    return calendar_publish(
        contract=world.contract,
        weekday_windows=before.weekday_windows,
        extended_saturday=before.extended_saturday,
        overrides=[OverrideData(date(2024, 3, 19), DayKind.CLOSURE, "停电检修")],
        reason="停电检修",
        actor=world.manager,
        at=START,
    )


def test_a_published_revision_moves_nothing_until_somebody_amends(world, fix):
    assert fix.due_at == local("2024-03-19 09:00:00")
    revision = closed_tuesday(world)
    fix.refresh_from_db()
    assert fix.due_at == local("2024-03-19 09:00:00")
    clock_amend(clock=fix, revision=revision, reason="停电检修", actor=world.manager, at=START + SECOND)
    assert (fix.due_at, fix.epoch, fix.calendar_revision_id) == (local("2024-03-20 09:00:00"), 2, revision.pk)
    event = fix.events.get(kind="retarget")
    assert event.data["old_due_at"].startswith("2024-03-19T01:00:00")
    assert (event.actor, event.reason) == (world.manager, "停电检修")
    entry = AuditEntry.objects.get(verb="clock_amend")
    assert entry.before["due_at"].startswith("2024-03-19T01:00:00")
    assert entry.after["due_at"].startswith("2024-03-20T01:00:00")
    assert Delivery.objects.get(message__title__startswith="A deadline was amended").recipient == world.supervisor
    assert difference_of(Clock.objects.get(pk=fix.pk)) is None


def test_the_ladder_is_laid_again_for_the_new_instant_and_what_fired_does_not_fire_twice(world, told):
    ladder = [{"name": "start", "after": 0, "to": ["on_duty"]}, {"name": "breach", "breach": True, "to": ["manager"]}]
    make_policy(world.contract, kind="fix", amount=3600, pausable=True, ladder=ladder)
    clock = make_clock(world.contract, START, kind="fix")
    fire_due(START)
    clock_amend(clock=clock, revision=closed_tuesday(world), reason="停电检修", actor=world.manager, at=START + SECOND)
    assert [(row.rung, row.fire_at) for row in clock.alerts.filter(state="pending")] == [
        ("breach", local("2024-03-20 09:00:01"))
    ]
    assert fire_due(local("2024-03-19 18:00:00")) == 0


def test_an_instant_agreed_by_hand_names_with_whom(world, fix):
    later = local("2024-03-19 15:00:00")
    with pytest.raises(Invalid) as refusal:
        clock_amend(clock=fix, due_at=later, reason="客户外出", actor=world.manager, at=START + SECOND)
    assert "agreed_with" in refusal.value.fields
    agreed = "甲方管理员，电话"
    clock_amend(clock=fix, due_at=later, agreed_with=agreed, reason="客户外出", actor=world.manager, at=START + SECOND)
    assert (fix.due_at, fix.provisional) == (later, False)
    with pytest.raises(Conflict):
        clock_amend(clock=fix, revision=closed_tuesday(world), reason="停电", actor=world.manager, at=START + SECOND)
    clock_pause(clock=fix, at=local("2024-03-19 14:00:00"), actor=world.engineer, cause="client_access")
    clock_resume(clock=fix, at=local("2024-03-19 15:30:00"), actor=world.engineer)
    assert fix.due_at == local("2024-03-19 16:30:00")
    clock_stop(clock=fix, at=local("2024-03-19 16:30:00"), actor=world.engineer)
    assert fix.kept is True
    assert rebuild(write=False) == []


@pytest.mark.parametrize("person", ["engineer", "supervisor", "leader", "clerk", "admin"])
def test_only_the_manager_amends(person, world, fix):
    with pytest.raises(NotAllowed):
        clock_amend(
            clock=fix,
            due_at=START + timedelta(days=2),
            agreed_with="某人",
            reason="试试",
            actor=getattr(world, person),
            at=START + SECOND,
        )


def test_an_amendment_needs_a_reason_a_future_and_a_difference(world, fix):
    revision = CalendarRevision.objects.get(contract=world.contract)
    with pytest.raises(Invalid):
        clock_amend(clock=fix, revision=closed_tuesday(world), reason=" ", actor=world.manager, at=START)
    with pytest.raises(Conflict):
        clock_amend(clock=fix, revision=revision, reason="无变化", actor=world.manager, at=START)
    with pytest.raises(Invalid):
        clock_amend(
            clock=fix,
            due_at=START + SECOND,
            agreed_with="某人",
            reason="提前",
            actor=world.manager,
            at=START + timedelta(minutes=5),
        )
    assert not fix.events.filter(kind="retarget").exists()


def test_what_was_missed_stays_missed(world, fix):
    revision = closed_tuesday(world)
    with pytest.raises(Conflict):
        clock_amend(
            clock=fix, revision=revision, reason="停电检修", actor=world.manager, at=local("2024-03-19 09:00:01")
        )
    fix.refresh_from_db()
    assert (fix.breached_at, fix.due_at) == (local("2024-03-19 09:00:00"), local("2024-03-19 09:00:00"))


def test_a_paused_clock_is_amended_for_the_time_when_it_goes_on(world, fix):
    clock_pause(clock=fix, at=local("2024-03-18 17:50:00"), actor=world.engineer, cause="client_access")
    clock_amend(
        clock=fix, revision=closed_tuesday(world), reason="停电检修", actor=world.manager, at=START + 1300 * SECOND
    )
    assert (fix.state, fix.due_at, fix.epoch) == ("paused", None, 1)
    assert not Alert.objects.filter(clock=fix, state="pending").exists()
    clock_resume(clock=fix, at=local("2024-03-19 08:00:00"), actor=world.engineer)
    assert fix.due_at == local("2024-03-20 09:10:00")
    assert rebuild(write=False) == []


def test_the_preview_lists_what_a_revision_would_move_and_amends_the_chosen(world, told, django_assert_num_queries):
    moved = make_clock(world.contract, START, kind="fix", name="受理区1")
    make_clock(world.contract, local("2024-03-18 09:00:00"), kind="fix", name="受理区2")
    old = calendar_of(world.contract)
    revision = closed_tuesday(world)
    new = calendar_of(world.contract, revision)
    with django_assert_num_queries(3):
        found = clock_differences(world.contract, old, new, START)
    assert [(one.key, one.before, one.after, one.amendable) for one in found] == [
        (str(moved.pk), "2024-03-19 09:00:00", "2024-03-20 09:00:00", True)
    ]
    assert "受理区1" in found[0].label
    assert (
        clocks_amend(
            world.contract, keys=[found[0].key], revision=revision, reason="停电", actor=world.manager, at=START
        )
        == 1
    )
    assert Clock.objects.get(pk=moved.pk).due_at == local("2024-03-20 09:00:00")


# A year that is announced ---------------------------------------------------------------------------------------------

EVE = local("2026-12-31 17:58:00")
NOTICE = "国办发明电〔2026〕示例号"


def arrangement(*holidays: int) -> list[Day]:
    """January 2027 with these days off."""
    return [Day(2027, date(2027, 1, day), NationalKind.HOLIDAY, "元旦", NOTICE) for day in holidays]


@pytest.fixture
def unpublished(world, told):
    return make_clock(world.contract, EVE)


def test_an_announced_year_moves_provisional_clocks_and_tells_the_manager_both_instants(world, unpublished):
    assert (unpublished.due_at, unpublished.provisional) == (local("2027-01-02 09:03:00"), True)
    national_year_load(days=arrangement(1, 2, 3), at=EVE + SECOND, actor=world.admin)
    unpublished.refresh_from_db()
    assert (unpublished.due_at, unpublished.provisional) == (local("2027-01-04 08:33:00"), False)
    event = unpublished.events.get(kind="retarget")
    assert event.data["old_due_at"].startswith("2027-01-02T01:03:00")
    assert NOTICE in event.reason
    message = Message.objects.get(title__startswith="The new year's calendar")
    assert {row.recipient for row in message.deliveries.all()} == {world.manager}
    assert message.params["old_at"].startswith("2027-01-02T01:03:00")
    assert message.params["due_at"].startswith("2027-01-04T00:33:00")
    assert AuditEntry.objects.filter(verb="clock_amend").count() == 1
    assert difference_of(Clock.objects.get(pk=unpublished.pk)) is None


def test_a_clock_that_stays_as_it_is_only_loses_its_mark(world, unpublished):
    national_year_load(days=arrangement(1), at=EVE + SECOND, actor=world.admin)
    unpublished.refresh_from_db()
    assert (unpublished.due_at, unpublished.provisional, unpublished.epoch) == (local("2027-01-02 09:03:00"), False, 1)
    assert unpublished.events.filter(kind="confirm").count() == 1
    assert not Message.objects.filter(title__startswith="The new year's calendar").exists()
    assert difference_of(Clock.objects.get(pk=unpublished.pk)) is None


def test_nobody_is_made_late_after_the_fact(world, unpublished):
    """The arrangement comes when what it would have meant has passed already."""
    days = [*arrangement(1), Day(2027, date(2027, 1, 2), NationalKind.MAKEUP, "元旦", NOTICE)]
    national_year_load(days=days, at=local("2027-01-02 08:45:00"), actor=world.admin)
    unpublished.refresh_from_db()
    assert (unpublished.due_at, unpublished.provisional) == (local("2027-01-02 09:03:00"), False)
    assert unpublished.events.get(kind="confirm").data["kept"].startswith("2027-01-02T01:03:00")
    assert "stays due" in Message.objects.get(title__startswith="The new year's calendar").body
    assert difference_of(Clock.objects.get(pk=unpublished.pk)) is None
