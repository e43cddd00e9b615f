"""Hand-over: a phone in the client's hands opens the signing page and nothing else, until the engineer's PIN."""

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse

from core import clock
from core.errors import Invalid, NotAllowed
from parties.models import Membership, User
from records.models import AuditEntry, Signature
from records.services.documents import document_of
from records.services.handover import MAX_PIN_TRIES, PinMissing, PinRefused, handover_end, handover_start
from records.tests.make import AT, give
from records.tests.test_sign import address, logged_in, sent
from tests.make import make_world
from tests.test_access import ROUTES, path_of

PIN = "4711"
PAGE, UNLOCK = "/sign/handover/", "/sign/handover/unlock/"


@pytest.fixture
def engineer(world) -> User:
    user: User = world.engineer
    user.pin_hash = make_password(PIN)
    user.save()
    return user


@pytest.fixture
def phone(engineer, sheet) -> Client:
    """The engineer's phone, handed over."""
    client = logged_in(engineer)
    response = client.post(address(sheet, "records:handover"), {"signer_name": "王五", "signer_unit": "社保局"})
    assert response["Location"] == PAGE
    return client


def test_handed_over_phone_shows_the_full_text_and_names_the_signer(phone, sheet):
    page = phone.get(PAGE).content.decode()
    document = document_of(sheet, "completion")
    assert document.text in page and document.sha256 in page and "王五" in page
    assert "rail-list" not in page, "no menu"
    assert " checked" not in page


def test_every_route_is_locked(phone, sheet):
    open_routes = {"records:handover_page", "records:handover_unlock", "set_language"}
    assert open_routes <= {route.name for route in ROUTES}
    for route in ROUTES:
        if route.name in open_routes:
            continue
        for method in ("GET", "POST"):
            response = phone.generic(method, path_of(route))
            assert (response.status_code, response.headers.get("Location")) == (302, PAGE), f"{method} {route.name}"
    assert phone.get("/nowhere/").headers["Location"] == PAGE
    assert phone.get(address(sheet)).headers["Location"] == PAGE


def test_polls_are_told_to_stop(phone):
    for headers in ({"HX-Request": "true"}, {"Accept": "application/json"}):
        response = phone.get("/notifications/live/", headers=headers)
        assert (response.status_code, response.headers["HX-Redirect"]) == (401, PAGE)


def test_static_files_stay_open(phone):
    assert phone.get("/static/css/tokens.css").status_code in (200, 404)


def test_client_signs_and_the_phone_stays_locked(phone, sheet, engineer):
    assert phone.post(PAGE, sent(sheet, rating="5"))["Location"] == PAGE
    signature = Signature.objects.get()
    assert (signature.way, signature.witness, signature.signer) == ("handover", engineer, None)
    assert (signature.signer_name, signature.signer_unit) == ("王五", "社保局")
    sheet.refresh_from_db()
    assert sheet.title == "1|completion:5:"
    assert phone.post(PAGE, sent(sheet))["Location"] == PAGE, "the same again is no error"
    assert Signature.objects.count() == 1
    page = phone.get(PAGE).content.decode()
    assert signature.canonical_sha256 in page
    assert phone.get("/").headers["Location"] == PAGE


def test_pin_unlocks(phone, sheet):
    assert phone.get(UNLOCK).status_code == 200
    assert phone.post(UNLOCK, {"pin": PIN})["Location"] == f"/?sheet={sheet.pk}"
    assert "handover" not in phone.session
    assert phone.get(address(sheet)).status_code == 200
    assert phone.get(PAGE)["Location"] == phone.get(UNLOCK)["Location"] == "/"
    verbs = list(AuditEntry.objects.filter(verb__startswith="handover").values_list("verb", flat=True))
    assert verbs == ["handover_start", "handover_end"]


