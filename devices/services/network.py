"""Subnets and the ledger of addresses: what is unique is unique in the database, and whoever loses a race takes the next one."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from core.models import next_number
from devices.models import Address, Device, Subnet
from devices.rules_network import (
    IP,
    Network,
    Span,
    kept_back,
    key_of,
    merged,
    next_free,
    normal_mac,
    parse_address,
    parse_network,
    parse_spans,
    span_of,
    stored_spans,
    text_of,
)
from devices.services.common import check_input, fields_write, needed, optional, require_keeper
from devices.services.listing import search_refresh
from devices.services.orders import order_required
from devices.states import AddressStatus
from parties.models import Contract, Hall, Unit, User
from records.models import Source
from records.services.audit import audit_write, plain

ATTEMPTS = 200
"""So often somebody who lost the race for an address tries the next one before being told to try again."""
SUBNET_FIELDS = ("name", "cidr", "vlan", "gateway", "dns", "purpose", "reserved", "is_active")
BUSY = (AddressStatus.IN_USE, AddressStatus.RESERVED, AddressStatus.STOPPED)


# --- subnets ----------------------------------------------------------------------------------------------------------


def subnet_complaints(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a subnet's own entries, by field; the other subnets are asked when it is stored."""
    wrong = {
        "name": needed(values["name"], 60),
        "purpose": optional(values["purpose"], 120),
    }
    try:
        network = parse_network(values["cidr"])
    except ValueError:
        return wrong | {
            "cidr": _(
                "Please write a range such as 10.20.1.0/24 or 2001:db8:20::/64, with the part behind the prefix zero."
            )
        }
    vlan = values["vlan"]
    if vlan is not None and not 1 <= vlan <= 4094:
        wrong["vlan"] = _("A VLAN has a number from 1 to 4094.")
    wrong["gateway"] = _inside(values["gateway"], network)
    wrong["dns"] = _servers(values["dns"])
    try:
        parse_spans(values["reserved"], network)
    except ValueError as error:
        wrong["reserved"] = _(
            "This line is no range of this subnet: %(line)s. Please write one range a line, e.g. 10.20.1.2-10.20.1.9 switches."
        ) % {"line": str(error)[:60]}
    return wrong


def _inside(text: str, network: Network) -> str:
    if not text.strip():
        return ""
    try:
        return "" if parse_address(text) in network else _("This address is not in the subnet.")
    except ValueError:
        return _("Please write one address, e.g. 10.20.1.1.")


def _servers(text: str) -> str:
    try:
        for part in text.replace("，", ",").replace("、", ",").replace(" ", ",").split(","):
            if part:
                parse_address(part)
    except ValueError:
        return _("Please write addresses, separated by commas.")
    return optional(text, 200)


def _subnet_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values of what was typed; call it after subnet_complaints."""
    network = parse_network(values["cidr"])
    span = span_of(network)
    servers = values["dns"].replace("，", ",").replace("、", ",").replace(" ", ",").split(",")
    return {
        "name": values["name"].strip(),
        "cidr": str(network),
        "family": network.version,
        "first": span.first,
        "last": span.last,
        "vlan": values["vlan"],
        "gateway": str(parse_address(values["gateway"])) if values["gateway"].strip() else "",
        "dns": ", ".join(str(parse_address(part)) for part in servers if part),
        "purpose": values["purpose"].strip(),
        "reserved": parse_spans(values["reserved"], network),
        "is_active": values["is_active"],
    }


def _refuse_overlap(hall: Hall, values: Mapping[str, Any], *, but: int = 0) -> None:
    """Raise Invalid when another subnet of the hall shares an address with this one. The hall's subnets stand still meanwhile."""
    # Two who enter overlapping ranges at the same moment wait for each other at this counter's row, on both databases.
    next_number(f"subnets-of-hall-{hall.pk}")
    other = (
        Subnet.objects.filter(hall=hall, family=values["family"], first__lte=values["last"], last__gte=values["first"])
        .exclude(pk=but)
        .first()
    )
    if other is not None:
        raise Invalid(
            _("This range overlaps the subnet %(name)s.") % {"name": other},
            fields={"cidr": _("This range overlaps the subnet %(name)s.") % {"name": other}},
        )


