"""Open sessions are listed and ended: one's own by oneself, others' by the account's administrator."""

import pytest
from django.conf import settings
from django.test import Client

from core import clock
from core.errors import NotAllowed, NotFound
from parties.models import Session
from parties.services.sessions import open_sessions, session_end, sessions_end
from parties.tests.make import NEW, AuditEntry, body, logged_in, to
from tests.make import PASSWORD, make_world

pytestmark = pytest.mark.django_db
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@pytest.fixture
def world():
    return make_world()


def sign_in(agent=CHROME):
    client = Client(headers={"User-Agent": agent})
    client.post("/login/", {"username": "engineer", "password": PASSWORD})
    return client


def key_of(client):
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_my_sessions_say_when_where_and_with_what_and_never_their_key(world):
    phone = sign_in("Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0")
    desk = sign_in()
    page = body(desk.get("/account/sessions/"))
    assert "Chrome · Windows" in page
    assert "WeChat · Android" in page
    assert "127.0.0.1" in page
    assert key_of(phone) not in page and key_of(desk) not in page
    mine = open_sessions(world.engineer, at=clock.now(), current_key=key_of(desk))
    assert sorted(row.is_current for row in mine) == [False, True]


def test_one_session_or_all_others_are_ended_by_their_owner(world):
    desk, phone, tablet = sign_in(), sign_in(), sign_in()
    ref = next(row.ref for row in open_sessions(world.engineer, at=clock.now()) if not row.is_current)
    assert desk.post(f"/account/sessions/{ref}/end/").status_code == 302
    assert Session.objects.filter(user=world.engineer).count() == 2
    desk = desk if Session.objects.filter(session_key=key_of(desk)).exists() else sign_in()
    assert desk.post("/account/sessions/end/").status_code == 302
    assert list(Session.objects.filter(user=world.engineer).values_list("session_key", flat=True)) == [key_of(desk)]
    assert desk.get("/account/").status_code == 200
    assert [one.get("/account/").status_code for one in (phone, tablet) if one is not desk] == [302, 302]
    assert AuditEntry.objects.filter(verb="session_end").count() == 2


def test_an_ended_or_anothers_session_is_not_found(world):
    desk = sign_in()
    other = logged_in(world.manager)
    theirs = open_sessions(world.manager, at=clock.now())[0].ref
    assert desk.post(f"/account/sessions/{theirs}/end/").status_code == 404
    assert other.get("/account/").status_code == 200
    with pytest.raises(NotFound):
        session_end(user=world.engineer, ref="0" * 24, actor=world.engineer, at=clock.now())


def test_the_administrator_ends_a_persons_sessions(world):
    desk, phone = sign_in(), sign_in()
    admin = logged_in(world.admin)
    page = body(admin.get(to("detail", world.engineer.pk)))
    refs = [row.ref for row in open_sessions(world.engineer, at=clock.now())]
    assert all(ref in page for ref in refs)
    assert admin.post(to("session_end", world.engineer.pk, refs[0])).status_code == 302
    assert Session.objects.filter(user=world.engineer).count() == 1
    assert admin.post(to("sessions_end", world.engineer.pk)).status_code == 302
    assert [one.get("/account/").status_code for one in (desk, phone)] == [302, 302]
    assert admin.post(to("sessions_end", world.admin.pk)).status_code == 302
    assert admin.get("/account/").status_code == 200, "one's own present session stays"


def test_nobody_else_ends_them(world):
    sign_in()
    with pytest.raises(NotAllowed):
        sessions_end(user=world.engineer, actor=world.manager, at=clock.now())
    assert logged_in(world.engineer2).post(to("sessions_end", world.engineer.pk)).status_code == 403


def test_a_new_password_leaves_one_session(world):
    desk, phone = sign_in(), sign_in()
    data = {"current_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert desk.post("/account/password/", data).status_code == 302
    assert phone.get("/account/").status_code == 302
    assert len(open_sessions(type(world.engineer).objects.get(pk=world.engineer.pk), at=clock.now())) == 1
    assert desk.get("/account/sessions/").status_code == 200


def test_signing_out_leaves_no_row(world):
    desk = sign_in()
    desk.post("/logout/")
    assert not Session.objects.filter(user=world.engineer).exists()
