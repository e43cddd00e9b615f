"""A clock's life: started with frozen terms, paused to the second, stopped by the act, cancelled, explained."""

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, DomainError, Invalid
from records.models import AuditEntry
from sla.models import Clock, ClockEvent, Policy
from sla.services.clock import clock_cancel, clock_explain_breach, clock_pause, clock_resume, clock_start, clock_stop
from sla.services.firing import fire_due
from sla.services.policies import policies_load
from sla.services.rebuild import difference_of, rebuild
from sla.tests.make import SUBJECT, local, make_clock, make_policy, make_unit

MONDAY = local("2024-03-18 09:10:00")
SECOND = timedelta(seconds=1)
DUE = local("2024-03-18 09:15:00")
FIX_DUE = local("2024-03-18 10:00:00")
MICROSECOND = timedelta(microseconds=1)
FIX_LADDER = [
    {"name": "start", "after": 0, "to": ["on_duty"]},
    {"name": "reminder", "after": 1800, "to": ["on_duty"]},
    {"name": "breach", "breach": True, "to": ["manager"]},
]


@pytest.fixture
def fix(world, told):
    make_policy(world.contract, kind="fix", amount=3600, pausable=True, ladder=FIX_LADDER)
    return make_clock(world.contract, local("2024-03-18 09:00:00"), kind="fix")


def test_start_freezes_the_terms_of_the_day(world, told):
    clock = make_clock(world.contract, MONDAY)
    assert clock.due_at == local("2024-03-18 09:15:00")
    assert (clock.state, clock.promisor, clock.policy.version, clock.policy.target_amount) == (
        "running",
        "contractor",
        1,
        300,
    )
    make_policy(world.contract, amount=60)
    clock.refresh_from_db()
    assert clock.due_at == local("2024-03-18 09:15:00")
    assert make_clock(world.contract, MONDAY, name="受理区2").due_at == local("2024-03-18 09:11:00")


def test_policy_version_takes_effect_on_its_day(world, told):
    policy = make_policy(world.contract, amount=60)
    Policy.objects.filter(pk=policy.pk).update(effective_from=local("2024-04-01 00:00").date())
    assert make_clock(world.contract, MONDAY).policy.version == 1
    assert make_clock(world.contract, local("2024-04-01 09:00:00"), name="受理区2").policy.version == 2


def test_policies_are_loaded_once(world):
    before = list(Policy.objects.filter(contract=world.contract).values_list("kind", "version"))
    assert policies_load(world.contract) == []
    assert list(Policy.objects.filter(contract=world.contract).values_list("kind", "version")) == before
    assert {version for _kind, version in before} == {1}


def test_start_without_a_policy_is_refused(world, told):
    with pytest.raises(Invalid):
        make_clock(world.contract, MONDAY, kind="nothing")


def test_one_record_has_one_open_clock_of_a_kind(world, told):
    unit = make_unit(world.contract)
    terms = {
        "contract": world.contract,
        "kind": "response",
        "subject": unit,
        "started_at": MONDAY,
        "actor": None,
        "at": MONDAY,
    }
    first = clock_start(**terms)
    with pytest.raises(IntegrityError), transaction.atomic():
        clock_start(**terms)
    clock_stop(clock=first, at=MONDAY + SECOND, actor=world.engineer)
    assert clock_start(**terms).pk != first.pk


VECTORS = (
    ("2024-03-18 12:30", "2024-03-18 12:35"),
    ("2024-03-18 07:50", "2024-03-18 08:35"),
    ("2024-03-18 17:55", "2024-03-18 18:00"),
    ("2024-03-22 17:58", "2024-03-23 09:03"),
    ("2024-04-07 10:00", "2024-04-07 10:05"),
    ("2024-05-01 10:00", "2024-05-06 08:35"),
    ("2026-02-13 17:58", "2026-02-14 08:33"),
)


def test_response_is_due_by_the_contracts_calendar(world, told):
    for number, (start, due) in enumerate(VECTORS):
        assert make_clock(world.contract, local(start), name=f"受理区{number}").due_at == local(due)


