"""One's own account: contact, language, password, PIN, and the contract one works in."""

from datetime import date

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.test import Client

from core.errors import Invalid
from parties.models import Membership, User
from parties.services.account import pin_set
from parties.views.account import no_contract
from tests.make import PASSWORD, SIGNED, make_contract, make_user, make_world

pytestmark = pytest.mark.django_db
AuditEntry = apps.get_model("records", "AuditEntry")
NEW = "another-quiet-hall-2025"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def client(world):
    client = Client()
    client.force_login(world.engineer)
    return client


def stored(user):
    return User.objects.get(pk=user.pk)


# Profile --------------------------------------------------------------------------------------------------------------


def test_the_profile_shows_who_i_am_and_where_i_work(world, client):
    page = client.get("/account/").content.decode()
    for text in ("工程师甲", "engineer", world.contract.code, world.contract.hall.name):
        assert text in page


def test_the_profile_saves_contact_language_and_sound_and_nothing_else(world, client):
    data = {
        "phone": "13800000001",
        "language": "en",
        "name": "别人",
        "username": "root",
        "is_superuser": "on",
        "pin_hash": "x",
    }
    response = client.post("/account/", data)
    assert (response.status_code, response.url) == (302, "/account/")
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    user = stored(world.engineer)
    assert (user.phone, user.language, user.sound_on) == ("13800000001", "en", False)
    assert (user.name, user.username, user.is_superuser, user.pin_hash) == ("工程师甲", "engineer", False, "")
    entry = AuditEntry.objects.get(verb="profile_change")
    assert (entry.actor, entry.before["language"], entry.after["language"]) == (world.engineer, "zh-hans", "en")
    assert "My account" in client.get("/account/").content.decode()


@pytest.mark.parametrize(
    "data",
    [{"phone": "call me", "language": "en"}, {"phone": "", "language": "fr"}, {"phone": "1" * 40, "language": "en"}],
)
def test_a_wrong_profile_changes_nothing(world, client, data):
    assert client.post("/account/", data).status_code == 422
    assert stored(world.engineer).language == "zh-hans"
    assert not AuditEntry.objects.filter(verb="profile_change").exists()


# Language -------------------------------------------------------------------------------------------------------------


def test_the_language_is_kept_in_browser_and_account(world, client):
    response = client.post("/language/", {"language": "en", "next": "/account/"})
    assert (response.url, response.cookies[settings.LANGUAGE_COOKIE_NAME].value) == ("/account/", "en")
    assert stored(world.engineer).language == "en"
    assert client.get("/account/").headers["Content-Language"] == "en"


def test_the_language_changes_without_an_account_too():
    client = Client()
    assert client.get("/login/").headers["Content-Language"] == "zh-hans"
    client.post("/language/", {"language": "en", "next": "/login/"})
    assert client.get("/login/").headers["Content-Language"] == "en"
    assert client.post("/language/", {"language": "fr"}).status_code == 422
    assert client.post("/language/").status_code == 422


def test_in_hand_over_mode_the_owners_account_keeps_its_language(world, client):
    session = client.session
    session["handover"] = {"subject_type": "ticket", "subject_id": 1, "purpose": "completion"}
    session.save()
    response = client.post("/language/", {"language": "en"})
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert stored(world.engineer).language == "zh-hans"


# Password -------------------------------------------------------------------------------------------------------------


def change(client, current=PASSWORD, new=NEW, again=None):
    data = {"current_password": current, "new_password1": new, "new_password2": new if again is None else again}
    return client.post("/account/password/", data)


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(world, client):
    other = Client()
    other.force_login(world.engineer)
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert change(client).status_code == 302
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    user = stored(world.engineer)
    assert user.check_password(NEW)
    entry = AuditEntry.objects.get(verb="password_change")
    assert (entry.actor, entry.subject_id) == (user, user.pk)
    assert NEW not in str(vars(entry))


@pytest.mark.parametrize(
    ("current", "new", "again", "field"),
    [
        ("not-the-password", NEW, None, "current_password"),
        (PASSWORD, NEW, NEW + "x", "new_password2"),
        (PASSWORD, "short", None, "new_password1"),
        (PASSWORD, "password1234", None, "new_password1"),
        (PASSWORD, PASSWORD, None, "new_password1"),
        (PASSWORD, "x" * 129, None, "new_password1"),
        ("", NEW, None, "current_password"),
    ],
)
def test_a_refused_password_names_its_field_and_changes_nothing(world, client, current, new, again, field):
    response = change(client, current, new, again)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert stored(world.engineer).check_password(PASSWORD)


def test_a_password_may_have_128_characters_and_keeps_them_all(world, client):
    long = "长" * 60 + "x y" * 22 + "zz"
    assert len(long) == 128
    assert change(client, new=long).status_code == 302
    user = stored(world.engineer)
    assert user.check_password(long)
    assert not user.check_password(long[:-1])


