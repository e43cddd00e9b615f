"""Finds: parts and their ledger, loans, spares that could stand in."""

from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from core.roles import BUSINESS_ROLES, CLERK
from devices.models import Device, DeviceCategory, Loan, SparePart, SpareRefusal, StockMovement
from devices.models.device import SparePolicy
from devices.models.loan import OPEN
from devices.rules_spares import Spot, distance
from devices.states import DeviceStatus, LoanStatus
from devices.tabs import READERS
from parties.models import Hall
from parties.querysets import halls_served, memberships_of

OFFERED = 200
"""So many spares of a kind are compared by their way to the failed device."""


def parts_visible_to(user: Any) -> QuerySet[SparePart]:
    """Parts of every hall in which the user reads the register."""
    halls = halls_served(user, READERS)
    return SparePart.objects.filter(hall_id__in=halls)


def movements_visible_to(user: Any) -> QuerySet[StockMovement]:
    """Movements of the parts that the user sees."""
    return StockMovement.objects.filter(item__in=parts_visible_to(user))


def loans_visible_to(user: Any) -> QuerySet[Loan]:
    """Loans of every hall in which the user reads the register; of window clerks' halls those to themselves or their unit."""
    memberships = memberships_of(user)
    halls = memberships.filter(role__in=READERS).values("contract__hall_id")
    units = memberships.filter(role=CLERK, unit__isnull=False).values("unit_id")
    lent = ~Q(status__in=[LoanStatus.DRAFTED, LoanStatus.CANCELLED])
    own = lent & (Q(borrower_id=getattr(user, "pk", None)) | Q(borrower_unit_id__in=units))
    here = memberships.filter(role__in=BUSINESS_ROLES).values("contract__hall_id")
    return Loan.objects.filter(Q(contract__hall_id__in=halls) | (own & Q(contract__hall_id__in=here)))


def loans_of(device: Device) -> QuerySet[Loan]:
    """Loans of a device, and those in which another stood in for it, newest first."""
    rows = Loan.objects.filter(Q(device=device) | Q(stands_in_for=device))
    return rows.select_related("device", "stands_in_for", "borrower_unit", "lender").order_by("-id")


def open_loans_of(device: Device) -> QuerySet[Loan]:
    """Loans that are not ended: of this device, or of one that stands in for it. A fault cannot be closed while there is one."""
    return loans_of(device).filter(status__in=OPEN)


def overdue(loans: QuerySet[Loan], today: date) -> QuerySet[Loan]:
    """Those that are lent and should be back."""
    return loans.filter(status=LoanStatus.OUT, due_on__lt=today)


def unsigned(loans: QuerySet[Loan]) -> QuerySet[Loan]:
    """Those that miss a signature: of handing out while they are lent, or of coming back."""
    out = Q(status=LoanStatus.OUT) & (Q(lend_signed_at=None) | Q(borrow_signed_at=None))
    back = Q(status__in=[LoanStatus.RETURNED, LoanStatus.LOST]) & (
        Q(give_back_signed_at=None) | Q(take_back_signed_at=None)
    )
    return loans.filter(out | back)


def spare_offer(device: Device, limit: int = 12) -> list[Device]:
    """Spares of the same category that nobody has borrowed, the nearest first."""
    rows = (
        Device.objects.filter(hall=device.hall_id, category=device.category_id, status=DeviceStatus.SPARE)
        .exclude(pk=device.pk)
        .exclude(loans__status__in=OPEN)
        .select_related("place", "category")
        .order_by("code")[:OFFERED]
    )
    here = Spot(device.place_id, device.place.parent_id, device.place.position)
    return sorted(rows, key=lambda row: distance(here, Spot(row.place_id, row.place.parent_id, row.place.position)))[
        :limit
    ]


def refusals_of(device: Device) -> QuerySet[SpareRefusal]:
    """Why this device got no spare, newest first."""
    return SpareRefusal.objects.filter(device=device).select_related("actor").order_by("-id")


def cover_of(hall: Hall) -> QuerySet[DeviceCategory]:
    """The hall's categories whose spare is promised, with `working`, `down`, `spares` (free) and `lent`; the uncovered first."""
    free = Q(devices__status=DeviceStatus.SPARE) & ~Q(
        devices__in=Loan.objects.filter(status__in=OPEN, device__hall=hall).values("device")
    )
    rows = DeviceCategory.objects.filter(hall=hall, is_active=True, spare_policy=SparePolicy.HELD)
    return rows.annotate(
        working=Count("devices", filter=Q(devices__status=DeviceStatus.IN_USE)),
        down=Count("devices", filter=Q(devices__status__in=[DeviceStatus.FAULTY, DeviceStatus.UNDER_REPAIR])),
        spares=Count("devices", filter=free),
        lent=Count(
            "devices",
            filter=Q(devices__in=Loan.objects.filter(status__in=OPEN, device__hall=hall).values("device")),
        ),
    ).order_by("spares", "position", "code")


def uncovered_of(hall: Hall) -> list[DeviceCategory]:
    """Categories of which something has failed and no promised spare is free."""
    rows: QuerySet[Any] = cover_of(hall)
    return list(rows.filter(spares=0, down__gt=0))


def movements_of(part: SparePart) -> QuerySet[StockMovement]:
    """The ledger of a part, newest first."""
    rows = StockMovement.objects.filter(item=part).select_related("actor", "device", "loan", "reverses", "reversed_by")
    return rows.order_by("-id")


def low_parts(hall: Hall) -> QuerySet[SparePart]:
    """Parts of which fewer are left than should be, the longest first."""
    return SparePart.objects.filter(hall=hall, is_active=True, stock__lt=F("min_stock")).order_by("low_since", "code")


def movements_at(device: Device, until: datetime | None, limit: int) -> list[StockMovement]:
    """The newest movements of parts for a device."""
    rows = StockMovement.objects.filter(device=device).select_related("item", "actor")
    if until is not None:
        rows = rows.filter(at__lte=until)
    return list(rows.order_by("-at", "-id")[:limit])
