"""Stocktakes: counted once by whoever is first, settled, carried out, signed and locked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed
from devices.models import Device, Place, Stocktake, StocktakeLine
from devices.services.stocktakes import (
    Counted,
    line_by_hand,
    line_settle,
    line_take_back,
    rest_missing,
    stocktake_count,
    stocktake_finish,
    stocktake_start,
    surplus_add,
    surplus_settle,
)
from devices.tests.access_make import NOW
from devices.timeline import Asked, all_kinds
from records.models import AuditEntry, Signature
from records.services.documents import document_of, may_sign
from records.services.signatures import signature_give
from records.tests.make import data_url, strokes
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    world = make_world()
    Place.objects.create(hall=world.contract.hall, code="room", name="库房", kind=Place.Kind.ROOM, position=9)
    for number in range(2, 6):
        Device.objects.create(
            hall=world.contract.hall, code=f"WS-00{number}", short_code=f"WSX{number}", name=f"工作台{number}",
            category=world.category, place=world.place, power_policy="daily_off",
        )  # fmt: skip
    return world


def begin(world: World, **given: Any) -> Stocktake:
    return stocktake_start(contract=world.contract, kind="quarterly", actor=world.manager, at=NOW, **given)


def count(world: World, take: Stocktake, code: str, **given: Any) -> Counted:
    who: dict[str, Any] = {"actor": world.engineer, "at": NOW} | given
    return stocktake_count(stocktake=take, code=code, **who)


def room(world: World) -> Place:
    return Place.objects.get(hall=world.contract.hall, code="room")


def signed(check: Any, user: Any, purpose: str) -> Signature:
    document = document_of(check, purpose)
    return signature_give(
        subject=check, purpose=purpose, way="account", image=data_url(), strokes=strokes(), signer=user,
        version_seen=document.version, sha256_seen=document.sha256, at=NOW + timedelta(hours=2),
    )  # fmt: skip


def test_a_label_is_found_here_elsewhere_again_or_not_at_all(world: World) -> None:
    Device.objects.filter(code="WS-005").update(status="retired")
    take = begin(world)
    assert list(take.lines.values_list("code", flat=True)) == ["WS-001", "WS-002", "WS-003", "WS-004"]
    assert count(world, take, "wsx2").result == "here"
    away = count(world, take, "WS-003", place=room(world))
    assert (away.result, away.line and away.line.found_name) == ("elsewhere", "库房")
    again = count(world, take, "WSX2", actor=world.engineer2)
    assert (again.result, again.line and again.line.counted_by) == ("again", world.engineer)
    assert count(world, take, "WS-005").result == "not_listed"
    assert count(world, take, "NIX").result == "unknown"
    with pytest.raises(NotAllowed):
        count(world, take, "WSX4", actor=world.supervisor)


def test_a_whole_stocktake_moves_stops_signs_and_locks(world: World) -> None:
    take = begin(world)
    for code in ("WS-001", "WS-002"):
        count(world, take, code)
    count(world, take, "WS-003", place=room(world))
    lines = {line.code: line for line in take.lines.select_related("stocktake__contract")}
    line_by_hand(line=lines["WS-004"], outcome="here", reason="标签脱落", actor=world.engineer, at=NOW)
    with pytest.raises(Conflict):
        line_by_hand(line=lines["WS-004"], outcome="missing", reason="再盘", actor=world.engineer2, at=NOW)
    more = surplus_add(stocktake=take, description="旧键盘", place=room(world), actor=world.engineer, at=NOW)
    given: dict[str, Any] = {"stocktake": take, "actor": world.manager, "at": NOW + timedelta(hours=1)}
    with pytest.raises(Invalid):
        stocktake_finish(**given)
    take.refresh_from_db()
    assert take.status == "open"
    assert rest_missing(reason="全厅已走遍", **given) == 1
    lines = {line.code: line for line in take.lines.select_related("stocktake__contract")}
    with pytest.raises(Invalid):
        line_settle(line=lines["WS-005"], decision="move", actor=world.manager, at=NOW)
    line_settle(line=lines["WS-005"], decision="stop", note="未找到", actor=world.manager, at=NOW)
    line_settle(line=lines["WS-003"], decision="move", actor=world.manager, at=NOW)
    surplus_settle(surplus=more, decision="leave", note="个人物品", actor=world.manager, at=NOW)
    stocktake_finish(**given)
    take.refresh_from_db()
    assert (take.expected, take.matched, take.elsewhere, take.missing, take.surplus) == (5, 3, 1, 1, 1)
    moved, stopped = (Device.objects.get(code=code) for code in ("WS-003", "WS-005"))
    assert (moved.place, stopped.status) == (room(world), "stopped")
    batch = f"stocktake:{take.pk}"
    assert set(AuditEntry.objects.filter(batch=batch).values_list("subject_id", flat=True)) == {moved.pk, stopped.pk}
    assert "账实相符率：50.00%" in document_of(take, "result").text
    assert not may_sign(world.supervisor, take, "confirm"), "first we, then the client"
    signed(take, world.manager, "result")
    take = Stocktake.objects.get(pk=take.pk)
    assert not may_sign(world.engineer, take, "confirm")
    signed(take, world.supervisor, "confirm")
    take.refresh_from_db()
    assert take.status == "confirmed"
    for late in (
        lambda: count(world, take, "WS-001"),
        lambda: line_take_back(line=take.lines.all()[0], reason="改", actor=world.manager, at=NOW),
        lambda: surplus_add(stocktake=take, description="新", actor=world.manager, at=NOW),
    ):
        with pytest.raises(Conflict):
            late()


def test_the_phone_counts_and_the_devices_life_tells_of_it(world: World, django_assert_max_num_queries: Any) -> None:
    take = begin(world)
    client = Client()
    client.force_login(world.engineer)
    address = f"/devices/checks/stocktakes/{take.pk}/count/"
    answer = client.post(address, {"code": "http://testserver/d/WSX2/", "place": ""})
    assert answer.status_code == 302
    with django_assert_max_num_queries(26):
        page = client.get(f"{address}{answer.headers['Location']}").content.decode()
    assert "WS-002" in page
    client.post(address, {"code": "WSX3", "place": room(world).pk})
    assert "库房" in client.get(f"/devices/checks/stocktakes/{take.pk}/").content.decode()
    line = take.lines.get(code="WS-004")
    by_hand = f"/devices/checks/stocktakes/{take.pk}/lines/{line.pk}/"
    assert client.post(by_hand, {"outcome": "missing", "reason": ""}).status_code == 422
    assert client.post(by_hand, {"outcome": "missing", "reason": "未见"}).status_code == 302
    export = client.post(f"/devices/checks/stocktakes/{take.pk}/export/", {"format": "csv"})
    assert "WS-004" in b"".join(export.streaming_content).decode()  # type: ignore[attr-defined]
    device = Device.objects.get(code="WS-003")
    provider = next(kind.provider for kind in all_kinds() if kind.slug == "stocktake")
    told = list(provider(Asked(device, world.engineer, None, 5)))
    assert [one.text for one in told] == ["库房"]
    assert client.get("/devices/checks/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_one_label_scanned_by_eight_at_once_is_counted_once(world: World) -> None:
    take = begin(world)

    def scan(_number: int) -> str:
        try:
            return count(world, Stocktake.objects.select_related("contract__hall").get(pk=take.pk), "WSX2").result
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(scan, range(8)))
    assert sorted(results) == ["again"] * 7 + ["here"]
    assert StocktakeLine.objects.exclude(outcome="").count() == 1
