"""Verbs `wait_customer`, `ask_part`, `wait_part`, `refuse_part`, `go_on`, and the wait that ends by itself."""

from datetime import UTC, datetime

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from sla.models import Clock
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.go_on import ticket_go_on, waits_end
from tickets.services.listing import search_refresh
from tickets.services.spare import no_spare
from tickets.services.wait_part import ticket_ask_part, ticket_refuse_part, ticket_wait_part
from tickets.tests.make import RESPONDED, WAITING, minutes, reach, told, wait_customer

pytestmark = pytest.mark.django_db
LIMIT = datetime(2024, 3, 20, 10, 0, tzinfo=UTC)
"""Two working days after Monday: Wednesday 18:00 in Shanghai."""


@pytest.fixture
def world() -> World:
    return make_world()


def repair(ticket: Ticket) -> Clock:
    return Clock.objects.get(pk=Ticket.objects.values_list("repair_clock").get(pk=ticket.pk)[0])


def test_waiting_for_the_client_holds_the_hour_and_tells_them(world: World) -> None:
    ticket = wait_customer(world, reach(world, "in_progress"))
    assert (repair(ticket).state, repair(ticket).due_at) == ("paused", None)
    assert (ticket.waiting_since, ticket.waiting_until) == (WAITING, LIMIT)
    assert told(ticket, "waiting") == {world.clerk.pk}
    assert search_refresh([ticket]) == 0, "why it waits is no word by which the ticket is found"
    ticket_go_on(ticket=ticket, actor=world.engineer, at=WAITING + minutes(30))
    assert (repair(ticket).state, repair(ticket).due_at) == ("running", RESPONDED + minutes(90))


def test_it_needs_a_reason_and_somebody_who_knows(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        wait_customer(world, reach(world, "in_progress"), reason="", known_by=" ", cause="force_majeure")
    assert set(refused.value.fields) == {"reason", "known_by", "cause"}


def test_at_its_limit_the_wait_ends_by_itself_once_from_that_instant_on(world: World) -> None:
    ticket = wait_customer(world, reach(world, "in_progress"))
    assert waits_end(at=LIMIT - minutes(1)) == 0
    late = LIMIT + minutes(14 * 60 + 40)
    assert (waits_end(at=late), waits_end(at=late)) == (1, 0)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_until) == ("in_progress", None)
    clock = repair(ticket)
    # 13 minutes of the hour were used; the other 47 count from the limit, which is closing time: from 08:30 on Thursday.
    assert (clock.state, clock.due_at) == ("running", datetime(2024, 3, 21, 1, 17, tzinfo=UTC))
    entry = AuditEntry.objects.get(subject_id=ticket.pk, verb="go_on")
    assert (entry.actor, entry.at) == (None, late)
    assert told(ticket, "waiting", urgent=True) == {world.engineer.pk, world.manager.pk}


def test_the_engineer_asks_for_a_part_and_the_manager_decides(world: World) -> None:
    ticket = reach(world, "in_progress")
    with pytest.raises(Invalid, match=r"spare|备"):
        ticket_ask_part(ticket=ticket, actor=world.engineer, at=WAITING, reason="缺电源模块")
    no_spare(ticket=ticket, actor=world.engineer, at=WAITING, why="not_needed", note="用户改用邻窗电脑")
    ticket_ask_part(ticket=ticket, actor=world.engineer, at=WAITING, reason="缺电源模块")
    assert told(ticket, "part") == {world.manager.pk}
    with pytest.raises(NotAllowed):
        ticket_wait_part(ticket=ticket, actor=world.engineer, at=WAITING, reason="缺电源模块")
    ticket_refuse_part(ticket=ticket, actor=world.manager, at=WAITING, reason="库房有货")
    with pytest.raises(Conflict):
        ticket_refuse_part(ticket=ticket, actor=world.manager, at=WAITING, reason="库房有货")
    ticket_wait_part(ticket=ticket, actor=world.manager, at=WAITING, reason="缺电源模块", until=LIMIT)
    assert (ticket.status, ticket.waiting_until, ticket.part_asked_at) == ("waiting_part", LIMIT, None)
    assert repair(ticket).state == "running"
    assert waits_end(at=LIMIT + minutes(1)) == 0