def test_five_wrong_pins_end_the_session(phone):
    for left in range(MAX_PIN_TRIES - 1, 0, -1):
        response = phone.post(UNLOCK, {"pin": "0000"})
        assert response.status_code == 422 and str(left) in response.content.decode()
        assert phone.get("/").headers["Location"] == PAGE
    assert phone.post(UNLOCK, {"pin": "0000"})["Location"] == "/login/"
    assert "_auth_user_id" not in phone.session and "handover" not in phone.session
    assert phone.get(PAGE).headers["Location"].startswith("/login/")
    assert AuditEntry.objects.filter(verb="handover_pin_wrong").count() == MAX_PIN_TRIES


@pytest.mark.parametrize("pin", ["", " ", "4" * 13, "四七一一"])
def test_senseless_pin_is_refused(phone, pin):
    assert phone.post(UNLOCK, {"pin": pin}).status_code == 422
    assert "handover" in phone.session


def test_right_pin_comes_too_late_after_five_wrong_ones(engineer, sheet):
    arguments = {"subject": sheet, "purpose": "completion", "actor": engineer, "at": AT}
    for _number in range(MAX_PIN_TRIES - 1):
        with pytest.raises(Invalid):
            handover_end(pin="0000", **arguments)
    for pin in ("0000", PIN):
        with pytest.raises(PinRefused):
            handover_end(pin=pin, **arguments)
    handover_start(signer_name="王五", **arguments)
    handover_end(pin=PIN, **arguments)


def test_without_a_pin_there_is_no_hand_over(world, sheet):
    client = logged_in(world.engineer)
    response = client.post(address(sheet, "records:handover"), {"signer_name": "王五"})
    assert response.status_code == 409
    assert "handover" not in client.session
    with pytest.raises(PinMissing):
        handover_start(subject=sheet, purpose="completion", signer_name="王五", actor=world.engineer, at=AT)


def test_hand_over_needs_a_name_and_permission(world, sheet, engineer):
    client = logged_in(engineer)
    assert client.post(address(sheet, "records:handover"), {"signer_name": ""}).status_code == 422
    assert "handover" not in client.session
    assert logged_in(world.clerk).post(address(sheet, "records:handover"), {"signer_name": "x"}).status_code == 403
    stranger = make_world("b").engineer
    assert logged_in(stranger).get(address(sheet, "records:handover")).status_code == 404
    with pytest.raises(NotAllowed):
        handover_start(subject=sheet, purpose="completion", signer_name="x", actor=world.clerk, at=AT)


def test_record_changed_while_the_phone_was_away_is_shown_anew(phone, sheet):
    form = sent(sheet)
    Membership.objects.filter(pk=sheet.pk).update(title="2")
    response = phone.post(PAGE, form)
    sheet.refresh_from_db()
    assert response.status_code == 409
    assert document_of(sheet, "completion").sha256 in response.content.decode()
    assert not Signature.objects.exists()


def test_refusal_on_a_handed_over_phone_shows_no_menu(phone, sheet, engineer):
    Membership.objects.filter(user=engineer).update(role="auditor")
    assert phone.get("/").headers["Location"] == PAGE
    Membership.objects.filter(user=engineer).update(role="engineer")
    Membership.objects.filter(pk=sheet.pk).update(contract=make_world("b").contract)
    response = phone.get(PAGE)
    assert response.status_code == 404
    assert "rail-list" not in response.content.decode() and UNLOCK in response.content.decode()


def test_empty_pad_is_refused_and_the_phone_stays_locked(phone, sheet):
    assert phone.post(PAGE, sent(sheet, image="", strokes="")).status_code == 422
    assert phone.get("/").headers["Location"] == PAGE


def test_version_signed_elsewhere_meanwhile_is_told(phone, sheet):
    give(sheet, at=clock.now())
    assert phone.post(PAGE, sent(sheet)).status_code == 409
    assert Signature.objects.count() == 1


def test_language_can_be_changed_while_locked(phone):
    assert phone.post(reverse("set_language"), {"language": "en", "next": PAGE}).headers.get("Location") != "/login/"
    assert "handover" in phone.session
