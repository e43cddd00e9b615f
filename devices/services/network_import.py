"""An existing list of addresses, pasted: tried out line by line, then entered as a whole or not at all."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import DomainError, Invalid
from devices.models import Address, Device
from devices.rules_network import parse_address
from devices.services.common import require_keeper
from devices.services.network import address_edit, address_take, subnet_of
from devices.services.orders import order_in_force
from devices.states import AddressStatus
from parties.models import Contract, Hall, User
from records.models import Source

MOST = 500
"""Lines of one paste."""


@dataclass(frozen=True)
class Outcome:
    """What one line does, or why it cannot: `result` is new, changed, same or wrong."""

    number: int
    cells: tuple[str, str, str, str]
    result: str
    message: str = ""


def addresses_import(
    *, hall: Hall, contract: Contract, text: str, actor: User, at: datetime, dry_run: bool
) -> list[Outcome]:
    """Enter pasted lines of address, device number, MAC address and note.

    A dry run does exactly the same and takes it back, so that its outcome is the import's. With one bad line nothing is
    stored; the outcomes say which. Raises NotAllowed, Invalid for no or too many lines.
    """
    require_keeper(actor, contract, source=Source.IMPORT)
    lines = _lines(text)
    if not lines or len(lines) > MOST:
        message = _("Between 1 and %(most)s lines at a time.") % {"most": MOST}
        raise Invalid(message, fields={"text": message})
    act: dict[str, Any] = {
        "contract": contract, "actor": actor, "at": at, "source": Source.IMPORT, "batch": uuid4().hex,
    }  # fmt: skip
    codes = {cells[1].upper() for _number, cells in lines if cells[1]}
    rows = Device.objects.filter(hall=hall, code__in=codes).select_related("unit")
    devices = {device.code.upper(): device for device in rows}
    with transaction.atomic():
        outcomes = [_enter(hall, number, cells, devices, act) for number, cells in lines]
        if dry_run or any(outcome.result == "wrong" for outcome in outcomes):
            transaction.set_rollback(True)
    return outcomes


def _lines(text: str) -> list[tuple[int, tuple[str, str, str, str]]]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        parts = [part.strip() for part in re.split(r"\t|,|，|;|；", line, maxsplit=3)]
        if any(parts):
            cells = (*parts, "", "", "")[:4]
            found.append((number, (cells[0], cells[1], cells[2], cells[3])))
    if found and not any(sign.isdigit() for sign in found[0][1][0]):
        found = found[1:]  # the head of the table it was copied from
    return found


def _enter(
    hall: Hall, number: int, cells: tuple[str, str, str, str], devices: dict[str, Device], act: dict[str, Any]
) -> Outcome:
    try:
        with transaction.atomic():
            result = _enter_one(hall, cells, devices, act)
    except DomainError as error:
        return Outcome(number, cells, "wrong", " ".join(dict.fromkeys(error.fields.values())) or error.message)
    return Outcome(number, cells, result)


def _enter_one(hall: Hall, cells: tuple[str, str, str, str], devices: dict[str, Device], act: dict[str, Any]) -> str:
    text, code, mac, note = cells
    try:
        address = parse_address(text)
    except ValueError:
        raise Invalid(_("%(text)s is no IP address.") % {"text": text[:60]}) from None
    device = devices.get(code.upper())
    if code and device is None:
        raise Invalid(_("There is no device %(code)s in this hall.") % {"code": code[:30]})
    if device is not None and device.is_key and order_in_force(device, act["at"]) is None:
        raise Invalid(_("This is a key device: its address is changed under a change order, not by an import."))
    subnet = subnet_of(hall, address)
    if subnet is None:
        raise Invalid(
            _("No subnet of this hall holds %(address)s. Please enter the subnet first.") % {"address": address}
        )
    row = Address.objects.filter(subnet=subnet, address=str(address)).exclude(status=AddressStatus.FREE)
    known = row.select_related("device", "subnet", "unit").first()
    if known is None:
        address_take(subnet=subnet, address=str(address), device=device, mac=mac, note=note, **act)
        return "new"
    if device is not None and known.device_id not in (None, device.pk):
        raise Invalid(
            _("%(address)s belongs to %(device)s.") % {"address": address, "device": known.device and known.device.code}
        )
    fresh: dict[str, Any] = {name: value for name, value in (("mac", mac), ("note", note)) if value}
    if device is not None:
        fresh["device"] = device
    before = known.version
    address_edit(address=known, version_seen=known.version, values=fresh, **act)
    return "changed" if known.version != before else "same"
