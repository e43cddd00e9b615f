"""The demo: its hall as the papers say, its weeks of tickets lived through the services, equal for equal seed and date."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from contract.services.calendar import calendar_of, national_days_load
from core.clock import SHANGHAI
from devices.models import Device, DeviceCategory
from guarantee.demo.build import DEFAULT_SEED, demo_build, renewal_term, shown_accounts
from guarantee.demo.replay import plans
from notifications.models import Delivery, DeliveryState
from parties.models import Contract, Membership, Vendor
from records.models import AuditEntry, Signature, Source
from reports.models import WeeklyReport
from sla.models import Alert, Clock
from tests.make import make_contract
from tickets.models import Rating, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FRIDAY_EVENING = datetime(2026, 3, 27, 19, 0, tzinfo=SHANGHAI)
QUANTITIES = {
    "WS": 24, "BB": 6, "IQ": 8, "LED": 4, "WD": 8, "IP": 8, "QM": 5, "KS": 12, "PR": 6, "MF": 6, "CAM": 14, "NVR": 4,
    "AC": 10, "ALM": 5, "MT": 10, "PA": 7, "NET": 11, "TEL": 2,
}  # fmt: skip


def build(*, seed: int = DEFAULT_SEED, until: datetime = FRIDAY_EVENING, weeks: int = 1) -> Contract:
    national_days_load(at=until)
    return demo_build(password="a-demo-password", seed=seed, until=until, say=lambda _: None, weeks=weeks).contract


def snapshot() -> list[tuple[Any, ...]]:
    """Everything that happened, without the database's own numbers."""
    tickets = Ticket.objects.order_by("code").values_list(
        "code", "title", "status", "channel", "device__code", "received_at", "responded_at", "resolved_at", "signed_at"
    )
    signatures = Signature.objects.order_by("signed_at", "signer_name").values_list(
        "canonical_sha256", "signed_at", "way"
    )
    devices = Device.objects.order_by("code").values_list("code", "status", "serial_no", "warranty_until")
    return [*tickets, *signatures, *devices]


def snapshot_of(**arguments: Any) -> list[tuple[Any, ...]]:
    """A demo's snapshot; the demo itself is undone."""
    with transaction.atomic():
        build(**arguments)
        seen = snapshot()
        transaction.set_rollback(True)
    return seen


def test_the_hall_has_the_devices_of_the_papers() -> None:
    contract = build()
    assert Counter(Device.objects.values_list("category__code", flat=True)) == QUANTITIES
    assert Device.objects.count() == 150
    assert DeviceCategory.objects.count() == 18
    assert Vendor.objects.count() == 20
    assert Counter(Device.objects.values_list("status", flat=True)) == {
        "in_use": 142, "faulty": 3, "under_repair": 2, "spare": 3,
    }  # fmt: skip
    ending = Device.objects.filter(warranty_until__range=(date(2026, 3, 27), date(2026, 6, 25))).count()
    assert ending == 6
    assert not Device.objects.filter(place__code="h24").exclude(power_policy="always_on").exists()
    assert contract.renews is not None
    assert (contract.renews.starts_on, contract.renews.ends_on) == (date(2024, 3, 16), date(2025, 3, 15))
    assert contract.in_force_on(date(2026, 3, 27))


def test_every_role_of_the_papers_has_an_account() -> None:
    contract = build()
    roles = dict(Membership.objects.filter(contract=contract).values_list("user__username", "role"))
    assert [person.username for person in shown_accounts()] == [
        "clerk", "supervisor", "leader", "engineer", "engineer2", "flex", "manager", "auditor", "admin",
    ]  # fmt: skip
    assert all(roles[person.username] == person.role for person in shown_accounts())
    assert Counter(roles.values())["clerk"] == 12
    assert Counter(roles.values())["engineer"] == 4


def test_the_demo_is_equal_for_equal_seed_and_instant() -> None:
    first, second, other = snapshot_of(), snapshot_of(), snapshot_of(seed=7)
    assert first == second
    assert len(first) > 170
    assert first != other


