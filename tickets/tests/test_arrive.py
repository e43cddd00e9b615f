"""Verb arrive: on site, or begun remotely."""

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from tests.make import World, make_world
from tickets.services.arrive import ticket_arrive
from tickets.tests.make import ARRIVED, arrive, reach, report

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.mark.parametrize("mode", ["on_site", "remote"])
def test_work_begins_on_site_or_remotely(world: World, mode: str) -> None:
    how = {"authorised_by": "窗口人员01", "tool": "远程桌面"} if mode == "remote" else {}
    ticket = ticket_arrive(ticket=reach(world, "responded"), actor=world.engineer, at=ARRIVED, service_mode=mode, **how)
    assert (ticket.status, ticket.arrived_at, ticket.service_mode) == ("in_progress", ARRIVED, mode)
    assert AuditEntry.objects.get(verb="arrive").after["service_mode"] == mode


def test_only_the_responsible_engineer_or_the_manager_records_it(world: World) -> None:
    ticket = reach(world, "responded")
    for person in (world.engineer2, world.clerk, world.supervisor, world.auditor):
        with pytest.raises(NotAllowed):
            arrive(world, ticket, actor=person)
    assert arrive(world, ticket, actor=world.manager).status == "in_progress"


def test_nobody_arrives_before_the_response(world: World) -> None:
    with pytest.raises(Conflict):
        arrive(world, report(world), actor=world.manager)


def test_an_unknown_mode_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        ticket_arrive(ticket=reach(world, "responded"), actor=world.engineer, at=ARRIVED, service_mode="by_balloon")
