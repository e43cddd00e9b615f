"""Whatever is done to a promise, in whatever order: its row is the fold of its events, and no verdict contradicts itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contract.models import CalendarRevision
from contract.rules import DayKind
from contract.services.calendar import OverrideData, calendar_publish
from core.errors import DomainError
from sla.models import Alert, Clock, ClockEvent, ClockExemption
from sla.services.amend import clock_amend, provisional_fix
from sla.services.appointment import clock_move_appointment
from sla.services.clock import clock_cancel, clock_explain_breach, clock_pause, clock_resume, clock_stop
from sla.services.exemption import exemption_decide, exemption_request
from sla.services.firing import fire_due
from sla.services.rebuild import difference_of, rebuild
from sla.services.reclassify import clock_reclassify
from sla.services.vendor import vendor_clock_open
from sla.tests.make import local, make_clock, unit_subject
from tests.make import World, make_world

BEGIN = local("2024-03-18 09:00:00")
KINDS = (
    "response",
    "fix",
    "repair_office",
    "client_signature",
    "major_incident_report",
    "payment_due",
    "weekly_report",
)
BY_CLIENT = {"asked_by": "client", "name": "某人", "how": "电话", "reason": "有会"}
WAITS = st.integers(0, 20_000) | st.integers(0, 300) | st.integers(0, 900_000)


class PromiseMachine(RuleBasedStateMachine):
    """Clocks of one contract under every verb; each step is told in its own savepoint, refused ones leave nothing."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.at = BEGIN
        self.clocks: list[Clock] = []
        self.fixed: dict[int, tuple[Any, ...]] = {}
        self.savepoint = transaction.savepoint()

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def _do(self, wait: int, act: Callable[[datetime], Any]) -> Any:
        self.at += timedelta(seconds=wait)
        try:
            with transaction.atomic():
                return act(self.at)
        except DomainError:
            return None

    def _one(self, number: int) -> Clock:
        return Clock.objects.get(pk=self.clocks[number % len(self.clocks)].pk)

    @initialize(kind=st.sampled_from(KINDS), offset=st.integers(-200_000, 400_000), micros=st.integers(0, 999_999))
    def begin(self, kind: str, offset: int, micros: int) -> None:
        self.at = BEGIN + timedelta(seconds=offset, microseconds=micros)
        self.start(0, kind)

    @rule(wait=WAITS, kind=st.sampled_from(KINDS))
    @precondition(lambda self: len(self.clocks) < 4)
    def start(self, wait: int, kind: str) -> None:
        clock = self._do(
            wait, lambda at: make_clock(self.world.contract, at, kind=kind, name=f"受理区{Clock.objects.count()}")
        )
        self.clocks.append(clock)

    @rule(
        wait=WAITS,
        number=st.integers(0, 9),
        cause=st.sampled_from(["client_access", "client_decision", "force_majeure"]),
    )
    def pause(self, wait: int, number: int, cause: str) -> None:
        self._do(wait, lambda at: clock_pause(clock=self._one(number), at=at, actor=None, cause=cause))

    @rule(wait=WAITS, number=st.integers(0, 9))
    def resume(self, wait: int, number: int) -> None:
        self._do(wait, lambda at: clock_resume(clock=self._one(number), at=at, actor=None))

    @rule(wait=WAITS, number=st.integers(0, 9))
    def stop(self, wait: int, number: int) -> None:
        self._do(wait, lambda at: clock_stop(clock=self._one(number), at=at, actor=None))

    @rule(wait=WAITS, number=st.integers(0, 9))
    def cancel(self, wait: int, number: int) -> None:
        self._do(wait, lambda at: clock_cancel(clock=self._one(number), at=at, actor=None, reason="重复"))

    @rule(wait=WAITS)
    def fire(self, wait: int) -> None:
        self._do(wait, fire_due)

    @rule(number=st.integers(0, 9))
    def explain(self, number: int) -> None:
        self._do(0, lambda at: clock_explain_breach(clock=self._one(number), reason="说明", actor=None, at=at))

    @rule(wait=WAITS, number=st.integers(0, 9), ahead=st.integers(-60, 200_000))
    def agree(self, wait: int, number: int, ahead: int) -> None:
        self._do(
            wait,
            lambda at: clock_amend(
                clock=self._one(number),
                due_at=at + timedelta(seconds=ahead),
                agreed_with="某人",
                reason="商定",
                actor=self.world.manager,
                at=at,
            ),
        )

    @rule(wait=WAITS, number=st.integers(0, 9), ahead=st.integers(0, 10))
    def recalculate(self, wait: int, number: int, ahead: int) -> None:
        def act(at: datetime) -> None:
            before = CalendarRevision.objects.filter(contract=self.world.contract).latest("number")
            day = (at + timedelta(days=ahead)).date()
            revision = calendar_publish(
                contract=self.world.contract,
                weekday_windows=before.weekday_windows,
                extended_saturday=before.extended_saturday,
                overrides=[OverrideData(day, DayKind.CLOSURE, "临时闭厅")],
                reason="临时闭厅",
                actor=self.world.manager,
                at=at,
            )
            clock_amend(clock=self._one(number), revision=revision, reason="临时闭厅", actor=self.world.manager, at=at)

        self._do(wait, act)

    @rule(wait=WAITS, number=st.integers(0, 9), ahead=st.integers(-60, 100_000), ours=st.booleans())
    def move(self, wait: int, number: int, ahead: int, ours: bool) -> None:
        by = BY_CLIENT | ({"asked_by": "contractor"} if ours else {})
        self._do(
            wait,
            lambda at: clock_move_appointment(
                clock=self._one(number),
                starts_at=at + timedelta(seconds=ahead),
                **by,
                actor=self.world.engineer,
                at=at,
            ),
        )

    @rule(wait=WAITS, number=st.integers(0, 9))
    def reclassify(self, wait: int, number: int) -> None:
        clock = self._do(
            wait,
            lambda at: clock_reclassify(
                clock=self._one(number),
                kind="repair_office",
                received_at=self._one(number).started_at if self._one(number).started_at <= at else at,
                reason="疑难",
                actor=self.world.manager,
                at=at,
            ),
        )
        if clock is not None:
            self.clocks.append(clock)

    @rule(wait=WAITS, number=st.integers(0, 9))
    def call_vendor(self, wait: int, number: int) -> None:
        clock = self._do(
            wait,
            lambda at: vendor_clock_open(parent=self._one(number), vendor="示例厂商", actor=self.world.engineer, at=at),
        )
        if clock is not None:
            self.clocks.append(clock)

    @rule(
        wait=WAITS, number=st.integers(0, 9), approve=st.booleans(), cause=st.sampled_from(["force_majeure", "other"])
    )
    def exempt(self, wait: int, number: int, approve: bool, cause: str) -> None:
        def act(at: datetime) -> None:
            exemption = exemption_request(
                clock=self._one(number),
                cause=cause,
                reason="说明",
                evidence="记录",
                actor=self.world.manager,
                at=at,
            )
            exemption_decide(exemption=exemption, approve=approve, note="意见", actor=self.world.leader, at=at)

        self._do(wait, act)

    @rule(wait=WAITS)
    def announce(self, wait: int) -> None:
        self._do(wait, lambda at: provisional_fix(years=[2027], notice="示例", actor=None, at=at))

    @invariant()
    def every_row_is_the_fold_of_its_events(self) -> None:
        for clock in Clock.objects.prefetch_related("events"):
            difference = difference_of(clock)
            assert difference is None, str(difference)

    @invariant()
    def no_verdict_contradicts_itself(self) -> None:
        for clock in Clock.objects.all():
            assert (clock.due_at is None) == (clock.state == "paused")
            if clock.state == "stopped":
                assert clock.stopped_at is not None
                assert clock.due_at is not None
                assert clock.kept is (clock.breached_at is None) is (clock.stopped_at <= clock.due_at)
            if clock.breached_at is not None:
                known = self.fixed.setdefault(clock.pk, (clock.breached_at,))
                assert known == (clock.breached_at,), "a breach never changes"
            else:
                assert clock.pk not in self.fixed, "a breach never goes"
            assert ClockEvent.objects.filter(clock=clock, kind="breach").count() == (clock.breached_at is not None)
            if not clock.policy.pausable:
                assert not clock.events.filter(kind="pause").exists()

    @invariant()
    def rungs_wait_for_running_clocks_only_and_each_fires_once(self) -> None:
        assert not Alert.objects.filter(state="pending").exclude(clock__state="running").exists()
        for clock in Clock.objects.filter(state="running"):
            pending = clock.alerts.filter(state="pending")
            assert set(pending.values_list("epoch", flat=True)) <= {clock.epoch}
            if clock.breached_at is None and clock.due_at is not None:
                breach = pending.get(rung="breach")
                assert breach.fire_at == clock.due_at + timedelta(seconds=1)

    @invariant()
    def nobody_answers_their_own_request(self) -> None:
        for one in ClockExemption.objects.exclude(decided_by=None):
            assert one.decided_by_id != one.requested_by_id


