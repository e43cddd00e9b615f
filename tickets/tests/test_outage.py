"""Outages: numbered paper, later entry confirmed by another, the grid system's numbers, open tickets handed over by name."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Delivery, Message
from parties.services.contracts import membership_give
from sla.models import Alert, Clock, ClockEvent
from tests.make import SIGNED, World, make_user, make_world
from tickets import rules_outage
from tickets.models import BlankSheets, GridBatch, LateEntry, OpenHandover, Ticket
from tickets.querysets import without_late
from tickets.services.blank_print import blank_print
from tickets.services.grid_import import grid_map, grid_take_over, grid_undo
from tickets.services.grid_read import grid_rows
from tickets.services.handover_open import handover_answer, handover_take_back, handovers_remind
from tickets.services.late_decide import late_confirm, late_refuse
from tickets.tests.make import MONDAY, minutes, reach, report, respond
from tickets.tests.outage_make import AFTER, HEAD, PIXEL, enter, grid_batch, offer, sheet


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


# Decided from values ----------------------------------------------------------------------------------------------------


def test_instants_of_a_sheet_can_only_stand_in_their_order() -> None:
    good = {name: MONDAY + minutes(number) for number, name in enumerate(rules_outage.INSTANTS)}
    assert rules_outage.disorder(good, AFTER) == {}
    assert rules_outage.disorder({**good, "responded_at": None}, AFTER)["arrived_at"] == "gap"
    assert rules_outage.disorder({**good, "arrived_at": MONDAY - minutes(1)}, AFTER)["arrived_at"] == "order"
    assert rules_outage.disorder(good, MONDAY + minutes(2)) == {"resolved_at": "ahead"}


def test_columns_are_guessed_by_their_heads_and_never_twice() -> None:
    assert rules_outage.guess(HEAD) == {
        "external_no": 0, "external_at": 1, "description": 2, "reporter_name": 3, "reporter_phone": 4, "unit": 5, "place": 6,
        "urgency": 7,
    }  # fmt: skip
    assert rules_outage.guess(["时间", "时间"]) == {"external_at": 0}
    assert rules_outage.wall_clock("2024/3/18 9:05:30") == (2024, 3, 18, 9, 5, 30)
    assert rules_outage.wall_clock("昨天上午") is None


# Later entry ------------------------------------------------------------------------------------------------------------


def test_every_blank_sheet_has_a_number_of_its_own(world: World) -> None:
    first = blank_print(contract=world.contract, actor=world.engineer, at=MONDAY, kind="order", count=3)
    second = blank_print(contract=world.contract, actor=world.manager, at=MONDAY, kind="order", count=2)
    assert (first.series, first.first, first.last, second.first, second.last) == ("KB-2024", 1, 3, 4, 5)
    with pytest.raises(NotAllowed):
        blank_print(contract=world.contract, actor=world.supervisor, at=MONDAY, kind="order", count=1)
    enter(world, paper_no="kb-2024-0002")
    for wrong in ("KB-2024-0009", "KB-2024-X"):
        with pytest.raises(Invalid):
            enter(world, paper_no=wrong)
    with pytest.raises(Conflict):
        enter(world, paper_no="KB-2024-0002")


def test_a_confirmed_sheet_is_a_ticket_with_its_real_instants(world: World) -> None:
    before = Message.objects.count()
    entry = enter(world)
    assert Message.objects.count() == before + 1, "the rehearsal leaves nothing behind"
    assert not Ticket.objects.exists()
    decided = AFTER + minutes(20)
    ticket = late_confirm(entry=entry, actor=world.manager, at=decided)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.received_at, ticket.responded_at) == (MONDAY, MONDAY + minutes(3))
    assert (ticket.arrived_at, ticket.resolved_at) == (MONDAY + minutes(12), MONDAY + minutes(30))
    assert (ticket.recorded_at, ticket.recorded_by, ticket.late_entry) == (decided, world.engineer, entry)
    assert ticket.assignee == world.engineer
    assert ticket.status == "to_sign"
    clock = ticket.response_clock
    assert clock is not None
    assert clock.stopped_at == MONDAY + minutes(3)
    assert clock.kept is True
    recorded = ClockEvent.objects.filter(clock=clock).values_list("recorded_at", flat=True)
    assert set(recorded) == {decided}
    report(world, at=decided)
    assert list(without_late(Ticket.objects.filter(late_entry=entry))) == []
    assert without_late(Ticket.objects.all()).count() == 1
    with pytest.raises(Conflict):
        late_confirm(entry=entry, actor=world.manager, at=decided)
    assert Ticket.objects.filter(late_entry=entry).count() == 1


def test_what_was_late_on_paper_is_late_and_rungs_left_over_are_no_lag_of_the_engine(world: World) -> None:
    late = sheet(world, responded_at=MONDAY + minutes(9), commitment_at=MONDAY + minutes(20))
    ticket = late_confirm(entry=enter(world, values=late), actor=world.manager, at=AFTER)
    clock = Clock.objects.get(pk=ticket.response_clock_id or 0)
    assert (clock.kept, clock.breached_at) == (False, MONDAY + minutes(5))
    request = {
        name: value
        for name, value in sheet(world).items()
        if name in ("channel", "description", "reporter_name", "unit", "place")
    }
    still_open = late_confirm(entry=enter(world, values=request), actor=world.manager, at=AFTER)
    assert still_open.status == "pending_response"
    left = Alert.objects.filter(clock=still_open.response_clock, state="pending")
    assert left
    assert {row.laid_at for row in left} == {AFTER}


def test_a_sheet_needs_photo_reason_and_an_outage_that_holds_the_request(world: World) -> None:
    for change, field in (
        ({"photos": []}, "photos"),
        ({"reason": " "}, "reason"),
        ({"outage_to": MONDAY - minutes(1)}, "received_at"),
        ({"outage_to": AFTER + minutes(1)}, "outage_to"),
        ({"values": sheet(world, arrived_at=MONDAY)}, "arrived_at"),
        ({"values": sheet(world, triage="")}, "triage"),
        ({"values": sheet(world, solution="")}, "solution"),
        ({"engineer": world.clerk}, "engineer"),
        ({"values": sheet(world, service_mode="remote")}, "authorised_by"),
        ({"values": sheet(world, triage="difficult", analysis="主板疑似损坏")}, "arrived_at"),
    ):
        with pytest.raises(Invalid) as refused:
            enter(world, **change)
        assert field in refused.value.fields, change
    assert not LateEntry.objects.exists()
    remote = sheet(world, service_mode="remote", authorised_by="窗口人员01", tool="远程桌面")
    ticket = late_confirm(entry=enter(world, values=remote), actor=world.manager, at=AFTER)
    assert ticket.service_mode == "remote"


def test_nobody_confirms_what_they_entered_or_did(world: World) -> None:
    second = make_user("manager2", "项目副经理")
    membership_give(user=second, contract=world.contract, role="manager", actor=None, at=SIGNED)
    entry = enter(world)
    for person in (world.engineer, world.engineer2, world.supervisor, world.clerk, world.auditor):
        with pytest.raises(NotAllowed):
            late_confirm(entry=entry, actor=person, at=AFTER)
    own = enter(world, actor=world.manager)
    with pytest.raises(NotAllowed):
        late_confirm(entry=own, actor=world.manager, at=AFTER)
    assert late_confirm(entry=own, actor=second, at=AFTER).pk
    his = enter(world, engineer=world.manager)
    with pytest.raises(NotAllowed):
        late_confirm(entry=his, actor=world.manager, at=AFTER)
    assert late_confirm(entry=his, actor=world.supervisor, at=AFTER).pk
    with pytest.raises(Invalid):
        late_refuse(entry=entry, actor=world.manager, at=AFTER, reason="")
    assert late_refuse(entry=entry, actor=world.manager, at=AFTER, reason="照片看不清").status == "refused"


def test_the_pages_of_paper_and_late_entry(world: World) -> None:
    client = as_(world.engineer)
    assert client.post("/tickets/paper/", {"kind": "log", "count": "2"}).status_code == 302
    sheets = BlankSheets.objects.get()
    assert client.get(f"/tickets/paper/{sheets.pk}/").content.startswith(b"%PDF")
    assert client.get("/tickets/paper/").status_code == 200
    at = "2024-03-18T09:{:02d}"
    form = {
        "paper_no": f"{sheets.series}-0001", "paper_line": "3", "outage_from": "2024-03-18T08:40", "outage_to": "2024-03-18T11:00",
        "reason": "停电", "received_at": at.format(10), "channel": "phone", "description": "补录的故障",
        "reporter_name": "窗口人员01",
        "unit": world.unit.pk, "device": world.device.code, "impact": "point", "urgency": "low", "engineer": world.engineer.pk,
    }  # fmt: skip
    without = client.post("/tickets/late/new/", form)
    assert without.status_code == 422
    assert "补录的故障" in without.content.decode()
    sent = client.post("/tickets/late/new/", {**form, "photos": SimpleUploadedFile("p.png", PIXEL, "image/png")})
    assert sent.status_code == 302, sent.context["form"].errors
    entry = LateEntry.objects.get()
    assert entry.paper_line == 3
    manager = as_(world.manager)
    assert entry.code in manager.get("/tickets/late/?show=waiting").content.decode()
    assert f"/tickets/late/{entry.pk}/confirm/" in manager.get(f"/tickets/late/{entry.pk}/").content.decode()
    assert f"/tickets/late/{entry.pk}/confirm/" not in client.get(f"/tickets/late/{entry.pk}/").content.decode()
    assert manager.post(f"/tickets/late/{entry.pk}/confirm/").status_code == 302
    ticket = Ticket.objects.get()
    page = as_(world.clerk).get(f"/tickets/{ticket.code}/").content.decode()
    assert "停电" in page
    assert f"/tickets/late/{entry.pk}/" not in page


# The grid system --------------------------------------------------------------------------------------------------------


def test_the_dispatch_of_the_other_system_starts_the_response(world: World) -> None:
    given: dict[str, Any] = {
        "actor": world.engineer, "channel": "grid", "source_system": "网格化系统", "external_no": "WG-9",
        "external_at": MONDAY - minutes(10),
    }  # fmt: skip
    ticket = report(world, **given)
    assert (ticket.received_at, ticket.response_clock.started_at) == (MONDAY - minutes(10), MONDAY - minutes(10))  # type: ignore[union-attr]
    assert ticket.set_back_flagged is False
    with pytest.raises(Invalid) as twice:
        report(world, **given)
    assert ticket.code in twice.value.fields["external_no"]
    assert report(world, **{**given, "source_system": "12345热线"}).pk
    with pytest.raises(Invalid):
        report(world, **{**given, "external_no": "WG-10", "channel": "phone"})
    with pytest.raises(Invalid):
        report(world, **{**given, "external_no": "WG-11", "source_system": ""})
    assert "WG-9" in as_(world.clerk).get(f"/tickets/{ticket.code}/").content.decode()


def test_a_file_is_taken_over_whole_or_not_at_all_and_back_until_somebody_touches_it(world: World) -> None:
    batch = grid_batch(world)
    with pytest.raises(Invalid):
        grid_take_over(batch=batch, actor=world.engineer, at=MONDAY)
    batch.refresh_from_db()
    assert not Ticket.objects.exists()
    assert batch.status == "checked"
    assert set(grid_rows(batch, MONDAY)[1].errors) == {"unit", "place"}
    grid_map(batch=batch, actor=world.engineer, at=MONDAY, columns=batch.columns, unit=world.unit, place=world.place)
    assert not any(row.errors for row in grid_rows(batch, MONDAY))
    tickets = grid_take_over(batch=batch, actor=world.engineer, at=MONDAY)
    assert [(row.external_no, row.urgency) for row in tickets] == [("WG-001", "high"), ("WG-002", "medium")]
    assert tickets[0].received_at == MONDAY - minutes(20)
    with pytest.raises(NotAllowed):
        grid_undo(batch=batch, actor=world.engineer2, at=MONDAY)
    grid_undo(batch=batch, actor=world.engineer, at=MONDAY + minutes(1))
    assert set(Ticket.objects.values_list("status", flat=True)) == {"cancelled"}
    again = grid_batch(world, at=MONDAY + minutes(2))
    assert (again.columns, again.unit, again.place) == (batch.columns, world.unit, world.place), (
        "the columns are remembered"
    )
    taken = grid_take_over(batch=again, actor=world.engineer, at=MONDAY + minutes(2))
    respond(world, taken[0], at=MONDAY + minutes(3))
    with pytest.raises(Conflict):
        grid_undo(batch=again, actor=world.manager, at=MONDAY + minutes(4))
    assert GridBatch.objects.get(pk=again.pk).status == "taken"


def test_every_bad_row_is_told_for_the_same_number_of_statements(world: World) -> None:
    bad = ["", "昨天", "", "", "电话", "没有的单位", "没有的地点", "很急"]
    counts = []
    for number in (1, 30):
        batch = grid_batch(world, *([bad] * number))
        with CaptureQueriesContext(connection) as seen:
            rows = grid_rows(batch, MONDAY)
        counts.append(len(seen))
        assert set(rows[0].errors) == {
            "external_no", "external_at", "description", "reporter_name", "reporter_phone", "unit", "place", "urgency"
        }  # fmt: skip
    assert counts[0] == counts[1]


def test_the_pages_of_the_grid_import(world: World) -> None:
    client = as_(world.engineer)
    text = "\n".join(
        [
            ",".join(HEAD),
            f"WG-1,2024-03-18 09:00,取号机不出票,网格员甲,13800000011,{world.unit.name},{world.place.name},紧急",
            f"WG-1,2024-03-18 09:01,重复,网格员甲,13800000011,{world.unit.name},{world.place.name},紧急",
        ]
    )
    file = SimpleUploadedFile("派单.csv", text.encode("gb18030"))
    answer = client.post("/tickets/grid/", {"source_system": "网格化系统", "file": file})
    batch = GridBatch.objects.get()
    page = client.get(answer["Location"]).content.decode()
    assert f"/tickets/grid/{batch.pk}/take/" not in page
    assert client.post(f"/tickets/grid/{batch.pk}/take/").status_code == 302
    assert not Ticket.objects.exists()
    assert client.post(f"/tickets/grid/{batch.pk}/lay-aside/").status_code == 302
    good = SimpleUploadedFile("派单.csv", "\n".join(text.split("\n")[:2]).encode())
    where = client.post("/tickets/grid/", {"source_system": "网格化系统", "file": good})["Location"]
    assert client.post(f"{where}take/").status_code == 302
    assert Ticket.objects.get().external_no == "WG-1"
    assert "WG-1" in client.get(where).content.decode()
    assert client.post(f"{where}take-back/").status_code == 302


# Hand-over --------------------------------------------------------------------------------------------------------------


def test_a_ticket_changes_hands_only_when_it_is_accepted_by_name(world: World) -> None:
    one, two = reach(world, "in_progress"), reach(world, "responded")
    handover = offer(world, one, notes={one.pk: "等电话", two.pk: ""})
    assert Ticket.objects.get(pk=one.pk).assignee == world.engineer
    with pytest.raises(Conflict):
        offer(world, one)
    first, second = handover.lines.order_by("pk")
    for person in (world.engineer, world.manager):
        with pytest.raises(NotAllowed):
            handover_answer(handover=handover, actor=person, at=AFTER, accepted=[first.pk], refused={})
    with pytest.raises(Invalid):
        handover_answer(
            handover=handover, actor=world.engineer2, at=AFTER, accepted=[first.pk], refused={second.pk: ""}
        )
    assert Ticket.objects.get(pk=one.pk).assignee == world.engineer
    handover_answer(
        handover=handover, actor=world.engineer2, at=AFTER, accepted=[first.pk], refused={second.pk: "明日休假"}
    )
    one, two = Ticket.objects.get(pk=one.pk), Ticket.objects.get(pk=two.pk)
    assert (one.assignee, two.assignee) == (world.engineer2, world.engineer)
    assert one.reassign_count == 0, "a hand-over is no second reassignment"
    with pytest.raises(Conflict):
        handover_answer(handover=handover, actor=world.engineer2, at=AFTER, accepted=[first.pk], refused={})
    assert OpenHandover.objects.get(pk=handover.pk).answered_at == AFTER


def test_an_unanswered_hand_over_is_told_to_the_manager_once(world: World) -> None:
    ticket = reach(world, "in_progress")
    with pytest.raises(NotAllowed):
        offer(world, ticket, actor=world.engineer2)
    handover = offer(world, ticket, actor=world.manager)
    assert handovers_remind(at=AFTER + timedelta(minutes=59)) == 0
    assert [handovers_remind(at=AFTER + timedelta(minutes=61)) for _ in range(2)] == [1, 0]
    told = Delivery.objects.filter(message__title__contains="for an hour").values_list("recipient__username", flat=True)
    assert set(told) == {"manager", "engineer2"}
    handover_take_back(handover=handover, actor=world.engineer, at=AFTER + timedelta(hours=2))
    with pytest.raises(Conflict):
        handover_answer(
            handover=handover, actor=world.engineer2, at=AFTER, accepted=[handover.lines.get().pk], refused={}
        )
    assert offer(world, ticket).pk


def test_the_pages_of_a_hand_over(world: World) -> None:
    ticket = reach(world, "in_progress")
    client = as_(world.engineer)
    assert ticket.code in client.get("/tickets/handovers/new/").content.decode()
    nothing = client.post("/tickets/handovers/new/", {"to_person": world.engineer2.pk, "why": "shift"})
    assert nothing.status_code == 422
    given = {"to_person": world.engineer2.pk, "why": "shift", "ticket": ticket.pk, f"note-{ticket.pk}": "备件在柜子里"}
    where = client.post("/tickets/handovers/new/", given)["Location"]
    colleague = as_(world.engineer2)
    assert where in colleague.get("/tickets/handovers/").content.decode()
    assert "备件在柜子里" in colleague.get(where).content.decode()
    assert client.post(where, {"line": "1"}).status_code == 403
    # Nothing is ticked and no reason given: refused, and the tick stays away.
    refused = colleague.post(where, {"refusal": ""})
    assert refused.status_code == 422
    assert " checked" not in refused.content.decode()
    line = OpenHandover.objects.get().lines.get()
    assert colleague.post(where, {"line": line.pk}).status_code == 302
    assert Ticket.objects.get(pk=ticket.pk).assignee == world.engineer2
    assert as_(world.supervisor).get(where).status_code == 403
