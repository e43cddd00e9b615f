"""Loans: opened, handed out, extended, given back, cancelled (附三.4)c). Tickets use `loan_open` and `loan_return`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, Invalid, NotAllowed
from core.flow import claim
from core.roles import STAFF_ROLES
from devices.canonical_loans import names_of
from devices.models import Device, Loan, LoanMove, Place, SpareMove, SparePart
from devices.models.loan import OPEN
from devices.services.common import (
    SYSTEM_SOURCES,
    check_input,
    code_for,
    contract_of_hall,
    fields_write,
    local_day,
    needed,
    optional,
)
from devices.services.loan_devices import Act, Standing, device_leaves, devices_return
from devices.services.spares import MAX_QUANTITY, part_move
from devices.states import LOAN_FLOW, DeviceStatus, LoanOutcome, LoanStatus
from notifications.services.outbox import message_post
from parties.models import Contract, Unit, User
from parties.querysets import memberships_of
from records.models import Purpose, Signature, Source
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write

NOT_LENT = (DeviceStatus.RETIRED.value,)
"""What nobody may be lent."""
EDITABLE = (
    "borrower", "borrower_name", "borrower_unit", "borrower_phone", "purpose", "place", "due_on", "accessories", "condition_out",
)  # fmt: skip
LENT_UNDER, BACK_UNDER = "借出", "归还"
"""What the history of devices and stock says of a loan: data, and so Chinese like the slip itself."""
SIGNED_AT = {
    Purpose.LEND.value: "lend_signed_at",
    Purpose.BORROW.value: "borrow_signed_at",
    Purpose.GIVE_BACK.value: "give_back_signed_at",
    Purpose.TAKE_BACK.value: "take_back_signed_at",
}


@transaction.atomic
def loan_open(
    *,
    contract: Contract,
    actor: User,
    at: datetime,
    borrower_name: str,
    borrower_unit: Unit,
    purpose: str,
    due_on: date,
    condition_out: str,
    device: Device | None = None,
    part: SparePart | None = None,
    quantity: int = 1,
    borrower: User | None = None,
    borrower_phone: str = "",
    place: Place | None = None,
    stands_in_for: Device | None = None,
    accessories: str = "",
    photos: Sequence[PreparedImage] = (),
    hand_out: bool = True,
    to: Standing | None = None,
    source: str = Source.PAGE,
    batch: str = "",
) -> Loan:
    """Open a loan of a device, or of some pieces of a part, and hand it out unless it is only drafted.

    `to` says where a device is put; without it, it goes to `place`. `stands_in_for` is the failed device that it replaces.
    However many lend one device at once, one gets it; the others get a Conflict that names the loan.
    Raises NotAllowed, Invalid, Conflict (lent already, or not enough pieces left).
    """
    require_hand(actor, contract, source=source)
    _check_thing(contract, device, part, quantity, stands_in_for)
    facts = {
        "borrower": borrower,
        "borrower_name": borrower_name.strip(),
        "borrower_unit": borrower_unit,
        "borrower_phone": borrower_phone.strip(),
        "purpose": purpose.strip(),
        "place": place,
        "due_on": due_on,
        "accessories": accessories.strip(),
        "condition_out": condition_out.strip(),
    }
    _check_facts(contract, facts, at)
    loan = Loan(
        contract=contract,
        code=code_for(contract, "BJ", at),
        device=device,
        part=part,
        quantity=quantity,
        stands_in_for=stands_in_for,
        lender=actor,
        batch=batch or uuid4().hex,
        created_at=at,
        updated_at=at,
        **facts,
    )
    loan.frozen_names = names_of(loan)
    try:
        with transaction.atomic():
            loan.save(force_insert=True)
    except IntegrityError:
        raise _lent_already(device) from None
    attachments_store(photos, contract=contract, subject=loan, kind="out", actor=actor, at=at, source=source)
    audit_write(
        contract=contract,
        subject=loan,
        verb="create",
        actor=actor,
        at=at,
        source=source,
        batch=loan.batch,
        after={"thing": loan.frozen_names["thing"], "quantity": quantity, **facts},
    )
    return loan_hand_out(loan=loan, actor=actor, at=at, to=to, contract=contract, source=source) if hand_out else loan


@transaction.atomic
def loan_edit(
    *, loan: Loan, version_seen: int, values: Mapping[str, Any], actor: User, at: datetime, source: str = Source.PAGE
) -> Loan:
    """Change a loan that is not handed out yet. Raises NotAllowed, Invalid, Conflict."""
    require_hand(actor, loan.contract, source=source)
    if not LOAN_FLOW.allows("edit", loan.status):
        raise Conflict(_("The loan was handed out; what was agreed then stays. You can extend it or take it back."))
    facts = {name: values[name] for name in EDITABLE if name in values}
    _check_facts(loan.contract, facts, at)
    fields_write(
        loan, facts, contract=loan.contract, actor=actor, at=at, source=source, version_seen=version_seen, batch=loan.batch
    )  # fmt: skip
    Loan.objects.filter(pk=loan.pk).update(frozen_names=names_of(loan))
    return loan


@transaction.atomic
def loan_hand_out(
    *,
    loan: Loan,
    actor: User,
    at: datetime,
    to: Standing | None = None,
    photos: Sequence[PreparedImage] = (),
    contract: Contract | None = None,
    source: str = Source.PAGE,
) -> Loan:
    """Hand out what was drafted: from this instant it is lent, the signatures are asked for.

    Raises NotAllowed, Conflict (handed out already, not enough pieces left, or the device is not what it was).
    """
    require_hand(actor, loan.contract, source=source)
    claim(loan, LOAN_FLOW, "hand_out", out_at=at, lender=actor, updated_at=at)
    loan.frozen_names = names_of(loan)
    Loan.objects.filter(pk=loan.pk).update(frozen_names=loan.frozen_names)
    under = contract or contract_of_hall(loan.contract.hall, local_day(at))
    act = Act(under, actor, at, source, loan.batch)
    reason = f"{LENT_UNDER} {loan.code}"
    if loan.device is not None:
        _lend_device(loan, loan.device, to, reason, act)
    elif loan.part is not None:
        part_move(
            part=loan.part,
            contract=under,
            kind=SpareMove.LENT,
            quantity=loan.quantity,
            actor=actor,
            at=at,
            reason=reason,
            loan=loan,
            document=loan.code,
            source=source,
            batch=loan.batch,
        )
    attachments_store(photos, contract=loan.contract, subject=loan, kind="out", actor=actor, at=at, source=source)
    audit_write(
        contract=loan.contract,
        subject=loan,
        verb="hand_out",
        actor=actor,
        at=at,
        source=source,
        batch=loan.batch,
        before={"status": LoanStatus.DRAFTED},
        after={"status": loan.status, "out_at": at, "due_on": loan.due_on},
    )
    _ask_to_sign(loan, Purpose.BORROW, at, source)
    return loan


@transaction.atomic
def loan_extend(
    *,
    loan: Loan,
    due_on: date,
    reason: str,
    version_seen: int,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Loan:
    """Let somebody keep it longer. The slip's version grows: signatures under the earlier one stay, new ones are asked for.

    Raises NotAllowed, Invalid (no reason, or no later day), Conflict.
    """
    require_hand(actor, loan.contract, source=source)
    if not LOAN_FLOW.allows("extend", loan.status):
        raise Conflict(_("Only what is lent can be lent for longer."))
    wrong = {"reason": needed(reason, 200)}
    if due_on <= loan.due_on:
        wrong["due_on"] = _("Please choose a day after %(day)s.") % {"day": loan.due_on}
    elif due_on < local_day(at):
        wrong["due_on"] = _("This day has passed.")
    check_input(wrong)
    values = {
        "due_on": due_on,
        "due_reason": reason.strip(),
        "content_version": loan.content_version + 1,
        "lend_signed_at": None,
        "borrow_signed_at": None,
    }
    # What is claimed is the version: a loan that came back meanwhile has another.
    fields_write(
        loan,
        values,
        contract=loan.contract,
        actor=actor,
        at=at,
        verb="extend",
        source=source,
        reason=reason.strip(),
        version_seen=version_seen,
    )
    _ask_to_sign(loan, Purpose.BORROW, at, source)
    return loan


@transaction.atomic
def loan_return(
    *,
    loan: Loan,
    outcome: str,
    condition_back: str,
    actor: User,
    at: datetime,
    returner_name: str = "",
    missing: str = "",
    quantity_back: int | None = None,
    repaired: bool = False,
    photos: Sequence[PreparedImage] = (),
    contract: Contract | None = None,
    source: str = Source.PAGE,
    batch: str = "",
) -> Loan:
    """Take back what was lent, or enter that it is lost; devices and stock find back in the same transaction.

    `repaired`: the device for which it stood in works again and returns to its place. `quantity_back` counts pieces of a part.
    `contract` is the one worked under, by default that in force: a loan may outlive the contract it began under.
    Raises NotAllowed, Invalid, Conflict (given back already).
    """
    require_hand(actor, loan.contract, source=source)
    if loan.part_id is None:
        quantity_back = 0 if outcome == LoanOutcome.LOST else 1
    elif quantity_back is None:
        quantity_back = 0 if outcome == LoanOutcome.LOST else loan.quantity
    _check_return(loan, outcome, condition_back, returner_name, missing, quantity_back)
    was = loan.status
    claim(
        loan,
        LOAN_FLOW,
        "lose" if outcome == LoanOutcome.LOST else "give_back",
        refused=_("This loan is not out any more: %(code)s.") % {"code": loan.code},
        back_at=at,
        outcome=outcome,
        condition_back=condition_back.strip(),
        missing=missing.strip(),
        quantity_back=quantity_back,
        taker=actor,
        returner_name=returner_name.strip() or loan.borrower_name,
        frozen_names={**loan.frozen_names, "taker": actor.name},
        updated_at=at,
    )
    under = contract or contract_of_hall(loan.contract.hall, local_day(at))
    act = Act(under, actor, at, source, batch or uuid4().hex)
    reason = f"{BACK_UNDER} {loan.code}"
    devices_return(loan, status=_status_after(loan), repaired=repaired, reason=reason, act=act)
    if loan.part is not None and quantity_back:
        part_move(
            part=loan.part,
            contract=under,
            kind=SpareMove.GIVEN_BACK,
            quantity=quantity_back,
            actor=actor,
            at=at,
            reason=reason,
            loan=loan,
            document=loan.code,
            source=source,
            batch=act.batch,
        )
    attachments_store(photos, contract=loan.contract, subject=loan, kind="back", actor=actor, at=at, source=source)
    audit_write(
        contract=loan.contract,
        subject=loan,
        verb="give_back",
        actor=actor,
        at=at,
        source=source,
        batch=act.batch,
        before={"status": was},
        after={
            "status": loan.status,
            "outcome": outcome,
            "condition_back": condition_back,
            "missing": missing,
            "quantity_back": quantity_back,
            "repaired": repaired,
        },
    )
    _ask_to_sign(loan, Purpose.GIVE_BACK, at, source)
    return loan


@transaction.atomic
def loan_cancel(*, loan: Loan, reason: str, actor: User, at: datetime, source: str = Source.PAGE) -> Loan:
    """Drop a loan that was never handed out. Raises NotAllowed, Invalid, Conflict."""
    require_hand(actor, loan.contract, source=source)
    check_input({"reason": needed(reason, 200)})
    claim(loan, LOAN_FLOW, "cancel", cancel_reason=reason.strip(), updated_at=at)
    audit_write(
        contract=loan.contract,
        subject=loan,
        verb="cancel",
        actor=actor,
        at=at,
        source=source,
        before={"status": LoanStatus.DRAFTED},
        after={"status": loan.status},
        reason=reason,
    )
    return loan


def loan_signed(loan: Loan, *, signature: Signature, at: datetime, source: str = "", **_more: Any) -> None:
    """Note which of the four signatures is given. Raises Conflict when the slip has changed meanwhile."""
    rows = Loan.objects.filter(pk=loan.pk, content_version=signature.version)
    if not rows.update(version=F("version") + 1, **{SIGNED_AT[signature.purpose]: at}):
        raise Conflict(
            _("The record was changed after it was shown to you. Please read its present text below and sign again.")
        )
    audit_write(
        contract=loan.contract,
        subject=loan,
        verb="sign",
        actor=signature.signer,
        actor_label=signature.signer_name,
        at=at,
        source=source or Source.PAGE,
        after={"purpose": signature.purpose, "way": signature.way, "witness": signature.witness},
    )


def require_hand(actor: User, contract: Contract, *, source: str) -> None:
    """Raise NotAllowed unless the actor keeps the register of this hall today, under whichever of its contracts."""
    if source in SYSTEM_SOURCES:
        return
    if not memberships_of(actor).filter(contract__hall=contract.hall_id, role__in=STAFF_ROLES).exists():
        raise NotAllowed(_("Your role may not change the register."))


def _lend_device(loan: Loan, device: Device, to: Standing | None, reason: str, act: Act) -> None:
    device = Device.objects.select_related("place", "window", "unit", "hall").get(pk=device.pk)
    if device.status in NOT_LENT:
        raise Conflict(_("%(device)s is retired and cannot be lent.") % {"device": device})
    if to is None and loan.place is not None:
        to = Standing(loan.place, None, loan.borrower_unit)
    status = DeviceStatus.IN_USE if device.status == DeviceStatus.SPARE else ""
    device_leaves(loan, device, LoanMove.Part.LENT, to=to, status=status, reason=reason, act=act)


def _status_after(loan: Loan) -> str:
    """The lent device's status when it is back; "" for the one it had before."""
    if loan.outcome == LoanOutcome.DAMAGED:
        return DeviceStatus.FAULTY
    return DeviceStatus.STOPPED if loan.outcome == LoanOutcome.LOST else ""


