"""Puts devices into the register, corrects them, changes what they are doing (附三.1): the archive of devices)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.flow import Flow, Move, claim
from core.roles import MANAGER
from devices.finds.register import Catalogue, catalogue_of_one, reserved_words
from devices.models import Device, DeviceCategory, OldShortCode
from devices.models.device import PowerPolicy
from devices.rules import short_code
from devices.rules_register import code_complaint, extra_complaint, extra_value, mac_of, next_code
from devices.services.common import check_input, fields_write, needed, optional, require_keeper, require_role
from devices.services.listing import search_refresh
from devices.states import DEVICE_FLOW, DeviceStatus
from parties.models import Contract, Hall, User
from records.models import Source
from records.services.audit import audit_write

EDITABLE = (
    "code", "asset_no", "name", "category", "place", "window", "unit", "vendor", "brand", "model", "serial_no", "mac",
    "installed_on", "warranty_until", "custodian", "power_policy", "is_key", "criticality", "ownership", "remark", "extra",
)  # fmt: skip
"""What `device_edit` sets. Status has its own verb; the short code stays what the label says."""
TEXT_LIMITS = {
    "asset_no": 40, "brand": 40, "model": 40, "serial_no": 40, "custodian": 40, "remark": 300,
}  # fmt: skip
REASON_LIMIT = 200
EARLIEST = date(1980, 1, 1)
TRIES = 60
"""More than ever create a device of one category at the same moment: each try that fails means that another one succeeded."""


def device_complaints(
    hall: Hall, values: Mapping[str, Any], *, device: Device | None = None, catalogue: Catalogue | None = None
) -> dict[str, str]:
    """What is wrong with a device's values, by field; {} when nothing is. Custom fields are named "extra_<key>".

    The same for page, import and interface. Of a new device an empty `code` is no complaint: it gets the next one; of a stored one
    only the fields in `values` are judged, against what stays. With a `catalogue` nothing is read. Whether a code is taken says
    the caller, or the constraint.
    """

    def after(name: str) -> Any:
        return values.get(name, getattr(device, name, None))

    wrong: dict[str, str] = {}
    code = str(values.get("code") or "").strip()
    if (code or device is not None) and "code" in values and (device is None or code != device.code):
        wrong["code"] = code_complaint(code, reserved_words())
    if device is None or "name" in values:
        wrong["name"] = needed(str(values.get("name") or ""), 80)
    for name, limit in TEXT_LIMITS.items():
        if name in values:
            wrong[name] = optional(str(values[name] or ""), limit)
    wrong |= _of_another_hall(hall, values)
    for name in ("category", "place"):
        if after(name) is None:
            wrong[name] = _("Please fill in this field.")
    window, unit = after("window"), after("unit")
    if window is not None and unit is not None and window.unit_id != unit.pk:
        wrong["window"] = _("This window belongs to another unit.")
    if mac_of(str(values.get("mac") or "")) is None:
        wrong["mac"] = _("A MAC address has twelve digits 0–9 and A–F, as 3C:52:82:1A:00:7F.")
    wrong |= _dates(values.get("installed_on"), values.get("warranty_until"), after("installed_on"))
    for name, known in (
        ("power_policy", PowerPolicy.values),
        ("criticality", Device.Criticality.values),
        ("ownership", Device.Ownership.values),
        ("status", [state for state in DeviceStatus.values if device is not None or state != DeviceStatus.RETIRED]),
    ):
        if values.get(name) and values[name] not in known:
            wrong[name] = _("Please choose one of the values offered.")
    if device is None or "extra" in values or "category" in values:
        category = after("category")
        if category is not None:
            extra = values.get("extra", getattr(device, "extra", {})) or {}
            wrong |= _extras(category, extra, catalogue or catalogue_of_one(category), device)
    return {name: message for name, message in wrong.items() if message}


def _of_another_hall(hall: Hall, values: Mapping[str, Any]) -> dict[str, str]:
    """Objects of another hall are as unknown as those that do not exist."""
    wrong = {}
    for name in ("category", "place", "vendor"):
        if values.get(name) is not None and values[name].hall_id != hall.pk:
            wrong[name] = _("Please choose one of the values offered.")
    return wrong


def _dates(installed: Any, warranty: Any, installed_after: Any) -> dict[str, str]:
    wrong = {}
    for name, day in (("installed_on", installed), ("warranty_until", warranty)):
        if day is not None and not EARLIEST <= day < date(2100, 1, 1):
            wrong[name] = _("Please check the year.")
    if not wrong and warranty is not None and installed_after is not None and warranty < installed_after:
        wrong["warranty_until"] = _("The warranty ends before the device was installed.")
    return wrong


def _extras(
    category: DeviceCategory, extra: Mapping[str, Any], catalogue: Catalogue, device: Device | None
) -> dict[str, str]:
    wrong = {}
    fields = catalogue.fields_of(category)
    known = {field.key for field in fields}
    for field in fields:
        wrong[f"extra_{field.key}"] = extra_complaint(field, extra.get(field.key))
    kept = set(device.extra) if device is not None else set()
    for key in sorted(set(extra) - known - kept):
        wrong[f"extra_{key}"] = _("This category has no such field.")
    return wrong


def device_warnings(hall: Hall, values: Mapping[str, Any], *, device: Device | None = None) -> list[str]:
    """What is unusual but allowed: a serial or asset number that another device has already. One statement at most."""
    asked = Q()
    for name in ("serial_no", "asset_no"):
        text = str(values.get(name) or "").strip()
        if text:
            asked |= Q(**{name: text})
    if not asked:
        return []
    rows = Device.objects.filter(asked, hall=hall).exclude(pk=device.pk if device else 0).order_by("code")[:3]
    return [_("%(device)s has the same serial or asset number.") % {"device": row} for row in rows]


def _normalised(values: Mapping[str, Any], category: DeviceCategory | None, catalogue: Catalogue) -> dict[str, Any]:
    """The values as they are stored: trimmed, MAC in one form, the unit of the window, custom fields typed, empty ones left out."""
    done = {name: value for name, value in values.items() if name in EDITABLE}
    for name in ("code", "name", *TEXT_LIMITS):
        if name in done:
            done[name] = str(done[name] or "").strip()
    if "mac" in done:
        done["mac"] = mac_of(str(done["mac"] or "")) or ""
    if done.get("window") is not None and done.get("unit") is None and "unit" in done:
        done["unit"] = done["window"].unit
    if "extra" in done and category is not None:
        given = dict(done["extra"] or {})
        for field in catalogue.fields_of(category):
            given[field.key] = extra_value(field, given.get(field.key))
        done["extra"] = {key: value for key, value in given.items() if value is not None}
    return done


@transaction.atomic
def device_create(
    *,
    hall: Hall,
    contract: Contract,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
) -> Device:
    """Put a device into the register. Without a code it gets the next one of its category, such as WS-025.

    Raises NotAllowed, Invalid, and Conflict when its code was taken meanwhile.
    """
    require_keeper(actor, contract, source=source)
    catalogue = catalogue_of_one(values["category"]) if values.get("category") is not None else Catalogue({}, {})
    check_input(device_complaints(hall, values, catalogue=catalogue))
    category: DeviceCategory = values["category"]
    given = _normalised({"extra": {}, "unit": None, **values}, category, catalogue)
    given.setdefault("power_policy", category.power_policy)
    given["power_policy"] = given["power_policy"] or category.power_policy
    given = {
        name: value
        for name, value in given.items()
        if not (value in ("", None) and name in ("criticality", "ownership"))
    }
    given["is_key"] = bool(given.get("is_key", False))
    status = values.get("status") or DeviceStatus.IN_USE
    typed = given.pop("code", "")
    device = _inserted(
        hall,
        category,
        typed,
        {**given, "status": status, "status_reason": "" if status == DeviceStatus.IN_USE else reason[:REASON_LIMIT]},
        at,
    )
    search_refresh([device])
    audit_write(
        contract=contract,
        subject=device,
        verb="create",
        actor=actor,
        at=at,
        source=source,
        after={
            "code": device.code,
            "short_code": device.short_code,
            "status": device.status,
            **{name: value for name, value in given.items() if value not in ("", None, {}, False)},
        },
        reason=reason,
        batch=batch,
    )
    return device


def _inserted(hall: Hall, category: DeviceCategory, typed: str, given: Mapping[str, Any], at: datetime) -> Device:
    """The stored device; the unique constraints decide between two who want the same number."""
    for attempt in range(TRIES):
        code = typed or next_code(
            category.code,
            Device.objects.filter(hall=hall, code__startswith=f"{category.code}-").values_list("code", flat=True),
        )
        try:
            with transaction.atomic():
                return Device.objects.create(
                    hall=hall,
                    code=code,
                    short_code=_free_short_code(hall, code, attempt),
                    status_since=at,
                    created_at=at,
                    updated_at=at,
                    **given,
                )
        except IntegrityError:
            if typed and Device.objects.filter(hall=hall, code=typed).exists():
                raise _code_taken() from None
    raise Conflict(_("Many devices are being entered just now. Please save again."))


def _code_taken() -> Conflict:
    message = _("Another device has this number already.")
    return Conflict(message, fields={"code": message})


def _free_short_code(hall: Hall, code: str, attempt: int) -> str:
    """A short code that no label carries or ever carried."""
    for turn in range(attempt, attempt + TRIES):
        found = short_code(f"{hall.pk}:{code}:{hall.name}" + (f":{turn}" if turn else ""))
        if (
            not Device.objects.filter(short_code=found).exists()
            and not OldShortCode.objects.filter(short_code=found).exists()
        ):
            return found
    raise Conflict(_("Many devices are being entered just now. Please save again."))


@transaction.atomic
def device_edit(
    *,
    device: Device,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    batch: str = "",
) -> Device:
    """Correct a device; only the fields in `values` are touched. `version_seen` is the version that the editor saw.

    Raises NotAllowed, Invalid, and Conflict when somebody else changed it meanwhile, its code is taken, or it is retired.
    """
    require_keeper(actor, contract, source=source)
    if device.status == DeviceStatus.RETIRED:
        raise Conflict(_("This device is retired; take it back into the register before changing it."))
    category = values.get("category") or device.category
    catalogue = catalogue_of_one(category)
    check_input(device_complaints(device.hall, values, device=device, catalogue=catalogue))
    given = _normalised(values, category, catalogue)
    if "place" in given and given["place"].pk != device.place_id:
        # Where it stood on the plan of its old place says nothing any more.
        given |= {"plan_of": None, "plan_x": None, "plan_y": None}
    try:
        with transaction.atomic():
            changed = fields_write(
                device,
                given,
                contract=contract,
                actor=actor,
                at=at,
                source=source,
                reason=reason,
                version_seen=version_seen,
                batch=batch,
            )
    except IntegrityError:
        raise _code_taken() from None
    if changed:
        search_refresh([device])
    return device


def status_verb(device: Device, status: str) -> str:
    """The move of DEVICE_FLOW that takes a device to this status. Raises Conflict when there is none."""
    for move in DEVICE_FLOW.moves:
        if move.target == status and device.status in move.sources:
            return move.verb
    raise Conflict(_("The device cannot be given this status from the one it has now."))


def statuses_open_to(device: Device, role: str | None) -> list[str]:
    """The statuses that somebody of this role may give to the device now."""
    moves = [move for move in DEVICE_FLOW.moves if device.status in move.sources and move.target]
    return [move.target for move in moves if move.target and (role == MANAGER or move.verb not in MANAGERS_VERBS)]


MANAGERS_VERBS = ("retire", "take_back")
"""What ends a device's life in the register, and what takes that back, only the manager does."""


