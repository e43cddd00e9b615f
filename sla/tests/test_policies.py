"""What is promised: data that holds against the paper, versions that only the manager publishes, never weaker than a clause."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client

from contract import rules as calendar_rules
from contract.models import Clause
from contract.rules import Due, ServiceCalendar, TargetKind
from contract.services.calendar import calendar_of
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from sla import rules
from sla.models import Policy
from sla.services import ladder as ladders
from sla.services.policies import (
    POLICIES,
    kinds,
    ladder_problem,
    limit_of,
    policies_load,
    policy_on,
    policy_publish,
    target_of,
)
from sla.tests.make import local, make_clock

TODAY = local("2024-03-18 09:00:00")
NEXT_WEEK = date(2024, 3, 25)
SHIPPED = json.loads(POLICIES.read_text(encoding="utf-8"))


def published(world, kind="response", **changes):
    policy = Policy.objects.filter(contract=world.contract, kind=kind).latest("version")
    given = {
        "target_amount": policy.target_amount,
        "ladder": policy.ladder,
        "effective_from": NEXT_WEEK,
        "reason": "双方书面同意",
        "actor": world.manager,
        "at": TODAY,
    } | changes
    return policy_publish(policy=policy, **given)


def test_every_clause_of_a_promise_stands_in_the_contract(world):
    known = set(Clause.objects.filter(contract=world.contract).values_list("code", flat=True))
    for row in SHIPPED:
        assert row["clauses"], row["kind"]
        assert set(row["clauses"]) <= known, row["kind"]


def test_every_promise_has_a_name_and_a_ladder_that_can_be_climbed(world):
    assert {row["kind"] for row in SHIPPED} <= set(ladders.KINDS)
    for policy in Policy.objects.filter(contract=world.contract):
        assert ladder_problem(policy, policy.target_amount, policy.ladder) == "", policy.kind
        limit = limit_of(policy.kind)
        assert limit.get("least", 1) <= policy.target_amount <= limit.get("most", policy.target_amount)


def test_the_kinds_that_the_contract_names_are_there():
    assert set(kinds()) == {
        "response", "fix", "user_error", "repair_office", "repair_weak_current", "major_incident_report",
        "client_signature", "weekly_report", "final_report", "staff_replacement", "cure_period", "payment_due", "vendor",
        "callback", "rectification",
    }  # fmt: skip
    promisors = {row["kind"]: row["promisor"] for row in SHIPPED}
    assert {kind for kind, promisor in promisors.items() if promisor == "client"} == {"client_signature", "payment_due"}
    of_our_own = [row["kind"] for row in SHIPPED if not row.get("assessed", True)]
    assert of_our_own == ["user_error", "vendor", "callback", "rectification"]


def test_a_contract_that_lacks_promises_gets_those_alone(world):
    Policy.objects.filter(contract=world.contract).exclude(kind="response").delete()
    assert {policy.kind for policy in policies_load(world.contract)} == set(kinds()) - {"response"}


VECTORS = (
    ("repair_office", "2024-09-11 10:00:00", "2024-09-19 18:00:00"),
    ("repair_weak_current", "2024-09-11 10:00:00", "2024-09-23 18:00:00"),
    ("repair_office", "2024-09-27 10:00:00", "2024-10-10 18:00:00"),
    ("major_incident_report", "2024-10-01 03:00:00", "2024-10-01 03:30:00"),
    ("final_report", "2025-03-15 23:59:59", "2025-03-28 18:00:00"),
    ("cure_period", "2024-06-03 10:00:00", "2024-06-14 00:00:00"),
    ("payment_due", "2024-06-03 10:00:00", "2024-06-19 00:00:00"),
    ("fix", "2026-02-14 17:30:00", "2026-02-24 09:00:00"),
    ("weekly_report", "2024-03-25 00:00:00", "2024-03-25 12:00:00"),
)


@pytest.mark.parametrize(("kind", "start", "due"), VECTORS)
def test_a_clock_of_each_kind_is_due_by_the_vectors(world, told, kind, start, due):
    clock = make_clock(world.contract, local(start), kind=kind)
    assert clock.due_at == local(due)


def test_the_weekly_report_is_due_at_noon_of_the_first_working_day_for_three_years(world):
    calendar = calendar_of(world.contract)
    target = target_of(policy_on(world.contract, "weekly_report", date(2024, 3, 18)))
    monday = date(2024, 3, 18)
    while monday < date(2027, 1, 1):
        day = calendar.nth_working_day(monday, 0)
        found = calendar_rules.due(calendar, datetime.combine(monday, time(), SHANGHAI), target)
        assert found.due_at == datetime.combine(day, time(12), SHANGHAI), monday
        monday += timedelta(days=7)


def test_the_client_is_reminded_on_the_day_and_on_the_first_and_third_working_day(world, told):
    clock = make_clock(world.contract, local("2024-09-13 10:00:00"), kind="client_signature")
    assert {row.rung: row.fire_at for row in clock.alerts.all()} == {
        "reminder": local("2024-09-13 17:00:00"),
        "reminder-2": local("2024-09-14 09:00:00"),
        "reminder-3": local("2024-09-19 09:00:00"),
        "breach": local("2024-09-19 18:00:01"),
    }
    late = make_clock(world.contract, local("2024-09-13 17:30:00"), kind="client_signature", name="受理区2")
    assert not late.alerts.filter(rung="reminder").exists()


def _instants(
    calendar: ServiceCalendar, start: str, due: Due, *rungs: dict[str, Any], kind=TargetKind.CALENDAR_DAYS, pauses=()
):
    return rules.rung_instants(calendar, local(start), kind, rungs, due, pauses)


def test_reminders_go_by_the_term_before_it_moved_off_a_holiday(world):
    calendar = calendar_of(world.contract)
    target = target_of(policy_on(world.contract, "cure_period", date(2024, 9, 1)))
    due = calendar_rules.due(calendar, local("2024-09-06 10:00:00"), target)
    assert (due.moved, due.due_at) == (True, local("2024-09-19 00:00:00"))
    rungs = [{"name": "a", "before_days": 0}, {"name": "b", "before_days": 2}, {"name": "c", "before_days": 30}]
    found = _instants(calendar, "2024-09-06 10:00:00", due, *rungs)
    assert found["a"] == local("2024-09-14 08:30:00"), "the 16th is a holiday: the last service day before it"
    assert found["b"] == local("2024-09-14 08:30:00")
    assert "c" not in found, "a reminder before the start is none"


def test_reminders_before_the_end_count_in_the_targets_own_time_and_after_pauses(world):
    calendar = calendar_of(world.contract)
    start = "2024-03-18 17:30:00"
    due = calendar_rules.due(calendar, local(start), calendar_rules.Target.service_seconds(3600))
    rung = {"name": "a", "before_due": 2400}
    kind = TargetKind.SERVICE_SECONDS
    assert _instants(calendar, start, due, rung, kind=kind)["a"] == local("2024-03-18 17:50:00")
    pause = (local("2024-03-18 17:40:00"), local("2024-03-19 10:00:00"))
    later = calendar_rules.resume(calendar, due, calendar_rules.Target.service_seconds(3600), *pause)
    assert later.due_at == local("2024-03-19 10:50:00")
    found = _instants(calendar, start, later, rung, {"name": "b", "before_due": 3300}, kind=kind, pauses=[pause])
    assert found["a"] == local("2024-03-19 10:10:00")
    assert found["b"] == pause[1], "what lies before the pause's end comes at its end"


# Publishing -----------------------------------------------------------------------------------------------------------


def test_a_new_version_is_for_what_begins_later_and_leaves_a_trace(world, told):
    running = make_clock(world.contract, TODAY)
    policy = published(world, target_amount=240)
    assert (policy.version, policy.published_by, policy.reason) == (2, world.manager, "双方书面同意")
    running.refresh_from_db()
    assert (running.policy.version, running.due_at) == (1, local("2024-03-18 09:05:00"))
    assert make_clock(world.contract, TODAY, name="受理区2").policy.version == 1
    assert make_clock(world.contract, local("2024-03-25 09:00:00"), name="受理区3").due_at == local(
        "2024-03-25 09:04:00"
    )
    entry = AuditEntry.objects.get(verb="policy_publish")
    assert (entry.before["target_amount"], entry.after["target_amount"], entry.actor) == (300, 240, world.manager)


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("response", 301),
        ("fix", 3601),
        ("repair_office", 6),
        ("repair_weak_current", 8),
        ("major_incident_report", 1801),
        ("final_report", 11),
        ("staff_replacement", 6),
        ("cure_period", 11),
        ("payment_due", 14),
        ("payment_due", 16),
        ("response", 0),
    ],
)
def test_no_promise_becomes_weaker_than_its_clause(world, kind, amount):
    with pytest.raises(Invalid) as refusal:
        published(world, kind, target_amount=amount)
    assert "target_amount" in refusal.value.fields
    assert Policy.objects.filter(contract=world.contract, kind=kind).count() == 1


def with_rung(world, number=0, **changes):
    ladder = [dict(rung) for rung in Policy.objects.get(contract=world.contract, kind="response").ladder]
    ladder[number] |= changes
    return ladder


@pytest.mark.parametrize(
    "wrong",
    [
        lambda world: [rung for rung in with_rung(world) if not rung.get("breach")],
        lambda world: with_rung(world, to=[]),
        lambda world: with_rung(world, to=["everybody"]),
        lambda world: with_rung(world, after=-1),
        lambda world: with_rung(world, after=3001),
        lambda world: with_rung(world, name="manager"),
        lambda world: with_rung(world, before_due=10),
        lambda world: with_rung(world, 4, to=["on_duty"]),
        lambda world: [*with_rung(world), {"name": "x", "on_day": 1, "time": "09:00", "to": ["manager"]}],
        lambda world: [*with_rung(world), {"name": "x", "before_days": 1, "to": ["manager"]}],
        lambda world: [*with_rung(world), {"name": "x", "before_due": 300, "to": ["manager"]}],
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(world, wrong):
    with pytest.raises(Invalid) as refusal:
        published(world, ladder=wrong(world))
    assert set(refusal.value.fields) == {"ladder"}


@pytest.mark.parametrize("wrong", [{"effective_from": date(2024, 3, 17)}, {"reason": "  "}])
def test_a_version_has_a_reason_and_does_not_reach_back(world, wrong):
    with pytest.raises(Invalid) as refusal:
        published(world, **wrong)
    assert set(refusal.value.fields) == set(wrong)


def test_versions_take_effect_in_their_order_and_on_the_newest_only(world):
    first = Policy.objects.get(contract=world.contract, kind="response")
    published(world, target_amount=240)
    with pytest.raises(Conflict):
        policy_publish(
            policy=first,
            target_amount=200,
            ladder=first.ladder,
            effective_from=NEXT_WEEK,
            reason="同时",
            actor=world.manager,
            at=TODAY,
        )
    with pytest.raises(Invalid):
        published(world, target_amount=200, effective_from=date(2024, 3, 20))


@pytest.mark.parametrize("person", ["engineer", "supervisor", "leader", "auditor", "admin", "clerk"])
def test_only_the_manager_publishes(world, person):
    with pytest.raises(NotAllowed):
        published(world, actor=getattr(world, person))


# Pages ----------------------------------------------------------------------------------------------------------------


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def form_values(policy: Policy, **changes) -> dict[str, Any]:
    values = {"amount": "4", "effective_from": "2030-01-01", "reason": "更快"}
    for number, rung in enumerate(policy.ladder):
        values[f"to_{number}"] = rung["to"]
        if rung.get("urgent"):
            values[f"urgent_{number}"] = "on"
        if "after" in rung:
            values[f"when_{number}"] = str(rung["after"] / 60)
    return values | changes


def test_the_manager_publishes_by_the_form(world):
    policy = Policy.objects.get(contract=world.contract, kind="response")
    client = client_of(world.manager)
    address = f"/promises/policies/{policy.pk}/publish/"
    assert client.get(address).status_code == 200
    refused = client.post(address, form_values(policy, amount="5.5"))
    assert refused.status_code == 422
    assert "一.4" in refused.content.decode()
    answer = client.post(address, form_values(policy, when_1="1.5"))
    assert answer.status_code == 302
    new = Policy.objects.get(contract=world.contract, kind="response", version=2)
    assert (new.target_amount, new.ladder[1]["after"], new.ladder[1]["to"]) == (240, 90, ["on_duty"])
    assert [rung["name"] for rung in new.ladder] == [rung["name"] for rung in policy.ladder]
    assert client.get(address).status_code == 409, "the first version is not the newest any more"


@pytest.mark.parametrize("person", ["engineer", "manager", "supervisor", "leader", "auditor"])
def test_policies_are_read_with_their_history(world, person):
    policy = Policy.objects.get(contract=world.contract, kind="fix")
    client = client_of(getattr(world, person))
    page = client.get("/promises/policies/").content.decode()
    assert page.count('class="cell-title"') == len(kinds())
    detail = client.get(f"/promises/policies/{policy.pk}/").content.decode()
    assert "附三.4)a" in detail
    assert (f"/promises/policies/{policy.pk}/publish/" in detail) is (person == "manager")


def test_every_kind_of_form_shows(world):
    client = client_of(world.manager)
    for policy in Policy.objects.filter(contract=world.contract):
        assert client.get(f"/promises/policies/{policy.pk}/publish/").status_code == 200, policy.kind


def test_the_list_costs_the_same_however_many_versions_there_are(world, django_assert_max_num_queries):
    client = client_of(world.supervisor)
    client.get("/promises/policies/")
    for amount in (290, 280, 270):
        published(world, target_amount=amount)
    with django_assert_max_num_queries(12):
        client.get("/promises/policies/")
