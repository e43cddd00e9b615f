"""Two halls in one database: nobody of the one sees, finds, counts, changes or guesses anything of the other."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from contract.models import ServiceCategory
from contract.rules import DayKind
from contract.services.draft import calendar_edit, calendar_publish_draft, plan_of
from contract.services.terms import term_set
from core import clock
from core.access import LOGGED_IN, PUBLIC
from core.roles import ROLES
from devices.tests.access_make import access_asked, access_there
from devices.tests.consumables_make import consumables_asked, consumables_there
from devices.tests.history_make import history_asked, history_there
from devices.tests.listing_make import listing_asked, listing_there
from devices.tests.network_make import network_asked, network_there
from devices.tests.places_make import places_asked, places_there
from devices.tests.register_make import register_asked, register_there
from devices.tests.spares_make import spares_asked, spares_there
from notifications.models import ChannelConfig, Delivery, InternalTarget
from notifications.services.channels import ChannelData, channel_create, internal_open
from notifications.services.delivery import deliver_due
from parties.models import Window
from parties.tests.make import people_asked, vendor_there
from records.models import Attachment, Signature, SignLink
from records.services.attachments import check_image
from records.services.documents import document_of
from records.services.links import sign_link_issue
from records.tests.make import handwriting, picture, upload
from reports.models import WeeklyReport
from reports.services.weekly import report_open
from roster.tests.make import roster_asked, roster_there
from sla.models import Policy
from sla.services.firing import fire_due
from tests.make import World, make_world
from tests.test_access import ROUTES, Route
from tickets.models import Ticket
from tickets.tests.flow_make import flow_asked, flow_there
from tickets.tests.listing_make import tickets_listing_asked, tickets_listing_there
from tickets.tests.make import MONDAY, RESOLVED, WORK, minutes, reach, report
from tickets.tests.outage_make import outage_asked, outage_world
from tickets.tests.quality_make import quality_asked, quality_there
from tickets.tests.repair_make import repair_asked, repair_there
from tickets.tests.signing_make import signing_asked, signing_there
from tickets.tests.talk_make import talk_asked, talk_there

MARK = "ZQX"
"""Stands in every name and number of the other hall and nowhere else. Searches ask for it in small letters, so that the
question itself, which the page repeats, is not mistaken for an answer."""
NOW = MONDAY + minutes(60)
EARLY_WEEK, NO_WEEK = "2024-W02", "2023-W02"
NOWHERE = 987_654_321


@dataclass
class Other:
    """The other hall, at work: a ticket in every state and everything that hangs on tickets."""

    world: World
    tickets: dict[str, Ticket]
    attachment: Attachment
    signature: Signature
    link: SignLink
    delivery: Delivery
    weekly: WeeklyReport
    window: Window
    category: ServiceCategory


@pytest.fixture
def here(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """The hall whose people ask. Time stands still, so that two pages differ only by what they tell."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    reach(world, "in_progress")
    _deliver()
    return world


@pytest.fixture
def there(here: World) -> Other:
    """The hall that nobody of the first one may know of."""
    return work_there(make_world(MARK))


def plan_there(world: World) -> None:
    """A published and a planned day of the other hall's calendar, and a parameter, each with the mark in its reason."""
    manager, contract = world.manager, world.contract
    for number in (20, 21):
        calendar_edit(
            contract=contract, first=date(2024, 6, number), last=date(2024, 6, number), weekdays=range(7),
            kind=DayKind.CLOSURE, windows=None, reason=f"{MARK}停电", actor=manager, at=NOW,
        )  # fmt: skip
        if number == 20:
            plan = plan_of(contract)
            calendar_publish_draft(
                contract=contract, base_seen=plan.base.number, version_seen=plan.version, reason=f"{MARK}函告",
                amend={}, actor=manager, at=NOW,
            )  # fmt: skip
    newest = contract.terms.filter(key="rating_days").get()
    term_set(
        contract=contract, key="rating_days", value=9, effective_from=NOW.date(), reason=f"{MARK}补充协议",
        seen=newest.pk, actor=manager, at=NOW,
    )  # fmt: skip


def _deliver() -> None:
    while deliver_due(NOW):
        pass


