"""Verb arrive: on site, or begun remotely."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.arrive import ticket_arrive
from tickets.tests.make import ARRIVED, arrive, minutes, reach, report, respond
from tickets.tests.repair_make import PLANNED, not_difficult, plan

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


@pytest.mark.parametrize("judge", [plan, not_difficult])
def test_somebody_still_arrives_once_when_the_manager_has_judged_a_difficult_fault(
    world: World, judge: Callable[..., Ticket], client: Client
) -> None:
    """Its work is in hand by the manager's word, before anybody has been there (records 3.2)."""
    ticket = respond(world, report(world), triage="difficult", analysis="主板疑似损坏")
    judge(world, ticket)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.status, ticket.arrived_at) == ("in_progress", None)
    page, door = reverse("tickets:detail", args=[ticket.code]), reverse("tickets:arrive", args=[ticket.code])
    client.force_login(world.engineer)
    assert door in client.get(page).content.decode()
    assert door in client.get(reverse("tickets:queue")).content.decode()
    assert client.get(door).status_code == 200
    there = PLANNED + minutes(30)
    arrive(world, ticket, at=there)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.status, ticket.arrived_at, ticket.service_mode) == ("in_progress", there, "on_site")
    # Nobody arrives twice: the instant that was written down stays.
    with pytest.raises(Conflict):
        arrive(world, ticket, at=there + minutes(1))
    assert Ticket.objects.get(pk=ticket.pk).arrived_at == there
    assert door not in client.get(page).content.decode()
    assert client.get(door).status_code == 302
