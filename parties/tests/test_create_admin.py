"""The first account of an installation."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from core import clock
from parties.models import Membership, User
from parties.tests.make import PAGE, opened, twice
from tests.make import make_contract

pytestmark = pytest.mark.django_db


def create(capsys, *arguments):
    call_command("create_admin", "--username", "root", "--name", "系统管理员", *arguments)
    return capsys.readouterr().out


def test_without_a_contract_the_account_is_made_and_its_password_shown_once(capsys, client):
    out = create(capsys)
    password = re.findall(r"shown only now: (\S+)", out)[0]
    assert len(password) >= 16
    user = User.objects.get(username="root")
    assert user.must_change_password
    assert not (user.is_superuser or user.is_staff)
    response = client.post("/login/", {"username": "root", "password": password})
    assert response.url == "/account/password/"
    assert "no contract yet" in out


def test_the_initial_password_stops_working_after_a_day_until_a_link_lets_its_owner_in(capsys, client, monkeypatch):
    password = re.findall(r"shown only now: (\S+)", create(capsys))[0]
    user = User.objects.get(username="root")
    end = user.password_expires_at
    assert end is not None and end - clock.now() <= timedelta(hours=24)
    monkeypatch.setattr(clock, "now", lambda: end)
    answer = client.post("/login/", {"username": "root", "password": password})
    assert answer.status_code == 422
    assert "_auth_user_id" not in client.session
    call_command("account_link", "--username", "root")
    token = capsys.readouterr().out.split("#t=")[1].strip()
    assert opened(token).post(PAGE, twice()).status_code == 302
    assert client.post("/login/", {"username": "root", "password": twice()["new_password1"]}).status_code == 302


def test_a_changed_password_does_not_expire(capsys, client):
    password = re.findall(r"shown only now: (\S+)", create(capsys))[0]
    client.post("/login/", {"username": "root", "password": password})
    data = {"current_password": password, **twice()}
    assert client.post("/account/password/", data).status_code == 302
    assert User.objects.get(username="root").password_expires_at is None


def test_in_every_contract_it_is_administrator(capsys):
    make_contract()
    make_contract("T-2", number_tag="b")
    out = create(capsys)
    rows = Membership.objects.filter(user__username="root")
    assert {row.role for row in rows} == {"admin"}
    assert rows.count() == 2
    assert "T-1, T-2" in out


def test_the_password_can_come_from_standard_input(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a-quiet-server-room\n"))
    out = create(capsys, "--password-stdin")
    assert "a-quiet-server-room" not in out
    assert User.objects.get(username="root").check_password("a-quiet-server-room")


@pytest.mark.parametrize("typed", ["short\n", "password1234\n", ""])
def test_a_weak_password_makes_no_account(capsys, monkeypatch, typed):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(CommandError):
        create(capsys, "--password-stdin")
    assert not User.objects.exists()


def test_a_name_is_given_once(capsys):
    create(capsys)
    with pytest.raises(CommandError):
        call_command("create_admin", "--username", "ROOT", "--name", "x")
    assert User.objects.count() == 1
