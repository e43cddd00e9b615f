"""States of a device (records: 在用/故障/维修中/备用/停用/报废)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Move


class DeviceStatus(models.TextChoices):
    """What a device is doing now."""

    IN_USE = "in_use", _("In use")
    FAULTY = "faulty", _("Faulty")
    UNDER_REPAIR = "under_repair", _("Under repair")
    SPARE = "spare", _("Spare")
    STOPPED = "stopped", _("Out of use")
    RETIRED = "retired", _("Retired")


class AddressStatus(models.TextChoices):
    """What an address is doing: taken by something, kept back, or forbidden; without a row it is free."""

    FREE = "free", _("Free")
    IN_USE = "in_use", _("In use")
    RESERVED = "reserved", _("Reserved")
    STOPPED = "stopped", _("Out of use")


class RegistrationStatus(models.TextChoices):
    """Where a network registration stands."""

    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class ExtensionStatus(models.TextChoices):
    """What a telephone extension is doing."""

    IN_USE = "in_use", _("In use")
    FREE = "free", _("Free")
    STOPPED = "stopped", _("Out of use")
    FAULTY = "faulty", _("Faulty")


REGISTRATION_FLOW = Flow(
    name="registration",
    initial=(RegistrationStatus.REQUESTED,),
    moves=(
        Move("registration_approve", (RegistrationStatus.REQUESTED,), RegistrationStatus.APPROVED),
        Move("registration_refuse", (RegistrationStatus.REQUESTED,), RegistrationStatus.REFUSED),
        Move("registration_withdraw", (RegistrationStatus.REQUESTED,), RegistrationStatus.WITHDRAWN),
        Move(
            "registration_renew",
            (RegistrationStatus.APPROVED, RegistrationStatus.EXPIRED),
            RegistrationStatus.APPROVED,
        ),
        Move("registration_expire", (RegistrationStatus.APPROVED,), RegistrationStatus.EXPIRED),
        Move(
            "registration_revoke", (RegistrationStatus.APPROVED, RegistrationStatus.EXPIRED), RegistrationStatus.REVOKED
        ),
    ),
)


class ChangeStatus(models.TextChoices):
    """Where a change order stands."""

    DRAFTED = "drafted", _("Draft")
    SUBMITTED = "submitted", _("Awaiting approval")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


CHANGE_ORDER_FLOW = Flow(
    name="change_order",
    initial=(ChangeStatus.DRAFTED.value,),
    moves=(
        Move("edit", (ChangeStatus.DRAFTED.value, ChangeStatus.REFUSED.value), ChangeStatus.DRAFTED.value),
        Move("submit", (ChangeStatus.DRAFTED.value,), ChangeStatus.SUBMITTED.value),
        Move("approve", (ChangeStatus.SUBMITTED.value,), ChangeStatus.APPROVED.value),
        Move("refuse", (ChangeStatus.SUBMITTED.value,), ChangeStatus.REFUSED.value),
        Move("start", (ChangeStatus.APPROVED.value,), ChangeStatus.IN_PROGRESS.value),
        Move("finish", (ChangeStatus.IN_PROGRESS.value,), ChangeStatus.DONE.value),
        Move(
            "cancel",
            (
                ChangeStatus.DRAFTED.value,
                ChangeStatus.SUBMITTED.value,
                ChangeStatus.APPROVED.value,
                ChangeStatus.REFUSED.value,
            ),
            ChangeStatus.CANCELLED.value,
        ),
    ),
)
# H access and checks


class CardStatus(models.TextChoices):
    """What an access card is."""

    IN_USE = "in_use", _("In use")
    LOST = "lost", _("Lost")
    CANCELLED = "cancelled", _("Voided")
    EXPIRED = "expired", _("Expired")
    RETURNED = "handed_back", _("Handed back")


CARD_FLOW = Flow(
    name="access_card",
    initial=(CardStatus.IN_USE,),
    moves=(
        Move("change", (CardStatus.IN_USE,), None),
        Move("extend", (CardStatus.IN_USE, CardStatus.EXPIRED), CardStatus.IN_USE),
        Move("lose", (CardStatus.IN_USE,), CardStatus.LOST),
        Move("cancel", (CardStatus.IN_USE, CardStatus.LOST, CardStatus.EXPIRED), CardStatus.CANCELLED),
        Move("give_back", (CardStatus.IN_USE, CardStatus.LOST, CardStatus.EXPIRED), CardStatus.RETURNED),
        Move("reissue", (CardStatus.IN_USE, CardStatus.LOST, CardStatus.EXPIRED), CardStatus.CANCELLED),
        Move("expire", (CardStatus.IN_USE,), CardStatus.EXPIRED),
    ),
)


class CheckStatus(models.TextChoices):
    """How far a check with a signed result has come: rights check, stocktake, linkage test, hand-over list."""

    OPEN = "open", _("Under way")
    FINISHED = "finished", _("To be signed")
    RESULT_SIGNED = "result_signed", _("To be confirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")


def _check_flow(name: str, *more: Move) -> Flow:
    """Under way, finished, signed by us, confirmed by the client; what is signed is locked."""
    return Flow(
        name=name,
        initial=(CheckStatus.OPEN,),
        moves=(
            Move("edit", (CheckStatus.OPEN,), None),
            Move("finish", (CheckStatus.OPEN,), CheckStatus.FINISHED),
            Move("sign", (CheckStatus.FINISHED,), CheckStatus.RESULT_SIGNED),
            Move("confirm", (CheckStatus.RESULT_SIGNED,), CheckStatus.CONFIRMED),
            *more,
        ),
    )


RIGHTS_CHECK_FLOW = _check_flow("rights_check")
STOCKTAKE_FLOW = _check_flow("stocktake", Move("cancel", (CheckStatus.OPEN,), CheckStatus.CANCELLED))
LINKAGE_FLOW = _check_flow(
    "linkage_test",
    Move("cancel", (CheckStatus.OPEN,), CheckStatus.CANCELLED),
    Move("reopen", (CheckStatus.FINISHED, CheckStatus.RESULT_SIGNED), CheckStatus.OPEN),
)
HANDOVER_FLOW = _check_flow(
    "handover_list",
    Move("cancel", (CheckStatus.OPEN,), CheckStatus.CANCELLED),
    Move("reopen", (CheckStatus.FINISHED, CheckStatus.RESULT_SIGNED, CheckStatus.CONFIRMED), CheckStatus.OPEN),
)


class SpotVerdict(models.TextChoices):
    """What a look at a device found."""

    NORMAL = "normal", _("Normal")
    ABNORMAL = "abnormal", _("Abnormal")


class ConsumableOrderStatus(models.TextChoices):
    """How far a call to a vendor has come (附二.3 换耗材单)."""

    CALLED = "called", _("Vendor called")
    ARRIVED = "arrived", _("Vendor arrived")
    REPLACED = "replaced", _("Replaced")
    CANCELLED = "cancelled", _("Cancelled")


CONSUMABLE_ORDER_FLOW = Flow(
    name="consumable_order",
    initial=(ConsumableOrderStatus.CALLED,),
    moves=(
        Move("arrive", (ConsumableOrderStatus.CALLED,), ConsumableOrderStatus.ARRIVED),
        Move("promise", (ConsumableOrderStatus.CALLED,), None),
        Move("replace", (ConsumableOrderStatus.CALLED, ConsumableOrderStatus.ARRIVED), ConsumableOrderStatus.REPLACED),
        Move("cancel", (ConsumableOrderStatus.CALLED, ConsumableOrderStatus.ARRIVED), ConsumableOrderStatus.CANCELLED),
    ),
)


class LoanStatus(models.TextChoices):
    """Where a loan stands (备件借用单)."""

    DRAFTED = "drafted", _("Draft")
    OUT = "out", _("Lent out")
    RETURNED = "returned", _("Brought back")
    LOST = "lost", _("Lost")
    CANCELLED = "cancelled", _("Cancelled")


class LoanOutcome(models.TextChoices):
    """In what state something lent came back."""

    COMPLETE = "complete", _("Complete and in order")
    INCOMPLETE = "incomplete", _("Incomplete")
    DAMAGED = "damaged", _("Damaged")
    LOST = "lost", _("Lost")


LOAN_FLOW = Flow(
    name="loan",
    initial=(LoanStatus.DRAFTED.value, LoanStatus.OUT.value),
    moves=(
        Move("edit", (LoanStatus.DRAFTED.value,), None),
        Move("hand_out", (LoanStatus.DRAFTED.value,), LoanStatus.OUT.value),
        Move("extend", (LoanStatus.OUT.value,), None),
        Move("give_back", (LoanStatus.OUT.value,), LoanStatus.RETURNED.value),
        Move("lose", (LoanStatus.OUT.value,), LoanStatus.LOST.value),
        Move("cancel", (LoanStatus.DRAFTED.value,), LoanStatus.CANCELLED.value),
    ),
)


class BatchStatus(models.TextChoices):
    """Where an import, or a change of several devices, stands."""

    CHECKED = "checked", _("Checked")
    COMMITTED = "committed", _("Committed")
    UNDONE = "undone", _("Undone")
    DISCARDED = "discarded", _("Discarded")


DEVICE_BATCH_FLOW = Flow(
    name="device_batch",
    initial=(BatchStatus.CHECKED.value, BatchStatus.COMMITTED.value),
    moves=(
        Move("check", (BatchStatus.CHECKED.value,), None),
        Move("commit", (BatchStatus.CHECKED.value,), BatchStatus.COMMITTED.value),
        Move("discard", (BatchStatus.CHECKED.value,), BatchStatus.DISCARDED.value),
        Move("undo", (BatchStatus.COMMITTED.value,), BatchStatus.UNDONE.value),
    ),
)


class PlannedState(models.TextChoices):
    """Where a planned change of a device's status stands."""

    PLANNED = "planned", _("Planned")
    DONE = "done", _("Carried out")
    CANCELLED = "cancelled", _("Cancelled")
    REFUSED = "refused", _("Not possible any more")


