"""The list of tickets: what is found, filters, order, views, export, the interface."""

import csv
import io
import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from records.models import AuditEntry
from tests.make import World, make_world
from tickets.filters import ORDERS, Sorting
from tickets.models import Ticket, TicketView, TicketWords
from tickets.services.listing import search_refresh
from tickets.services.tag import tag_add, tickets_tag
from tickets.tests.listing_make import noted
from tickets.tests.make import MONDAY, arrive, minutes, reach, report, resolve, respond
from tickets.views import lists


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def listed(client: Client, query: str = "") -> list[str]:
    """The titles of a page's rows."""
    answer = client.get(f"/tickets/?{query}")
    assert answer.status_code == 200
    return re.findall(r'class="cell-title"[^>]*>([^<]+)<', answer.content.decode())


def test_a_ticket_is_found_by_words_of_one_and_two_characters_in_all_that_is_written_on_it(world: World) -> None:
    ticket = report(world, title="叫号机", description="三号窗口叫号没有声音")
    report(world, title="别的", description="完全无关的一件事", device=None)
    respond(world, ticket, contact_person="李四")
    arrive(world, ticket)
    resolve(world, ticket, cause="功放烧坏", solution="更换功放板")
    client = as_(world.engineer)
    for words in (
        "声音",
        "声",
        "李四",
        "功放",
        "更换功放",
        "工程师甲",
        "ws-001",
        "Ａ０５工作台",
        "叫号 声音",
        ticket.code,
        ticket.code[-9:],
    ):
        assert listed(client, f"q={words}") == ["叫号机"], words
    for words in ("音声", "功放 不存在", "李五"):
        assert listed(client, f"q={words}") == [], words


def test_internal_notes_find_a_ticket_for_the_contractor_and_the_auditor_only(world: World) -> None:
    ticket = report(world, title="有备注")
    noted(ticket, world, "甲方催得很急")
    noted(ticket, world, "请您周三在场", internal=False)
    for person in (world.engineer, world.manager, world.auditor):
        assert listed(as_(person), "q=催得") == ["有备注"]
    for person in (world.clerk, world.supervisor, world.leader):
        assert listed(as_(person), "q=催得") == []
        assert listed(as_(person), "q=周三") == ["有备注"]
    assert listed(as_(world.other_clerk), "q=周三") == []


def test_what_is_found_follows_every_act_and_the_command_mends_the_rest(world: World) -> None:
    ticket = reach(world, "to_sign")
    noted(ticket, world, "钥匙在前台")
    assert search_refresh([ticket]) == 0
    Ticket.objects.filter(pk=ticket.pk).update(description="数据库里改过的描述")
    TicketWords.objects.filter(pk=report(world).pk).delete()
    out = io.StringIO()
    call_command("reindex_search", stdout=out)
    assert "2 tickets, 2 brought up to date" in out.getvalue()
    assert len(listed(as_(world.engineer), "q=改过")) == 1
    assert len(listed(as_(world.engineer), "q=钥匙")) == 1


def test_every_filter_narrows_and_none_that_is_unknown_breaks(world: World) -> None:
    mine = respond(world, report(world, title="甲的", fault_type="network"))
    respond(
        world,
        report(world, title="晚的", received_at=MONDAY, channel="phone", actor=world.engineer),
        at=MONDAY + minutes(9),
    )
    report(
        world,
        title="专业区的",
        unit=world.other_unit,
        window=None,
        device=None,
        urgency="high",
        impact="hall",
        actor=world.supervisor,
    )
    reach(world, "closed_unsigned")
    tag = tag_add(contract=world.contract, name="巡检发现", actor=world.manager, at=MONDAY)
    tickets_tag(tickets=[mine], tag=tag, actor=world.engineer, at=MONDAY)
    client = as_(world.engineer)
    usual = "A05窗口电脑开不了机，按电源没反应"
    for query, expected in (
        ("status=responded", {"甲的", "晚的"}),
        ("status=responded&status=pending_response", {"甲的", "晚的", "专业区的"}),
        ("fault_type=network", {"甲的"}),
        ("channel=phone", {"晚的"}),
        ("triage=general", {"甲的", "晚的", usual}),
        ("assignee=0", {"专业区的"}),
        (f"assignee={world.engineer.pk}&group=open", {"甲的", "晚的"}),
        (f"unit={world.other_unit.pk}", {"专业区的"}),
        (f"place={world.place.pk}&priority=1", {"专业区的"}),
        ("device=WS-001&group=open", {"甲的", "晚的"}),
        (f"tag={tag.pk}", {"甲的"}),
        ("late=response", {"晚的", "专业区的"}),
        ("unsigned=yes", {usual}),
        ("major=yes", set()),
        ("entry=late", set()),
        ("since=2024-03-18&until=2024-03-18&group=mine", {"甲的", "晚的"}),
        ("since=2024-03-19", set()),
        ("done_since=2024-03-18&done_until=2024-03-18", {usual}),
        ("more=1&fault_type=network", {"甲的"}),
    ):
        assert set(listed(client, query)) == expected, query
    for wrong in (
        "unit=9999",
        "place=x",
        "tag=-1",
        "assignee=1e9",
        "since=x",
        "sort=password",
        "col=password",
        "status=x",
    ):
        assert len(listed(client, wrong)) == 4, wrong
    # Days of which no clock knows are days all the same.
    for days, expected_count in (
        ("since=0001-01-01&until=9999-12-31", 4),
        ("since=9999-12-31", 0),
        ("until=0001-01-01", 0),
    ):
        assert len(listed(client, days)) == expected_count, days


