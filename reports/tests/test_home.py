"""Home pages: each role finds what is next, within a bound of statements, and nothing of another hall."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from parties.models import Membership
from reports.rules import Period, week_of, weeks_of_term
from reports.services.weekly import report_issue, report_open
from reports.tests.make import make_clock, make_random_tickets, make_ticket
from sla.models import Heartbeat
from tests.make import World, make_user, make_world
from tickets.models import Ticket
from tickets.states import FELL_AWAY

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 6, 13, 3, tzinfo=UTC)
ROLES = ("clerk", "supervisor", "leader", "engineer", "manager", "auditor", "admin")
STATEMENTS = 15
NOTES_STATEMENTS = 24
"""Calendar, roster, contacts and channels together; asked once, after the page stands."""


@pytest.fixture(autouse=True)
def thursday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def world() -> World:
    return make_world()


def page(world: World, name: str, url: str = "/", **headers: str):
    client = Client()
    client.force_login(getattr(world, name))
    return client.get(url, headers=headers)


def text(world: World, name: str, url: str = "/") -> str:
    response = page(world, name, url)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize("name", ROLES)
def test_every_role_has_a_home_with_little_or_much_in_it(world: World, name: str) -> None:
    assert "<h1>" in text(world, name)
    week = week_of(weeks_of_term(world.contract.starts_on, world.contract.ends_on), NOW.date())
    assert week is not None
    make_random_tickets(world, week, 60, 5)
    client = Client()
    client.force_login(getattr(world, name))
    client.get("/")
    with CaptureQueriesContext(connection) as asked:
        response = client.get("/")
    assert response.status_code == 200
    assert len(asked) <= STATEMENTS, [query["sql"][:160] for query in asked]
    before = len(asked)
    make_random_tickets(world, week, 60, 6, first_number=2000)
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    assert len(asked) == before


@pytest.mark.parametrize("name", ["manager", "admin"])
def test_what_other_apps_note_is_loaded_after_what_burns(world: World, name: str) -> None:
    assert "/reports/notes/" in text(world, name)
    client = Client()
    client.force_login(getattr(world, name))
    with CaptureQueriesContext(connection) as asked:
        whole = client.get("/reports/notes/").content.decode()
    assert len(asked) <= NOTES_STATEMENTS, [query["sql"][:160] for query in asked]
    assert "<h1>" in whole
    fragment = client.get("/reports/notes/", headers={"HX-Request": "true"}).content.decode()
    assert "<h1>" not in fragment
    assert fragment.strip() in whole


def test_without_a_membership_the_page_says_whom_to_ask(world: World) -> None:
    stranger = make_user("stranger")
    client = Client()
    client.force_login(stranger)
    response = client.get("/")
    assert response.status_code == 403
    Membership.objects.filter(user=world.auditor).update(valid_to=NOW.date() - timedelta(days=1))
    assert page(world, "auditor").status_code == 403


def test_nobody_sees_the_other_hall(world: World) -> None:
    other = make_world("b")
    make_ticket(
        other, 77, received_at=NOW - timedelta(hours=1), title="别的大厅的秘密", status="to_sign", unit=other.unit
    )
    late = make_ticket(other, 78, received_at=NOW - timedelta(hours=1), title="别的大厅的超时")
    make_clock(late, due_at=NOW - timedelta(minutes=50), stopped_at=NOW - timedelta(minutes=40), net_seconds=900.0,
               breached_at=NOW - timedelta(minutes=49))  # fmt: skip
    for name in ROLES:
        shown = text(world, name)
        assert "别的大厅" not in shown
        assert "-b<" not in shown


def test_the_clerk_finds_the_button_the_signature_and_the_progress_of_the_own_unit_only(world: World) -> None:
    waiting = make_ticket(world, 1, received_at=NOW - timedelta(hours=5), status="to_sign", title="读卡器读不出")
    make_ticket(world, 2, received_at=NOW - timedelta(hours=1), status="pending_response", title="取号机出票空白")
    make_ticket(world, 3, received_at=NOW - timedelta(hours=1), unit=world.other_unit, title="别的单位的事")
    shown = text(world, "clerk")
    assert reverse("tickets:report") in shown
    assert reverse("records:sign", args=["ticket", waiting.pk, "completion"]) in shown
    assert "取号机出票空白" in shown
    assert "别的单位的事" not in shown
    assert "request-progress" in shown


def test_the_manager_sees_what_burns_in_order_of_remaining_time(world: World) -> None:
    for number, minutes in ((1, 4), (2, 1), (3, 3)):
        ticket = make_ticket(world, number, received_at=NOW, status="pending_response", title=f"待响应{number}")
        make_clock(ticket, due_at=NOW + timedelta(minutes=minutes), state="running")
    make_ticket(world, 4, received_at=NOW - timedelta(hours=2), status="responded", title="承诺已过")
    owed = make_ticket(world, 5, received_at=NOW - timedelta(days=1), title="超时未说明")
    make_clock(owed, due_at=NOW - timedelta(days=1), stopped_at=NOW - timedelta(hours=23), net_seconds=900.0,
               breached_at=NOW - timedelta(hours=23, minutes=59))  # fmt: skip
    unsigned = make_ticket(world, 6, received_at=NOW - timedelta(days=5), status="to_sign", title="久未签字")
    shown = text(world, "manager")
    places = [shown.index(word) for word in ("待响应2", "待响应3", "待响应1", "承诺已过", "超时未说明", "久未签字")]
    assert places == sorted(places)
    assert reverse("tickets:explain_breach", args=[owed.code]) in shown
    assert reverse("records:issue_link", args=["ticket", unsigned.pk, "completion"]) in shown
    assert reverse("reports:weekly", args=["2024-W24"]) in shown, "this week's report"
    assert reverse("reports:weekly", args=["2024-W23"]) in shown, "the week that is to be issued"


def test_now_answers_304_until_something_changes(world: World) -> None:
    url = reverse("reports:now")
    client = Client()
    client.force_login(world.manager)
    first = client.get(url)
    assert first.status_code == 200
    tag = first.headers["ETag"]
    assert f'data-etag="{tag.replace(chr(34), "&quot;")}"' in client.get("/").content.decode(), (
        "the page holds the stamp"
    )
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert len(asked) <= 4
    ticket = make_ticket(world, 1, received_at=NOW, status="pending_response", title="新来的")
    make_clock(ticket, due_at=NOW + timedelta(minutes=5), state="running")
    again = client.get(url, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert "新来的" in again.content.decode()
    assert again.headers["ETag"] != tag
    for name in ("engineer", "supervisor", "clerk", "auditor", "admin"):
        assert page(world, name, url).status_code == 403


def test_a_passed_promise_of_arrival_shows_within_a_minute_though_no_row_changed(world: World) -> None:
    make_ticket(world, 1, received_at=NOW - timedelta(minutes=19, seconds=30), status="responded", title="快到时限")
    client = Client()
    client.force_login(world.manager)
    tag = client.get(reverse("reports:now")).headers["ETag"]
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        later = client.get(reverse("reports:now"), headers={"If-None-Match": tag})
    assert later.status_code == 200
    assert "快到时限" in later.content.decode()


def test_the_client_sees_the_week_the_breaches_and_the_issued_reports(world: World) -> None:
    ticket = make_ticket(world, 1, received_at=NOW - timedelta(hours=2), title="响应晚了")
    make_clock(ticket, due_at=NOW - timedelta(hours=1), stopped_at=NOW - timedelta(minutes=50), net_seconds=900.0,
               breached_at=NOW - timedelta(minutes=59), breach_reason="同时有两件在办")  # fmt: skip
    monday = datetime(2024, 6, 3).date()  # noqa: DTZ001
    report = report_open(contract=world.contract, starts_on=monday, actor=world.manager, at=NOW)
    report_issue(report=report, version_seen=1, actor=world.manager, at=NOW)
    for name in ("supervisor", "leader"):
        shown = text(world, name)
        assert "同时有两件在办" in shown
        assert reverse("reports:weekly", args=["2024-W23"]) in shown
        assert "0.0%" in shown, "nothing was answered in time"
    assert reverse("reports:weekly", args=["2024-W23"]) in text(world, "auditor")
    assert "2030-03-15" in text(world, "auditor"), "until when the access lasts"


def test_the_administrator_sees_silence_and_no_business(world: World) -> None:
    make_ticket(world, 1, received_at=NOW, title="与管理员无关")
    assert "health-danger" in text(world, "admin")
    Heartbeat.objects.create(name="clocks", at=NOW - timedelta(seconds=5))
    shown = text(world, "admin")
    assert "health-danger" not in shown
    assert "与管理员无关" not in shown
    assert world.engineer.username in shown
    Heartbeat.objects.update(at=NOW - timedelta(seconds=31))
    assert "health-danger" in text(world, "admin")


def test_before_and_after_the_term_there_is_no_week(world: World) -> None:
    for at in (datetime(2024, 3, 10, 3, tzinfo=UTC), datetime(2030, 3, 20, 3, tzinfo=UTC)):
        with time_machine.travel(at, tick=False):
            for name in ("manager", "supervisor"):
                assert page(world, name).status_code == 200


def test_figures_of_the_page_are_those_of_the_week(world: World) -> None:
    period = Period(datetime(2024, 6, 10).date(), datetime(2024, 6, 16).date())  # noqa: DTZ001
    make_random_tickets(world, period, 40, 3)
    live = [
        t for t in Ticket.objects.filter(contract=world.contract).exclude(status__in=FELL_AWAY)
        if period.begins_at <= t.received_at < period.over_at
    ]  # fmt: skip
    shown = text(world, "manager")
    assert f'<span class="kpi-value">{len(live)}</span>' in shown
