"""Tags, canned texts, checklists, and what is suggested while a report is typed."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, Invalid, NotAllowed
from devices.models import Place
from records.models import AuditEntry
from tests.make import World, make_world
from tickets.finds.talk import tags_by_ticket, tickets_tagged
from tickets.models import ChecklistItem, Tag, Ticket, TicketWatch
from tickets.services.checklist import checklist_tick, checklist_use, open_required
from tickets.services.tag import tag_change, tag_merge, tickets_tag
from tickets.tests.make import reach, report, resolve, respond
from tickets.tests.talk_make import NOTED, make_checklist, make_tag, make_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_tag_leaves_a_signature_whole(world: World) -> None:
    ticket, tag = reach(world, "signed"), make_tag(world)
    assert tickets_tag(tickets=[ticket], tag=tag, actor=world.engineer, at=NOTED) == 1
    assert tickets_tag(tickets=[ticket], tag=tag, actor=world.engineer2, at=NOTED) == 0
    held = Ticket.objects.get(pk=ticket.pk)
    assert (held.content_version, held.version, held.holds) == (ticket.content_version, ticket.version, held.holds)
    assert "tag" in held.holds
    assert list(tickets_tagged(Ticket.objects.all(), tag)) == [ticket]
    assert tags_by_ticket([held]) == {ticket.pk: [tag]}
    assert tag.name in as_(world.engineer).get(f"/tickets/{ticket.code}/").content.decode()
    assert tag.name not in as_(world.clerk).get(f"/tickets/{ticket.code}/").content.decode()
    as_(world.engineer).post(f"/tickets/{ticket.code}/tags/", {})
    assert not tickets_tagged(Ticket.objects.all(), tag).exists()
    assert AuditEntry.objects.filter(verb__in=("tag", "untag"), visibility="internal").count() == 2


def test_one_foreign_ticket_refuses_the_whole_batch(world: World) -> None:
    other = make_world("b")
    mine, tag = report(world), make_tag(world)
    with pytest.raises(NotAllowed):
        tickets_tag(tickets=[mine, report(other)], tag=tag, actor=world.engineer, at=NOTED)
    with pytest.raises(NotAllowed):
        tickets_tag(tickets=[mine], tag=tag, actor=world.clerk, at=NOTED)
    assert not tickets_tagged(Ticket.objects.all(), tag).exists()
    foreign = make_tag(other, "别人的")
    answer = as_(world.engineer).post(f"/tickets/{mine.code}/tags/", {"tags": [foreign.pk]})
    assert answer.status_code == 422
    assert as_(world.manager).get(f"/tickets/tags/{foreign.pk}/").status_code == 404


def test_the_manager_renames_merges_and_retires_tags(world: World) -> None:
    old, new = make_tag(world, "保内"), make_tag(world, "保修期内")
    with pytest.raises(Conflict):
        make_tag(world, "保内")
    first, second = report(world), report(world)
    tickets_tag(tickets=[first, second], tag=old, actor=world.engineer, at=NOTED)
    tickets_tag(tickets=[second], tag=new, actor=world.engineer, at=NOTED)
    tag_merge(tag=old, into=new, actor=world.manager, at=NOTED)
    assert set(tickets_tagged(Ticket.objects.all(), new)) == {first, second}
    assert Tag.objects.get(pk=old.pk).is_active is False
    with pytest.raises(Invalid):
        tickets_tag(tickets=[first], tag=Tag.objects.get(pk=old.pk), actor=world.engineer, at=NOTED)
    tag_change(tag=new, name="质保内", tone="ok", is_active=True, actor=world.manager, at=NOTED)
    with pytest.raises(NotAllowed):
        tag_change(tag=new, name="x", tone="ok", is_active=True, actor=world.engineer, at=NOTED)
    page = as_(world.manager).get("/tickets/tags/").content.decode()
    assert "质保内" in page
    assert as_(world.engineer).get("/tickets/tags/").status_code == 403


def test_a_checklist_is_a_copy_and_its_required_items_are_told(world: World) -> None:
    ticket, template = respond(world, report(world)), make_checklist(world)
    assert open_required(ticket) == []
    for _time in range(2):
        checklist_use(ticket=ticket, template=template, actor=world.engineer, at=NOTED)
    assert ChecklistItem.objects.count() == 3
    assert open_required(ticket) == ["断电后再开机"]
    item = ChecklistItem.objects.get(required=True)
    client = as_(world.engineer2)
    assert client.post(f"/tickets/{ticket.code}/checklist/{item.pk}/", {"done": "1"}).status_code == 302
    assert open_required(ticket) == []
    item.refresh_from_db()
    assert item.done_by == world.engineer2
    assert item.done_at is not None
    with pytest.raises(Conflict):
        checklist_tick(ticket=ticket, item=item, done=True, actor=world.engineer, at=NOTED)
    other = make_world("b")
    with pytest.raises(Invalid):
        checklist_use(ticket=ticket, template=make_checklist(other), actor=world.engineer, at=NOTED)
    done = reach(world, "in_progress")
    resolve(world, Ticket.objects.get(pk=done.pk))
    with pytest.raises(Conflict):
        # Also from a page that was read before the work was called done.
        checklist_use(ticket=done, template=template, actor=world.engineer, at=NOTED)


def test_texts_are_offered_by_field_and_kept_by_the_manager(world: World) -> None:
    make_text(world)
    make_text(world, "换电源", kind="solution", text="更换电源适配器，试机正常。")
    make_text(make_world("b"), "别人的文字")
    client = as_(world.engineer)
    offered = client.get("/tickets/texts/pick/", {"kind": "solution"}, headers={"HX-Request": "true"}).content.decode()
    assert "更换电源适配器" in offered
    assert "请客户重启" not in offered
    assert "别人的文字" not in client.get("/tickets/texts/pick/", {"kind": "note"}).content.decode()
    manager = as_(world.manager)
    form = {"kind": "cause", "title": "插座松动", "text": "插座接触不良", "position": "1", "is_active": "on"}
    assert manager.post("/tickets/texts/add/", form).status_code == 302
    assert manager.post("/tickets/texts/add/", form).status_code == 409
    assert "插座松动" in manager.get("/tickets/texts/?kind=cause").content.decode()
    assert manager.get("/tickets/texts/add/").status_code == 200
    assert client.get("/tickets/texts/").status_code == 403


def test_open_tickets_like_the_new_one_are_suggested_as_far_as_they_may_be_seen(world: World) -> None:
    ticket = report(world, title="叫号机没有声音", description="叫号机没有声音，群众听不到")
    reach(world, "signed")
    lobby = Place.objects.create(hall=world.contract.hall, code="lobby", name="大堂", kind=Place.Kind.ZONE)
    ask = {"device": "", "place": world.place.pk, "description": "叫号机又没声音了"}
    answers = {
        role: as_(getattr(world, role)).post("/tickets/similar/", ask).content.decode()
        for role in ("clerk", "other_clerk", "engineer")
    }
    assert [role for role, text in answers.items() if ticket.code in text] == ["clerk", "engineer"]
    client = as_(world.clerk)
    by_device = client.post("/tickets/similar/", {"device": world.device.code, "description": ""}).content.decode()
    assert ticket.code in by_device
    for change in ({"place": lobby.pk}, {"description": "空调漏水"}, {"place": "x'"}):
        assert ticket.code not in client.post("/tickets/similar/", {**ask, **change}).content.decode()
    with CaptureQueriesContext(connection) as few:
        client.post("/tickets/similar/", ask)
    for _number in range(5):
        report(world, title="叫号机没有声音", description="叫号机没有声音")
    with CaptureQueriesContext(connection) as many:
        client.post("/tickets/similar/", ask)
    assert len(few) == len(many)


def test_it_is_this_one_makes_a_note_and_a_watcher_and_no_ticket(world: World) -> None:
    ticket = report(world)
    before = Ticket.objects.count()
    answer = as_(world.supervisor).post(f"/tickets/{ticket.code}/me-too/", {"description": "A06也听不到"})
    assert (answer.status_code, Ticket.objects.count()) == (302, before)
    assert "A06也听不到" in AuditEntry.objects.get(verb="message").after["text"]
    assert TicketWatch.objects.get().person == world.supervisor
    assert as_(world.other_clerk).post(f"/tickets/{ticket.code}/me-too/", {}).status_code == 404


def test_every_page_of_the_room_opens(world: World) -> None:
    ticket = respond(world, report(world))
    make_checklist(world)
    tag = make_tag(world)
    manager = as_(world.manager)
    for path in ("note", "tags", "checklist", "link", "merge", "split"):
        assert manager.get(f"/tickets/{ticket.code}/{path}/").status_code == 200, path
    pages = ("tags/", f"tags/{tag.pk}/", "texts/", "checklists/", "checklists/add/")
    for path in pages:
        assert manager.get(f"/tickets/{path}").status_code == 200, path
    other = report(world)
    link = {"kind": "related", "target": other.code.lower()}
    assert manager.post(f"/tickets/{ticket.code}/link/", link).status_code == 302
    assert manager.post(f"/tickets/{ticket.code}/split/", {
        "description": "打印机也坏了", "place": world.place.pk, "counts": "receipt",
    }).status_code == 302  # fmt: skip
    assert manager.post(f"/tickets/{ticket.code}/watch/", {"on": "1"}).status_code == 302
    assert 'id="keys-help"' in manager.get("/tickets/").content.decode()
