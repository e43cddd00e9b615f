"""Finds: who belongs to which contract. Every `visible_to` in the house starts from these."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from core import clock
from parties.models import Contact, Contract, Hall, Membership, User


def local_today() -> date:
    """Today's date in Shanghai."""
    return clock.now().astimezone(clock.SHANGHAI).date()


def memberships_of(user: Any, *, on: date | None = None) -> QuerySet[Membership]:
    """The user's valid memberships on a day (default today); none for an anonymous or inactive user."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Membership.objects.none()
    return Membership.objects.valid_on(on or local_today()).filter(user_id=user.pk)


def membership_in(user: Any, contract_id: int) -> Membership | None:
    """The user's valid membership in a contract today, read once per user object and request."""
    cache: dict[int, Membership | None] = user.__dict__.setdefault("_membership_in", {})
    if contract_id not in cache:
        cache[contract_id] = memberships_of(user).filter(contract_id=contract_id).select_related("unit").first()
    return cache[contract_id]


def role_in(user: Any, contract_id: int) -> str | None:
    """The user's role in a contract today, None without a valid membership."""
    membership = membership_in(user, contract_id)
    return membership.role if membership else None


def contracts_visible_to(user: Any) -> QuerySet[Contract]:
    """Contracts in which the user has a valid membership today."""
    return Contract.objects.filter(pk__in=memberships_of(user).values("contract_id"))


def halls_visible_to(user: Any) -> QuerySet[Hall]:
    """Halls served under a contract in which the user has a valid membership today."""
    return Hall.objects.filter(contracts__in=contracts_visible_to(user)).distinct()


def people_with_role(contract: Contract, *roles: str, on: date) -> list[User]:
    """Active people of a contract with one of these roles on a day, in order of their accounts."""
    rows = (
        Membership.objects.valid_on(on)
        .filter(contract=contract, role__in=roles)
        .select_related("user")
        .order_by("user_id")
    )
    return [row.user for row in rows]


def office_contacts(contract: Contract) -> list[Contact]:
    """The contractor's active office contacts, whom the last rung of a ladder reaches though they have no account."""
    rows = Contact.objects.filter(organisation_id=contract.contractor_id, is_office=True, is_active=True)
    return list(rows.order_by("name", "id"))


def contract_in_force(on: date) -> Contract | None:
    """The contract whose term includes the day; where there are several, the one that began last."""
    return Contract.objects.filter(starts_on__lte=on, ends_on__gte=on).order_by("-starts_on", "code").first()


def hotline_for_login(at: datetime) -> str:
    """The service hotline shown to somebody who is not logged in: that of the only contract in force, else nothing."""
    day = at.astimezone(clock.SHANGHAI).date()
    lines = set(Contract.objects.filter(starts_on__lte=day, ends_on__gte=day).values_list("hotline", flat=True)[:2])
    return lines.pop() if len(lines) == 1 else ""
