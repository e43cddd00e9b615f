"""Signing in and out: one answer to every failure, a lock that counts, a fresh session, a safe way on."""

import re

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings
from django.test import Client

from parties.models import User
from tests.make import PASSWORD, make_user, make_world

pytestmark = pytest.mark.django_db
AuditEntry = apps.get_model("records", "AuditEntry")


@pytest.fixture
def world():
    return make_world()


def sign_in(client, username="engineer", password=PASSWORD, **data):
    return client.post("/login/", {"username": username, "password": password, **data})


def body_of(response):
    """The page without what differs in every answer: CSRF tokens, nonces, the server's time."""
    text = response.content.decode()
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"|nonce="[^"]+"', "", text)
    return re.sub(r'content="\d{13}"|value="[^"]*" (?=[^>]*name="username")|name="username"[^>]*', "", text)


def test_the_right_password_opens_the_home_page_with_a_fresh_session(world, client):
    client.get("/login/")
    client.cookies[settings.SESSION_COOKIE_NAME] = "planted-by-somebody-else"
    response = sign_in(client)
    assert (response.status_code, response.url) == (302, "/")
    first = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert first != "planted-by-somebody-else"
    entry = AuditEntry.objects.get(verb="login")
    assert (entry.actor, entry.subject_id, entry.visibility) == (world.engineer, world.engineer.pk, "internal")
    client.post("/logout/")
    sign_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != first


def test_unknown_wrong_and_disabled_get_one_answer(world):
    User.objects.filter(pk=world.engineer2.pk).update(is_active=False)
    answers = [
        sign_in(Client(), "nobody-at-all", PASSWORD),
        sign_in(Client(), "engineer", "wrong-password-here"),
        sign_in(Client(), "engineer2", PASSWORD),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert len({body_of(answer) for answer in answers}) == 1
    assert "账号或密码不正确" in answers[0].content.decode() or "not right" in answers[0].content.decode()
    assert settings.SESSION_COOKIE_NAME not in answers[2].cookies


def test_a_failed_attempt_is_in_the_history_but_a_mistyped_name_is_not(world, client):
    sign_in(client, "engineer", "wrong-password-here")
    sign_in(client, "my-secret-password", "engineer")
    known, unknown = AuditEntry.objects.filter(verb="login_failed").order_by("id")
    assert (known.subject_id, known.actor) == (world.engineer.pk, None)
    assert (unknown.subject_type, unknown.subject_id, unknown.after) == ("user", 0, {})


@pytest.mark.parametrize("name", ["engineer", "nobody-at-all"])
def test_five_failures_lock_the_pair_of_account_and_address(world, name):
    for _attempt in range(4):
        assert sign_in(Client(), name, "wrong-password-here").status_code == 422
    assert sign_in(Client(), name, "wrong-password-here").status_code == 429
    locked = sign_in(Client(), name, PASSWORD)
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) == 900
    assert "15" in locked.content.decode()
    assert sign_in(Client(), "clerk").status_code == 302
    assert (
        Client(REMOTE_ADDR="10.1.1.9").post("/login/", {"username": "engineer", "password": PASSWORD}).status_code
        == 302
    )


def test_the_lock_page_speaks_the_pages_language(world):
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    for _attempt in range(5):
        response = sign_in(client, "engineer", "wrong-password-here")
    assert response.status_code == 429
    assert "locked for 15 minutes" in response.content.decode()


def test_a_success_forgets_the_failures(world):
    for _attempt in range(4):
        sign_in(Client(), "engineer", "wrong-password-here")
    assert sign_in(Client()).status_code == 302
    assert not AccessAttempt.objects.filter(username="engineer").exists()


NEXT_AWAY = [
    "https://evil.example/",
    "http:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "http:///evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "//evil.example\\@127.0.0.1",
    "http://127.0.0.1@evil.example/",
    "evil.example",
    "//%65vil.example",
    "/\x00/evil.example",
    "https://testserver/",
]


@pytest.mark.parametrize("target", NEXT_AWAY)
def test_next_never_leads_away(world, target):
    response = sign_in(Client(), next=target)
    assert (response.status_code, response.url) == (302, "/")
    client = Client()
    client.force_login(world.engineer)
    shown = client.get("/login/", {"next": target})
    # A NUL in an address is refused before any page is asked.
    assert shown.status_code == 400 if "\x00" in target else shown.headers["Location"] == "/"
    assert client.post("/language/", {"language": "en", "next": target}).headers["Location"] == "/"


def test_next_leads_on_within_the_site(world, client):
    shown = client.get("/login/", {"next": "/tickets/?q=a&b=1"}).content.decode()
    assert 'value="/tickets/?q=a&amp;b=1"' in shown
    assert sign_in(client, next="/tickets/?q=a&b=1").url == "/tickets/?q=a&b=1"


def test_somebody_signed_in_is_led_on_at_once(world, client):
    client.force_login(world.engineer)
    assert client.get("/login/").url == "/"


def test_empty_fields_are_named(client):
    response = client.post("/login/", {})
    assert response.status_code == 422
    assert not AuditEntry.objects.exists()


def test_signing_out_ends_the_session_on_the_server(world, client):
    client.force_login(world.engineer)
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    response = client.post("/logout/")
    assert response.url == "/login/"
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert AuditEntry.objects.get(verb="logout").actor == world.engineer
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert thief.get("/account/").status_code == 302
    assert client.get("/logout/").status_code == 405


def test_a_disabled_account_is_out_at_its_next_request(world, client):
    client.force_login(world.engineer)
    assert client.get("/account/").status_code == 200
    User.objects.filter(pk=world.engineer.pk).update(is_active=False)
    assert client.get("/account/").status_code == 302


def test_signing_in_brings_the_accounts_language(world, client):
    User.objects.filter(pk=world.engineer.pk).update(language="en")
    response = sign_in(client)
    cookie = response.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("en", True, "Lax")


def test_the_login_page_shows_the_hotline(world, client):
    assert world.contract.hotline in client.get("/login/").content.decode()


def test_an_account_without_a_contract_can_sign_in(client):
    make_user("alone")
    assert sign_in(client, "alone").status_code == 302
    page = client.get("/account/")
    assert page.status_code == 200
