"""Change orders (变更单): what is to be changed, why, what could go wrong, who agreed, and what came of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.states import ChangeStatus

DECIDED = (ChangeStatus.APPROVED.value, ChangeStatus.IN_PROGRESS.value, ChangeStatus.DONE.value)
"""States that nobody reaches without an approver."""


class ChangeKind(models.TextChoices):
    """What a change order is about."""

    CONFIGURATION = "configuration", _("Configuration")
    HARDWARE = "hardware", _("Hardware")
    SOFTWARE = "software", _("Software change")
    NETWORK = "network", _("Network")
    MOVE = "move", _("Move")
    OTHER = "other", _("Other")


class ChangeOutcome(models.TextChoices):
    """How a change ended."""

    SUCCEEDED = "succeeded", _("Succeeded")
    ROLLED_BACK = "rolled_back", _("Rolled back")


class Decider(models.TextChoices):
    """Whose approval an order needs: an engineer's order the manager's, the manager's own the client's supervisor's."""

    MANAGER = "manager", _("Project manager")
    SUPERVISOR = "supervisor", _("Client supervisor")


class ChangeOrder(models.Model):
    """One change of one or several devices. Safety, reliability and fallback are asked of every plan (五.2(3)).

    `before` and `after` hold the configuration of its devices when it was started and when it was done, by the devices' ids and
    without secrets.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="change_orders")
    code = models.CharField(_("Number"), max_length=40, unique=True)
    kind = models.CharField(_("Kind of change"), max_length=14, choices=ChangeKind)
    title = models.CharField(_("What is changed"), max_length=80)
    reason = models.CharField(_("Reason"), max_length=500)
    plan = models.TextField(_("Change plan"), max_length=2000, blank=True)
    impact = models.CharField(_("Impact on the service"), max_length=500, blank=True)
    security_impact = models.CharField(_("Security"), max_length=500, blank=True)
    reliability = models.CharField(_("Reliability"), max_length=500, blank=True)
    fallback = models.CharField(_("Fallback"), max_length=500, blank=True)
    window_from = models.DateTimeField(_("Window from"))
    window_to = models.DateTimeField(_("Window to"))
    devices = models.ManyToManyField("devices.Device", related_name="change_orders", verbose_name=_("Devices"))
    status = models.CharField(max_length=12, choices=ChangeStatus, default=ChangeStatus.DRAFTED)
    decider = models.CharField(max_length=10, choices=Decider, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=300, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(_("Outcome"), max_length=12, choices=ChangeOutcome, blank=True)
    result = models.CharField(_("Result"), max_length=1000, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ChangeStatus.values), name="change_order_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(window_to__gt=models.F("window_from")), name="change_order_window_forward"
            ),
            models.CheckConstraint(
                condition=models.Q(approver=None) | ~models.Q(approver=models.F("requested_by")),
                name="change_order_four_eyes",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=DECIDED) | models.Q(approver__isnull=False),
                name="change_order_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(status=ChangeStatus.DRAFTED)
                | models.Q(status=ChangeStatus.CANCELLED)
                | (~models.Q(security_impact="") & ~models.Q(reliability="") & ~models.Q(fallback="")),
                name="change_order_thought_through",
            ),
        ]
        indexes = [models.Index(fields=["status", "window_to"], name="change_order_open")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class EmergencyChange(models.Model):
    """A key device was changed without an order because it could not wait: listed apart, told to manager and supervisor."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="emergency_changes")
    what = models.CharField(max_length=120)
    reason = models.CharField(_("Why it could not wait"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.device_id} {self.what}"