def _lent_already(device: Device | None) -> Conflict:
    loan = Loan.objects.filter(device=device, status__in=OPEN).first()
    if loan is None:
        return Conflict(_("Somebody else was quicker. Please look at its present state."))
    return Conflict(
        _("%(device)s is already lent: %(code)s, %(name)s.")
        % {"device": device, "code": loan.code, "name": loan.borrower_name}
    )


def _check_thing(
    contract: Contract, device: Device | None, part: SparePart | None, quantity: int, stands_in_for: Device | None
) -> None:
    if (device is None) == (part is None):
        message = _("Please name the device or the part that is lent.")
        raise Invalid(message, fields={"device": message})
    wrong = {}
    for name, row in (("device", device), ("part", part), ("stands_in_for", stands_in_for)):
        if row is not None and row.hall_id != contract.hall_id:
            wrong[name] = _("This belongs to another hall.")
    if device is not None and device.status in NOT_LENT:
        wrong["device"] = _("%(device)s is retired and cannot be lent.") % {"device": device}
    if device is not None and stands_in_for is not None and device.pk == stands_in_for.pk:
        wrong["stands_in_for"] = _("A device cannot stand in for itself.")
    if not 1 <= quantity <= MAX_QUANTITY or (device is not None and quantity != 1):
        wrong["quantity"] = _("Please enter how many.")
    check_input(wrong)


