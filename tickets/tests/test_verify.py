"""Verbs `verify` and `refuse_work`: somebody else looks at pressing work; the client's promise to sign; finished verdicts stay."""

import pytest

from core.errors import NotAllowed
from parties.models import User
from sla.models import Clock
from tests.make import World, make_world
from tickets import rules
from tickets.canonical import completion_text
from tickets.models import Ticket
from tickets.services.close_unsigned import ticket_close_unsigned
from tickets.services.send_back import ticket_send_back
from tickets.services.verify import ticket_refuse_work, ticket_verify
from tickets.subject import recipients
from tickets.tests.make import RESOLVED, RESPONDED, SIGNED, minutes, reach, resolve, sign, told

pytestmark = pytest.mark.django_db
CHECKED = RESOLVED + minutes(3)


@pytest.fixture
def world() -> World:
    return make_world()


def clocks(ticket: Ticket, kind: str) -> list[Clock]:
    return list(Clock.objects.filter(subject_type="ticket", subject_id=ticket.pk, kind=kind).order_by("pk"))


@pytest.mark.parametrize(
    ("priority", "up_to", "needed"), [(1, 1, True), (2, 1, False), (1, 0, False), (4, 4, True), (3, 2, False)]
)
def test_the_term_says_up_to_which_priority(priority: int, up_to: int, needed: bool) -> None:
    assert rules.needs_another(priority, up_to) is needed


def test_pressing_work_waits_for_somebody_else_whose_name_is_signed(world: World) -> None:
    ticket = reach(world, "to_verify")
    assert not clocks(ticket, "client_signature")
    assert told(ticket, "to_verify") == {world.manager.pk, world.engineer2.pk}
    with pytest.raises(NotAllowed):
        ticket_verify(ticket=ticket, actor=world.engineer, at=CHECKED)
    version = ticket.content_version
    ticket_verify(ticket=ticket, actor=world.engineer2, at=CHECKED)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.checked_by, ticket.checked_at) == ("to_sign", world.engineer2, CHECKED)
    assert ticket.content_version == version + 1
    User.objects.filter(pk=world.engineer2.pk).update(name="改名后")
    assert "复核人：工程师乙" in completion_text(Ticket.objects.get(pk=ticket.pk))
    assert clocks(ticket, "client_signature")[0].started_at == CHECKED


def test_refused_work_goes_on_as_rework_with_a_promise_of_its_own(world: World) -> None:
    ticket = reach(world, "to_verify")
    ticket_refuse_work(ticket=ticket, actor=world.manager, at=CHECKED, reason="指示灯仍闪烁")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.rework_count) == ("in_progress", 1)
    first, second = clocks(ticket, "fix")
    assert (first.state, first.stopped_at, first.kept) == ("stopped", RESOLVED, True)
    assert (second.replaces, second.started_at, second.state) == (first, CHECKED, "running")
    assert ticket.repair_clock == second
    assert told(ticket, "work_refused") == {world.engineer.pk}


def test_the_clients_promise_to_sign_reminds_the_reporter_and_ends_with_the_signature(world: World) -> None:
    ticket = reach(world, "to_sign")
    (clock,) = clocks(ticket, "client_signature")
    assert (clock.promisor, clock.started_at, clock.state) == ("client", RESOLVED, "running")
    assert all("reporter" in rung["to"] for rung in clock.policy.ladder)
    assert recipients(ticket, "reporter", RESOLVED) == [world.clerk]
    sign(world, ticket)
    clock.refresh_from_db()
    assert (clock.state, clock.stopped_at) == ("stopped", SIGNED)


def test_sent_back_or_closed_nothing_is_asked_of_the_client_and_the_verdict_of_the_repair_stays(world: World) -> None:
    ticket = reach(world, "to_sign")
    ticket_send_back(ticket=ticket, actor=world.clerk, at=SIGNED, reason="仍然死机")
    first, second = clocks(ticket, "fix")
    assert (first.kept, second.replaces) == (True, first)
    assert clocks(ticket, "client_signature")[0].state == "cancelled"
    resolve(world, Ticket.objects.get(pk=ticket.pk), at=SIGNED + minutes(90))
    second.refresh_from_db()
    assert (second.state, second.kept, second.breached_at) == ("stopped", False, SIGNED + minutes(60))
    ticket = Ticket.objects.get(pk=ticket.pk)
    ticket_close_unsigned(ticket=ticket, actor=world.manager, at=SIGNED + minutes(95), reason="报修人已调离")
    assert [row.state for row in clocks(ticket, "client_signature")] == ["cancelled", "cancelled"]
    assert Ticket.objects.get(pk=ticket.pk).closed_at == SIGNED + minutes(95)
    assert clocks(ticket, "fix")[0].due_at == RESPONDED + minutes(60)
