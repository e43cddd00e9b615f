"""Spares during a repair, and parts used: the register's slips and ledger tell the same."""

from datetime import timedelta

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from devices.models import Loan, SparePart, SpareRefusal
from devices.services.loans import loan_return
from devices.services.spares import stock_complaints
from devices.tests.spares_make import lend as lend_by_hand
from devices.tests.spares_make import make_part, make_spare
from tests.make import World, make_world
from tickets.canonical import completion_text
from tickets.models import Ticket, TicketPart
from tickets.services.cancel import ticket_cancel
from tickets.services.part_use import part_undo
from tickets.services.spare import loan_link, loans_out, no_spare, spare_settled
from tickets.tests.make import MONDAY, minutes, reach
from tickets.tests.repair_make import ESCALATED, escalate, lend, plan, use_part

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_spare_lent_for_a_ticket_is_a_slip_of_the_register(world: World) -> None:
    ticket = reach(world, "in_progress")
    loan = lend(world, ticket, make_spare(world))
    assert (loan.status, loan.stands_in_for, loan.purpose) == (
        "out",
        world.device,
        f"工单 {ticket.code} 维修期间临时使用",
    )
    assert loans_out(ticket) == [loan] and spare_settled(ticket, MONDAY + timedelta(days=9))
    with pytest.raises(Conflict):
        loan_link(ticket=ticket, loan=loan, actor=world.engineer, at=ESCALATED)
    loan_return(
        loan=Loan.objects.get(pk=loan.pk),
        outcome="complete",
        condition_back="完好",
        actor=world.engineer,
        at=ESCALATED + minutes(9),
    )
    assert loans_out(Ticket.objects.get(pk=ticket.pk)) == []


def test_an_open_slip_is_linked_and_a_foreign_one_is_not(world: World) -> None:
    ticket = reach(world, "in_progress")
    loan = lend_by_hand(world, device=make_spare(world))
    loan_link(ticket=ticket, loan=loan, actor=world.engineer, at=ESCALATED)
    assert loans_out(ticket) == [loan]
    other = make_world("b")
    with pytest.raises(Invalid):
        loan_link(ticket=ticket, loan=lend_by_hand(other, device=make_spare(other)), actor=world.engineer, at=ESCALATED)


def test_nothing_is_noted_from_a_page_read_before_the_ticket_was_voided(world: World) -> None:
    seen = reach(world, "in_progress")
    voided = Ticket.objects.get(pk=seen.pk)
    ticket_cancel(ticket=voided, actor=world.manager, at=ESCALATED, reason="误报")
    with pytest.raises(Conflict):
        no_spare(ticket=seen, actor=world.engineer, at=ESCALATED, why="none_left", note="改用邻窗")
    assert not SpareRefusal.objects.exists()


def test_a_repair_of_more_than_a_working_day_misses_a_spare_or_a_reason(world: World) -> None:
    ticket = reach(world, "in_progress")
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    assert spare_settled(ticket, tuesday) and not spare_settled(ticket, wednesday)
    # A plan that takes longer asks for it at once.
    planned = Ticket.objects.get(pk=plan(world, escalate(world, ticket)).pk)
    assert not spare_settled(planned, ESCALATED + minutes(30))
    with pytest.raises(Invalid):
        no_spare(ticket=planned, why="none_left", note=" ", actor=world.engineer, at=tuesday)
    no_spare(ticket=planned, why="none_left", note="先用相邻窗口的电脑", actor=world.engineer, at=tuesday)
    assert spare_settled(planned, wednesday)
    assert SpareRefusal.objects.get(device=world.device).why == "none_left"


def test_a_part_from_the_store_leaves_it_and_comes_back_when_it_was_wrong(world: World) -> None:
    ticket, part = reach(world, "in_progress"), make_part(world, stock=3)
    used = use_part(world, ticket, part=part, quantity=2)
    assert SparePart.objects.get(pk=part.pk).stock == 1
    assert used.movement is not None and used.movement.document == ticket.code
    assert "使用备件：搓纸轮 R-100 ×2个（费用：质保厂商）" in completion_text(Ticket.objects.get(pk=ticket.pk))
    version = Ticket.objects.get(pk=ticket.pk).content_version
    with pytest.raises(Conflict):
        use_part(world, ticket, part=part, quantity=2)
    part_undo(used=TicketPart.objects.get(), actor=world.engineer, at=ESCALATED, reason="登记错了")
    assert SparePart.objects.get(pk=part.pk).stock == 3 and stock_complaints() == []
    ticket.refresh_from_db()
    assert (ticket.content_version, ticket.frozen_names["parts"]) == (version + 1, "")
    with pytest.raises(Conflict):
        part_undo(used=used, actor=world.engineer, at=ESCALATED, reason="再来一次")


def test_a_part_that_somebody_brought_needs_its_name_and_no_stock(world: World) -> None:
    ticket = reach(world, "to_sign")
    assert use_part(world, ticket).movement is None
    for wrong in ({"name": " "}, {"quantity": 0}, {"cost_bearer": "nobody"}):
        with pytest.raises(Invalid) as error:
            use_part(world, ticket, **wrong)
        assert set(error.value.fields) == set(wrong)
    with pytest.raises(NotAllowed):
        use_part(world, ticket, actor=world.clerk)
    with pytest.raises(Conflict):
        use_part(world, reach(world, "signed"))


def test_a_part_without_a_device_is_taken_as_a_correction_that_names_the_ticket(world: World) -> None:
    ticket, part = reach(world, "in_progress"), make_part(world, stock=3)
    Ticket.objects.filter(pk=ticket.pk).update(device=None)
    used = use_part(world, Ticket.objects.get(pk=ticket.pk), part=part)
    assert used.movement is not None and used.movement.reason == f"工单 {ticket.code}"
    assert SparePart.objects.get(pk=part.pk).stock == 2
