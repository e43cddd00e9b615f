"""Fire-linkage tests and hand-over lists: entered, finished, signed by both sides, opened again as a new version."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client

from core.errors import Conflict, Invalid
from devices.models import HandoverList, LinkageTest
from devices.present_checks import linkage_due, rights_due, stocktakes_due
from devices.services.handovers import handover_finish, handover_reopen, item_save
from devices.services.linkage import linkage_finish, linkage_reopen, linkage_save
from devices.tests.access_make import ITEM, NOW, door, linkage_of, sheet_of
from records.models import Signature
from records.services.documents import document_of
from records.services.signatures import signature_give
from records.services.verify import shown_code
from records.tests.make import data_url, strokes
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def signed(check: Any, user: Any, purpose: str) -> Signature:
    document = document_of(check, purpose)
    return signature_give(
        subject=check, purpose=purpose, way="account", image=data_url(), strokes=strokes(), signer=user,
        version_seen=document.version, sha256_seen=document.sha256, at=NOW + timedelta(hours=2),
    )  # fmt: skip


def save(world: World, test: LinkageTest, *, heard: bool, result: str, note: str = "", cut: int = 1) -> LinkageTest:
    zone, exit_door = test.zones.get(), test.doors.get()
    seen = {"cut_at": time(19, cut), "heard": heard, "restored_at": time(19, 9), "note": note}
    return linkage_save(
        test=test,
        version_seen=test.version,
        zones={zone.pk: seen},
        doors={exit_door.pk: {"released": True, "note": ""}},
        result=result,
        note="",
        actor=world.engineer,
        at=NOW,
    )


def test_a_test_is_not_passed_while_something_was_not_heard(world: World) -> None:
    test = linkage_of(world, door(world))

    def finish() -> LinkageTest:
        row = LinkageTest.objects.select_related("contract").get(pk=test.pk)
        return linkage_finish(test=row, actor=world.engineer, at=NOW)

    with pytest.raises(Invalid):
        finish()
    with pytest.raises(Invalid):
        save(world, test, heard=True, result="passed", cut=30)
    save(world, test, heard=False, result="passed", note="功放故障")
    with pytest.raises(Invalid):
        finish()
    save(world, test, heard=False, result="remarks", note="功放故障")
    done = finish()
    with pytest.raises(Conflict):
        save(world, done, heard=True, result="passed")
    assert "分区 A区喇叭回路：强切 19:01:00，听到 否，恢复 19:09:00，异常 功放故障" in document_of(done, "result").text
    signed(done, world.manager, "result")
    again = linkage_reopen(
        test=LinkageTest.objects.select_related("contract").get(pk=test.pk), reason="复测", actor=world.manager, at=NOW
    )
    assert (again.status, again.content_version) == ("open", 2)
    save(world, again, heard=True, result="passed")
    done = finish()
    signed(done, world.manager, "result")
    signed(LinkageTest.objects.get(pk=test.pk), world.supervisor, "confirm")
    with pytest.raises(Conflict):
        linkage_reopen(test=LinkageTest.objects.get(pk=test.pk), reason="改", actor=world.manager, at=NOW)


def test_the_page_of_a_test_keeps_what_was_typed_and_finishes(world: World) -> None:
    test = linkage_of(world, door(world))
    zone, exit_door = test.zones.get(), test.doors.get()
    client = Client()
    client.force_login(world.engineer)
    typed = {
        f"z{zone.pk}-cut_at": "19:05", f"z{zone.pk}-heard": "1", f"z{zone.pk}-restored_at": "19:08:30",
        f"d{exit_door.pk}-released": "0", f"d{exit_door.pk}-note": "", "result": "remarks", "note": "北门门磁卡滞",
        "version": test.version, "then": "finish",
    }  # fmt: skip
    address = f"/devices/checks/linkage/{test.pk}/"
    refused = client.post(address, typed)
    assert refused.status_code == 422
    assert "北门门磁卡滞" in refused.content.decode()
    test.refresh_from_db()
    assert test.status == "open"
    done = client.post(address, typed | {f"d{exit_door.pk}-note": "门磁卡滞", "version": test.version})
    assert done.status_code == 302
    test.refresh_from_db()
    assert test.status == "finished"


def test_a_hand_over_list_has_versions_and_says_what_is_missing(world: World) -> None:
    sheet = sheet_of(world)
    common: dict[str, Any] = {"actor": world.manager, "at": NOW}
    lacks = ITEM | {"name": "网络点位", "kind": "network", "is_missing": True}
    with pytest.raises(Invalid):
        item_save(sheet=sheet, item=None, values=lacks, **common)
    item_save(sheet=sheet, item=None, values=lacks | {"missing_note": "开工时未开通"}, **common)
    handover_finish(sheet=sheet, **common)
    first = document_of(sheet, "confirm")
    assert "未移交：开工时未开通" in first.text
    signed(sheet, world.manager, "result")
    signed(HandoverList.objects.get(pk=sheet.pk), world.supervisor, "confirm")
    sheet.refresh_from_db()
    with pytest.raises(Conflict):
        item_save(sheet=sheet, item=None, values=ITEM, **common)
    handover_reopen(sheet=sheet, reason="钥匙归还", **common)
    key = sheet.items.get(name="机房钥匙")
    item_save(sheet=sheet, item=key, values=ITEM | {"returned_on": date(2024, 3, 20)}, **common)
    handover_finish(sheet=sheet, **common)
    assert "归还日期 2024-03-20" in document_of(sheet, "confirm").text
    kept = Signature.objects.filter(subject_type="handover_list", version=1, purpose="confirm").get()
    assert kept.canonical_sha256 == first.sha256


def test_printed_check_carries_the_codes_of_its_signatures(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []

    def kept(html: str) -> bytes:
        printed.append(html)
        return b"%PDF"

    monkeypatch.setattr("devices.views.check_sheets.pdf_render", kept)
    sheet, reader = sheet_of(world), Client()
    reader.force_login(world.manager)
    item_save(sheet=sheet, item=None, values=ITEM, actor=world.manager, at=NOW)
    handover_finish(sheet=sheet, actor=world.manager, at=NOW)
    codes = []
    for purpose, user, left in (("result", world.manager, 2), ("confirm", world.supervisor, 2)):
        signature = signed(HandoverList.objects.get(pk=sheet.pk), user, purpose)
        codes.append(shown_code(signature.verify_code))
        assert reader.get(f"/devices/checks/handovers/{sheet.pk}/sheet/").status_code == 200
        assert all(code in printed[-1] for code in codes) and printed[-1].count("<svg") == left
        page = Client().get(f"/v/{codes[-1]}/").content.decode()
        assert 'data-state="valid"' in page and sheet.code in page and user.name not in page
    assert "扫码后上传照片" not in printed[-1]
    assert "已移交" in printed[-1] and "已转派" not in printed[-1]


def test_what_a_quarter_asks_for_is_due_until_it_is_done(world: World) -> None:
    contract = world.contract
    assert list(linkage_due(contract, date(2024, 5, 15))) == []
    asked = list(linkage_due(contract, date(2024, 6, 10)))
    assert [row.due_on for row in asked] == [date(2024, 6, 30)]
    linkage_of(world, door(world))
    late = list(linkage_due(contract, date(2024, 9, 20)))
    assert [row.key for row in late] == ["2024-Q2", "2024-Q3"]
    assert [row.key for row in rights_due(contract, date(2024, 9, 20))] == ["2024-Q2", "2024-Q3"]
    assert [row.key for row in stocktakes_due(contract, date(2024, 12, 1))] == ["annual:2024"]
