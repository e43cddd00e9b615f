"""One signature per record, purpose and version, with the proof of how it came to be."""

import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from PIL import Image

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from parties.models import Membership
from records.models import AuditEntry, Signature
from records.querysets import signatures_of
from records.services.documents import document_of
from records.services.drawing import drawing_of, drawn
from records.services.signatures import CHANGED
from records.tests.make import AT, KEY, data_url, give, handwriting, sheet_of, sheets_registered, strokes
from tests.make import make_world


def address(sheet: Membership, name: str = "records:sign") -> str:
    return reverse(name, args=[KEY, sheet.pk, "completion"])


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sent(sheet: Membership, **changes: str) -> dict[str, str]:
    document = document_of(sheet, "completion")
    return {"version_seen": str(document.version), "sha256_seen": document.sha256, **handwriting(), **changes}


def test_signature_keeps_everything_that_proves_it(world, sheet):
    text = document_of(sheet, "completion").text
    signature = give(sheet, rating=5, comment="很快")
    signature = Signature.objects.get(pk=signature.pk)
    assert (signature.way, signature.signer, signature.witness, signature.link) == ("account", world.clerk, None, None)
    assert (signature.signer_name, signature.signer_unit) == ("窗口人员01", world.unit.name)
    assert signature.canonical_text == text
    assert signature.canonical_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert signature.signed_at == AT and signature.recorded_at > AT
    with Image.open(io.BytesIO(bytes(signature.image_png))) as image:
        assert (image.format, image.mode) == ("PNG", "L")
    assert signature.strokes == strokes()
    sheet.refresh_from_db()
    assert sheet.title == "1|completion:5:很快", "the subject was told, with rating and comment"
    entry = AuditEntry.objects.get(verb="signature_give")
    assert (entry.actor, entry.subject_id, entry.after["sha256"]) == (
        world.clerk,
        sheet.pk,
        signature.canonical_sha256,
    )


def test_same_signature_again_is_the_first_one(sheet):
    first = give(sheet)
    assert give(sheet) == first
    assert Signature.objects.count() == 1
    assert AuditEntry.objects.filter(verb="signature_give").count() == 1


def test_somebody_else_is_told_who_was_quicker(world, sheet):
    give(sheet)
    with pytest.raises(Conflict) as refused:
        give(sheet, signer=world.supervisor)
    assert "窗口人员01" in refused.value.message and "2026-03-18 09:30" in refused.value.message


def test_changed_record_has_to_be_read_again(sheet):
    seen = document_of(sheet, "completion")
    Membership.objects.filter(pk=sheet.pk).update(title="2")
    with pytest.raises(Conflict) as refused:
        give(sheet, version_seen=seen.version, sha256_seen=seen.sha256)
    assert refused.value.code == CHANGED
    Membership.objects.filter(pk=sheet.pk).update(title="1|geändert")
    with pytest.raises(Conflict):
        give(sheet, version_seen=seen.version, sha256_seen=seen.sha256)
    assert not Signature.objects.exists()


def test_new_version_is_signed_anew_and_the_old_one_stays(sheet):
    first = give(sheet)
    Membership.objects.filter(pk=sheet.pk).update(title="2")
    sheet.refresh_from_db()
    second = give(sheet)
    assert [row.pk for row in signatures_of(sheet)] == [first.pk, second.pk]
    assert "版本：1" in first.canonical_text and "版本：2" in second.canonical_text


def test_record_that_moves_while_it_is_signed_is_not_signed(sheet, monkeypatch):
    from core import subjects
    from records.tests import make

    def moves_on(obj, **_kwargs):
        Membership.objects.filter(pk=obj.pk).update(title="2")

    object.__setattr__(make.SHEET, "on_signed", moves_on)
    try:
        with pytest.raises(Conflict):
            give(sheet)
    finally:
        object.__setattr__(subjects.get(KEY), "on_signed", make._on_signed)
    assert not Signature.objects.exists()


