"""A year's arrangement comes in: read, looked at, taken over for every contract, and asked for while it is missing."""

import datetime as dt
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from contract import tasks
from contract.models import MissingYearReminder, NationalDay, PublishedYear
from contract.rules import NationalDaysError
from contract.rules.national import fixed_by_law, missing_year
from contract.services.calendar import NATIONAL_DAYS, calendar_of, national_days_load
from contract.services.national import missing_year_remind, national_read, national_take, problems_in_words
from contract.tests.make import Witness, as_, text_of
from core import clock
from core.clock import SHANGHAI
from core.errors import Invalid, NotAllowed
from records.models import AuditEntry
from tests.make import World, make_world

NOTICE = "国办发明电〔2026〕9号"
HEADING = "year,date,kind,name,notice\n"
TABLE = (
    HEADING
    + "".join(f"2027,{date},holiday,{name},{NOTICE}\n" for date, name in fixed_by_law(2027).items())
    + f"2027,2027-01-02,makeup,元旦,{NOTICE}\n"
)
NOVEMBER = dt.datetime(2026, 11, 16, 10, tzinfo=SHANGHAI)
NEW_YEAR = dt.date(2027, 1, 1)
MISSING_2027, LOADED_2027 = (
    "The holiday arrangement of %(year)s is missing",
    "The holiday arrangement of %(years)s is loaded",
)


def messages() -> Any:
    """The posted messages; their app lies above the calendar, which must not know it."""
    return apps.get_model("notifications", "Message")._default_manager


@pytest.fixture(autouse=True)
def in_november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOVEMBER)


@pytest.fixture
def here(db: None, in_november: None) -> World:
    return make_world()


def take(world: World, table: str = TABLE, **changes: Any) -> list[int]:
    arguments: dict[str, Any] = {"actor": world.admin, "at": NOVEMBER} | changes
    return national_take(contract=world.contract, days=national_read(table), **arguments)


def test_a_year_taken_over_ends_being_provisional_for_every_contract(here: World) -> None:
    other = make_world("b")
    assert calendar_of(other.contract).is_provisional(NEW_YEAR, NEW_YEAR)
    assert take(here) == [2027]
    for world in (here, other):
        calendar = calendar_of(world.contract)
        assert not calendar.is_provisional(NEW_YEAR, dt.date(2027, 12, 31))
        assert calendar.is_working_day(dt.date(2027, 1, 2))
    year = PublishedYear.objects.get(year=2027)
    assert (year.notice, year.loaded_by) == (NOTICE, here.admin)
    entry = AuditEntry.objects.get(verb="national_take", subject_id=year.pk)
    assert (entry.actor, entry.before, len(entry.after["days"])) == (here.admin, {}, 7)


def test_the_watchers_are_told_once_and_the_managers_read_it(here: World, witness: Witness) -> None:
    other = make_world("b")
    take(here)
    assert witness.announced == [{"years": [2027], "notice": NOTICE, "actor": here.admin, "at": NOVEMBER}]
    posted = messages().filter(title=LOADED_2027)
    told = {recipient for message in posted for recipient in message.deliveries.values_list("recipient", flat=True)}
    assert told == {here.manager.pk, other.manager.pk}


def test_a_failing_watcher_leaves_the_year_unloaded(here: World, witness: Witness, monkeypatch: Any) -> None:
    def fail(**_: Any) -> int:
        raise RuntimeError("the watcher failed")

    from core import watchers

    monkeypatch.setattr(
        watchers, "_watchers", {"witness": watchers.Watcher("witness", "", witness.differences, announced=fail)}
    )
    with pytest.raises(RuntimeError):
        take(here)
    assert not PublishedYear.objects.filter(year=2027).exists()
    assert not NationalDay.objects.filter(year=2027).exists()


def test_what_comes_with_the_product_is_announced_too(here: World, witness: Witness) -> None:
    NationalDay.objects.filter(year=2026).delete()
    PublishedYear.objects.filter(year=2026).delete()
    assert national_days_load(at=NOVEMBER) == [2026]
    assert [told["years"] for told in witness.announced] == [[2026]]


def test_the_same_again_changes_nothing_and_says_so(here: World, witness: Witness) -> None:
    take(here)
    with pytest.raises(Invalid):
        take(here)
    assert len(witness.announced) == 1
    assert messages().filter(title=LOADED_2027).count() == 1


