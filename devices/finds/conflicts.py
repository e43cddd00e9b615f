"""What cannot be right in the ledger of addresses: found by asking, never stored."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from devices.models import Address, Registration
from devices.states import AddressStatus, DeviceStatus, RegistrationStatus
from parties.models import Hall

MOST = 100
"""Of each kind so many are shown."""


@dataclass(frozen=True)
class Mismatch:
    """One contradiction: which address, of which kind, in words."""

    address: Address
    kind: str
    text: str


def conflicts_of(hall: Hall, today: date) -> list[Mismatch]:
    """Contradictions of a hall's ledger; five statements however many addresses there are."""
    rows = Address.objects.filter(subnet__hall=hall, status=AddressStatus.IN_USE).select_related("subnet", "device")
    return [*_other_mac(rows), *_same_mac(rows), *_outside(rows), *_nobody(rows), *_expired(hall, today)]


def _other_mac(rows: QuerySet[Address]) -> list[Mismatch]:
    found = rows.exclude(mac="").exclude(device__mac="").filter(device__isnull=False).exclude(mac=F("device__mac"))
    said = _("The ledger says %(one)s, the device says %(other)s.")
    return [
        Mismatch(row, _("MAC address"), said % {"one": row.mac, "other": row.device.mac})
        for row in found[:MOST]
        if row.device is not None
    ]


def _same_mac(rows: QuerySet[Address]) -> list[Mismatch]:
    twice = (
        rows.exclude(mac="")
        .order_by()
        .values("mac")
        .annotate(holders=Count("device", distinct=True) + Count("pk", filter=Q(device__isnull=True)))
        .filter(holders__gt=1)
        .values("mac")
    )
    return [
        Mismatch(row, _("MAC address twice"), _("%(mac)s stands with several devices.") % {"mac": row.mac})
        for row in rows.filter(mac__in=twice).order_by("mac", "key")[:MOST]
    ]


def _outside(rows: QuerySet[Address]) -> list[Mismatch]:
    found = rows.filter(Q(key__lt=F("subnet__first")) | Q(key__gt=F("subnet__last")))
    return [
        Mismatch(row, _("Outside"), _("The address is not in %(subnet)s.") % {"subnet": row.subnet.cidr})
        for row in found[:MOST]
    ]


def _nobody(rows: QuerySet[Address]) -> list[Mismatch]:
    found = rows.filter(device__status=DeviceStatus.RETIRED)
    return [
        Mismatch(
            row, _("Retired device"), _("%(device)s is retired and still has the address.") % {"device": row.device}
        )
        for row in found[:MOST]
    ]


def _expired(hall: Hall, today: date) -> list[Mismatch]:
    over = Registration.objects.filter(
        Q(status=RegistrationStatus.APPROVED, valid_to__lt=today)
        | Q(status=RegistrationStatus.EXPIRED, mac=F("address__mac")),
        contract__hall=hall,
        address__status=AddressStatus.IN_USE,
    )
    return [
        Mismatch(
            row.address,
            _("Registration expired"),
            _("%(code)s ended on %(day)s and the address is still in use.") % {"code": row.code, "day": row.valid_to},
        )
        for row in over.select_related("address__subnet", "address__device")[:MOST]
        if row.address is not None
    ]
