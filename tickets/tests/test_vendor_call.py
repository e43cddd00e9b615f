"""Calls to vendors: the work waits, the vendor's clock runs beside the promise, and the scorecard tells how they did."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contract.services.calendar import calendar_of
from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Message
from sla.models import Clock
from tests.make import World, make_world
from tickets.finds.repair import scores_of
from tickets.models import Dispatch, Ticket
from tickets.rules_repair import Call, difficult_kind, repeats_among, score_of, spare_is_owed
from tickets.services.cancel import ticket_cancel
from tickets.services.merge import ticket_merge
from tickets.services.vendor_arrived import vendor_arrived
from tickets.services.vendor_call import vendor_call
from tickets.services.vendor_call_off import vendor_call_off
from tickets.services.vendor_failed import vendor_failed
from tickets.tests.make import MONDAY, arrive, minutes, reach, report, resolve, respond, told
from tickets.tests.repair_make import CALLED, confirm_difficult, dispatch_of, escalate, finish, make_vendor, wait_vendor

pytestmark = pytest.mark.django_db
HERE, DONE = CALLED + minutes(30), CALLED + minutes(45)


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_work_waits_and_the_promise_goes_on_beside_the_vendors_clock(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    dispatch = dispatch_of(ticket)
    ours, theirs = Ticket.objects.get(pk=ticket.pk).repair_clock, dispatch.clock
    assert ours is not None and theirs is not None
    assert (ticket.status, ours.state, theirs.state) == ("waiting_vendor", "running", "running")
    assert (theirs.parent_id, theirs.promisor, theirs.subject_type) == (ours.pk, "vendor", "dispatch")
    # Nobody promised anything, so that the policy's four hours of service time count.
    assert dispatch.due_at == CALLED + timedelta(hours=4)
    vendor_arrived(dispatch=dispatch, actor=world.engineer, at=HERE, vendor_engineer="厂商工程师丙")
    finish(world, dispatch, at=DONE)
    theirs.refresh_from_db()
    assert (theirs.state, theirs.stopped_at) == ("stopped", DONE)
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"


def test_a_vendors_promise_is_kept_as_it_was_given(world: World) -> None:
    ticket = reach(world, "in_progress")
    hours = make_vendor(world, "有时限厂商", sla_hours=2)
    wait_vendor(world, ticket, vendor=hours)
    assert dispatch_of(ticket).due_at == CALLED + timedelta(hours=2)
    exact = CALLED + minutes(50)
    call = vendor_call(
        ticket=ticket,
        actor=world.engineer,
        at=CALLED,
        vendor=make_vendor(world),
        how="phone",
        task="看一下",
        due_at=exact,
    )
    assert call.due_at == exact


def test_one_vendor_is_called_once_and_the_work_goes_on_after_the_last(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    first = dispatch_of(ticket)
    with pytest.raises(Conflict):
        vendor_call(ticket=ticket, actor=world.engineer, at=HERE, vendor=first.vendor, how="phone", task="再叫一次")
    other = make_vendor(world, "另一厂商")
    second = vendor_call(ticket=ticket, actor=world.engineer, at=HERE, vendor=other, how="chat", task="看网络")
    finish(world, first, at=DONE)
    assert Ticket.objects.get(pk=ticket.pk).status == "waiting_vendor"
    finish(
        world, Dispatch.objects.select_related("ticket__contract", "vendor", "supervisor").get(pk=second.pk), at=DONE
    )
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"
    with pytest.raises(Conflict):
        finish(world, first, at=DONE)


def test_who_did_not_come_is_called_again_and_the_manager_is_told(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    dispatch = dispatch_of(ticket)
    later = CALLED + timedelta(hours=5)
    again = vendor_failed(dispatch=dispatch, actor=world.engineer, at=later, note="未到场，也未来电", call_again=True)
    assert (again.pk != dispatch.pk, again.status, again.vendor_id) == (True, "called", dispatch.vendor_id)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_until) == ("waiting_vendor", again.due_at)
    assert Message.objects.filter(topic="vendor", deliveries__recipient=world.manager).exists()
    vendor_failed(dispatch=again, actor=world.engineer, at=later + minutes(1), note="改为自行处理")
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"


def test_a_fault_that_turns_difficult_keeps_the_vendors_clock_from_the_call_on(world: World) -> None:
    ticket = reach(world, "in_progress")
    vendor_call(ticket=ticket, actor=world.engineer, at=CALLED, vendor=make_vendor(world), how="phone", task="检测")
    confirm_difficult(world, escalate(world, Ticket.objects.get(pk=ticket.pk)))
    clock = dispatch_of(ticket).clock
    assert clock is not None and clock.parent is not None
    assert (clock.state, clock.started_at, clock.parent.kind) == ("running", CALLED, "repair_office")


def test_work_is_not_done_while_a_call_to_a_vendor_is_open(world: World) -> None:
    ticket = reach(world, "in_progress")
    vendor = make_vendor(world)
    vendor_call(ticket=ticket, actor=world.engineer, at=CALLED, vendor=vendor, how="phone", task="检测")
    with pytest.raises(Invalid) as error:
        resolve(world, Ticket.objects.get(pk=ticket.pk))
    assert vendor.name in error.value.message
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"
    finish(world, dispatch_of(ticket), at=DONE)
    assert resolve(world, Ticket.objects.get(pk=ticket.pk), at=DONE).status == "to_sign"


def test_nobody_is_called_once_the_work_is_done(world: World) -> None:
    ticket = reach(world, "to_verify")
    with pytest.raises(Conflict):
        vendor_call(ticket=ticket, actor=world.engineer, at=DONE, vendor=make_vendor(world), how="phone", task="检测")
    assert not Dispatch.objects.exists()


def test_a_vendor_who_is_not_needed_is_called_off_and_it_counts_neither_way(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    dispatch = dispatch_of(ticket)
    for person in (world.engineer2, world.clerk, world.supervisor, world.auditor):
        with pytest.raises(NotAllowed):
            vendor_call_off(dispatch=dispatch, actor=person, at=HERE, note="已自行修复")
    with pytest.raises(Invalid):
        vendor_call_off(dispatch=dispatch, actor=world.engineer, at=HERE, note=" ")
    vendor_call_off(dispatch=dispatch, actor=world.engineer, at=HERE, note="已自行修复")
    dispatch = dispatch_of(ticket)
    assert (dispatch.status, dispatch.called_off_at, dispatch.on_time) == ("called_off", HERE, None)
    assert dispatch.clock is not None and dispatch.clock.state == "cancelled"
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"
    score = scores_of(world.contract, MONDAY, DONE, DONE + timedelta(days=3))[dispatch.vendor_id]
    assert (score.calls, score.open, score.failed, score.judged) == (1, 0, 0, 0)
    with pytest.raises(Conflict):
        finish(world, dispatch, at=DONE)


def test_a_ticket_that_is_voided_calls_its_vendors_off_and_stops_their_clocks(world: World) -> None:
    """Also of one whose clock runs alone, beside no promise of the ticket's own."""
    ticket = arrive(world, respond(world, report(world), triage="service_request"))
    wait_vendor(world, ticket)
    assert Clock.objects.get(kind="vendor").parent is None
    ticket = Ticket.objects.select_related("contract", "assignee").get(pk=ticket.pk)
    ticket_cancel(ticket=ticket, actor=world.manager, at=DONE, reason="窗口撤销，不再需要")
    dispatch = dispatch_of(ticket)
    assert (dispatch.status, dispatch.called_off_at, dispatch.note) == ("called_off", DONE, "窗口撤销，不再需要")
    assert not Clock.objects.filter(state__in=("running", "paused")).exists()
    assert told(ticket, "vendor") == {world.engineer.pk}


