"""Calendars of contracts: publishing, caching, national days, and what stays apart."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contract import rules
from contract.models import CalendarRevision, NationalDay, PublishedYear
from contract.rules import DayKind, NationalKind
from contract.services.calendar import (
    OverrideData,
    calendar_of,
    calendar_publish,
    current_revision,
    national_days_load,
    national_year_load,
)
from contract.services.load import contract_load
from core.clock import SHANGHAI
from core.errors import Invalid
from parties.models import Contract
from records.models import AuditEntry
from tests.make import SIGNED, make_contract

pytestmark = pytest.mark.django_db
WEEK = {str(day): [["08:30", "18:00"]] for day in range(1, 6)}
LATER = SIGNED + dt.timedelta(days=30)


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def publish(contract, **changes):
    arguments = {
        "weekday_windows": WEEK,
        "extended_saturday": ["09:00", "13:00"],
        "overrides": [],
        "reason": "甲方通知",
        "actor": None,
        "at": LATER,
    }
    return calendar_publish(contract=contract, **{**arguments, **changes})


def test_the_first_calendar_is_the_contracts():
    calendar = calendar_of(make_contract())
    monday = calendar.day(dt.date(2024, 3, 18))
    assert [str(window) for window in monday.windows] == ["08:30–18:00"]
    assert calendar.day(dt.date(2024, 3, 23)).kind is DayKind.EXTENDED_SATURDAY
    assert not calendar.day(dt.date(2024, 6, 8)).has_service
    assert not calendar.day(dt.date(2024, 5, 4)).has_service
    assert calendar.day(dt.date(2026, 2, 14)).kind is DayKind.MAKEUP_WORKDAY
    assert calendar.working_days_between(dt.date(2024, 3, 15), dt.date(2025, 3, 15)) == 248
    assert not calendar.is_provisional(dt.date(2024, 1, 1), dt.date(2026, 12, 31))
    assert calendar.is_provisional(dt.date(2027, 1, 1), dt.date(2027, 1, 1))


def test_a_warm_calendar_costs_one_small_query():
    contract = make_contract()
    first = calendar_of(contract)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert calendar_of(contract) is first
    assert len(queries) == 1
    assert "contract_calendaroverride" not in queries[0]["sql"]
    revision = current_revision(contract)
    with CaptureQueriesContext(connection) as queries:
        assert calendar_of(contract, revision) is first
    assert len(queries) == 1


def test_a_new_revision_counts_at_once_and_the_old_one_stays_readable():
    contract = make_contract()
    old = current_revision(contract)
    instant = at("2024-03-22 17:58")
    assert calendar_of(contract).add(instant, 300) == at("2024-03-23 09:03")
    new = publish(contract, extended_saturday=None)
    assert (old.number, new.number, current_revision(contract)) == (1, 2, new)
    assert calendar_of(contract).add(instant, 300) == at("2024-03-25 08:33")
    assert calendar_of(contract, old).add(instant, 300) == at("2024-03-23 09:03")


def test_overrides_count_and_belong_to_their_contract_alone():
    first, second = make_contract(), make_contract("T-2", number_tag="b")
    day = dt.date(2024, 3, 20)
    publish(
        first,
        overrides=[
            OverrideData(day, DayKind.CLOSURE, "停电检修"),
            OverrideData(dt.date(2024, 3, 24), DayKind.MAJOR_EVENT, "重大活动", (("08:00", "20:00"),)),
        ],
    )
    assert calendar_of(first).day(day).kind is DayKind.CLOSURE
    assert calendar_of(first).day(day).note == "停电检修"
    assert [str(window) for window in calendar_of(first).day(dt.date(2024, 3, 24)).windows] == ["08:00–20:00"]
    assert calendar_of(second).day(day).kind is DayKind.WORKDAY


def test_publishing_is_in_the_history():
    contract = make_contract()
    revision = publish(contract, reason="甲方函告")
    entry = AuditEntry.objects.filter(verb="calendar_publish", subject_id=revision.pk).get()
    assert (entry.contract, entry.reason, entry.before, entry.after["number"]) == (
        contract,
        "甲方函告",
        {"number": 1},
        2,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "  "},
        {"weekday_windows": {}},
        {"weekday_windows": {**WEEK, "3": [["09:00", "17:00"]]}},
        {"weekday_windows": {"1": [["18:00", "08:30"]]}},
        {"weekday_windows": {"9": [["08:30", "18:00"]]}},
        {"weekday_windows": {"1": [["noon", "18:00"]]}},
        {"extended_saturday": ["13:00", "09:00"]},
        {"overrides": [OverrideData(dt.date(2024, 3, 20), DayKind.CLOSURE, "一")] * 2},
        {"overrides": [OverrideData(dt.date(2024, 3, 20), DayKind.EXTENDED_SATURDAY, "周三")]},
        {"overrides": [OverrideData(dt.date(2024, 3, 20), DayKind.WORKDAY, "空", ())]},
    ],
)
def test_contradictions_are_refused_and_change_nothing(changes):
    contract = make_contract()
    with pytest.raises(Invalid):
        publish(contract, **changes)
    assert CalendarRevision.objects.filter(contract=contract).count() == 1


def test_a_contract_without_a_calendar_says_so():
    contract = make_contract()
    bare = Contract.objects.create(
        code="bare",
        project_name="x",
        hall=contract.hall,
        client=contract.client,
        contractor=contract.contractor,
        signed_on=contract.signed_on,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
    )
    for read in (calendar_of, current_revision):
        with pytest.raises(Invalid, match="bare"):
            read(bare)


def test_national_days_load_once():
    assert national_days_load(at=SIGNED) == [2024, 2025, 2026]
    before = list(PublishedYear.objects.values_list("year", "loaded_at"))
    count = NationalDay.objects.count()
    assert national_days_load(at=LATER) == []
    assert (list(PublishedYear.objects.values_list("year", "loaded_at")), NationalDay.objects.count()) == (
        before,
        count,
    )


def test_a_new_year_ends_being_provisional_in_calendars_that_were_read_before():
    contract = make_contract()
    new_year = dt.date(2027, 1, 1)
    assert calendar_of(contract).is_provisional(new_year, new_year)
    names = [
        (1, 1, "元旦"),
        (5, 1, "劳动节"),
        (5, 2, "劳动节"),
        (10, 1, "国庆节"),
        (10, 2, "国庆节"),
        (10, 3, "国庆节"),
    ]
    days = [
        rules.NationalDay(2027, dt.date(2027, month, day), NationalKind.HOLIDAY, name, "演示通知")
        for month, day, name in names
    ]
    assert national_year_load(days=days, at=LATER) == [2027]
    assert not calendar_of(contract).is_provisional(new_year, new_year)


def test_a_corrected_year_replaces_the_old_days_of_that_year_only():
    contract = make_contract()
    makeup = dt.date(2026, 2, 14)
    assert calendar_of(contract).is_working_day(makeup)
    days = [day for day in rules.read_national_days(_table()) if day.year == 2026 and day.date != makeup]
    assert national_year_load(days=days, at=LATER) == [2026]
    assert not calendar_of(contract).is_working_day(makeup)
    assert calendar_of(contract).is_working_day(dt.date(2024, 4, 7))


def _table():
    from contract.services.calendar import NATIONAL_DAYS

    return NATIONAL_DAYS


def test_loading_a_contract_again_changes_nothing():
    contract = make_contract()

    def counts():
        return [
            getattr(contract, name).count() for name in ("clauses", "terms", "service_categories", "calendar_revisions")
        ]

    before = counts()
    assert all(before)
    contract_load(contract=contract, at=LATER)
    assert counts() == before
