"""Personal values in the history: sealed under a key of the person's own, unreadable for good when it is destroyed."""

from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from core.errors import Conflict, Invalid, NotAllowed
from core.sealed import reseal_all
from devices.services.rights_checks import rights_check_start
from devices.tests.access_make import card, door
from devices.tests.spares_make import hand, lend, make_spare
from notifications.models import ChannelChoice
from parties.models import User
from parties.services.organisations import contact_add
from parties.services.people import user_deactivate, user_edit
from records.models import AuditEntry, PersonKey, SignLink
from records.querysets import entries_of
from records.services.anonymise import person_anonymise, record_anonymise
from records.services.audit import audit_write, audit_write_many
from records.services.check import Result, chains_check
from records.services.documents import document_of
from records.services.personal import GONE, PLACE
from records.services.signatures import signature_give
from records.tests.make import AT, settled
from tests.make import World, make_world
from tickets.models import Rating, Ticket
from tickets.services.listing import search_refresh
from tickets.tests.make import report

PHONE, EMAIL, NAME = "13800007777", "yin.mou@example.cn", "殷某某"


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def own_anchors(settings, tmp_path):
    settings.ANCHOR_DIR = tmp_path / "anchors"


def dump() -> str:
    """Everything that the database holds, as one text; the documents that were signed are not in it."""
    parts = []
    for model in apps.get_models():
        if model._meta.label == "records.Signature" or not model._meta.managed:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608 - names of our own models
            parts.append(repr(cursor.fetchall()))
    return "\n".join(parts)


def written(world: World, **entry: Any) -> AuditEntry:
    given: dict[str, Any] = {"contract": world.contract, "subject": world.unit, "verb": "call", "actor": None, "at": AT}
    row = audit_write(**(given | entry))
    return AuditEntry.objects.get(pk=row.pk)


def test_personal_values_are_sealed_where_they_stand_and_read_in_their_places(world, django_assert_num_queries):
    after = {
        "contact_person": NAME,
        "of": [{"phone": PHONE, "n": 1}],
        "unit": "综合科",
        "signer": {"id": 1, "label": "甲"},
    }
    row = written(world, actor_label=NAME, after=after, before={"email": EMAIL})
    assert (row.after, row.before, row.actor_label) == (after, {"email": EMAIL}, NAME)
    stored = AuditEntry.objects.filter(pk=row.pk).values_list("after", "before", "actor_label").get()
    assert stored[0]["contact_person"] == stored[0]["of"][0]["phone"] == stored[1]["email"] == stored[2] == PLACE
    assert stored[0]["unit"] == "综合科"
    assert not any(value in dump() for value in (NAME, PHONE, EMAIL))
    written(world, after={"phone": PHONE})
    assert PersonKey.objects.filter(kind="unit").count() == 1
    with django_assert_num_queries(1):
        assert [entry.after.get("phone") for entry in entries_of(world.unit)][-1] == PHONE


def test_many_entries_at_once_are_sealed_each_under_its_own_person_key(world):
    written(world, after={"phone": "13800000001"})
    units = [world.unit, world.other_unit, world.unit]
    given: dict[str, Any] = {"contract": world.contract, "verb": "many", "actor": None, "at": AT}
    entries: list[Any] = [given | {"subject": unit, "after": {"phone": PHONE, "n": n}} for n, unit in enumerate(units)]
    audit_write_many(entries)
    assert PersonKey.objects.filter(kind="unit").count() == 2
    assert PHONE not in dump()
    rows = list(AuditEntry.objects.filter(verb="many").order_by("id"))
    assert [row.after for row in rows] == [{"phone": PHONE, "n": n} for n in range(3)]
    assert rows[0].person_id == rows[2].person_id != rows[1].person_id


def test_record_that_names_somebody_without_an_account_is_anonymised_alone(world):
    row = written(world, actor_label=NAME, after={"holder_name": [NAME, "他"], "n": 1})
    kept = written(world, subject=world.other_unit, after={"holder_name": "别人"})
    settled()
    arguments = {
        "subject_type": "unit",
        "contract": world.contract,
        "reason": "合同期满",
        "actor": world.admin,
        "at": AT,
    }
    record_anonymise(subject_id=world.unit.pk, **arguments)
    row, kept = AuditEntry.objects.get(pk=row.pk), AuditEntry.objects.get(pk=kept.pk)
    assert (row.actor_label, row.after) == (GONE, {"holder_name": GONE, "n": 1})
    assert kept.after == {"holder_name": "别人"}
    with pytest.raises(Conflict):
        record_anonymise(subject_id=world.unit.pk, **arguments)
    again = written(world, actor_label="新人")
    assert again.actor_label == "新人"
    settled()
    result = Result()
    chains_check(result)
    assert result.whole


def test_keys_are_sealed_anew_with_the_other_secrets(world, settings):
    row = written(world, actor_label=NAME)
    settings.FIELD_KEYS = ["x" * 40]
    before = PersonKey.objects.get(kind="unit").sealed_key
    assert reseal_all() >= 1
    assert PersonKey.objects.get(kind="unit").sealed_key != before
    assert AuditEntry.objects.get(pk=row.pk).actor_label == NAME