@transaction.atomic
def device_status_set(
    *,
    device: Device,
    contract: Contract,
    status: str,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    batch: str = "",
) -> Device:
    """Say what a device is doing now, and why. Retired is final but for the manager's "take back".

    Raises NotAllowed, Invalid (no reason), and Conflict when the flow has no such step or somebody else was quicker.
    """
    require_keeper(actor, contract, source=source)
    check_input(
        {
            "reason": needed(reason, REASON_LIMIT, _("Please say why.")),
            "status": "" if status in DeviceStatus.values else _("Please choose one of the values offered."),
        }
    )
    verb = status_verb(device, status)
    if actor is not None and verb in MANAGERS_VERBS:
        require_role(actor, contract, MANAGER)
    before = {"status": device.status, "status_reason": device.status_reason}
    stamps = {"status_reason": reason.strip(), "status_since": at, "updated_at": at}
    # The flow allows the step from several statuses; only the one that was seen counts, so that of two people one wins.
    seen = Flow(DEVICE_FLOW.name, DEVICE_FLOW.initial, (Move(verb, (device.status,), status),))
    refused = _("Somebody else has changed the status meanwhile. Please look at it again.")
    claim(device, seen, verb, refused=refused, **stamps)
    audit_write(
        contract=contract,
        subject=device,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"status": device.status, "status_reason": device.status_reason},
        reason=reason.strip(),
        batch=batch,
    )
    return device