@pytest.mark.django_db
def test_every_sequence_of_verbs_keeps_the_invariants() -> None:
    world = make_world()
    PromiseMachine.world = world
    with unit_subject():
        run_state_machine_as_test(
            PromiseMachine,
            settings=settings(
                max_examples=20,
                stateful_step_count=14,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert connection.in_atomic_block


TAMPERED = (
    ("due_at", BEGIN),
    ("started_at", BEGIN - timedelta(days=1)),
    ("provisional", True),
    ("epoch", 9),
    ("breached_at", BEGIN),
    ("exempted_at", BEGIN + timedelta(days=1)),
    ("breach_reason", "改写"),
    ("net_seconds", 1.0),
)


@pytest.mark.django_db
def test_rebuild_finds_what_was_tampered_with_in_a_clock_that_lived_through_everything() -> None:
    world = make_world()
    with unit_subject():
        clock = make_clock(world.contract, BEGIN, kind="fix")
        clock_move_appointment(
            clock=clock, starts_at=BEGIN + timedelta(hours=1), **BY_CLIENT, actor=world.engineer, at=BEGIN
        )
        clock_amend(
            clock=clock,
            due_at=BEGIN + timedelta(hours=3),
            agreed_with="某人",
            reason="商定",
            actor=world.manager,
            at=BEGIN,
        )
        vendor = vendor_clock_open(parent=clock, vendor="示例厂商", actor=world.engineer, at=BEGIN)
        exemption = exemption_request(
            clock=clock, cause="other", reason="说明", evidence="记录", actor=world.manager, at=BEGIN
        )
        exemption_decide(exemption=exemption, approve=True, actor=world.leader, at=BEGIN)
        new = clock_reclassify(
            clock=clock,
            kind="repair_office",
            received_at=BEGIN,
            reason="疑难",
            actor=world.manager,
            at=BEGIN + timedelta(hours=2),
        )
        other = make_clock(world.contract, BEGIN, kind="fix", name="受理区2")
    assert rebuild(write=False) == []
    for field, value in TAMPERED:
        Clock.objects.filter(pk=clock.pk).update(**{field: value})
        (found,) = rebuild(write=True)
        assert (found.clock_id, list(found.fields)) == (clock.pk, [field])
        assert rebuild(write=False) == []
    for pk, field in ((vendor.pk, "parent"), (new.pk, "replaces")):
        Clock.objects.filter(pk=pk).update(**{field: other})
        (found,) = rebuild(write=True)
        assert (found.clock_id, list(found.fields)) == (pk, [f"{field}_id"])
    policy = other.policy_id
    Clock.objects.filter(pk=new.pk).update(policy=policy)
    assert [list(one.fields) for one in rebuild(write=True)] == [["policy_id"]]
    for kind in ("restart", "retarget", "exempt"):
        event = ClockEvent.objects.get(clock=clock, kind=kind)
        ClockEvent.objects.filter(pk=event.pk).update(kind="move")
        assert rebuild(write=False), kind
        ClockEvent.objects.filter(pk=event.pk).update(kind=kind)
    assert rebuild(write=False) == []
