"""Cables and other connections: each port holds one end at most, which the database decides."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from devices.models import Device, DrawnLayer, Link, Port
from devices.rules_network import next_port
from devices.services.common import check_input, optional, require_keeper
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write, changes

FIELDS = ("kind", "label", "metres", "vlans", "note")
_VLANS = re.compile(r"(?:trunk|access)?\s*(?:\d{1,4}(?:-\d{1,4})?(?:\s*,\s*\d{1,4}(?:-\d{1,4})?)*)?", re.IGNORECASE)
LONGEST = 20_000
"""Metres; the longest fibre between two houses of one city."""
NUMBERING = 20
"""So often the next free port is tried when others plug in at the same moment."""


def link_complaints(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with what is said about a connection, by field."""
    wrong = {name: optional(values[name], limit) for name, limit in (("label", 40), ("vlans", 60), ("note", 200))}
    if values["kind"] not in Link.Kind.values:
        wrong["kind"] = _("Please choose the kind.")
    if values["metres"] is not None and not 0 <= values["metres"] <= LONGEST:
        wrong["metres"] = _("Between 0 and %(most)s metres.") % {"most": LONGEST}
    vlans = values["vlans"].replace("，", ",").strip()
    numbers = [int(number) for number in re.findall(r"\d+", vlans)]
    if not _VLANS.fullmatch(vlans) or any(not 1 <= number <= 4094 for number in numbers):
        wrong["vlans"] = _("Please write VLANs such as trunk 10,20,30-40 or 20.")
    return wrong


@transaction.atomic
def link_create(
    *,
    contract: Contract,
    a: Device,
    b: Device | None,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    a_port: str = "",
    b_port: str = "",
    source: str = Source.PAGE,
    reason: str = "",
) -> Link:
    """Connect two devices; a port without a name is the next free number. `values`: kind, label, metres, vlans, note.

    Raises NotAllowed, Invalid for a device connected to itself or of another hall, Conflict when a port is in use.
    """
    require_keeper(actor, contract, source=source)
    if b is None:
        message = _("There is no such device in this hall.")
        raise Invalid(message, fields={"device": message})
    wrong = link_complaints(values) | {"a_port": optional(a_port, 30), "b_port": optional(b_port, 30)}
    if a.pk == b.pk:
        wrong["device"] = _("A device is not connected to itself.")
    elif a.hall_id != b.hall_id:
        wrong["device"] = _("This device stands in another hall.")
    check_input(wrong)
    link = Link.objects.create(hall=a.hall, updated_at=at, **_stored(values))
    ends = [
        (a, _plug(a, a_port.strip(), link, Port.Side.A, "a_port")),
        (b, _plug(b, b_port.strip(), link, Port.Side.B, "b_port")),
    ]
    act: dict[str, Any] = {"contract": contract, "actor": actor, "at": at, "source": source, "reason": reason}
    for (device, port), (other, far) in (ends, ends[::-1]):
        after = {"port": port, "to": f"{other.code} {far}", **_said(link)}
        audit_write(subject=device, verb="link_create", before={}, after=after, **act)
    return link


@transaction.atomic
def link_edit(
    *,
    link: Link,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    a_port: str = "",
    b_port: str = "",
    source: str = Source.PAGE,
    reason: str = "",
) -> Link:
    """Change what is said about a connection, or plug it into another port of the same devices (empty: stays).

    Raises NotAllowed, Invalid, Conflict.
    """
    require_keeper(actor, contract, source=source)
    check_input(link_complaints(values) | {"a_port": optional(a_port, 30), "b_port": optional(b_port, 30)})
    stored = _stored(values)
    before, after = changes(link, **stored)
    ends = {port.side: port for port in link.ports.select_related("device")}
    moves = {
        side: name.strip()
        for side, name in (("a", a_port), ("b", b_port))
        if name.strip() and name.strip() != ends[side].name
    }
    if not after and not moves:
        return link
    rows = Link.objects.filter(pk=link.pk, version=version_seen)
    if not rows.update(version=models.F("version") + 1, updated_at=at, **stored):
        raise Conflict(_("Somebody else has changed this connection meanwhile. Please look at it again."))
    for name, value in stored.items():
        setattr(link, name, value)
    link.version = version_seen + 1
    act: dict[str, Any] = {"contract": contract, "actor": actor, "at": at, "source": source, "reason": reason}
    for side, port in ends.items():
        mine_before, mine_after = dict(before), dict(after)
        if side in moves:
            Port.objects.filter(pk=port.pk, link=link).update(link=None, side="")
            mine_before["port"] = port.name
            mine_after["port"] = _plug(port.device, moves[side], link, side, f"{side}_port")
        if mine_after:
            named = {"of": f"link:{link.pk}", "name": f"{port.device.code} {port.name}", **mine_after}
            audit_write(subject=port.device, verb="link_edit", before=mine_before, after=named, **act)
    return link


