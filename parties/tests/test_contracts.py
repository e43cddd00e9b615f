"""Contracts, accounts and memberships come into being by their services, with their rules."""

import datetime as dt

import pytest
from django.apps import apps

from core import roles
from core.errors import Conflict, Invalid
from parties.models import Membership, Unit
from parties.querysets import contracts_visible_to, memberships_of, role_in
from parties.services.contracts import contract_create, membership_give, user_create
from tests.make import SIGNED, make_contract, make_user, make_world

pytestmark = pytest.mark.django_db
AuditEntry = apps.get_model("records", "AuditEntry")


def give(user, contract, role, **changes):
    return membership_give(user=user, contract=contract, role=role, actor=None, at=SIGNED, **changes)


def renew(contract, **changes):
    arguments = {
        "code": "T-1-续",
        "project_name": contract.project_name,
        "hall": contract.hall,
        "client": contract.client,
        "contractor": contract.contractor,
        "signed_on": dt.date(2030, 3, 1),
        "starts_on": dt.date(2030, 3, 16),
        "ends_on": dt.date(2031, 3, 15),
        "renews": contract,
    }
    return contract_create(actor=None, at=SIGNED, **{**arguments, **changes})


def test_a_renewal_keeps_hall_and_tag():
    contract = make_contract()
    renewal = renew(contract)
    assert (renewal.renews, renewal.hall, renewal.number_tag) == (contract, contract.hall, "")
    assert AuditEntry.objects.filter(verb="contract_create", contract=renewal).exists()


def test_a_contract_that_contradicts_is_refused():
    contract, other = make_contract(), make_contract("T-2", number_tag="b")
    with pytest.raises(Invalid):
        renew(contract, ends_on=dt.date(2030, 3, 15))
    with pytest.raises(Invalid):
        renew(contract, hall=other.hall)
    with pytest.raises(Conflict):
        renew(contract, code="T-1")
    with pytest.raises(Conflict):
        renew(other, renews=None, number_tag="")


def test_accounts_have_one_name_and_a_strong_password():
    def create(username, password):
        return user_create(username=username, password=password, name="某人", actor=None, at=SIGNED)

    user = create("someone", "a-quiet-hall-2024")
    assert user.must_change_password
    assert user.check_password("a-quiet-hall-2024")
    with pytest.raises(Conflict):
        create("Someone", None)
    with pytest.raises(Invalid):
        create("weak", "12345678")
    entry = AuditEntry.objects.get(verb="user_create", subject_id=user.pk)
    assert "a-quiet-hall-2024" not in str(entry.after)


def test_a_membership_follows_its_roles_rules():
    world, other = make_world(), make_world("b")
    user = make_user("someone")
    for wrong in (
        {"role": roles.CLERK},
        {"role": roles.CLERK, "unit": other.unit},
        {"role": roles.AUDITOR},
        {"role": roles.ENGINEER, "valid_from": dt.date(2025, 1, 2), "valid_to": dt.date(2025, 1, 1)},
    ):
        with pytest.raises(Invalid):
            give(user, world.contract, **wrong)
    with pytest.raises(ValueError, match="unknown role"):
        give(user, world.contract, "king")
    assert not user.memberships.exists()
    give(user, world.contract, roles.CLERK, unit=world.unit)
    give(user, world.contract, roles.ENGINEER)
    (row,) = user.memberships.all()
    assert (row.role, row.unit) == (roles.ENGINEER, None)


def test_nothing_of_another_contract_is_visible():
    first, second = make_world(), make_world("b")
    assert list(contracts_visible_to(first.manager)) == [first.contract]
    assert role_in(first.manager, first.contract.pk) == roles.MANAGER
    assert role_in(first.manager, second.contract.pk) is None
    assert Unit.objects.filter(organisation=second.contract.client).count() == 2


def test_a_dated_membership_holds_on_its_days_only():
    world = make_world()
    user = make_user("visitor")
    first, last = dt.date(2024, 6, 1), dt.date(2024, 6, 30)
    give(user, world.contract, roles.AUDITOR, valid_from=first, valid_to=last)
    day = dt.timedelta(days=1)
    assert [memberships_of(user, on=on).exists() for on in (first - day, first, last, last + day)] == [
        False,
        True,
        True,
        False,
    ]
    Membership.objects.filter(user=user).update(is_active=False)
    assert not memberships_of(user, on=first).exists()