def planted(world: World) -> User:
    """A clerk whose data stand in the account, in its history and in a ticket. The name is given last: under its name an account
    acts, and that stays."""
    clerk = world.clerk
    user_edit(user=clerk, name=clerk.name, phone=PHONE, email=EMAIL, language="zh-hans", actor=world.admin, at=AT)
    ticket = report(world, actor=clerk, reporter_phone=PHONE)
    Ticket.objects.filter(pk=ticket.pk).update(reporter_name=NAME)
    User.objects.filter(pk=clerk.pk).update(name=NAME, username="yin.mou")
    audit_write(contract=world.contract, subject=ticket, verb="call", actor=None, at=AT, after={"contact_person": NAME})
    given = {"waiting_known_by": NAME, "appointment_with": NAME}
    Ticket.objects.filter(pk=ticket.pk).update(**given)
    audit_write(
        contract=world.contract, subject=ticket, verb="wait", actor=None, at=AT, after=given | {"known_by": NAME}
    )
    Rating.objects.create(ticket=ticket, level=5, way="account", rated_by=clerk, rater_name=NAME, rated_at=AT)
    link = {"issued_by": world.engineer, "issued_at": AT, "expires_at": AT, "signer_name": NAME, "told_to": PHONE}
    SignLink.objects.create(
        contract=world.contract, subject_type="ticket", subject_id=ticket.pk, purpose="completion", version=1,
        token_hash="x", **link,
    )  # fmt: skip
    search_refresh([ticket])
    ChannelChoice.objects.create(user=clerk, wecom_id="yin.mou")
    card(world, holder=clerk, holder_name=NAME, doors=[door(world)])
    check = rights_check_start(contract=world.contract, quarter="2024-Q1", actor=world.engineer, at=AT)
    assert check.lines.get().holder_name == NAME
    lend(world, device=make_spare(world), borrower=clerk, borrower_name=NAME, borrower_phone=PHONE)
    clerk.refresh_from_db()
    return clerk


def test_nothing_of_an_anonymised_person_is_left_in_the_database(world):
    clerk = planted(world)
    settled()
    assert all(value in dump() for value in (NAME, PHONE, EMAIL, "yin.mou"))
    arguments = {"reason": "离职满一年", "actor": world.admin, "at": AT}
    with pytest.raises(Conflict):
        person_anonymise(user=clerk, **arguments)
    user_deactivate(user=clerk, reason="离职", actor=world.admin, at=AT)
    with pytest.raises(NotAllowed):
        person_anonymise(user=clerk, **(arguments | {"actor": world.manager}))
    with pytest.raises(Invalid):
        person_anonymise(user=clerk, **(arguments | {"reason": " "}))
    person_anonymise(user=clerk, **arguments)
    with pytest.raises(Conflict):
        person_anonymise(user=clerk, **arguments)
    settled()
    left = dump()
    assert [value for value in (NAME, PHONE, EMAIL, "yin.mou") if value in left] == []
    edit = AuditEntry.objects.get(verb="user_edit", subject_id=clerk.pk)
    assert edit.after["phone"] == edit.after["email"] == GONE
    result = Result()
    chains_check(result)
    assert result.whole


def test_administrator_anonymises_on_the_page_and_by_the_command(world, client, capsys):
    clerk = planted(world)
    user_deactivate(user=clerk, reason="离职", actor=world.admin, at=AT)
    client.force_login(world.admin)
    url = reverse("records:anonymise", args=[clerk.pk])
    assert url in client.get(reverse("people:detail", args=[clerk.pk])).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "离职满一年"}).status_code == 302
    assert url not in client.get(reverse("people:detail", args=[clerk.pk])).content.decode()
    given = {"by": world.admin.username, "reason": "合同期满"}
    with pytest.raises(CommandError, match="kind:number"):
        call_command("anonymise", "nothing:1", **given)
    with pytest.raises(CommandError):
        call_command("anonymise", f"user:{world.admin.username}", **given)
    ticket = report(world, actor=world.engineer, reporter_name=NAME, channel="phone")
    call_command("anonymise", f"ticket:{ticket.pk}", **given)
    ticket.refresh_from_db()
    assert ticket.reporter_name == GONE
    assert "done" in capsys.readouterr().out


def test_contact_without_an_account_is_anonymised_by_the_command(world):
    contact = contact_add(
        of=world.contract.contractor,
        contract=world.contract,
        name=NAME,
        title="",
        phone=PHONE,
        email=EMAIL,
        actor=world.admin,
        at=AT,
    )
    call_command("anonymise", f"contact:{contact.pk}", by=world.admin.username, reason="离任")
    contact.refresh_from_db()
    assert (contact.name, contact.is_active) == (GONE, False)
    assert [value for value in (NAME, PHONE, EMAIL) if value in dump()] == []


def test_signed_loan_keeps_its_text_and_an_unsigned_one_is_cleared(world):
    signed, other = (
        lend(world, device=make_spare(world, code), borrower=None, borrower_name=NAME) for code in ("WS-901", "WS-902")
    )
    document = document_of(signed, "borrow")
    signature_give(
        subject=signed, purpose="borrow", way="account", signer=world.clerk, version_seen=document.version,
        sha256_seen=document.sha256, at=AT, **hand(),
    )  # fmt: skip
    for loan, name in ((signed, NAME), (other, GONE)):
        call_command("anonymise", f"loan:{loan.pk}", by=world.admin.username, reason="合同期满")
        loan.refresh_from_db()
        assert loan.borrower_name == name
