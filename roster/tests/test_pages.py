"""Pages of the roster: who may, what they show, what they cost, and that every verb works without a script."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from records.models import AuditEntry
from roster.models import CheckIn, Leave, Rotation, Shift
from roster.services.check_in import check_in
from roster.states import LeaveKind
from roster.tests.make import MONDAY, SATURDAY, ask, at, away, days, five_at_work, plan, post
from tests.make import World, make_world

pytestmark = pytest.mark.django_db
TEN = at(MONDAY, "10:00")
WEEK = f"/roster/?week={MONDAY}"
PAGES = (
    WEEK,
    f"{WEEK}&by=posts",
    f"/roster/month/?month={MONDAY}",
    "/roster/mine/",
    f"/roster/attendance/?day={MONDAY}",
    "/roster/leaves/",
    "/roster/comp-off/",
    "/roster/posts/",
)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: TEN)
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_costs_the_same_however_much_it_shows(world: World, path: str) -> None:
    five_at_work(world)
    client = as_(world.manager)
    client.get(path)
    counts = []
    for round_ in range(2):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        counts.append(len(seen))
        if round_ == 0:
            for number in (1, 2, 3, 4):
                five_at_work(world, MONDAY + days(number))
            plan(world, "saturday", world.engineer, SATURDAY)
            away(world, world.engineer2, MONDAY + days(2), replacement=world.engineer)
            shift = Shift.objects.get(date=MONDAY, person=world.engineer)
            check_in(shift=shift, way="page", actor=world.engineer, at=TEN)
    assert counts[0] == counts[1], counts
    assert counts[0] <= 20


@pytest.mark.parametrize("role", ["manager", "engineer", "supervisor", "leader", "auditor"])
def test_the_week_is_read_by_all_who_have_to_do_with_it(world: World, role: str) -> None:
    plan(world, "opening", world.engineer)
    page = text(as_(getattr(world, role)).get(WEEK))
    assert world.engineer.name in page
    assert "开厅岗" in page
    assert ("/roster/shifts/add/" in page) is (role == "manager")


@pytest.mark.parametrize("role", ["clerk", "admin"])
def test_clerks_and_the_administrator_see_who_is_on_duty_only(world: World, role: str) -> None:
    plan(world, "opening", world.engineer)
    client = as_(getattr(world, role))
    assert client.get(WEEK).status_code == 403
    assert "bar-duty" in text(client.get("/"))


def test_without_a_shift_the_page_says_how_the_first_one_comes(world: World) -> None:
    assert "/roster/posts/" in text(as_(world.manager).get(WEEK))
    assert as_(world.auditor).get(WEEK).status_code == 200


@pytest.mark.parametrize("week", ["x", "2024-02-30", "9999-12-31", "0001-01-01", "2024-W12"])
def test_a_week_that_does_not_exist_is_this_one(world: World, week: str) -> None:
    for path in ("/roster/?week=", "/roster/month/?month=", "/roster/attendance/?day="):
        assert as_(world.manager).get(path + week).status_code == 200


def test_gaps_conflicts_and_leaves_are_marked(world: World) -> None:
    plan(world, "opening", world.engineer)
    plan(world, "closing", world.engineer)
    away(world, world.engineer, MONDAY + days(1))
    page = text(as_(world.manager).get(WEEK))
    findings = re.findall(r'class="roster-finding"', page)
    assert findings
    assert f"/roster/shifts/add/?date={MONDAY}&amp;post={post(world, 'monitoring').pk}" in page
    assert "duty-leave" in page


# --- the manager's verbs ------------------------------------------------------------------------------------------------


def test_a_shift_is_added_changed_and_taken_out_by_forms(world: World) -> None:
    client = as_(world.manager)
    given = {"date": str(MONDAY), "post": post(world, "opening").pk, "person": world.engineer.pk, "stand_in": ""}
    assert client.get("/roster/shifts/add/?date=x&post=y&person=-1").status_code == 200
    added = client.post("/roster/shifts/add/", given)
    assert added.headers["Location"] == WEEK
    shift = Shift.objects.get()
    again = client.post("/roster/shifts/add/", given)
    assert again.status_code == 409
    address = f"/roster/shifts/{shift.pk}/"
    page = text(client.get(address))
    assert 'value="08:30"' in page
    changed = client.post(
        address, {"person": world.engineer2.pk, "stand_in": "", "starts": "09:00", "ends": "17:00", "version": 1}
    )
    assert changed.status_code == 302
    assert Shift.objects.get().starts_at == at(MONDAY, "09:00")
    stale = client.post(
        address, {"person": world.engineer.pk, "stand_in": "", "starts": "09:00", "ends": "17:00", "version": 1}
    )
    assert stale.status_code == 409
    refused = client.post(f"{address}cancel/", {"reason": ""})
    assert refused.status_code == 422, "it has begun"
    assert client.post(f"{address}cancel/", {"reason": "排错了"}).status_code == 302
    assert Shift.objects.get().status == "cancelled"
    assert client.get(address).status_code == 409


@pytest.mark.parametrize("role", ["engineer", "supervisor", "leader", "auditor", "clerk", "admin"])
def test_the_managers_pages_are_the_managers(world: World, role: str) -> None:
    shift = plan(world, "opening", world.engineer)
    leave = ask(world, world.engineer2)
    client = as_(getattr(world, role))
    for path in (
        "/roster/shifts/add/", f"/roster/shifts/{shift.pk}/", "/roster/copy/", "/roster/generate/", "/roster/rotations/add/",
        f"/roster/posts/{shift.post_id}/", f"/roster/attendance/{shift.pk}/enter/",
    ):  # fmt: skip
        assert client.get(path).status_code == 403, path
        assert client.post(path, {}).status_code == 403, path
    for path in (f"/roster/shifts/{shift.pk}/cancel/", f"/roster/leaves/{leave.pk}/approve/"):
        assert client.post(path, {}).status_code == 403, path


def test_rotations_are_begun_previewed_applied_and_ended(world: World) -> None:
    client = as_(world.manager)
    assert "rotations/add" in text(client.get("/roster/generate/"))
    begun = client.post(
        "/roster/rotations/add/",
        {
            "post": post(world, "opening").pk, "step": "week", "per_day": "1", "first_day": str(MONDAY), "last_day": "",
            "person1": world.engineer.pk, "person2": world.engineer2.pk,
        },
    )  # fmt: skip
    assert begun.status_code == 302, text(begun)
    span = {"first": str(MONDAY), "last": str(MONDAY + days(13))}
    preview = client.post("/roster/generate/", span)
    assert preview.status_code == 200
    assert 'name="apply"' in text(preview)
    assert Shift.objects.count() == 0
    assert client.post("/roster/generate/", span | {"apply": "1"}).status_code == 302
    assert Shift.objects.count() == 10
    again = client.post("/roster/generate/", span)
    assert 'name="apply"' not in text(again)
    rotation = Rotation.objects.get()
    ended = client.post(f"/roster/rotations/{rotation.pk}/end/", {"last_day": str(MONDAY + days(13))})
    assert ended.status_code == 302
    assert client.post("/roster/generate/", {"first": "x", "last": ""}).status_code == 422


def test_a_week_is_previewed_and_copied(world: World) -> None:
    plan(world, "opening", world.engineer)
    client = as_(world.manager)
    weeks = {"source_week": str(MONDAY), "target_week": str(MONDAY + days(7))}
    assert 'name="apply"' in text(client.post("/roster/copy/", weeks))
    assert Shift.objects.count() == 1
    assert client.post("/roster/copy/", weeks | {"apply": "1"}).status_code == 302
    assert Shift.objects.filter(date=MONDAY + days(7)).count() == 1
    same = client.post("/roster/copy/", weeks | {"target_week": str(MONDAY)})
    assert same.status_code == 422


def test_a_post_is_changed_by_its_form(world: World) -> None:
    row = post(world, "opening")
    given = {
        "name": "开厅岗",
        "day_kinds": ["workday"],
        "starts": "08:00",
        "ends": "16:00",
        "min_people": "2",
        "is_active": "on",
    }
    assert as_(world.manager).post(f"/roster/posts/{row.pk}/", given).status_code == 302
    assert post(world, "opening").day_kinds == ["workday"]
    assert as_(world.manager).post(f"/roster/posts/{row.pk}/", given | {"day_kinds": ["x"]}).status_code == 422


# --- leaves -------------------------------------------------------------------------------------------------------------


def leave_form(**given: Any) -> dict[str, Any]:
    day = str(MONDAY + days(1))
    return {"kind": "annual", "first_day": day, "last_day": day, "reason": "家中有事", "replacement": ""} | given


def test_an_engineer_asks_and_the_manager_decides(world: World) -> None:
    engineer, manager = as_(world.engineer), as_(world.manager)
    asked = engineer.post("/roster/leaves/request/", leave_form(replacement=world.engineer2.pk))
    leave = Leave.objects.get()
    assert asked.headers["Location"] == f"/roster/leaves/{leave.pk}/"
    assert "approve/" not in text(engineer.get(f"/roster/leaves/{leave.pk}/"))
    page = text(manager.get(f"/roster/leaves/{leave.pk}/"))
    assert f"/roster/leaves/{leave.pk}/approve/" in page
    given = {"version": "1", "replacement": world.engineer2.pk, "decision": ""}
    assert manager.post(f"/roster/leaves/{leave.pk}/approve/", given).status_code == 302
    assert Leave.objects.get().status == "approved"
    assert manager.post(f"/roster/leaves/{leave.pk}/approve/", given).status_code == 409
    assert engineer.post(f"/roster/leaves/{leave.pk}/withdraw/").status_code == 302
    assert Leave.objects.get().status == "withdrawn"


def test_an_engineer_cannot_name_another_person_in_the_form(world: World) -> None:
    as_(world.engineer).post("/roster/leaves/request/", leave_form(person=world.engineer2.pk))
    assert Leave.objects.get().person == world.engineer
    as_(world.manager).post("/roster/leaves/request/", leave_form(person=world.engineer2.pk))
    assert Leave.objects.order_by("pk").last().person == world.engineer2  # type: ignore[union-attr]


def test_a_refused_form_keeps_what_was_typed(world: World) -> None:
    refused = as_(world.engineer).post("/roster/leaves/request/", leave_form(kind="comp_off", reason="补休一天"))
    assert refused.status_code == 422
    assert "补休一天" in text(refused)


def test_a_leave_is_seen_by_those_it_concerns(world: World) -> None:
    leave = ask(world, world.engineer, reason="身体不适")
    address = f"/roster/leaves/{leave.pk}/"
    for role in ("engineer2", "supervisor", "leader", "auditor"):
        assert as_(getattr(world, role)).get(address).status_code == 404, role
    Leave.objects.filter(pk=leave.pk).update(
        status="approved", decided_by=world.manager, decided_at=TEN, replacement=world.engineer2
    )
    for role in ("engineer2", "supervisor", "leader", "auditor"):
        assert as_(getattr(world, role)).get(address).status_code == 200, role
    assert "身体不适" not in text(as_(world.supervisor).get(address)), (
        "why somebody is away is the contractor's business"
    )
    assert as_(world.clerk).get(address).status_code == 403


def test_of_a_leave_the_week_shows_others_only_that_somebody_is_away(world: World) -> None:
    away(world, world.engineer, kind="sick", reason="发热")
    ask(world, world.engineer2, MONDAY + days(1))
    plan(world, "opening", world.engineer, MONDAY + days(2))
    seen = {
        role: text(as_(getattr(world, role)).get(WEEK)) for role in ("manager", "engineer", "engineer2", "supervisor")
    }
    sick, asked = str(LeaveKind.SICK.label), "hourglass"
    assert {role for role, page in seen.items() if sick in page} == {"manager", "engineer"}
    assert {role for role, page in seen.items() if asked in page} == {"manager", "engineer2"}
    assert all("duty-leave" in page for page in seen.values())


# --- attendance ---------------------------------------------------------------------------------------------------------


def test_the_button_stands_on_the_home_page_of_whom_it_concerns(world: World) -> None:
    shift = plan(world, "opening", world.engineer)
    button = f"/roster/check-in/{shift.pk}/"
    assert button in text(as_(world.engineer).get("/"))
    assert button not in text(as_(world.engineer2).get("/"))
    assert button not in text(as_(world.manager).get("/reports/notes/"))
    agent = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile/15E148"}
    done = as_(world.engineer).post(button, {"next": "/roster/mine/"}, headers=agent)
    assert done.headers["Location"] == "/roster/mine/"
    row = CheckIn.objects.get()
    assert (row.way, row.at) == ("phone", TEN)
    assert button not in text(as_(world.engineer).get("/"))


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com", "/\\example.com", "x"])
def test_the_button_leads_nowhere_else(world: World, target: str) -> None:
    shift = plan(world, "opening", world.engineer)
    done = as_(world.engineer).post(f"/roster/check-in/{shift.pk}/", {"next": target})
    assert done.headers["Location"] == "/"


def test_a_button_pressed_too_early_says_so(world: World) -> None:
    shift = plan(world, "opening", world.engineer, MONDAY + days(1))
    client = as_(world.engineer)
    done = client.post(f"/roster/check-in/{shift.pk}/", follow=True)
    assert done.status_code == 200
    assert CheckIn.objects.count() == 0
    assert as_(world.engineer2).post(f"/roster/check-in/{shift.pk}/").status_code == 403


def test_the_manager_sees_who_is_missing_and_enters_it_later(world: World) -> None:
    shift = plan(world, "opening", world.engineer)
    manager = as_(world.manager)
    enter = f"/roster/attendance/{shift.pk}/enter/"
    page = text(manager.get(f"/roster/attendance/?day={MONDAY}"))
    assert f"{enter}?person={world.engineer.pk}" in page
    assert enter not in text(as_(world.auditor).get(f"/roster/attendance/?day={MONDAY}"))
    given = {"person": world.engineer.pk, "came_at": f"{MONDAY}T08:29", "reason": "手机没电"}
    assert manager.post(enter, given | {"reason": ""}).status_code == 422
    assert manager.post(enter, given).status_code == 302
    assert "手机没电" in text(as_(world.auditor).get(f"/roster/attendance/?day={MONDAY}"))


def test_the_managers_home_page_shows_the_alarms(world: World) -> None:
    assert "/roster/attendance/" not in text(as_(world.manager).get("/reports/notes/"))
    plan(world, "opening", world.engineer)
    page = text(as_(world.manager).get("/reports/notes/"))
    assert f"/roster/attendance/?day={MONDAY}" in page
    assert f"/roster/?week={MONDAY}" in page
    assert "/roster/attendance/" not in text(as_(world.supervisor).get("/"))


def test_ones_own_shifts_and_those_one_takes_over_are_listed(world: World) -> None:
    plan(world, "opening", world.engineer, MONDAY + days(1))
    plan(world, "closing", world.engineer2, MONDAY + days(1))
    plan(world, "standby", world.engineer2, MONDAY + days(2))
    away(world, world.engineer, MONDAY + days(1), replacement=world.engineer2)
    page = text(as_(world.engineer2).get("/roster/mine/"))
    assert page.count('class="my-shift"') == 2
    assert "备勤岗" not in page
    assert 'class="stand-by"' in page
    assert 'class="my-shift"' not in text(as_(world.engineer).get("/roster/mine/"))


# --- compensatory days, files -------------------------------------------------------------------------------------------


def test_an_engineer_sees_the_own_balance_only(world: World) -> None:
    assert as_(world.engineer).get(f"/roster/comp-off/{world.engineer.pk}/").status_code == 200
    assert as_(world.engineer).get(f"/roster/comp-off/{world.engineer2.pk}/").status_code == 404
    for role in ("manager", "supervisor", "auditor"):
        assert as_(getattr(world, role)).get(f"/roster/comp-off/{world.engineer2.pk}/").status_code == 200
        assert as_(getattr(world, role)).get(f"/roster/comp-off/{world.clerk.pk}/").status_code == 404


def rows_of(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_a_week_a_month_and_the_ledger_are_exported(world: World) -> None:
    shift = plan(world, "opening", world.engineer, note="=1+1")
    check_in(shift=shift, way="page", actor=world.engineer, at=TEN)
    plan(world, "standby", world.engineer2)
    client = as_(world.supervisor)
    week = rows_of(client.post(f"/roster/export/?week={MONDAY}"))
    assert len(week) == 3
    assert week[1][3:6] == ["开厅岗", "08:30–17:00", world.engineer.name]
    assert week[1][8] == "2024-03-18 10:00:00"
    assert week[1][-1] == "'=1+1"
    month = rows_of(client.post(f"/roster/attendance/export/?month={MONDAY}"))
    assert [row[3] for row in month[1:]] == [world.engineer.name]
    assert month[1][8] == "90"
    assert len(rows_of(client.post("/roster/comp-off/export/"))) == 1
    assert AuditEntry.objects.filter(verb="export").count() == 3
    for path in ("/roster/export/", "/roster/attendance/export/", "/roster/comp-off/export/"):
        assert as_(world.auditor).post(path).status_code == 403
        assert client.get(path).status_code == 405


def test_a_week_is_printed(world: World) -> None:
    plan(world, "opening", world.engineer)
    response = as_(world.auditor).get(f"/roster/print/?week={MONDAY}")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")


def test_nothing_of_another_hall_is_found(world: World) -> None:
    other = make_world("b")
    shift, leave = plan(other, "opening", other.engineer), ask(other, other.engineer)
    manager = as_(world.manager)
    for path in (
        f"/roster/shifts/{shift.pk}/", f"/roster/leaves/{leave.pk}/", f"/roster/posts/{shift.post_id}/",
        f"/roster/attendance/{shift.pk}/enter/", f"/roster/comp-off/{other.engineer.pk}/",
    ):  # fmt: skip
        assert manager.get(path).status_code == 404, path
    for path in (
        f"/roster/check-in/{shift.pk}/",
        f"/roster/leaves/{leave.pk}/approve/",
        f"/roster/shifts/{shift.pk}/cancel/",
    ):
        assert manager.post(path).status_code == 404, path
    given = {"date": str(MONDAY), "post": shift.post_id, "person": other.engineer.pk}
    assert manager.post("/roster/shifts/add/", given).status_code == 422
    assert Shift.objects.count() == 1
    assert other.engineer.name not in text(manager.get(WEEK))


def test_around_midnight_today_is_the_halls_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(world, "opening", world.engineer)
    monkeypatch.setattr(clock, "now", lambda: at(MONDAY, "00:00"))
    page = text(as_(world.manager).get("/roster/attendance/"))
    assert str(MONDAY) in page
    assert world.engineer.name in page
    monkeypatch.setattr(clock, "now", lambda: at(MONDAY, "00:00") - timedelta(seconds=1))
    assert str(MONDAY - days(1)) in text(as_(world.manager).get("/roster/attendance/"))