def work_there(world: World) -> Other:
    """Everything that can be asked for by number, made by the services."""
    type(world.contract).objects.filter(pk=world.contract.pk).update(starts_on=date(2024, 1, 1))
    world.contract.refresh_from_db()
    type(world.device).objects.filter(pk=world.device.pk).update(code=f"{MARK}-001")
    world.device.refresh_from_db()
    window = Window.objects.create(unit=world.unit, code=f"{MARK}9")
    late = report(
        world, description=f"{MARK}窗口叫号机没有声音", window=window, photos=[check_image(upload(picture()))]
    )
    tickets = {
        status: reach(world, status)
        for status in ("pending_response", "responded", "in_progress", "to_sign", "signed", "closed_unsigned")
    }
    tickets["late"] = late
    assert late.response_clock_id is not None
    fire_due(MONDAY + minutes(6), clock_ids=[late.response_clock_id])
    _deliver()
    hook = ChannelData(name=f"{MARK}通知网关", secrets={"address": f"https://{MARK.lower()}.example/notify"})
    channel_create(contract=world.contract, kind="webhook", data=hook, actor=world.manager, at=NOW)
    internal_open(contract=world.contract, cidr="10.66.0.0/16", ports=[], note=MARK, actor=world.admin, at=NOW)
    plan_there(world)
    vendor_there(world, NOW)
    roster_there(world)
    listing_there(world)
    places_there(world)
    history_there(world)
    access_there(world)
    network_there(world)
    spares_there(world)
    register_there(world)
    consumables_there(world)
    flow_there(world)
    quality_there(world)
    tickets_listing_there(world)
    talk_there(world)
    repair_there(world)
    outage_world(world)
    signing_there(world)
    link, _token = sign_link_issue(
        subject=tickets["to_sign"],
        purpose="completion",
        signer_name=f"窗口人员{MARK}",
        actor=world.engineer,
        at=RESOLVED + minutes(1),
    )
    weekly = report_open(
        contract=world.contract, starts_on=date(2024, 1, 8), actor=world.manager, at=datetime(2024, 1, 9, tzinfo=UTC)
    )
    delivery = Delivery.objects.filter(recipient=world.engineer).order_by("pk").last()
    attachment = Attachment.objects.get(contract=world.contract, kind="photo")
    signature = Signature.objects.filter(contract=world.contract).earliest("pk")
    category = ServiceCategory.objects.filter(contract=world.contract).exclude(parent=None).first()
    assert delivery is not None
    assert category is not None
    return Other(world, tickets, attachment, signature, link, delivery, weekly, window, category)


# What is asked, and how an answer is compared -------------------------------------------------------------------------


def asked(there: Other) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route with parameters: those of something in the other hall, and those of nothing at all."""
    state = {
        "respond": "pending_response",
        "arrive": "responded",
        "resolve": "in_progress",
        "send_back": "to_sign",
        "close_unsigned": "to_sign",
        "cancel": "responded",
        "rate": "signed",
        "explain_breach": "late",
        "confirm_reporter": "responded",
        "detail": "late",
        "sheet": "signed",
    }
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"tickets:{verb}": ({"code": there.tickets[status].code}, {"code": f"GD-{MARK}-20240318-9999"})
        for verb, status in state.items()
    }
    table |= people_asked(there.world, NOWHERE)
    table |= roster_asked(there.world, NOWHERE)
    table |= listing_asked(there.world, NOWHERE)
    table |= places_asked(there.world, NOWHERE)
    table |= history_asked(there.world, NOWHERE)
    table |= access_asked(there.world, NOWHERE)
    table |= network_asked(there.world, NOWHERE)
    table |= spares_asked(there.world, NOWHERE)
    table |= register_asked(there.world, NOWHERE)
    table |= consumables_asked(there.world, NOWHERE)
    table |= flow_asked(there.world, NOWHERE)
    table |= quality_asked(there.world, NOWHERE)
    table |= tickets_listing_asked(there.world, NOWHERE)
    table |= talk_asked(there.world, NOWHERE)
    table |= repair_asked(there.world, NOWHERE)
    table |= outage_asked(there.world, NOWHERE)
    table |= signing_asked(there.world, NOWHERE)
    to_sign = {"subject_type": "ticket", "subject_id": there.tickets["to_sign"].pk, "purpose": "completion"}
    for name in ("sign", "issue_link", "handover"):
        table[f"records:{name}"] = (to_sign, to_sign | {"subject_id": NOWHERE})
    for name in ("link_progress", "revoke_link"):
        table[f"records:{name}"] = ({"link_id": there.link.pk}, {"link_id": NOWHERE})
    table["records:anonymise"] = ({"pk": there.world.clerk.pk}, {"pk": NOWHERE})
    table["records:attachment"] = ({"attachment_id": there.attachment.pk}, {"attachment_id": NOWHERE})
    table["records:signature_image"] = ({"signature_id": there.signature.pk}, {"signature_id": NOWHERE})
    config = ChannelConfig.objects.get(contract=there.world.contract)
    for name in ("channel", "channel_turn", "channel_try"):
        table[f"notifications:{name}"] = ({"pk": config.pk}, {"pk": NOWHERE})
    network = InternalTarget.objects.get(contract=there.world.contract)
    table["notifications:internal_shut"] = ({"pk": network.pk}, {"pk": NOWHERE})
    table["notifications:sent_message"] = ({"pk": there.delivery.message_id}, {"pk": NOWHERE})
    for name in ("why", "exempt", "decide", "amend", "explain"):
        table[f"sla:{name}"] = ({"pk": there.tickets["late"].response_clock_id}, {"pk": NOWHERE})
    policy = Policy.objects.filter(contract=there.world.contract, kind="fix").latest("version")
    for name in ("policy", "publish"):
        table[f"sla:{name}"] = ({"pk": policy.pk}, {"pk": NOWHERE})
    table["device_short"] = ({"short_code": there.world.device.short_code}, {"short_code": "NIX1"})
    for name in ("weekly", "edit_summary", "issue", "pdf"):
        table[f"reports:{name}"] = ({"iso_week": EARLY_WEEK}, {"iso_week": NO_WEEK})
    return table


def body_for(there: Other) -> dict[str, Any]:
    """A body with which every verb would be done, were the record one's own."""
    document = document_of(there.tickets["to_sign"], "completion")
    return {
        "contact_method": "phone",
        "contact_person": "某人",
        "triage": "general",
        "commitment_kind": "arrival",
        "commitment_in": "15",
        "service_mode": "on_site",
        **WORK,
        "reason": "试试看",
        "level": "5",
        **handwriting(),
        "version_seen": document.version,
        "sha256_seen": document.sha256,
        "signer_name": "某人",
        "summary": "别人的周报",
        "version": "1",
    }


