"""An exemption is asked for by us and answered by the client; the breach stays, the adjusted figure leaves it out."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Message
from records.models import AuditEntry
from sla.models import Clock, ClockExemption
from sla.querysets import rate
from sla.services.clock import clock_cancel, clock_pause, clock_stop
from sla.services.exemption import exemption_decide, exemption_request
from sla.services.firing import fire_due
from sla.services.rebuild import rebuild
from sla.tests.make import local, make_clock

MONDAY = local("2024-03-18 09:10:00")
DUE = local("2024-03-18 09:15:00")
LATER = local("2024-03-18 10:00:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def late(world, told):
    clock = make_clock(world.contract, MONDAY)
    clock_stop(clock=clock, at=DUE + SECOND, actor=world.engineer)
    return clock


def ask(world, clock, *, actor=None, **changes):
    given = {"cause": "client_side", "reason": "客户电话占线", "evidence": "通话记录三次"} | changes
    return exemption_request(clock=clock, actor=actor or world.manager, at=LATER, **given)


def test_an_approved_request_leaves_the_breach_and_adjusts_the_figure(world, late):
    kept = make_clock(world.contract, MONDAY, name="受理区2")
    clock_stop(clock=kept, at=DUE, actor=world.engineer)
    day = (local("2024-03-18 00:00:00"), local("2024-03-19 00:00:00"))
    exemption = ask(world, late)
    raw = rate(world.contract, *day, "response", at=LATER)
    assert (raw.due, raw.kept, raw.broken, raw.raw, raw.adjusted) == (2, 1, 1, 0.5, 0.5)
    exemption_decide(exemption=exemption, approve=True, actor=world.supervisor, at=LATER + SECOND)
    late.refresh_from_db()
    assert (late.exempted_at, late.breached_at, late.kept) == (LATER + SECOND, DUE, False)
    found = rate(world.contract, *day, "response", at=LATER)
    assert (found.exempted, found.raw, found.adjusted) == (1, 0.5, 1.0)
    assert late.events.get(kind="exempt").actor == world.supervisor
    assert list(AuditEntry.objects.filter(verb__startswith="exemption").values_list("verb", flat=True)) == [
        "exemption_request",
        "exemption_approve",
    ]
    assert rebuild(write=False) == []


def test_open_promises_that_fell_due_are_in_the_denominator(world, told):
    make_clock(world.contract, MONDAY)
    day = (local("2024-03-18 00:00:00"), local("2024-03-19 00:00:00"))
    assert rate(world.contract, *day, "response", at=DUE).raw is None
    found = rate(world.contract, *day, "response", at=DUE + SECOND)
    assert (found.due, found.kept, found.broken, found.running, found.raw) == (1, 0, 1, 0, 0.0)


def test_a_refusal_needs_a_reason_and_lets_us_ask_again(world, late):
    exemption = ask(world, late)
    with pytest.raises(Conflict):
        ask(world, late)
    with pytest.raises(Invalid):
        exemption_decide(exemption=exemption, approve=False, actor=world.leader, at=LATER)
    exemption_decide(exemption=exemption, approve=False, note="证据不足", actor=world.leader, at=LATER)
    late.refresh_from_db()
    assert late.exempted_at is None
    message = Message.objects.get(title__startswith="Exemption refused")
    assert message.params["note"] == "证据不足"
    with pytest.raises(Conflict):
        exemption_decide(exemption=exemption, approve=True, actor=world.leader, at=LATER)
    ask(world, late, evidence="通话记录及截图")
    assert late.exemptions.count() == 2


@pytest.mark.parametrize("person", ["manager", "engineer", "clerk", "auditor", "admin"])
def test_only_the_clients_supervisor_and_leader_decide(person, world, late):
    exemption = ask(world, late)
    with pytest.raises(NotAllowed):
        exemption_decide(exemption=exemption, approve=True, actor=getattr(world, person), at=LATER)
    exemption.refresh_from_db()
    assert exemption.status == "requested"


@pytest.mark.parametrize("person", ["supervisor", "leader", "clerk", "auditor", "admin"])
def test_only_the_contractors_people_ask(person, world, late):
    with pytest.raises(NotAllowed):
        ask(world, late, actor=getattr(world, person))


def test_the_database_refuses_whoever_answers_their_own_request(world, late):
    exemption = ask(world, late)
    values = {"status": "approved", "decided_at": LATER}
    for wrong in ({**values, "decided_by": world.manager}, values, {"decided_by": world.leader}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ClockExemption.objects.filter(pk=exemption.pk).update(**wrong)


@pytest.mark.parametrize("wrong", [{"cause": "weather"}, {"reason": " "}, {"evidence": ""}])
def test_cause_reason_and_evidence_are_needed(world, late, wrong):
    with pytest.raises(Invalid) as refusal:
        ask(world, late, **wrong)
    assert set(refusal.value.fields) == set(wrong)


def test_what_was_kept_cancelled_or_is_the_clients_needs_no_exemption(world, told):
    kept, gone = (make_clock(world.contract, MONDAY, name=name) for name in ("受理区1", "受理区2"))
    clock_stop(clock=kept, at=DUE, actor=world.engineer)
    clock_cancel(clock=gone, at=DUE, actor=world.engineer, reason="重复")
    for clock in (kept, gone):
        with pytest.raises(Conflict):
            ask(world, clock)
    with pytest.raises(Invalid):
        ask(world, make_clock(world.contract, MONDAY, kind="client_signature", name="受理区3"))


def test_force_majeure_holds_a_clock_only_when_the_client_has_exempted_it(world, told):
    fix = make_clock(world.contract, MONDAY, kind="fix")
    with pytest.raises(Invalid):
        clock_pause(clock=fix, at=MONDAY + SECOND, actor=world.engineer, cause="force_majeure")
    exemption = exemption_request(
        clock=fix, cause="force_majeure", reason="暴雨停电", evidence="供电通知", actor=world.engineer, at=MONDAY
    )
    exemption_decide(exemption=exemption, approve=True, actor=world.leader, at=MONDAY + SECOND)
    clock_pause(clock=fix, at=MONDAY + 2 * SECOND, actor=world.engineer, cause="force_majeure", reason="停电")
    assert fix.events.get(kind="pause").data["cause"] == "force_majeure"
    assert rebuild(write=False) == []


def test_an_exempted_clock_still_breaches(world, told):
    fix = make_clock(world.contract, MONDAY, kind="fix")
    exemption = exemption_request(
        clock=fix, cause="force_majeure", reason="暴雨停电", evidence="供电通知", actor=world.engineer, at=MONDAY
    )
    exemption_decide(exemption=exemption, approve=True, actor=world.leader, at=MONDAY + SECOND)
    fire_due(local("2024-03-18 10:10:01"))
    fix.refresh_from_db()
    assert (fix.breached_at is not None, fix.exempted_at) == (True, MONDAY + SECOND)
    assert Clock.objects.filter(exempted_at__isnull=False, breached_at__isnull=False).count() == 1
