"""The register of devices: entered, corrected, given a status, planned, at the same moment by many."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from core.errors import Conflict, Invalid, NotAllowed
from devices.finds.register import catalogue_of, reserved_words
from devices.models import Device, PlannedStatus
from devices.services.categories import field_edit, field_switch
from devices.services.planned import planned_add, planned_cancel, planned_carry_out
from devices.services.register import device_complaints, device_edit, device_status_set, device_warnings
from devices.subject import documents_of, warranties
from devices.tests.register_make import AT, TODAY, add_photo, enter, fit_out, own_field, values_of
from devices.timeline import Asked
from parties.models import Window
from records.models import AuditEntry
from tests.make import World, make_world

LATER = AT + timedelta(hours=1)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def entries(device: Device) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(subject_type="device", subject_id=device.pk).order_by("pk"))


def correct(world: World, device: Device, **values: Any) -> Device:
    return device_edit(
        device=device,
        contract=world.contract,
        version_seen=device.version,
        values=values,
        actor=world.engineer,
        at=LATER,
    )


def set_status(world: World, status: str, *, actor: Any = None, reason: str = "送修", **more: Any) -> Device:
    device = Device.objects.get(pk=world.device.pk)
    given: dict[str, Any] = {"actor": actor or world.engineer, "at": LATER} | more
    return device_status_set(device=device, contract=world.contract, status=status, reason=reason, **given)


def test_a_device_gets_the_next_number_a_label_and_one_record(world: World) -> None:
    device = enter(world, mac="3c52821a007f", window=world.window)
    assert device.code == "WS-002"
    assert len(device.short_code) == 6
    assert device.mac == "3C:52:82:1A:00:7F"
    assert device.unit == world.unit, "the unit is that of its window"
    assert device.power_policy == world.category.power_policy
    assert "a06" in device.search_text.lower() or Device.objects.get(pk=device.pk).search_text
    [entry] = entries(device)
    assert (entry.verb, entry.source, entry.actor) == ("create", "page", world.engineer)
    assert entry.after["place"] == {"id": world.place.pk, "label": world.place.name}


def test_a_number_that_is_taken_or_a_word_of_a_page_is_refused(world: World) -> None:
    with pytest.raises(Conflict) as taken:
        enter(world, code="WS-001")
    assert "code" in taken.value.fields
    assert {"new", "software", "categories", "export", "due"} <= reserved_words()
    with pytest.raises(Invalid) as reserved:
        enter(world, code="Software")
    assert "code" in reserved.value.fields


def test_what_cannot_be_is_refused_field_by_field(world: World) -> None:
    other = make_world("b")
    foreign = Window.objects.create(unit=world.other_unit, code="C01")
    wrong = device_complaints(
        world.contract.hall,
        values_of(
            world,
            name=" ",
            mac="12",
            place=other.place,
            window=foreign,
            unit=world.unit,
            installed_on=TODAY,
            warranty_until=TODAY - timedelta(days=1),
            criticality="Z",
            status="retired",
            extra={"f9": "x"},
            remark="长" * 301,
        ),
    )
    assert set(wrong) == {
        "name", "mac", "place", "window", "warranty_until", "criticality", "status", "extra_f9", "remark",
    }  # fmt: skip


def test_a_thousand_rows_are_judged_without_asking_the_database(world: World, django_assert_num_queries: Any) -> None:
    own_field(world, "内存", "number", required=True)
    catalogue = catalogue_of(world.contract.hall)
    with django_assert_num_queries(0):
        for number in range(50):
            wrong = device_complaints(
                world.contract.hall, values_of(world, code=f"WS-{number}", extra={"f1": "8"}), catalogue=catalogue
            )
            assert wrong == {}
        assert "extra_f1" in device_complaints(world.contract.hall, values_of(world), catalogue=catalogue)


def test_a_correction_leaves_one_record_of_what_changed_and_none_when_nothing_did(world: World) -> None:
    device = enter(world, serial_no="S1")
    Device.objects.filter(pk=device.pk).update(plan_x=0.5, plan_y=0.5, plan_of=world.place)
    device.refresh_from_db()
    correct(world, device, name="A07工作台", serial_no="S1")
    [_created, entry] = entries(device)
    assert (entry.verb, entry.before, entry.after) == ("edit", {"name": "A06工作台"}, {"name": "A07工作台"})
    correct(world, device, name="A07工作台")
    assert len(entries(device)) == 2
    assert device.plan_x == 0.5


def test_who_was_overtaken_loses_nothing_and_overwrites_nothing(world: World) -> None:
    device = enter(world)
    mine = Device.objects.get(pk=device.pk)
    correct(world, device, brand="示例牌")
    with pytest.raises(Conflict):
        correct(world, mine, brand="另一牌")
    assert Device.objects.get(pk=device.pk).brand == "示例牌"


def test_a_number_that_another_device_has_is_pointed_out_but_allowed(world: World) -> None:
    enter(world, serial_no="S1", asset_no="Z1")
    assert "WS-002" in device_warnings(world.contract.hall, {"serial_no": "S1"})[0]
    assert device_warnings(world.contract.hall, {"serial_no": "", "asset_no": ""}) == []
    assert enter(world, serial_no="S1").code == "WS-003"


def test_a_status_has_a_reason_and_its_own_record_through_whatever_door(world: World) -> None:
    with pytest.raises(Invalid):
        set_status(world, "faulty", reason=" ")
    device = set_status(world, "faulty", reason="主板不通电")
    assert (device.status, device.status_reason, device.status_since) == ("faulty", "主板不通电", LATER)
    device_status_set(
        device=device, contract=world.contract, status="in_use", reason="换板", actor=None, at=LATER, source="command"
    )
    assert [(entry.verb, entry.source, entry.reason) for entry in entries(device)] == [
        ("fail", "page", "主板不通电"),
        ("use", "command", "换板"),
    ]
    stale = Device.objects.get(pk=device.pk)
    set_status(world, "spare")
    with pytest.raises(Conflict):
        device_status_set(
            device=stale, contract=world.contract, status="stopped", reason="晚了", actor=world.engineer, at=LATER
        )


def test_retired_is_final_but_for_the_manager(world: World) -> None:
    with pytest.raises(NotAllowed):
        set_status(world, "retired")
    with pytest.raises(NotAllowed):
        set_status(world, "faulty", actor=world.supervisor)
    device = set_status(world, "retired", actor=world.manager)
    with pytest.raises(Conflict):
        correct(world, device, name="改名")
    with pytest.raises(Conflict):
        set_status(world, "in_use", actor=world.manager)
    with pytest.raises(NotAllowed):
        set_status(world, "stopped")
    assert set_status(world, "stopped", actor=world.manager).status == "stopped"


@pytest.mark.django_db(transaction=True)
def test_twenty_people_enter_a_device_of_one_kind_at_once_and_no_number_is_given_twice() -> None:
    world = make_world()
    start = Barrier(20)

    def one(number: int) -> str:
        try:
            start.wait()
            return enter(world, name=f"工作台{number}").code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(one, range(20)))
    assert sorted(codes) == [f"WS-{number:03d}" for number in range(2, 22)]
    assert Device.objects.values("short_code").distinct().count() == 21


def test_a_planned_status_is_carried_out_once_on_its_day_by_the_task(world: World) -> None:
    _part, _row, plan = fit_out(world)
    with pytest.raises(Conflict):
        planned_add(
            device=world.device, contract=world.contract, target="spare", on=TODAY + timedelta(days=2), reason="备用",
            actor=world.engineer, at=AT,
        )  # fmt: skip
    assert planned_carry_out(at=AT + timedelta(days=8)) == 0
    assert planned_carry_out(at=AT + timedelta(days=9)) == 1
    assert planned_carry_out(at=AT + timedelta(days=9)) == 0
    world.device.refresh_from_db()
    assert (world.device.status, world.device.status_reason) == ("stopped", "改造")
    last = entries(world.device)[-1]
    assert (last.verb, last.source, last.actor) == ("stop", "task", None)
    plan.refresh_from_db()
    assert plan.status == "done"


def test_a_plan_that_is_no_longer_possible_or_was_given_up_is_not_carried_out(world: World) -> None:
    _part, _row, plan = fit_out(world)
    set_status(world, "stopped")
    assert planned_carry_out(at=AT + timedelta(days=9)) == 0
    plan.refresh_from_db()
    assert plan.status == "refused"
    assert plan.outcome
    again = planned_add(
        device=Device.objects.get(pk=world.device.pk), contract=world.contract, target="in_use",
        on=TODAY + timedelta(days=3), reason="恢复", actor=world.engineer, at=AT,
    )  # fmt: skip
    planned_cancel(plan=again, actor=world.engineer2, at=AT)
    assert planned_carry_out(at=AT + timedelta(days=9)) == 0
    assert PlannedStatus.objects.get(pk=again.pk).status == "cancelled"
    with pytest.raises(NotAllowed):
        planned_add(
            device=Device.objects.get(pk=world.device.pk), contract=world.contract, target="retired",
            on=TODAY + timedelta(days=3), reason="报废", actor=world.engineer, at=AT,
        )  # fmt: skip


def test_an_own_field_can_be_retired_and_keeps_what_was_entered(world: World) -> None:
    disk = own_field(world, "硬盘", "choice", choices="固态\n机械", required=True)
    with pytest.raises(Invalid):
        enter(world)
    device = enter(world, extra={disk.key: "固态"})
    with pytest.raises(Invalid) as used:
        field_edit(
            field=disk, contract=world.contract, version_seen=1, values={"label": "硬盘", "choices": "机械\n混合"},
            actor=world.manager, at=AT,
        )  # fmt: skip
    assert "固态" in used.value.fields["choices"]
    with pytest.raises(NotAllowed):
        field_switch(field=disk, contract=world.contract, active=False, actor=world.engineer, at=AT)
    field_switch(field=disk, contract=world.contract, active=False, actor=world.manager, at=AT)
    correct(world, device, name="改名", extra=device.extra)
    assert device.extra == {disk.key: "固态"}
    assert own_field(world, "硬盘", "text").key != disk.key


def test_warranties_of_the_next_ninety_days_are_due_soonest_first(world: World, django_assert_num_queries: Any) -> None:
    for days in (91, 90, 5, -1):
        enter(world, name=f"质保{days}", warranty_until=TODAY + timedelta(days=days))
    enter(world, name="报废的", warranty_until=TODAY)
    Device.objects.filter(name="报废的").update(status="retired")
    with django_assert_num_queries(1):
        due = list(warranties(world.contract, TODAY))
    assert [(row.title.split("质保")[1], row.mark) for row in due] == [("5", "30"), ("90", "90")]


def test_photos_are_part_of_a_devices_life(world: World) -> None:
    photo = add_photo(world)
    assert Device.objects.get(pk=world.device.pk).main_photo == photo
    asked = Asked(world.device, world.engineer, AT, 10)
    assert [row.text for row in documents_of(asked)] == [photo.name]
    assert list(documents_of(Asked(world.device, world.engineer, AT - timedelta(seconds=1), 10))) == []
