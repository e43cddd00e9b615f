"""Running promises. A clock row is a fold of its events; every rung of its ladder is a row with an indexed instant."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sla.states import AlertState, ClockState, ExemptionCause, ExemptionStatus


class Clock(models.Model):
    """One promise about one subject. Terms are frozen at the start; `due_at` is NULL while paused.

    The verdict is `stopped_at <= due_at`. `breached_at` is an immutable dated fact, entered one second after due at the earliest.
    It holds the due instant that was missed; when it was entered stands in the event. `epoch` counts how often the ladder was laid.
    `net_seconds` is the time used up to the stop without its pauses, as the target counts it, and NULL while running.
    `exempted_at` is when the client agreed that a breach does not count; the breach itself stays. `parent` is the promise
    beside which a vendor's runs; `replaces` the one that was closed when the fault turned out to be of another kind.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="clocks")
    policy = models.ForeignKey("sla.Policy", on_delete=models.PROTECT, related_name="clocks")
    kind = models.SlugField(max_length=30)
    promisor = models.CharField(max_length=12)
    calendar_revision = models.ForeignKey("contract.CalendarRevision", on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    epoch = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=ClockState, default=ClockState.RUNNING)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    provisional = models.BooleanField(default=False)
    stopped_at = models.DateTimeField(null=True, blank=True)
    net_seconds = models.FloatField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)
    breach_reason = models.CharField(max_length=300, blank=True)
    exempted_at = models.DateTimeField(null=True, blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="sub_clocks")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "kind"],
                condition=models.Q(state__in=("running", "paused")),
                name="clock_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(state="paused", due_at__isnull=True)
                | ~models.Q(state="paused") & models.Q(due_at__isnull=False),
                name="clock_due_unless_paused",
            ),
            models.CheckConstraint(
                condition=models.Q(state="stopped", stopped_at__isnull=False)
                | ~models.Q(state="stopped") & models.Q(stopped_at__isnull=True),
                name="clock_stopped_has_instant",
            ),
            models.CheckConstraint(
                condition=models.Q(breached_at__isnull=True)
                | ~models.Q(state="stopped")
                | models.Q(stopped_at__gt=models.F("breached_at")),
                name="clock_never_kept_and_breached",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "due_at"], condition=models.Q(state="running"), name="clock_running_due"),
            models.Index(fields=["contract", "kind", "due_at"], name="clock_period"),
            models.Index(
                fields=["contract", "kind", "breach_reason"],
                condition=models.Q(breached_at__isnull=False),
                name="clock_breached",
            ),
            models.Index(fields=["subject_type", "subject_id"], name="clock_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type}:{self.subject_id}"

    @property
    def kept(self) -> bool | None:
        """True kept, False broken, None while it still runs within its time."""
        if self.breached_at is not None:
            return False
        if self.stopped_at is not None and self.due_at is not None:
            return self.stopped_at <= self.due_at
        return None


class ClockEvent(models.Model):
    """Append-only; the clock can be rebuilt from these.

    `move` is an appointment moved by us, which shifts nothing; `confirm` takes the provisional mark off what stays due as it is.
    """

    class Kind(models.TextChoices):
        START = "start", _("Started")
        PAUSE = "pause", _("Paused")
        RESUME = "resume", _("Resumed")
        STOP = "stop", _("Stopped")
        RETARGET = "retarget", _("Target changed")
        RESTART = "restart", _("Appointment moved by the client")
        MOVE = "move", _("Appointment moved by us")
        CONFIRM = "confirm", _("Confirmed by the published calendar")
        EXEMPT = "exempt", _("Exempted")
        BREACH = "breach", _("Breached")
        EXPLAIN = "explain", _("Reason given")
        CANCEL = "cancel", _("Cancelled")

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["clock", "id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.clock_id}"


class ClockExemption(models.Model):
    """Our request that a promise be excused, and the client's answer. Nobody answers their own request.

    An approved one does not undo a breach: raw and adjusted figures stand side by side.
    """

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="exemptions")
    cause = models.CharField(max_length=16, choices=ExemptionCause)
    reason = models.CharField(max_length=300)
    evidence = models.CharField(max_length=500)
    status = models.CharField(max_length=10, choices=ExemptionStatus, default=ExemptionStatus.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["clock", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["clock"],
                condition=models.Q(status__in=("requested", "approved")),
                name="exemption_one_in_force",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("requested_by")),
                name="exemption_decided_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(status="requested", decided_by__isnull=True, decided_at__isnull=True)
                | models.Q(status__in=("approved", "refused"), decided_by__isnull=False, decided_at__isnull=False),
                name="exemption_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.clock_id}"


class Alert(models.Model):
    """One rung of one clock's ladder, claimed by a conditional UPDATE.

    `lag_seconds` is how late the engine was: from `fire_at`, or from `laid_at` where the rung was laid down for a past instant.
    A row that could not be fired waits until `next_attempt_at`; `fire_at` is never changed.
    """

    clock = models.ForeignKey(Clock, on_delete=models.PROTECT, related_name="alerts")
    rung = models.CharField(max_length=30)
    epoch = models.PositiveIntegerField(default=1)
    fire_at = models.DateTimeField()
    laid_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=AlertState, default=AlertState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    fired_at = models.DateTimeField(null=True, blank=True)
    lag_seconds = models.FloatField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=10, blank=True)

    class Meta:
        ordering = ["fire_at", "id"]
        constraints = [models.UniqueConstraint(fields=["clock", "rung", "epoch"], name="alert_once")]
        indexes = [models.Index(fields=["fire_at", "id"], condition=models.Q(state="pending"), name="alert_due")]

    def __str__(self) -> str:
        return f"{self.rung} {self.clock_id}"


class Heartbeat(models.Model):
    """When a long-lived process last showed that it lives; the health page is red after 30 s of silence."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
