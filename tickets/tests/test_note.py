"""Notes, messages, mentions and watching: who reads what, who is told, and that nothing written is ever changed."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Delivery
from records.models import Attachment, AuditEntry
from records.services.attachments import prepare_images
from records.tests.make import picture, upload
from tests.make import World, make_world
from tickets.finds.talk import notes_of
from tickets.models import Ticket, TicketWatch
from tickets.services.watch import ticket_watch
from tickets.tests.make import MONDAY, arrive, minutes, reach, report, respond
from tickets.tests.talk_make import NOTED, merge, note

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def told(topic: str) -> set[str]:
    return set(Delivery.objects.filter(message__topic=topic).values_list("recipient__username", flat=True))


def test_an_internal_note_is_for_the_contractor_alone(world: World) -> None:
    ticket = reach(world, "in_progress")
    note(world, ticket, text="怀疑主板故障，先不告诉客户", photos=prepare_images([upload(picture())]))
    assert [entry.visibility for entry in notes_of(ticket, internal=True)] == ["internal"]
    assert notes_of(ticket, internal=False) == []
    path, photo = f"/tickets/{ticket.code}/", Attachment.objects.get()
    for user, reads in (
        (world.engineer2, True),
        (world.auditor, True),
        (world.clerk, False),
        (world.supervisor, False),
    ):
        client = as_(user)
        assert ("怀疑主板" in client.get(path).content.decode()) is reads
        assert client.get(reverse("records:attachment", args=[photo.pk])).status_code == (200 if reads else 404)
    found = as_(world.engineer).get("/tickets/?q=怀疑主板").content.decode()
    assert ticket.code in found
    assert ticket.code not in as_(world.clerk).get("/tickets/?q=怀疑主板").content.decode()


def test_what_the_client_writes_reaches_the_responsible_engineer(world: World) -> None:
    ticket = respond(world, report(world))
    assert as_(world.clerk).post(f"/tickets/{ticket.code}/note/", {"text": "下午三点后没人"}).status_code == 302
    entry = AuditEntry.objects.get(verb="message")
    assert (entry.visibility, entry.after["text"]) == ("client", "下午三点后没人")
    assert told("message") == {world.engineer.username}
    assert "下午三点后没人" in as_(world.clerk).get(f"/tickets/{ticket.code}/").content.decode()
    early = report(world)
    as_(world.clerk).post(f"/tickets/{early.code}/note/", {"text": "请快一点"})
    assert told("message") == {world.engineer.username, world.manager.username}


def test_a_visible_note_tells_the_reporter(world: World) -> None:
    ticket = respond(world, report(world))
    note(world, ticket, text="配件明天到", visible=True)
    assert told("message") == {world.clerk.username}
    assert told("note") == set()


def test_a_mention_tells_and_lets_follow(world: World) -> None:
    ticket = respond(world, report(world))
    named = note(world, ticket, text="@工程师乙 请带电源来；@项目经理 知悉")
    assert {person.username for person in named} == {world.engineer2.username, world.manager.username}
    assert told("mentioned") == {world.engineer2.username, world.manager.username}
    assert TicketWatch.objects.filter(ticket=ticket).count() == 2
    with pytest.raises(Invalid) as refused:
        note(world, ticket, text="@窗口人员01 不会用")
    assert "窗口人员01" in refused.value.fields["text"]
    note(world, ticket, text="@窗口人员01 请稍等", visible=True)
    # A clerk of another unit may not read it, and so cannot be named.
    assert note(world, ticket, text="@窗口人员02 请稍等", visible=True) == []


def test_names_are_offered_to_who_may_write_and_only_those_who_may_read(world: World) -> None:
    ticket = report(world)
    path = f"/tickets/{ticket.code}/mention/"
    offered = as_(world.engineer).get(path, {"q": "窗口"}).content.decode()
    assert "窗口人员01" in offered
    assert "窗口人员02" not in offered
    assert as_(world.other_clerk).get(path).status_code == 404
    assert as_(world.auditor).get(path).status_code == 403


def test_a_refused_note_keeps_what_was_typed(world: World) -> None:
    ticket = respond(world, report(world))
    answer = as_(world.engineer).post(f"/tickets/{ticket.code}/note/", {"text": "@窗口人员01 内部说明"})
    assert answer.status_code == 422
    assert "@窗口人员01 内部说明" in answer.content.decode()
    assert not AuditEntry.objects.filter(verb="note").exists()


def test_who_may_write_and_where_no_longer(world: World) -> None:
    ticket = respond(world, report(world))
    for actor in (world.auditor, world.other_clerk):
        with pytest.raises(NotAllowed):
            note(world, ticket, actor=actor)
    with pytest.raises(Invalid):
        note(world, ticket, text="  ")
    with pytest.raises(Conflict):
        note(world, merge(world, ticket))


def test_watchers_hear_every_step_they_may_see_but_their_own(world: World) -> None:
    ticket = respond(world, report(world))
    for person in (world.engineer2, world.supervisor, world.engineer):
        ticket_watch(ticket=ticket, actor=person, at=NOTED)
        ticket_watch(ticket=ticket, actor=person, at=NOTED)
    assert TicketWatch.objects.count() == 3
    arrive(world, ticket, at=MONDAY + minutes(25))
    assert told("arrived") == {world.clerk.username, world.engineer2.username, world.supervisor.username}
    note(world, ticket, text="内部情况")
    assert told("note") == {world.engineer2.username}
    ticket_watch(ticket=ticket, actor=world.supervisor, at=NOTED, on=False)
    assert set(TicketWatch.objects.values_list("person__username", flat=True)) == {
        world.engineer.username,
        world.engineer2.username,
    }
    with pytest.raises(NotAllowed):
        ticket_watch(ticket=ticket, actor=world.other_clerk, at=NOTED)


def test_a_plain_tickets_page_asks_for_nothing_of_this_room(world: World) -> None:
    plain, rich = reach(world, "in_progress"), reach(world, "in_progress")
    for number in range(4):
        note(world, rich, text=f"备注{number} @工程师乙")
    client = as_(world.engineer2)
    counts = []
    for ticket in (plain, rich):
        client.get(f"/tickets/{ticket.code}/")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/tickets/{ticket.code}/")
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 2
    assert Ticket.objects.get(pk=plain.pk).holds == []
