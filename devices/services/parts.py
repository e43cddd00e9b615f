"""Parts and software on a device: put in, taken out with a reason, never deleted; each change stands in the device's history."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from devices.models import Device, Installation, Part, Software
from devices.services.common import check_input, fields_write, local_day, needed, optional, require_keeper
from devices.states import DeviceStatus
from parties.models import Contract, Hall, User
from records.models import Source
from records.services.audit import audit_write

PART_FIELDS = ("name", "model", "serial_no", "quantity", "installed_on", "warranty_until")
SOFTWARE_FIELDS = (
    "name", "release", "licence", "licence_until", "owner_unit", "url", "vendor", "contact", "remark", "is_active",
)  # fmt: skip
QUANTITY_LIMIT = 999


def _require_kept(device: Device) -> None:
    if device.status == DeviceStatus.RETIRED:
        raise Conflict(_("This device is retired; take it back into the register before changing it."))


def _check_part(values: Mapping[str, Any], today: date) -> None:
    installed, warranty = values.get("installed_on"), values.get("warranty_until")
    quantity = values.get("quantity")
    check_input(
        {
            "name": needed(str(values.get("name") or ""), 60),
            "model": optional(str(values.get("model") or ""), 60),
            "serial_no": optional(str(values.get("serial_no") or ""), 60),
            "quantity": ""
            if isinstance(quantity, int) and 1 <= quantity <= QUANTITY_LIMIT
            else _("Please enter a number from 1 to %(limit)s.") % {"limit": QUANTITY_LIMIT},
            "installed_on": _("Please fill in this field.")
            if installed is None
            else _("This day is still ahead.")
            if installed > today
            else "",
            "warranty_until": _("The warranty ends before the part was installed.")
            if warranty is not None and installed is not None and warranty < installed
            else "",
        }
    )


@transaction.atomic
def part_add(
    *,
    device: Device,
    contract: Contract,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
) -> Part:
    """Put a part into a device. Raises NotAllowed, Invalid, and Conflict when the device is retired."""
    require_keeper(actor, contract, source=source)
    _require_kept(device)
    _check_part(values, local_day(at))
    given = {name: values.get(name) for name in PART_FIELDS}
    given |= {name: str(given[name] or "").strip() for name in ("name", "model", "serial_no")}
    part = Part.objects.create(device=device, **given)
    audit_write(
        contract=contract,
        subject=device,
        verb="part_add",
        actor=actor,
        at=at,
        source=source,
        after={"of": f"part:{part.pk}", "name": str(part), **{k: v for k, v in given.items() if v and k != "name"}},
        reason=reason,
        batch=batch,
    )
    return part


@transaction.atomic
def part_edit(
    *,
    part: Part,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Part:
    """Correct what is written of a part. Raises NotAllowed, Invalid, Conflict."""
    require_keeper(actor, contract, source=source)
    _require_kept(part.device)
    if part.removed_on is not None:
        raise Conflict(_("This part was taken out already."))
    _check_part(values, local_day(at))
    given = {name: values.get(name) for name in PART_FIELDS}
    given |= {name: str(given[name] or "").strip() for name in ("name", "model", "serial_no")}
    fields_write(
        part, given, contract=contract, actor=actor, at=at, verb="part_edit", source=source,
        version_seen=version_seen, subject=part.device,
    )  # fmt: skip
    return part


@transaction.atomic
def part_remove(
    *,
    part: Part,
    contract: Contract,
    version_seen: int,
    removed_on: date,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Part:
    """Take a part out, with the reason. Raises NotAllowed, Invalid, and Conflict when it is out already."""
    require_keeper(actor, contract, source=source)
    if part.removed_on is not None:
        raise Conflict(_("This part was taken out already."))
    today = local_day(at)
    check_input(
        {
            "reason": needed(reason, 200, _("Please say why.")),
            "removed_on": _("This day is still ahead.")
            if removed_on > today
            else _("This day lies before its installation.")
            if removed_on < part.installed_on
            else "",
        }
    )
    fields_write(
        part, {"removed_on": removed_on, "removed_reason": reason.strip()}, contract=contract, actor=actor, at=at,
        verb="part_remove", source=source, reason=reason.strip(), version_seen=version_seen, subject=part.device,
    )  # fmt: skip
    return part


# Software ---------------------------------------------------------------------------------------------------------------


def _software_values(hall: Hall, values: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {name: values.get(name) for name in SOFTWARE_FIELDS if name in values}
    for name in ("name", "release", "licence", "url", "contact", "remark"):
        given[name] = str(given.get(name) or "").strip()
    vendor = given.get("vendor")
    check_input(
        {
            "name": needed(given["name"], 80),
            "release": optional(given["release"], 40),
            "licence": optional(given["licence"], 120),
            "url": _url_complaint(given["url"]),
            "contact": optional(given["contact"], 60),
            "remark": optional(given["remark"], 300),
            "vendor": _("Please choose one of the values offered.")
            if vendor is not None and vendor.hall_id != hall.pk
            else "",
        }
    )
    return given


def _url_complaint(url: str) -> str:
    if not url:
        return ""
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return _("Please enter an address that begins with http:// or https://.")
    return optional(url, 200)


def _twice() -> Invalid:
    message = _("This software is listed already in this version.")
    return Invalid(message, fields={"name": message})


@transaction.atomic
def software_create(
    *,
    hall: Hall,
    contract: Contract,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    batch: str = "",
) -> Software:
    """Enter a software system of the hall. Raises NotAllowed and Invalid."""
    require_keeper(actor, contract, source=source)
    given = _software_values(hall, values)
    try:
        with transaction.atomic():
            software = Software.objects.create(hall=hall, **given)
    except IntegrityError:
        raise _twice() from None
    audit_write(
        contract=contract, subject=software, verb="create", actor=actor, at=at, source=source,
        after={name: value for name, value in given.items() if value not in ("", None)}, batch=batch,
    )  # fmt: skip
    return software


@transaction.atomic
def software_edit(
    *,
    software: Software,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> Software:
    """Correct a software system, or take it out of use. Raises NotAllowed, Invalid, Conflict."""
    require_keeper(actor, contract, source=source)
    given = _software_values(software.hall, values)
    try:
        with transaction.atomic():
            fields_write(
                software, given, contract=contract, actor=actor, at=at, source=source, reason=reason,
                version_seen=version_seen,
            )  # fmt: skip
    except IntegrityError:
        raise _twice() from None
    return software


@transaction.atomic
def software_install(
    *,
    software: Software,
    device: Device,
    contract: Contract,
    installed_on: date,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    batch: str = "",
) -> Installation:
    """Say that a software system is installed on a device. Raises NotAllowed, Invalid, and Conflict when it is already."""
    require_keeper(actor, contract, source=source)
    _require_kept(device)
    check_input(
        {
            "software": _("Please choose one of the values offered.")
            if software.hall_id != device.hall_id or not software.is_active
            else "",
            "installed_on": _("This day is still ahead.") if installed_on > local_day(at) else "",
        }
    )
    try:
        with transaction.atomic():
            row = Installation.objects.create(software=software, device=device, installed_on=installed_on)
    except IntegrityError:
        message = _("This software is on the device already.")
        raise Conflict(message, fields={"software": message}) from None
    audit_write(
        contract=contract, subject=device, verb="software_install", actor=actor, at=at, source=source,
        after={"of": f"installation:{row.pk}", "name": str(software), "installed_on": installed_on}, batch=batch,
    )  # fmt: skip
    return row


@transaction.atomic
def software_uninstall(
    *,
    installation: Installation,
    contract: Contract,
    removed_on: date,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> Installation:
    """Say that a software system is no longer on a device. Raises NotAllowed, Invalid, and Conflict when it is gone already."""
    require_keeper(actor, contract, source=source)
    if installation.removed_on is not None:
        raise Conflict(_("This software was removed from the device already."))
    wrong = removed_on > local_day(at)
    check_input({"removed_on": _("This day is still ahead.") if wrong else ""})
    fields_write(
        installation, {"removed_on": max(removed_on, installation.installed_on)}, contract=contract, actor=actor, at=at,
        verb="software_remove", source=source, reason=reason, subject=installation.device,
    )  # fmt: skip
    return installation
