"""The store: a stock is the sum of its movements, whoever moves it how often at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction
from django.test import Client

from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from devices.models import SparePart, StockMovement
from devices.present_loans import spare_happenings, stock_due
from devices.services.spares import Counted, count_enter, movement_reverse, part_edit, stock_complaints
from devices.tests.spares_make import LATER, MORNING, make_part, move
from devices.timeline import Asked
from records.models import AuditEntry
from tests.make import World, make_world


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ledger(part: SparePart) -> list[tuple[str, int, int]]:
    rows = StockMovement.objects.filter(item=part).order_by("id")
    return list(rows.values_list("kind", "change", "balance"))


def test_every_movement_is_kept_with_what_was_left_after_it(world: World) -> None:
    part = make_part(world, stock=10)
    issued = move(world, part, "issue", 3, device=world.device, document="GD-1", reason="更换")
    move(world, part, "scrap", 1, reason="老化")
    move(world, part, "adjust", -2, reason="错发")
    assert ledger(part) == [("in", 10, 10), ("issue", -3, 7), ("scrap", -1, 6), ("adjust", -2, 4)]
    part.refresh_from_db()
    assert part.stock == 4
    assert (issued.contract, issued.document, issued.source) == (world.contract, "GD-1", "page")
    told = spare_happenings(Asked(world.device, world.engineer, None, 10))
    assert [row.text for row in told] == ["GD-1 · 更换"]
    assert AuditEntry.objects.filter(subject_type="device", subject_id=world.device.pk, verb="spare_move").exists()
    with pytest.raises(Conflict, match="4"):
        move(world, part, "issue", 5, device=world.device)
    for kind, quantity in (("issue", 1), ("scrap", 1), ("in", -1), ("count", 1)):
        with pytest.raises(Invalid):
            move(world, part, kind, quantity)
    with pytest.raises(NotAllowed):
        move(world, part, "in", 1, actor=world.supervisor)
    assert len(ledger(part)) == 4


def test_a_wrong_movement_is_followed_by_its_opposite_once(world: World) -> None:
    part = make_part(world, stock=10)
    wrong = move(world, part, "scrap", 4, reason="误操作")
    given: dict[str, Any] = {"contract": world.contract, "reason": "录错了", "actor": world.engineer, "at": LATER}
    counter = movement_reverse(movement=wrong, **given)
    assert (counter.reverses, counter.change) == (wrong, 4)
    part.refresh_from_db()
    assert part.stock == 10
    with pytest.raises(Conflict):
        movement_reverse(movement=wrong, **given)
    with pytest.raises(Invalid):
        movement_reverse(movement=counter, **given)
    received = StockMovement.objects.get(item=part, kind="in")
    move(world, part, "issue", 1, device=world.device)
    with pytest.raises(Conflict):
        movement_reverse(movement=received, **given)
    assert stock_complaints() == []


def test_a_count_is_entered_as_a_whole_and_differences_have_a_reason(world: World) -> None:
    first, second = make_part(world, "A-1", stock=10), make_part(world, "A-2", stock=3)
    given: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": LATER, "document": "PD-1"}
    with pytest.raises(Invalid) as refused:
        count_enter(lines=[Counted(first, 10, 8), Counted(second, 3, 3)], **given)
    assert set(refused.value.fields) == {f"reason_{first.pk}"}
    done = count_enter(lines=[Counted(second, 3, 3), Counted(first, 10, 8, "少两个")], **given)
    assert {row.batch for row in done} == {done[0].batch}
    assert [(row.item, row.change, row.document) for row in done] == [(first, -2, "PD-1"), (second, 0, "PD-1")]
    move(world, second, "issue", 1, device=world.device)
    with pytest.raises(Conflict) as moved:
        count_enter(lines=[Counted(first, 8, 7, "再少一个"), Counted(second, 3, 3)], **given)
    assert set(moved.value.fields) == {f"counted_{second.pk}"}
    first.refresh_from_db()
    assert first.stock == 8
    assert str(first.counted_on) == "2024-03-18"


def test_what_runs_short_is_due_since_the_day_on_which_it_began(world: World) -> None:
    part = make_part(world, stock=5, least=3)
    assert list(stock_due(world.contract, MORNING.date())) == []
    move(world, part, "issue", 3, device=world.device)
    move(world, part, "issue", 1, device=world.device, at=MORNING + timedelta(days=2))
    (due,) = stock_due(world.contract, MORNING.date())
    assert (due.due_on, due.key) == (MORNING.date(), f"part:{part.pk}")
    part.refresh_from_db()
    part_edit(
        part=part,
        contract=world.contract,
        version_seen=part.version,
        values={"min_stock": 1},
        actor=world.engineer,
        at=LATER,
    )
    part.refresh_from_db()
    assert part.low_since is None
    assert list(stock_due(world.contract, MORNING.date())) == []


def test_the_database_itself_refuses_a_stock_below_zero_and_a_wrong_sign(world: World) -> None:
    part = make_part(world, stock=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        SparePart.objects.filter(pk=part.pk).update(stock=-1)
    for kind, change in (("in", -1), ("issue", 1), ("lend", 1), ("reverse", 1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            StockMovement.objects.create(
                item=part, contract=world.contract, kind=kind, change=change, balance=1, at=MORNING, actor=None
            )


def test_the_check_finds_a_stock_that_is_not_the_sum_of_its_movements(world: World) -> None:
    part = make_part(world, stock=4)
    call_command("check_stock")
    SparePart.objects.filter(pk=part.pk).update(stock=5)
    with pytest.raises(CommandError):
        call_command("check_stock")


@pytest.mark.django_db(transaction=True)
def test_twenty_who_move_one_stock_at_once_lose_nothing_and_take_nothing_twice() -> None:
    world = make_world()
    part = make_part(world, stock=15)
    gate = Barrier(20)

    def attempt(number: int) -> str:
        gate.wait()
        try:
            move(world, part, "issue", 1, device=world.device, reason=str(number))
        except Conflict:
            return "refused"
        finally:
            connections.close_all()
        return "taken"

    with ThreadPoolExecutor(20) as pool:
        outcome = list(pool.map(attempt, range(20)))
    assert sorted(outcome) == ["refused"] * 5 + ["taken"] * 15
    part.refresh_from_db()
    assert part.stock == 0
    assert sorted(balance for _kind, _change, balance in ledger(part)) == list(range(16))
    assert stock_complaints() == []


# Through the pages ------------------------------------------------------------------------------------------------------


def test_a_part_is_entered_moved_counted_and_exported_through_the_pages(world: World) -> None:
    client = as_(world.engineer)
    answer = client.post(
        "/devices/spares/add/",
        {"code": "P-1", "name": "内存条", "unit": "条", "min_stock": "2", "price": "199.50", "is_active": "on"},
    )
    part = SparePart.objects.get(code="P-1")
    assert answer["Location"] == f"/devices/spares/{part.pk}/"
    again = client.post("/devices/spares/add/", {"code": "P-1", "name": "又一条", "unit": "条", "min_stock": "0"})
    assert again.status_code == 422
    assert "又一条" in again.content.decode()
    move_url = f"/devices/spares/{part.pk}/move/"
    assert client.post(move_url, {"kind": "in", "quantity": "5", "document": "送货单8"}).status_code == 302
    refused = client.post(move_url, {"kind": "issue", "quantity": "9", "device": world.device.code})
    assert refused.status_code == 409
    assert world.device.code in refused.content.decode()
    assert client.post(move_url, {"kind": "issue", "quantity": "9"}).status_code == 422
    page = client.get("/devices/spares/count/").content.decode()
    assert f'name="seen_{part.pk}" value="5"' in page
    body = {f"counted_{part.pk}": "1", f"seen_{part.pk}": "5", f"reason_{part.pk}": "盘亏"}
    assert client.post("/devices/spares/count/", body).status_code == 302
    part.refresh_from_db()
    assert part.stock == 1
    assert "P-1" in client.get("/devices/spares/?show=low").content.decode()
    answer = as_(world.supervisor).post("/devices/spares/movements/export/", {"format": "csv"})
    rows = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert "送货单8" in rows.decode()
    assert as_(world.auditor).post("/devices/spares/export/").status_code == 403
    assert as_(world.clerk).get("/devices/spares/").status_code == 403
    assert as_(world.supervisor).post(move_url, {"kind": "in", "quantity": "5"}).status_code == 403


def test_the_store_costs_the_same_however_much_is_in_it(world: World, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        make_part(world, f"N-{number}", stock=number, category=world.category)
    client = as_(world.manager)
    client.get("/devices/spares/")
    with django_assert_max_num_queries(12):
        assert client.get("/devices/spares/").content.decode().count("cell-title") == 12
