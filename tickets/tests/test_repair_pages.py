"""Doors of difficult faults, vendors, spares and parts: forms that work without scripts, and who is shown what."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from devices.tests.spares_make import make_part, make_spare
from tests.make import World, make_world
from tickets.models import Dispatch, Plan, Ticket, TicketPart
from tickets.services.go_on import ticket_go_on
from tickets.services.plan_write import plan_write
from tickets.tests.make import MONDAY, WORK, minutes, reach
from tickets.tests.repair_make import PLAN, PLANNED, escalate, finish, plan, use_part, wait_vendor
from tickets.tests.repair_make import dispatch_of as newest

pytestmark = pytest.mark.django_db
NOW = MONDAY + minutes(60)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


def asks(person: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def address(name: str, ticket: Ticket, *more: Any) -> str:
    return reverse(f"tickets:{name}", args=[ticket.code, *more])


def test_a_difficult_fault_goes_from_the_engineer_to_the_plan_in_force(world: World) -> None:
    ticket = reach(world, "in_progress")
    engineer, manager = asks(world.engineer), asks(world.manager)
    refused = engineer.post(address("escalate", ticket), {"analysis": " "})
    assert refused.status_code == 422
    assert engineer.post(address("escalate", ticket), {"analysis": "主板疑似损坏"}).status_code == 302
    assert address("confirm_difficult", ticket) in manager.get(address("detail", ticket)).content.decode()
    assert manager.post(address("confirm_difficult", ticket), {"reason": "须返厂"}).status_code == 302
    written = PLAN | {"estimate_at": "2024-03-21T17:00"}
    draft = engineer.post(address("plan", ticket), written | {"act": "submit", "fallback": ""})
    assert draft.status_code == 422 and PLAN["cause"] in draft.content.decode()
    assert engineer.post(address("plan", ticket), written | {"act": "submit"}).status_code == 302
    told = {"act": "approve", "told_to": "窗口人员01", "told_how": "phone", "told_ago": "10"}
    assert manager.post(address("plan", ticket), written | told).status_code == 302
    made = Plan.objects.get()
    assert (made.status, made.told_at) == ("in_force", NOW - minutes(10))
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"


def test_the_client_reads_the_plan_in_force_and_no_draft(world: World) -> None:
    ticket = plan(world, escalate(world, reach(world, "in_progress")))
    plan_write(
        ticket=ticket, actor=world.engineer, at=PLANNED, values=PLAN | {"solution": "尚未商定的做法"}, submit=False
    )
    clerk = asks(world.clerk)
    page = clerk.get(address("detail", ticket)).content.decode()
    assert PLAN["solution"] in page and "尚未商定的做法" not in page
    assert clerk.get(address("plan_pdf", ticket, 1)).content.startswith(b"%PDF")
    assert clerk.get(address("plan_pdf", ticket, 2)).status_code == 404
    assert asks(world.engineer).get(address("plan_pdf", ticket, 2)).content.startswith(b"%PDF")


def test_a_vendor_is_called_comes_and_goes_by_three_forms(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    finish(world, newest(ticket), at=NOW - minutes(5))
    engineer = asks(world.engineer)
    vendor = newest(ticket).vendor
    call = {"vendor": vendor.pk, "how": "phone", "task": "再次更换", "called_ago": "10", "waits": "on"}
    assert engineer.post(address("wait_vendor", ticket), call).status_code == 302
    dispatch = Dispatch.objects.get(task="再次更换")
    assert dispatch.called_at == NOW - minutes(10)
    page = engineer.get(address("detail", ticket)).content.decode()
    assert address("vendor_arrived", ticket, dispatch.pk) in page
    here = address("vendor_arrived", ticket, dispatch.pk)
    assert engineer.post(here, {"vendor_engineer": "厂商工程师丙", "arrived_ago": "0"}).status_code == 302
    done = {"result": "已更换", "done_ago": "0"}
    assert engineer.post(address("vendor_done", ticket, dispatch.pk), done).status_code == 302
    assert engineer.post(address("vendor_failed", ticket, dispatch.pk), {"note": "晚了"}).status_code == 409
    assert engineer.get(address("vendor_failed", ticket, dispatch.pk)).status_code == 302
    assert asks(world.engineer2).get(address("vendor_done", ticket, dispatch.pk)).status_code == 403
    assert Ticket.objects.get(pk=ticket.pk).status == "in_progress"


def test_who_wants_to_finish_is_told_of_the_open_call_and_calls_the_vendor_off(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    ticket_go_on(ticket=Ticket.objects.get(pk=ticket.pk), actor=world.engineer, at=NOW - minutes(5))
    engineer, dispatch = asks(world.engineer), newest(ticket)
    assert dispatch.vendor.name in engineer.get(address("resolve", ticket)).content.decode()
    refused = engineer.post(address("resolve", ticket), WORK)
    assert refused.status_code == 422 and WORK["solution"] in refused.content.decode()
    off = address("vendor_call_off", ticket, dispatch.pk)
    assert off in engineer.get(address("detail", ticket)).content.decode()
    assert engineer.get(off).status_code == 200
    assert engineer.post(off, {"note": "已自行修复"}).status_code == 302
    assert "已自行修复" in engineer.get(address("detail", ticket)).content.decode()
    assert engineer.post(address("resolve", ticket), WORK).status_code == 302


def test_who_looks_at_a_form_whose_time_is_over_is_led_to_the_ticket(world: World) -> None:
    ticket = reach(world, "signed")
    for verb in ("wait_vendor", "spare_lend", "loan_link", "part_use"):
        answer = asks(world.engineer).get(address(verb, ticket))
        assert (answer.status_code, answer["Location"]) == (302, address("detail", ticket))


def test_spares_and_parts_by_their_forms(world: World) -> None:
    ticket, spare, part = reach(world, "in_progress"), make_spare(world), make_part(world, stock=2)
    engineer = asks(world.engineer)
    assert engineer.get(address("spare_lend", ticket)).status_code == 200
    lent = {
        "spare": spare.pk, "borrower_name": "窗口人员01", "borrower_unit": world.unit.pk, "condition_out": "完好",
        "due_on": (NOW + timedelta(days=3)).date().isoformat(),
    }  # fmt: skip
    assert engineer.post(address("spare_lend", ticket), lent).status_code == 302
    assert engineer.get(address("loan_link", ticket)).status_code == 200
    assert engineer.post(address("no_spare", ticket), {"why": "none_left", "note": ""}).status_code == 422
    used = {"part": part.pk, "quantity": "3", "cost_bearer": "contractor"}
    assert engineer.post(address("part_use", ticket), used).status_code == 409
    assert engineer.post(address("part_use", ticket), used | {"quantity": "1"}).status_code == 302
    row = TicketPart.objects.get()
    page = engineer.get(address("detail", ticket)).content.decode()
    assert spare.name in page and address("part_undo", ticket, row.pk) in page
    assert engineer.post(address("part_undo", ticket, row.pk), {"reason": "登记错了"}).status_code == 302
    assert asks(world.clerk).get(address("part_use", ticket)).status_code == 403


def test_how_vendors_do_is_read_by_the_client_and_exported(world: World) -> None:
    ticket = wait_vendor(world, reach(world, "in_progress"))
    dispatch = newest(ticket)
    finish(world, dispatch, at=NOW - minutes(5))
    use_part(world, ticket, at=NOW)
    for days in ("from=0001-01-01", "to=9999-12-31", "from=9999-12-31&to=9999-12-31", "from=x"):
        for where in (reverse("tickets:vendors"), reverse("tickets:vendor_score", args=[dispatch.vendor_id])):
            assert asks(world.manager).get(f"{where}?{days}").status_code == 200
    for person in (world.engineer, world.manager, world.supervisor, world.leader, world.auditor):
        page = asks(person).get(reverse("tickets:vendors")).content.decode()
        assert dispatch.vendor.name in page and "100.0" in page
        page = asks(person).get(reverse("tickets:vendor_score", args=[dispatch.vendor_id])).content.decode()
        assert ticket.code in page and "<svg" in page
    assert asks(world.clerk).get(reverse("tickets:vendors")).status_code == 403
    for name, given in (("vendors_export", []), ("vendor_export", [dispatch.vendor_id])):
        answer = asks(world.supervisor).post(reverse(f"tickets:{name}", args=given), {"format": "csv"})
        text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        assert dispatch.vendor.name in text or ticket.code in text
        assert asks(world.auditor).post(reverse(f"tickets:{name}", args=given)).status_code == 403


def test_the_client_is_told_the_instant_of_the_plan(world: World) -> None:
    ticket = plan(world, escalate(world, reach(world, "in_progress")))
    assert "03-21 09:10" in asks(world.clerk).get(address("detail", ticket)).content.decode()
