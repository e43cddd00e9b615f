"""A report from a device's label without an account: what it shows, what it makes, and what it never tells."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from core.errors import Conflict, Invalid
from parties.models import Contract
from records.models import AuditEntry
from records.services.links import MAX_GUESSES
from records.tests.make import picture, upload
from reports.figures import by_channel
from reports.rules import Period
from tests.make import World, make_world
from tickets.canonical import acceptance_text
from tickets.models import Ticket
from tickets.services.confirm_reporter import ticket_confirm_reporter
from tickets.services.report import ticket_scan_report
from tickets.subject import may_sign_now
from tickets.tests.make import MONDAY, arrive, minutes, resolve, respond
from tickets.views.scan import DEVICE_LIMIT, NETWORK_LIMIT

GIVEN = {
    "description": "屏幕一直黑屏，触摸没反应",
    "reporter_name": "窗口人员09",
    "reporter_phone": "13800000099",
    "unit_text": "示范公证处",
    "unit": "",
}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def page_of(client: Client, world: World) -> str:
    return client.get(f"/d/{world.device.short_code}/report/").content.decode()


def stamp_in(page: str) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(world: World, clock: time_machine.Traveller, client: Client | None = None, **changes: Any) -> Any:
    """Open the form, take five seconds, send it."""
    client = client or Client()
    stamp = stamp_in(page_of(client, world))
    clock.shift(5)
    return client.post(f"/d/{world.device.short_code}/report/", GIVEN | {"stamp": stamp} | changes)


def scanned(world: World, at: datetime = MONDAY, **changes: Any) -> Ticket:
    given: dict[str, Any] = {
        "contract": world.contract,
        "device": world.device,
        "at": at,
        "description": GIVEN["description"],
        "reporter_name": GIVEN["reporter_name"],
        "reporter_phone": GIVEN["reporter_phone"],
        "unit_text": GIVEN["unit_text"],
    }
    return ticket_scan_report(**given | changes)


def test_the_label_tells_a_stranger_name_place_and_hotline_and_nothing_else(
    world: World, clock: time_machine.Traveller
) -> None:
    type(world.device).objects.filter(pk=world.device.pk).update(
        serial_no="SN-SECRET", brand="牌子甲", custodian="保管人甲", status="faulty", status_reason="主板坏"
    )
    for address in ("", "report/"):
        page = Client().get(f"/d/{world.device.short_code}/{address}").content.decode()
        for told in (world.device.name, world.place.name, world.contract.hotline):
            assert told in page, (address, told)
        for hidden in ("WS-001", "SN-SECRET", "牌子甲", "保管人甲", "10.0.0.5", "主板坏", "通用工作台"):
            assert hidden not in page, (address, hidden)
    assert Client().get("/d/WS-001/").status_code == 404, "the number of the register opens nothing"


def test_sending_makes_an_unconfirmed_ticket_whose_clock_starts_then(
    world: World, clock: time_machine.Traveller
) -> None:
    client = Client()
    answer = send(world, clock, client, photos=upload(picture()))
    assert answer.status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.channel, ticket.unconfirmed, ticket.recorded_by, ticket.unit) == ("scan", True, None, None)
    assert (ticket.device, ticket.place, ticket.contract) == (world.device, world.place, world.contract)
    assert ticket.received_at == MONDAY + timedelta(seconds=5)
    assert ticket.response_clock is not None
    assert ticket.response_clock.due_at == MONDAY + timedelta(seconds=5) + minutes(5)
    entry = AuditEntry.objects.get(subject_type="ticket", verb="report")
    assert (entry.source, entry.actor, entry.actor_label) == ("link", None, GIVEN["reporter_name"])
    sent = client.get(answer["Location"]).content.decode()
    assert ticket.code in sent
    assert GIVEN["reporter_phone"] not in sent
    stranger = Client().get(answer["Location"])
    assert stranger.status_code == 302, "nobody else sees what was sent"
    for page in ("/tickets/", f"/tickets/{ticket.code}/"):
        assert client.get(page).status_code == 302
    staff = Client()
    staff.force_login(world.engineer)
    for page in ("/tickets/queue/", "/tickets/", f"/tickets/{ticket.code}/", "/", f"/d/{world.device.short_code}/"):
        body = staff.get(page).content.decode()
        assert ticket.title in body, page
    for page in ("/tickets/queue/", "/tickets/", f"/tickets/{ticket.code}/"):
        assert "Reporter unconfirmed" in staff_page(staff, page), page
    assert b"".join(staff.post("/tickets/export/").streaming_content).decode().count(GIVEN["unit_text"]) == 1  # type: ignore[attr-defined]
    for role in ("supervisor", "manager", "leader"):
        staff.force_login(getattr(world, role))
        assert staff.get("/").status_code == 200, role


def staff_page(client: Client, page: str) -> str:
    client.cookies["language"] = "en"
    return client.get(page).content.decode()


def test_the_same_form_sent_twice_makes_one_ticket(world: World, clock: time_machine.Traveller) -> None:
    client = Client()
    stamp = stamp_in(page_of(client, world))
    clock.shift(5)
    address = f"/d/{world.device.short_code}/report/"
    answers = [client.post(address, GIVEN | {"stamp": stamp}) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reporter_phone": ""}, "This field is required"),
        ({"reporter_phone": "call me"}, "reach you"),
        ({"unit_text": ""}, "choose your unit"),
        ({"website": "http://spam.example"}, "program"),
        ({"stamp": "forged"}, "open too long"),
        ({"unit": "999999"}, "valid choice"),
        ({"photos": "gif"}, "not a picture"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(
    world: World, clock: time_machine.Traveller, changes: dict[str, Any], said: str
) -> None:
    client = Client()
    client.cookies["language"] = "en"
    if "photos" in changes:
        changes = {"photos": upload(b"GIF89a....", "x.jpg")}
    answer = send(world, clock, client, **changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert GIVEN["description"] in page
    assert not Ticket.objects.exists()


def test_a_form_filled_in_within_a_second_or_kept_for_a_day_is_not_believed(
    world: World, clock: time_machine.Traveller
) -> None:
    client = Client()
    address = f"/d/{world.device.short_code}/report/"
    stamp = stamp_in(page_of(client, world))
    assert client.post(address, GIVEN | {"stamp": stamp}).status_code == 422
    clock.shift(13 * 3600)
    late = client.post(address, GIVEN | {"stamp": stamp})
    assert late.status_code == 422
    clock.shift(5)
    again = client.post(address, GIVEN | {"stamp": stamp_in(late.content.decode())})
    assert again.status_code == 302, "the page came back with a fresh stamp"


def test_floods_are_stopped_by_device_and_by_network(world: World, clock: time_machine.Traveller) -> None:
    for _number in range(DEVICE_LIMIT):
        assert send(world, clock).status_code == 302
    client = Client()
    client.cookies["language"] = "en"
    stopped = send(world, clock, client)
    assert (stopped.status_code, stopped["Retry-After"]) == (429, "900")
    assert world.contract.hotline in stopped.content.decode()
    assert GIVEN["description"] in stopped.content.decode()
    address = f"/d/{world.device.short_code}/report/"
    for _number in range(NETWORK_LIMIT):
        last = Client().post(address, {}, headers={"X-Forwarded-For": f"10.9.8.{_number}"})
    assert last.status_code == 429, "a header that nobody vouches for does not change who is counted"
    assert Ticket.objects.count() == DEVICE_LIMIT
    clock.shift(901)
    assert send(world, clock).status_code == 302


def test_codes_are_not_tried_one_after_the_other(world: World, clock: time_machine.Traveller) -> None:
    answers = [Client().get(f"/d/NO{number:04d}/").status_code for number in range(MAX_GUESSES + 1)]
    assert answers == [404] * MAX_GUESSES + [429]
    assert Client().get(f"/d/{world.device.short_code}/").status_code == 429


def test_outside_every_term_nothing_is_taken_and_the_hotline_is_told(
    world: World, clock: time_machine.Traveller
) -> None:
    Contract.objects.filter(pk=world.contract.pk).update(ends_on=MONDAY.date() - timedelta(days=1))
    address = f"/d/{world.device.short_code}/report/"
    page = Client().get(address)
    assert page.status_code == 200
    assert world.contract.hotline in page.content.decode()
    assert 'name="stamp"' not in page.content.decode()
    assert Client().post(address, GIVEN).status_code == 410
    assert not Ticket.objects.exists()


def test_the_form_needs_its_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/d/{world.device.short_code}/report/", GIVEN).status_code == 403


def test_who_has_an_account_reports_under_it(world: World) -> None:
    client = Client()
    client.force_login(world.clerk)
    answer = client.get(f"/d/{world.device.short_code}/report/")
    assert answer["Location"] == "/tickets/report/?device=WS-001"
    client.force_login(world.auditor)
    assert client.get(f"/d/{world.device.short_code}/report/")["Location"] == f"/d/{world.device.short_code}/"
    client.force_login(make_world("b").clerk)
    assert client.get(f"/d/{world.device.short_code}/report/").status_code == 404


def test_an_engineer_confirms_as_said_or_corrects_and_only_then_it_is_signed(world: World) -> None:
    ticket = scanned(world)
    assert ticket.unit_name == GIVEN["unit_text"]
    assert not may_sign_now(ticket, "acceptance")
    respond(world, ticket)
    arrive(world, ticket)
    with pytest.raises(Invalid):
        resolve(world, ticket)
    client = Client()
    client.cookies["language"] = "en"
    address = f"/tickets/{ticket.code}/confirm-reporter/"
    for role in ("clerk", "supervisor", "auditor"):
        client.force_login(getattr(world, role))
        assert client.post(address, {}).status_code in (403, 404), role
    client.force_login(world.engineer)
    assert client.post(address, {"reporter_name": "窗口人员10", "reporter_phone": ""}).status_code == 422
    said = {"reporter_name": "窗口人员10", "reporter_phone": "13800000010", "unit": world.unit.pk}
    assert client.post(address, said).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.unconfirmed, ticket.reporter_name, ticket.unit) == (False, "窗口人员10", world.unit)
    assert f"单位：{world.unit.name}" in acceptance_text(ticket)
    entry = AuditEntry.objects.get(verb="confirm_reporter")
    assert (entry.actor, entry.before["reporter_name"]) == (world.engineer, GIVEN["reporter_name"])
    assert "窗口人员10" in client.get(f"/tickets/{ticket.code}/").content.decode()
    with pytest.raises(Conflict):
        ticket_confirm_reporter(
            ticket=ticket, actor=world.engineer, at=MONDAY, reporter_name="甲", reporter_phone="12345", unit=world.unit
        )
    resolve(world, ticket)
    assert ticket.status == "to_sign"


def test_a_unit_is_known_by_its_name_and_the_device_gives_the_window(world: World) -> None:
    ticket = scanned(world, unit_text=world.unit.name)
    assert (ticket.unit, ticket.window) == (world.unit, world.window)
    other = scanned(world, unit=world.other_unit, unit_text="")
    assert (other.unit, other.window) == (world.other_unit, None)
    with pytest.raises(Invalid):
        scanned(world, unit=make_world("b").unit)


@pytest.mark.parametrize(
    "wrong", [{"channel": "phone"}, {"unconfirmed": False}, {"device": None}, {"recorded_by": None, "channel": "web"}]
)
def test_the_database_knows_what_may_be_unconfirmed(world: World, wrong: dict[str, Any]) -> None:
    ticket = scanned(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**wrong)


def test_the_weekly_report_counts_it_by_its_channel(world: World) -> None:
    scanned(world)
    counted = by_channel(world.contract, Period(MONDAY.date(), MONDAY.date() + timedelta(days=6)))
    assert {group.key: group.count for group in counted if group.count} == {"scan": 1}
    with time_machine.travel(MONDAY + timedelta(days=7)):
        client = Client()
        client.force_login(world.manager)
        page = client.get("/reports/weekly/2024-W12/")
    assert page.status_code == 200
    assert GIVEN["unit_text"] in page.content.decode()