def test_a_date_of_another_year_is_refused(here: World) -> None:
    table = TABLE + f"2027,2026-12-31,holiday,元旦,{NOTICE}\n"
    NationalDay.objects.create(year=2026, date=dt.date(2026, 12, 31), kind="makeup", name="元旦", notice="旧")
    with pytest.raises(Invalid, match="2026-12-31"):
        take(here, table)
    assert not PublishedYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize("who", ["manager", "engineer", "supervisor", "clerk"])
def test_only_an_administrator_loads_a_year(here: World, who: str) -> None:
    with pytest.raises(NotAllowed):
        take(here, actor=getattr(here, who))
    for path in ("/calendar/national/", "/calendar/national/template/", "/calendar/national/export/"):
        assert as_(here, who).get(path).status_code == 403
    assert as_(here, who).post("/calendar/national/take/", {"table": TABLE}).status_code == 403


# The page -------------------------------------------------------------------------------------------------------------


def upload(world: World, content: bytes) -> Any:
    file = SimpleUploadedFile("2027.csv", content, content_type="text/csv")
    return as_(world, "admin").post("/calendar/national/", {"file": file})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_looked_at_before_it_is_taken_over(here: World, encoding: str) -> None:
    page = upload(here, TABLE.encode(encoding))
    assert page.status_code == 200
    assert {row["state"] for row in page.context["rows"]} == {"new"}
    assert not PublishedYear.objects.filter(year=2027).exists()
    table = page.context["form"].initial["table"]
    response = as_(here, "admin").post("/calendar/national/take/", {"table": table.replace("\n", "\r\n")})
    assert (response.status_code, response.headers["Location"]) == (302, "/calendar/2027/")
    assert NationalDay.objects.get(date=NEW_YEAR).name == "元旦"


def test_every_bad_row_is_told_with_its_line_and_the_file_refused_whole(here: World) -> None:
    bad = TABLE + f"2027,2027-02-30,holiday,春节,{NOTICE}\n2027,2027-02-10,makeup,春节,{NOTICE}\n2027,2027-03-01\n"
    page = upload(here, bad.encode())
    assert page.status_code == 422
    told = page.context["problems"]
    assert [next(number for number in ("9", "10", "11") if number in line) for line in told] == ["9", "10", "11"]
    assert not PublishedYear.objects.filter(year=2027).exists()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"year,date\n", b'year,date,kind,name,notice\n"', b"a\x00b\n"]
)
def test_what_is_no_table_is_refused_with_words(here: World, content: bytes) -> None:
    page = upload(here, content)
    assert page.status_code == 422
    assert page.context["problems"] or page.context["upload"].errors


def test_a_file_that_is_too_large_is_not_read(here: World) -> None:
    page = upload(here, TABLE.encode() + b" " * 70_000)
    assert page.status_code == 422
    assert "file" in page.context["upload"].errors


def test_a_year_can_be_typed_by_hand(here: World) -> None:
    rows = "\n".join(f"{date}, 休, {name}" for date, name in fixed_by_law(2027).items()) + "\n\n2027-01-02 班 元旦"
    body = {"year": "2027", "notice": NOTICE, "rows": rows}
    page = as_(here, "admin").post("/calendar/national/", body)
    assert page.status_code == 200
    assert len(page.context["rows"]) == 7
    wrong = as_(here, "admin").post("/calendar/national/", body | {"rows": f"{rows}\n2027-02-31 休 春节"})
    assert wrong.status_code == 422
    (told,) = wrong.context["problems"]
    assert "9" in told, "the line as it was typed"
    assert wrong.context["typed"]["rows"].value().endswith("春节"), "what was typed stays"


def test_a_loaded_year_shows_what_would_change_before_it_is_replaced(here: World) -> None:
    take(here)
    corrected = TABLE.replace("2027-01-02,makeup", "2027-01-09,makeup").replace("劳动节", "五一")
    page = upload(here, corrected.encode())
    states = {row["date"]: row["state"] for row in page.context["rows"]}
    assert states[dt.date(2027, 1, 2)] == "gone"
    assert states[dt.date(2027, 1, 9)] == "new"
    assert states[dt.date(2027, 5, 1)] == "changed"
    assert states[NEW_YEAR] == "same"
    assert page.context["replaces"] == [2027]
    assert take(here, corrected) == [2027]
    assert not calendar_of(here.contract).is_working_day(dt.date(2027, 1, 2))