def counts() -> dict[str, int]:
    """How many rows every table holds; sessions and the log of sign-ins change by being used."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label != "axes" and model._meta.label != "parties.Session"
    }


def state_of(there: Other) -> list[Any]:
    """What a stranger's act could have changed."""
    rows = Ticket.objects.filter(contract=there.world.contract).order_by("pk")
    return [
        list(rows.values_list("pk", "status", "version", "content_version")),
        list(Delivery.objects.order_by("pk").values_list("pk", "read_at")),
        SignLink.objects.values_list("used_at", "revoked_at").get(pk=there.link.pk),
        WeeklyReport.objects.values_list("status", "version", "summary").get(pk=there.weekly.pk),
    ]


def content(response: Any) -> str:
    """The whole body as text, streamed or not; of a PDF and of a workbook, what a reader sees."""
    data = bytes(b"".join(response.streaming_content) if response.streaming else response.content)
    if data.startswith(b"PK"):
        # A workbook carries the second in which it was made; what counts is what stands in its cells.
        book = load_workbook(BytesIO(data), read_only=True)
        data = "\n".join(str(row) for sheet in book for row in sheet.iter_rows(values_only=True)).encode()
    if data.startswith(b"%PDF"):
        data = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True).stdout
    return data.decode("utf-8", errors="replace")


def plain(text: str, parameters: dict[str, Any] | None = None) -> str:
    """A page without what differs between any two requests, and without what was asked for."""
    text = re.sub(r'(name="(?:csrfmiddlewaretoken|form_token)" value=")[^"]*', r"\1", text)
    text = re.sub(r'("X-CSRFToken": ")[^"]*', r"\1", text)
    text = re.sub(r'(nonce=")[^"]*', r"\1", text)
    for value in (parameters or {}).values():
        text = text.replace(f"/{value}/", "/ASKED/") if isinstance(value, int) else text.replace(value, "ASKED")
    return text


def told_by_headers(response: Any) -> str:
    """What the headers say; those that are drawn by lot say anything once in a while."""
    drawn = {"set-cookie", "content-security-policy", "x-request-id"}
    return "".join(f"{name}: {value}\n" for name, value in response.headers.items() if name.lower() not in drawn)


def client_of(world: World, role: str) -> Client:
    """A browser in which somebody of that role is logged in."""
    client = Client()
    client.force_login(getattr(world, role))
    return client


