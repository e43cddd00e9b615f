"""Doors and groups of doors."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from devices.models import Door, DoorGroup
from devices.services.common import check_input, fields_write, needed, optional, require_keeper
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write

DOOR_FIELDS = ("code", "name", "place", "controller", "mode", "hours", "is_active")


def _door_check(values: dict[str, Any], contract: Contract) -> None:
    for thing in (values.get("place"), values.get("controller")):
        if thing is not None and thing.hall_id != contract.hall_id:
            raise Invalid(_("This belongs to another hall."))
    check_input(
        {
            "code": needed(values["code"], 20),
            "name": needed(values["name"], 60),
            "hours": optional(values.get("hours", ""), 120),
            "mode": "" if values["mode"] in Door.Mode.values else _("Please choose one of the list."),
        }
    )


def _same_code() -> Invalid:
    message = _("There is a door with this code already.")
    return Invalid(message, fields={"code": message})


def _same_name() -> Invalid:
    message = _("There is a group with this name already.")
    return Invalid(message, fields={"name": message})


@transaction.atomic
def door_add(
    *, contract: Contract, values: dict[str, Any], actor: User | None, at: datetime, source: str = Source.PAGE
) -> Door:
    """Enter a door (附二.5-1)). Raises NotAllowed, Invalid (its code is taken)."""
    require_keeper(actor, contract, source=source)
    _door_check(values, contract)
    given = {name: values[name] for name in DOOR_FIELDS if name in values}
    try:
        with transaction.atomic():
            door = Door.objects.create(hall_id=contract.hall_id, updated_at=at, **given)
    except IntegrityError:
        raise _same_code() from None
    audit_write(contract=contract, subject=door, verb="create", actor=actor, at=at, source=source, after=given)
    return door


@transaction.atomic
def door_change(
    *,
    door: Door,
    contract: Contract,
    version_seen: int,
    values: dict[str, Any],
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Door:
    """Change a door. Raises NotAllowed, Invalid, Conflict (somebody was quicker)."""
    require_keeper(actor, contract, source=source)
    _door_check(values, contract)
    try:
        with transaction.atomic():
            fields_write(door, values, contract=contract, actor=actor, at=at, source=source, version_seen=version_seen)
    except IntegrityError:
        raise _same_code() from None
    return door


@transaction.atomic
def group_save(
    *,
    group: DoorGroup | None,
    contract: Contract,
    name: str,
    note: str = "",
    doors: Iterable[Door],
    is_active: bool = True,
    version_seen: int = 1,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> DoorGroup:
    """Make a group of doors, or change its name and its doors: every card with the group opens them from now on.

    Raises NotAllowed, Invalid (name taken, no door), Conflict.
    """
    require_keeper(actor, contract, source=source)
    chosen = sorted(set(doors), key=lambda door: door.code)
    check_input(
        {
            "name": needed(name, 60),
            "note": optional(note, 200),
            "doors": "" if chosen else _("Please choose at least one door."),
        }
    )
    if any(door.hall_id != contract.hall_id for door in chosen):
        raise Invalid(_("This belongs to another hall."))
    given = {"name": name.strip(), "note": note.strip(), "is_active": is_active}
    before: dict[str, Any] = {}
    try:
        with transaction.atomic():
            if group is None:
                group = DoorGroup.objects.create(hall_id=contract.hall_id, updated_at=at, **given)
            else:
                before = {
                    **{key: getattr(group, key) for key in given},
                    "doors": [str(door) for door in group.doors.all()],
                }
                rows = DoorGroup.objects.filter(pk=group.pk, version=version_seen)
                if not rows.update(version=version_seen + 1, updated_at=at, **given):
                    raise Conflict(_("Somebody else has changed this group meanwhile. Please look at it again."))
                group.refresh_from_db()
    except IntegrityError:
        raise _same_name() from None
    group.doors.set(chosen)
    audit_write(
        contract=contract,
        subject=group,
        verb="edit" if before else "create",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={**given, "doors": [str(door) for door in chosen]},
    )
    return group
