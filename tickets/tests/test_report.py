"""Verb report: a request becomes a ticket, and its five minutes begin when it reached the contractor."""

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from contract.models import ServiceCategory
from core.errors import Conflict, Invalid, NotAllowed
from records.models import Attachment, AuditEntry
from records.services.attachments import prepare_images
from sla.models import Clock
from tests.make import World, make_contract, make_world
from tickets.models import Ticket
from tickets.services.report import RECORDED
from tickets.tests.make import MONDAY, minutes, report

pytestmark = pytest.mark.django_db
BY_PHONE: dict[str, Any] = {"channel": "phone", "reporter_name": "窗口人员09", "reporter_phone": "13800000009"}


@pytest.fixture
def world() -> World:
    return make_world()


def picture(name: str = "a.jpg") -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("RGB", (40, 30), "white").save(data, "JPEG")
    return SimpleUploadedFile(name, data.getvalue(), content_type="image/jpeg")


def test_clerk_reports_and_the_clock_runs_from_receipt(world: World) -> None:
    ticket = report(world)
    clock = ticket.response_clock
    assert ticket.code == "GD-20240318-0001"
    assert ticket.title == "A05窗口电脑开不了机，按电源没反应"
    assert (ticket.reporter, ticket.reporter_name, ticket.status) == (world.clerk, "窗口人员01", "pending_response")
    assert clock is not None
    assert (clock.kind, clock.started_at, clock.due_at, clock.state) == (
        "response",
        MONDAY,
        MONDAY + minutes(5),
        "running",
    )
    entry = AuditEntry.objects.get(subject_type="ticket", subject_id=ticket.pk, verb="report")
    assert (entry.actor, entry.at, entry.after["unit"]["label"]) == (world.clerk, MONDAY, world.unit.name)


def test_numbers_run_through_the_day_and_carry_the_halls_tag(world: World) -> None:
    other = make_world("b")
    assert [report(world).code, report(world).code] == ["GD-20240318-0001", "GD-20240318-0002"]
    assert report(other).code == "GD-B-20240318-0001"
    next_day = MONDAY.replace(day=19)
    assert report(world, at=next_day).code == "GD-20240319-0001"


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        ("hall", "high", 1), ("hall", "medium", 2), ("several", "high", 2), ("hall", "low", 3), ("several", "medium", 3),
        ("point", "high", 3), ("several", "low", 4), ("point", "medium", 4), ("point", "low", 4),
    ],
)  # fmt: skip
def test_priority_follows_impact_and_urgency(world: World, impact: str, urgency: str, priority: int) -> None:
    assert report(world, impact=impact, urgency=urgency).priority == priority


def test_engineer_logs_a_call_with_the_instant_of_the_call(world: World) -> None:
    called = MONDAY - minutes(2)
    ticket = report(
        world,
        actor=world.engineer,
        received_at=called,
        set_back_reason="通话后补录",
        unit=world.other_unit,
        window=None,
        **BY_PHONE,
    )
    assert ticket.response_clock is not None
    assert (ticket.received_at, ticket.recorded_at, ticket.recorded_by) == (called, MONDAY, world.engineer)
    assert ticket.response_clock.due_at == called + minutes(5)
    assert (ticket.set_back_reason, ticket.set_back_flagged) == ("通话后补录", False)


def test_more_than_two_minutes_are_flagged(world: World) -> None:
    early: dict[str, Any] = {"actor": world.engineer, "set_back_reason": "忙于现场", **BY_PHONE}
    assert not report(world, received_at=MONDAY - timedelta(seconds=120), **early).set_back_flagged
    assert report(world, received_at=MONDAY - timedelta(seconds=121), **early).set_back_flagged


def refused(world: World, **changes: Any) -> dict[str, str]:
    """The fields complained about; nothing may have been written."""
    with pytest.raises(Invalid) as error:
        report(world, **changes)
    assert (
        Ticket.objects.count(),
        Clock.objects.count(),
        AuditEntry.objects.filter(subject_type="ticket").count(),
    ) == (0, 0, 0)
    return error.value.fields


def test_the_start_is_set_back_only_with_a_reason(world: World) -> None:
    early: dict[str, Any] = {"actor": world.engineer, "received_at": MONDAY - timedelta(seconds=1)}
    assert set(refused(world, **early, **BY_PHONE)) == {"set_back_reason"}