def admitted(route: Route, role: str) -> bool:
    return bool({role, LOGGED_IN, PUBLIC} & set(route.view.allow))


NAMES_NO_RECORD = {"contract:year", "contract:year_csv", "contract:year_pdf", "contract:parameter", "records:verify"}
"""Years and the names of parameters are everybody's; what these pages show is asked for below. The code on a printed signature is
itself the key to the little that its page says (records/tests/test_proof.py)."""
WITH_PARAMETERS = [route for route in ROUTES if "<" in route.pattern and route.name not in NAMES_NO_RECORD]
WITHOUT = [route for route in ROUTES if "<" not in route.pattern]
OPEN_IN_THE_HALL = {"devices:detail", "api:device", "device_short", "scan_report", "scan_sent"}
"""The hall's devices, and what their labels lead to, are for everybody in it."""


# Asked for by number --------------------------------------------------------------------------------------------------


def test_every_route_with_parameters_is_asked_for_the_other_halls_records(there: Other) -> None:
    assert {route.name for route in WITH_PARAMETERS} == set(asked(there))


@pytest.mark.once
def test_a_record_of_the_other_hall_is_exactly_as_missing_as_one_that_never_was(here: World, there: Other) -> None:
    wrong = []
    body = _encoded(body_for(there))
    table = asked(there)
    before, state_before = counts(), state_of(there)
    for role in ROLES:
        client = client_of(here, role)
        for route, method, headers in _ways():
            # Whoever may not use a route at all is refused before anything is looked up: test_access asks for that.
            if not admitted(route, role):
                continue
            theirs, nothing = table[route.name]
            answers = [_answer(client, route, method, parameters, body, headers) for parameters in (theirs, nothing)]
            # Who reads the register over the interface may not all change it.
            expected = {403, 404} if method == "PATCH" else {404}
            if answers[0] != answers[1] or answers[0][0] not in expected:
                wrong.append(f"{role} {method} {route.name} {headers}: {answers[0][0]} and {answers[1][0]}")
    assert wrong == []
    assert counts() == before
    assert state_of(there) == state_before


def _ways() -> Iterator[tuple[Route, str, dict[str, str]]]:
    """Every route with parameters by every method it takes; reads also as a script would ask."""
    for route in WITH_PARAMETERS:
        if "POST" in route.view.allowed_methods:
            yield route, "POST", {}
        if "PATCH" in route.view.allowed_methods:
            yield route, "PATCH", {}
        if "GET" in route.view.allowed_methods:
            yield route, "GET", {}
            yield route, "GET", {"Accept": "application/json"}


def _answer(
    client: Client, route: Route, method: str, parameters: dict[str, Any], body: bytes, headers: dict[str, str]
) -> tuple[int, str]:
    """Status and comparable text of one answer."""
    response = client.generic(
        method,
        reverse(route.name, kwargs=parameters),
        {"POST": body, "PATCH": b'{"version": 1, "reason": "x", "name": "y"}'}.get(method, b""),
        "application/json" if method == "PATCH" else "application/x-www-form-urlencoded",
        headers=headers,
    )
    return response.status_code, plain(content(response), parameters)


def _encoded(body: dict[str, Any]) -> bytes:
    return urlencode(body).encode()


@pytest.mark.once
def test_the_same_questions_are_answered_to_the_people_of_that_hall(here: World, there: Other) -> None:
    """Otherwise the tests above would prove nothing."""
    refused = []
    table = asked(there)
    clients = {role: client_of(there.world, role) for role in ("engineer", "manager", "clerk", "admin", "supervisor")}
    for route in WITH_PARAMETERS:
        if "GET" in route.view.allowed_methods:
            address = reverse(route.name, kwargs=table[route.name][0])
            # Pages of verbs whose time is over answer with a reason, never with "missing"; a draft has no PDF, this place no plan.
            # A batch is shown to whoever made it, a follow-up to whoever leads it: one of the roles is that person.
            found = any(clients[role].get(address).status_code != 404 for role in clients if admitted(route, role))
            if not found and route.name not in ("reports:pdf", "devices:plan_pdf"):
                refused.append(route.name)
    assert refused == []


# Found, listed, counted -----------------------------------------------------------------------------------------------


