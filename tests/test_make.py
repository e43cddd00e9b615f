"""The worlds that the tests stand on are whole and apart."""

import pytest

from contract.models import CalendarRevision, Clause, ServiceCategory, Term
from core import roles
from parties.models import Membership
from tests.make import CAST, PASSWORD, make_world

pytestmark = pytest.mark.django_db


def test_a_world_has_everybody_and_the_whole_contract():
    world = make_world()
    assert set(Membership.objects.filter(contract=world.contract).values_list("role", flat=True)) == set(roles.ROLES)
    assert world.clerk.name == "窗口人员01"
    assert world.engineer.check_password(PASSWORD)
    for model in (Clause, Term, ServiceCategory, CalendarRevision):
        assert model.objects.filter(contract=world.contract).exists()
    with pytest.raises(AttributeError):
        world.nobody  # noqa: B018


def test_two_worlds_share_nothing():
    first, second = make_world(), make_world("b")
    assert first.contract.hall_id != second.contract.hall_id
    assert {user.pk for user in first.people.values()}.isdisjoint(user.pk for user in second.people.values())
    assert Membership.objects.filter(contract=second.contract).count() == len(CAST)
