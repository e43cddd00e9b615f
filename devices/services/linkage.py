"""Fire-linkage tests (附二.8-4)): forced cut-over and restore zone by zone, doors that let go, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid
from devices.models import Device, Door, LinkageDoor, LinkageTest, LinkageZone
from devices.services.common import check_input, code_for, local_day, needed, optional, require_keeper
from devices.services.signed_checks import act, seen
from parties.models import Contract, User
from records.models import Source
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write

ZONE_FIELDS = ("cut_at", "heard", "restored_at", "note")
DOOR_FIELDS = ("released", "note")
MAX_ZONES = 60


@transaction.atomic
def linkage_open(
    *,
    contract: Contract,
    tested_on: date,
    ours: str,
    fire_vendor: str,
    client_people: str,
    zones: Sequence[tuple[str, Device | None]],
    doors: Iterable[Door],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> LinkageTest:
    """Open the record of a test with its zones and the doors that have to let go. Raises NotAllowed, Invalid."""
    require_keeper(actor, contract, source=source)
    names = list(dict.fromkeys(name.strip() for name, _device in zones if name.strip()))
    wrong = {
        "ours": needed(ours, 200),
        "fire_vendor": needed(fire_vendor, 200, _("The fire maintenance takes part in every test.")),
        "client_people": optional(client_people, 200),
        "zones": "" if names else _("Please name at least one zone."),
        "tested_on": "" if tested_on <= local_day(at) else _("This day is still to come."),
    }
    if len(names) > MAX_ZONES or any(len(name) > 80 for name in names):
        wrong["zones"] = _("At most %(limit)d zones of 80 characters each.") % {"limit": MAX_ZONES}
    chosen = list(doors)
    if any(door.hall_id != contract.hall_id for door in chosen):
        wrong["doors"] = _("This belongs to another hall.")
    check_input(wrong)
    test = LinkageTest.objects.create(
        contract=contract,
        code=code_for(contract, "LD", at),
        tested_on=tested_on,
        ours=ours.strip(),
        fire_vendor=fire_vendor.strip(),
        client_people=client_people.strip(),
        started_by=actor,
        started_at=at,
    )
    of = {name.strip(): device for name, device in zones}
    LinkageZone.objects.bulk_create(
        LinkageZone(test=test, position=position, name=name, device=of[name])
        for position, name in enumerate(names, start=1)
    )
    LinkageDoor.objects.bulk_create(
        LinkageDoor(test=test, position=position, name=str(door), door=door)
        for position, door in enumerate(chosen, start=1)
    )
    audit_write(
        contract=contract,
        subject=test,
        verb="start",
        actor=actor,
        at=at,
        source=source,
        after={"tested_on": tested_on, "zones": names, "doors": [str(door) for door in chosen]},
    )
    return test


@transaction.atomic
def linkage_save(
    *,
    test: LinkageTest,
    version_seen: int,
    zones: Mapping[int, Mapping[str, Any]],
    doors: Mapping[int, Mapping[str, Any]],
    result: str,
    note: str,
    photos: Sequence[PreparedImage] = (),
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> LinkageTest:
    """Enter what was seen, zone by zone and door by door; may be done in several goes. Raises NotAllowed, Invalid, Conflict."""
    wrong = {"note": optional(note, 500)}
    if result and result not in LinkageTest.Result.values:
        wrong["result"] = _("Please choose one of the list.")
    rows = {zone.pk: zone for zone in test.zones.all()}
    for pk, values in zones.items():
        cut, back = values.get("cut_at"), values.get("restored_at")
        if cut and back and back < cut:
            wrong[f"z{pk}-restored_at"] = _("%(zone)s: restored before it was cut over.") % {"zone": rows[pk].name}
    for values in (*zones.values(), *doors.values()):
        if len(values.get("note", "")) > 200:
            wrong["note"] = optional(values["note"], 200)
    check_input(wrong)
    seen(test, version_seen)
    told = {
        "result": result,
        "zones": {rows[pk].name: _told(values) for pk, values in zones.items()},
        "doors": {str(door): _told(doors[door.pk]) for door in test.doors.all() if door.pk in doors},
    }
    act(test, "edit", actor=actor, at=at, source=source, result=result, note=note.strip(), after=told)
    for pk, values in zones.items():
        LinkageZone.objects.filter(pk=pk, test=test).update(**{name: values[name] for name in ZONE_FIELDS})
    for pk, values in doors.items():
        LinkageDoor.objects.filter(pk=pk, test=test).update(**{name: values[name] for name in DOOR_FIELDS})
    if photos:
        attachments_store(photos, contract=test.contract, subject=test, actor=actor, at=at, source=source)
    return test


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


@transaction.atomic
def linkage_finish(*, test: LinkageTest, actor: User, at: datetime, source: str = Source.PAGE) -> LinkageTest:
    """Finish the record, so that both sides can sign it. Raises Invalid while a zone, a door or the result is open.

    What was not heard or did not open needs its note, and then the test is not simply passed.
    """
    act(test, "finish", actor=actor, at=at, source=source, finished_by=actor, finished_at=at)
    zones, doors = list(test.zones.all()), list(test.doors.all())
    for zone in zones:
        if zone.cut_at is None or zone.heard is None or zone.restored_at is None:
            raise Invalid(_("%(zone)s: when was it cut over, was it heard, when was it restored?") % {"zone": zone})
        if not zone.heard and not zone.note:
            raise Invalid(_("%(zone)s: please say what was not right.") % {"zone": zone})
    for door in doors:
        if door.released is None:
            raise Invalid(_("%(door)s: did it open?") % {"door": door})
        if not door.released and not door.note:
            raise Invalid(_("%(door)s: please say what was not right.") % {"door": door})
    if not test.result:
        raise Invalid(_("Please choose the overall result."))
    failed = [*(zone for zone in zones if not zone.heard), *(door for door in doors if not door.released)]
    if failed and test.result == LinkageTest.Result.PASSED:
        raise Invalid(_("Something was not right: the result cannot be “passed”."))
    return test


@transaction.atomic
def linkage_reopen(
    *, test: LinkageTest, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> LinkageTest:
    """Open a finished record again; signatures given so far stand under the version before."""
    check_input({"reason": needed(reason, 200)})
    act(
        test,
        "reopen",
        actor=actor,
        at=at,
        source=source,
        reason=reason.strip(),
        content_version=test.content_version + 1,
        finished_by=None,
        finished_at=None,
    )
    return test


@transaction.atomic
def linkage_cancel(
    *, test: LinkageTest, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> LinkageTest:
    """Give a record up, such as one that was opened twice."""
    check_input({"reason": needed(reason, 200)})
    act(test, "cancel", actor=actor, at=at, source=source, reason=reason.strip())
    return test
