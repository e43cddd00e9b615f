"""States of clocks and alerts, and the flow of a clock."""

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


RUNNING, PAUSED = ClockState.RUNNING.value, ClockState.PAUSED.value
CLOCK_FLOW = Flow(
    name="clock",
    initial=(RUNNING,),
    moves=(
        Move("pause", (RUNNING,), PAUSED),
        Move("resume", (PAUSED,), RUNNING),
        Move("stop", (RUNNING, PAUSED), ClockState.STOPPED.value),
        Move("cancel", (RUNNING, PAUSED), ClockState.CANCELLED.value),
    ),
)
