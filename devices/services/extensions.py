"""Telephone extensions of the hall: internal numbers only, nobody's mobile number."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from devices.models import Device, Extension
from devices.rules_network import is_extension, is_mobile
from devices.services.common import check_input, fields_write, optional, require_keeper
from devices.states import ExtensionStatus
from parties.models import Contract, Hall, User
from records.models import Source
from records.services.audit import audit_write, changes

FIELDS = ("number", "place", "unit", "user", "device", "status", "note")
_ELEVEN_DIGITS = re.compile(r"(?<!\d)(?:\+?86)?[ -]?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")


def extension_complaints(values: Mapping[str, Any], *, hall_id: int) -> dict[str, str]:
    """What is wrong with the entries of an extension, by field."""
    private = _("No mobile numbers here: this list is printed and laid out.")
    wrong = {"user": optional(values["user"], 40), "note": optional(values["note"], 200)}
    if is_mobile(values["number"]):
        wrong["number"] = private
    elif not is_extension(values["number"].strip()):
        wrong["number"] = _("An extension has 2 to 8 digits, e.g. 8001, with a branch after a hyphen.")
    for name in ("user", "note"):
        if _ELEVEN_DIGITS.search(values[name]):
            wrong[name] = private
    if values["status"] not in ExtensionStatus.values:
        wrong["status"] = _("Please choose a status.")
    for name in ("place", "device"):
        if values[name] is not None and values[name].hall_id != hall_id:
            wrong[name] = _("This belongs to another hall.")
    return wrong


@transaction.atomic
def extension_create(
    *,
    hall: Hall,
    contract: Contract,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Extension:
    """Enter an extension. `values`: number, place, unit, user, device, status, note. Raises NotAllowed, Invalid, Conflict."""
    require_keeper(actor, contract, source=source)
    check_input(extension_complaints(values, hall_id=hall.pk))
    stored = {name: _clean(values[name]) for name in FIELDS}
    try:
        with transaction.atomic():
            extension = Extension.objects.create(hall=hall, updated_at=at, **stored)
    except IntegrityError:
        raise _taken(stored["number"]) from None
    act: dict[str, Any] = {"contract": contract, "actor": actor, "at": at, "source": source}
    audit_write(subject=extension, verb="create", after=stored, **act)
    _tell_devices(extension, None, extension.device, act)
    return extension


@transaction.atomic
def extension_edit(
    *,
    extension: Extension,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Extension:
    """Change an extension. Raises NotAllowed, Invalid, Conflict when its number is taken or it was changed meanwhile."""
    require_keeper(actor, contract, source=source)
    check_input(extension_complaints(values, hall_id=extension.hall_id))
    stored = {name: _clean(values[name]) for name in FIELDS}
    had = extension.device
    fresh = changes(extension, **stored)[1]
    act: dict[str, Any] = {"contract": contract, "actor": actor, "at": at, "source": source}
    try:
        with transaction.atomic():
            fields_write(extension, stored, version_seen=version_seen, **act)
    except IntegrityError:
        raise _taken(stored["number"]) from None
    if "device" in fresh:
        _tell_devices(extension, had, extension.device, act)
    return extension


def _clean(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _taken(number: str) -> Conflict:
    message = _("The extension %(number)s is in the list already.") % {"number": number}
    return Conflict(message, fields={"number": message})


def _tell_devices(extension: Extension, had: Device | None, has: Device | None, act: Mapping[str, Any]) -> None:
    """Enter in the history of a telephone which extension it lost or got."""
    if had is not None:
        audit_write(subject=had, verb="extension_leave", before={"extension": extension.number}, after={}, **act)
    if has is not None:
        audit_write(subject=has, verb="extension_set", before={}, after={"extension": extension.number}, **act)
