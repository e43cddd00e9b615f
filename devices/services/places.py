"""Keeps the tree of places, their plans, and what label a device carries."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid, NotFound
from devices.finds.places import ids_below
from devices.models import Device, OldShortCode, Place, PlaceTree
from devices.rules import ALPHABET, LENGTH
from devices.services.common import check_input, fields_write, needed, optional, require_keeper
from devices.services.listing import search_refresh
from devices.states import DeviceStatus
from parties.models import Contract, User
from records.models import AuditEntry, Source
from records.services.attachments import PreparedImage, attachment_store
from records.services.audit import audit_write, audit_write_many

PLAN_VERB, PLAN_UNDO = "plan_place", "plan_undo"
CODE_TRIES = 20
RESERVED = frozenset({"new"})
"""Words that stand in the place of a code in addresses."""


@transaction.atomic
def place_create(
    *,
    contract: Contract,
    parent: Place | None,
    code: str,
    name: str,
    kind: str,
    alias: str = "",
    designation: str = "",
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Place:
    """Add a place as the last of what lies in `parent`. Raises NotAllowed and Invalid."""
    require_keeper(actor, contract, source=source)
    _hold(contract.hall_id)
    values = {"name": name.strip(), "kind": kind, "alias": alias.strip(), "designation": designation.strip()}
    code = code.strip().lower()
    taken = Place.objects.filter(hall=contract.hall_id, code__iexact=code).exists()
    check_input(
        {
            **_complaints(values),
            "code": needed(code, 20)
            or (
                ""
                if code.replace("-", "").isalnum() and code.isascii()
                else _("Small letters, digits and hyphens only.")
            )
            or (_("Another place has this code.") if taken or code in RESERVED else ""),
            "parent": _parent_complaint(contract, parent),
        }
    )
    place = Place.objects.create(hall_id=contract.hall_id, parent=parent, code=code, position=_last(contract), **values)
    _renumber(contract.hall_id)
    place.refresh_from_db(fields=["position"])
    audit_write(
        contract=contract,
        subject=place,
        verb="create",
        actor=actor,
        at=at,
        source=source,
        after={"code": code, "parent": parent, **values},
    )
    return place


@transaction.atomic
def place_edit(
    *,
    place: Place,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> Place:
    """Change name, alias, kind or designation (`values`). Devices are found by the new name at once.

    Raises NotAllowed, Invalid and Conflict.
    """
    require_keeper(actor, contract, source=source)
    clean = {name: str(value).strip() for name, value in values.items()}
    check_input(_complaints(clean))
    was = place.name
    fields_write(
        place, clean, contract=contract, actor=actor, at=at, source=source, reason=reason, version_seen=version_seen
    )
    if place.name != was:
        search_refresh(Device.objects.filter(place=place))
    return place


@transaction.atomic
def place_move(
    *,
    place: Place,
    contract: Contract,
    parent: Place | None,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Place:
    """Put a place, with all that lies in it, into another one, as its last. Raises NotAllowed, and Invalid for a circle."""
    require_keeper(actor, contract, source=source)
    _hold(contract.hall_id)
    place.refresh_from_db()
    check_input({"parent": _parent_complaint(contract, parent)})
    if parent is not None and parent.pk in ids_below(place):
        message = _("A place cannot lie in itself, nor in something that lies in it.")
        raise Invalid(message, fields={"parent": message})
    if (parent.pk if parent else None) == place.parent_id:
        return place
    values = {"parent": parent, "position": _last(contract)}
    was = place.parent
    Place.objects.filter(pk=place.pk).update(version=F("version") + 1, **values)
    _renumber(contract.hall_id)
    place.refresh_from_db()
    audit_write(
        contract=contract,
        subject=place,
        verb="move",
        actor=actor,
        at=at,
        source=source,
        before={"parent": was},
        after={"parent": parent},
    )
    return place


@transaction.atomic
def place_shift(
    *, place: Place, contract: Contract, up: bool, actor: User | None, at: datetime, source: str = Source.PAGE
) -> Place:
    """One step earlier (`up`) or later on the way, among what lies in the same place. At the end nothing happens."""
    require_keeper(actor, contract, source=source)
    _hold(contract.hall_id)
    place.refresh_from_db()
    siblings = list(
        Place.objects.filter(hall=contract.hall_id, parent=place.parent_id, is_active=True).order_by("position", "id")
    )
    index = next((number for number, row in enumerate(siblings) if row.pk == place.pk), None)
    other = None if index is None else index + (-1 if up else 1)
    if index is None or other is None or not 0 <= other < len(siblings):
        return place
    neighbour = siblings[other]
    Place.objects.filter(pk=place.pk).update(position=neighbour.position)
    Place.objects.filter(pk=neighbour.pk).update(position=place.position)
    before = place.position
    _renumber(contract.hall_id)
    place.refresh_from_db()
    audit_write(
        contract=contract,
        subject=place,
        verb="shift",
        actor=actor,
        at=at,
        source=source,
        before={"position": before},
        after={"position": place.position, "past": neighbour},
    )
    return place


@transaction.atomic
def place_retire(
    *, place: Place, contract: Contract, reason: str, actor: User | None, at: datetime, source: str = Source.PAGE
) -> Place:
    """Take a place out of use; nothing is deleted. Not while devices stand there or places in use lie in it (Conflict)."""
    require_keeper(actor, contract, source=source)
    check_input({"reason": needed(reason, 200)})
    _hold(contract.hall_id)
    standing = Device.objects.filter(place=OuterRef("pk")).exclude(status=DeviceStatus.RETIRED)
    inside = Place.objects.filter(parent=OuterRef("pk"), is_active=True)
    free = Place.objects.filter(pk=place.pk, is_active=True).exclude(Exists(standing)).exclude(Exists(inside))
    if not free.update(is_active=False, version=F("version") + 1):
        raise Conflict(
            _("Devices or other places are still here. Please move them first; then the place can be taken out of use.")
        )
    place.refresh_from_db()
    _entry(place, contract, "retire", actor, at, source, reason, was=True)
    return place


@transaction.atomic
def place_restore(
    *, place: Place, contract: Contract, actor: User | None, at: datetime, source: str = Source.PAGE
) -> Place:
    """Take a place into use again, where it lay. Raises Conflict when what it lies in is out of use or it is in use already."""
    require_keeper(actor, contract, source=source)
    _hold(contract.hall_id)
    above = Place.objects.filter(children=place, is_active=False)
    if above.exists() or not Place.objects.filter(pk=place.pk, is_active=False).update(
        is_active=True, version=F("version") + 1
    ):
        raise Conflict(_("It is in use already, or the place it lies in is not."))
    place.refresh_from_db()
    _entry(place, contract, "restore", actor, at, source, "", was=False)
    return place


@transaction.atomic
def place_devices_move(
    *,
    place: Place,
    target: Place,
    contract: Contract,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> int:
    """Move every device that stands at `place` to `target` as one act; each has the change in its own history.

    Returns how many. Raises NotAllowed and Invalid.
    """
    require_keeper(actor, contract, source=source)
    _hold(contract.hall_id)
    check_input({"target": _parent_complaint(contract, target), "reason": needed(reason, 200)})
    if target.pk == place.pk:
        raise Invalid(_("They stand there already."), fields={"target": _("They stand there already.")})
    rows = list(Device.objects.filter(hall=contract.hall_id, place=place).exclude(status=DeviceStatus.RETIRED))
    moved = Device.objects.filter(pk__in=[row.pk for row in rows], place=place)
    if moved.update(place=target, version=F("version") + 1, updated_at=at) != len(rows):
        raise Conflict(_("Somebody else is moving these devices just now. Please look again."))
    batch = uuid4().hex if len(rows) > 1 else ""
    audit_write_many(
        {
            "contract": contract,
            "subject": row,
            "verb": "edit",
            "actor": actor,
            "at": at,
            "source": source,
            "before": {"place": place},
            "after": {"place": target},
            "reason": reason.strip(),
            "batch": batch,
        }
        for row in rows
    )
    search_refresh(Device.objects.filter(pk__in=[row.pk for row in rows]))
    return len(rows)


# Plans -----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def place_plan_set(
    *,
    place: Place,
    contract: Contract,
    picture: PreparedImage,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Place:
    """Give a place the drawing on which its devices are pinned; an earlier one stays among its files, pins stay where they are."""
    require_keeper(actor, contract, source=source)
    stored = attachment_store(picture, contract=contract, subject=place, kind="plan", actor=actor, at=at, source=source)
    Place.objects.filter(pk=place.pk).update(plan=stored, version=F("version") + 1)
    place.refresh_from_db()
    return place


@transaction.atomic
def device_placed(
    *,
    device: Device,
    plan: Place,
    contract: Contract,
    x: float | None,
    y: float | None,
    version_seen: int,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    verb: str = PLAN_VERB,
) -> Device:
    """Pin a device to a plan at shares (0 to 1) of its width and height, or take it off (None).

    Raises NotAllowed, NotFound (it does not stand below this place), Invalid, and Conflict when the device was changed meanwhile.
    """
    require_keeper(actor, contract, source=source)
    if device.hall_id != contract.hall_id or device.place_id not in ids_below(plan):
        raise NotFound(_("This device does not stand at this place."))
    if (x is None) != (y is None) or any(value is not None and not 0 <= value <= 1 for value in (x, y)):
        message = _("Please give both distances, each between 0 and 100 percent.")
        raise Invalid(message, fields={"x": message})
    values = {
        "plan_of": None if x is None else plan,
        "plan_x": None if x is None else round(x, 4),
        "plan_y": None if y is None else round(y, 4),
    }
    fields_write(
        device, values, contract=contract, actor=actor, at=at, verb=verb, source=source, version_seen=version_seen
    )
    return device


def last_drop(plan: Place, contract: Contract, actor: User) -> tuple[AuditEntry, Device] | None:
    """This person's newest pin on this plan that can still be undone: nobody has moved the device since. None without one."""
    entry = (
        AuditEntry.objects.filter(contract=contract, actor=actor, verb__in=(PLAN_VERB, PLAN_UNDO))
        .order_by("-id")
        .first()
    )
    if entry is None or entry.verb == PLAN_UNDO:
        return None
    device = Device.objects.filter(pk=entry.subject_id, hall=contract.hall_id).select_related("place").first()
    if device is None or device.place_id not in ids_below(plan):
        return None
    now = {"plan_x": device.plan_x, "plan_y": device.plan_y}
    stands = all(now[name] == value for name, value in entry.after.items() if name in now)
    on_plan = device.plan_of_id == plan.pk or (device.plan_of_id is None and _plan_before(entry) == plan.pk)
    return (entry, device) if stands and on_plan else None