def test_the_template_wants_only_what_the_notice_says(here: World) -> None:
    table = text_of(as_(here, "admin").get("/calendar/national/template/"))
    with pytest.raises(NationalDaysError) as refused:
        national_read(table)
    assert {problem.code for problem in refused.value.problems} == {"notice"}
    filled = table.replace(",\r\n", f",{NOTICE}\r\n")
    assert {day.year for day in national_read(filled)} == {2027}


def test_what_is_exported_can_be_loaded_again(here: World) -> None:
    table = text_of(as_(here, "admin").get("/calendar/national/export/"))
    assert national_read(table) == national_read(NATIONAL_DAYS.read_text(encoding="utf-8"))


def test_the_page_lists_what_is_loaded_in_a_constant_number_of_statements(here: World) -> None:
    client = as_(here, "admin")
    client.get("/calendar/national/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            page = client.get("/calendar/national/")
        counts.append(len(seen))
        take_2027_once(here)
    assert counts[0] == counts[1]
    assert [year["row"].year for year in page.context["years"]] == [2027, 2026, 2025, 2024]


def take_2027_once(world: World) -> None:
    if not PublishedYear.objects.filter(year=2027).exists():
        take(world)


def test_problems_are_told_in_the_readers_language() -> None:
    with pytest.raises(NationalDaysError) as refused:
        national_read(HEADING + "20x7,2027-01-01,holiday,元旦,通知\n")
    with translation.override("en"):
        assert problems_in_words(refused.value) == ["Line 2: this is no year: “20x7”"]
        assert problems_in_words(refused.value, first_line=0) == ["Line 1: this is no year: “20x7”"]


# While a year is missing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "published", "missing"),
    [
        (dt.date(2026, 11, 14), {2026}, None),
        (dt.date(2026, 11, 15), {2026}, 2027),
        (dt.date(2026, 12, 31), {2026}, 2027),
        (dt.date(2026, 12, 31), {2026, 2027}, None),
        (dt.date(2027, 1, 1), {2026}, 2027),
        (dt.date(2027, 11, 20), {2026}, 2027),
        (dt.date(2027, 6, 1), {2027}, None),
    ],
)
def test_a_year_is_missed_from_mid_november_on_and_while_it_runs(
    today: dt.date, published: set[int], missing: int
) -> None:
    assert missing_year(published, today) == missing


def test_manager_and_administrator_are_warned_at_home_until_it_is_loaded(here: World) -> None:
    def warned(who: str) -> bool:
        page = as_(here, who).get("/reports/notes/" if who in ("manager", "admin") else "/")
        return any(panel.template == "contract/_missing_year.html" for panel in page.context["panels"])

    assert [who for who in ("manager", "admin", "engineer", "supervisor", "clerk") if warned(who)] == [
        "manager",
        "admin",
    ]
    take(here)
    assert not warned("manager")


def test_the_reminder_comes_once_a_week_however_often_it_is_asked_for(here: World) -> None:
    other = make_world("b")
    days = [NOVEMBER + dt.timedelta(days=number) for number in range(14)]
    assert [missing_year_remind(at=day) for day in days] == [2, *[0] * 6, 2, *[0] * 6]
    posted = messages().filter(title=MISSING_2027, contract=here.contract)
    assert posted.count() == 2
    told = {pk for message in posted for pk in message.deliveries.values_list("recipient", flat=True)}
    assert told == {here.manager.pk, here.admin.pk}
    assert MissingYearReminder.objects.filter(contract=other.contract).count() == 2


def test_nobody_is_reminded_of_a_year_that_is_loaded_or_by_a_contract_that_is_over(here: World) -> None:
    assert missing_year_remind(at=dt.datetime(2026, 11, 14, 10, tzinfo=SHANGHAI)) == 0
    type(here.contract).objects.filter(pk=here.contract.pk).update(ends_on=dt.date(2026, 11, 1))
    assert missing_year_remind(at=NOVEMBER) == 0
    type(here.contract).objects.filter(pk=here.contract.pk).update(ends_on=dt.date(2030, 3, 15))
    take(here)
    assert missing_year_remind(at=NOVEMBER) == 0


def test_beats_task_reminds(here: World) -> None:
    assert tasks.remind_missing_year() == 1
    assert tasks.remind_missing_year() == 0