def pages() -> Iterator[tuple[str, str]]:
    """Every page without parameters, a search of each kind and both exports; method and address."""
    for route in WITHOUT:
        # The health page speaks of the whole house to supervisors of processes; it says how much waits, never for whom.
        if "GET" in route.view.allowed_methods and route.name != "sla:healthz":
            yield "GET", reverse(route.name)
    for address in ("/calendar/2024/", "/calendar/2024/csv/", "/contract/parameters/rating_days/"):
        yield "GET", address
    for address in ("/tickets/?q=20240318", "/devices/?q=a05", "/devices/pick/?q=a05", "/notifications/?show=unread"):
        yield "GET", address
    yield "POST", "/tickets/export/"
    yield "POST", "/devices/export/"
    yield "POST", "/people/export/"
    yield "POST", "/organisations/vendors/export/"
    yield "POST", "/promises/export/"
    for address in ("spares/export/", "spares/movements/export/", "loans/export/"):
        yield "POST", f"/devices/{address}"


def questions(there: Other) -> Iterator[tuple[str, str]]:
    """Every way to look for something of the other hall: to search, filter, page and export."""
    yield from pages()
    for query in (
        "q=zqx", "group=open", "group=mine", "group=to_sign", "group=breached", "status=signed", "channel=web", "priority=3",
        "since=2024-01-01", "after=9999999999999999.999999", "before=1.1", "unit=zqx", "contract=zqx",
    ):  # fmt: skip
        yield "GET", f"/tickets/?{query}"
    for query in (
        "q=zqx",
        f"place={there.world.place.pk}",
        f"category={there.world.category.pk}",
        "status=in_use",
        "after=A",
    ):
        yield "GET", f"/devices/?{query}"
    yield "POST", "/tickets/export/?q=zqx"
    yield "POST", "/devices/export/?q=zqx"
    for query in ("zqx", "zqx-001", "ws1zqx", "工作台", "综合"):
        yield "GET", f"/devices/pick/?q={query}"
        yield "GET", f"/tickets/report/?device={query}"
    for query in (
        "q=zqx",
        "q=138",
        "state=all",
        "state=inactive",
        "contracts=all",
        "after=A",
        f"unit={there.world.unit.pk}",
    ):
        yield "GET", f"/people/?{query}"
        yield "GET", f"/organisations/vendors/?{query}"
    yield "POST", "/people/export/?contracts=all&q=zqx"
    yield "GET", "/notifications/?before=99999999"
    for query in (
        "q=zqx",
        f"category={there.world.category.pk}",
        "show=low",
        "show=out",
        "show=unsigned",
        "before=999999",
    ):
        yield "GET", f"/devices/spares/?{query}"
        yield "GET", f"/devices/loans/?{query}"
    for query in ("group=late", "group=today", "kind=response", "whose=contractor", "mine=1"):
        yield "GET", f"/promises/?{query}"
        yield "POST", f"/promises/export/?{query}"


@pytest.mark.once
def test_no_list_search_filter_export_or_poll_tells_of_the_other_hall(here: World, there: Other) -> None:
    told = []
    for role in ROLES:
        client = client_of(here, role)
        for method, address in questions(there):
            response = client.generic(method, address)
            assert response.status_code != 500, address
            if MARK in plain(content(response)) + told_by_headers(response):
                told.append(f"{role} {method} {address}")
    assert told == []


@pytest.mark.once
def test_no_page_changes_when_the_other_hall_begins_to_work(here: World) -> None:
    clients = {role: client_of(here, role) for role in ROLES}

    def seen() -> dict[str, tuple[int, str]]:
        found = {}
        for role, client in clients.items():
            for method, address in pages():
                response = client.generic(method, address)
                found[f"{role} {method} {address}"] = (response.status_code, plain(content(response)))
        return found

    before = seen()
    work_there(make_world(MARK))
    after = seen()
    assert [address for address in before if before[address] != after[address]] == []


def test_the_other_halls_people_do_find_it(here: World, there: Other) -> None:
    engineer = client_of(there.world, "engineer")
    assert there.tickets["late"].code in content(engineer.get("/tickets/?q=zqx"))
    assert f"{MARK}-001" in content(engineer.get("/devices/pick/?q=zqx"))
    assert there.tickets["late"].code in content(engineer.get("/notifications/"))


# Sent in a body -------------------------------------------------------------------------------------------------------

REPORT = {
    "description": "借别人的设备报修",
    "impact": "point",
    "urgency": "medium",
    "channel": "phone",
    "reporter_name": "某人",
    "received_ago": "0",
}


