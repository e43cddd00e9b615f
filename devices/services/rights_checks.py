"""The quarterly check of what cards may open (附二.5-2)): frozen, decided line by line, compared with the controller, applied."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Conflict, Invalid
from core.flow import claim
from core.sheets import Table
from devices.finds.access import cards_of_left, number_hash
from devices.models import AccessCard, DoorGroup, RightsCheck, RightsLine
from devices.rules_access import differences, number_of
from devices.services.common import check_input, code_for, local_day, optional, require_keeper
from devices.services.signed_checks import act
from devices.states import CARD_FLOW, CardStatus
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write

NUMBER_TITLES = ("卡号", "card number", "card no", "card")
HOLDER_TITLES = ("持卡人", "姓名", "holder", "name")
SINGLE = "单独授权"
SHOWN = 300


@transaction.atomic
def rights_check_start(
    *, contract: Contract, quarter: str, actor: User | None, at: datetime, source: str = Source.PAGE
) -> RightsCheck:
    """Begin the check of a quarter with every right of every card in use; whoever begins it again gets the same one."""
    require_keeper(actor, contract, source=source)
    found = RightsCheck.objects.filter(contract=contract, quarter=quarter).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            check = RightsCheck.objects.create(
                contract=contract, code=code_for(contract, "HC", at), quarter=quarter, started_by=actor, started_at=at
            )
    except IntegrityError:
        return RightsCheck.objects.get(contract=contract, quarter=quarter)
    lines = _frozen(check, at)
    RightsLine.objects.bulk_create(lines, batch_size=500)
    audit_write(
        contract=contract,
        subject=check,
        verb="start",
        actor=actor,
        at=at,
        source=source,
        after={"quarter": quarter, "lines": len(lines)},
    )
    return check


def _frozen(check: RightsCheck, at: datetime) -> list[RightsLine]:
    hall = check.contract.hall_id
    cards = AccessCard.objects.filter(hall=hall, status=CardStatus.IN_USE)
    left = set(cards_of_left(cards, local_day(at)).values_list("pk", flat=True))
    groups = DoorGroup.objects.filter(hall=hall).prefetch_related("doors")
    doors_of = {group.pk: "、".join(door.name for door in group.doors.all()) for group in groups}
    rows: list[tuple[str, str, AccessCard, DoorGroup | None, str]] = []
    for card in cards.select_related("unit").prefetch_related("groups", "doors"):
        rows += [(group.name, card.holder_name, card, group, doors_of[group.pk]) for group in card.groups.all()]
        singles = "、".join(door.name for door in card.doors.all())
        if singles:
            rows.append((SINGLE, card.holder_name, card, None, singles))
    rows.sort(key=lambda row: (row[3] is None, row[0], row[1], row[2].pk))
    return [
        RightsLine(
            check_of=check,
            card=card,
            group=group,
            position=position,
            group_name=name,
            doors_text=doors[:500],
            masked=card.masked,
            holder_name=holder,
            unit_name=card.unit.name if card.unit else "",
            kind=card.kind,
            valid_to=card.valid_to,
            holder_left=card.pk in left,
        )
        for position, (name, holder, card, group, doors) in enumerate(rows, start=1)
    ]


@transaction.atomic
def line_decide(
    *, line: RightsLine, decision: str, note: str = "", actor: User, at: datetime, source: str = Source.PAGE
) -> RightsLine:
    """Keep a right, withdraw it, or have it changed (then the note says how). May be decided anew until the check is finished."""
    wrong = {"note": optional(note, 200)}
    if decision not in RightsLine.Decision.values:
        wrong["decision"] = _("Please choose one of the list.")
    elif decision == RightsLine.Decision.CHANGE and not note.strip():
        wrong["note"] = _("Please say what has to be changed.")
    check_input(wrong)
    act(line.check_of, "edit", actor=actor, at=at, source=source, quiet=True)
    values = {"decision": decision, "note": note.strip(), "decided_by": actor, "decided_at": at}
    RightsLine.objects.filter(pk=line.pk).update(**values)
    for name, value in values.items():
        setattr(line, name, value)
    return line


@transaction.atomic
def rest_keep(*, check: RightsCheck, actor: User, at: datetime, source: str = Source.PAGE) -> int:
    """Keep every right that is not decided yet, but those of people who left; returns how many."""
    act(check, "edit", actor=actor, at=at, source=source, quiet=True)
    rows = check.lines.filter(decision="", holder_left=False)
    return rows.update(decision=RightsLine.Decision.KEEP, decided_by=actor, decided_at=at)


@transaction.atomic
def rights_compare(
    *, check: RightsCheck, table: Table, name: str, actor: User, at: datetime, source: str = Source.PAGE
) -> RightsCheck:
    """Compare the cards in use with the list that the controller exported. Raises Invalid when it names no card numbers."""
    header = [title.strip().lower() for title in table.header]
    at_number = next((header.index(title) for title in NUMBER_TITLES if title in header), None)
    if at_number is None:
        message = _("The file needs a column “卡号” with the card numbers.")
        raise Invalid(message, fields={"file": message})
    at_holder = next((header.index(title) for title in HOLDER_TITLES if title in header), None)
    hall = check.contract.hall
    system = {}
    for row in table.rows:
        number = number_of(row[at_number])
        if number:
            holder = row[at_holder] if at_holder is not None else ""
            system[number_hash(hall, number)] = f"****{number[-4:]} {holder[:40]}".strip()
    cards = AccessCard.objects.filter(hall=hall, status=CardStatus.IN_USE).order_by("holder_name", "pk")
    register = {card.number_hash: str(card) for card in cards}
    not_in_register, not_in_system = differences(register, system)
    compared = {
        "at": at.isoformat(),
        "file": name[-80:],
        "rows": len(system),
        "not_in_register": list(not_in_register)[:SHOWN],
        "not_in_system": list(not_in_system)[:SHOWN],
        "only_system": len(not_in_register),
        "only_register": len(not_in_system),
    }
    told = {key: compared[key] for key in ("file", "rows", "only_system", "only_register")}
    act(check, "edit", actor=actor, at=at, source=source, compared=compared, after={"compared": told})
    return check


@transaction.atomic
def rights_finish(
    *, check: RightsCheck, note: str = "", actor: User, at: datetime, source: str = Source.PAGE
) -> RightsCheck:
    """Finish the check and withdraw what was decided, all in this transaction. Raises Invalid while a line is undecided."""
    check_input({"note": optional(note, 500)})
    act(
        check,
        "finish",
        actor=actor,
        at=at,
        source=source,
        note=note.strip(),
        finished_by=actor,
        finished_at=at,
        after={"note": note.strip()},
    )
    open_lines = check.lines.filter(decision="").count()
    if open_lines:
        raise Invalid(
            ngettext("%(n)d line is not decided yet.", "%(n)d lines are not decided yet.", open_lines)
            % {"n": open_lines}
        )
    _withdraw(check.lines.filter(decision=RightsLine.Decision.WITHDRAW), check, actor, at, source)
    return check


def _withdraw(lines: QuerySet[RightsLine], check: RightsCheck, actor: User, at: datetime, source: str) -> None:
    batch = f"rights:{check.pk}"
    for line in lines.select_related("card", "group"):
        card = line.card
        if line.group is not None:
            card.groups.remove(line.group)
        else:
            card.doors.clear()
        audit_write(
            contract=check.contract,
            subject=card,
            verb="check_withdraw",
            actor=actor,
            at=at,
            source=source,
            before={"right": line.group_name, "doors": line.doors_text},
            after={"check": check.code},
            reason=line.note,
            batch=batch,
        )
        if card.groups.exists() or card.doors.exists():
            continue
        try:
            with transaction.atomic():
                claim(card, CARD_FLOW, "cancel", status_reason=check.code, status_since=at, updated_at=at)
        except Conflict:
            continue  # somebody cancelled it since the check began: nothing is left to take
        audit_write(
            contract=check.contract,
            subject=card,
            verb="cancel",
            actor=actor,
            at=at,
            source=source,
            after={"status": card.status, "check": check.code},
            reason=check.code,
            batch=batch,
        )