def test_a_ticket_to_which_a_vendor_was_called_is_not_merged_away(world: World) -> None:
    """Also where the call was made after the page had been read."""
    ticket, other = reach(world, "in_progress"), reach(world, "in_progress")
    seen = Ticket.objects.select_related("contract", "assignee", "repair_clock").get(pk=ticket.pk)
    wait_vendor(world, ticket)
    with pytest.raises(Invalid):
        ticket_merge(ticket=seen, target=other, actor=world.manager, at=DONE, reason="同一故障")
    assert dispatch_of(ticket).status == "called"


def test_who_may_call_and_what_is_asked(world: World) -> None:
    ticket = reach(world, "in_progress")
    for person in (world.engineer2, world.clerk, world.supervisor, world.auditor):
        with pytest.raises(NotAllowed):
            wait_vendor(world, ticket, actor=person)
    foreign = make_vendor(make_world("b"))
    for wrong in ({"vendor": foreign}, {"task": " "}, {"how": "drums"}, {"due_at": CALLED - minutes(1)}):
        with pytest.raises(Invalid) as error:
            wait_vendor(world, ticket, **wrong)
        assert set(error.value.fields) == set(wrong)
    with pytest.raises(Conflict):
        wait_vendor(world, report(world), actor=world.manager)
    wait_vendor(world, ticket)
    with pytest.raises(Invalid):
        finish(world, dispatch_of(ticket), at=DONE, done_at=DONE + minutes(1))
    with pytest.raises(NotAllowed):
        finish(world, dispatch_of(ticket), at=DONE, actor=world.engineer2)


