"""Registrations, extensions, connections, the pasted list, contradictions, and their pages."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from devices.due import all_sources
from devices.finds.conflicts import conflicts_of
from devices.models import Address, DrawnLayer, Extension, Link, Port, Registration, TopologyVersion
from devices.services.extensions import extension_create, extension_edit
from devices.services.links import layer_set, link_edit, link_remove
from devices.services.network import address_take
from devices.services.network_import import addresses_import
from devices.services.registrations import (
    registration_approve,
    registration_refuse,
    registration_renew,
    registration_request,
    registration_revoke,
    registration_withdraw,
    registrations_expire,
)
from devices.services.topology import Chosen, graph_of
from devices.tests.network_make import (
    AT,
    ask,
    connect,
    extension_values,
    make_device,
    make_subnet,
    registration_values,
    said,
)
from records.models import AuditEntry
from tests.make import World, make_world

TODAY = date(2024, 3, 18)


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def verbs_of(subject: str, pk: int) -> list[str]:
    rows = AuditEntry.objects.filter(subject_type=subject, subject_id=pk).order_by("id")
    return list(rows.values_list("verb", flat=True))


def approve(world: World, row: Registration, actor: Any = None, **more: Any) -> Registration:
    return registration_approve(registration=row, version_seen=row.version, actor=actor or world.manager, at=AT, **more)


# Registrations --------------------------------------------------------------------------------------------------------


def test_a_registration_takes_its_address_when_somebody_else_approves_it(world: World) -> None:
    subnet = make_subnet(world)
    row = ask(world, subnet)
    assert row.code == "RW-20240318-0001"
    assert not Address.objects.exists(), "nothing is given before approval"
    with pytest.raises(NotAllowed):
        approve(world, row, world.engineer)
    own = registration_request(
        contract=world.contract, values=registration_values(world, subnet), actor=world.manager, at=AT
    )
    with pytest.raises(NotAllowed):
        approve(world, own, world.manager)
    approve(world, own, world.supervisor, address="10.20.1.9")
    stale = row.version
    approve(world, row)
    assert row.address is not None
    assert (row.status, row.address.address, row.address.person) == ("approved", "10.20.1.2", "厂商工程师01")
    with pytest.raises(Conflict):
        registration_approve(registration=row, version_seen=stale, actor=world.manager, at=AT)
    assert verbs_of("registration", row.pk) == ["registration_request", "registration_approve"]


def test_a_registration_says_what_is_missing(world: World) -> None:
    subnet = make_subnet(world)
    missing: tuple[tuple[str, dict[str, Any]], ...] = (
        ("promised", {"promised": False}),
        ("foreign_device", {"foreign_device": ""}),
        ("mac", {"mac": "ff-ff-ff-ff-ff-ff"}),
        ("valid_to", {"valid_to": TODAY - timedelta(days=1)}),
        ("valid_to", {"valid_to": TODAY + timedelta(days=2000)}),
        ("purpose", {"purpose": " "}),
    )
    for field, values in missing:
        with pytest.raises(Invalid) as wrong:
            ask(world, subnet, **values)
        assert list(wrong.value.fields) == [field]


def test_an_expired_registration_loses_its_address_once_and_gets_it_back_when_renewed(world: World) -> None:
    subnet = make_subnet(world)
    world.device.mac = "02:00:00:00:00:09"
    world.device.save()
    row = approve(world, ask(world, subnet, device=world.device, foreign_device="", mac=""))
    due = next(source for source in all_sources() if source.slug == "registrations")
    assert [one.key for one in due.rows(world.contract, row.valid_to - timedelta(days=30))] == [row.code]
    assert not list(due.rows(world.contract, row.valid_to - timedelta(days=31)))
    last_day = AT + timedelta(days=(row.valid_to - TODAY).days)
    assert registrations_expire(at=last_day) == 0, "the last day still counts"
    assert conflicts_of(world.contract.hall, row.valid_to) == []
    assert [one.address for one in conflicts_of(world.contract.hall, row.valid_to + timedelta(days=1))] == [row.address]
    assert registrations_expire(at=last_day + timedelta(days=1)) == 1
    assert registrations_expire(at=last_day + timedelta(days=1)) == 0, "whoever comes second finds nothing to do"
    address = Address.objects.get()
    assert address.status == "stopped"
    entry = AuditEntry.objects.filter(subject_type="device", subject_id=world.device.pk).latest("id")
    assert (entry.verb, entry.source, entry.actor) == ("address_stop", "task", None)
    row = Registration.objects.get()
    registration_renew(
        registration=row,
        version_seen=row.version,
        valid_to=row.valid_to + timedelta(days=60),
        reason="项目延期",
        actor=world.supervisor,
        at=last_day + timedelta(days=2),
    )
    address.refresh_from_db()
    assert (row.status, address.status, row.address) == ("approved", "in_use", address)
    registration_revoke(
        registration=row,
        version_seen=row.version,
        reason="人员离场",
        actor=world.manager,
        at=last_day + timedelta(days=3),
    )
    address.refresh_from_db()
    assert (row.status, address.status, address.device) == ("revoked", "free", None)


def test_a_request_is_refused_with_a_reason_or_withdrawn_by_who_asked(world: World) -> None:
    subnet = make_subnet(world)
    refused, withdrawn = ask(world, subnet), ask(world, subnet)
    with pytest.raises(Invalid):
        registration_refuse(registration=refused, version_seen=1, decision=" ", actor=world.manager, at=AT)
    registration_refuse(registration=refused, version_seen=1, decision="请用窗口打印机", actor=world.manager, at=AT)
    with pytest.raises(NotAllowed):
        registration_withdraw(registration=withdrawn, actor=world.manager, at=AT)
    registration_withdraw(registration=withdrawn, actor=world.engineer, at=AT)
    with pytest.raises(Conflict):
        approve(world, withdrawn)
    assert not Address.objects.exists(), "a lost approval gives its address back"


# Extensions -----------------------------------------------------------------------------------------------------------


def test_an_extension_is_once_in_the_hall_and_nobodys_mobile(world: World) -> None:
    act: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": AT}
    hall = world.contract.hall
    row = extension_create(hall=hall, values=extension_values(device=world.device), **act)
    with pytest.raises(Conflict):
        extension_create(hall=hall, values=extension_values(), **act)
    private: tuple[tuple[str, dict[str, Any]], ...] = (
        ("number", {"number": "13800000001"}),
        ("user", {"user": "张某 138-0000-0001"}),
        ("note", {"note": "手机13800000001"}),
    )
    for field, values in private:
        with pytest.raises(Invalid) as wrong:
            extension_create(hall=hall, values=extension_values(**{"number": "8009", **values}), **act)
        assert list(wrong.value.fields) == [field]
    extension_edit(extension=row, version_seen=1, values=extension_values(number="8002", status="faulty"), **act)
    assert verbs_of("device", world.device.pk) == ["extension_set", "extension_leave"]
    with pytest.raises(Conflict):
        extension_edit(extension=row, version_seen=1, values=extension_values(), **act)
    assert Extension.objects.get().number == "8002"


# Connections ----------------------------------------------------------------------------------------------------------


def test_a_port_holds_one_end_and_no_device_is_connected_to_itself(world: World) -> None:
    act: dict[str, Any] = {"contract": world.contract, "actor": world.engineer, "at": AT}
    switch = make_device(world, "NET-001")
    link = connect(world, switch, world.device, "Ge1/0/1", vlans="Trunk 10， 20-30")
    assert link.vlans == "trunk 10,20-30"
    other = make_device(world, "WS-002")
    with pytest.raises(Conflict) as taken:
        connect(world, switch, other, "Ge1/0/1")
    assert "a_port" in taken.value.fields
    assert Link.objects.count() == 1, "a refused connection leaves nothing behind"
    with pytest.raises(Invalid):
        connect(world, switch, switch)
    with pytest.raises(Invalid):
        connect(world, switch, other, vlans="4095")
    second = connect(world, switch, other)
    assert {port.name for port in second.ports.all()} == {"1"}
    with pytest.raises(Conflict):
        link_edit(link=second, version_seen=1, values=said(), a_port="Ge1/0/1", **act)
    link_edit(link=link, version_seen=1, values=said(label="W-1"), a_port="Ge1/0/9", **act)
    assert sorted(Port.objects.filter(link=link).values_list("name", flat=True)) == ["1", "Ge1/0/9"]
    link_remove(link=Link.objects.get(pk=link.pk), version_seen=2, **act)
    connect(world, other, switch, "", "Ge1/0/9")
    assert verbs_of("device", world.device.pk) == ["link_create", "link_edit", "link_remove"]


@pytest.mark.django_db(transaction=True)
def test_of_ten_people_who_plug_into_one_port_one_does() -> None:
    world = make_world()
    switch = make_device(world, "NET-001")
    ends = [make_device(world, f"KS-{number:03d}") for number in range(10)]
    start = Barrier(10)

    def one(number: int) -> bool:
        try:
            start.wait()
            connect(world, switch, ends[number], "Ge1/0/1")
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(10))) == 1
    assert Link.objects.count() == 1


def test_the_graph_is_narrowed_and_asks_a_constant_number_of_times(
    world: World, django_assert_max_num_queries: Any
) -> None:
    subnet = make_subnet(world)
    switch = make_device(world, "NET-001")
    connect(world, switch, world.device, kind="fibre")
    address_take(subnet=subnet, contract=world.contract, actor=world.engineer, at=AT, device=world.device)
    for number in range(2, 8):
        connect(world, switch, make_device(world, f"WS-{number:03d}"), vlans="trunk 30-40" if number == 2 else "")
    layer_set(device=switch, contract=world.contract, layer=0, actor=world.manager, at=AT)
    hall = world.contract.hall
    with django_assert_max_num_queries(4):
        whole = graph_of(hall)
    assert (len(whole.nodes), len(whole.edges)) == (8, 7)
    assert next(node for node in whole.nodes if node.code == "NET-001").layer == DrawnLayer.Layer.CORE
    assert len(graph_of(hall, Chosen(kind="fibre")).edges) == 1
    assert len(graph_of(hall, Chosen(vlan=20)).edges) == 1, "by the address of the device"
    assert len(graph_of(hall, Chosen(vlan=35)).edges) == 1, "by what the cable carries"
    assert len(graph_of(hall, Chosen(place=world.place)).edges) == 7


# The pasted list and the contradictions -------------------------------------------------------------------------------


def test_a_pasted_list_is_tried_out_and_entered_whole_or_not_at_all(world: World) -> None:
    make_subnet(world)
    act: dict[str, Any] = {"hall": world.contract.hall, "contract": world.contract, "actor": world.engineer, "at": AT}
    text = "地址\t设备\n10.20.1.30\tWS-001\t001A2B3C4D5E\t窗口\n10.20.1.31,,,打印机\n"
    tried = addresses_import(text=text, dry_run=True, **act)
    assert [(one.number, one.result) for one in tried] == [(2, "new"), (3, "new")]
    assert not Address.objects.exists()
    bad = addresses_import(text=text + "10.20.1.32 \tWS-404\n172.16.0.1\n", dry_run=False, **act)
    assert [one.result for one in bad] == ["new", "new", "wrong", "wrong"]
    assert not Address.objects.exists(), "one bad line, and nothing is stored"
    addresses_import(text=text, dry_run=False, **act)
    assert list(Address.objects.values_list("address", "mac")) == [
        ("10.20.1.30", "00:1A:2B:3C:4D:5E"),
        ("10.20.1.31", ""),
    ]
    again = addresses_import(text=text.replace("打印机", "自助打印机"), dry_run=False, **act)
    assert [one.result for one in again] == ["same", "changed"]
    assert AuditEntry.objects.filter(subject_type="device", source="import").count() == 1


def test_contradictions_are_found_by_asking(world: World) -> None:
    subnet = make_subnet(world)
    world.device.mac = "02:00:00:00:00:01"
    world.device.save()
    other = make_device(world, "WS-002", status="retired")
    for device in (world.device, other):
        address_take(
            subnet=subnet, contract=world.contract, actor=world.engineer, at=AT, device=device, mac="020000000002"
        )
    found = conflicts_of(world.contract.hall, TODAY)
    assert sorted(one.address.address for one in found) == ["10.20.1.2", "10.20.1.2", "10.20.1.3", "10.20.1.3"]
    assert len({one.kind for one in found}) == 3


# Pages ----------------------------------------------------------------------------------------------------------------


def test_the_pages_are_for_who_reads_the_register_and_do_their_verbs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    engineer = as_(world.engineer)
    form = {"name": "窗口网段", "cidr": "10.20.1.0/24", "vlan": "20", "gateway": "10.20.1.1", "is_active": "on"}
    assert engineer.post("/devices/network/subnets/new/", form).status_code == 302
    again = engineer.post("/devices/network/subnets/new/", form)
    assert again.status_code == 422
    assert "10.20.1.0/24" in again.content.decode(), "what was typed stays"
    subnet = world.contract.hall.subnets.get()
    here = f"/devices/network/subnets/{subnet.pk}/"
    engineer.post(f"{here}take/", {"status": "in_use", "device": "WS-001", "mac": "02-00-00-00-00-01"})
    page = engineer.get(here).content.decode()
    assert "10.20.1.2" in page
    assert "10.20.1.3 – 10.20.1.254" in page, "the free ones stand as a span"
    assert "WS-001" in engineer.get("/devices/network/?q=0200.0000.0001").content.decode()
    connect(world, world.device, make_device(world, "NET-001"))
    row = ask(world, subnet)
    supervisor = as_(world.supervisor)
    verb = f"/devices/network/registrations/{row.code}/approve/"
    assert engineer.post(verb, {"version": "1"}).status_code == 403
    assert supervisor.post(verb, {"version": "1", "address": "10.20.1.2"}).status_code == 409
    assert supervisor.post(verb, {"version": "1"}).status_code == 302
    pages = (
        "", "conflicts/", "registrations/", f"registrations/{row.code}/", "extensions/", "links/", "topology/", "topology/?zoom=50",
        "device/WS-001/", "topology/versions/", f"subnets/{subnet.pk}/?q=WS-001",
    )  # fmt: skip
    for path in pages:
        for reader in (engineer, supervisor, as_(world.auditor)):
            assert reader.get(f"/devices/network/{path}").status_code == 200, path
        assert as_(world.clerk).get(f"/devices/network/{path}").status_code == 403, path
    for what in ("addresses", "registrations", "extensions", "links"):
        export = supervisor.post(f"/devices/network/{what}/export/", {"format": "csv"})
        assert b"\xef\xbb\xbf" in b"".join(export.streaming_content), what  # type: ignore[attr-defined]


def test_a_subnets_page_costs_the_same_however_full_it_is(world: World, django_assert_max_num_queries: Any) -> None:
    subnet = make_subnet(world, cidr="10.0.0.0/8", gateway="")
    rows = [
        Address(subnet=subnet, key=f"{10 * 2**24 + number * 3:032x}", address=f"10.{number}")
        for number in range(1, 200)
    ]
    Address.objects.bulk_create(rows)
    client = as_(world.engineer)
    client.get("/devices/network/")
    with django_assert_max_num_queries(12):
        page = client.get(f"/devices/network/subnets/{subnet.pk}/").content.decode()
    assert page.count("<tr") < 140


def test_a_kept_drawing_stays_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    switch = make_device(world, "NET-001")
    connect(world, switch, world.device, label="W-1")
    manager = as_(world.manager)
    assert as_(world.leader).post("/devices/network/topology/versions/", {"note": "x"}).status_code == 403
    assert manager.post("/devices/network/topology/versions/", {"note": "首次绘制"}).status_code == 302
    connect(world, switch, make_device(world, "WS-002"), label="W-2")
    kept = TopologyVersion.objects.get()
    pdf = manager.get("/devices/network/topology/versions/1/pdf/").content
    assert sha256(pdf).hexdigest() == kept.pdf_sha256
    assert sha256(kept.svg.encode()).hexdigest() == kept.svg_sha256
    assert [row["label"] for row in kept.links] == ["W-1"]
    drawn = manager.get("/devices/network/topology/versions/1/svg/")
    assert "sandbox" in drawn["Content-Security-Policy"]
    TopologyVersion.objects.create(
        hall=world.contract.hall, number=2, at=AT, author=world.manager, devices=kept.devices, links=[], svg="", pdf=b""
    )
    assert "W-1" in manager.get("/devices/network/topology/versions/compare/?v=1&v=2").content.decode()
    assert manager.get("/devices/network/topology/versions/compare/?v=1").status_code == 302