@pytest.mark.parametrize("sort", [*ORDERS, *(f"-{name}" for name in ORDERS)])
def test_paging_by_key_shows_each_ticket_once_in_every_order(
    world: World, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 3)
    for number in range(5):
        ticket = report(
            world, at=MONDAY + minutes(number // 2), title=f"T{number}", urgency="high" if number % 2 else "low"
        )
        if number < 2:
            respond(world, ticket, at=MONDAY + minutes(3))
    client = as_(world.engineer)
    whole, back = [], ""
    query = f"sort={sort}"
    while query:
        page = client.get(f"/tickets/?{query}").content.decode()
        rows = re.findall(r'class="cell-title"[^>]*>([^<]+)<', page)
        whole += rows
        earlier = re.search(r'rel="prev" href="\?([^"]+)"', page)
        if earlier:
            assert listed(client, earlier[1].replace("&amp;", "&")) == whole[: -len(rows)][-3:]
            back = earlier[1]
        following = re.search(r'rel="next" href="\?([^"]+)"', page)
        query = following[1].replace("&amp;", "&") if following else ""
    assert sorted(whole) == ["T0", "T1", "T2", "T3", "T4"]
    assert back
    turned = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
    monkeypatch.setattr(lists, "PAGE_SIZE", 9)
    assert listed(client, f"sort={turned}") == whole[::-1]


def test_an_order_is_what_the_address_says_or_the_newest_first() -> None:
    assert str(Sorting.parse("-due")) == "-due"
    assert Sorting.parse("reporter_phone") == Sorting()
    assert Sorting().falls


def test_columns_stand_in_the_address_and_a_filter_in_use_can_be_taken_away(world: World) -> None:
    report(world, title="一号")
    client = as_(world.engineer)
    page = client.get("/tickets/?col=unit&col=channel&priority=4").content.decode()
    heads = re.findall(r'<th scope="col"[^>]*>(?:<[^>]+>)*([^<]+)', page)
    assert heads[2:] == ["渠道", "单位"] or len(heads) == 4
    assert 'href="?col=channel&amp;col=unit"' in page
    assert 'name="col" value="unit"' in page


def test_views_are_ones_own_until_the_manager_shares_them(world: World) -> None:
    engineer, manager = as_(world.engineer), as_(world.manager)
    engineer.post("/tickets/views/keep/?group=mine&sort=due&after=1.1", {"name": "我的待办"})
    manager.post("/tickets/views/keep/?status=to_sign", {"name": "每日例会"})
    own = TicketView.objects.get(owner=world.engineer)
    assert own.query == "group=mine&sort=due"
    theirs = TicketView.objects.get(owner=world.manager)
    assert "每日例会" not in engineer.get("/tickets/").content.decode()
    assert engineer.post(f"/tickets/views/{theirs.pk}/", {"act": "share"}).status_code == 404
    assert engineer.post(f"/tickets/views/{own.pk}/", {"act": "share"}).status_code == 403
    manager.post(f"/tickets/views/{theirs.pk}/", {"act": "share"})
    assert "每日例会" in engineer.get("/tickets/").content.decode()
    assert "每日例会" in as_(world.clerk).get("/tickets/").content.decode()
    for act in ("forget", "rename", "up"):
        assert engineer.post(f"/tickets/views/{theirs.pk}/", {"act": act, "name": "x"}).status_code == 404
    engineer.post("/tickets/views/keep/?group=open", {"name": "未结"})
    engineer.post("/tickets/views/keep/?group=mine", {"name": "未结"})
    assert list(TicketView.objects.filter(owner=world.engineer).values_list("name", "query")) == [
        ("我的待办", "group=mine&sort=due"),
        ("未结", "group=mine"),
    ]
    engineer.post(f"/tickets/views/{own.pk}/", {"act": "down"})
    assert [row.name for row in TicketView.objects.filter(owner=world.engineer)] == ["未结", "我的待办"]
    engineer.post(f"/tickets/views/{own.pk}/", {"act": "rename", "name": "未结"})
    engineer.post(f"/tickets/views/{own.pk}/", {"act": "rename", "name": "  "})
    own.refresh_from_db()
    assert own.name == "我的待办"
    assert engineer.get("/tickets/views/").status_code == 200
    engineer.post(f"/tickets/views/{own.pk}/", {"act": "forget"})
    assert not TicketView.objects.filter(pk=own.pk).exists()


def test_an_export_holds_what_the_list_holds_as_csv_and_xlsx(world: World) -> None:
    report(world, title="=1+1", reporter_phone="13800000001")
    respond(world, report(world, title="已响应"))
    client = as_(world.manager)
    answer = client.post("/tickets/export/?status=pending_response&col=unit", {"format": "xlsx", "columns": "shown"})
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    rows = list(book.active.iter_rows(values_only=True))
    assert len(rows) == 2
    assert rows[1][1:] == ("=1+1", world.unit.name)
    assert book.active["B2"].data_type == "s"
    answer = client.post("/tickets/export/?sort=-received", {"format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[1] for row in rows[1:]] == ["'=1+1", "已响应"]
    assert "138****0001" in text
    assert "13800000001" not in text
    entries = AuditEntry.objects.filter(verb="export").order_by("id")
    assert [entry.after["format"] for entry in entries] == ["xlsx", "csv"]
    assert "status=pending_response" in entries[0].after["filter"]


def test_the_interface_lists_and_creates_as_the_pages_do(world: World) -> None:
    client = as_(world.engineer)
    body = {"channel": "phone", "description": "接口报修：屏幕不亮", "reporter_name": "窗口人员01", "device": "WS-001"}
    key = str(uuid4())
    made = client.post("/api/v1/tickets/", body | {"key": key}, content_type="application/json")
    assert made.status_code == 201, made.content.decode()
    assert (made.json()["status"], made.json()["place"]["name"]) == ("pending_response", world.place.name)
    assert client.post("/api/v1/tickets/", body | {"key": key}, content_type="application/json").status_code == 409
    for wrong, status in (
        ({"device": "NOWHERE"}, 400),
        ({"unit": 987_654}, 400),
        ({"channel": "web"}, 422),
        ({"status": "signed"}, 400),
        ({"received_at": "2099-01-01T00:00:00Z"}, 422),
    ):
        answer = client.post("/api/v1/tickets/", body | wrong, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), wrong
    assert Ticket.objects.count() == 1
    own = {"channel": "web", "description": "打不开网页", "device": "WS-001"}
    mine = as_(world.clerk).post("/api/v1/tickets/", own, content_type="application/json")
    assert (mine.status_code, mine.json()["reporter_name"], mine.json()["unit"]["name"]) == (
        201,
        world.clerk.name,
        world.unit.name,
    )
    assert as_(world.auditor).post("/api/v1/tickets/", own, content_type="application/json").status_code == 403
    assert Client().post("/api/v1/tickets/", own, content_type="application/json").status_code in (401, 403)
    found = client.get("/api/v1/tickets/?q=屏幕&sort=received").json()
    assert [row["title"] for row in found["results"]] == ["接口报修：屏幕不亮"]
    assert as_(world.other_clerk).get("/api/v1/tickets/").json()["results"] == []
    assert client.get("/api/v1/tickets/?password=1").status_code == 400
    assert client.get("/api/v1/tickets/?priority=9").status_code == 400


def test_the_list_and_a_creation_keep_their_statements_while_clocks_run(world: World) -> None:
    """Also while promises run: their calendars are asked for once, not once a row."""
    from core import clock

    now = clock.now()
    report(world, at=now)
    client = as_(world.engineer)
    counts = []
    for _ in range(2):
        for path in ("/tickets/", "/tickets/?sort=due", "/tickets/?q=电脑&group=open", "/api/v1/tickets/"):
            client.get(path)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(path).status_code == 200
            counts.append(len(seen))
        for _number in range(4):
            report(world, at=now)
    assert counts[:4] == counts[4:]
    assert max(counts) <= 8, counts
    with CaptureQueriesContext(connection) as seen:
        report(world, at=now)
    assert sum(not row["sql"].startswith(("SAVEPOINT", "RELEASE")) for row in seen) <= 14
