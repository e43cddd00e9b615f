"""The calendar's preview knows which weekly reports it would move."""

from datetime import UTC, date, datetime

import pytest

from contract.models import CalendarRevision
from contract.rules import DayKind
from contract.services.calendar import OverrideData, calendar_of, calendar_publish
from reports.models import WeeklyReport
from reports.watchers import report_differences
from tests.make import World, make_world

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2024, 4, 3, 2, tzinfo=UTC)


def _closed_monday(world: World, day: date) -> CalendarRevision:
    before = CalendarRevision.objects.filter(contract=world.contract).latest("number")
    return calendar_publish(
        contract=world.contract,
        weekday_windows=before.weekday_windows,
        extended_saturday=before.extended_saturday,
        overrides=[OverrideData(day, DayKind.CLOSURE, "停电检修")],
        reason="停电检修",
        actor=world.manager,
        at=WEDNESDAY,
    )


def test_a_closed_monday_moves_the_report_of_the_week_before() -> None:
    world = make_world()
    old = calendar_of(world.contract)
    new = calendar_of(world.contract, _closed_monday(world, date(2024, 4, 8)))
    found = report_differences(world.contract, old, new, WEDNESDAY)
    assert [(one.key, one.before, one.after, one.amendable) for one in found] == [
        ("week:2024-W14", "2024-04-08 12:00", "2024-04-09 12:00", False)
    ]
    assert found[0].url == "/reports/weekly/2024-W14/"
    assert WeeklyReport.objects.count() == 0


def test_a_day_that_is_no_monday_moves_no_report() -> None:
    world = make_world()
    old = calendar_of(world.contract)
    new = calendar_of(world.contract, _closed_monday(world, date(2024, 4, 10)))
    assert report_differences(world.contract, old, new, WEDNESDAY) == []
