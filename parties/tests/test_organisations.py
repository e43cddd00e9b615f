"""Parties, units, windows, vendors, contacts: kept, closed and opened again, never deleted; a change keeps what was before."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from core.roles import CLERK
from parties.models import Contact, Organisation, Unit, Vendor, Window
from parties.querysets import office_contacts
from parties.services.contracts import membership_give
from parties.services.organisations import (
    contact_add,
    contact_edit,
    contact_switch,
    contract_edit,
    organisation_edit,
    unit_add,
    unit_deactivate,
    vendor_add,
    window_add,
)
from parties.tests.make import AuditEntry, body, logged_in, to
from parties.views.contract import days_left
from tests.make import make_user, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def admin(world):
    return logged_in(world.admin)


@pytest.fixture
def manager(world):
    return logged_in(world.manager)


def contact(world, of=None, **changes):
    data: dict[str, Any] = {"name": "值班室", "title": "", "phone": "13800003001", "email": "", "is_office": False}
    return contact_add(
        contract=world.contract,
        of=of or world.contract.contractor,
        actor=world.manager,
        at=clock.now(),
        **(data | changes),
    )


def vendor(world, name="演示厂商"):
    return vendor_add(
        contract=world.contract,
        name=name,
        service_scope="大屏",
        sla_hours=8,
        contract_end=None,
        actor=world.manager,
        at=clock.now(),
    )


def last(verb):
    return AuditEntry.objects.filter(verb=verb).latest("pk")


# Parties --------------------------------------------------------------------------------------------------------------


def test_a_party_is_corrected_and_keeps_what_it_was(world, admin):
    old = world.contract.client.legal_name
    data = {
        "legal_name": "示范区政务服务局", "short_name": "服务局", "aliases": "旧名一\n\n旧名二\n旧名一", "address": "示范街2号",
        "phone": "010-0000-0001",
    }  # fmt: skip
    assert admin.post(to("organisation_edit", world.contract.client_id), data).status_code == 302
    row = Organisation.objects.get(pk=world.contract.client_id)
    assert (row.legal_name, row.aliases, row.address) == ("示范区政务服务局", ["旧名一", "旧名二"], "示范街2号")
    entry = last("organisation_edit")
    assert (entry.before["legal_name"], entry.after["legal_name"]) == (old, "示范区政务服务局")
    assert (entry.contract, entry.visibility) == (world.contract, "internal")


def test_a_legal_name_that_another_has_is_refused(world, admin):
    data = {"legal_name": world.contract.contractor.legal_name, "short_name": "x"}
    answer = admin.post(to("organisation_edit", world.contract.client_id), data)
    assert answer.status_code == 409
    assert 'id="id_legal_name_error"' in body(answer)


def test_the_manager_reads_parties_and_does_not_correct_them(world, manager):
    assert manager.get("/organisations/").status_code == 200
    assert manager.post(to("organisation_edit", world.contract.client_id), {}).status_code == 403
    assert manager.post(to("unit_add"), {"name": "x"}).status_code == 403
    assert manager.post(to("window_add", world.unit.pk), {"code": "x"}).status_code == 403
    with pytest.raises(NotAllowed):
        organisation_edit(
            organisation=make_world("b").contract.client, contract=world.contract, legal_name="x", short_name="x", aliases=[],
            address="", phone="", actor=world.admin, at=clock.now(),
        )  # fmt: skip


# Contacts -------------------------------------------------------------------------------------------------------------


def test_the_office_contacts_are_the_active_ones_of_the_contractor(world):
    assert office_contacts(world.contract) == []
    office = contact(world, is_office=True)
    contact(world, name="其他人")
    second = contact(world, name="第二值班室", is_office=True)
    assert office_contacts(world.contract) == [office, second]
    contact_switch(contact=office, contract=world.contract, active=False, actor=world.manager, at=clock.now())
    assert office_contacts(world.contract) == [second]
    assert office_contacts(make_world("b").contract) == []


def test_only_the_contractor_has_an_office(world, manager):
    for of in (world.contract.client, vendor(world)):
        with pytest.raises(Invalid):
            contact(world, of=of, is_office=True)
    assert "is_office" not in body(manager.get(to("contact_add", world.contract.client_id)))
    assert "is_office" in body(manager.get(to("contact_add", world.contract.contractor_id)))


def test_a_contact_belongs_to_exactly_one_and_can_be_reached(world):
    with pytest.raises(Invalid):
        contact(world, phone="", email="")
    both = {"organisation": world.contract.client, "vendor": vendor(world)}
    for wrong in (both, {}, {"vendor": both["vendor"], "is_office": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.create(name="x", **wrong)


def test_a_changed_contact_keeps_before_and_after(world, manager):
    row = contact(world, is_office=True)
    data = {"name": "值班室", "title": "负责人", "phone": "13800003009", "email": "a@example.com", "is_office": "on"}
    assert manager.post(to("contact_edit", row.pk), data).status_code == 302
    entry = last("contact_edit")
    assert (entry.before["phone"], entry.after["phone"]) == ("13800003001", "13800003009")
    assert (entry.actor, "is_office" in entry.before) == (world.manager, False)
    assert manager.post(to("contact_switch", row.pk), {"active": "0"}).status_code == 302
    assert last("contact_deactivate").before["phone"] == "13800003009"
    assert manager.post(to("contact_switch", row.pk), {"active": "0"}).status_code == 409
    assert manager.post(to("contact_switch", row.pk), {"active": "1"}).status_code == 302
    row.refresh_from_db()
    assert row.is_active


def test_contacts_of_another_hall_are_not_touched(world, manager):
    other = make_world("b")
    theirs = contact(other)
    assert manager.post(to("contact_edit", theirs.pk), {"name": "x", "phone": "13800000000"}).status_code == 404
    assert manager.post(to("contact_add", other.contract.client_id), {"name": "x"}).status_code == 404
    with pytest.raises(NotAllowed):
        contact_edit(
            contact=theirs, contract=world.contract, name="x", title="", phone="13800000000", email="", actor=world.admin,
            at=clock.now(),
        )  # fmt: skip


def test_home_warns_while_nobody_of_the_office_is_reached(world, manager, admin):
    link = 'href="/organisations/">单位与厂商</a></div>'
    for client in (manager, admin):
        page = body(client.get("/reports/notes/"))
        assert page.count('href="/organisations/"') == 2, link
    contact(world, is_office=True)
    for client in (manager, admin):
        assert body(client.get("/reports/notes/")).count('href="/organisations/"') == 1
    assert 'href="/organisations/"' not in body(logged_in(world.engineer).get("/"))


# Units and windows ----------------------------------------------------------------------------------------------------


def test_units_and_windows_are_added_renamed_closed_and_opened(world, admin):
    assert admin.post(to("unit_add"), {"name": "帮办科"}).status_code == 302
    unit = Unit.objects.get(name="帮办科")
    assert unit.organisation == world.contract.client
    assert admin.post(to("unit_edit", unit.pk), {"name": "帮办服务科"}).status_code == 302
    assert last("unit_edit").before == {"name": "帮办科"}
    assert admin.post(to("window_add", unit.pk), {"code": "D01"}).status_code == 302
    window = Window.objects.get(unit=unit)
    assert admin.post(to("window_edit", window.pk), {"code": "D02"}).status_code == 302
    assert admin.post(to("window_switch", window.pk), {"active": "0"}).status_code == 302
    assert admin.post(to("window_switch", window.pk), {"active": "0"}).status_code == 409
    window.refresh_from_db()
    assert (window.code, window.is_active) == ("D02", False)
    assert admin.post(to("unit_deactivate", unit.pk)).status_code == 302
    assert admin.post(to("unit_deactivate", unit.pk)).status_code == 409
    assert admin.post(to("unit_reactivate", unit.pk)).status_code == 302
    assert admin.post(to("window_switch", window.pk), {"active": "1"}).status_code == 302
    window.refresh_from_db()
    assert window.is_active


def test_names_are_given_once(world, admin):
    assert admin.post(to("unit_add"), {"name": world.unit.name}).status_code == 409
    assert admin.post(to("unit_edit", world.other_unit.pk), {"name": world.unit.name}).status_code == 409
    assert admin.post(to("window_add", world.unit.pk), {"code": "A05"}).status_code == 409
    window = window_add(unit=world.unit, contract=world.contract, code="A06", actor=world.admin, at=clock.now())
    assert admin.post(to("window_edit", window.pk), {"code": "A05"}).status_code == 409
    assert admin.post(to("unit_add"), {"name": " "}).status_code == 422


def test_a_unit_in_use_warns_before_it_is_closed(world, admin):
    page = to("unit_deactivate", world.unit.pk)
    assert "callout-warn" in body(admin.get(page))
    answer = admin.post(page)
    assert answer.status_code == 409
    assert Unit.objects.get(pk=world.unit.pk).is_active
    assert admin.post(page, {"confirmed": "1"}).status_code == 302
    assert not Unit.objects.get(pk=world.unit.pk).is_active
    assert last("unit_deactivate").after == {"windows": 1, "clerks": 1, "name": world.unit.name}
    assert world.clerk.memberships.get().is_active, "nobody loses access by it"
    world.unit.refresh_from_db()
    with pytest.raises(Invalid):
        membership_give(
            user=make_user("late"),
            contract=world.contract,
            role=CLERK,
            unit=world.unit,
            actor=world.admin,
            at=clock.now(),
        )


def test_an_empty_unit_is_closed_without_a_word(world, admin):
    unit = unit_add(contract=world.contract, name="空科室", actor=world.admin, at=clock.now())
    assert "callout-warn" not in body(admin.get(to("unit_deactivate", unit.pk)))
    unit_deactivate(unit=unit, contract=world.contract, confirmed=False, actor=world.admin, at=clock.now())
    with pytest.raises(Conflict):
        unit_deactivate(unit=unit, contract=world.contract, confirmed=False, actor=world.admin, at=clock.now())


def test_units_of_another_hall_do_not_exist(world, admin):
    other = make_world("b")
    for name in ("unit", "unit_edit", "unit_deactivate"):
        assert admin.get(to(name, other.unit.pk)).status_code == 404
    assert admin.post(to("window_switch", other.window.pk), {"active": "0"}).status_code == 404


# Vendors --------------------------------------------------------------------------------------------------------------


def test_the_manager_keeps_vendors_with_several_contacts(world, manager):
    data = {"name": "演示·大屏商", "service_scope": "LED", "sla_hours": "8", "contract_end": "2029-12-31"}
    assert manager.post(to("vendor_add"), data).status_code == 302
    row = Vendor.objects.get(name="演示·大屏商")
    assert (row.hall, row.sla_hours, row.contract_end) == (world.contract.hall, 8, date(2029, 12, 31))
    for number in (1, 2):
        answer = manager.post(
            to("vendor_contact_add", row.pk), {"name": f"联系人{number}", "phone": f"1380000201{number}"}
        )
        assert answer.url == to("vendor", row.pk)
    page = body(manager.get(to("vendor", row.pk)))
    assert "13800002011" in page and "13800002012" in page
    listed = body(manager.get(to("vendors")))
    assert "138****2011" in listed and "13800002011" not in listed
    assert manager.post(to("vendor_edit", row.pk), data | {"sla_hours": "4"}).status_code == 302
    assert (last("vendor_edit").before, last("vendor_edit").after) == ({"sla_hours": 8}, {"sla_hours": 4})


def test_a_vendor_is_closed_and_stays_findable(world, manager):
    row = vendor(world)
    assert manager.post(to("vendor_switch", row.pk), {"active": "0"}).status_code == 302
    assert "演示厂商" not in body(manager.get(to("vendors")))
    assert "演示厂商" in body(manager.get(f"{to('vendors')}?state=inactive"))
    assert manager.post(to("vendor_switch", row.pk), {"active": "1"}).status_code == 302
    assert manager.post(to("vendor_add"), {"name": "演示厂商"}).status_code == 409


def test_vendors_are_searched_by_name_scope_and_contact_in_a_fixed_number_of_statements(world, manager):
    contact(world, of=vendor(world, "甲商"), name="赵钱孙")
    vendor(world, "乙商")
    found = body(manager.get(f"{to('vendors')}?q=赵钱"))
    assert "甲商" in found and "乙商" not in found
    assert "甲商" in body(manager.get(f"{to('vendors')}?q=大屏"))

    def statements():
        with CaptureQueriesContext(connection) as asked:
            manager.get(to("vendors"))
        return len(asked)

    few = statements()
    for number in range(20):
        contact(world, of=vendor(world, f"厂商{number}"))
    assert statements() == few


def test_vendors_of_another_hall_do_not_exist(world, manager):
    row = vendor(make_world("b"), "别家厂商")
    assert "别家厂商" not in body(manager.get(f"{to('vendors')}?state=all"))
    for name in ("vendor", "vendor_edit", "vendor_contact_add"):
        assert manager.get(to(name, row.pk)).status_code == 404
    text = b"".join(manager.post(to("vendor_export")).streaming_content).decode()
    assert "别家厂商" not in text


# Contract -------------------------------------------------------------------------------------------------------------


def test_every_role_reads_the_contract_and_the_administrator_changes_two_facts(world, admin):
    person = contact(world, name="项目联络人")
    for who in ("clerk", "supervisor", "leader", "engineer", "manager", "auditor", "admin"):
        page = body(logged_in(getattr(world, who)).get("/contract/"))
        assert world.contract.code in page and world.contract.client.legal_name in page
    data = {"hotline": "010-0000-0200", "project_contact": person.pk}
    assert admin.post("/contract/edit/", data).status_code == 302
    world.contract.refresh_from_db()
    assert (world.contract.hotline, world.contract.project_contact) == ("010-0000-0200", person)
    entry = last("contract_edit")
    assert (entry.before["hotline"], entry.after["hotline"]) == ("010-0000-0100", "010-0000-0200")
    assert "13800003001" not in body(logged_in(world.clerk).get("/contract/"))
    assert logged_in(world.manager).post("/contract/edit/", data).status_code == 403


def test_the_project_contact_is_one_of_the_contractors(world, admin):
    theirs = contact(world, of=world.contract.client)
    assert admin.post("/contract/edit/", {"hotline": "12345", "project_contact": theirs.pk}).status_code == 422
    with pytest.raises(Invalid):
        contract_edit(
            contract=world.contract, hotline="12345", project_contact=theirs, actor=world.admin, at=clock.now()
        )


def test_days_left_count_today_and_the_last_day(world):
    contract = world.contract
    contract.starts_on, contract.ends_on = date(2024, 3, 16), date(2025, 3, 15)
    assert days_left(contract, date(2025, 3, 15)) == 1
    assert days_left(contract, date(2025, 3, 14)) == 2
    assert days_left(contract, date(2025, 3, 16)) == 0
    assert days_left(contract, date(2024, 3, 1)) == 365
