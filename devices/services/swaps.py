"""Spare out and faulty in as one act, and why no spare was given (附三.4)c): 维修期间提供备品备件, 无备件原因必填)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid
from devices.models import Device, Loan, LoanMove, Place, SpareRefusal
from devices.services.common import check_input, needed
from devices.services.loan_devices import Act, Standing, device_leaves, standing_of
from devices.services.loans import loan_open, require_hand
from devices.states import DeviceStatus
from parties.models import Contract, Unit, User
from records.models import Source
from records.services.attachments import PreparedImage
from records.services.audit import audit_write

FAULTY_AS = (DeviceStatus.FAULTY.value, DeviceStatus.UNDER_REPAIR.value)


@transaction.atomic
def spare_swap(
    *,
    faulty: Device,
    spare: Device,
    contract: Contract,
    status: str,
    reason: str,
    store: Place | None,
    borrower_name: str,
    borrower_unit: Unit,
    due_on: date,
    condition_out: str,
    actor: User,
    at: datetime,
    borrower: User | None = None,
    borrower_phone: str = "",
    accessories: str = "",
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
) -> Loan:
    """Put a spare where a failed device stands, lend it to who works there, and take the failed one away: all of it or nothing.

    `status` is what becomes of the failed one, `store` where it goes (None: it stays). `loan_return` undoes it as one act.
    Raises NotAllowed, Invalid, Conflict (the spare is lent, or another spare stands there already).
    """
    require_hand(actor, contract, source=source)
    wrong = {"reason": needed(reason, 200)}
    if status not in FAULTY_AS:
        wrong["status"] = _("Please choose what becomes of the failed device.")
    if spare.status != DeviceStatus.SPARE:
        wrong["spare"] = _("%(device)s is not a spare any more.") % {"device": spare}
    if store is not None and store.hall_id != faulty.hall_id:
        wrong["store"] = _("This belongs to another hall.")
    check_input(wrong)
    faulty = Device.objects.select_related("place", "window", "unit").get(pk=faulty.pk)
    batch = uuid4().hex
    loan = loan_open(
        contract=contract,
        actor=actor,
        at=at,
        device=spare,
        stands_in_for=faulty,
        borrower=borrower,
        borrower_name=borrower_name,
        borrower_unit=borrower_unit,
        borrower_phone=borrower_phone,
        purpose=f"替代故障设备 {faulty}：{reason.strip()}"[:200],
        place=faulty.place,
        due_on=due_on,
        accessories=accessories,
        condition_out=condition_out,
        photos=photos,
        to=standing_of(faulty),
        source=source,
        batch=batch,
    )
    device_leaves(
        loan,
        faulty,
        LoanMove.Part.REPLACED,
        to=Standing(store) if store is not None else None,
        status=status,
        reason=reason.strip(),
        act=Act(contract, actor, at, source, batch),
    )
    return loan


@transaction.atomic
def spare_refuse(
    *, device: Device, contract: Contract, why: str, note: str, actor: User, at: datetime, source: str = Source.PAGE
) -> SpareRefusal:
    """Record why a failed device got no spare; a note is required. Raises NotAllowed, Invalid."""
    require_hand(actor, contract, source=source)
    wrong = {"note": needed(note, 200)}
    if why not in SpareRefusal.Why.values:
        wrong["why"] = _("Please choose a reason.")
    check_input(wrong)
    if device.hall_id != contract.hall_id:
        raise Invalid(_("This belongs to another hall."))
    row = SpareRefusal.objects.create(contract=contract, device=device, why=why, note=note.strip(), actor=actor, at=at)
    audit_write(
        contract=contract,
        subject=device,
        verb="spare_refuse",
        actor=actor,
        at=at,
        source=source,
        after={"why": why, "note": note},
        reason=note,
    )
    return row
