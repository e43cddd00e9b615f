"""The weekly report is a promise: it begins when the week ends, is due on Monday at noon, and is kept by issuing."""

from datetime import UTC, datetime, timedelta

import pytest

from contract.models import CalendarRevision
from core.clock import SHANGHAI
from records.models import AuditEntry
from reports.models import WeeklyReport
from reports.services.promise import weekly_promise_stop, weekly_promises_start
from reports.states import ReportStatus
from reports.tasks import start_weekly_promises
from sla.models import Clock, Policy
from sla.services.firing import fire_due
from sla.services.rebuild import rebuild
from tests.make import World, make_world

pytestmark = pytest.mark.django_db
SUNDAY_NIGHT = datetime(2024, 6, 16, 16, tzinfo=UTC)
"""Sunday 2024-06-16, 24:00 in Shanghai."""


@pytest.fixture
def world() -> World:
    return make_world()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_it_begins_once_when_the_week_ends_whenever_it_is_asked(world: World) -> None:
    assert weekly_promises_start(at=SUNDAY_NIGHT + timedelta(minutes=7)) == 1
    assert weekly_promises_start(at=SUNDAY_NIGHT + timedelta(hours=9)) == 0
    clock = Clock.objects.get(kind="weekly_report")
    assert (clock.started_at, clock.due_at) == (SUNDAY_NIGHT, local("2024-06-17 12:00"))
    report = WeeklyReport.objects.get()
    assert (report.iso_week, report.status, clock.subject_id) == ("2024-W24", "draft", report.pk)
    assert AuditEntry.objects.get(verb="open").actor is None
    fire_due(local("2024-06-17 11:00"))
    assert set(clock.alerts.filter(state="fired").values_list("rung", flat=True)) == {"start", "ahead"}


def test_after_a_holiday_it_is_due_on_the_first_working_day(world: World) -> None:
    weekly_promises_start(at=local("2024-06-10 00:00"))
    assert Clock.objects.get().due_at == local("2024-06-11 12:00"), "Monday 10 June is the Dragon Boat Festival"


def test_issuing_keeps_it_or_ends_it_late(world: World) -> None:
    weekly_promises_start(at=SUNDAY_NIGHT)
    report = WeeklyReport.objects.get()
    weekly_promise_stop(report=report, actor=world.manager, at=local("2024-06-17 12:00"), source="page")
    clock = Clock.objects.get()
    assert (clock.kept, clock.net_seconds) == (True, 12_600.0)
    assert rebuild(write=False) == []
    weekly_promises_start(at=local("2024-06-24 00:10"))
    late = WeeklyReport.objects.latest("starts_on")
    weekly_promise_stop(report=late, actor=world.manager, at=local("2024-06-24 12:00:01"), source="page")
    assert Clock.objects.latest("id").kept is False
    weekly_promise_stop(report=late, actor=world.manager, at=local("2024-06-24 13:00"), source="page")


def test_nobody_is_late_with_weeks_that_ended_long_ago_or_reports_that_are_issued(world: World) -> None:
    weekly_promises_start(at=local("2024-09-02 08:00"))
    assert [report.iso_week for report in WeeklyReport.objects.all()] == ["2024-W35"]
    assert WeeklyReport.objects.filter(status=ReportStatus.ISSUED).count() == 0
    assert weekly_promises_start(at=local("2024-03-18 08:00")) == 0, "the first, longer week is not over"
    assert weekly_promises_start(at=local("2031-01-06 08:00")) == 0, "after the term"


def test_a_contract_without_the_promise_or_a_calendar_is_passed_over(world: World) -> None:
    other = make_world("b")
    Policy.objects.filter(contract=world.contract, kind="weekly_report").update(kind="none")
    CalendarRevision.objects.filter(contract=other.contract).update(number=0)
    assert weekly_promises_start(at=SUNDAY_NIGHT) == 0


def test_beat_asks_for_the_week_that_ended_last(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.clock.now", lambda: SUNDAY_NIGHT)
    assert start_weekly_promises() == 1
