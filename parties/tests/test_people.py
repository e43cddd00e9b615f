"""What an administrator does with accounts and memberships; whom an administrator and a manager see; nothing is ever deleted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from core.roles import ADMIN, AUDITOR, CLERK, ENGINEER, MANAGER
from parties.models import AccountLink, Membership, Session, User
from parties.querysets import people_scope
from parties.services.contracts import membership_give
from parties.services.people import (
    membership_change,
    membership_end,
    user_add,
    user_attach,
    user_deactivate,
    user_edit,
    user_reactivate,
    user_unlock,
)
from parties.tests.make import AuditEntry, body, issue, logged_in, opened, to, twice
from tests.make import PASSWORD, make_contract, make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def admin(world):
    return logged_in(world.admin)


def form_of(world, **changes):
    data = {
        "username": "new.person",
        "name": "新来的人",
        "phone": "13800000055",
        "email": "new@example.com",
        "language": "zh-hans",
        "role": CLERK,
        "unit": world.unit.pk,
        "title": "A05窗口",
        "valid_from": "",
        "valid_to": "",
    }
    return data | changes


def now():
    return clock.now()


# Added ----------------------------------------------------------------------------------------------------------------


def test_a_person_is_added_with_an_invitation_instead_of_a_password(world, admin):
    page = body(admin.post("/people/add/", form_of(world)))
    token = page.split("#t=")[1].split('"')[0]
    user = User.objects.get(username="new.person")
    row = user.memberships.get()
    assert not user.has_usable_password()
    assert (row.contract, row.role, row.unit, row.title) == (world.contract, CLERK, world.unit, "A05窗口")
    assert (user.phone, user.email, user.language) == ("13800000055", "new@example.com", "zh-hans")
    verbs = {"user_create", "membership_give", "account_link_issue"}
    entries = AuditEntry.objects.filter(verb__in=verbs, actor=world.admin)
    assert {entry.verb for entry in entries} == verbs
    assert {entry.visibility for entry in entries} == {"internal"}
    assert opened(token).post("/account/link/password/", twice()).status_code == 302
    client = Client()
    client.post("/login/", {"username": "new.person", "password": twice()["new_password1"]})
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "ENGINEER"}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": ""}, "username"),
        ({"name": ""}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"email": "nowhere"}, "email"),
        ({"role": ""}, "role"),
        ({"role": "root"}, "role"),
        ({"unit": ""}, "unit"),
        ({"role": AUDITOR, "unit": ""}, "valid_to"),
        ({"valid_from": "2026-05-02", "valid_to": "2026-05-01"}, "valid_to"),
        ({"valid_to": "yesterday"}, "valid_to"),
    ],
)
def test_a_wrong_form_names_its_field_and_makes_nothing(world, admin, changes, field):
    before = User.objects.count(), Membership.objects.count(), AccountLink.objects.count()
    answer = admin.post("/people/add/", form_of(world, **changes))
    assert answer.status_code in (409, 422)
    assert f'id="id_{field}_error"' in body(answer)
    assert (User.objects.count(), Membership.objects.count(), AccountLink.objects.count()) == before


def test_the_same_letters_of_another_keyboard_are_the_same_account(world, admin):
    answer = admin.post("/people/add/", form_of(world, username="ｅｎｇｉｎｅｅｒ"))
    assert answer.status_code == 409
    assert admin.post("/people/add/", form_of(world, username="ｎｅｗ")).status_code == 200
    assert User.objects.filter(username="new").exists()


def test_a_unit_of_another_client_or_a_closed_one_is_no_choice(world, admin):
    other = make_world("b")
    assert admin.post("/people/add/", form_of(world, unit=other.unit.pk)).status_code == 422
    world.unit.is_active = False
    world.unit.save()
    assert admin.post("/people/add/", form_of(world)).status_code == 422


def test_only_the_administrator_of_the_contract_adds_people(world):
    other = make_world("b")
    for actor in (world.manager, other.admin):
        with pytest.raises(NotAllowed):
            user_add(
                username="x", name="x", phone="", email="", language="en", contract=world.contract, role=ENGINEER,
                actor=actor, at=now(),
            )  # fmt: skip
        with pytest.raises(NotAllowed):
            membership_give(user=world.clerk, contract=world.contract, role=MANAGER, actor=actor, at=now())


# Attached -------------------------------------------------------------------------------------------------------------


def test_an_existing_account_is_attached_by_its_exact_name_only(world, admin):
    other = make_world("b")
    refused = [
        body(admin.post("/people/attach/", {"username": name, "role": ENGINEER}))
        for name in ("nobody-here", "engineer", "ENGINEER-B", "engineer-")
    ]
    texts = {page.split('id="id_username_error"')[1].split("</div>")[0] for page in refused}
    assert len(texts) == 1, "the answer does not tell an account that exists from one that does not"
    answer = admin.post("/people/attach/", {"username": "engineer-b", "role": ENGINEER, "title": "借调"})
    assert answer.url == to("detail", other.engineer.pk)
    assert set(other.engineer.memberships.values_list("contract_id", flat=True)) == {
        world.contract.pk,
        other.contract.pk,
    }
    page = body(admin.get(answer.url))
    assert other.contract.code not in page, "what the person is elsewhere is not told"
    with pytest.raises(Invalid):
        user_attach(username="engineer-b", contract=world.contract, role=ENGINEER, actor=world.admin, at=now())


# Seen -----------------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_people_of_the_contract_and_nobody_else(world, admin):
    other = make_world("zz")
    make_user("nobody", "谁都不认识")
    page = body(admin.get("/people/"))
    assert "工程师甲" in page
    assert "工程师甲zz" not in page
    assert "谁都不认识" not in page
    assert admin.get(to("detail", other.engineer.pk)).status_code == 404


def test_search_filters_and_states_narrow_the_list(world, admin):
    user_deactivate(user=world.engineer2, reason="离职", actor=world.admin, at=now())
    row = world.leader.memberships.get()
    membership_end(membership=row, reason="调岗", actor=world.admin, at=now())

    def found(query):
        page = body(admin.get(f"/people/?{query}"))
        return {name for name in world.people if f'class="cell-sub code">{name}<' in page}

    assert found("q=engineer") == {"engineer", "engineer2"}
    assert found("q=分管") == {"leader"}
    assert found("role=auditor") == {"auditor"}
    assert found(f"unit={world.unit.pk}") == {"clerk"}
    assert found("state=inactive") == {"engineer2"}
    assert found("state=ended") == {"leader"}
    assert found("state=active") == set(world.people) - {"engineer2", "leader"}
    assert found("role=root&q=engineer") == set(world.people)


def test_the_list_asks_the_same_number_of_statements_for_many_people(world, admin):
    admin.get("/people/")

    def statements():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert admin.get("/people/").status_code == 200
        return len(asked)

    few = statements()
    for number in range(30):
        user = make_user(f"extra{number:02d}")
        membership_give(user=user, contract=world.contract, role=ENGINEER, actor=None, at=now())
    assert statements() == few


def test_the_list_is_paged_by_account(world, admin):
    for number in range(60):
        user = make_user(f"x{number:03d}")
        membership_give(user=user, contract=world.contract, role=ENGINEER, actor=None, at=now())
    first = body(admin.get("/people/"))
    after = first.split("after=")[1].split('"')[0]
    second = body(admin.get(f"/people/?after={after}"))
    names = [name.split("<")[0] for page in (first, second) for name in page.split('class="cell-sub code">')[1:]]
    assert len(names) == len(set(names)) == 69


def test_the_manager_reads_masked_data_and_looking_is_entered(world):
    User.objects.filter(pk=world.clerk.pk).update(phone="13800000077", email="clerk@example.com")
    manager = logged_in(world.manager)
    page, person = body(manager.get("/people/")), body(manager.get(to("detail", world.clerk.pk)))
    for text in (page, person):
        assert "138****0077" in text
        assert "13800000077" not in text
        assert "clerk@example.com" not in text
        assert "c***@example.com" in text
    assert "clerk@example.com" not in body(manager.get("/people/?q=13800000077"))
    shown = body(manager.post(to("reveal", world.clerk.pk)))
    assert "13800000077" in shown and "clerk@example.com" in shown
    entry = AuditEntry.objects.get(verb="user_reveal")
    assert (entry.actor, entry.subject_id) == (world.manager, world.clerk.pk)
    assert "13800000077" in body(logged_in(world.admin).get("/people/"))


def test_the_manager_changes_nothing(world):
    manager = logged_in(world.manager)
    pk = world.clerk.pk
    for name in ("edit", "deactivate", "reactivate", "unlock", "link_issue", "link_revoke", "sessions_end"):
        assert manager.post(to(name, pk), {"reason": "x", "name": "x"}).status_code == 403, name
    assert manager.post("/people/export/").status_code == 403
    assert User.objects.get(pk=pk).is_active


def test_the_export_is_masked_inert_and_entered(world, admin):
    User.objects.filter(pk=world.clerk.pk).update(name='=HYPERLINK("x")', phone="13800000077", email="c@example.com")
    answer = admin.post("/people/export/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "13800000077" not in text and "138****0077" in text
    assert "'=HYPERLINK" in text
    assert AuditEntry.objects.filter(verb="export", actor=world.admin).exists()


# Corrected ------------------------------------------------------------------------------------------------------------


def test_data_is_corrected_and_before_and_after_are_kept(world, admin):
    data = {"name": "工程师壬", "phone": "13800000088", "email": "r@example.com", "language": "en"}
    answer = admin.post(to("edit", world.engineer.pk), data | {"username": "root", "is_superuser": "on"})
    assert answer.status_code == 302
    user = User.objects.get(pk=world.engineer.pk)
    assert (user.name, user.phone, user.username, user.is_superuser) == ("工程师壬", "13800000088", "engineer", False)
    entry = AuditEntry.objects.get(verb="user_edit")
    assert (entry.before["name"], entry.after["name"]) == ("工程师甲", "工程师壬")
    user_edit(user=user, actor=world.admin, at=now(), **data)
    assert AuditEntry.objects.filter(verb="user_edit").count() == 1, "nothing changed, nothing entered"


# Deactivated ----------------------------------------------------------------------------------------------------------


def test_deactivation_ends_every_session_with_the_very_next_request(world, admin):
    browsers = [logged_in(world.engineer) for _ in range(3)]
    for browser in browsers:
        assert browser.get("/").status_code == 200
    assert admin.post(to("deactivate", world.engineer.pk), {"reason": "离职"}).status_code == 302
    for browser in browsers:
        assert browser.get("/").status_code == 302
        assert browser.get("/notifications/live/", headers={"HX-Request": "true"}).status_code == 401
    assert not Session.objects.filter(user=world.engineer).exists()
    assert Client().post("/login/", {"username": "engineer", "password": PASSWORD}).status_code == 422
    entry = AuditEntry.objects.get(verb="user_deactivate")
    assert (entry.reason, entry.after["sessions"]) == ("离职", 3)
    assert User.objects.filter(pk=world.engineer.pk).exists()


def test_a_reactivated_account_signs_in_anew_and_old_sessions_stay_dead(world, admin):
    browser = logged_in(world.engineer)
    admin.post(to("deactivate", world.engineer.pk), {"reason": "休假"})
    assert admin.post(to("reactivate", world.engineer.pk)).status_code == 302
    assert browser.get("/").status_code == 302
    assert Client().post("/login/", {"username": "engineer", "password": PASSWORD}).status_code == 302
    with pytest.raises(Conflict):
        user_reactivate(user=world.engineer, actor=world.admin, at=now())


def test_nobody_deactivates_oneself_or_without_a_reason(world, admin):
    assert admin.post(to("deactivate", world.admin.pk), {"reason": "x"}).status_code == 403
    assert admin.post(to("deactivate", world.engineer.pk), {"reason": " "}).status_code == 422
    with pytest.raises(Invalid):
        user_deactivate(user=world.engineer, reason="  ", actor=world.admin, at=now())
    assert not AuditEntry.objects.filter(verb="user_deactivate").exists()


def second_admin(world, **dates):
    user = make_user("admin2", "第二管理员")
    membership_give(user=user, contract=world.contract, role=ADMIN, actor=None, at=now(), **dates)
    return user


def test_the_last_administrator_stays(world):
    second = second_admin(world)
    row = world.admin.memberships.get()
    user_deactivate(user=second, reason="x", actor=world.admin, at=now())
    user_reactivate(user=second, actor=world.admin, at=now())
    second = User.objects.get(pk=second.pk)
    day = now().astimezone(clock.SHANGHAI).date()
    membership_change(
        membership=second.memberships.get(), role=ADMIN, valid_to=day + timedelta(days=9), actor=world.admin, at=now()
    )
    for act in (
        lambda: user_deactivate(user=world.admin, reason="x", actor=second, at=now()),
        lambda: membership_end(membership=row, reason="x", actor=second, at=now()),
        lambda: membership_change(membership=row, role=ENGINEER, actor=second, at=now()),
        lambda: membership_change(membership=row, role=ADMIN, valid_to=day, actor=second, at=now()),
        lambda: membership_change(
            membership=row, role=ADMIN, valid_from=day + timedelta(days=1), actor=second, at=now()
        ),
    ):
        with pytest.raises(Conflict):
            act()
    row.refresh_from_db()
    assert (row.role, row.is_active, row.valid_to) == (ADMIN, True, None)
    assert User.objects.get(pk=world.admin.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_at_once_leave_one():
    world = make_world()
    second = second_admin(world)
    rows = {world.admin: second.memberships.get(), second: world.admin.memberships.get()}
    clients = {actor: logged_in(actor) for actor in rows}
    gate = Barrier(2)

    def remove(actor):
        try:
            gate.wait()
            return clients[actor].post(to("membership_end", rows[actor].pk), {"reason": "互删"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        statuses = sorted(pool.map(remove, rows))
    assert statuses[0] == 302
    assert statuses[1] in {403, 409}
    assert Membership.objects.filter(contract=world.contract, role=ADMIN, is_active=True).count() == 1


def test_the_last_administrator_of_any_contract_stays(world):
    """Of one that has not begun yet too."""
    later = make_contract("T-2", renews=world.contract, starts_on=date(2030, 3, 16), ends_on=date(2031, 3, 15))
    second = second_admin(world)
    for user in (world.admin, second):
        membership_give(user=user, contract=later, role=ADMIN, actor=None, at=now())
    dated = {"valid_to": now().date() + timedelta(days=30), "role": ADMIN, "at": now()}
    membership_change(
        membership=second.memberships.get(contract=later), actor=User.objects.get(pk=world.admin.pk), **dated
    )
    with pytest.raises(Conflict):
        user_deactivate(user=world.admin, reason="x", actor=User.objects.get(pk=second.pk), at=now())


def test_a_finished_term_of_the_same_hall_needs_no_administrator_of_its_own(world, admin):
    later = make_contract("T-2", renews=world.contract, starts_on=date(2030, 3, 16), ends_on=date(2031, 3, 15))
    fresh = make_user("fresh-admin")
    for user, role in ((fresh, ADMIN), (world.engineer, ENGINEER)):
        membership_give(user=user, contract=later, role=role, actor=None, at=now())
    page = to("edit", world.engineer.pk)
    assert logged_in(fresh).get(page).status_code == 200
    data = {"name": "改名", "language": "en"}
    assert logged_in(fresh).post(page, data).status_code == 403, "the engineer also works in the running term"
    type(world.contract).objects.filter(pk=world.contract.pk).update(ends_on=date(2025, 3, 15))
    assert logged_in(fresh).post(page, data).status_code == 302


# Memberships ----------------------------------------------------------------------------------------------------------


def test_role_unit_and_dates_change_and_the_old_ones_are_kept(world, admin):
    row = world.clerk.memberships.get()
    data = {"role": CLERK, "unit": world.other_unit.pk, "title": "C01", "valid_from": "", "valid_to": "2029-12-31"}
    assert admin.post(to("membership_change", row.pk), data).status_code == 302
    row.refresh_from_db()
    assert (row.unit, row.title, row.valid_to) == (world.other_unit, "C01", date(2029, 12, 31))
    entry = AuditEntry.objects.filter(verb="membership_give", subject_id=row.pk).latest("pk")
    assert entry.before["unit"]["id"] == world.unit.pk
    assert "role" not in entry.before


def test_ended_access_is_refused_at_once_and_can_be_given_again(world, admin):
    row = world.engineer.memberships.get()
    browser = logged_in(world.engineer)
    assert browser.get("/tickets/queue/").status_code == 200
    assert admin.post(to("membership_end", row.pk), {"reason": "换人"}).status_code == 302
    assert browser.get("/tickets/queue/").status_code == 403
    assert admin.post(to("membership_end", row.pk), {"reason": "换人"}).status_code == 409
    assert admin.post(to("membership_change", row.pk), {"role": ENGINEER}).status_code == 302
    assert browser.get("/tickets/queue/").status_code == 200
    assert Membership.objects.filter(user=world.engineer).count() == 1


def test_nobody_changes_what_oneself_is(world, admin):
    second_admin(world)
    row = world.admin.memberships.get()
    assert admin.post(to("membership_change", row.pk), {"role": MANAGER}).status_code == 403
    assert admin.post(to("membership_end", row.pk), {"reason": "x"}).status_code == 403


def test_access_to_another_contract_is_given_by_its_administrator_only(world, admin):
    other = make_contract("T-9", number_tag="q")
    assert admin.get(to("membership_give", world.engineer.pk, other.pk)).status_code == 404
    membership_give(user=world.admin, contract=other, role=ADMIN, actor=None, at=now())
    assert admin.post(to("membership_give", world.engineer.pk, other.pk), {"role": ENGINEER}).status_code == 302
    assert world.engineer.memberships.count() == 2
    row = world.engineer.memberships.get(contract=other)
    assert admin.post(to("membership_give", world.engineer.pk, other.pk)).url == to("membership_change", row.pk)


def test_what_is_another_halls_does_not_exist(world, admin):
    other = make_world("b")
    row = other.engineer.memberships.get()
    assert admin.post(to("membership_end", row.pk), {"reason": "x"}).status_code == 404
    assert admin.post(to("deactivate", other.engineer.pk), {"reason": "x"}).status_code == 404
    assert people_scope(world.engineer, world.contract) == []


def test_an_account_that_also_works_elsewhere_is_not_this_administrators_to_close(world, admin):
    other = make_world("b")
    membership_give(user=world.engineer, contract=other.contract, role=ENGINEER, actor=None, at=now())
    for name in ("deactivate", "edit", "unlock", "link_issue", "sessions_end"):
        answer = admin.post(to(name, world.engineer.pk), {"reason": "x", "name": "x", "language": "en"})
        assert answer.status_code == 403, name
    page = body(admin.get(to("detail", world.engineer.pk)))
    assert other.contract.code not in page
    row = world.engineer.memberships.get(contract=world.contract)
    assert admin.post(to("membership_end", row.pk), {"reason": "x"}).status_code == 302


# Unlocked -------------------------------------------------------------------------------------------------------------


def test_the_administrator_lifts_a_lock(world, admin):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login/", {"username": "engineer", "password": "wrong-password"})
    assert Client().post("/login/", {"username": "engineer", "password": PASSWORD}).status_code == 429
    assert 'href="/static/vendor/icons.svg#lock"' in body(admin.get("/people/"))
    assert admin.post(to("unlock", world.engineer.pk)).status_code == 302
    assert not AccessAttempt.objects.filter(username="engineer").exists()
    assert Client().post("/login/", {"username": "engineer", "password": PASSWORD}).status_code == 302
    assert AuditEntry.objects.get(verb="user_unlock").actor == world.admin
    with pytest.raises(Conflict):
        user_unlock(user=world.engineer, actor=world.admin, at=now())


# The page -------------------------------------------------------------------------------------------------------------


def test_the_persons_page_shows_the_history_of_the_account_to_its_administrator_only(world, admin):
    issue(world)
    page = body(admin.get(to("detail", world.engineer.pk)))
    assert 'class="timeline-entry' in page
    assert world.admin.name in page
    assert 'class="timeline-entry' not in body(logged_in(world.manager).get(to("detail", world.engineer.pk)))
