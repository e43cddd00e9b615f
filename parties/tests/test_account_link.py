"""One-time links of accounts: hashed, single use, short, dead after a newer one or a new password, and used by POST only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from core import clock
from core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from core.roles import ADMIN, ENGINEER
from parties.models import AccountLink, Session, User
from parties.services.account import password_change
from parties.services.contracts import membership_give
from parties.services.links import (
    account_link_issue,
    account_link_open,
    account_link_use,
    link_url,
    token_hash,
)
from parties.services.people import user_deactivate
from parties.tests.make import NEW, OPEN, PAGE, AuditEntry, body, issue, logged_in, opened, to, twice
from parties.views.account_links import COOKIE
from tests.make import PASSWORD, make_user, make_world

pytestmark = pytest.mark.django_db
AT = clock.now()


@pytest.fixture
def world():
    return make_world()


def test_only_a_hash_is_stored_and_the_address_hides_the_token(world):
    link, token = issue(world)
    assert len(token) >= 43, "256 bits"
    assert link.token_hash == token_hash(token) != token
    assert token not in repr(list(AccountLink.objects.values()))
    assert token not in repr(list(AuditEntry.objects.values("before", "after")))
    assert link_url(token) == f"{settings.SITE_URL}/account/link/#t={token}"


def test_a_reset_lives_an_hour_and_an_invitation_three_days(world):
    reset, _token = issue(world, at=AT)
    assert (reset.purpose, reset.expires_at) == ("reset", AT + timedelta(hours=1))
    User.objects.filter(pk=world.engineer2.pk).update(password="!nothing-usable")
    invite, _token = issue(world, world.engineer2, at=AT)
    assert (invite.purpose, invite.expires_at) == ("invite", AT + timedelta(hours=72))


def test_opening_uses_nothing_up_and_the_password_signs_in(world):
    _link, token = issue(world)
    for _ in range(3):
        client = opened(token)
        assert client.get(PAGE).status_code == 200
        assert client.head(PAGE).status_code == 200
    assert AccountLink.objects.get().used_at is None
    answer = client.post(PAGE, twice())
    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    assert COOKIE not in client.cookies or not client.cookies[COOKIE].value
    assert Client().post("/login/", {"username": "engineer", "password": NEW})["Location"] == "/"
    assert client.post("/login/", {"username": "engineer", "password": PASSWORD}).status_code == 422
    entry = AuditEntry.objects.get(verb="account_link_use")
    assert (entry.actor, entry.source, entry.visibility) == (world.engineer, "link", "internal")


def test_looking_at_the_landing_page_changes_nothing(world):
    issue(world)
    answer = Client().get("/account/link/")
    assert answer.status_code == 200
    assert 'id="signlink"' in body(answer)
    assert AccountLink.objects.get().used_at is None


def test_a_used_link_is_gone(world):
    _link, token = issue(world)
    client = opened(token)
    other = opened(token)
    client.post(PAGE, twice())
    assert other.post(PAGE, twice("another-long-sentence-8")).status_code == 410
    assert Client().post(OPEN, {"token": token}).status_code == 410
    assert User.objects.get(pk=world.engineer.pk).check_password(NEW)


def test_a_newer_link_kills_the_older(world):
    _link, older = issue(world)
    waiting = opened(older)
    _link, newer = issue(world)
    assert Client().post(OPEN, {"token": older}).status_code == 410
    assert waiting.post(PAGE, twice()).status_code == 410
    assert opened(newer).post(PAGE, twice()).status_code == 302


def test_an_expired_link_is_gone_to_the_second(world):
    link, token = issue(world, at=AT)
    assert account_link_open(token=token, at=link.expires_at - timedelta(seconds=1)).pk == link.pk
    with pytest.raises(Gone) as refusal:
        account_link_open(token=token, at=link.expires_at)
    assert refusal.value.code == "expired"
    with pytest.raises(Gone):
        account_link_use(link=link, new_password=NEW, at=link.expires_at)


def test_a_link_dies_when_the_password_changes_whichever_way(world):
    link, token = issue(world)
    password_change(user=world.engineer, new_password="my-own-new-sentence-9", actor=world.engineer, at=clock.now())
    with pytest.raises(Gone) as refusal:
        account_link_open(token=token, at=clock.now())
    assert refusal.value.code == "changed"
    link.refresh_from_db()
    assert link.used_at is None


def test_a_password_that_changes_between_look_and_post_keeps_the_newer_one(world):
    link, token = issue(world)
    seen = account_link_open(token=token, at=clock.now())
    User.objects.filter(pk=world.engineer.pk).update(password="md5$somebody$else")
    with pytest.raises(Gone):
        account_link_use(link=seen, new_password=NEW, at=clock.now())
    link.refresh_from_db()
    assert link.used_at is None
    assert User.objects.get(pk=world.engineer.pk).password == "md5$somebody$else"


@pytest.mark.parametrize("wrong", ["", "x", "t" * 5000, "\x00", "' OR 1=1 --"])
def test_a_tampered_token_finds_nothing(world, wrong):
    _link, token = issue(world)
    assert Client().post(OPEN, {"token": wrong}).status_code == 404
    assert Client().post(OPEN, {"token": token[:-1]}).status_code == 404
    with pytest.raises(NotFound):
        account_link_open(token="", at=clock.now())


def test_a_tampered_cookie_finds_nothing(world):
    _link, token = issue(world)
    client = opened(token)
    client.cookies[COOKIE] = client.cookies[COOKIE].value[:-2] + "xx"
    assert client.post(PAGE, twice()).status_code == 404
    assert Client().post(PAGE, twice()).status_code == 404


def test_the_cookie_is_short_and_for_these_pages_only(world):
    _link, token = issue(world)
    cookie = opened(token).cookies[COOKIE]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == ("/account/link/", "Strict", True)
    assert int(cookie["max-age"]) <= 1800
    assert token not in cookie.value


@pytest.mark.parametrize(
    ("first", "second"), [("short", "short"), ("password1234", "password1234"), (NEW, NEW + "x"), ("", "")]
)
def test_the_password_rules_hold_and_a_refusal_keeps_the_link_open(world, first, second):
    _link, token = issue(world)
    client = opened(token)
    answer = client.post(PAGE, {"new_password1": first, "new_password2": second})
    assert answer.status_code == 422
    assert AccountLink.objects.get().used_at is None
    assert client.post(PAGE, twice()).status_code == 302


def test_the_present_password_is_no_new_one(world):
    link, _token = issue(world)
    with pytest.raises(Invalid):
        account_link_use(link=link, new_password=PASSWORD, at=clock.now())


def test_it_works_for_somebody_locked_out_and_lifts_the_lock(world):
    _link, token = issue(world)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login/", {"username": "engineer", "password": "wrong-password"})
    assert Client().post("/login/", {"username": "engineer", "password": PASSWORD}).status_code == 429
    assert opened(token).post(PAGE, twice()).status_code == 302
    assert not AccessAttempt.objects.filter(username="engineer").exists()
    assert Client().post("/login/", {"username": "engineer", "password": NEW}).status_code == 302


def test_every_session_of_the_account_ends(world):
    at_work = logged_in(world.engineer)
    assert at_work.get("/account/").status_code == 200
    _link, token = issue(world)
    opened(token).post(PAGE, twice())
    assert at_work.get("/account/").status_code == 302
    assert not Session.objects.filter(user=world.engineer).exists()


def test_a_must_be_changed_password_needs_no_second_change(world):
    User.objects.filter(pk=world.engineer.pk).update(must_change_password=True, password_expires_at=AT)
    _link, token = issue(world)
    opened(token).post(PAGE, twice())
    assert Client().post("/login/", {"username": "engineer", "password": NEW})["Location"] == "/"


def test_somebody_else_who_is_signed_in_is_told_and_uses_nothing_up(world):
    _link, token = issue(world)
    client = logged_in(world.manager)
    client.post(OPEN, {"token": token})
    answer = client.post(PAGE, twice())
    assert answer.status_code == 403
    assert world.manager.name in body(answer)
    assert AccountLink.objects.get().used_at is None


def test_a_deactivated_account_gets_no_link_and_its_links_die(world):
    _link, token = issue(world)
    user_deactivate(user=world.engineer, reason="离职", actor=world.admin, at=clock.now())
    assert Client().post(OPEN, {"token": token}).status_code == 410
    with pytest.raises(Conflict):
        issue(world)


def test_nobody_makes_a_link_for_oneself_or_without_being_administrator(world):
    with pytest.raises(NotAllowed):
        account_link_issue(user=world.admin, actor=world.admin, at=clock.now())
    with pytest.raises(NotAllowed):
        account_link_issue(user=world.engineer, actor=world.manager, at=clock.now())


def test_an_account_of_another_hall_cannot_be_taken_over_by_attaching_it(world):
    """Otherwise an administrator could name another hall's administrator here and then reset that password."""
    other = make_world("b")
    membership_give(user=other.admin, contract=world.contract, role=ENGINEER, actor=world.admin, at=clock.now())
    with pytest.raises(NotAllowed):
        account_link_issue(user=other.admin, actor=world.admin, at=clock.now())
    assert logged_in(world.admin).post(to("link_issue", other.admin.pk)).status_code == 403
    membership_give(user=world.admin, contract=other.contract, role=ADMIN, actor=other.admin, at=clock.now())
    both = User.objects.get(pk=world.admin.pk)
    account_link_issue(user=other.admin, actor=both, at=clock.now())


