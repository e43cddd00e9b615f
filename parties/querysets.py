"""Finds: who belongs to which contract. Every `visible_to` in the house starts from these."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.roles import ADMIN, MANAGER
from parties.models import Contact, Contract, Hall, Membership, Organisation, Session, Unit, User, Vendor


def local_today() -> date:
    """Today's date in Shanghai."""
    return clock.now().astimezone(clock.SHANGHAI).date()


def memberships_of(user: Any, *, on: date | None = None) -> QuerySet[Membership]:
    """The user's valid memberships on a day (default today); none for an anonymous or inactive user."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Membership.objects.none()
    return Membership.objects.valid_on(on or local_today()).filter(user_id=user.pk)


OWN = "_own_memberships"
"""Where a user object keeps its memberships of today; the middleware puts there what it has read anyway."""


def own_memberships(user: Any) -> list[Membership]:
    """The user's valid memberships today with their contracts, read once per user object and request.

    What lists narrow by is looked up here and put into the statement as numbers: a subquery in every one of them costs the database
    more to plan than to answer.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return []
    if OWN not in user.__dict__:
        user.__dict__[OWN] = list(memberships_of(user).select_related("contract"))
    rows: list[Membership] = user.__dict__[OWN]
    return rows


def halls_served(user: Any, roles: Collection[str]) -> set[int]:
    """Ids of the halls in whose contracts the user has one of these roles today."""
    return {row.contract.hall_id for row in own_memberships(user) if row.role in roles}


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
    return list(rows.order_by("id"))


def contract_in_force(on: date) -> Contract | None:
    """The contract whose term includes the day; where there are several, the one that began last."""
    return Contract.objects.filter(starts_on__lte=on, ends_on__gte=on).order_by("-starts_on", "code").first()


def hotline_for_login(at: datetime) -> str:
    """The service hotline shown to somebody who is not logged in: that of the only contract in force, else nothing."""
    day = at.astimezone(clock.SHANGHAI).date()
    lines = set(Contract.objects.filter(starts_on__lte=day, ends_on__gte=day).values_list("hotline", flat=True)[:2])
    return lines.pop() if len(lines) == 1 else ""


# People as the administrator sees them ----------------------------------------------------------------------------------


def administered_contracts(user: Any) -> list[int]:
    """Ids of the contracts whose administrator the user is today."""
    return list(memberships_of(user).filter(role=ADMIN).order_by("contract_id").values_list("contract_id", flat=True))


def people_scope(user: Any, contract: Contract) -> list[int]:
    """Ids of the contracts whose people the user may read: an administrator's all, a manager's present one, nobody else's any."""
    role = role_in(user, contract.pk)
    if role == ADMIN:
        return administered_contracts(user)
    return [contract.pk] if role == MANAGER else []


def people_of(contract_ids: list[int]) -> QuerySet[User]:
    """Everybody who works or ever worked in one of these contracts."""
    return User.objects.filter(pk__in=Membership.objects.filter(contract_id__in=contract_ids).values("user_id"))


def people_matching(people: QuerySet[User], text: str, *, by_number: bool) -> QuerySet[User]:
    """People whose account or name holds the text; telephone and e-mail are searched only for who may read them."""
    wanted = Q(username__icontains=text) | Q(name__icontains=text)
    if by_number:
        wanted |= Q(phone__icontains=text) | Q(email__icontains=text)
    return people.filter(wanted)


def open_contracts_of(user: User, *, on: date | None = None) -> set[int]:
    """Ids of the contracts in which the user works or will work: memberships that were not ended and have not run out."""
    rows = Membership.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on or local_today()), user=user, is_active=True)
    return set(rows.values_list("contract_id", flat=True))


def sessions_of(user: User, *, at: datetime) -> list[Session]:
    """The user's sessions that are still open, newest first by their end."""
    rows = Session.objects.filter(user=user, expire_date__gt=at).order_by("-expire_date", "session_key")
    return list(rows)


# Organisations, units, vendors ------------------------------------------------------------------------------------------


def organisations_of(contract: Contract) -> QuerySet[Organisation]:
    """The two parties of a contract."""
    return Organisation.objects.filter(pk__in=(contract.client_id, contract.contractor_id))


def units_of(contract: Contract) -> QuerySet[Unit]:
    """The units of the contract's client, inactive ones too."""
    return Unit.objects.filter(organisation_id=contract.client_id)


def vendors_of(contract: Contract) -> QuerySet[Vendor]:
    """The vendors of the contract's hall, inactive ones too."""
    return Vendor.objects.filter(hall_id=contract.hall_id)


def contacts_of(contract: Contract) -> QuerySet[Contact]:
    """The contacts of the contract's parties and of its hall's vendors."""
    parties = Q(organisation_id__in=(contract.client_id, contract.contractor_id))
    return Contact.objects.filter(parties | Q(vendor__hall_id=contract.hall_id))


def vendors_matching(vendors: QuerySet[Vendor], text: str) -> QuerySet[Vendor]:
    """Vendors whose name, scope or one of whose active contacts holds the text."""
    people = Contact.objects.filter(Q(name__icontains=text) | Q(phone__icontains=text), is_active=True)
    named = Q(name__icontains=text) | Q(service_scope__icontains=text)
    return vendors.filter(named | Q(pk__in=people.values("vendor_id")))