def drop_undo(*, plan: Place, contract: Contract, actor: User, at: datetime) -> Device:
    """Take this person's last pin on a plan back to where it was before. Raises NotAllowed and Conflict."""
    found = last_drop(plan, contract, actor)
    if found is None:
        raise Conflict(_("There is nothing to undo: the last pin was undone or moved again."))
    entry, device = found
    before = entry.before
    off = "plan_of" in entry.before and before["plan_of"] is None
    elsewhere = "plan_of" in before and before["plan_of"] is not None and _plan_before(entry) != plan.pk
    return device_placed(
        device=device,
        plan=plan,
        contract=contract,
        x=None if off or elsewhere else before.get("plan_x", device.plan_x),
        y=None if off or elsewhere else before.get("plan_y", device.plan_y),
        version_seen=device.version,
        actor=actor,
        at=at,
        verb=PLAN_UNDO,
    )


def _plan_before(entry: AuditEntry) -> int | None:
    before = entry.before.get("plan_of")
    return int(before["id"]) if isinstance(before, dict) else None


# Short codes -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def short_code_change(
    *,
    device: Device,
    contract: Contract,
    version_seen: int,
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Device:
    """Give a device a new short code because its label was copied, lost or misused; the old one leads nowhere any more.

    Raises NotAllowed, Invalid, and Conflict when the device was changed meanwhile.
    """
    require_keeper(actor, contract, source=source)
    check_input({"reason": needed(reason, 200)})
    old = device.short_code
    fields_write(
        device,
        {"short_code": _fresh_code()},
        contract=contract,
        actor=actor,
        at=at,
        verb="short_code",
        source=source,
        reason=reason.strip(),
        version_seen=version_seen,
    )
    try:
        with transaction.atomic():
            OldShortCode.objects.create(device=device, short_code=old, reason=reason.strip(), at=at, by=actor)
    except IntegrityError as error:
        raise Conflict(_("Somebody else has given it a new short code just now.")) from error
    search_refresh(Device.objects.filter(pk=device.pk))
    return device


