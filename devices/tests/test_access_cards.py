"""Cards: issued under an approval by two people, stopped at once, expired once, imported whole; the quarterly check of rights."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed
from core.sheets import read_table
from devices.due import all_sources
from devices.finds.access import cards_of_door, cards_of_left, cards_that_open, doors_of_cards
from devices.models import AccessCard, RightsCheck
from devices.services.card_list import HEADINGS, cards_import
from devices.services.cards import (
    Approval,
    card_change,
    card_extend,
    card_reissue,
    card_stop,
    cards_expire,
    cards_of_left_cancel,
    holder_left,
)
from devices.services.rights_checks import line_decide, rest_keep, rights_check_start, rights_compare, rights_finish
from devices.tests.access_make import APPROVAL, NOW, TODAY, card, door, group
from parties.services.people import user_deactivate
from records.models import AuditEntry
from tests.make import TERM, World, make_world

pytestmark = pytest.mark.django_db
YEAR = TODAY + timedelta(days=365)


@pytest.fixture
def world() -> World:
    return make_world()


def opening(row: AccessCard, on: Any = TODAY) -> bool:
    return cards_that_open(AccessCard.objects.filter(pk=row.pk), on).exists()


def table(*rows: dict[str, str]) -> Any:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS.values())
    usual = {
        "holder_name": "窗口人员92", "kind": "员工", "doors": "D01", "valid_from": "2024-03-18", "valid_to": "2025/3/17",
        "requested_by": "甲", "approved_by": "乙", "document": "申请1",
    }  # fmt: skip
    for row in rows:
        writer.writerow([(usual | row).get(key, "") for key in HEADINGS])
    return read_table(io.BytesIO(text.getvalue().encode()))


def test_a_card_opens_the_doors_of_its_groups_and_single_ones_and_its_number_is_nowhere(world: World) -> None:
    first, second, third = (door(world, code) for code in ("D01", "D02", "D03"))
    row = card(world, "AB12 345678", groups=[group(world, "办公区", first, second)], doors=[second, third])
    assert [one.code for one in doors_of_cards([row])[row.pk]] == ["D01", "D02", "D03"]
    assert [one.pk for one in cards_of_door(second, TODAY)] == [row.pk]
    assert (row.masked, len(row.number_hash)) == ("****5678", 64)
    entries = AuditEntry.objects.filter(subject_type="access_card", subject_id=row.pk)
    assert entries.get().verb == "issue"
    assert "12345678" not in str(list(entries.values())) + str(AccessCard.objects.values())
    with pytest.raises(Invalid) as taken:
        card(world, "ab-12345678", doors=[third])
    assert "number" in taken.value.fields


def test_nobody_approves_what_he_asked_for_or_holds(world: World) -> None:
    one = door(world)
    row = card(world, doors=[one])
    given: dict[str, Any] = {
        "card": row, "contract": world.contract, "reason": "延期", "valid_to": YEAR + timedelta(days=9),
        "actor": world.engineer, "at": NOW,
    }  # fmt: skip
    for approval in (
        Approval("某甲", " 某甲", "函1"),
        Approval("某甲", row.holder_name, "函1"),
        Approval("某甲", "某乙", ""),
    ):
        with pytest.raises(Invalid):
            card_extend(approval=approval, **given)
    with pytest.raises(NotAllowed):
        card_extend(approval=APPROVAL, **given | {"actor": world.supervisor})
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessCard.objects.filter(pk=row.pk).update(approved_by=row.requested_by)
    card_extend(approval=APPROVAL, **given)
    row.refresh_from_db()
    assert row.valid_to == YEAR + timedelta(days=9)


def test_a_lost_card_opens_nothing_and_a_new_one_takes_its_place_once(world: World) -> None:
    one = door(world)
    row = card(world, doors=[one])
    card_stop(card=row, contract=world.contract, verb="lose", reason="本人报失", actor=world.engineer, at=NOW)
    assert not cards_of_door(one, TODAY).exists()
    again: dict[str, Any] = {
        "card": row, "contract": world.contract, "valid_to": YEAR, "approval": APPROVAL, "reason": "补发",
        "actor": world.engineer, "at": NOW,
    }  # fmt: skip
    fresh = card_reissue(number="A10000002", **again)
    assert (fresh.replaces_id, row.status) == (row.pk, "cancelled")
    assert list(cards_of_door(one, TODAY)) == [fresh]
    with pytest.raises(Conflict):
        card_reissue(number="A10000003", **again)
    assert AccessCard.objects.count() == 2


def test_who_saw_an_older_card_changes_nothing(world: World) -> None:
    one, two = door(world), door(world, "D02")
    row = card(world, doors=[one])
    seen = row.version
    given: dict[str, Any] = {
        "card": row, "contract": world.contract, "groups": [], "unit": None, "approval": APPROVAL, "reason": "调岗",
        "actor": world.engineer, "at": NOW,
    }  # fmt: skip
    card_change(version_seen=seen, doors=[two], **given)
    with pytest.raises(Conflict):
        card_change(version_seen=seen, doors=[one], **given)
    assert [one.code for one in doors_of_cards([row])[row.pk]] == ["D02"]


def test_cards_expire_once_by_themselves_and_open_nothing_before_anybody_marks_them(world: World) -> None:
    row = card(world, doors=[door(world)], valid_to=TODAY)
    keeps = card(world, "A10000009", doors=[door(world, "D02")])
    assert opening(row)
    assert not opening(row, TODAY + timedelta(days=1))
    assert cards_expire(at=NOW) == 0
    assert [cards_expire(at=NOW + timedelta(days=1)) for _ in range(2)] == [1, 0]
    row.refresh_from_db()
    keeps.refresh_from_db()
    assert (row.status, keeps.status) == ("expired", "in_use")
    entry = AuditEntry.objects.get(subject_type="access_card", subject_id=row.pk, verb="expire")
    assert (entry.actor, entry.source) == (None, "task")


def test_the_card_of_a_deactivated_account_opens_nothing_at_once_and_is_cancelled_in_one_act(world: World) -> None:
    one = door(world)
    left = card(world, holder=world.clerk, holder_name=world.clerk.name, doors=[one])
    named = card(world, "A10000002", doors=[one])
    stays = card(world, "A10000003", holder=world.engineer, holder_name=world.engineer.name, doors=[one])
    assert set(cards_of_door(one, TODAY)) == {left, named, stays}
    user_deactivate(user=world.clerk, reason="离职", actor=world.admin, at=NOW)
    holder_left(card=named, contract=world.contract, left_on=TODAY, actor=world.engineer, at=NOW)
    assert set(cards_of_door(one, TODAY)) == {stays}
    assert set(cards_of_left(AccessCard.objects.all(), TODAY)) == {left, named}
    told = {source.slug: [row.key for row in source.rows(world.contract, TODAY)] for source in all_sources()}
    assert set(told["cards_of_left"]) == {str(left.pk), str(named.pk)}
    ids = [left.pk, named.pk, stays.pk]
    given: dict[str, Any] = {"contract": world.contract, "ids": ids, "reason": "离职回收", "at": NOW}
    with pytest.raises(NotAllowed):
        cards_of_left_cancel(actor=world.supervisor, **given)
    assert cards_of_left_cancel(actor=world.engineer, **given) == 2
    stays.refresh_from_db()
    assert stays.status == "in_use"


def test_a_list_is_imported_whole_or_not_at_all(world: World) -> None:
    door(world)
    good = [{"number": f"B0000000{number}"} for number in range(3)]
    bad = [{"number": "B00000001"}, {"number": "1"}, {"number": "B00000009", "approved_by": "甲", "doors": "D77"}]
    with pytest.raises(Invalid):
        cards_import(table=table(*good, *bad), contract=world.contract, actor=world.engineer, at=NOW)
    assert not AccessCard.objects.exists()
    assert len(cards_import(table=table(*good), contract=world.contract, actor=world.engineer, at=NOW)) == 3
    batches = AuditEntry.objects.filter(verb="issue", source="import").values_list("batch", flat=True)
    assert (len(batches), len(set(batches))) == (3, 1)


def test_the_pages_search_show_export_and_import(world: World, django_assert_max_num_queries: Any) -> None:
    one = door(world)
    both = group(world, "办公区", one, door(world, "D02"))
    for number in range(12):
        # The pages ask for today's rights: these end only with the world's contract.
        card(world, f"C0000{number:04d}", holder_name=f"人员{number:02d}", groups=[both], valid_to=TERM[1])
    client = Client()
    client.force_login(world.engineer)
    with django_assert_max_num_queries(26):
        page = client.get("/devices/access/").content.decode()
    assert "人员11" in page
    found = client.get("/devices/access/?q=0007").content.decode()
    assert "人员07" in found
    assert "人员08" not in found
    assert "人员03" in client.get("/devices/access/?q=C0000-0003").content.decode(), "the whole number finds its card"
    export = client.post("/devices/access/export/", {"format": "csv"})
    text = b"".join(export.streaming_content).decode()  # type: ignore[attr-defined]
    assert "****0007" in text
    assert "C00000007" not in text
    assert client.get(f"/devices/access/doors/{one.pk}/").content.decode().count("人员") >= 12
    wrong = client.post("/devices/access/cards/new/", {"number": "1", "holder_name": "王某"})
    assert wrong.status_code == 422
    assert "王某" in wrong.content.decode()
    file = SimpleUploadedFile("cards.csv", (",".join(HEADINGS.values()) + "\n").encode())
    assert client.post("/devices/access/import/", {"file": file}).status_code in (200, 422)
    clerk = Client()
    clerk.force_login(world.clerk)
    assert clerk.get("/devices/access/").status_code == 403


def test_a_quarter_has_one_check_and_finishing_withdraws(world: World) -> None:
    one, two = door(world), door(world, "D02")
    both = group(world, "办公区", one, two)
    keeps = card(world, groups=[both])
    loses = card(world, "A10000002", groups=[both], doors=[two], holder_name="窗口人员93")
    ends = card(world, "A10000003", doors=[one], holder_name="窗口人员94")
    given: dict[str, Any] = {"contract": world.contract, "quarter": "2024-Q1", "actor": world.manager, "at": NOW}
    check = rights_check_start(**given)
    assert rights_check_start(**given).pk == check.pk
    assert check.lines.count() == 4
    with pytest.raises(Invalid):
        rights_finish(check=RightsCheck.objects.get(pk=check.pk), actor=world.manager, at=NOW)
    for row in check.lines.select_related("check_of__contract"):
        if row.card_id == ends.pk or (row.card_id == loses.pk and row.group_id):
            line_decide(line=row, decision="withdraw", actor=world.manager, at=NOW)
    listed = read_table(io.BytesIO("卡号,姓名\nA10000001,某人\nX99999999,陌生卡\n".encode()))
    check.refresh_from_db()
    rights_compare(check=check, table=listed, name="controller.csv", actor=world.manager, at=NOW)
    assert check.compared["not_in_register"] == ["****9999 陌生卡"]
    assert check.compared["only_register"] == 2
    assert rest_keep(check=check, actor=world.manager, at=NOW) == 2
    rights_finish(check=check, actor=world.manager, at=NOW)
    for one_card in (keeps, loses, ends):
        one_card.refresh_from_db()
    assert (keeps.status, loses.status, ends.status) == ("in_use", "in_use", "cancelled")
    assert [one.code for one in doors_of_cards([loses])[loses.pk]] == ["D02"]
    with pytest.raises(Conflict):
        rest_keep(check=check, actor=world.manager, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_one_number_issued_by_eight_at_once_is_one_card(world: World) -> None:
    one = door(world)

    def issue(_number: int) -> bool:
        try:
            card(world, "A77777777", doors=[one])
        except Invalid:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(issue, range(8))) == 1
    assert AccessCard.objects.count() == 1
