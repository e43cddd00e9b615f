"""Planning the weekly hours and the extended Saturday from a day on."""

import datetime as dt
from typing import Any

import pytest

from contract.rules import DayKind
from contract.services.calendar import calendar_of, current_revision
from contract.services.draft import calendar_edit_week, calendar_undo, plan_of
from contract.tests.make import NOW, as_, publish
from core.errors import Conflict, Invalid, NotAllowed
from tests.make import World

JUNE = dt.date(2024, 6, 3)
BODY = {
    "weekdays": ["0", "1", "2", "3", "4"],
    "windows": "09:00-12:00, 13:00-17:00",
    "extended_saturday": "",
    "valid_from": str(JUNE),
    "reason": "补充协议",
}


def edit_week(world: World, **changes: Any) -> None:
    arguments: dict[str, Any] = {
        "weekdays": range(5),
        "windows": [("09:00", "17:00")],
        "extended_saturday": None,
        "valid_from": JUNE,
        "reason": "补充协议",
        "actor": world.manager,
    }
    calendar_edit_week(contract=world.contract, at=NOW, **(arguments | changes))


def hours(world: World, date: dt.date) -> list[str]:
    return [str(window) for window in calendar_of(world.contract).day(date).windows]


def test_days_before_keep_their_hours_when_a_new_week_is_published(world: World) -> None:
    edit_week(world)
    publish(world)
    before, after = JUNE - dt.timedelta(days=3), JUNE
    assert (hours(world, before), hours(world, after)) == (["08:30–18:00"], ["09:00–17:00"])
    calendar = calendar_of(world.contract)
    assert calendar.day(dt.date(2024, 6, 1)).kind is DayKind.EXTENDED_SATURDAY
    assert calendar.day(dt.date(2024, 6, 15)).kind is DayKind.WEEKEND
    assert calendar_of(world.contract, current_revision(world.contract)) == calendar


def test_a_second_week_follows_the_first_and_an_earlier_one_replaces_it(world: World) -> None:
    edit_week(world)
    publish(world)
    later, earlier = dt.date(2024, 9, 2), dt.date(2024, 5, 6)
    edit_week(world, windows=[("10:00", "16:00")], valid_from=later)
    publish(world)
    assert [hours(world, day) for day in (dt.date(2024, 4, 1), JUNE, later)] == [
        ["08:30–18:00"],
        ["09:00–17:00"],
        ["10:00–16:00"],
    ]
    edit_week(world, windows=[("08:00", "16:00")], valid_from=earlier)
    publish(world)
    assert [hours(world, day) for day in (dt.date(2024, 4, 1), earlier, later)] == [
        ["08:30–18:00"],
        ["08:00–16:00"],
        ["08:00–16:00"],
    ]


def test_the_preview_counts_days_from_the_weeks_day_on_only(world: World) -> None:
    edit_week(world)
    dates = [difference.date for difference in plan_of(world.contract).differences()]
    assert dates[0] == JUNE
    assert dates[-1].year == world.contract.ends_on.year
    assert len(dates) > 1000


def test_the_week_leaves_the_draft_again(world: World) -> None:
    edit_week(world)
    calendar_undo(contract=world.contract, date=None, actor=world.manager, at=NOW)
    assert plan_of(world.contract).is_empty
    with pytest.raises(Conflict):
        calendar_undo(contract=world.contract, date=None, actor=world.manager, at=NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"weekdays": set()}, "weekdays"),
        ({"windows": []}, "windows"),
        ({"windows": [("09:00", "12:00"), ("11:00", "17:00")]}, "windows"),
        ({"weekdays": range(6), "extended_saturday": ("09:00", "13:00")}, "extended_saturday"),
    ],
)
def test_a_week_that_cannot_be_is_refused(world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        edit_week(world, **changes)
    assert field in refused.value.fields
    assert plan_of(world.contract).is_empty


def test_only_the_manager_plans_the_week(world: World) -> None:
    with pytest.raises(NotAllowed):
        edit_week(world, actor=world.supervisor)


def test_the_form_shows_the_present_week_and_plans_the_next(world: World) -> None:
    client = as_(world, "manager")
    form = client.get("/calendar/week/").context["form"]
    assert form.initial["windows"] == "08:30–18:00"
    assert form.initial["extended_saturday"] == "09:00–13:00"
    assert client.post("/calendar/week/", BODY).status_code == 302
    week = plan_of(world.contract).week
    assert week is not None
    assert week.weekday_windows["1"] == [["09:00", "12:00"], ["13:00", "17:00"]]
    assert week.extended_saturday is None
    refused = client.post("/calendar/week/", BODY | {"extended_saturday": "09:00-10:00, 11:00-12:00", "weekdays": []})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"extended_saturday", "weekdays"}
