"""Finds: rights checks, stocktakes, linkage tests and hand-over lists of the halls whose register somebody reads."""

from typing import Any, TypeVar

from django.db.models import Count, Q, QuerySet

from devices.finds.access import halls_read_by
from devices.finds.places import devices_in_walking_order, ids_below
from devices.models import (
    Device,
    DeviceCategory,
    HandoverList,
    LinkageTest,
    Place,
    RightsCheck,
    SignedCheck,
    Stocktake,
    StocktakeLine,
)
from devices.states import DeviceStatus
from parties.models import Hall

Check = TypeVar("Check", bound=SignedCheck)
Outcome = StocktakeLine.Outcome


def _seen(rows: QuerySet[Check], user: Any) -> QuerySet[Check]:
    return rows.filter(contract__hall_id__in=halls_read_by(user))


def rights_checks_visible_to(user: Any) -> QuerySet[RightsCheck]:
    """Rights checks of every hall whose register the user reads."""
    return _seen(RightsCheck.objects.all(), user)


def stocktakes_visible_to(user: Any) -> QuerySet[Stocktake]:
    """Stocktakes of every hall whose register the user reads."""
    return _seen(Stocktake.objects.all(), user)


def linkage_tests_visible_to(user: Any) -> QuerySet[LinkageTest]:
    """Fire-linkage tests of every hall whose register the user reads."""
    return _seen(LinkageTest.objects.all(), user)


def handovers_visible_to(user: Any) -> QuerySet[HandoverList]:
    """Hand-over lists of every hall whose register the user reads."""
    return _seen(HandoverList.objects.all(), user)


def devices_in_scope(
    hall: Hall, place: Place | None, category: DeviceCategory | None, *, key_only: bool
) -> QuerySet[Device]:
    """The devices that a stocktake of this scope expects, in walking order; what was retired is not expected."""
    rows = Device.objects.filter(hall=hall).exclude(status=DeviceStatus.RETIRED)
    if place is not None:
        rows = rows.filter(place_id__in=ids_below(place))
    if category is not None:
        rows = rows.filter(category=category)
    if key_only:
        rows = rows.filter(is_key=True)
    return devices_in_walking_order(rows)


def figures_of(stocktake: Stocktake) -> dict[str, int]:
    """How far a stocktake has come: expected, here, elsewhere, missing, left (not counted yet) and surplus; two statements."""
    counted = stocktake.lines.aggregate(
        expected=Count("pk"),
        here=Count("pk", filter=Q(outcome=Outcome.HERE)),
        elsewhere=Count("pk", filter=Q(outcome=Outcome.ELSEWHERE)),
        missing=Count("pk", filter=Q(outcome=Outcome.MISSING)),
        left=Count("pk", filter=Q(outcome="")),
    )
    return {**counted, "surplus": stocktake.surpluses.count()}
