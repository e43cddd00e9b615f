"""Acts on several tickets: all or none, once, told, and taken back."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from notifications.models import Delivery
from records.models import AuditEntry
from tests.make import World, make_world
from tickets.models import Ticket, TicketBatch, TicketTag
from tickets.services.batch import LIMIT
from tickets.services.tag import tag_add
from tickets.tests.make import MONDAY, arrive, reach, report, respond

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, world: World, codes: list[str], **changes: Any) -> Any:
    given = {"codes": codes, "engineer": world.engineer2.pk, "reason": "甲请假", "key": uuid4()}
    return client.post("/tickets/bulk/assign/", given | changes)


def test_the_manager_gives_several_to_one_engineer_and_takes_it_back(world: World) -> None:
    first, moved = respond(world, report(world)), respond(world, report(world))
    his, waiting = respond(world, report(world), actor=world.engineer2), report(world)
    client = as_(world.manager)
    page = client.get("/tickets/bulk/assign/", {"codes": [first.code, waiting.code]}).content.decode()
    assert page.count('name="codes"') == 2
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    codes = [row.code for row in (first, moved, his, waiting)]
    answer = send(client, world, codes, key=key[1])
    assert answer.status_code == 302
    # The same form sent twice acts once.
    assert send(client, world, codes, key=key[1])["Location"] == answer["Location"]
    batch = TicketBatch.objects.get()
    assert [row["done"] for row in batch.rows] == ["assigned", "assigned", "already", "pointed_out"]
    owners = dict(Ticket.objects.values_list("code", "assignee__username"))
    assert owners == {first.code: "engineer2", moved.code: "engineer2", his.code: "engineer2", waiting.code: None}
    assert Delivery.objects.filter(recipient=world.engineer2, message__subject_id=waiting.pk).exists()
    assert AuditEntry.objects.filter(verb="point_out", subject_id=waiting.pk).count() == 1
    assert client.get(answer["Location"]).content.decode().count('class="code"') == 4
    arrive(world, Ticket.objects.get(pk=moved.pk), actor=world.engineer2)
    assert as_(world.engineer).post(f"/tickets/bulk/{batch.pk}/undo/").status_code == 404
    client.post(f"/tickets/bulk/{batch.pk}/undo/")
    batch.refresh_from_db()
    assert batch.stayed == [moved.code]
    assert Ticket.objects.get(pk=first.pk).assignee == world.engineer
    assert Ticket.objects.get(pk=moved.pk).assignee == world.engineer2
    client.post(f"/tickets/bulk/{batch.pk}/undo/")
    assert Ticket.objects.get(pk=first.pk).reassign_count == 2


def test_one_unknown_finished_or_foreign_ticket_refuses_the_whole_batch_and_is_named(world: World) -> None:
    other = make_world("b")
    foreign = report(other)
    own, colleagues = respond(world, report(world)), respond(world, report(world), actor=world.engineer2)
    done = reach(world, "to_sign")
    for who, bad in ((world.manager, foreign), (world.manager, done), (world.engineer, colleagues)):
        answer = send(as_(who), world, [own.code, bad.code])
        assert answer.status_code == 422
        assert bad.code in answer.content.decode()
    assert send(as_(world.manager), world, []).status_code == 422
    assert send(as_(world.manager), world, [f"GD-{number}" for number in range(LIMIT + 5)]).status_code == 422
    assert send(as_(world.manager), world, [own.code], engineer=world.manager.pk).status_code == 422
    assert send(as_(world.manager), world, [own.code], reason=" ").status_code == 422
    assert send(as_(world.clerk), world, [own.code]).status_code == 403
    assert Ticket.objects.get(pk=own.pk).assignee == world.engineer
    assert not TicketBatch.objects.exists()
    shown = as_(world.manager).get("/tickets/bulk/assign/", {"codes": [own.code, foreign.code]}).content.decode()
    assert foreign.title not in shown


def test_a_tag_is_put_on_several_and_comes_off_only_where_it_was_new(world: World) -> None:
    tag = tag_add(contract=world.contract, name="待跟进", actor=world.manager, at=MONDAY)
    first, second = report(world), reach(world, "signed")
    client = as_(world.engineer)
    client.post("/tickets/bulk/tag/", {"codes": [first.code], "tag": tag.pk, "key": uuid4()})
    client.post("/tickets/bulk/tag/", {"codes": [first.code, second.code], "tag": tag.pk, "key": uuid4()})
    assert TicketTag.objects.filter(tag=tag).count() == 2
    batch = TicketBatch.objects.latest("pk")
    assert [row["done"] for row in batch.rows] == ["already", "tagged"]
    client.post(f"/tickets/bulk/{batch.pk}/undo/")
    assert list(TicketTag.objects.filter(tag=tag).values_list("ticket_id", flat=True)) == [first.pk]
