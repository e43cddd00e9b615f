"""Finds: the tree of places in walking order, what stands where, plans, labels and looks at devices."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from core.roles import BUSINESS_ROLES, CLERK
from devices.models import Device, OldShortCode, Place, SpotCheck
from devices.rules import typed_code
from devices.states import DeviceStatus
from parties.models import Contract, Hall
from parties.querysets import halls_served


@dataclass
class Branch:
    """One place of the tree: how deep it lies, how many devices stand at it, and how many at it and below."""

    place: Place
    depth: int
    here: int
    below: int = 0
    children: list["Branch"] = field(default_factory=list)
    is_first: bool = False
    is_last: bool = False


def places_visible_to(user: Any) -> QuerySet[Place]:
    """Places of every hall whose register the user reads; clerks and administrators read none."""
    roles = [role for role in BUSINESS_ROLES if role != CLERK]
    halls = halls_served(user, roles)
    return Place.objects.filter(hall_id__in=halls)


def places_in_walking_order(hall: Hall, *, retired: bool = False) -> list[Place]:
    """The hall's places as one walks through them: each before what lies in it."""
    rows = Place.objects.filter(hall=hall).order_by("position", "id")
    return list(rows if retired else rows.filter(is_active=True))


def devices_in_walking_order(devices: QuerySet[Device]) -> QuerySet[Device]:
    """Devices in the order in which one comes past them: by place, then by number."""
    return devices.order_by("place__position", "place_id", "code")


def tree_of(hall: Hall, *, retired: bool = False) -> list[Branch]:
    """The hall's tree, flat and in walking order, with counts of devices that are not retired; two statements."""
    counts = dict(
        Device.objects.filter(hall=hall)
        .exclude(status=DeviceStatus.RETIRED)
        .order_by()
        .values_list("place_id")
        .annotate(number=Count("pk"))
    )
    branches: dict[int, Branch] = {}
    roots: list[Branch] = []
    for place in places_in_walking_order(hall, retired=retired):
        branches[place.pk] = Branch(place, 0, counts.get(place.pk, 0))
    for branch in branches.values():
        above = branches.get(branch.place.parent_id or 0)
        (roots if above is None else above.children).append(branch)
    flat: list[Branch] = []

    def walk(level: list[Branch], depth: int) -> int:
        total = 0
        for number, branch in enumerate(level):
            branch.depth, branch.is_first, branch.is_last = depth, number == 0, number == len(level) - 1
            flat.append(branch)
            branch.below = branch.here + walk(branch.children, depth + 1)
            total += branch.below
        return total

    walk(roots, 0)
    return flat


def ids_below(place: Place) -> list[int]:
    """Ids of a place and of everything that lies in it; one statement."""
    rows = Place.objects.filter(hall=place.hall_id).values_list("pk", "parent_id")
    children: dict[int | None, list[int]] = {}
    for pk, parent in rows:
        children.setdefault(parent, []).append(pk)
    found, waiting = [], [place.pk]
    while waiting:
        pk = waiting.pop()
        found.append(pk)
        waiting += children.get(pk, [])
    return found


def devices_below(place: Place) -> QuerySet[Device]:
    """The devices at a place and in everything that lies in it, retired ones left out, in walking order."""
    rows = Device.objects.filter(hall=place.hall_id, place_id__in=ids_below(place))
    return devices_in_walking_order(rows.exclude(status=DeviceStatus.RETIRED))


def labelled_device(short_code: str) -> Device | None:
    """The device that carries a label, whatever hall it stands in; None when no label says this."""
    rows = Device.objects.filter(short_code=typed_code(short_code)[:8])
    return rows.select_related("hall", "place", "category", "window__unit", "unit").first()


def old_label(short_code: str) -> OldShortCode | None:
    """The record of a short code that was replaced; None when it never was one."""
    rows = OldShortCode.objects.filter(short_code=typed_code(short_code)[:8])
    return rows.select_related("device__hall").first()


def spot_checks_visible_to(user: Any) -> QuerySet[SpotCheck]:
    """Looks at devices in every hall whose register the user reads."""
    roles = [role for role in BUSINESS_ROLES if role != CLERK]
    halls = halls_served(user, roles)
    return SpotCheck.objects.filter(contract__hall_id__in=halls)


def spot_checks_of(contract: Contract, text: str = "", verdict: str = "") -> QuerySet[SpotCheck]:
    """Looks at devices of the contract's hall, newest first, narrowed by words and verdict."""
    rows = SpotCheck.objects.filter(contract__hall=contract.hall_id).select_related("device", "place", "by")
    if verdict:
        rows = rows.filter(verdict=verdict)
    for word in text.split()[:6]:
        rows = rows.filter(
            Q(device__code__icontains=word)
            | Q(device__name__icontains=word)
            | Q(place__name__icontains=word)
            | Q(note__icontains=word)
        )
    return rows.order_by("-at", "-id")