@transaction.atomic
def link_remove(
    *,
    link: Link,
    contract: Contract,
    version_seen: int,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> None:
    """Unplug a connection; its ports stay, its history stands with both devices. Raises NotAllowed, Conflict."""
    require_keeper(actor, contract, source=source)
    if not Link.objects.filter(pk=link.pk, version=version_seen).update(version=models.F("version") + 1):
        raise Conflict(_("Somebody else has changed this connection meanwhile. Please look at it again."))
    ends = list(link.ports.select_related("device").order_by("side"))
    Port.objects.filter(link=link).update(link=None, side="")
    act: dict[str, Any] = {"contract": contract, "actor": actor, "at": at, "source": source, "reason": reason}
    for port, far in zip(ends, ends[::-1], strict=True):
        before = {"port": port.name, "to": f"{far.device.code} {far.name}", **_said(link)}
        audit_write(subject=port.device, verb="link_remove", before=before, after={}, **act)
    link.delete()


@transaction.atomic
def layer_set(
    *,
    device: Device,
    contract: Contract,
    layer: int | None,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> None:
    """Say in which layer a device is drawn; None leaves it to its distance from the core. Raises NotAllowed, Invalid."""
    require_keeper(actor, contract, source=source)
    if layer is not None and layer not in DrawnLayer.Layer.values:
        raise Invalid(_("Please choose a layer."), fields={"layer": _("Please choose a layer.")})
    known = DrawnLayer.objects.filter(device=device).first()
    before = known.layer if known else None
    if before == layer:
        return
    if layer is None:
        DrawnLayer.objects.filter(device=device).delete()
    else:
        DrawnLayer.objects.update_or_create(device=device, defaults={"layer": layer})
    audit_write(
        contract=contract,
        subject=device,
        verb="layer_set",
        actor=actor,
        at=at,
        source=source,
        before={"layer": _layer(before)},
        after={"layer": _layer(layer)},
    )


def _layer(value: int | None) -> str:
    return "" if value is None else DrawnLayer.Layer(value).name.lower()


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    stored = {name: values[name] for name in FIELDS}
    for name in ("label", "note"):
        stored[name] = stored[name].strip()
    stored["vlans"] = re.sub(r"\s*,\s*", ",", stored["vlans"].replace("，", ",").strip()).lower()
    return stored


def _said(link: Link) -> dict[str, Any]:
    return {name: getattr(link, name) for name in FIELDS if getattr(link, name) not in ("", None)}


def _plug(device: Device, name: str, link: Link, side: str, field: str) -> str:
    """Put one end of the link into a port and return the port's name. Raises Conflict when something is plugged in there."""
    if not name:
        return _plug_anywhere(device, link, side)
    if _claimed(device, name, link, side):
        return name
    message = _("Something is plugged into %(port)s of %(device)s already.") % {"port": name, "device": device.code}
    raise Conflict(message, fields={field: message})


def _plug_anywhere(device: Device, link: Link, side: str) -> str:
    for _attempt in range(NUMBERING):
        name = next_port(device.ports.filter(link__isnull=False).values_list("name", flat=True))
        if _claimed(device, name, link, side):
            return name
    raise Conflict(_("Many people are connecting this device just now. Please try again."))


def _claimed(device: Device, name: str, link: Link, side: str) -> bool:
    if Port.objects.filter(device=device, name=name, link__isnull=True).update(link=link, side=side):
        return True
    try:
        with transaction.atomic():
            Port.objects.create(device=device, name=name, link=link, side=side)
    except IntegrityError:
        return False
    return True
