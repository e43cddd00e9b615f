"""Two halls that know nothing of each other, and units within one hall."""

import re
from typing import Any

import pytest
from django.test import Client

from core.roles import BUSINESS_ROLES, ROLES
from devices.services.network import device_address_set
from devices.tests.network_make import make_subnet
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.querysets import tickets_visible_to
from tickets.tests.make import MONDAY, reach, report

pytestmark = pytest.mark.django_db
VERBS = ("respond", "arrive", "resolve", "send-back", "close-unsigned", "cancel", "rate", "explain-breach", "sheet")


@pytest.fixture
def worlds() -> tuple[World, World]:
    return make_world(), make_world("b")


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(response: Any) -> str:
    """What a page says, without its markup: tokens and times differ from answer to answer."""
    return re.sub(r"<[^>]+>", "", response.content.decode())


@pytest.mark.parametrize("role", ROLES)
def test_nobody_sees_finds_counts_or_guesses_the_other_halls_tickets(worlds: tuple[World, World], role: str) -> None:
    mine, theirs = worlds
    secret = report(theirs, description="机密故障描述", title="机密标题")
    client = as_(getattr(mine, role))
    assert not tickets_visible_to(getattr(mine, role)).filter(pk=secret.pk).exists()
    for verb in ("", *(f"{verb}/" for verb in VERBS)):
        asked = client.get(f"/tickets/{secret.code}/{verb}")
        missing = client.get(f"/tickets/GD-B-20240318-9999/{verb}")
        assert asked.status_code == missing.status_code
        assert asked.status_code in (403, 404), verb
        assert words(asked).replace(secret.code, "") == words(missing).replace("GD-B-20240318-9999", "")
        assert "机密" not in words(asked)
    for path in (
        "/tickets/",
        "/tickets/?q=机密",
        "/tickets/queue/",
        "/tickets/queue/rows/",
        f"/devices/{theirs.device.code}/",
    ):
        # The word that was looked for stands in the field; what it would have found does not.
        assert not re.search("机密[标故]", words(client.get(path)))
    answer = client.post("/tickets/export/")
    if answer.status_code == 200:
        assert secret.code not in b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_posting_to_the_other_halls_ticket_changes_nothing(worlds: tuple[World, World]) -> None:
    mine, theirs = worlds
    ticket = reach(theirs, "to_sign")
    before = Ticket.objects.values().get(pk=ticket.pk)
    for role in ROLES:
        client = as_(getattr(mine, role))
        for verb in VERBS[:-1]:
            assert client.post(f"/tickets/{ticket.code}/{verb}/", {"reason": "x", "level": "1"}).status_code in (
                403,
                404,
            )
    assert Ticket.objects.values().get(pk=ticket.pk) == before


def test_ids_of_the_other_hall_in_a_form_are_unknown(worlds: tuple[World, World]) -> None:
    mine, theirs = worlds
    client = as_(mine.engineer)
    form = {
        "description": "x", "impact": "point", "urgency": "low", "channel": "phone", "reporter_name": "某", "unit": mine.unit.pk,
        "place": mine.place.pk,
    }  # fmt: skip
    for change in (
        {"unit": theirs.unit.pk},
        {"place": theirs.place.pk},
        {"window": theirs.window.pk},
        {"device": theirs.device.short_code},
        {"category": theirs.contract.service_categories.first().pk},  # type: ignore[union-attr]
    ):
        assert client.post("/tickets/report/", {**form, **change}).status_code == 422, change
    assert not Ticket.objects.exists()


def test_a_clerk_sees_the_own_unit_only(worlds: tuple[World, World]) -> None:
    world, _ = worlds
    ticket = report(world)
    assert as_(world.clerk).get(f"/tickets/{ticket.code}/").status_code == 200
    client = as_(world.other_clerk)
    assert client.get(f"/tickets/{ticket.code}/").status_code == 404
    assert ticket.code not in client.get("/tickets/").content.decode()


@pytest.mark.parametrize("role", BUSINESS_ROLES)
def test_device_addresses_never_reach_a_clerk(worlds: tuple[World, World], role: str) -> None:
    world, _ = worlds
    ticket = reach(world, "to_sign")
    make_subnet(world)
    device_address_set(
        device=world.device, contract=world.contract, address_text="10.20.1.77", actor=world.engineer, at=MONDAY
    )
    client = as_(getattr(world, role))
    paths = (
        f"/devices/{world.device.code}/",
        f"/tickets/{ticket.code}/",
        "/tickets/",
        f"/d/{world.device.short_code}/",
        "/devices/pick/?q=WS",
    )
    shown = "".join(client.get(path).content.decode() for path in paths)
    assert ("10.20.1.77" in shown) is (role != "clerk")


def test_a_contract_that_is_not_chosen_shows_nothing(worlds: tuple[World, World]) -> None:
    from parties.services.contracts import membership_give
    from tests.make import SIGNED

    mine, theirs = worlds
    membership_give(user=mine.manager, contract=theirs.contract, role="manager", actor=None, at=SIGNED)
    ours, foreign = report(mine), report(theirs)
    client = as_(mine.manager)
    session = client.session
    session["contract_id"] = mine.contract.pk
    session.save()
    assert client.get(f"/tickets/{ours.code}/").status_code == 200
    assert client.get(f"/tickets/{foreign.code}/").status_code == 404