def test_role_that_may_not_sign_is_refused(world, sheet):
    with pytest.raises(NotAllowed):
        give(sheet, signer=world.engineer)
    with pytest.raises(NotAllowed):
        give(sheet, signer=world.other_clerk)
    assert not Signature.objects.exists()


def test_person_of_another_contract_is_refused(sheet):
    other = make_world("b")
    with pytest.raises(NotAllowed):
        give(sheet, signer=other.supervisor)
    assert logged_in(other.supervisor).get(address(sheet)).status_code == 404


def test_handover_stores_witness_and_needs_a_member_of_staff(world, sheet):
    with pytest.raises(NotAllowed):
        give(sheet, way="handover", witness=world.supervisor, signer_name="王五")
    signature = give(sheet, way="handover", witness=world.engineer, signer_name="王五", signer_unit="社保")
    assert (signature.signer, signature.witness, signature.signer_name) == (None, world.engineer, "王五")
    assert AuditEntry.objects.get(verb="signature_give").actor_label == "王五"


def test_unknown_purpose_is_not_found(sheet):
    with pytest.raises(NotFound):
        document_of(sheet, "acceptance")


def png(size=(600, 220), color=255, mode="L") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, color).save(buffer, "PNG")
    return buffer.getvalue()


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (600, 220), 255).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "image",
    [
        "",
        "nonsense",
        "data:image/png;base64,%%%",
        "data:image/svg+xml;base64,PHN2Zy8+",
        data_url(b"\x89PNG\r\n\x1a\nbroken"),
        data_url(jpeg()),
        data_url(png()),
        data_url(png(color=0)),
        data_url(png(mode="RGBA", color=(0, 0, 0, 0))),
        data_url(png((5000, 100))),
        data_url(b"\x89PNG\r\n\x1a\n" + b"\0" * 301 * 1024),
    ],
    ids=["none", "text", "no base64", "svg", "broken", "jpeg", "blank", "black", "clear", "wide", "heavy"],
)
def test_picture_without_handwriting_is_refused(sheet, image):
    with pytest.raises(Invalid) as refused:
        give(sheet, image=image)
    assert "image" in refused.value.fields
    assert not Signature.objects.exists()


@pytest.mark.parametrize(
    "drawn_strokes",
    [
        [],
        "",
        "{",
        "null",
        [[[5, 5, 0]]],
        [[[100, 100, i] for i in range(200)]],
        [[[100 + i % 3, 100, i] for i in range(300)]],
        [[["a", 1, 2]] * 20],
        [[[float("nan"), 1, 2]] * 20],
        [[[1e9, 1, 2]] * 20],
        [[[1, 2, 3]] * 13_000],
        [[[1, 2, 3]]] * 400,
        [{"points": "x"}],
        {"strokes": []},
        "[" * 100_000,
    ],
    ids=lambda given: str(given)[:24],
)
def test_strokes_that_nobody_drew_are_refused(sheet, drawn_strokes):
    with pytest.raises(Invalid) as refused:
        give(sheet, strokes=drawn_strokes)
    assert "image" in refused.value.fields
    assert not Signature.objects.exists()


