"""Loans: one thing to one borrower, signed out and back by both, late when late; a spare for a failed device in one act."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from devices import canonical_loans
from devices.finds.spares import loans_visible_to, open_loans_of, spare_offer, unsigned
from devices.models import Device, Loan, LoanMove, Place, SparePart, SpareRefusal, StockMovement
from devices.present_loans import loan_happenings, loans_due
from devices.services import loan_devices
from devices.services.loans import loan_cancel, loan_extend, loan_hand_out, loan_return
from devices.services.swaps import spare_refuse, spare_swap
from devices.tests.spares_make import DUE, LATER, MORNING, facts, hand, lend, make_part, make_spare
from devices.timeline import Asked
from notifications.models import Message
from records.models import AuditEntry, Signature
from records.services.attachments import prepare_images
from records.services.documents import document_of
from records.services.paper import paper_confirm, paper_upload
from records.services.signatures import signature_give
from records.services.verify import masked_name, shown_code
from records.tests.make import handwriting, picture, upload
from tests.make import World, make_world


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def back(world: World, loan: Loan, **changes: Any) -> Loan:
    given: dict[str, Any] = {"outcome": "complete", "condition_back": "完好", "actor": world.engineer, "at": LATER}
    return loan_return(loan=Loan.objects.get(pk=loan.pk), **(given | changes))


def sign(loan: Loan, purpose: str, signer: Any) -> Signature:
    loan = Loan.objects.get(pk=loan.pk)
    document = document_of(loan, purpose)
    return signature_give(
        subject=loan, purpose=purpose, way="account", signer=signer, version_seen=document.version,
        sha256_seen=document.sha256, at=LATER, **hand(),
    )  # fmt: skip


def swapped(world: World, spare: Device, **changes: Any) -> Loan:
    store = Place.objects.get(hall=world.contract.hall, code="store")
    given = facts(world)
    del given["purpose"]
    more: dict[str, Any] = {"status": "under_repair", "reason": "主板故障", "store": store}
    return spare_swap(faulty=world.device, spare=spare, **(given | more | changes))


def where(device: Device) -> tuple[Any, ...]:
    row = Device.objects.get(pk=device.pk)
    return row.status, row.place_id, row.window_id, row.unit_id, row.plan_x, row.plan_y


def test_a_spare_goes_out_and_comes_back_to_where_it_was_kept(world: World) -> None:
    spare = make_spare(world)
    kept = where(spare)
    loan = lend(world, device=spare, place=world.place)
    assert re.fullmatch(r"BJ-20240318-0001", loan.code)
    assert where(spare)[:4] == ("in_use", world.place.pk, None, world.unit.pk)
    assert list(open_loans_of(spare)) == [loan]
    with pytest.raises(Conflict, match=loan.code):
        lend(world, device=spare)
    loan = back(world, loan)
    assert (loan.status, loan.outcome, loan.taker) == ("returned", "complete", world.engineer)
    assert where(spare) == kept
    assert not open_loans_of(spare)
    with pytest.raises(Conflict):
        back(world, loan)
    told = loan_happenings(Asked(spare, world.engineer, None, 10))
    assert [row.key.split(":")[1] for row in told] == ["back", "out"]
    assert lend(world, device=spare).code == "BJ-20240318-0002"


@pytest.mark.parametrize(
    ("outcome", "status", "ends"),
    [("incomplete", "spare", "returned"), ("damaged", "faulty", "returned"), ("lost", "stopped", "lost")],
)
def test_how_it_came_back_decides_what_the_device_is_now(world: World, outcome: str, status: str, ends: str) -> None:
    spare = make_spare(world)
    loan = lend(world, device=spare)
    with pytest.raises(Invalid) as refused:
        back(world, loan, outcome=outcome)
    assert set(refused.value.fields) == {"missing"}
    loan = back(world, loan, outcome=outcome, missing="缺电源线")
    assert (loan.status, where(spare)[0]) == (ends, status)


def test_pieces_of_a_part_leave_the_stock_and_return_to_it(world: World) -> None:
    part = make_part(world, stock=5)
    loan = lend(world, part=part, quantity=3)
    assert SparePart.objects.get(pk=part.pk).stock == 2
    with pytest.raises(Conflict):
        lend(world, part=part, quantity=3)
    with pytest.raises(Invalid):
        back(world, loan, quantity_back=2)
    back(world, loan, outcome="incomplete", quantity_back=2, missing="丢失一个")
    assert SparePart.objects.get(pk=part.pk).stock == 4
    assert list(StockMovement.objects.filter(loan=loan).order_by("id").values_list("kind", "change")) == [
        ("lend", -3),
        ("back", 2),
    ]


def test_a_draft_reserves_and_can_be_cancelled(world: World) -> None:
    spare = make_spare(world)
    drafted = lend(world, device=spare, hand_out=False)
    assert where(spare)[0] == "spare"
    with pytest.raises(Conflict):
        lend(world, device=spare)
    with pytest.raises(Conflict):
        back(world, drafted)
    loan_cancel(loan=drafted, reason="不需要了", actor=world.engineer, at=LATER)
    loan = lend(world, device=spare, hand_out=False)
    loan_hand_out(loan=loan, actor=world.engineer, at=LATER)
    with pytest.raises(Conflict):
        loan_hand_out(loan=Loan.objects.get(pk=loan.pk), actor=world.engineer, at=LATER)
    with pytest.raises(Conflict):
        loan_cancel(loan=Loan.objects.get(pk=loan.pk), reason="晚了", actor=world.engineer, at=LATER)


def test_only_the_halls_engineers_lend_and_a_bad_slip_says_what_is_wrong(world: World) -> None:
    spare = make_spare(world)
    other = make_world("b")
    for actor in (world.supervisor, world.clerk, other.engineer):
        with pytest.raises(NotAllowed):
            lend(world, device=spare, actor=actor)
    with pytest.raises(Invalid) as refused:
        lend(
            world, device=spare, borrower_name=" ", condition_out="", due_on=date(2024, 3, 1), borrower_unit=other.unit
        )
    assert set(refused.value.fields) == {"borrower_name", "condition_out", "due_on", "borrower_unit"}
    for wrong in ({}, {"device": spare, "part": make_part(world, stock=1)}, {"device": other.device}):
        with pytest.raises(Invalid):
            lend(world, **wrong)
    assert not Loan.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_who_lend_one_spare_at_once_are_told_who_has_it() -> None:
    world = make_world()
    spare = make_spare(world)
    gate = Barrier(20)

    def attempt(number: int) -> str:
        mine = Device.objects.get(pk=spare.pk)
        gate.wait()
        try:
            return lend(world, device=mine, borrower_name=f"借用人{number:02d}").borrower_name
        except Conflict as refused:
            return refused.message
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        outcome = list(pool.map(attempt, range(20)))
    loan = Loan.objects.get()
    assert outcome.count(loan.borrower_name) == 1
    assert sum(loan.code in message and loan.borrower_name in message for message in outcome) == 19
    assert LoanMove.objects.count() == 1


# Signatures -------------------------------------------------------------------------------------------------------------


def test_four_signatures_each_by_its_own_side(world: World) -> None:
    loan = lend(world, device=make_spare(world))
    assert Message.objects.filter(url__contains=f"/sign/loan/{loan.pk}/borrow/").exists()
    for purpose, wrong in (
        ("lend", world.clerk),
        ("lend", world.engineer2),
        ("borrow", world.engineer),
        ("borrow", world.other_clerk),
    ):
        with pytest.raises(NotAllowed):
            sign(loan, purpose, wrong)
    with pytest.raises(NotAllowed):
        sign(loan, "give_back", world.clerk)
    sign(loan, "lend", world.engineer)
    assert list(unsigned(Loan.objects.all())) == [loan]
    sign(loan, "borrow", world.clerk)
    assert not unsigned(Loan.objects.all())
    back(world, loan)
    sign(loan, "give_back", world.supervisor)
    signed = sign(loan, "take_back", world.manager)
    assert not unsigned(Loan.objects.all())
    assert "归还结果：完好齐全" in signed.canonical_text
    assert Signature.objects.filter(subject_type="loan").count() == 4
    assert AuditEntry.objects.filter(subject_type="loan", verb="sign").count() == 4


def test_extending_asks_for_new_signatures_and_keeps_the_old_ones(world: World) -> None:
    loan = lend(world, device=make_spare(world))
    first = sign(loan, "borrow", world.clerk)
    loan.refresh_from_db()
    given: dict[str, Any] = {"loan": loan, "reason": "维修延期", "actor": world.engineer, "at": LATER}
    with pytest.raises(Invalid):
        loan_extend(due_on=DUE, version_seen=loan.version, **given)
    with pytest.raises(Conflict):
        loan_extend(due_on=DUE + timedelta(days=3), version_seen=loan.version - 1, **given)
    loan_extend(due_on=DUE + timedelta(days=3), version_seen=loan.version, **given)
    assert (loan.content_version, loan.borrow_signed_at) == (2, None)
    second = sign(loan, "borrow", world.clerk)
    assert (first.version, second.version) == (1, 2)
    assert "应还日期：2024-03-25" in Signature.objects.get(pk=first.pk).canonical_text
    assert "应还日期：2024-03-28" in second.canonical_text


def test_every_signed_field_is_in_the_text_and_renaming_changes_nothing(world: World) -> None:
    spare = make_spare(world)
    loan = lend(world, device=spare, stands_in_for=world.device, place=world.place)
    back(world, loan)
    loan = Loan.objects.get(pk=loan.pk)
    texts = {"out": canonical_loans.borrow_text, "back": canonical_loans.take_back_text}
    named = {
        "lender": "lender",
        "borrower_unit": "unit",
        "device": "thing",
        "place": "place",
        "stands_in_for": "faulty",
        "taker": "taker",
    }
    for part, fields in canonical_loans.SIGNED_FIELDS.items():
        for field in fields:
            before = texts[part](loan)
            row = Loan.objects.get(pk=loan.pk)
            if field in named:
                row.frozen_names = row.frozen_names | {named[field]: "另一个名称"}
            else:
                old = getattr(row, field)
                other = (
                    "incomplete" if field == "outcome" else "13800009999" if field == "borrower_phone" else "另一个值"
                )
                new = old + 1 if isinstance(old, int) else old + timedelta(days=1) if hasattr(old, "year") else other
                setattr(row, field, new)
            assert texts[part](row) != before, field
    before = texts["back"](loan)
    Device.objects.filter(pk=spare.pk).update(name="改了名")
    type(world.unit).objects.filter(pk=world.unit.pk).update(name="改了名的单位")
    assert texts["back"](Loan.objects.select_related("device", "borrower_unit").get(pk=loan.pk)) == before


def test_slip_prints_codes_that_anybody_can_check_and_says_what_was_signed_on_paper(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []

    def kept(html: str) -> bytes:
        printed.append(html)
        return b"%PDF"

    monkeypatch.setattr("devices.views.loans.pdf_render", kept)
    loan = lend(world, device=make_spare(world))
    mine, address = as_(world.engineer), f"/devices/loans/{loan.code}/"
    code = shown_code(sign(loan, "lend", world.engineer).verify_code)
    assert mine.get(f"{address}slip/").status_code == 200
    assert code in printed[-1] and "扫码后上传照片" in printed[-1]
    assert printed[-1].count("<svg") == 2, "a code to check one block, one to upload the borrower's"
    page = Client().get(f"/v/{code}/").content.decode()
    assert 'data-state="valid"' in page and loan.code in page
    assert masked_name(world.engineer.name) in page and world.engineer.name not in page

    given: dict[str, Any] = {"subject": Loan.objects.get(pk=loan.pk), "purpose": "borrow", "version": 1, "at": LATER}
    sheet = paper_upload(
        signer_name="窗口人员01", signed_on=DUE, photos=prepare_images([upload(picture())]), actor=world.engineer,
        **given | {"at": LATER + timedelta(days=7)},
    )  # fmt: skip
    told = Message.objects.get(title__contains="was signed on paper")
    assert set(told.deliveries.values_list("recipient__username", flat=True)) == {
        world.manager.username, world.supervisor.username,
    }  # fmt: skip
    assert f"/sign-papers/{sheet.pk}/" in mine.get(address).content.decode()
    signed = paper_confirm(sheet=sheet, actor=world.manager, at=LATER + timedelta(days=8))
    assert mine.get(f"{address}slip/").status_code == 200
    assert shown_code(signed.verify_code) in printed[-1] and "2024-03-25" in printed[-1]
    assert f'/sign-papers/{sheet.pk}/">签于纸质单据' in printed[-1]
    assert printed[-1].count("<img") == 1, "no empty picture for what was signed on paper"
    loan.refresh_from_db()
    loan_extend(
        loan=loan, due_on=DUE + timedelta(days=9), reason="维修延期", version_seen=loan.version, actor=world.engineer,
        at=LATER + timedelta(days=8),
    )  # fmt: skip
    page = mine.get(address).content.decode()
    assert f"/sign-papers/{sheet.pk}/" in page and f"/signatures/{signed.pk}/image.png" not in page


# A spare for a failed device --------------------------------------------------------------------------------------------


def test_spare_out_and_faulty_in_is_one_act_and_taken_back_as_one(world: World) -> None:
    near, far = make_spare(world, "WS-902", place=world.place), make_spare(world, "WS-901")
    Device.objects.filter(pk=world.device.pk).update(plan_x=0.5, plan_y=0.6)
    world.device.refresh_from_db()
    assert spare_offer(world.device) == [near, far]
    stood, kept = where(world.device), where(far)
    loan = swapped(world, far)
    assert where(far) == ("in_use", *stood[1:])
    assert where(world.device) == ("under_repair", kept[1], None, None, None, None)
    assert loan.stands_in_for == world.device
    assert list(open_loans_of(world.device)) == [loan]
    assert {row.batch for row in LoanMove.objects.all()} == {loan.batch}
    entries = AuditEntry.objects.filter(subject_type="device", batch=loan.batch)
    assert set(entries.values_list("subject_id", flat=True)) == {far.pk, world.device.pk}
    with pytest.raises(Conflict):
        swapped(world, near)
    back(world, loan, repaired=True)
    assert where(far) == kept
    assert where(world.device) == ("in_use", *stood[1:])
    again = swapped(world, near)
    back(world, again)
    assert where(world.device)[0] == "under_repair"


def test_a_swap_that_fails_in_the_middle_leaves_everything_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = make_spare(world)
    before = where(spare), where(world.device), AuditEntry.objects.count()
    real = loan_devices.device_put

    def breaks(device: Device, **given: Any) -> None:
        real(device, **given)
        if device.pk == world.device.pk:
            raise Conflict("somebody was quicker")

    monkeypatch.setattr(loan_devices, "device_put", breaks)
    with pytest.raises(Conflict):
        swapped(world, spare)
    assert (where(spare), where(world.device), AuditEntry.objects.count()) == before
    assert not Loan.objects.exists()
    monkeypatch.setattr(loan_devices, "device_put", real)
    with pytest.raises(Invalid):
        swapped(world, world.device)
    with pytest.raises(Invalid):
        swapped(world, spare, reason=" ")


def test_without_a_spare_the_reason_is_recorded(world: World) -> None:
    assert spare_offer(world.device) == []
    given: dict[str, Any] = {"device": world.device, "contract": world.contract, "actor": world.engineer, "at": LATER}
    with pytest.raises(Invalid):
        spare_refuse(why="none_left", note=" ", **given)
    row = spare_refuse(why="none_left", note="两台均已借出", **given)
    assert SpareRefusal.objects.get() == row
    page = as_(world.supervisor).get(f"/devices/{world.device.code}/loans/").content.decode()
    assert "两台均已借出" in page


# Due, seen, shown -------------------------------------------------------------------------------------------------------


def test_what_is_late_is_due_and_said_on_the_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    loan = lend(world, device=make_spare(world))
    assert list(loans_due(world.contract, DUE - timedelta(days=4))) == []
    (soon,) = loans_due(world.contract, DUE - timedelta(days=3))
    assert soon.url == f"/devices/loans/{loan.code}/"
    monkeypatch.setattr(clock, "now", lambda: MORNING + timedelta(days=10))
    client = as_(world.supervisor)
    assert "callout-danger" in client.get("/devices/loans/").content.decode()
    assert loan.code in client.get("/devices/loans/?show=late").content.decode()
    assert "callout-danger" in client.get(f"/devices/loans/{loan.code}/").content.decode()


def test_clerks_see_the_loans_of_their_own_unit_and_drafts_never(world: World) -> None:
    loan = lend(world, device=make_spare(world))
    drafted = lend(world, device=make_spare(world, "WS-901"), hand_out=False)
    other = make_world("b")
    assert list(loans_visible_to(world.clerk)) == [loan]
    assert set(loans_visible_to(world.leader)) == {loan, drafted}
    for stranger in (world.other_clerk, other.engineer, other.clerk, world.admin):
        assert not loans_visible_to(stranger)
    assert as_(world.clerk).get(f"/devices/loans/{loan.code}/").status_code == 200
    assert as_(world.other_clerk).get(f"/devices/loans/{loan.code}/").status_code == 404
    assert as_(world.clerk).get("/devices/loans/").status_code == 403


def test_a_loan_is_written_signed_and_ended_through_the_pages(world: World) -> None:
    spare = make_spare(world)
    client = as_(world.engineer)
    body = {
        "device": spare.code, "borrower_name": "窗口人员01", "borrower_unit": world.unit.pk, "purpose": "临时使用",
        "due_on": "2024-03-25", "condition_out": "完好", "hand_out": "on",
    }  # fmt: skip
    refused = client.post("/devices/loans/add/", body | {"device": "NIX"})
    assert refused.status_code == 422
    assert "临时使用" in refused.content.decode()
    answer = client.post("/devices/loans/add/", body | {"photos": upload(picture())})
    loan = Loan.objects.get()
    assert answer["Location"] == f"/devices/loans/{loan.code}/"
    page = client.get(answer["Location"]).content.decode()
    assert f"/sign/loan/{loan.pk}/lend/" in page
    assert f"/sign/loan/{loan.pk}/borrow/link/" in page
    document = document_of(loan, "lend")
    signing = handwriting() | {"version_seen": document.version, "sha256_seen": document.sha256}
    assert client.post(f"/sign/loan/{loan.pk}/lend/", signing).status_code == 302
    assert client.post("/devices/loans/add/", body).status_code == 409
    assert (
        client.post(
            f"/devices/loans/{loan.code}/return/", {"outcome": "damaged", "condition_back": "外壳裂"}
        ).status_code
        == 422
    )
    ended = client.post(f"/devices/loans/{loan.code}/return/", {"outcome": "complete", "condition_back": "完好"})
    assert ended.status_code == 302
    assert "callout-danger" not in client.get(ended["Location"]).content.decode()
    rows = b"".join(client.post("/devices/loans/export/", {"format": "csv"}).streaming_content)  # type: ignore[attr-defined]
    assert loan.code in rows.decode()


def test_the_swap_page_offers_the_nearest_and_the_lists_cost_the_same(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        lend(world, device=make_spare(world, f"WS-91{number}"))
    near = make_spare(world, "WS-950")
    client = as_(world.engineer)
    page = client.get(f"/devices/{world.device.code}/swap/").content.decode()
    assert f'value="{near.pk}"' in page
    body = {
        "spare": near.pk, "reason": "不开机", "status": "faulty", "borrower_name": "窗口人员01", "borrower_unit": world.unit.pk,
        "due_on": "2024-03-25", "condition_out": "完好",
    }  # fmt: skip
    assert client.post(f"/devices/{world.device.code}/swap/", body).status_code == 302
    assert where(world.device)[:2] == ("faulty", world.place.pk)
    with django_assert_max_num_queries(12):
        assert client.get("/devices/loans/").content.decode().count("cell-title") == 7
    with django_assert_max_num_queries(14):
        client.get(f"/devices/{near.code}/loans/")
