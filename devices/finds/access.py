"""Finds: doors, groups and cards; whom a card lets in, and whose cards are left over."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac

from core.roles import BUSINESS_ROLES, CLERK
from devices.models import AccessCard, Door, DoorGroup
from devices.rules_access import number_of
from devices.states import CardStatus
from parties.models import Hall, Membership, User
from parties.querysets import memberships_of

LIVE = (CardStatus.IN_USE, CardStatus.LOST, CardStatus.EXPIRED)
"""Cards that somebody still has or may find: a number is given to one of these at a time."""


def halls_read_by(user: Any) -> QuerySet[Any]:
    """Ids of the halls whose register this account reads: everybody with a part in the work but window clerks."""
    rows = memberships_of(user).filter(role__in=[role for role in BUSINESS_ROLES if role != CLERK])
    return rows.values("contract__hall_id")


def doors_visible_to(user: Any) -> QuerySet[Door]:
    """Doors of every hall whose register the user reads."""
    return Door.objects.filter(hall_id__in=halls_read_by(user))


def groups_visible_to(user: Any) -> QuerySet[DoorGroup]:
    """Groups of doors of every hall whose register the user reads."""
    return DoorGroup.objects.filter(hall_id__in=halls_read_by(user))


def cards_visible_to(user: Any) -> QuerySet[AccessCard]:
    """Cards of every hall whose register the user reads."""
    return AccessCard.objects.filter(hall_id__in=halls_read_by(user))


def number_hash(hall: Hall, number: str) -> str:
    """What is stored of a card's number: a keyed hash, useless without the server's secret and different in every hall."""
    return salted_hmac("devices.access_card", f"{hall.pk}:{number_of(number)}", algorithm="sha256").hexdigest()


def _works_here(today: date) -> QuerySet[Membership]:
    """Memberships of the outer card's holder in that card's hall that were neither ended nor have run out."""
    open_ended = Q(valid_to=None) | Q(valid_to__gte=today)
    return Membership.objects.filter(
        open_ended,
        user_id=OuterRef("holder_id"),
        contract__hall_id=OuterRef("hall_id"),
        is_active=True,
        user__is_active=True,
    )


def _left(today: date) -> Q:
    """Cards whose holder has left: the account is off or has no part in the hall any more, or somebody entered the day."""
    return (Q(holder__isnull=False) & ~Exists(_works_here(today))) | Q(left_on__lte=today)


def cards_of_left(cards: QuerySet[AccessCard], today: date) -> QuerySet[AccessCard]:
    """Those that are still in use though their holder has left, and those held under the name of somebody who has left."""
    gone = User.objects.filter(
        name=OuterRef("holder_name"), is_active=False, memberships__contract__hall=OuterRef("hall")
    )
    there = User.objects.filter(
        name=OuterRef("holder_name"), is_active=True, memberships__contract__hall=OuterRef("hall")
    )
    by_name = Q(holder__isnull=True) & Exists(gone) & ~Exists(there)
    return cards.filter(_left(today) | by_name, status=CardStatus.IN_USE)


def cards_that_open(cards: QuerySet[AccessCard], today: date) -> QuerySet[AccessCard]:
    """Those that open something on a day: in use, within their days, and held by somebody who is still there.

    An account that is deactivated therefore ends its cards' rights in the same transaction, whoever deactivates it.
    """
    return cards.filter(status=CardStatus.IN_USE, valid_from__lte=today, valid_to__gte=today).exclude(_left(today))


def cards_of_door(door: Door, today: date) -> QuerySet[AccessCard]:
    """The cards that open a door now, each once."""
    rights = Q(pk__in=AccessCard.doors.through.objects.filter(door_id=door.pk).values("accesscard_id")) | Q(
        pk__in=AccessCard.groups.through.objects.filter(doorgroup__is_active=True, doorgroup__doors=door.pk).values(
            "accesscard_id"
        )
    )
    return cards_that_open(AccessCard.objects.filter(rights, hall_id=door.hall_id), today)


def doors_of_cards(cards: Iterable[AccessCard]) -> dict[int, list[Door]]:
    """For each card the doors that its rights name, single ones and those of groups in use, in order of their codes."""
    ids = [card.pk for card in cards]
    found: dict[int, dict[int, Door]] = {pk: {} for pk in ids}
    singles = AccessCard.doors.through.objects.filter(accesscard_id__in=ids, door__is_active=True).select_related(
        "door"
    )
    for row in singles:
        found[row.accesscard_id][row.door_id] = row.door
    grouped = AccessCard.groups.through.objects.filter(accesscard_id__in=ids, doorgroup__is_active=True)
    pairs = list(grouped.values_list("accesscard_id", "doorgroup_id"))
    by_group: dict[int, list[Door]] = {}
    members = DoorGroup.doors.through.objects.filter(
        doorgroup_id__in={group for _card, group in pairs}, door__is_active=True
    ).select_related("door")
    for member in members:
        by_group.setdefault(member.doorgroup_id, []).append(member.door)
    for card_id, group_id in pairs:
        for door in by_group.get(group_id, []):
            found[card_id][door.pk] = door
    return {pk: sorted(doors.values(), key=lambda door: door.code) for pk, doors in found.items()}


def cards_matching(cards: QuerySet[AccessCard], text: str, hall: Hall) -> QuerySet[AccessCard]:
    """Cards whose holder, unit or last four signs hold the text, or whose whole number it is."""
    return cards.filter(
        Q(holder_name__icontains=text)
        | Q(unit__name__icontains=text)
        | Q(last4__iexact=text.strip("*"))
        | Q(number_hash=number_hash(hall, text))
    )
