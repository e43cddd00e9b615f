"""What pages show of a clock: countdown, explanation, and who may look."""

from datetime import timedelta

import pytest
from django.urls import reverse

from notifications.services.delivery import deliver_due
from sla.present import clock_view, explanation
from sla.querysets import at_risk, clock_visible_to, due_between, running
from sla.services.clock import clock_cancel, clock_pause, clock_resume, clock_stop
from sla.services.firing import fire_due
from sla.tests.make import local, make_clock, make_policy
from tests.make import make_world

MONDAY = local("2024-03-18 09:10:00")
DUE = local("2024-03-18 09:15:00")
SECOND = timedelta(seconds=1)


def ms(text: str) -> int:
    return int(local(text).timestamp() * 1000)


def test_countdown_runs_in_the_open_windows_until_due(world, told):
    view = clock_view(make_clock(world.contract, local("2024-03-18 17:58:00")), local("2024-03-18 17:59:00"))
    assert view["state"] == "running"
    assert view["windows"] == [
        [ms("2024-03-18 17:59:00"), ms("2024-03-18 18:00:00")],
        [ms("2024-03-19 08:30:00"), ms("2024-03-19 08:33:00")],
    ]
    assert (view["due_ms"], view["total_seconds"], view["kept"]) == (ms("2024-03-19 08:33:00"), 300, None)


def test_countdown_waits_while_service_is_closed(world, told):
    view = clock_view(make_clock(world.contract, local("2024-03-18 17:58:00")), local("2024-03-18 20:00:00"))
    assert view["state"] == "waiting"
    assert view["windows"] == [[ms("2024-03-19 08:30:00"), ms("2024-03-19 08:33:00")]]


def test_countdown_is_breached_a_moment_after_due_whether_the_engine_came_or_not(world, told):
    clock = make_clock(world.contract, MONDAY)
    assert clock_view(clock, DUE)["state"] == "running"
    assert clock_view(clock, DUE + timedelta(microseconds=1))["state"] == "breached"


def test_countdown_shows_stopped_paused_and_cancelled_clocks(world, told):
    kept, late, gone = (make_clock(world.contract, MONDAY, name=name) for name in ("受理区1", "受理区2", "受理区3"))
    clock_stop(clock=kept, at=MONDAY + 9 * SECOND, actor=world.engineer)
    clock_stop(clock=late, at=DUE + 9 * SECOND, actor=world.engineer)
    clock_cancel(clock=gone, at=MONDAY, actor=world.engineer, reason="重复")
    now = DUE + 60 * SECOND
    assert [(clock_view(clock, now)["state"], clock_view(clock, now)["kept"]) for clock in (kept, late, gone)] == [
        ("stopped", True),
        ("stopped", False),
        ("cancelled", None),
    ]
    make_policy(world.contract, kind="fix", amount=3600, pausable=True, ladder=[])
    held = make_clock(world.contract, MONDAY, kind="fix", name="受理区4")
    clock_pause(clock=held, at=MONDAY + SECOND, actor=world.engineer, cause="client_access")
    assert (clock_view(held, now)["state"], clock_view(held, now)["due_at"]) == ("paused", None)


def test_explanation_names_every_span_and_every_day_passed_over(world, told):
    why = explanation(make_clock(world.contract, local("2024-05-01 10:00:00")))
    assert [(row["start"], row["end"], row["seconds"]) for row in why["segments"]] == [
        (local("2024-05-06 08:30:00"), local("2024-05-06 08:35:00"), 300.0)
    ]
    assert [str(row["date"]) for row in why["skipped"]] == [f"2024-05-0{day}" for day in range(1, 6)]
    assert (why["due_at"], why["moved_since"]) == (local("2024-05-06 08:35:00"), False)


def test_explanation_leaves_the_pauses_out(world, told):
    make_policy(world.contract, kind="fix", amount=3600, pausable=True, ladder=[])
    clock = make_clock(world.contract, local("2024-03-18 09:00:00"), kind="fix")
    clock_pause(clock=clock, at=local("2024-03-18 09:10:20"), actor=world.engineer, cause="client_access")
    assert explanation(clock)["paused_since"] == local("2024-03-18 09:10:20")
    clock_resume(clock=clock, at=local("2024-03-18 09:40:50"), actor=world.engineer)
    why = explanation(clock)
    assert [row["seconds"] for row in why["segments"]] == [620.0, 2980.0]
    assert why["due_at"] == clock.due_at == local("2024-03-18 10:30:30")


def test_finds_split_clocks_by_how_they_stand(world, told):
    early, late = make_clock(world.contract, MONDAY, name="受理区1"), make_clock(world.contract, DUE, name="受理区2")
    assert list(running(world.contract)) == [early, late]
    fire_due(MONDAY)
    assert list(at_risk(world.contract)) == []
    fire_due(MONDAY + 120 * SECOND)
    assert list(at_risk(world.contract, "response")) == [early]
    fire_due(DUE + SECOND)
    assert list(at_risk(world.contract)) == []
    assert list(due_between(world.contract, DUE, DUE + SECOND)) == [early]
    assert list(due_between(world.contract, MONDAY, DUE)) == []
    clock_cancel(clock=early, at=DUE + SECOND, actor=world.engineer, reason="重复")
    assert list(due_between(world.contract, DUE, DUE + SECOND)) == []


@pytest.fixture
def rung_clock(world, told):
    clock = make_clock(world.contract, MONDAY)
    fire_due(DUE + SECOND)
    deliver_due(DUE + 2 * SECOND)
    return clock


def test_page_explains_the_clock_to_the_staff_with_its_ladder(world, rung_clock, client):
    client.force_login(world.engineer)
    client.cookies["language"] = "en"
    response = client.get(reverse("sla:why", args=[rung_clock.pk]))
    page = response.content.decode()
    assert response.status_code == 200
    for words in ("09:10:00", "09:15:00", "09:15:01", "一.4", "受理区", "项目经理", "After 3 min", "Breach"):
        assert words in page
    assert "<html" in page


def test_fragment_is_the_same_without_the_frame(world, rung_clock, client):
    client.force_login(world.engineer)
    response = client.get(reverse("sla:why", args=[rung_clock.pk]), HTTP_HX_REQUEST="true")
    assert "<html" not in response.content.decode()
    assert "09:15:00" in response.content.decode()


def test_client_sees_the_reckoning_but_not_whom_the_ladder_told(world, rung_clock, client):
    client.force_login(world.supervisor)
    page = client.get(reverse("sla:why", args=[rung_clock.pk])).content.decode()
    assert "09:15:00" in page
    assert "项目经理" not in page


def test_clock_of_another_contract_does_not_exist(world, rung_clock, client):
    other = make_world("b")
    client.force_login(other.manager)
    assert client.get(reverse("sla:why", args=[rung_clock.pk])).status_code == 404
    assert clock_visible_to(other.manager, rung_clock.pk) is None
    assert clock_visible_to(world.manager, rung_clock.pk) == rung_clock
    assert client.get(reverse("sla:why", args=[999_999])).status_code == 404


def test_clock_of_a_record_that_one_may_not_see_does_not_exist(world, rung_clock, client):
    from core import subjects
    from parties.models import Unit

    hidden = subjects.get(rung_clock.subject_type)
    object.__setattr__(hidden, "visible_to", lambda _user: Unit.objects.none())
    client.force_login(world.engineer)
    assert client.get(reverse("sla:why", args=[rung_clock.pk])).status_code == 404