def test_unpublished_year_is_marked_provisional(world, told):
    clock = make_clock(world.contract, local("2026-12-31 17:58:00"))
    assert (clock.due_at, clock.provisional) == (local("2027-01-02 09:03:00"), True)


def test_stop_at_the_due_instant_is_in_time(world, told):
    clock = make_clock(world.contract, MONDAY)
    stopped = clock_stop(clock=clock, at=DUE, actor=world.engineer)
    assert stopped is clock
    clock.refresh_from_db()
    assert (clock.state, clock.kept, clock.breached_at, clock.net_seconds) == ("stopped", True, None, 300.0)
    event = clock.events.get(kind="stop")
    assert (event.actor, event.at) == (world.engineer, DUE)


def test_stop_a_moment_after_due_is_a_breach_even_before_the_engine_comes(world, told):
    clock = make_clock(world.contract, MONDAY)
    due = DUE
    clock_stop(clock=clock, at=due + MICROSECOND, actor=world.engineer)
    clock.refresh_from_db()
    assert (clock.state, clock.kept, clock.breached_at) == ("stopped", False, due)
    assert AuditEntry.objects.filter(verb="breach", subject_type=SUBJECT, subject_id=clock.subject_id).count() == 1
    assert fire_due(due + 60 * SECOND) == 0
    assert clock.events.filter(kind="breach").count() == 1


def test_stop_after_the_engine_entered_the_breach_keeps_that_breach(world, told):
    clock = make_clock(world.contract, MONDAY)
    fire_due(DUE + SECOND)
    clock_stop(clock=clock, at=DUE + 20 * SECOND, actor=world.engineer)
    clock.refresh_from_db()
    assert (clock.kept, clock.events.filter(kind="breach").count(), clock.net_seconds) == (False, 1, 320.0)


def test_stop_in_time_is_refused_once_the_breach_is_entered(world, told):
    clock = make_clock(world.contract, MONDAY)
    fire_due(DUE + SECOND)
    with pytest.raises(Conflict) as refusal:
        clock_stop(clock=clock, at=DUE + 2 * SECOND, stopped_at=DUE, actor=world.engineer)
    assert refusal.value.code == "breached"
    assert Clock.objects.get(pk=clock.pk).state == "running"