def test_the_start_never_lies_in_the_future(world: World) -> None:
    assert set(refused(world, actor=world.engineer, received_at=MONDAY + timedelta(seconds=1), **BY_PHONE)) == {
        "received_at"
    }


def test_a_web_report_is_never_set_back(world: World) -> None:
    assert set(refused(world, received_at=MONDAY - minutes(1), set_back_reason="忘了")) == {"received_at"}


def test_wrong_input_is_named_field_by_field(world: World) -> None:
    foreign = make_world("b")
    assert set(refused(world, description="  ")) == {"description"}
    assert set(refused(world, reporter_phone="abc")) == {"reporter_phone"}
    assert set(refused(world, impact="galaxy", urgency="now", fault_type="magic")) == {
        "impact",
        "urgency",
        "fault_type",
    }
    assert set(refused(world, place=foreign.place)) == {"place"}
    assert set(refused(world, device=foreign.device)) == {"device"}
    assert set(refused(world, category=ServiceCategory.objects.filter(contract=foreign.contract).first())) == {
        "category"
    }
    assert set(refused(world, actor=world.engineer, unit=foreign.unit, window=None, **BY_PHONE)) == {"unit"}
    assert set(refused(world, actor=world.engineer, unit=world.other_unit, **BY_PHONE)) == {"window"}
    assert set(refused(world, channel="phone")) == {"channel"}
    assert set(refused(world, actor=world.engineer)) == {"channel"}


def test_a_clerk_reports_for_the_own_unit_as_the_own_person(world: World) -> None:
    assert set(refused(world, unit=world.other_unit, window=None)) == {"unit"}
    ticket = report(world, reporter_name="别人", reporter=world.other_clerk)
    assert (ticket.reporter, ticket.reporter_name) == (world.clerk, "窗口人员01")


def test_nobody_reports_outside_the_contracts_term(world: World) -> None:
    ended = make_contract("T-OLD", number_tag="old", starts_on=date(2022, 1, 1), ends_on=date(2022, 12, 31))
    world.contract.starts_on, world.contract.ends_on = ended.starts_on, ended.ends_on
    assert set(refused(world)) == {"received_at"}


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_others_may_not_report(world: World, role: str) -> None:
    with pytest.raises(NotAllowed):
        report(world, actor=getattr(world, role))


def test_photos_are_kept_with_the_ticket(world: World) -> None:
    ticket = report(world, photos=prepare_images([picture(), picture("b.jpg")]))
    assert Attachment.objects.filter(subject_type="ticket", subject_id=ticket.pk, kind="photo").count() == 2


# Through the page -----------------------------------------------------------------------------------------------------


