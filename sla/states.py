"""States of clocks, alerts and exemptions, the flows of clocks and exemptions, and the listed reasons to hold or to excuse."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Move


class ClockState(models.TextChoices):
    """A clock runs, is paused, was stopped by the act it waited for, or was cancelled with its subject."""

    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped")
    CANCELLED = "cancelled", _("Cancelled")


class AlertState(models.TextChoices):
    """A rung waits, has fired, was not needed any more, or failed until a person looks at it."""

    PENDING = "pending", _("Waiting")
    FIRED = "fired", _("Fired")
    CANCELLED = "cancelled", _("Not needed")
    DEAD = "dead", _("Failed for good")


class PauseCause(models.TextChoices):
    """For what a clock may be held. Waiting for a vendor is no reason: it opens a clock of the vendor's own."""

    CLIENT_ACCESS = "client_access", _("Waiting for access")
    CLIENT_DECISION = "client_decision", _("Waiting for the client's decision")
    FORCE_MAJEURE = "force_majeure", _("Force majeure, exempted")


class ExemptionCause(models.TextChoices):
    """Why the contractor asks that a promise be excused."""

    FORCE_MAJEURE = "force_majeure", _("Force majeure")
    CLIENT_SIDE = "client_side", _("Cause on the client's side")
    SYSTEM = "system", _("Failure of this system")
    OTHER = "other", _("Other cause")


class AskedBy(models.TextChoices):
    """Who asked that an appointment be moved. Only the client's wish shifts when the repair begins to count."""

    CLIENT = "client", _("The client")
    CONTRACTOR = "contractor", _("We")


class ExemptionStatus(models.TextChoices):
    """An exemption is asked for by us and approved or refused by the client."""

    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


RUNNING, PAUSED = ClockState.RUNNING.value, ClockState.PAUSED.value
CLOCK_FLOW = Flow(
    name="clock",
    initial=(RUNNING,),
    moves=(
        Move("pause", (RUNNING,), PAUSED),
        Move("resume", (PAUSED,), RUNNING),
        Move("stop", (RUNNING, PAUSED), ClockState.STOPPED.value),
        Move("cancel", (RUNNING, PAUSED), ClockState.CANCELLED.value),
        Move("retarget", (RUNNING, PAUSED), None),
        Move("confirm", (RUNNING, PAUSED), None),
        Move("restart", (RUNNING,), None),
        Move("move", (RUNNING,), None),
        Move("exempt", (RUNNING, PAUSED, ClockState.STOPPED.value), None),
    ),
)
EXEMPTION_FLOW = Flow(
    name="exemption",
    initial=(ExemptionStatus.REQUESTED.value,),
    moves=(
        Move("approve", (ExemptionStatus.REQUESTED.value,), ExemptionStatus.APPROVED.value),
        Move("refuse", (ExemptionStatus.REQUESTED.value,), ExemptionStatus.REFUSED.value),
    ),
)
