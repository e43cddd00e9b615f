"""`manage.py explain_due` on a loaded contract, by the vectors of the promise engine."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from tests.make import make_contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def terms():
    """The closed term and its renewal."""
    first = make_contract("C-1", ends_on=date(2025, 3, 15))
    return first, make_contract("C-1-续", renews=first, starts_on=date(2025, 12, 1), ends_on=date(2026, 11, 30))


def explain_due(capsys, *arguments):
    call_command("explain_due", "--json", *arguments)
    return json.loads(capsys.readouterr().out)


VECTORS = [
    ("2024-03-18T09:10:00+08:00", ("--seconds", "300"), "2024-03-18T09:15:00+08:00"),
    ("2024-03-18T12:30:00+08:00", ("--seconds", "300"), "2024-03-18T12:35:00+08:00"),
    ("2024-03-18T07:50:00+08:00", ("--seconds", "300"), "2024-03-18T08:35:00+08:00"),
    ("2024-03-18T17:58:00+08:00", ("--seconds", "300"), "2024-03-19T08:33:00+08:00"),
    ("2024-03-22T17:58:00+08:00", ("--seconds", "300"), "2024-03-23T09:03:00+08:00"),
    ("2024-06-07T17:58:00+08:00", ("--seconds", "300"), "2024-06-11T08:33:00+08:00"),
    ("2024-04-07T10:00:00+08:00", ("--seconds", "300"), "2024-04-07T10:05:00+08:00"),
    ("2024-05-01T10:00:00+08:00", ("--seconds", "300"), "2024-05-06T08:35:00+08:00"),
    ("2026-02-13T17:58:00+08:00", ("--seconds", "300"), "2026-02-14T08:33:00+08:00"),
    ("2026-02-14T17:30:00+08:00", ("--seconds", "3600"), "2026-02-24T09:00:00+08:00"),
    ("2024-09-11T10:00:00+08:00", ("--working-days", "5"), "2024-09-19T18:00:00+08:00"),
    ("2024-09-11T10:00:00+08:00", ("--working-days", "7"), "2024-09-23T18:00:00+08:00"),
    ("2024-09-27T10:00:00+08:00", ("--working-days", "5"), "2024-10-10T18:00:00+08:00"),
    ("2024-10-01T03:00:00+08:00", ("--continuous-seconds", "1800"), "2024-10-01T03:30:00+08:00"),
    ("2025-03-15T10:00:00+08:00", ("--working-days", "10"), "2025-03-28T18:00:00+08:00"),
    ("2024-03-18T17:55:00+08:00", ("--seconds", "300"), "2024-03-18T18:00:00+08:00"),
    ("2024-03-18T07:50:00+08:00", ("--seconds", "34200"), "2024-03-18T18:00:00+08:00"),
    ("2024-06-03T10:00:00+08:00", ("--calendar-days", "10"), "2024-06-14T00:00:00+08:00"),
    ("2024-06-03T10:00:00+08:00", ("--calendar-days", "15"), "2024-06-19T00:00:00+08:00"),
]


def test_the_vectors_of_the_promise_engine(terms, capsys):
    dues = [(at, target, explain_due(capsys, "--at", at, *target)["due_at"]) for at, target, _ in VECTORS]
    assert dues == VECTORS


def test_segments_say_which_time_counted(terms, capsys):
    report = explain_due(capsys, "--at", "2026-02-13T17:58:00+08:00", "--seconds", "300")
    assert (report["contract"], report["start"]) == ("C-1-续", "2026-02-13T17:58:00+08:00")
    assert report["target"]["kind"] == "service_seconds"
    assert report["target"]["amount"] == 300
    assert report["provisional"] is False
    assert [(s["start"], s["end"], s["seconds"], s["kind"], s["source"]) for s in report["segments"]] == [
        ("2026-02-13T17:58:00+08:00", "2026-02-13T18:00:00+08:00", 120, "workday", "weekly_rule"),
        ("2026-02-14T08:30:00+08:00", "2026-02-14T08:33:00+08:00", 180, "makeup_workday", "makeup"),
    ]


def test_counted_days_are_segments_too(terms, capsys):
    report = explain_due(capsys, "--at", "2024-09-11T10:00:00+08:00", "--working-days", "5")
    assert [s["date"] for s in report["segments"]] == [
        "2024-09-12",
        "2024-09-13",
        "2024-09-14",
        "2024-09-18",
        "2024-09-19",
    ]
    assert {s["seconds"] for s in report["segments"]} == {34200}
    assert [day["date"] for day in report["skipped"]] == ["2024-09-15", "2024-09-16", "2024-09-17"]
    days = explain_due(capsys, "--at", "2024-06-03T10:00:00+08:00", "--calendar-days", "2")["segments"]
    assert [(s["start"], s["seconds"]) for s in days] == [
        ("2024-06-04T00:00:00+08:00", 86400),
        ("2024-06-05T00:00:00+08:00", 86400),
    ]
    (around,) = explain_due(capsys, "--at", "2024-10-01T03:00:00+08:00", "--continuous-seconds", "1800")["segments"]
    assert (around["seconds"], around["kind"], around["source"]) == (1800, None, None)


def test_a_year_that_is_not_published_is_provisional(terms, capsys):
    report = explain_due(capsys, "--at", "2026-12-31T17:58:00+08:00", "--seconds", "300")
    assert (report["due_at"], report["provisional"]) == ("2027-01-02T09:03:00+08:00", True)


def test_the_contract_is_the_one_in_force_else_the_nearest_earlier_else_the_named_one(terms, capsys):
    def contract(*arguments):
        return explain_due(capsys, "--seconds", "1", *arguments)["contract"]

    assert contract("--at", "2024-03-16T10:00:00+08:00") == "C-1"
    assert contract("--at", "2025-03-15T23:59:59+08:00") == "C-1"
    assert contract("--at", "2025-06-01T10:00:00+08:00") == "C-1"
    assert contract("--at", "2025-12-01T00:00:00+08:00") == "C-1-续"
    assert contract("--at", "2028-01-01T00:00:00+08:00") == "C-1-续"
    assert contract("--at", "2024-01-01T10:00:00+08:00", "--contract", "C-1-续") == "C-1-续"


def test_the_local_day_decides_and_a_missing_offset_is_beijing(terms, capsys):
    assert explain_due(capsys, "--seconds", "1", "--at", "2025-11-30T16:30:00Z")["contract"] == "C-1-续"
    assert explain_due(capsys, "--seconds", "1", "--at", "2024-03-18T09:10")["due_at"] == "2024-03-18T09:10:01+08:00"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--at", "yesterday", "--seconds", "1"), "ISO 8601"),
        (("--at", "2024-01-01T10:00:00+08:00", "--seconds", "1"), "No contract"),
        (("--at", "2024-03-18T10:00:00+08:00", "--seconds", "1", "--contract", "X"), "no contract 'X'"),
        (("--at", "2024-03-18T10:00:00+08:00", "--seconds", "-1"), "negative"),
        (("--at", "2024-03-18T10:00:00+08:00", "--seconds", "1", "--extend-on-holiday"), "calendar-days only"),
        (("--at", "2024-03-18T10:00:00+08:00"), "required"),
        (("--at", "2024-03-18T10:00:00+08:00", "--seconds", "1", "--working-days", "1"), "not allowed"),
    ],
)
def test_wrong_input_gets_a_clear_message(terms, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("explain_due", *arguments)


def test_an_empty_database_says_so():
    with pytest.raises(CommandError, match=r"No contract is or was in force on 2024-03-18.*none"):
        call_command("explain_due", "--at", "2024-03-18T10:00:00+08:00", "--seconds", "1")


def test_without_json_it_reads_as_text(terms, capsys):
    call_command("explain_due", "--at", "2026-12-31T17:58:00+08:00", "--seconds", "300")
    out = capsys.readouterr().out
    assert "due_at    2027-01-02T09:03:00+08:00  (provisional" in out
    assert "180 s  extended_saturday weekly_rule" in out
    assert "passed over 2027-01-01  statutory_holiday statutory 元旦" in out
    call_command("explain_due", "--at", "2024-10-01T03:00:00+08:00", "--continuous-seconds", "1800")
    assert "1800 s  around the clock" in capsys.readouterr().out
