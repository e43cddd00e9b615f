"""The year page: what each day is, for everybody; on paper and as a table."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contract.rules import DayKind
from contract.services.draft import plan_of
from contract.tests.make import ALL_WEEK, DAY, NOW, as_, edit, publish, text_of
from core import clock
from core.roles import ROLES
from tests.make import World


def cells(page: Any) -> dict[dt.date, dict[str, Any]]:
    return {
        cell["date"]: cell
        for month in page.context["months"]
        for week in month["weeks"]
        for cell in week
        if cell is not None
    }


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_the_year_and_only_the_manager_is_offered_changes(world: World, role: str) -> None:
    client = as_(world, role)
    assert client.get("/calendar/").headers["Location"] == "/calendar/2024/"
    page = client.get("/calendar/2024/")
    assert page.status_code == 200
    assert page.context["can_edit"] is (role == "manager")
    assert ("/calendar/edit/" in text_of(page)) is (role == "manager")
    assert ("/calendar/national/" in text_of(page)) is (role == "admin")


def test_twelve_months_hold_every_day_once_monday_first(world: World) -> None:
    page = as_(world, "clerk").get("/calendar/2024/")
    assert len(page.context["months"]) == 12
    found = cells(page)
    assert list(found) == [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(366)]
    for month in page.context["months"]:
        for week in month["weeks"]:
            assert len(week) == 7
            assert all(cell is None or cell["date"].weekday() == column for column, cell in enumerate(week))


@pytest.mark.parametrize(
    ("day", "mark", "look", "words"),
    [
        ("2024-03-18", "", "cal-workday", "08:30–18:00"),
        ("2024-03-23", "延", "cal-extended-saturday", "09:00–13:00"),
        ("2024-04-07", "班", "cal-makeup-workday", "国办发明电〔2023〕7号"),
        ("2024-05-01", "休", "cal-statutory-holiday", "劳动节"),
        ("2024-06-08", "", "cal-weekend cal-local", "端午节小长假中的周六"),
        ("2024-03-24", "", "cal-weekend", "2024-03-24"),
    ],
)
def test_each_day_says_what_it_is_by_mark_colour_and_words(
    world: World, day: str, mark: str, look: str, words: str
) -> None:
    cell = cells(as_(world, "engineer").get("/calendar/2024/"))[dt.date.fromisoformat(day)]
    assert cell["mark"] == mark
    assert set(look.split()) <= set(cell["classes"].split())
    assert words in cell["words"]


def test_a_local_workday_on_a_weekend_and_a_local_day_off_carry_marks(world: World) -> None:
    sunday = dt.date(2024, 4, 14)
    edit(world, sunday, kind=DayKind.WORKDAY)
    edit(world, DAY, kind=DayKind.WEEKEND)
    edit(world, DAY + dt.timedelta(days=1), kind=DayKind.WORKDAY, windows=[("08:30", "12:00")])
    publish(world)
    found = cells(as_(world, "clerk").get("/calendar/2024/"))
    assert (found[sunday]["mark"], found[DAY]["mark"]) == ("班", "休")
    assert [found[DAY + dt.timedelta(days=n)]["special"] for n in (-1, 0, 1)] == [False, False, True]


def test_a_day_asked_for_shows_its_details(world: World) -> None:
    page = as_(world, "clerk").get("/calendar/2024/?day=2024-04-07")
    facts = {str(value) for _label, value in page.context["facts"]}
    assert {"08:30–18:00", "清明节", "国办发明电〔2023〕7号"} <= facts
    for address in ("/calendar/2024/?day=nonsense", "/calendar/2024/?day=2023-01-01"):
        assert as_(world, "clerk").get(address).context["day"].date == NOW.date()
    assert as_(world, "clerk").get("/calendar/2025/").context["day"].date == dt.date(2025, 1, 1)
    assert as_(world, "clerk").get("/calendar/?day=2025-02-03").headers["Location"] == "/calendar/2025/?day=2025-02-03"


def test_a_year_without_its_arrangement_is_marked_provisional(world: World) -> None:
    page = as_(world, "manager").get("/calendar/2027/")
    assert page.context["provisional"] == 365
    assert all("cal-provisional" in cell["classes"] for cell in cells(page).values())
    assert as_(world, "manager").get("/calendar/2026/").context["provisional"] == 0


def test_today_is_todays_date_in_the_hall(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: dt.datetime(2024, 12, 31, 16, 30, tzinfo=dt.UTC))
    page = as_(world, "clerk").get("/calendar/", follow=True)
    assert [day for day, cell in cells(page).items() if cell["today"]] == [dt.date(2025, 1, 1)]


@pytest.mark.parametrize("year", ["1999", "2100", "0", "999999"])
def test_years_beyond_the_calendar_do_not_exist(world: World, year: str) -> None:
    for path in (f"/calendar/{year}/", f"/calendar/{year}/csv/", f"/calendar/{year}/pdf/"):
        assert as_(world, "manager").get(path).status_code == 404


def test_the_figures_are_the_years(world: World) -> None:
    figures = [count for _label, count in as_(world, "leader").get("/calendar/2024/").context["counts"]]
    assert figures == [251, 8, 43, 28, 1]


def test_the_table_has_every_day_and_what_it_is(world: World) -> None:
    rows = list(
        csv.reader(io.StringIO(text_of(as_(world, "auditor").get("/calendar/2024/csv/")).removeprefix("\ufeff")))
    )
    assert len(rows) == 367
    (makeup,) = [row for row in rows if row[0] == "2024-04-07"]
    assert makeup[4] == "08:30–18:00"
    assert makeup[6:8] == ["清明节", "国办发明电〔2023〕7号"]


def test_the_sheet_to_hang_up_is_a_pdf(world: World) -> None:
    response = as_(world, "clerk").get("/calendar/2024/pdf/")
    assert response.content.startswith(b"%PDF-")


def test_the_page_asks_the_same_however_much_is_set_and_planned(world: World) -> None:
    client = as_(world, "manager")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/calendar/2024/").status_code == 200
        return len(seen)

    edit(world)
    publish(world)
    edit(world, kind=None, reason="取消")
    statements()
    before = statements()
    edit(world, dt.date(2024, 4, 1), dt.date(2024, 12, 31), weekdays=ALL_WEEK)
    publish(world)
    edit(world, dt.date(2024, 4, 1), dt.date(2024, 12, 31), kind=None, reason="取消")
    statements()
    assert statements() == before
    assert len(plan_of(world.contract).changes) == 275
