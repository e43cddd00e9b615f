"""Configuration: every value stays, a secret leaks nowhere, key devices are changed under an order or as a marked emergency."""

import io
import json
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from core import vault
from core.errors import Conflict, Invalid, NotAllowed
from devices.finds.history import values_of, versions_on
from devices.models import ChangeOrder, ConfigItem, ConfigVersion, Device, EmergencyChange
from devices.services.configuration import baseline_mark, config_import, config_reveal, config_withdraw
from devices.services.orders import order_finish
from devices.tests.history_make import NOON, SECRET, TODAY, history_there, hours, put, started
from notifications.models import Message
from records.models import AuditEntry
from tests.make import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def key_device(world: World) -> Device:
    Device.objects.filter(pk=world.device.pk).update(is_key=True)
    world.device.refresh_from_db()
    return world.device


def held(world: World, day: date) -> dict[str, str]:
    return {key: value.value for key, value in values_of(versions_on([world.device], day)[world.device.pk]).items()}


def test_what_was_in_force_on_a_day_stays_readable(world: World) -> None:
    put(world, "网关", "10.0.0.1", effective_from=date(2024, 3, 1))
    put(world, "网关", "10.0.0.254", effective_from=TODAY)
    put(world, "网关", "10.0.0.2", effective_from=date(2024, 3, 10), reason="补登")
    assert held(world, date(2024, 2, 29)) == {}
    assert [held(world, day)["网关"] for day in (date(2024, 3, 9), date(2024, 3, 10), TODAY)] == [
        "10.0.0.1", "10.0.0.2", "10.0.0.254",
    ]  # fmt: skip
    config_withdraw(
        item=ConfigItem.objects.get(),
        contract=world.contract,
        number_seen=3,
        reason="设备改DHCP",
        actor=world.engineer,
        at=NOON,
    )
    assert held(world, TODAY) == {}
    assert held(world, TODAY - timedelta(days=1)) == {"网关": "10.0.0.2"}
    assert list(ConfigVersion.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_an_equal_value_adds_nothing_and_an_old_view_of_it_is_refused(world: World) -> None:
    first = put(world, "VLAN", "20")
    assert put(world, "VLAN", "20").pk == first.pk
    put(world, "VLAN", "30", number_seen=1)
    with pytest.raises(Conflict):
        put(world, "VLAN", "40", number_seen=1)
    with pytest.raises(Conflict):
        put(world, "VLAN", "50", number_seen=0)
    with pytest.raises(Invalid):
        put(world, "VLAN", "60", effective_from=TODAY + timedelta(days=1))
    for nobody in (world.clerk, world.supervisor, world.auditor):
        with pytest.raises(NotAllowed):
            put(world, "VLAN", "70", actor=nobody)


@pytest.mark.django_db(transaction=True)
def test_of_several_who_change_one_parameter_at_once_one_wins(world: World) -> None:
    put(world, "VLAN", "1")
    barrier, outcomes = Barrier(8), []

    def change(number: int) -> None:
        try:
            barrier.wait()
            put(world, "VLAN", f"{number + 100}", number_seen=1)
            outcomes.append("won")
        except Conflict:
            outcomes.append("lost")
        finally:
            connection.close()

    threads = [Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 7 + ["won"]
    assert ConfigVersion.objects.count() == 2


def test_a_secret_is_nowhere_in_the_database_and_on_no_page(world: World) -> None:
    history_there(world)
    put(world, "-口令", "Pw-zebra-4712", secret=True, reason="季度更换")
    baseline_mark(device=world.device, contract=world.contract, name="验收", on=TODAY, actor=world.engineer, at=NOON)
    order_finish(
        order=ChangeOrder.objects.get(), outcome="succeeded", result="完成", actor=world.engineer, at=NOON + hours(1)
    )
    stored = io.StringIO()
    for model in apps.get_models():
        for row in model._default_manager.values():
            stored.write(json.dumps(row, default=str, ensure_ascii=False) + "\n")
    assert "-网关" in stored.getvalue()
    assert "zebra" not in stored.getvalue()
    client = as_(world.manager)
    code, pk = world.device.code, ConfigItem.objects.get(key="-口令").pk
    order = ChangeOrder.objects.get()
    pages = [
        reverse("devices:configuration", args=[code]), reverse("devices:config_item", args=[code, pk]),
        reverse("devices:config_change", args=[code, pk]),
        reverse("devices:config_compare", args=[code]) + "?one_on=2024-03-17&all=1",
        reverse("devices:history", args=[code]), reverse("devices:as_of", args=[code]), reverse("devices:changes"),
        reverse("devices:order", args=[order.code]),
    ]  # fmt: skip
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200
        text = response.content.decode()
        assert "zebra" not in text
        assert "口令" in text or "devices/orders" in page
    for fmt in ("csv", "xlsx"):
        response = client.post(reverse("devices:config_export", args=[code]), {"format": fmt})
        assert b"zebra" not in response.getvalue()


def test_a_secret_is_shown_on_a_logged_click_only_and_to_keepers_only(world: World) -> None:
    history_there(world)
    item = ConfigItem.objects.get(is_secret=True)
    address = reverse("devices:config_reveal", args=[world.device.code, item.pk])
    assert as_(world.engineer).get(address).status_code == 405
    response = as_(world.engineer).post(address, {"reason": "重装系统"})
    assert SECRET in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    entry = AuditEntry.objects.get(verb="config_reveal")
    assert (entry.actor, entry.reason, entry.visibility) == (world.engineer, "重装系统", "internal")
    for nobody in ("clerk", "supervisor", "leader", "auditor", "admin"):
        assert as_(getattr(world, nobody)).post(address).status_code == 403
    assert AuditEntry.objects.filter(verb="config_reveal").count() == 1
    with pytest.raises(Conflict):
        config_reveal(
            item=ConfigItem.objects.get(is_secret=False), contract=world.contract, actor=world.engineer, at=NOON
        )


def test_a_refused_form_never_sends_a_secret_back(world: World) -> None:
    body = {
        "key": "口令",
        "value": SECRET,
        "is_secret": "on",
        "effective_from": "2024-03-18",
        "reason": "",
        "number_seen": "0",
    }
    response = as_(world.engineer).post(reverse("devices:config_add", args=[world.device.code]), body)
    assert response.status_code == 422
    assert SECRET not in response.content.decode()
    assert "口令" in response.content.decode()


def test_secrets_are_sealed_anew_by_the_command(world: World, settings: Any) -> None:
    history_there(world)
    version = ConfigVersion.objects.exclude(sealed="").get()
    before = version.sealed
    settings.FIELD_KEYS = ["k" * 20 + "0123456789abcdef"]
    call_command("reseal_secrets", stdout=io.StringIO())
    version.refresh_from_db()
    assert version.sealed != before
    assert vault.unseal(version.sealed) == SECRET


def test_a_key_device_is_changed_under_an_order_in_its_window(world: World) -> None:
    device = key_device(world)
    with pytest.raises(Invalid) as refused:
        put(world, "网关", "10.0.0.1")
    assert list(refused.value.fields) == ["emergency"]
    order = started(world)
    assert put(world, "网关", "10.0.0.1").order == order
    with pytest.raises(Invalid):
        put(world, "网关", "10.0.0.9", at=order.window_to + hours(1))
    order_finish(order=order, outcome="succeeded", result="已切换", actor=world.engineer, at=NOON + hours(1))
    with pytest.raises(Invalid):
        put(world, "网关", "10.0.0.2", at=NOON + hours(2))
    assert order.before[str(device.pk)]["items"] == {}
    assert order.after[str(device.pk)]["items"]["网关"]["value"] == "10.0.0.1"


def test_an_emergency_is_marked_told_and_listed_apart(world: World) -> None:
    key_device(world)
    version = put(world, "网关", "10.0.0.1", emergency="断网，窗口全停")
    assert version.is_emergency
    row = EmergencyChange.objects.get()
    assert (row.device, row.reason) == (world.device, "断网，窗口全停")
    told = Message.objects.get(title__contains="without an order")
    people = {delivery.recipient for delivery in told.deliveries.all()}
    assert people == {world.manager, world.supervisor}
    for reader in (world.supervisor, world.auditor, world.engineer2):
        assert "断网，窗口全停" in as_(reader).get(reverse("devices:emergencies")).content.decode()
    assert AuditEntry.objects.get(verb="config_set").after["emergency"] is True


def test_pasted_parameters_are_looked_at_first_and_entered_all_or_nothing(world: World) -> None:
    put(world, "VLAN", "20")
    client, address = as_(world.engineer), reverse("devices:config_import", args=[world.device.code])
    body = {"text": "VLAN=20\n网关=10.0.0.1\n坏行", "effective_from": "2024-03-18", "reason": "初装"}
    response = client.post(address, body | {"confirm": "1"})
    assert response.status_code == 422
    assert ConfigItem.objects.count() == 1
    good = body | {"text": f"VLAN=20\n网关=10.0.0.1\n管理口令={SECRET}"}
    response = client.post(address, good)
    assert response.status_code == 200
    assert ConfigItem.objects.count() == 1
    assert client.post(address, good | {"confirm": "1", "secret": "管理口令"}).status_code == 302
    assert ConfigItem.objects.get(key="管理口令").is_secret
    entries = AuditEntry.objects.filter(verb="config_set", source="import")
    assert len({entry.batch for entry in entries}) == 1
    assert entries.count() == 2
    with pytest.raises(Invalid):
        config_import(
            device=world.device,
            contract=world.contract,
            pairs=[],
            effective_from=TODAY,
            reason="x",
            actor=world.engineer,
            at=NOON,
        )


def test_two_devices_of_one_kind_are_compared_secrets_by_equality_only(world: World) -> None:
    twin = Device.objects.create(
        hall=world.contract.hall, code="WS-002", short_code="WS2", name="A06工作台", category=world.category, place=world.place,
        power_policy="daily_off",
    )  # fmt: skip
    put(world, "口令", SECRET, secret=True)
    put(world, "口令", SECRET, device=twin, secret=True)
    put(world, "密钥", SECRET, secret=True)
    put(world, "密钥", "another-one", device=twin, secret=True)
    page = as_(world.engineer).get(reverse("devices:config_compare", args=["WS-001"]), {"device": "ws-002"})
    lines = {line.key: line.state for line in page.context["lines"]}
    assert lines == {"密钥": "changed"}
    assert SECRET not in page.content.decode()
    assert as_(world.clerk).get(reverse("devices:config_compare", args=["WS-001"])).status_code == 403