def as_(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


FORM = {"description": "打印机卡纸", "impact": "point", "urgency": "medium", "device": "WS-001"}


def test_clerk_sends_the_form_with_a_photo(world: World) -> None:
    response = as_(world.clerk).post("/tickets/report/", {**FORM, "photos": [picture()]})
    ticket = Ticket.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/tickets/{ticket.code}/")
    assert (ticket.device, ticket.place, ticket.window, ticket.unit) == (
        world.device,
        world.place,
        world.window,
        world.unit,
    )
    assert ticket.channel == "web"
    assert Attachment.objects.count() == 1


def test_the_form_gives_every_request_a_token_of_its_own(world: World) -> None:
    first, second = (as_(world.clerk).get("/tickets/report/").content.decode() for _ in range(2))
    tokens = [re.findall(r'name="form_token" value="([0-9a-f-]{36})"', page) for page in (first, second)]
    assert all(len(found) == 1 for found in tokens)
    assert tokens[0] != tokens[1]


def test_the_same_form_sent_twice_makes_one_ticket(world: World) -> None:
    form = {**FORM, "form_token": str(uuid4())}
    answers = [as_(world.clerk).post("/tickets/report/", form) for _ in range(2)]
    ticket = Ticket.objects.get()
    assert [answer["Location"] for answer in answers] == [f"/tickets/{ticket.code}/"] * 2
    assert Clock.objects.count() == 1


def test_a_form_reached_by_back_and_filled_in_anew_is_a_new_request(world: World) -> None:
    form = {**FORM, "form_token": str(uuid4())}
    as_(world.clerk).post("/tickets/report/", form)
    as_(world.clerk).post("/tickets/report/", {**form, "description": "取号机不出票"})
    assert Ticket.objects.count() == 2


def test_two_equal_forms_at_the_same_moment_leave_one_ticket_and_one_clock(world: World) -> None:
    """What the second one meets when the first was not there yet as it looked."""
    token = uuid4()
    report(world, form_token=token)
    with pytest.raises(Conflict) as refused:
        report(world, form_token=token)
    assert refused.value.code == RECORDED
    assert Ticket.objects.count() == 1
    assert Clock.objects.count() == 1


def test_a_device_is_found_by_the_short_code_of_its_label(world: World) -> None:
    as_(world.clerk).post("/tickets/report/", {**FORM, "device": world.device.short_code.lower()})
    assert Ticket.objects.get().device == world.device


def test_a_report_without_device_needs_a_place(world: World) -> None:
    response = as_(world.clerk).post("/tickets/report/", {**FORM, "device": ""})
    assert response.status_code == 422
    assert 'id="id_place_error"' in response.content.decode()
    assert not Ticket.objects.exists()
    as_(world.clerk).post("/tickets/report/", {**FORM, "device": "", "place": world.place.pk})
    assert Ticket.objects.get().device is None


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"device": "XX-999"}, "XX-999"),
        ({"description": ""}, "is-invalid"),
        ({"impact": "galaxy"}, "is-invalid"),
        ({"photos": [SimpleUploadedFile("a.jpg", b"<html>not a picture", content_type="image/jpeg")]}, "a.jpg"),
        (
            {"photos": [SimpleUploadedFile("big.jpg", b"\xff\xd8\xff" + b"0" * 20_000_000, content_type="image/jpeg")]},
            "big.jpg",
        ),
    ],
    ids=["unknown device", "no symptom", "unknown choice", "not a picture", "20 MB"],
)
def test_wrong_input_gets_a_message_keeps_what_was_typed_and_changes_nothing(
    world: World, change: dict[str, Any], shown: str
) -> None:
    response = as_(world.clerk).post("/tickets/report/", {**FORM, "reporter_phone": "13800000077", **change})
    text = response.content.decode()
    assert response.status_code == 422
    assert shown in text
    assert "13800000077" in text
    assert (Ticket.objects.count(), Attachment.objects.count(), Clock.objects.count()) == (0, 0, 0)


def test_a_clerk_cannot_choose_unit_channel_or_reporter_through_the_form(world: World) -> None:
    forged = {
        "unit": world.other_unit.pk,
        "channel": "phone",
        "reporter_name": "别人",
        "status": "signed",
        "priority": "1",
    }
    as_(world.clerk).post("/tickets/report/", {**FORM, **forged})
    ticket = Ticket.objects.get()
    assert (ticket.unit, ticket.channel, ticket.reporter_name, ticket.status, ticket.priority) == (
        world.unit, "web", "窗口人员01", "pending_response", 4,
    )  # fmt: skip


def test_engineer_logs_a_call_and_responds_with_one_form(world: World) -> None:
    form = {
        **FORM, "channel": "phone", "reporter_name": "窗口人员09", "unit": world.unit.pk, "received_ago": "1",
        "set_back_reason": "通话后补录", "respond_now": "on", "contact_method": "phone", "contact_person": "窗口人员09",
        "triage": "general", "commitment_kind": "arrival", "commitment_in": "15",
    }  # fmt: skip
    before = datetime.now(UTC)
    response = as_(world.engineer).post("/tickets/report/", form)
    after = datetime.now(UTC)
    ticket = Ticket.objects.get()
    assert response.status_code == 302
    assert ticket.status == "responded"
    assert ticket.responded_at is not None
    assert ticket.commitment_at is not None
    assert before <= ticket.responded_at <= after
    assert ticket.responded_at - ticket.received_at == minutes(1)
    assert ticket.commitment_at - ticket.responded_at == minutes(15)
    assert Clock.objects.get(kind="response").state == "stopped"


def test_an_incomplete_response_logs_nothing_either(world: World) -> None:
    form = {
        **FORM,
        "channel": "phone",
        "reporter_name": "窗口人员09",
        "unit": world.unit.pk,
        "respond_now": "on",
        "triage": "general",
    }
    response = as_(world.engineer).post("/tickets/report/", form)
    assert response.status_code == 422
    assert not Ticket.objects.exists()