def test_database_refuses_a_clock_that_is_kept_and_breached(world, told):
    clock = make_clock(world.contract, MONDAY)
    clock_stop(clock=clock, at=DUE, actor=world.engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Clock.objects.filter(pk=clock.pk).update(breached_at=DUE)


def test_second_stop_is_refused_and_changes_nothing(world, told):
    clock = make_clock(world.contract, MONDAY)
    stale = Clock.objects.get(pk=clock.pk)
    clock_stop(clock=clock, at=MONDAY + SECOND, actor=world.engineer)
    with pytest.raises(Conflict):
        clock_stop(clock=stale, at=MONDAY + 2 * SECOND, actor=world.engineer2)
    clock.refresh_from_db()
    assert clock.stopped_at == MONDAY + SECOND


def test_start_so_long_ago_that_it_is_overdue_is_born_breached(world, told):
    clock = make_clock(world.contract, MONDAY)
    late = DUE + 180 * SECOND
    clock_stop(clock=clock, at=late, actor=world.engineer)
    clock.refresh_from_db()
    assert clock.kept is False


def test_response_cannot_be_paused(world, told):
    clock = make_clock(world.contract, MONDAY)
    with pytest.raises(Invalid) as refusal:
        clock_pause(clock=clock, at=MONDAY + SECOND, actor=world.manager, cause="client_access")
    assert refusal.value.code == "not_pausable"


def test_pause_holds_what_remains_to_the_second(world, fix):
    assert fix.due_at == local("2024-03-18 10:00:00")
    clock_pause(clock=fix, at=local("2024-03-18 09:10:20"), actor=world.engineer, cause="client_access")
    fix.refresh_from_db()
    assert (fix.state, fix.due_at, fix.kept) == ("paused", None, None)
    assert fire_due(local("2024-03-18 18:00:00")) == 0
    clock_resume(clock=fix, at=local("2024-03-18 09:40:50"), actor=world.engineer)
    fix.refresh_from_db()
    assert (fix.state, fix.due_at, fix.epoch) == ("running", local("2024-03-18 10:30:30"), 2)
    clock_stop(clock=fix, at=local("2024-03-18 10:30:30"), actor=world.engineer)
    assert (fix.kept, fix.net_seconds) == (True, 3600.0)


def test_resume_lays_down_the_rungs_that_had_not_fired(world, fix):
    fire_due(local("2024-03-18 09:00:00"))
    clock_pause(clock=fix, at=local("2024-03-18 09:10:20"), actor=world.engineer, cause="client_access")
    assert set(fix.alerts.exclude(rung="start").values_list("state", flat=True)) == {"cancelled"}
    clock_resume(clock=fix, at=local("2024-03-18 09:40:50"), actor=world.engineer)
    laid = {alert.rung: alert.fire_at for alert in fix.alerts.filter(epoch=2)}
    assert laid == {"reminder": local("2024-03-18 10:00:30"), "breach": local("2024-03-18 10:30:31")}


def test_several_pauses_add_up_over_a_night(world, fix):
    for pause, resume in (("09:10", "09:20"), ("09:20", "09:40"), ("09:50", "18:30")):
        clock_pause(clock=fix, at=local(f"2024-03-18 {pause}"), actor=world.engineer, cause="client_access")
        clock_resume(clock=fix, at=local(f"2024-03-18 {resume}"), actor=world.engineer)
    assert fix.due_at == local("2024-03-19 09:10:00")


def test_pause_needs_a_listed_cause_and_waiting_for_a_vendor_is_none(world, fix):
    with pytest.raises(Invalid) as refusal:
        clock_pause(clock=fix, at=MONDAY, actor=world.engineer, cause="vendor", reason="等厂商")
    assert "cause" in refusal.value.fields


def test_pause_after_due_enters_the_breach_first(world, fix):
    clock_pause(clock=fix, at=FIX_DUE + MICROSECOND, actor=world.engineer, cause="client_access")
    fix.refresh_from_db()
    assert fix.breached_at == local("2024-03-18 10:00:00")
    clock_resume(clock=fix, at=local("2024-03-18 11:00:00"), actor=world.engineer)
    assert fix.due_at == local("2024-03-18 10:00:00")
    assert not fix.alerts.filter(epoch=2, rung="breach").exists()


def test_stop_while_paused_ends_the_pause_there(world, fix):
    clock_pause(clock=fix, at=local("2024-03-18 09:10:20"), actor=world.engineer, cause="client_access")
    clock_stop(clock=fix, at=local("2024-03-18 14:00:00"), actor=world.engineer)
    assert (fix.kept, fix.net_seconds) == (True, 620.0)
    assert fix.due_at == local("2024-03-18 14:49:40")


def test_pauses_are_told_in_order(world, fix):
    with pytest.raises(Conflict):
        clock_resume(clock=fix, at=MONDAY, actor=world.engineer)
    clock_pause(clock=fix, at=local("2024-03-18 09:10:20"), actor=world.engineer, cause="client_access")
    with pytest.raises(Conflict):
        clock_pause(clock=fix, at=local("2024-03-18 09:11:00"), actor=world.engineer, cause="client_access")
    with pytest.raises(Invalid):
        clock_resume(
            clock=fix, at=local("2024-03-18 09:11:00"), resumed_at=local("2024-03-18 09:10:00"), actor=world.engineer
        )


def test_cancel_ends_clock_and_ladder_without_a_verdict(world, told):
    clock = make_clock(world.contract, MONDAY)
    clock_cancel(clock=clock, at=MONDAY + SECOND, actor=world.engineer, reason="重复报修")
    assert (clock.state, clock.kept) == ("cancelled", None)
    assert fire_due(MONDAY + 3600 * SECOND) == 0


def test_reason_of_a_breach_is_kept_with_every_version(world, told):
    clock = make_clock(world.contract, MONDAY)
    with pytest.raises(Conflict):
        clock_explain_breach(clock=clock, reason="电话占线", actor=world.engineer, at=MONDAY)
    fire_due(DUE + SECOND)
    with pytest.raises(Invalid):
        clock_explain_breach(clock=clock, reason="  ", actor=world.engineer, at=MONDAY)
    for reason in ("电话占线", "电话占线，已增设分机"):
        clock_explain_breach(clock=clock, reason=reason, actor=world.engineer, at=DUE + 60 * SECOND)
    clock.refresh_from_db()
    assert clock.breach_reason == "电话占线，已增设分机"
    assert list(clock.events.filter(kind="explain").values_list("reason", flat=True)) == [
        "电话占线",
        "电话占线，已增设分机",
    ]


def test_start_and_stop_cost_few_statements(world, told, django_assert_max_num_queries):
    make_clock(world.contract, MONDAY, name="受理区0")
    unit = make_unit(world.contract)
    with django_assert_max_num_queries(6):
        clock = clock_start(
            contract=world.contract, kind="response", subject=unit, started_at=MONDAY, actor=None, at=MONDAY
        )
    with django_assert_max_num_queries(5):
        clock_stop(clock=clock, at=MONDAY + SECOND, actor=world.engineer)


def test_rebuild_finds_a_row_that_its_events_do_not_explain(world, told):
    clock = make_clock(world.contract, MONDAY)
    assert rebuild(write=False) == []
    Clock.objects.filter(pk=clock.pk).update(due_at=DUE + SECOND)
    found = rebuild(write=False)
    assert [(difference.clock_id, list(difference.fields)) for difference in found] == [(clock.pk, ["due_at"])]
    rebuild(write=True)
    assert rebuild(write=False) == []
    ClockEvent.objects.filter(clock=clock).update(kind="stop")
    assert "BrokenHistory" in str(rebuild(write=True)[0])


VERBS = ("pause", "resume", "stop", "cancel", "fire", "explain")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 5400)), max_size=12),
    offset=st.integers(-200_000, 400_000),
    seed=st.integers(0, 10**9),
)
def test_every_sequence_of_verbs_leaves_a_row_that_its_events_add_up_to(world, told, steps, offset, seed):
    """Whatever is done to a clock, allowed or refused: the fold of its events is its row, and no verdict contradicts itself."""
    if not Policy.objects.filter(kind="fix", version=2).exists():
        make_policy(world.contract, kind="fix", amount=3600, pausable=True, ladder=FIX_LADDER)
    at = local("2024-03-18 09:00:00") + offset * SECOND + random.Random(seed).randrange(10**6) * MICROSECOND
    clock = make_clock(world.contract, at, kind="fix", name=f"受理区{Clock.objects.count()}-{seed}")
    for verb, wait in steps:
        at += wait * SECOND
        try:
            with transaction.atomic():
                if verb == "fire":
                    fire_due(at, clock_ids=[clock.pk])
                elif verb == "stop":
                    clock_stop(clock=clock, at=at, actor=None)
                elif verb == "resume":
                    clock_resume(clock=clock, at=at, actor=None)
                elif verb == "pause":
                    clock_pause(clock=clock, at=at, actor=None, cause="client_access")
                elif verb == "cancel":
                    clock_cancel(clock=clock, at=at, actor=None, reason="重复")
                else:
                    clock_explain_breach(clock=clock, reason="说明", actor=None, at=at)
        except DomainError:
            pass
        clock.refresh_from_db()
        assert difference_of(Clock.objects.get(pk=clock.pk)) is None
        if clock.stopped_at is not None and clock.due_at is not None:
            assert clock.kept is (clock.breached_at is None) is (clock.stopped_at <= clock.due_at)
    fired = list(clock.alerts.filter(state="fired").values_list("rung", flat=True))
    assert len(fired) == len(set(fired))
    assert clock.events.filter(kind="breach").count() == (clock.breached_at is not None)