@transaction.atomic
def subnet_create(
    *,
    hall: Hall,
    contract: Contract,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> Subnet:
    """Enter a subnet. `values`: name, cidr, vlan (int or None), gateway, dns, purpose, reserved (lines), is_active.

    Raises NotAllowed, and Invalid when a value is wrong or the range overlaps another one of the hall.
    """
    require_keeper(actor, contract, source=source)
    check_input(subnet_complaints(values))
    stored = _subnet_values(values)
    _refuse_overlap(hall, stored)
    subnet = Subnet.objects.create(hall=hall, updated_at=at, **stored)
    audit_write(
        contract=contract,
        subject=subnet,
        verb="create",
        actor=actor,
        at=at,
        source=source,
        after={name: stored[name] for name in SUBNET_FIELDS},
        reason=reason,
    )
    return subnet


@transaction.atomic
def subnet_edit(
    *,
    subnet: Subnet,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> Subnet:
    """Change a subnet; its range may only change while no address of it would be left outside. Raises Conflict, Invalid."""
    require_keeper(actor, contract, source=source)
    check_input(subnet_complaints(values))
    stored = _subnet_values(values)
    if stored["cidr"] != subnet.cidr:
        _refuse_overlap(subnet.hall, stored, but=subnet.pk)
        outside = subnet.addresses.filter(models.Q(key__lt=stored["first"]) | models.Q(key__gt=stored["last"]))
        stray = outside.first()
        if stray is not None or stored["family"] != subnet.family:
            raise Invalid(
                _("Some entries need another look; nothing was saved."),
                fields={
                    "cidr": _("%(address)s is in the ledger and would be outside this range.")
                    % {"address": stray or subnet.cidr}
                },
            )
    fields_write(
        subnet, stored, contract=contract, actor=actor, at=at, source=source, reason=reason, version_seen=version_seen
    )
    return subnet


def subnet_of(hall: Hall, address: IP) -> Subnet | None:
    """The subnet of a hall that holds an address; there is one at most."""
    key = key_of(address)
    return Subnet.objects.filter(hall=hall, family=address.version, first__lte=key, last__gte=key).first()


def closed_spans(subnet: Subnet) -> list[Span]:
    """What the subnet does not give out by itself: its kept-back addresses and its reserved ranges."""
    return merged([*kept_back(parse_network(subnet.cidr), subnet.gateway), *stored_spans(subnet.reserved)])


def whole_of(subnet: Subnet) -> Span:
    """The subnet as the span of its addresses."""
    return Span(subnet.first, subnet.last)


# --- the ledger -------------------------------------------------------------------------------------------------------


def _mac(text: str) -> str:
    try:
        return normal_mac(text)
    except ValueError:
        raise Invalid(
            _("Some entries need another look; nothing was saved."),
            fields={"mac": _("Please write a MAC address such as 00-1A-2B-3C-4D-5E.")},
        ) from None


def _typed(text: str) -> IP:
    try:
        return parse_address(text)
    except ValueError:
        raise Invalid(
            _("Some entries need another look; nothing was saved."),
            fields={"address": _("%(text)s is no IP address.") % {"text": text[:60]}},
        ) from None


def _next(subnet: Subnet) -> str:
    taken = subnet.addresses.filter(status__in=BUSY).order_by("key").values_list("key", flat=True)
    found = next_free(whole_of(subnet), taken.iterator(), closed_spans(subnet))
    if found is None:
        raise Conflict(_("The subnet %(name)s has no free address left.") % {"name": subnet})
    return found


@transaction.atomic
def address_take(
    *,
    subnet: Subnet,
    contract: Contract,
    actor: User | None,
    at: datetime,
    device: Device | None = None,
    address: str = "",
    mac: str = "",
    unit: Unit | None = None,
    person: str = "",
    note: str = "",
    status: str = AddressStatus.IN_USE,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
    emergency: str = "",
    permit: Callable[[], None] | None = None,
) -> Address:
    """Take an address of a subnet: the given one, or the next free one when `address` is empty.

    The unique key of the ledger decides between those who want the same one at the same moment: with a given address the
    later one gets a Conflict, otherwise the next free one. `status` reserved or stopped keeps an address back instead of
    giving it to a device. A key device needs its change order, or the `emergency` that could not wait. `permit` stands in for
    these questions (registrations: two people have decided). Raises Invalid, NotAllowed, Conflict.
    """
    if permit is None:
        require_keeper(actor, contract, source=source)
    else:
        permit()
    check_input({"person": optional(person, 40), "note": optional(note, 200)})
    if not subnet.is_active:
        raise Conflict(_("The subnet %(name)s is out of use.") % {"name": subnet})
    if device is not None and device.hall_id != subnet.hall_id:
        raise Invalid(
            _("This device stands in another hall."), fields={"device": _("This device stands in another hall.")}
        )
    values = {
        "status": status,
        "device": device,
        "mac": _mac(mac) or (device.mac if device is not None else ""),
        "unit": unit or (device.unit if device is not None else None),
        "person": person.strip(),
        "note": note.strip(),
    }
    if address:
        wanted = _typed(address)
        if wanted.version != subnet.family or not subnet.first <= key_of(wanted) <= subnet.last:
            raise Invalid(
                _("Some entries need another look; nothing was saved."),
                fields={"address": _("%(address)s is not in %(subnet)s.") % {"address": wanted, "subnet": subnet.cidr}},
            )
        row = _claim(subnet, key_of(wanted), values, at)
        if row is None:
            message = _("%(address)s is taken already.") % {"address": wanted}
            raise Conflict(message, fields={"address": message})
    else:
        row = _claim_next(subnet, values, at)
    if permit is None:
        _under_order([device], row.address, contract, emergency, actor, at, source)
    _tell(
        row,
        "address_take" if status == AddressStatus.IN_USE else "address_keep",
        {},
        {"address": row.address, **values},
        had=None,
        reason=reason,
        contract=contract,
        actor=actor,
        at=at,
        source=source,
        batch=batch,
    )
    return row


def _under_order(
    devices: Iterable[Device | None],
    address: str,
    contract: Contract,
    emergency: str,
    actor: User | None,
    at: datetime,
    source: str,
) -> None:
    """Ask for the change order of key devices, or why it could not wait. An import has asked before: it refuses line by line."""
    if source == Source.IMPORT:
        return
    for device in dict.fromkeys(one for one in devices if one is not None):
        what = _("IP address %(address)s") % {"address": address}
        order_required(
            device=device, contract=contract, what=what, emergency=emergency, actor=actor, at=at, source=source
        )


def _claim_next(subnet: Subnet, values: Mapping[str, Any], at: datetime) -> Address:
    for _attempt in range(ATTEMPTS):
        row = _claim(subnet, _next(subnet), values, at)
        if row is not None:
            return row
    raise Conflict(_("Many people are taking addresses of this subnet just now. Please try again."))


def _claim(subnet: Subnet, key: str, values: Mapping[str, Any], at: datetime) -> Address | None:
    """Make this address ours: a free row by a conditional UPDATE, no row by the unique key; None when somebody was quicker."""
    free = Address.objects.filter(subnet=subnet, key=key, status=AddressStatus.FREE)
    if free.update(version=models.F("version") + 1, updated_at=at, **values):
        return Address.objects.get(subnet=subnet, key=key)
    try:
        with transaction.atomic():
            return Address.objects.create(
                subnet=subnet, key=key, address=text_of(key, subnet.family), updated_at=at, **values
            )
    except IntegrityError:
        if not Address.objects.filter(subnet=subnet, key=key).exists():
            raise
        return None


def _tell(
    row: Address, verb: str, before: Mapping[str, Any], after: Mapping[str, Any], *, had: Device | None, **act: Any
) -> None:
    """Enter the act in the history of the address, and of the device that had it and the one that has it now."""
    audit_write(subject=row, verb=verb, before=before, after=after, **act)
    has = row.device
    facts = {"address": row.address, "mac": row.mac}
    # A device is found by its address too.
    search_refresh({device.pk for device in (had, has) if device is not None})
    if had is not None and had == has:
        changed = {"of": f"address:{row.pk}", "name": row.address, **after}
        audit_write(subject=had, verb=verb, before=before, after=changed, **act)
        return
    if had is not None:
        lost = {name: value for name, value in (("address", row.address), ("mac", before.get("mac", ""))) if value}
        audit_write(subject=had, verb="address_free", before=lost, after={}, **act)
    if has is not None:
        given = {name: value for name, value in facts.items() if value}
        audit_write(subject=has, verb="address_take", before={}, after=given, **act)


def _facts(row: Address) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("status", "device", "mac", "unit", "person", "note")}


def _swap(row: Address, version_seen: int, at: datetime, values: Mapping[str, Any]) -> None:
    rows = Address.objects.filter(pk=row.pk, version=version_seen)
    if not rows.update(version=models.F("version") + 1, updated_at=at, **values):
        raise Conflict(
            _("Somebody else has changed %(address)s meanwhile. Please look at it again.") % {"address": row.address}
        )
    for name, value in values.items():
        setattr(row, name, value)
    row.version = version_seen + 1


@transaction.atomic
def address_free(
    *,
    address: Address,
    contract: Contract,
    actor: User | None,
    at: datetime,
    version_seen: int | None = None,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
    emergency: str = "",
    permit: Callable[[], None] | None = None,
) -> Address:
    """Give an address back, whatever it was; its row and history stay. Raises Conflict when it is free or has changed."""
    if permit is None:
        require_keeper(actor, contract, source=source)
    else:
        permit()
    if address.status == AddressStatus.FREE:
        raise Conflict(_("%(address)s is free already.") % {"address": address.address})
    if permit is None:
        _under_order([address.device], address.address, contract, emergency, actor, at, source)
    before = _facts(address)
    values = {"status": AddressStatus.FREE, "device": None, "mac": "", "unit": None, "person": "", "note": ""}
    _swap(address, address.version if version_seen is None else version_seen, at, values)
    _tell(
        address,
        "address_free",
        {"address": address.address, **before},
        {"status": AddressStatus.FREE},
        had=before["device"],
        contract=contract,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        batch=batch,
    )
    return address


@transaction.atomic
def address_stop(
    *,
    address: Address,
    contract: Contract,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
    permit: Callable[[], None] | None = None,
) -> Address:
    """Put an address out of use: nobody gets it until it is freed. Whose it was stays with it. Raises Conflict."""
    if permit is None:
        require_keeper(actor, contract, source=source)
    else:
        permit()
    before = _facts(address)
    _swap(address, address.version, at, {"status": AddressStatus.STOPPED})
    _tell(
        address,
        "address_stop",
        {"status": before["status"]},
        {"status": AddressStatus.STOPPED},
        had=address.device,
        contract=contract,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        batch=batch,
    )
    return address


@transaction.atomic
def address_edit(
    *,
    address: Address,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
    emergency: str = "",
    permit: Callable[[], None] | None = None,
) -> Address:
    """Change what stands with an address that is not free: status, device, mac, unit, person, note. Raises Conflict, Invalid."""
    if permit is None:
        require_keeper(actor, contract, source=source)
    else:
        permit()
    device = values.get("device", address.device)
    if device is not None and device.hall_id != address.subnet.hall_id:
        raise Invalid(
            _("This device stands in another hall."), fields={"device": _("This device stands in another hall.")}
        )
    fresh = dict(values)
    if "mac" in fresh:
        fresh["mac"] = _mac(fresh["mac"])
    check_input({"person": optional(fresh.get("person", ""), 40), "note": optional(fresh.get("note", ""), 200)})
    if AddressStatus.FREE in (address.status, fresh.get("status")):
        raise Conflict(_("%(address)s is free already.") % {"address": address.address})
    before = {
        name: value for name, value in _facts(address).items() if name in fresh and plain(value) != plain(fresh[name])
    }
    if not before:
        return address
    had = address.device
    _swap(address, version_seen, at, fresh)
    if permit is None and {"status", "device", "mac"} & set(before):
        _under_order([had, address.device], address.address, contract, emergency, actor, at, source)
    after = {name: fresh[name] for name in before}
    _tell(
        address,
        "address_edit",
        before,
        after,
        had=had,
        contract=contract,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        batch=batch,
    )
    return address


@transaction.atomic
def device_address_set(
    *,
    device: Device,
    contract: Contract,
    address_text: str,
    actor: User | None,
    at: datetime,
    mac: str = "",
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
) -> list[Address]:
    """Make a device's addresses exactly those that are written (several separated by commas; none when empty).

    Each is looked up by the subnet that holds it. Raises Invalid(address) when there is none, Conflict when another device
    has it.
    """
    require_keeper(actor, contract, source=source)
    parts = [
        part for part in address_text.replace("，", ",").replace("、", ",").replace(";", ",").split(",") if part.strip()
    ]
    wanted = {str(address): address for address in (_typed(part) for part in parts)}
    rows = Address.objects.filter(device=device, status=AddressStatus.IN_USE).select_related("subnet", "device")
    held = {row.address: row for row in rows}
    acts: dict[str, Any] = {
        "contract": contract, "actor": actor, "at": at, "source": source, "reason": reason, "batch": batch,
    }  # fmt: skip
    for text, row in held.items():
        if text not in wanted:
            address_free(address=row, **acts)
    result = []
    for text, address in wanted.items():
        if text in held:
            row = held[text]
            if mac:
                row = address_edit(address=row, version_seen=row.version, values={"mac": mac}, **acts)
        else:
            subnet = subnet_of(device.hall, address)
            if subnet is None:
                message = _("No subnet of this hall holds %(address)s. Please enter the subnet first.") % {
                    "address": text
                }
                raise Invalid(message, fields={"address": message})
            row = address_take(subnet=subnet, device=device, address=text, mac=mac, **acts)
        result.append(row)
    return result
