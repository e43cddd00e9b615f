"""Planning days: they gather in one draft for everybody and count for nobody yet."""

import datetime as dt
from typing import Any

import pytest

from contract.forms import read_windows
from contract.models import CalendarDraftDay, CalendarRevision
from contract.rules import DayKind
from contract.services.calendar import calendar_of
from contract.services.draft import plan_of
from contract.tests.make import ALL_WEEK, DAY, as_, edit, publish, text_of
from core.errors import Invalid, NotAllowed
from tests.make import World, make_world

BODY = {"first": str(DAY), "last": "", "kind": "closed", "windows": "", "reason": "停电检修"}


def planned(world: World) -> dict[dt.date, str]:
    return {date: day.kind for date, day in plan_of(world.contract).changes.items()}


def test_a_planned_day_counts_nowhere_before_it_is_published(world: World) -> None:
    assert edit(world) == [DAY]
    assert calendar_of(world.contract).day(DAY).kind is DayKind.WORKDAY
    assert CalendarRevision.objects.filter(contract=world.contract).count() == 1
    assert plan_of(world.contract).calendar().day(DAY).kind is DayKind.CLOSURE


def test_a_range_may_mean_some_weekdays_only(world: World) -> None:
    dates = edit(world, dt.date(2024, 4, 1), dt.date(2024, 4, 30), weekdays={2, 4})
    assert {date.weekday() for date in dates} == {2, 4}
    assert len(dates) == 8
    assert planned(world) == dict.fromkeys(dates, "closure")


def test_an_extended_saturday_means_saturdays_only(world: World) -> None:
    dates = edit(world, dt.date(2024, 4, 1), dt.date(2024, 4, 14), kind=DayKind.EXTENDED_SATURDAY)
    assert dates == [dt.date(2024, 4, 6), dt.date(2024, 4, 13)]


def test_the_last_word_on_a_day_counts(world: World) -> None:
    edit(world)
    edit(world, kind=DayKind.WORKDAY, windows=[("08:30", "12:00")], reason="半天")
    (day,) = CalendarDraftDay.objects.filter(draft__contract=world.contract)
    assert (day.kind, day.windows, day.reason) == ("workday", [["08:30", "12:00"]], "半天")
    assert [str(window) for window in plan_of(world.contract).calendar().day(DAY).windows] == ["08:30–12:00"]


def test_a_published_setting_is_taken_away_by_the_rule(world: World) -> None:
    edit(world)
    publish(world)
    assert calendar_of(world.contract).day(DAY).kind is DayKind.CLOSURE
    edit(world, kind=None, reason="检修取消")
    assert planned(world) == {DAY: ""}
    publish(world)
    assert calendar_of(world.contract).day(DAY).kind is DayKind.WORKDAY


def test_taking_away_what_was_only_planned_leaves_nothing(world: World) -> None:
    edit(world)
    edit(world, kind=None, reason="不需要了")
    assert plan_of(world.contract).is_empty
    with pytest.raises(Invalid):
        edit(world, kind=None, reason="没有设定过")


def test_two_people_see_the_same_draft(world: World) -> None:
    edit(world)
    page = text_of(as_(world, "manager").get(f"/calendar/2024/?day={DAY}"))
    assert "停电检修" in page
    assert "停电检修" not in text_of(as_(world, "engineer").get(f"/calendar/2024/?day={DAY}"))


@pytest.mark.parametrize("who", ["engineer", "supervisor", "admin", "clerk"])
def test_only_the_manager_plans(world: World, who: str) -> None:
    with pytest.raises(NotAllowed):
        edit(world, actor=getattr(world, who))
    assert as_(world, who).post("/calendar/edit/", BODY).status_code == 403
    assert plan_of(world.contract).is_empty


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"last": DAY - dt.timedelta(days=1)}, "last"),
        ({"last": DAY + dt.timedelta(days=400)}, "last"),
        ({"weekdays": {6}}, "first"),
        ({"kind": DayKind.EXTENDED_SATURDAY}, "first"),
        ({"kind": DayKind.WORKDAY, "windows": [("08:30", "12:00"), ("11:00", "14:00")]}, "windows"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_planned(world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        edit(world, **changes)
    assert field in refused.value.fields
    assert plan_of(world.contract).is_empty


def test_the_form_plans_and_leads_back_to_the_day(world: World) -> None:
    client = as_(world, "manager")
    assert client.get(f"/calendar/edit/?first={DAY}").status_code == 200
    response = client.post("/calendar/edit/", BODY | {"kind": "half", "windows": "8:30-12:00，13:00至15:30"})
    assert (response.status_code, response.headers["Location"]) == (302, f"/calendar/2024/?day={DAY}")
    change = plan_of(world.contract).changes[DAY]
    assert change.windows == [["08:30", "12:00"], ["13:00", "15:30"]]
    page = text_of(client.get(f"/calendar/edit/?first={DAY}"))
    assert "08:30–12:00、13:00–15:30" in page, "what is planned is proposed"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "half"}, "windows"),
        ({"kind": "closed", "windows": "08:30-12:00"}, "windows"),
        ({"windows": "morning", "kind": "half"}, "windows"),
        ({"windows": "12:00-08:30", "kind": "half"}, "windows"),
        ({"first": "someday"}, "first"),
        ({"first": "1999-12-31"}, "first"),
        ({"reason": ""}, "reason"),
        ({"kind": "holiday"}, "kind"),
    ],
)
def test_wrong_input_is_shown_at_its_field_and_stays_typed(world: World, changes: dict[str, Any], field: str) -> None:
    response = as_(world, "manager").post("/calendar/edit/", BODY | changes)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert plan_of(world.contract).is_empty


def test_another_halls_draft_is_its_own(world: World) -> None:
    other = make_world("b")
    edit(world)
    assert plan_of(other.contract).is_empty
    assert planned(world) == {DAY: "closure"}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("08:30-18:00", [("08:30", "18:00")]),
        ("8:30 – 12:00、13：00～24:00", [("08:30", "12:00"), ("13:00", "24:00")]),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, pairs: list[tuple[str, str]]) -> None:
    assert read_windows(text) == pairs


def test_all_days_of_the_week_are_meant_by_default(world: World) -> None:
    response = as_(world, "manager").post("/calendar/edit/", BODY | {"last": str(DAY + dt.timedelta(days=6))})
    assert response.status_code == 302
    assert {date.weekday() for date in planned(world)} == set(ALL_WEEK)