def test_guessing_the_current_password_locks(world, client):
    for _attempt in range(4):
        assert change(client, current="a-wrong-guess-here").status_code == 422
    assert change(client, current="a-wrong-guess-here").status_code == 429
    assert change(client).status_code == 429


def test_an_initial_password_must_be_changed_first(world):
    User.objects.filter(pk=world.engineer.pk).update(must_change_password=True)
    client = Client()
    response = client.post("/login/", {"username": "engineer", "password": PASSWORD})
    assert response.headers["Location"] == "/account/password/"
    for path in ("/", "/account/", "/account/pin/", "/styleguide/"):
        assert client.get(path).headers["Location"] == "/account/password/"
    switched = client.post("/account/contract/", {"contract": world.contract.pk})
    assert switched.headers["Location"] == "/account/password/"
    assert client.get("/account/", headers={"Accept": "application/json"}).status_code == 403
    assert client.post("/language/", {"language": "en", "next": "/account/password/"}).status_code == 302
    page = client.get("/account/password/")
    assert (page.status_code, page.context["forced"]) == (200, True)
    assert change(client).status_code == 302
    assert client.get("/account/").status_code == 200
    assert not stored(world.engineer).must_change_password


# PIN ------------------------------------------------------------------------------------------------------------------


def set_pin(client, pin, again=None, password=PASSWORD):
    data = {"current_password": password, "pin": pin, "pin_again": pin if again is None else again}
    return client.post("/account/pin/", data)


def test_a_pin_is_stored_as_a_hash_and_entered(world, client):
    assert set_pin(client, "4711").status_code == 302
    user = stored(world.engineer)
    assert "4711" not in user.pin_hash
    assert (check_password("4711", user.pin_hash), check_password("4712", user.pin_hash)) == (True, False)
    assert set_pin(client, "90217345").status_code == 302
    assert check_password("90217345", stored(user).pin_hash)
    assert list(AuditEntry.objects.filter(verb__startswith="pin_").order_by("id").values_list("verb", flat=True)) == [
        "pin_set",
        "pin_change",
    ]


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "1234", "9876", "0000", "１２８４"])
def test_a_weak_pin_is_refused(world, client, pin):
    assert set_pin(client, pin).status_code == 422
    assert stored(world.engineer).pin_hash == ""


def test_a_pin_needs_the_password_and_the_same_digits_twice(world, client):
    assert set_pin(client, "4711", password="wrong-password-here").status_code == 422
    assert set_pin(client, "4711", again="4712").status_code == 422
    assert stored(world.engineer).pin_hash == ""
    with pytest.raises(Invalid):
        pin_set(user=world.engineer, pin="4711 ", at=SIGNED)


@pytest.mark.parametrize(("role", "status"), [("manager", 200), ("clerk", 403), ("supervisor", 403), ("admin", 403)])
def test_only_who_may_hand_over_has_a_pin(world, role, status):
    client = Client()
    client.force_login(getattr(world, role))
    assert client.get("/account/pin/").status_code == status


# Contracts ------------------------------------------------------------------------------------------------------------


def test_one_switches_between_ones_own_contracts_only(world, client):
    other = make_world("b")
    renewal = make_contract("T-1-续", number_tag="", renews=world.contract, starts_on=other.contract.starts_on)
    Membership.objects.create(user=world.engineer, contract=renewal, role="manager")
    response = client.post("/account/contract/", {"contract": renewal.pk})
    assert (response.status_code, response.url) == (302, "/")
    assert client.get("/account/").wsgi_request.contract == renewal
    for wrong in (other.contract.pk, 10**9, "", "x", "1 OR 1=1"):
        assert client.post("/account/contract/", {"contract": wrong}).status_code == 404
    assert client.get("/account/").wsgi_request.contract == renewal
    assert client.get("/account/").wsgi_request.role == "manager"


def test_without_a_choice_it_is_the_contract_in_force_today(world, client):
    future = make_contract("T-2", renews=world.contract, starts_on=date(2090, 1, 1), ends_on=date(2090, 12, 31))
    Membership.objects.create(user=world.engineer, contract=future, role="engineer")
    assert client.get("/account/").wsgi_request.contract == world.contract


def test_a_membership_that_ended_opens_nothing(world, client):
    Membership.objects.filter(user=world.engineer).update(valid_to=date(2024, 3, 17))
    page = client.get("/account/")
    assert (page.status_code, page.wsgi_request.contract, page.wsgi_request.role) == (200, None, None)
    assert client.post("/account/contract/", {"contract": world.contract.pk}).status_code == 404


def test_an_account_without_a_contract_is_told_so():
    client = Client()
    client.force_login(make_user("alone"))
    response = no_contract(client.get("/account/").wsgi_request)
    assert response.status_code == 403
    assert "某人" in response.content.decode()
    assert client.get("/account/pin/").status_code == 403
