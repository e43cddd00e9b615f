"""Rows that are inserted without an object each are the rows that objects would have made."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from core.bulk import insert_rows
from records.models import AuditEntry, PersonKey, Visibility

AT = datetime(2026, 3, 2, 1, 0, 0, 250_000, tzinfo=UTC)
NAMES = ("contract_id", "subject_type", "subject_id", "verb", "actor_label", "source", "at", "recorded_at", "after")


def row(number: int, **changed: object) -> tuple[object, ...]:
    values = {
        "contract_id": None,
        "subject_type": "unit",
        "subject_id": number,
        "verb": f"动作{number}",
        "actor_label": "system",
        "source": "task",
        "at": AT + timedelta(seconds=number),
        "recorded_at": AT,
        "after": {"number": number, "名": [None, True, 0.5]},
    }
    return tuple((values | changed).values())


@pytest.mark.parametrize("count", [1, 2, 700])
def test_rows_come_back_as_they_were_given_with_their_ids_in_order(db, count):
    ids = insert_rows(AuditEntry, NAMES, [row(number) for number in range(count)])
    assert len(set(ids)) == count
    found = AuditEntry.objects.in_bulk(ids)
    for number, pk in enumerate(ids):
        entry = found[pk]
        assert (entry.subject_id, entry.verb, entry.at) == (number, f"动作{number}", AT + timedelta(seconds=number))
        assert (entry.recorded_at, entry.contract_id, entry.actor_label) == (AT, None, "system")
        assert entry.after == {"number": number, "名": [None, True, 0.5]}


def test_what_is_not_named_gets_the_default(db):
    (pk,) = insert_rows(AuditEntry, NAMES, [row(1)])
    entry = AuditEntry.objects.get(pk=pk)
    assert (entry.before, entry.reason, entry.person_id, entry.visibility) == ({}, "", None, Visibility.CLIENT)


def test_columns_that_are_all_the_same_and_columns_that_are_null_here_and_there(db, world):
    rows = [row(1, subject_id=7), row(1, subject_id=7, contract_id=world.contract.pk), row(1, subject_id=7, after={})]
    entries = AuditEntry.objects.in_bulk(ids := insert_rows(AuditEntry, NAMES, rows))
    assert [entries[pk].contract_id for pk in ids] == [None, world.contract.pk, None]
    assert [entries[pk].after for pk in ids][2] == {}
    same = insert_rows(AuditEntry, NAMES, [row(1)] * 3)
    assert AuditEntry.objects.filter(pk__in=same, subject_id=1, verb="动作1").count() == 3


def test_nothing_is_a_statement_less(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert insert_rows(AuditEntry, NAMES, []) == []


def test_one_statement_for_forty(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        insert_rows(AuditEntry, NAMES, [row(number) for number in range(40)])


def test_the_database_refuses_what_it_would_refuse_of_objects(db, world):
    keys = [("unit", number, "x", AT) for number in (1, 2, 1)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(PersonKey, ("kind", "subject_id", "sealed_key", "made_at"), keys)
    assert not PersonKey.objects.filter(kind="unit").exists()
    if connection.vendor == "postgresql":
        with pytest.raises(DataError), transaction.atomic():
            insert_rows(AuditEntry, NAMES, [row(1, verb="x" * 41)])
