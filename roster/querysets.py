"""Finds: shifts, leaves and compensatory days that somebody may know of."""

from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet, Sum

from core import roles
from parties.models import Contract, User
from parties.querysets import memberships_of
from roster.models import CompOff, Leave, Post, Rotation, Shift
from roster.permissions import READERS
from roster.rules import CHECK_IN_OPENS
from roster.states import LeaveStatus, ShiftStatus


def shifts_visible_to(user: Any) -> QuerySet[Shift]:
    """The shifts of the contracts whose roster the user may read."""
    mine = memberships_of(user).filter(role__in=READERS)
    return Shift.objects.filter(contract__in=mine.values("contract_id"))


def leaves_visible_to(user: Any) -> QuerySet[Leave]:
    """Their own and those they stand in for; all of a contract for its manager, the approved ones for the client and the
    auditor."""
    mine = memberships_of(user)
    managed = mine.filter(role=roles.MANAGER).values("contract_id")
    read = mine.filter(role__in=(roles.SUPERVISOR, roles.LEADER, roles.AUDITOR)).values("contract_id")
    working = mine.filter(role__in=roles.STAFF_ROLES).values("contract_id")
    return Leave.objects.filter(
        Q(contract__in=managed)
        | Q(contract__in=read, status=LeaveStatus.APPROVED)
        | (Q(contract__in=working) & (Q(person_id=user.pk) | Q(replacement_id=user.pk, status=LeaveStatus.APPROVED)))
    )


def posts_visible_to(user: Any) -> QuerySet[Post]:
    """The posts of the contracts whose roster the user may read."""
    mine = memberships_of(user).filter(role__in=READERS)
    return Post.objects.filter(contract__in=mine.values("contract_id"))


def rotations_visible_to(user: Any) -> QuerySet[Rotation]:
    """The rotations of the contracts that the user manages."""
    mine = memberships_of(user).filter(role=roles.MANAGER)
    return Rotation.objects.filter(contract__in=mine.values("contract_id"))


def shifts_to_check_in(contract: Contract, person: User, at: datetime) -> QuerySet[Shift]:
    """The planned shifts that run now or begin soon and may concern somebody: as their person, stand-in, or through a leave."""
    return (
        Shift.objects.filter(
            contract=contract,
            status=ShiftStatus.PLANNED,
            post__is_stand_by=False,
            starts_at__lte=at + CHECK_IN_OPENS,
            ends_at__gt=at,
        )
        .filter(
            Q(person=person)
            | Q(stand_in=person)
            | Q(person__leaves__replacement=person, person__leaves__status=LeaveStatus.APPROVED)
        )
        .select_related("post", "person", "stand_in")
        .distinct()
        .order_by("starts_at", "pk")
    )


def balance_of(contract: Contract, person: User) -> int:
    """Half days off that a person has left."""
    rows = CompOff.objects.filter(contract=contract, person=person)
    return int(rows.aggregate(total=Sum("half_days"))["total"] or 0)


def balances(contract: Contract) -> dict[int, dict[str, int]]:
    """For every person with a movement: half days earned, taken (given back ones deducted), and left; one statement."""
    rows = (
        CompOff.objects.filter(contract=contract)
        .values("person_id")
        .annotate(earned=Sum("half_days", filter=Q(kind="earned")), left=Sum("half_days"))
    )
    found = {}
    for row in rows:
        earned, left = int(row["earned"] or 0), int(row["left"] or 0)
        found[int(row["person_id"])] = {"earned": earned, "used": earned - left, "left": left}
    return found


def shifts_of(contract: Contract, person: User, first: date, last: date) -> QuerySet[Shift]:
    """A person's planned shifts of some days, both included."""
    return (
        Shift.objects.filter(contract=contract, status=ShiftStatus.PLANNED, person=person, date__range=(first, last))
        .select_related("post", "stand_in")
        .order_by("date", "starts_at")
    )
