"""Verb resolve: what was wrong, what was done, who checked it; then the client is asked to sign."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from contract.models import ServiceCategory
from core.errors import Invalid, NotAllowed
from notifications.models import Message
from records.models import Attachment, AuditEntry
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.tests.make import RESOLVED, WORK, reach, resolve

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_the_work_is_written_down_and_makes_a_new_version_to_sign(world: World) -> None:
    category = ServiceCategory.objects.filter(contract=world.contract, parent=None).first()
    ticket = resolve(world, reach(world, "in_progress"), category=category, fault_type="hardware")
    assert (ticket.status, ticket.resolved_at, ticket.content_version) == ("to_sign", RESOLVED, 2)
    assert (ticket.category, ticket.fault_type, ticket.frozen_names["category"]) == (
        category,
        "hardware",
        str(category),
    )
    entry = AuditEntry.objects.get(verb="resolve")
    assert (entry.before["cause"], entry.after["cause"]) == ("", "插座接触不良")
    assert Message.objects.get(topic="to_sign").deliveries.get().recipient == world.clerk


@pytest.mark.parametrize("field", ["cause", "solution", "verification", "verified_by", "result"])
def test_nothing_essential_may_be_missing(world: World, field: str) -> None:
    ticket = reach(world, "in_progress")
    with pytest.raises(Invalid) as error:
        empty: dict[str, Any] = {field: ""}
        resolve(world, ticket, **empty)
    assert set(error.value.fields) == {field}
    assert Ticket.objects.get().status == "in_progress"


def test_a_category_of_another_contract_is_unknown(world: World) -> None:
    foreign = ServiceCategory.objects.filter(contract=make_world("b").contract).first()
    with pytest.raises(Invalid):
        resolve(world, reach(world, "in_progress"), category=foreign)


def test_another_engineer_may_not_finish_it(world: World) -> None:
    with pytest.raises(NotAllowed):
        resolve(world, reach(world, "in_progress"), actor=world.engineer2)


def test_the_form_takes_photos_and_one_bad_photo_refuses_all(world: World) -> None:
    data = BytesIO()
    Image.new("RGB", (40, 30)).save(data, "PNG")
    good = SimpleUploadedFile("after.png", data.getvalue(), content_type="image/png")
    bad = SimpleUploadedFile("virus.jpg", b"MZ", content_type="image/jpeg")
    ticket = reach(world, "in_progress")
    client = Client()
    client.force_login(world.engineer)
    assert client.post(f"/tickets/{ticket.code}/resolve/", {**WORK, "photos": [good, bad]}).status_code == 422
    assert (Ticket.objects.get().status, Attachment.objects.count()) == ("in_progress", 0)
    good.seek(0)
    assert client.post(f"/tickets/{ticket.code}/resolve/", {**WORK, "photos": [good]}).status_code == 302
    assert (Ticket.objects.get().status, Attachment.objects.get().kind) == ("to_sign", "result")