def _check_facts(contract: Contract, facts: Mapping[str, Any], at: datetime) -> None:
    wrong = {
        "borrower_name": needed(facts["borrower_name"], 40),
        "borrower_phone": optional(facts["borrower_phone"], 20),
        "purpose": needed(facts["purpose"], 200),
        "accessories": optional(facts["accessories"], 200),
        "condition_out": needed(facts["condition_out"], 200, _("Please say in what condition it is handed out.")),
    }
    if facts["due_on"] < local_day(at):
        wrong["due_on"] = _("This day has passed.")
    if facts["borrower_unit"].organisation_id != contract.client_id:
        wrong["borrower_unit"] = _("This belongs to another hall.")
    if facts["place"] is not None and facts["place"].hall_id != contract.hall_id:
        wrong["place"] = _("This belongs to another hall.")
    check_input(wrong)


def _check_return(loan: Loan, outcome: str, condition: str, returner: str, missing: str, quantity_back: int) -> None:
    wrong = {
        "condition_back": needed(condition, 200, _("Please say in what condition it came back.")),
        "returner_name": optional(returner, 40),
        "missing": optional(missing, 200),
    }
    if outcome not in LoanOutcome.values:
        wrong["outcome"] = _("Please choose how it came back.")
    elif outcome != LoanOutcome.COMPLETE and not missing.strip():
        wrong["missing"] = _("Please say what is missing or damaged.")
    if not 0 <= quantity_back <= loan.quantity:
        wrong["quantity_back"] = _("At most %(count)s were lent.") % {"count": loan.quantity}
    elif outcome == LoanOutcome.COMPLETE and quantity_back != loan.quantity:
        wrong["quantity_back"] = _("Not all came back: please choose “incomplete” and say what is missing.")
    elif outcome == LoanOutcome.LOST and quantity_back:
        wrong["quantity_back"] = _("What is lost does not come back.")
    check_input(wrong)


def _ask_to_sign(loan: Loan, purpose: Purpose, at: datetime, source: str) -> None:
    """Ask the borrower with an account for the signature; others sign on our phone or by a one-time link."""
    if loan.borrower is None or not loan.borrower.is_active:
        return
    out = purpose == Purpose.BORROW
    message_post(
        contract=loan.contract,
        topic="devices",
        recipients=[loan.borrower],
        title=gettext_noop("Please sign: %(thing)s was lent to you")
        if out
        else gettext_noop("Please sign: you gave %(thing)s back"),
        body=gettext_noop("Loan %(code)s, due back on %(day)s") if out else gettext_noop("Loan %(code)s"),
        params={"thing": loan.frozen_names.get("thing", ""), "code": loan.code, "day": loan.due_on.isoformat()},
        url=f"/sign/loan/{loan.pk}/{purpose.value}/",
        subject=loan,
        at=at,
        source=source,
    )
