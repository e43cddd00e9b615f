"""A clock's page: what happened, who was told, whose time it was; and the forms to ask, to decide and to amend."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock as clocks
from notifications.models import Delivery
from notifications.services.delivery import deliver_due
from records.models import AuditEntry
from sla.models import ClockExemption
from sla.services.appointment import clock_move_appointment
from sla.services.clock import clock_stop
from sla.services.exemption import exemption_request
from sla.services.firing import fire_due
from sla.services.reclassify import clock_reclassify
from sla.services.vendor import vendor_clock_open
from sla.tests.make import local, make_clock

NOW = local("2024-03-18 10:00:00")
SECOND = timedelta(seconds=1)


@pytest.fixture
def still(monkeypatch):
    """Time stands still at NOW."""
    monkeypatch.setattr(clocks, "now", lambda: NOW)


@pytest.fixture
def late(world, told, still):
    """A repair that was due at 09:50 and is open."""
    clock = make_clock(world.contract, local("2024-03-18 08:50:00"), kind="fix", unit=world.unit)
    fire_due(local("2024-03-18 09:50:05"), clock_ids=[clock.pk])
    clock.refresh_from_db()
    return clock


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_of(person, clock) -> str:
    answer = client_of(person).get(f"/clocks/{clock.pk}/why/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_ladder_tells_whom_it_told_when_it_was_read_and_both_lags(world, late):
    while deliver_due(local("2024-03-18 09:50:06")):
        pass
    read = Delivery.objects.filter(recipient=world.manager, message__origin__startswith="alert:")
    read.update(read_at=local("2024-03-18 09:52:05"))
    clock_stop(clock=late, at=local("2024-03-18 09:55:05"), actor=world.engineer)
    page = page_of(world.manager, late)
    assert world.manager.name in page
    assert "2 分" in page
    assert "5 分" in page
    assert "4.00 s" in page, "the breach was entered four seconds after its instant"


def test_the_client_reads_the_reasons_and_not_the_ladder(world, late):
    for person in (world.supervisor, world.clerk):
        page = page_of(person, late)
        assert "附三.4)a" in page
        assert "09:50:01" not in page
        assert world.manager.name not in page
    assert "09:50:01" in page_of(world.auditor, late)


def test_moved_and_replaced_promises_lead_to_each_other(world, told, still):
    fix = make_clock(world.contract, NOW, kind="fix", unit=world.unit)
    clock_move_appointment(
        clock=fix,
        starts_at=NOW + timedelta(hours=1),
        asked_by="client",
        name="窗口人员甲",
        how="当面",
        actor=world.engineer,
        at=NOW,
    )
    vendor_clock_open(parent=fix, vendor="示例厂商", actor=world.engineer, at=NOW)
    page = page_of(world.engineer, fix)
    assert "窗口人员甲" in page
    assert "2024-03-18 11:00" in page, "the old deadline stays readable"
    assert "示例厂商" in page
    assert "示例厂商" not in page_of(world.supervisor, fix)
    new = clock_reclassify(
        clock=fix, kind="repair_office", received_at=NOW, reason="主板损坏", actor=world.manager, at=NOW + SECOND
    )
    assert f"/clocks/{new.pk}/why/" in page_of(world.engineer, fix)
    assert f"/clocks/{fix.pk}/why/" in page_of(world.engineer, new)


def test_we_ask_and_the_client_decides_on_pages(world, late):
    address = f"/clocks/{late.pk}/exempt/"
    asked = {"cause": "client_side", "reason": "客户未开门", "evidence": "值班记录"}
    engineer, leader = client_of(world.engineer), client_of(world.leader)
    assert address in page_of(world.engineer, late)
    assert engineer.get(address).status_code == 200
    assert engineer.post(address, asked | {"evidence": ""}).status_code == 422
    assert engineer.post(address, asked).status_code == 302
    assert engineer.post(address, asked).status_code == 409
    assert client_of(world.supervisor).post(address, asked).status_code == 403
    decide = f"/clocks/{late.pk}/decide/"
    assert decide in page_of(world.leader, late)
    assert decide not in page_of(world.engineer, late)
    assert client_of(world.manager).post(decide, {"answer": "approve"}).status_code == 403
    assert "值班记录" in leader.get(decide).content.decode()
    assert leader.post(decide, {"answer": "refuse"}).status_code == 422
    assert leader.post(decide, {"answer": "approve"}).status_code == 302
    late.refresh_from_db()
    assert late.exempted_at == NOW
    assert leader.get(decide).status_code == 409
    assert ClockExemption.objects.get().decided_by == world.leader


def test_the_reason_of_a_breach_is_given_on_the_page(world, told, late):
    address = f"/clocks/{late.pk}/explain/"
    engineer = client_of(world.engineer)
    assert address in page_of(world.engineer, late)
    assert address not in page_of(world.supervisor, late)
    assert engineer.get(address).status_code == 200
    assert engineer.post(address, {"reason": " "}).status_code == 422
    assert client_of(world.supervisor).post(address, {"reason": "试试"}).status_code == 403
    assert engineer.post(address, {"reason": "备件未到"}).status_code == 302
    late.refresh_from_db()
    assert late.breach_reason == "备件未到"
    entry = AuditEntry.objects.get(verb="explain_breach")
    assert (entry.actor, entry.reason) == (world.engineer, "备件未到")
    assert "备件未到" in page_of(world.supervisor, late)
    assert address not in page_of(world.engineer, late)
    response = make_clock(world.contract, NOW, unit=world.other_unit)
    fire_due(NOW + 400 * SECOND)
    assert engineer.post(f"/clocks/{response.pk}/explain/", {"reason": "电话占线"}).status_code == 422


def test_the_manager_amends_on_a_page(world, told, still):
    clock = make_clock(world.contract, NOW, kind="fix", unit=world.unit)
    manager = client_of(world.manager)
    address = f"/clocks/{clock.pk}/amend/"
    assert address in page_of(world.manager, clock)
    assert address not in page_of(world.engineer, clock)
    assert manager.get(address).status_code == 200
    agreed = {"way": "agreed", "due_at": "2024-03-18T15:00", "agreed_with": "甲方管理员，当面", "reason": "会议占用"}
    assert manager.post(address, agreed | {"due_at": ""}).status_code == 422
    assert manager.post(address, agreed | {"agreed_with": ""}).status_code == 422
    assert manager.post(address, {"way": "calendar", "reason": "无变化"}).status_code == 409
    assert manager.post(address, agreed).status_code == 302
    clock.refresh_from_db()
    assert clock.due_at == local("2024-03-18 15:00:00")
    page = page_of(world.supervisor, clock)
    assert "2024-03-18 11:00" in page
    assert "甲方管理员，当面" in page


def test_a_missed_promise_is_not_amended_and_a_kept_one_not_exempted(world, late):
    assert f"/clocks/{late.pk}/amend/" not in page_of(world.manager, late)
    answer = client_of(world.manager).post(f"/clocks/{late.pk}/amend/", {"way": "calendar", "reason": "试试"})
    assert answer.status_code == 409
    exemption_request(clock=late, cause="other", reason="说明", evidence="记录", actor=world.manager, at=NOW)
    assert f"/clocks/{late.pk}/exempt/" not in page_of(world.manager, late)


def test_the_pages_cost_does_not_grow_with_what_happened(world, late, django_assert_max_num_queries):
    client = client_of(world.manager)
    client.get(f"/clocks/{late.pk}/why/")
    with django_assert_max_num_queries(34):
        client.get(f"/clocks/{late.pk}/why/")
