"""States of shifts and leaves, and the short lists that the roster speaks in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Move


class ShiftStatus(models.TextChoices):
    """A shift is planned until it is taken out of the roster; it is never deleted."""

    PLANNED = "planned", _("In the roster")
    CANCELLED = "cancelled", _("Taken out")


class ShiftOrigin(models.TextChoices):
    """How a shift came into the roster."""

    HAND = "hand", _("Entered by hand")
    COPIED = "copied", _("Copied")
    GENERATED = "generated", _("From a rotation")


class LeaveKind(models.TextChoices):
    """Why somebody is away; a compensatory day off is taken from the person's balance."""

    ANNUAL = "annual", _("Annual leave")
    COMP_OFF = "comp_off", _("Compensatory day off")
    SICK = "sick", _("Sick leave")
    PERSONAL = "personal", _("Personal leave")
    OUT = "out", _("Training or other duty elsewhere")


class LeaveStatus(models.TextChoices):
    """A leave counts only once it is approved."""

    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class CheckInWay(models.TextChoices):
    """How a person's presence came to be known."""

    PHONE = "phone", _("On the phone")
    PAGE = "page", _("At a computer")
    LATER = "later", _("Entered later by the manager")


class CompOffKind(models.TextChoices):
    """What moved the balance of compensatory days."""

    EARNED = "earned", _("Earned")
    USED = "used", _("Taken")
    RETURNED = "returned", _("Given back")


SHIFT_FLOW = Flow(
    name="shift",
    initial=(ShiftStatus.PLANNED.value,),
    moves=(
        Move("change", (ShiftStatus.PLANNED.value,), None),
        Move("cancel", (ShiftStatus.PLANNED.value,), ShiftStatus.CANCELLED.value),
    ),
)
LEAVE_FLOW = Flow(
    name="leave",
    initial=(LeaveStatus.REQUESTED.value, LeaveStatus.APPROVED.value),
    moves=(
        Move("approve", (LeaveStatus.REQUESTED.value,), LeaveStatus.APPROVED.value),
        Move("refuse", (LeaveStatus.REQUESTED.value,), LeaveStatus.REFUSED.value),
        Move("withdraw", (LeaveStatus.REQUESTED.value, LeaveStatus.APPROVED.value), LeaveStatus.WITHDRAWN.value),
    ),
)
