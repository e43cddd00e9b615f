"""The promise board and the wall: what runs by the time that is left, what was missed, and nobody sees more than is theirs."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock as clocks
from records.models import AuditEntry
from sla.services.clock import clock_pause, clock_stop
from sla.services.firing import fire_due
from sla.services.heartbeat import CLOCKS, beat
from sla.services.vendor import vendor_clock_open
from sla.tests.make import local, make_clock
from sla.views.board import LIMIT
from tests.make import make_world

NOW = local("2024-03-18 10:00:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def still(monkeypatch):
    """Time stands still at NOW."""
    monkeypatch.setattr(clocks, "now", lambda: NOW)


@pytest.fixture
def busy(world, told, still):
    """One promise in every state: near, far, warned, late and open, missed and done, paused, beside a vendor."""
    return make_busy(world)


def make_busy(world):
    far = make_clock(world.contract, NOW - 60 * SECOND, kind="fix", name="远")
    near = make_clock(world.contract, NOW - 10 * SECOND, name="近")
    risk = make_clock(world.contract, NOW - 200 * SECOND, name="险")
    late = make_clock(world.contract, NOW - 600 * SECOND, name="迟")
    done = make_clock(world.contract, NOW - 900 * SECOND, name="迟办")
    held = make_clock(world.contract, NOW - 60 * SECOND, kind="repair_office", name="停")
    fire_due(NOW)
    clock_stop(clock=done, at=NOW, actor=world.engineer)
    clock_pause(clock=held, at=NOW, actor=world.engineer, cause="client_decision")
    vendor = vendor_clock_open(parent=far, vendor="示例厂商", actor=world.engineer, at=NOW)
    return {"far": far, "near": near, "risk": risk, "late": late, "done": done, "held": held, "vendor": vendor}


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def listed(response) -> list[str]:
    return re.findall(r'class="cell-title"[^>]*>([^<]+)<', response.content.decode())


def counts(response) -> list[int]:
    return [int(number) for number in re.findall(r'class="chip-count">(\d+)<', response.content.decode())]


def test_what_runs_is_listed_by_the_time_that_is_left(world, busy):
    page = client_of(world.manager).get("/promises/")
    assert listed(page) == ["迟", "险", "近", "远", "远"]
    assert counts(page) == [5, 1, 1, 2, 1]


@pytest.mark.parametrize(
    ("group", "names"), [("risk", ["险"]), ("late", ["迟"]), ("today", ["迟", "迟办"]), ("paused", ["停"])]
)
def test_each_group_lists_its_own(world, busy, group, names):
    assert listed(client_of(world.engineer).get(f"/promises/?group={group}")) == names


def test_a_due_promise_is_late_even_before_the_engine_says_so(world, told, still):
    make_clock(world.contract, NOW - 301 * SECOND)
    assert listed(client_of(world.engineer).get("/promises/?group=late")) == ["受理区"]


def test_the_board_is_narrowed_by_promise_and_by_whose(world, busy):
    client = client_of(world.manager)
    assert listed(client.get("/promises/?kind=fix")) == ["远"]
    assert listed(client.get("/promises/?whose=vendor")) == ["远"]
    assert listed(client.get("/promises/?whose=client")) == []
    assert listed(client.get("/promises/?kind=no-such-thing")) == ["迟", "险", "近", "远", "远"]


def test_mine_are_those_about_what_is_in_my_hands(world, busy):
    make_clock(world.contract, NOW, kind="fix", name=world.engineer.name)
    assert listed(client_of(world.engineer).get("/promises/?mine=1")) == [world.engineer.name]
    assert listed(client_of(world.engineer2).get("/promises/?mine=1")) == []


def test_the_client_sees_no_vendors_and_a_clerk_only_their_own_unit(world, told, still):
    own = make_clock(world.contract, NOW, kind="fix", unit=world.unit)
    make_clock(world.contract, NOW, unit=world.other_unit)
    vendor = vendor_clock_open(parent=own, vendor="示例厂商", actor=world.engineer, at=NOW)
    assert listed(client_of(world.clerk).get("/promises/")) == [world.unit.name]
    assert set(listed(client_of(world.supervisor).get("/promises/"))) == {world.unit.name, world.other_unit.name}
    assert 'value="vendor"' not in client_of(world.clerk).get("/promises/").content.decode()
    assert listed(client_of(world.engineer).get("/promises/?whose=vendor")) == [world.unit.name]
    for person, status in ((world.clerk, 404), (world.supervisor, 404), (world.engineer, 200), (world.auditor, 200)):
        assert client_of(person).get(f"/clocks/{vendor.pk}/why/").status_code == status
    assert client_of(world.clerk).get(f"/clocks/{own.pk}/why/").status_code == 200
    assert client_of(world.other_clerk).get(f"/clocks/{own.pk}/why/").status_code == 404


def test_nothing_is_asked_twice_while_nothing_has_changed(world, busy):
    client = client_of(world.engineer)
    first = client.get("/promises/rows/")
    again = client.get("/promises/rows/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    clock_stop(clock=busy["near"], at=NOW, actor=world.engineer)
    changed = client.get("/promises/rows/", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert "近" not in listed(changed)
    warned = client.get("/promises/rows/").headers["ETag"]
    fire_due(NOW + 60 * SECOND)
    assert client.get("/promises/rows/").headers["ETag"] != warned, "a warning changes what is at risk"
    assert (
        client.get("/promises/").content.decode().count(client.get("/promises/rows/").headers["ETag"].strip('"')) == 1
    )


@pytest.mark.parametrize("path", ["/promises/", "/promises/rows/", "/promises/wall/rows/", "/promises/?group=today"])
def test_a_page_keeps_its_number_of_statements_whatever_it_lists(world, told, still, path):
    make_busy(world)
    client = client_of(world.engineer)
    client.get(path)
    found = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        found.append(len(seen))
        for number in range(6):
            make_clock(world.contract, NOW - 400 * SECOND, name=f"更多{turn}-{number}")
        fire_due(NOW)
    assert found[0] == found[1]
    assert found[0] <= 24


def test_the_board_ends_somewhere_and_the_export_does_not(world, told, still):
    for number in range(LIMIT + 3):
        make_clock(world.contract, NOW, name=f"受理区{number:03d}")
    page = client_of(world.manager).get("/promises/")
    assert len(listed(page)) == LIMIT
    assert counts(page)[0] == LIMIT + 3
    answer: Any = client_of(world.manager).post("/promises/export/?kind=response")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == LIMIT + 4
    assert rows[1][1] == "受理区000"
    assert rows[1][6] == "2024-03-18 10:05:00"
    entry = AuditEntry.objects.get(verb="export")
    assert entry.after["what"] == "promises"


def test_an_auditor_reads_and_does_not_export(world, busy):
    client = client_of(world.auditor)
    assert client.get("/promises/").status_code == 200
    assert client.post("/promises/export/").status_code == 403


# The wall -------------------------------------------------------------------------------------------------------------


def test_the_wall_shows_what_burns_who_is_there_and_whether_the_engine_lives(world, busy):
    client = client_of(world.engineer)
    page = client.get("/promises/wall/").content.decode()
    assert re.findall(r'class="wall-label">([^<]+)<', page) == ["迟", "险", "近", "远", "远"]
    assert re.findall(r"<strong>(\d+)</strong>", page) == ["5", "1", "1", "2", "1"]
    assert world.engineer.name in page
    assert 'class="wall-alarm"' in page
    beat(CLOCKS, NOW)
    assert 'class="wall-alarm"' not in client.get("/promises/wall/").content.decode()


def test_the_wall_asks_again_by_the_same_stamp(world, busy):
    client = client_of(world.supervisor)
    page = client.get("/promises/wall/").content.decode()
    etag = client.get("/promises/wall/rows/").headers["ETag"]
    assert etag.strip('"') in page
    assert client.get("/promises/wall/rows/", headers={"If-None-Match": etag}).status_code == 304


def test_a_locked_wall_goes_on_without_names(world, busy):
    client = client_of(world.engineer)
    session = client.session
    session["seen_at"] = 0
    session.save()
    page = client.get("/promises/wall/rows/").content.decode()
    assert world.engineer.name not in page
    assert "迟" not in page
    assert re.findall(r"<strong>(\d+)</strong>", page) == ["5", "1", "1", "2", "1"]


def test_the_other_halls_promises_are_not_there(world, busy):
    other = make_world("b")
    page = client_of(other.manager).get("/promises/").content.decode()
    assert 'data-key="clock-' not in page
    for clock in busy.values():
        for verb in ("why", "exempt", "amend"):
            assert client_of(other.manager).get(f"/clocks/{clock.pk}/{verb}/").status_code == 404