def _fresh_code() -> str:
    """A short code that no device has or had, drawn by lot: nobody guesses it from the old one."""
    for _try in range(CODE_TRIES):
        code = "".join(secrets.choice(ALPHABET) for _sign in range(LENGTH))
        if not (
            Device.objects.filter(short_code=code).exists() or OldShortCode.objects.filter(short_code=code).exists()
        ):
            return code
    raise Conflict(_("No free short code was found. Please try again."))


# What they share ---------------------------------------------------------------------------------------------------------


def _hold(hall_id: int) -> None:
    """Let nobody else change the shape of the hall's tree until this transaction ends: every database holds an updated row."""
    if not PlaceTree.objects.filter(hall=hall_id).update(version=F("version") + 1):
        PlaceTree.objects.bulk_create([PlaceTree(hall_id=hall_id)], ignore_conflicts=True)
        PlaceTree.objects.filter(hall=hall_id).update(version=F("version") + 1)


def _last(contract: Contract) -> int:
    """A position behind everything; _renumber puts it where it belongs."""
    last = Place.objects.filter(hall=contract.hall_id).order_by("-position").values_list("position", flat=True).first()
    return (last or 0) + 1


def _renumber(hall_id: int) -> None:
    """Give every place its number on the way through the tree; only those whose number changes are written."""
    children: dict[int | None, list[Place]] = {}
    rows = list(Place.objects.filter(hall=hall_id).order_by("position", "id").only("pk", "parent_id", "position"))
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    changed: list[Place] = []
    waiting, number = list(reversed(children.get(None, []))), 0
    while waiting:
        row = waiting.pop()
        if row.position != number:
            row.position = number
            changed.append(row)
        number += 1
        waiting += reversed(children.get(row.pk, []))
    Place.objects.bulk_update(changed, ["position"])


def _complaints(values: Mapping[str, str]) -> dict[str, str]:
    complaints = {}
    if "name" in values:
        complaints["name"] = needed(values["name"], 60)
    if "kind" in values:
        complaints["kind"] = "" if values["kind"] in Place.Kind.values else _("Please choose one of the options.")
    for name, limit in (("alias", 60), ("designation", 200)):
        if name in values:
            complaints[name] = optional(values[name], limit)
    return complaints


def _parent_complaint(contract: Contract, parent: Place | None) -> str:
    if parent is None or (Place.objects.filter(pk=parent.pk, hall=contract.hall_id, is_active=True).exists()):
        return ""
    return _("Unknown in this hall; please choose from the list.")


def _entry(
    place: Place,
    contract: Contract,
    verb: str,
    actor: User | None,
    at: datetime,
    source: str,
    reason: str,
    *,
    was: bool,
) -> None:
    audit_write(
        contract=contract,
        subject=place,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before={"is_active": was},
        after={"is_active": not was},
        reason=reason.strip(),
    )