def test_the_page_shows_the_link_once(world):
    admin = logged_in(world.admin)
    page = body(admin.post(to("link_issue", world.engineer.pk)))
    assert f"{settings.SITE_URL}/account/link/#t=" in page
    assert "<svg" in page
    later = body(admin.get(to("detail", world.engineer.pk)))
    assert "#t=" not in later
    assert admin.get(to("link_issue", world.engineer.pk)).status_code == 405
    assert AccountLink.objects.count() == 1


def test_a_link_taken_back_is_gone(world):
    _link, token = issue(world)
    assert logged_in(world.admin).post(to("link_revoke", world.engineer.pk)).status_code == 302
    assert Client().post(OPEN, {"token": token}).status_code == 410
    assert AuditEntry.objects.filter(verb="account_link_revoke").count() == 1


def test_a_forged_host_does_not_reach_the_link(world):
    client = logged_in(world.admin)
    page = body(client.post(to("link_issue", world.engineer.pk), headers={"X-Forwarded-Host": "evil.example"}))
    assert "evil.example" not in page


def test_the_command_lets_a_last_administrator_in_again(world, capsys):
    call_command("account_link", "--username", "admin")
    token = capsys.readouterr().out.split("#t=")[1].strip()
    assert opened(token).post(PAGE, twice()).status_code == 302
    assert User.objects.get(pk=world.admin.pk).check_password(NEW)


@pytest.mark.django_db(transaction=True)
def test_one_link_posted_fifty_times_at_once_sets_one_password():
    world = make_world()
    link, token = issue(world)
    clients = [opened(token) for _ in range(50)]

    def post(number: int) -> int:
        try:
            return clients[number].post(PAGE, twice(f"a-sentence-of-my-own-{number:02d}")).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=50) as pool:
        statuses = sorted(pool.map(post, range(50)))
    assert statuses == [302] + [410] * 49
    link.refresh_from_db()
    assert link.used_at is not None
    assert AuditEntry.objects.filter(verb="account_link_use").count() == 1


def test_a_link_for_somebody_without_any_contract_is_the_commands_business(world):
    stranger = make_user("stranger")
    with pytest.raises(NotAllowed):
        account_link_issue(user=stranger, actor=world.admin, at=clock.now())