def test_fine_screens_picture_is_made_smaller():
    big = drawn([[[x * 5, y * 5, t] for x, y, t in stroke] for stroke in strokes()], width_px=3200, height_px=1200)
    with Image.open(io.BytesIO(drawing_of(big, strokes()).png)) as image:
        assert image.width <= 1600 and image.height <= 800


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_rating_outside_the_five_levels_is_refused(sheet, rating):
    with pytest.raises(Invalid) as refused:
        give(sheet, rating=rating)
    assert "rating" in refused.value.fields
    assert not Signature.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"way": "account", "signer": None},
        {"way": "link", "witness": None},
        {"way": "handover", "witness": None, "signer": None},
    ],
)
def test_database_refuses_a_signature_without_its_proof(sheet, changes):
    signature = give(sheet)
    signature.pk, signature.version = None, 99
    for name, value in changes.items():
        setattr(signature, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        signature.save(force_insert=True)


# --- the page ---------------------------------------------------------------------------------------------------------


def test_page_shows_the_full_text_and_presets_nothing(world, sheet):
    page = logged_in(world.clerk).get(address(sheet)).content.decode()
    document = document_of(sheet, "completion")
    assert document.text in page and document.sha256 in page
    assert " checked" not in page


def test_page_signs_and_a_second_post_is_harmless(world, sheet):
    client, form = logged_in(world.clerk), sent(sheet, rating="4", comment="可以更快")
    for _attempt in range(2):
        assert client.post(address(sheet), form)["Location"] == f"/?sheet={sheet.pk}"
    assert Signature.objects.count() == 1
    sheet.refresh_from_db()
    assert sheet.title == "1|completion:4:可以更快"
    assert "窗口人员01" in client.get(address(sheet)).content.decode()


def test_page_shows_the_new_text_when_the_record_was_changed(world, sheet):
    form = sent(sheet)
    Membership.objects.filter(pk=sheet.pk).update(title="2")
    response = logged_in(world.clerk).post(address(sheet), form)
    page = response.content.decode()
    assert response.status_code == 409
    sheet.refresh_from_db()
    assert document_of(sheet, "completion").sha256 in page and form["sha256_seen"] not in page
    assert not Signature.objects.exists()


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"image": ""}, 422),
        ({"strokes": "[]"}, 422),
        ({"version_seen": "x"}, 422),
        ({"sha256_seen": "0" * 64}, 409),
        ({"sha256_seen": "<b>"}, 422),
        ({"rating": "6"}, 422),
        ({"rating": "<script>"}, 422),
        ({"comment": "长" * 501}, 422),
    ],
)
def test_wrong_input_is_answered_and_changes_nothing(world, sheet, changes, status):
    response = logged_in(world.clerk).post(address(sheet), sent(sheet, **changes))
    assert response.status_code == status
    assert "form-errors" in response.content.decode() or "field-error" in response.content.decode()
    assert not Signature.objects.exists()


def test_post_without_permission_is_403(world, sheet):
    assert logged_in(world.engineer).post(address(sheet), sent(sheet)).status_code == 403
    assert logged_in(world.other_clerk).post(address(sheet), sent(sheet)).status_code == 404
    assert not Signature.objects.exists()


@pytest.mark.parametrize("name", ["none/1/completion", f"{KEY}/999999/completion", f"{KEY}/1/nonsense"])
def test_unknown_address_is_404(world, sheet, name):
    assert logged_in(world.clerk).get(f"/sign/{name}/").status_code == 404


def test_message_speaks_the_pages_language(world, sheet):
    with translation.override("en"), pytest.raises(Invalid) as refused:
        give(sheet, image="")
    assert refused.value.message == "Please sign by hand first."


# --- at the same moment -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_posts_at_once_give_one_signature():
    with sheets_registered():
        world = make_world()
        sheet = sheet_of(world.clerk)
        form, url = sent(sheet), address(sheet)
        clients = [logged_in(world.clerk) for _ in range(50)]
        statuses = at_once(clients, lambda client: client.post(url, form).status_code)
        assert statuses == [302] * 50
        assert Signature.objects.count() == 1
        assert AuditEntry.objects.filter(verb="signature_give").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_give_one_signature_and_one_refusal():
    with sheets_registered():
        world = make_world()
        sheet = sheet_of(world.clerk)
        form, url = sent(sheet), address(sheet)
        clients = [logged_in(user) for user in (world.clerk, world.supervisor) for _ in range(10)]
        statuses = at_once(clients, lambda client: client.post(url, form).status_code)
        assert sorted(statuses) == [302] * 10 + [409] * 10
        assert Signature.objects.count() == 1


def at_once(items, act):
    """Do the same with every item in a thread of its own, all let go at the same moment; the results in order."""
    gate = Barrier(len(items))

    def run(item):
        gate.wait(timeout=60)
        try:
            return act(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(run, items, timeout=120))


def test_pads_own_form_of_strokes_is_understood():
    pad = json.loads(handwriting()["strokes"])
    assert drawing_of(data_url(), pad).strokes == strokes()