_D = DeviceStatus

DEVICE_FLOW = Flow(
    name="device",
    initial=(_D.IN_USE.value, _D.SPARE.value, _D.STOPPED.value, _D.FAULTY.value, _D.UNDER_REPAIR.value),
    moves=(
        Move("use", (_D.FAULTY.value, _D.UNDER_REPAIR.value, _D.SPARE.value, _D.STOPPED.value), _D.IN_USE.value),
        Move("fail", (_D.IN_USE.value, _D.UNDER_REPAIR.value, _D.SPARE.value, _D.STOPPED.value), _D.FAULTY.value),
        Move("repair", (_D.IN_USE.value, _D.FAULTY.value, _D.SPARE.value, _D.STOPPED.value), _D.UNDER_REPAIR.value),
        Move("set_aside", (_D.IN_USE.value, _D.FAULTY.value, _D.UNDER_REPAIR.value, _D.STOPPED.value), _D.SPARE.value),
        Move("stop", (_D.IN_USE.value, _D.FAULTY.value, _D.UNDER_REPAIR.value, _D.SPARE.value), _D.STOPPED.value),
        Move(
            "retire",
            (_D.IN_USE.value, _D.FAULTY.value, _D.UNDER_REPAIR.value, _D.SPARE.value, _D.STOPPED.value),
            _D.RETIRED.value,
        ),
        Move("take_back", (_D.RETIRED.value,), _D.STOPPED.value),
    ),
)

PLANNED_STATUS_FLOW = Flow(
    name="planned_status",
    initial=(PlannedState.PLANNED.value,),
    moves=(
        Move("carry_out", (PlannedState.PLANNED.value,), PlannedState.DONE.value),
        Move("refuse", (PlannedState.PLANNED.value,), PlannedState.REFUSED.value),
        Move("cancel", (PlannedState.PLANNED.value,), PlannedState.CANCELLED.value),
    ),
)