def test_the_scorecard_counts_what_was_due_and_what_came_back(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    dispatch = dispatch_of(ticket)
    finish(world, dispatch, at=DONE, arrived_at=HERE)
    report(world, at=DONE + timedelta(days=2))
    scores = scores_of(world.contract, MONDAY - timedelta(days=1), DONE, DONE + timedelta(days=3))
    score = scores[dispatch.vendor_id]
    assert (score.calls, score.on_time_percent, score.response_hours, score.fix_hours, score.repeats) == (
        1,
        100.0,
        0.5,
        0.8,
        1,
    )


# Rules ----------------------------------------------------------------------------------------------------------------


def test_the_kind_of_days() -> None:
    assert difficult_kind("office", "surveillance") == "repair_office"
    assert difficult_kind("software", "") == "repair_office"
    assert difficult_kind("low_voltage", "hardware") == "repair_weak_current"
    assert difficult_kind("", "surveillance") == "repair_weak_current"
    assert difficult_kind("", "hardware") == "repair_office"


def test_when_a_spare_is_owed(world: World) -> None:
    calendar = calendar_of(world.contract)
    friday = datetime(2024, 3, 22, 2, 0, tzinfo=UTC)
    assert not spare_is_owed(calendar, friday, datetime(2024, 3, 25, 10, 0, tzinfo=UTC))
    assert spare_is_owed(calendar, friday, datetime(2024, 3, 26, 1, 0, tzinfo=UTC))


def test_the_figures_of_a_vendor(world: World) -> None:
    calendar = calendar_of(world.contract)

    def call(arrived: float | None, done: float | None, status: str = "done", device: int | None = 1) -> Call:
        return Call(
            MONDAY,
            MONDAY + minutes(60),
            None if arrived is None else MONDAY + minutes(arrived),
            None if done is None else MONDAY + minutes(done),
            status,
            device_id=device,
            ticket_id=7,
        )

    rows = [call(30, 60), call(90, 120), call(None, None, "failed"), call(None, None, "called")]
    early = score_of(rows, calendar, MONDAY + minutes(40))
    assert (early.calls, early.open, early.failed, early.on_time, early.judged) == (4, 1, 1, 1, 3)
    off = Call(MONDAY, MONDAY + minutes(60), None, None, "called_off", MONDAY + minutes(50))
    assert score_of([off], calendar, MONDAY + minutes(90)).judged == 0
    assert score_of([replace(off, called_off_at=MONDAY + minutes(61))], calendar, MONDAY + minutes(90)).judged == 1
    # Once it is due, who has not come counts as not in time.
    assert score_of(rows, calendar, MONDAY + minutes(61)).judged == 4
    assert (early.response_hours, early.fix_hours) == (1.0, 1.5)
    assert score_of([], calendar, MONDAY).on_time_percent is None
    after = MONDAY + minutes(200)
    assert repeats_among(rows, {1: [(8, after)]}) == 2
    assert repeats_among(rows, {1: [(7, after)], 2: [(8, after)]}) == 0
    assert repeats_among(rows, {1: [(8, MONDAY + timedelta(days=8))]}) == 0
