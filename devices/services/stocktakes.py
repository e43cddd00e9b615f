"""Stocktakes (附三.1)): the list is frozen, many people count at once, each line belongs to whoever was first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Conflict, Invalid
from devices.finds.checks import devices_in_scope, figures_of
from devices.models import Device, DeviceCategory, Place, Stocktake, StocktakeLine, StocktakeSurplus
from devices.querysets import device_by_code
from devices.services.common import check_input, code_for, needed, optional, require_keeper
from devices.services.register import device_edit, device_status_set
from devices.services.signed_checks import act, require_hall
from devices.states import DeviceStatus
from parties.models import Contract, User
from records.models import Source
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write

Outcome, How, Decision = StocktakeLine.Outcome, StocktakeLine.How, StocktakeLine.Decision
MAX_LINES = 20_000
"""One stocktake of a larger hall is several, place by place."""
SETTLES = {
    Outcome.ELSEWHERE.value: (Decision.MOVE, Decision.PUT_BACK, Decision.CORRECT),
    Outcome.MISSING.value: (Decision.STOP, Decision.CORRECT),
}
"""What may be decided of a difference."""


@dataclass(frozen=True)
class Counted:
    """What a scan came to: here, elsewhere, again (somebody was first), not_listed, unknown."""

    result: str
    line: StocktakeLine | None = None
    device: Device | None = None


def scope_text(place: Place | None, category: DeviceCategory | None, *, key_only: bool) -> str:
    """A scope in words, Chinese: they stand on the signed paper."""
    parts = [place.name if place else "全部位置", category.name if category else "全部类别"]
    return " · ".join([*parts, "仅重点设备"] if key_only else parts)


@transaction.atomic
def stocktake_start(
    *,
    contract: Contract,
    kind: str,
    place: Place | None = None,
    category: DeviceCategory | None = None,
    key_only: bool = False,
    note: str = "",
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Stocktake:
    """Begin a stocktake: the expected devices are frozen in walking order. Raises NotAllowed, Invalid (nothing in this scope)."""
    require_keeper(actor, contract, source=source)
    if any(thing is not None and thing.hall_id != contract.hall_id for thing in (place, category)):
        raise Invalid(_("This belongs to another hall."))
    wrong = {"note": optional(note, 500)}
    if kind not in Stocktake.Kind.values:
        wrong["kind"] = _("Please choose one of the list.")
    check_input(wrong)
    rows = devices_in_scope(contract.hall, place, category, key_only=key_only).select_related("category", "place")
    devices = list(rows[: MAX_LINES + 1])
    if not devices:
        raise Invalid(_("There is no device in this scope."))
    if len(devices) > MAX_LINES:
        raise Invalid(_("More than %(limit)d devices: please take stock place by place.") % {"limit": MAX_LINES})
    take = Stocktake.objects.create(
        contract=contract,
        code=code_for(contract, "PD", at),
        kind=kind,
        place=place,
        category=category,
        key_only=key_only,
        scope_text=scope_text(place, category, key_only=key_only),
        note=note.strip(),
        started_by=actor,
        started_at=at,
        expected=len(devices),
    )
    StocktakeLine.objects.bulk_create(
        (
            StocktakeLine(
                stocktake=take,
                device=device,
                position=position,
                code=device.code,
                short_code=device.short_code,
                name=device.name,
                category_name=device.category.name,
                place=device.place,
                place_name=device.place.name,
            )
            for position, device in enumerate(devices, start=1)
        ),
        batch_size=500,
    )
    audit_write(
        contract=contract,
        subject=take,
        verb="start",
        actor=actor,
        at=at,
        source=source,
        after={"kind": kind, "scope": take.scope_text, "expected": len(devices)},
    )
    return take


@transaction.atomic
def stocktake_count(
    *,
    stocktake: Stocktake,
    code: str,
    place: Place | None = None,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Counted:
    """Count the device behind a label. `place` is where the counter stands; without it the device is where the register has it.

    Each line is decided once: whoever scans it later hears who was first and when. Raises NotAllowed, Conflict (locked).
    """
    act(stocktake, "edit", actor=actor, at=at, source=source, quiet=True)
    if place is not None:
        require_hall(stocktake, place.hall_id)
    device = device_by_code(stocktake.contract.hall, code)
    if device is None:
        return Counted("unknown")
    line = stocktake.lines.filter(device=device).first()
    if line is None:
        return Counted("not_listed", device=device)
    here = place is None or place.pk == line.place_id
    values = _values(Outcome.HERE if here else Outcome.ELSEWHERE, place, How.SCAN, "", actor, at)
    if not StocktakeLine.objects.filter(pk=line.pk, outcome="").update(**values):
        line = StocktakeLine.objects.select_related("counted_by").get(pk=line.pk)
        return Counted("again", line, device)
    _set(line, values)
    return Counted(line.outcome, line, device)


def _values(
    outcome: str, place: Place | None, how: str, reason: str, actor: User | None, at: datetime | None
) -> dict[str, Any]:
    away = outcome == Outcome.ELSEWHERE and place is not None
    return {
        "outcome": outcome,
        "found_place": place if away else None,
        "found_name": place.name if place is not None and away else "",
        "how": how,
        "reason": reason,
        "counted_by": actor,
        "counted_at": at,
    }


def _set(line: StocktakeLine, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(line, name, value)


@transaction.atomic
def line_by_hand(
    *,
    line: StocktakeLine,
    outcome: str,
    place: Place | None = None,
    reason: str,
    photos: Sequence[PreparedImage] = (),
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> StocktakeLine:
    """Decide a line without a scan, with the reason. Raises NotAllowed, Invalid, Conflict (counted already, or locked)."""
    wrong = {"reason": needed(reason, 200, _("Please say why there was no scan."))}
    if outcome not in Outcome.values:
        wrong["outcome"] = _("Please choose one of the list.")
    if outcome == Outcome.ELSEWHERE and (place is None or place.pk == line.place_id):
        wrong["place"] = _("Please choose the place where it was found.")
    check_input(wrong)
    take = line.stocktake
    if place is not None:
        require_hall(take, place.hall_id)
    act(take, "edit", actor=actor, at=at, source=source, quiet=True)
    values = _values(outcome, place, How.MANUAL, reason.strip(), actor, at)
    if not StocktakeLine.objects.filter(pk=line.pk, outcome="").update(**values):
        first = StocktakeLine.objects.select_related("counted_by").get(pk=line.pk)
        raise Conflict(_("%(name)s was quicker and has counted this already.") % {"name": first.counted_by})
    _set(line, values)
    _photos(take, photos, f"line-{line.pk}", actor, at, source)
    return line


@transaction.atomic
def line_take_back(
    *, line: StocktakeLine, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> StocktakeLine:
    """Open a counted line again, because it was counted wrongly; what it said stays in the history."""
    check_input({"reason": needed(reason, 200)})
    said = {"line": line.code, "outcome": line.outcome, "found": line.found_name, "by": line.counted_by}
    values = _values("", None, "", "", None, None) | {"decision": "", "decision_note": "", "decided_by": None}
    act(line.stocktake, "edit", actor=actor, at=at, source=source, reason=reason.strip(), after={"taken_back": said})
    if not StocktakeLine.objects.filter(pk=line.pk, counted_at=line.counted_at).exclude(outcome="").update(**values):
        raise Conflict(_("Somebody else has changed this meanwhile. Please look at it again."))
    _set(line, values)
    return line


def _photos(
    take: Stocktake, photos: Sequence[PreparedImage], kind: str, actor: User, at: datetime, source: str
) -> None:
    if photos:
        attachments_store(photos, contract=take.contract, subject=take, kind=kind, actor=actor, at=at, source=source)


@transaction.atomic
def surplus_add(
    *,
    stocktake: Stocktake,
    description: str,
    place: Place | None = None,
    device: Device | None = None,
    photos: Sequence[PreparedImage] = (),
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> StocktakeSurplus:
    """Enter a thing that is not on the list: unknown to the register, or a device of another scope. Each device once."""
    check_input({"description": needed(description, 200)})
    for thing in (place, device):
        if thing is not None:
            require_hall(stocktake, thing.hall_id)
    act(stocktake, "edit", actor=actor, at=at, source=source, quiet=True)
    try:
        with transaction.atomic():
            found = StocktakeSurplus.objects.create(
                stocktake=stocktake,
                description=description.strip(),
                place=place,
                place_name=place.name if place else "",
                device=device,
                found_by=actor,
                found_at=at,
            )
    except IntegrityError:
        raise Conflict(_("This device is entered already.")) from None
    _photos(stocktake, photos, f"more-{found.pk}", actor, at, source)
    return found


@transaction.atomic
def rest_missing(*, stocktake: Stocktake, reason: str, actor: User, at: datetime, source: str = Source.PAGE) -> int:
    """End the counting: whatever nobody has found is not there. Returns how many."""
    check_input({"reason": needed(reason, 200)})
    act(stocktake, "edit", actor=actor, at=at, source=source, quiet=True)
    values = _values(Outcome.MISSING, None, How.MANUAL, reason.strip(), actor, at)
    count = stocktake.lines.filter(outcome="").update(**values)
    audit_write(
        contract=stocktake.contract,
        subject=stocktake,
        verb="end_counting",
        actor=actor,
        at=at,
        source=source,
        after={"missing": count},
        reason=reason.strip(),
    )
    return count


@transaction.atomic
def line_settle(
    *, line: StocktakeLine, decision: str, note: str = "", actor: User, at: datetime, source: str = Source.PAGE
) -> StocktakeLine:
    """Decide what becomes of a difference; it is carried out when the stocktake is finished."""
    wrong = {"note": optional(note, 200)}
    if decision not in SETTLES.get(line.outcome, ()):
        wrong["decision"] = _("Please choose one of the list.")
    elif decision in (Decision.STOP, Decision.CORRECT) and not note.strip():
        wrong["note"] = _("Please give the reason.")
    check_input(wrong)
    act(line.stocktake, "edit", actor=actor, at=at, source=source, quiet=True)
    values = {"decision": decision, "decision_note": note.strip(), "decided_by": actor}
    if not StocktakeLine.objects.filter(pk=line.pk, outcome=line.outcome).update(**values):
        raise Conflict(_("Somebody else has changed this meanwhile. Please look at it again."))
    _set(line, values)
    return line


@transaction.atomic
def surplus_settle(
    *,
    surplus: StocktakeSurplus,
    decision: str,
    note: str = "",
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> StocktakeSurplus:
    """Decide whether a thing that was found is entered into the register."""
    wrong = {"note": optional(note, 200)}
    if decision not in StocktakeSurplus.Decision.values:
        wrong["decision"] = _("Please choose one of the list.")
    elif decision == StocktakeSurplus.Decision.LEAVE and not note.strip():
        wrong["note"] = _("Please give the reason.")
    check_input(wrong)
    act(surplus.stocktake, "edit", actor=actor, at=at, source=source, quiet=True)
    StocktakeSurplus.objects.filter(pk=surplus.pk).update(decision=decision, decision_note=note.strip())
    surplus.decision, surplus.decision_note = decision, note.strip()
    return surplus


@transaction.atomic
def stocktake_finish(
    *, stocktake: Stocktake, note: str = "", actor: User, at: datetime, source: str = Source.PAGE
) -> Stocktake:
    """Finish: every line is counted, every difference decided; moves and stops are carried out here, each with its change record.

    Raises NotAllowed, Invalid (something is open), Conflict (finished already, or a device was changed at this moment).
    """
    check_input({"note": optional(note, 500)})
    figures = figures_of(stocktake)
    act(
        stocktake,
        "finish",
        actor=actor,
        at=at,
        source=source,
        note=note.strip() or stocktake.note,
        finished_by=actor,
        finished_at=at,
        matched=figures["here"],
        elsewhere=figures["elsewhere"],
        missing=figures["missing"],
        surplus=figures["surplus"],
        after={key: figures[key] for key in ("expected", "here", "elsewhere", "missing", "surplus")},
    )
    # Counted anew behind the claim: whoever counted at the same moment has either been seen or is refused.
    if figures_of(stocktake) != figures:
        raise Conflict(_("Somebody has counted at this very moment. Please finish once more."))
    undecided = stocktake.lines.exclude(outcome=Outcome.HERE).filter(decision="").count()
    undecided += stocktake.surpluses.filter(decision="").count()
    if figures["left"] or undecided:
        message = ngettext("%(n)d line is still open.", "%(n)d lines are still open.", figures["left"] + undecided)
        raise Invalid(message % {"n": figures["left"] + undecided})
    _carry_out(stocktake, actor, at, source)
    return stocktake


def _carry_out(take: Stocktake, actor: User, at: datetime, source: str) -> None:
    batch = f"stocktake:{take.pk}"
    lines = take.lines.filter(decision__in=[Decision.MOVE, Decision.STOP]).select_related(
        "device__category", "device__place", "found_place"
    )
    for line in lines:
        device, said = line.device, f"{take.code} {line.decision_note}".strip()
        common: dict[str, Any] = {
            "device": device, "contract": take.contract, "actor": actor, "at": at, "source": source, "batch": batch,
        }  # fmt: skip
        if line.decision == Decision.MOVE and line.found_place is not None and device.place_id != line.found_place_id:
            device_edit(version_seen=device.version, values={"place": line.found_place}, reason=said, **common)
        elif line.decision == Decision.STOP and device.status not in (DeviceStatus.STOPPED, DeviceStatus.RETIRED):
            device_status_set(status=DeviceStatus.STOPPED, reason=said, **common)


@transaction.atomic
def stocktake_cancel(
    *, stocktake: Stocktake, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> Stocktake:
    """Give a stocktake up before it is finished; nothing of it is carried out."""
    check_input({"reason": needed(reason, 200)})
    act(stocktake, "cancel", actor=actor, at=at, source=source, reason=reason.strip())
    return stocktake