def test_what_a_later_start_shows_contains_the_earlier_one() -> None:
    """The hour of the start decides how far the day has gone, not what it was."""
    noon = snapshot_of(until=FRIDAY_EVENING.replace(hour=12))
    evening = snapshot_of()
    received = {row[0]: row[5] for row in evening if str(row[0]).startswith("GD-")}
    at_noon = {row[0]: row[5] for row in noon if str(row[0]).startswith("GD-")}
    assert at_noon.items() <= received.items()
    assert len(at_noon) < len(received)


def test_rungs_fired_at_their_instants_and_messages_were_delivered() -> None:
    build()
    fired = Alert.objects.filter(state="fired")
    assert fired.exists()
    assert all(row.fired_at == row.fire_at and row.lag_seconds == 0 and row.source == Source.DEMO for row in fired)
    assert not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
    assert not AuditEntry.objects.filter(subject_type="ticket").exclude(source=Source.DEMO).exists()


def test_no_act_lies_in_the_future_or_outside_service_time() -> None:
    contract = build(until=FRIDAY_EVENING.replace(hour=15))
    calendar = calendar_of(contract)
    for ticket in Ticket.objects.all():
        acts = [ticket.received_at, ticket.responded_at, ticket.arrived_at, ticket.resolved_at, ticket.signed_at]
        done = [at for at in acts if at is not None]
        assert done == sorted(done)
        assert all(at <= FRIDAY_EVENING.replace(hour=15) for at in done)
        assert all(calendar.next_opening(at) == at or at == calendar.closing(calendar.local_date(at)) for at in done)


def test_twelve_weeks_have_the_shape_of_the_papers() -> None:
    """Read from the plan: the replay itself is proved on one week."""
    national_days_load(at=FRIDAY_EVENING)
    contract = make_contract()
    last_day = date(2026, 11, 22)
    calendar = calendar_of(contract)
    drawn = plans(calendar, seed=DEFAULT_SEED, first_day=date(2026, 8, 31), last_day=last_day)
    weeks = Counter(plan.received_at.astimezone(SHANGHAI).date().isocalendar()[:2] for plan in drawn)
    whole = {
        week: count
        for week, count in weeks.items()
        if calendar.working_days_between(
            date.fromisocalendar(*week, 1) - timedelta(days=1), date.fromisocalendar(*week, 7)
        )
        == 5
    }
    assert len(whole) >= 8
    assert all(30 <= count <= 45 for count in whole.values()), whole
    total = len(drawn)
    late = sum(plan.respond_after > 300 for plan in drawn) / total
    assert 0.015 <= late <= 0.03
    triage = Counter(plan.case.triage for plan in drawn)
    assert 0.55 <= triage["general"] / total <= 0.69
    assert 0.14 <= triage["user_error"] / total <= 0.26
    median = sorted(plan.respond_after for plan in drawn)[total // 2]
    assert 85 <= median <= 115
    rated = [plan.rating for plan in drawn if plan.rating]
    assert sum(level < 3 for level in rated) == 4
    assert 0.94 <= sum(level >= 3 for level in rated) / len(rated) <= 0.98
    assert sum(not plan.signed for plan in drawn) == 3
    assert sum(bool(plan.returned) for plan in drawn) == 2


def test_the_renewal_always_contains_today() -> None:
    for today in (date(2026, 11, 22), date(2027, 3, 15), date(2027, 3, 16), date(2028, 2, 29)):
        start, end = renewal_term(today)
        assert start <= today <= end
        assert start.isoweekday() == 1
        assert end.isoweekday() == 7


def test_weeks_that_are_over_have_their_report_and_something_to_show() -> None:
    contract = build(weeks=3)
    issued = WeeklyReport.objects.filter(contract=contract, status="issued").order_by("starts_on")
    assert [report.ends_on for report in issued] == [date(2026, 3, 15), date(2026, 3, 22)]
    assert all(report.issued_at and report.issued_at.astimezone(SHANGHAI).hour == 10 for report in issued)
    assert Clock.objects.filter(breached_at__isnull=False).exists()
    assert Rating.objects.exists()
    # A difficult fault waits for the manager's word, so that the button which confirms it is seen.
    assert Ticket.objects.filter(status="escalated", repair_clock__kind="user_error").count() == 1
