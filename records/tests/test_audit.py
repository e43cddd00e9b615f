"""Every act leaves one entry that says who, when, from where, before and after."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy

from core.request import RequestFacts, current
from records.models import AuditEntry, Source, Visibility
from records.querysets import entries_of
from records.services.audit import audit_write, audit_write_many, changes, plain
from records.tests.make import AT


def test_entry_keeps_actor_instant_and_request(world):
    token = current.set(RequestFacts("abc123", "10.0.0.9", "agent"))
    try:
        entry = audit_write(
            contract=world.contract, subject=world.unit, verb="rename", actor=world.manager, at=AT, reason="搬家"
        )
    finally:
        current.reset(token)
    entry.refresh_from_db()
    assert (entry.subject_type, entry.subject_id, entry.verb) == ("unit", world.unit.pk, "rename")
    assert (entry.actor, entry.actor_label, entry.source) == (world.manager, "项目经理", Source.PAGE)
    assert (entry.at, entry.request_id, entry.ip, entry.reason) == (AT, "abc123", "10.0.0.9", "搬家")
    assert entry.recorded_at > AT


def test_act_of_nobody_is_the_systems_and_of_a_signer_his_name(world):
    system = audit_write(contract=None, subject=world.unit, verb="sweep", actor=None, at=AT, source=Source.TASK)
    signer = audit_write(contract=None, subject=world.unit, verb="sign", actor=None, actor_label="王五", at=AT)
    assert (system.actor_label, signer.actor_label) == ("system", "王五")


def test_values_are_stored_as_json_with_frozen_names(world):
    given = {
        "at": AT,
        "on": date(2026, 3, 18),
        "span": timedelta(minutes=5),
        "amount": Decimal("12.50"),
        "unit": world.unit,
        "label": gettext_lazy("Page"),
        "source": Source.DEMO,
        "many": [1, None, True],
    }
    entry = audit_write(contract=world.contract, subject=world.unit, verb="x", actor=None, at=AT, after=given)
    entry.refresh_from_db()
    assert entry.after == {
        "at": "2026-03-18T01:30:00+00:00",
        "on": "2026-03-18",
        "span": 300.0,
        "amount": "12.50",
        "unit": {"id": world.unit.pk, "label": world.unit.name},
        "label": str(gettext_lazy("Page")),
        "source": "demo",
        "many": [1, None, True],
    }


def test_changes_holds_only_what_changes(world):
    before, after = changes(world.device, name="新名称", mac=world.device.mac, unit=world.other_unit)
    assert before == {"name": "A05工作台", "unit": {"id": world.unit.pk, "label": world.unit.name}}
    assert after == {"name": "新名称", "unit": {"id": world.other_unit.pk, "label": world.other_unit.name}}


def test_mistakes_of_a_programmer_are_loud(world):
    with pytest.raises(ValueError, match="subject"):
        audit_write(contract=None, verb="x", actor=None, at=AT)
    with pytest.raises(ValueError, match="aware"):
        audit_write(contract=None, subject=world.unit, verb="x", actor=None, at=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(TypeError):
        plain(object())


def test_history_is_read_by_subject_in_order_and_by_visibility(world):
    audit_write_many(
        [
            {"contract": world.contract, "subject": world.unit, "verb": "b", "actor": None, "at": AT},
            {
                "contract": world.contract,
                "subject": world.unit,
                "verb": "a",
                "actor": None,
                "at": AT - timedelta(minutes=1),
                "visibility": Visibility.INTERNAL,
            },
            {"contract": world.contract, "subject": world.other_unit, "verb": "c", "actor": None, "at": AT},
        ]
    )
    assert [entry.verb for entry in entries_of(world.unit)] == ["a", "b"]
    assert [entry.verb for entry in entries_of(world.unit, Visibility.CLIENT)] == ["b"]
    assert AuditEntry.objects.filter(verb="c").count() == 1