@pytest.mark.parametrize("role", ["clerk", "supervisor", "leader", "engineer", "manager"])
def test_a_report_that_names_anything_of_the_other_hall_is_refused_whole(role: str, here: World, there: Other) -> None:
    own = {"place": here.place.pk, "unit": here.unit.pk, "device": "", "window": "", "category": ""}
    foreign = {
        "place": there.world.place.pk,
        "device": there.world.device.code,
        "window": there.window.pk,
        "category": there.category.pk,
    }
    if role != "clerk":
        foreign["unit"] = there.world.unit.pk
    client = client_of(here, role)
    before = counts()
    for name, value in foreign.items():
        response = client.post("/tickets/report/", REPORT | own | {name: value})
        assert response.status_code == 422, name
        assert MARK not in plain(content(response)).replace(str(value), ""), name
        missing = {"device": "NIX-001"}.get(name, str(NOWHERE))
        again = client.post("/tickets/report/", REPORT | own | {name: missing})
        answers = [plain(content(one)).replace(str(value), "").replace(missing, "") for one in (response, again)]
        assert answers[0] == answers[1], f"{name}: refused differently from one that does not exist"
    assert counts() == before
    assert client.post("/tickets/report/", REPORT | own).status_code == 302, "the same report without it is taken"


def test_a_clerk_cannot_report_for_a_unit_by_sending_one(here: World, there: Other) -> None:
    own = {"place": here.place.pk, "unit": there.world.unit.pk}
    assert client_of(here, "clerk").post("/tickets/report/", REPORT | own).status_code == 302
    assert Ticket.objects.order_by("pk").last().unit == here.unit  # type: ignore[union-attr]


def test_work_is_not_booked_under_a_category_of_the_other_hall(here: World, there: Other) -> None:
    ticket = Ticket.objects.get(contract=here.contract)
    before = counts()
    response = client_of(here, "engineer").post(
        f"/tickets/{ticket.code}/resolve/", WORK | {"category": there.category.pk}
    )
    assert response.status_code == 422
    assert MARK not in plain(content(response))
    ticket.refresh_from_db()
    assert ticket.status == "in_progress"
    assert counts() == before


def test_nobody_reads_or_follows_a_message_of_the_other_hall(here: World, there: Other) -> None:
    for role in ROLES:
        client = client_of(here, role)
        for body in ({"id": there.delivery.pk}, {"id": [there.delivery.pk, NOWHERE]}, {"all": "1"}):
            response = client.post("/notifications/read/", body)
            assert (response.status_code, response.headers["Location"]) == (302, "/notifications/"), role
    there.delivery.refresh_from_db()
    assert there.delivery.read_at is None


def test_nobody_switches_to_the_other_contract(here: World, there: Other) -> None:
    for role in ROLES:
        client = client_of(here, role)
        theirs = client.post("/account/contract/", {"contract": there.world.contract.pk})
        nothing = client.post("/account/contract/", {"contract": NOWHERE})
        assert theirs.status_code == nothing.status_code == 404
        assert plain(content(theirs)) == plain(content(nothing))
        session = client.session
        assert session.get("contract_id") != there.world.contract.pk
        session["contract_id"] = there.world.contract.pk
        session.save()
        assert MARK not in plain(content(client.get("/"))), "not even with a session that names it"


# Between two units of one hall ----------------------------------------------------------------------------------------


def test_a_clerk_does_not_see_the_tickets_of_another_unit(there: Other) -> None:
    world = there.world
    stranger = client_of(world, "other_clerk")
    body = _encoded(body_for(there))
    wrong = []
    before, state_before = counts(), state_of(there)
    for route, method, headers in _ways():
        if not admitted(route, "clerk") or route.name in OPEN_IN_THE_HALL:
            continue
        theirs, nothing = asked(there)[route.name]
        answers = [_answer(stranger, route, method, parameters, body, headers) for parameters in (theirs, nothing)]
        if answers[0] != answers[1] or answers[0][0] != 404:
            wrong.append(f"{method} {route.name}: {answers[0][0]} and {answers[1][0]}")
    assert wrong == []
    assert counts() == before
    assert state_of(there) == state_before


def test_a_clerks_lists_and_a_devices_page_leave_out_another_units_tickets(there: Other) -> None:
    stranger = client_of(there.world, "other_clerk")
    codes = {ticket.code for ticket in there.tickets.values()}
    own = (f"/devices/{there.world.device.code}/", f"/d/{there.world.device.short_code}/")
    told = []
    for method, address in [*questions(there), *(("GET", page) for page in own)]:
        body = content(stranger.generic(method, address))
        told += [f"{method} {address}: {code}" for code in codes if code in body]
    assert told == []
