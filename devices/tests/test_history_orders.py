"""Change orders: thought through, decided by somebody else, done in their window, with what was and what became of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from devices.models import ChangeOrder, Device
from devices.providers_history import orders_due
from devices.services.orders import (
    order_approve,
    order_cancel,
    order_edit,
    order_finish,
    order_in_force,
    order_needed,
    order_refuse,
    order_start,
    order_submit,
)
from devices.tests.history_make import NOON, SECRET, TODAY, approved, drafted, hours, order_data, put, started
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("missing", ["plan", "impact", "security_impact", "reliability", "fallback"])
def test_an_order_that_is_not_thought_through_cannot_be_submitted(world: World, missing: str) -> None:
    order = drafted(world, **{missing: " "})
    with pytest.raises(Invalid) as refused:
        order_submit(order=order, actor=world.engineer, at=NOON)
    assert list(refused.value.fields) == [missing]
    order.refresh_from_db()
    assert order.status == "drafted"


def test_an_engineers_order_is_the_managers_to_decide_and_a_managers_the_supervisors(world: World) -> None:
    own = drafted(world)
    order_submit(order=own, actor=world.engineer, at=NOON)
    for nobody in (world.engineer, world.engineer2, world.supervisor, world.leader, world.clerk, world.auditor):
        with pytest.raises(NotAllowed):
            order_approve(order=own, version_seen=own.version, actor=nobody, at=NOON)
    order_approve(order=own, version_seen=own.version, actor=world.manager, at=NOON)
    managers = drafted(world, actor=world.manager)
    order_submit(order=managers, actor=world.manager, at=NOON)
    with pytest.raises(NotAllowed):
        order_approve(order=managers, version_seen=managers.version, actor=world.manager, at=NOON)
    order_approve(order=managers, version_seen=managers.version, actor=world.supervisor, at=NOON)
    assert (own.approver, managers.approver) == (world.manager, world.supervisor)


def test_the_database_refuses_what_no_page_offers(world: World) -> None:
    order = drafted(world)
    wrong: list[dict[str, Any]] = [
        {"approver": world.engineer},
        {"status": "approved"},
        {"status": "submitted", "fallback": ""},
        {"window_to": order.window_from},
        {"status": "whatever"},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            ChangeOrder.objects.filter(pk=order.pk).update(**values)


def test_a_refused_order_is_taken_up_again_and_an_old_view_of_it_decides_nothing(world: World) -> None:
    order = drafted(world)
    order_submit(order=order, actor=world.engineer, at=NOON)
    with pytest.raises(Invalid):
        order_refuse(order=order, version_seen=order.version, decision=" ", actor=world.manager, at=NOON)
    seen = order.version
    order_refuse(order=order, version_seen=seen, decision="回退方案不足", actor=world.manager, at=NOON)
    with pytest.raises(Conflict):
        order_edit(order=order, version_seen=seen, data=order_data(world.device), actor=world.engineer, at=NOON)
    order_edit(
        order=order,
        version_seen=order.version,
        data=order_data(world.device, fallback="整机镜像恢复"),
        actor=world.engineer,
        at=NOON,
    )
    assert (order.status, order.approver, order.fallback) == ("drafted", None, "整机镜像恢复")
    order_submit(order=order, actor=world.engineer, at=NOON)
    with pytest.raises(Conflict):
        order_approve(order=order, version_seen=seen, actor=world.manager, at=NOON)


def test_work_begins_in_the_window_only_and_only_then_the_order_is_in_force(world: World) -> None:
    order = approved(world)
    for at in (order.window_from - timedelta(seconds=1), order.window_to + timedelta(seconds=1)):
        with pytest.raises(Invalid):
            order_start(order=order, actor=world.engineer, at=at)
    assert order_in_force(world.device, NOON) is None
    order_start(order=order, actor=world.engineer, at=order.window_from)
    assert order_in_force(world.device, NOON) == order
    assert order_in_force(world.device, order.window_to + timedelta(seconds=1)) is None
    assert not order_needed(world.device)
    with pytest.raises(Conflict):
        order_cancel(order=order, reason="不做了", actor=world.engineer, at=NOON)


def test_what_it_changed_is_shown_from_the_two_snapshots_without_secrets(world: World) -> None:
    put(world, "网关", "10.0.0.1")
    put(world, "口令", SECRET, secret=True)
    order = started(world)
    put(world, "网关", "10.0.0.254", reason="割接")
    put(world, "口令", "Pw-zebra-9", secret=True, reason="割接")
    put(world, "DNS", "10.0.0.53", reason="割接")
    order_finish(order=order, outcome="rolled_back", result="丢包，已恢复", actor=world.engineer, at=NOON + hours(1))
    page = as_(world.supervisor).get(reverse("devices:order", args=[order.code]))
    (block,) = page.context["differences"]
    assert {row.label: (row.before, row.after) for row in block["rows"]} == {
        "网关": ("10.0.0.1", "10.0.0.254"), "口令": ("••••", "••••"), "DNS": ("—", "10.0.0.53"),
    }  # fmt: skip
    assert "zebra" not in page.content.decode()


def test_what_is_approved_and_not_closed_after_its_window_is_due(world: World) -> None:
    order = approved(world)
    assert list(orders_due(world.contract, TODAY - timedelta(days=1))) == []
    (due,) = orders_due(world.contract, TODAY + timedelta(days=1))
    assert due.url == reverse("devices:order", args=[order.code])
    assert due.is_overdue(TODAY + timedelta(days=1))
    order_cancel(order=order, reason="窗口已过", actor=world.manager, at=NOON)
    assert list(orders_due(world.contract, TODAY + timedelta(days=1))) == []


def test_an_order_goes_through_its_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    engineer, manager = as_(world.engineer), as_(world.manager)
    body = {
        "kind": "configuration", "title": "更换网关", "reason": "割接", "devices": "ws-001", "window_from": "2024-03-18T11:00",
        "window_to": "2024-03-18T15:00", "plan": "改网关", "impact": "停办10分钟", "security_impact": "无",
        "reliability": "备机待命",
    }  # fmt: skip
    address = reverse("devices:order_draft")
    assert engineer.post(address, body | {"submit": "1"}).status_code == 422
    assert engineer.post(address, body | {"devices": "WS-001 NIX-9"}).status_code == 422
    assert ChangeOrder.objects.count() == 0
    assert engineer.post(address, body | {"submit": "1", "fallback": "改回"}).status_code == 302
    order = ChangeOrder.objects.get()
    assert (order.status, order.code, order.decider) == ("submitted", "BG-20240318-0001", "manager")
    pages = {verb: reverse(f"devices:order_{verb}", args=[order.code]) for verb in ("approve", "start", "finish")}
    assert engineer.post(pages["approve"], {"version": order.version}).status_code == 403
    assert manager.post(pages["approve"], {"version": order.version - 1}).status_code == 409
    assert manager.post(pages["approve"], {"version": order.version}).status_code == 302
    assert engineer.post(pages["start"]).status_code == 302
    assert engineer.post(pages["finish"], {"outcome": "succeeded"}).status_code == 422
    assert engineer.post(pages["finish"], {"outcome": "succeeded", "result": "正常"}).status_code == 302
    assert engineer.post(pages["finish"], {"outcome": "succeeded", "result": "正常"}).status_code == 409
    shown = as_(world.auditor).get(reverse("devices:orders"), {"q": "ws-001", "status": "done"}).content.decode()
    assert order.code in shown
    assert order.code not in as_(world.auditor).get(reverse("devices:orders"), {"q": "PR-001"}).content.decode()
    life = engineer.get(reverse("devices:history", args=["WS-001"]), {"kind": "order"}).content.decode()
    assert life.count(order.code) == 8
    assert as_(world.clerk).get(reverse("devices:orders")).status_code == 403


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    world: World, django_assert_max_num_queries: Any
) -> None:
    client = as_(world.manager)
    for number in range(12):
        twin = Device.objects.create(
            hall=world.contract.hall, code=f"WS-1{number:02d}", short_code=f"WX{number}", name="工作台", category=world.category,
            place=world.place, power_policy="daily_off",
        )  # fmt: skip
        drafted(world, device=twin)
    with django_assert_max_num_queries(12):
        assert client.get(reverse("devices:orders")).content.decode().count("BG-20240318") >= 12
