"""What is promised: versioned data, frozen into every clock that starts under it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Policy(models.Model):
    """One version of one promise of a contract.

    `target_amount` is in the unit of `target_kind`: service seconds, working days, continuous seconds or calendar days.
    `ladder` is a list of rungs {"name": str, "after": seconds of the target's own time from the start, or "breach": true,
    "to": [targets], "urgent": bool}; a target is a name that recipients are resolved by when the rung fires
    (on_duty, assignee, manager, office).
    """

    class TargetKind(models.TextChoices):
        SERVICE_SECONDS = "service_seconds", _("Seconds of service time")
        WORKING_DAYS = "working_days", _("Working days")
        CONTINUOUS_SECONDS = "continuous_seconds", _("Continuous seconds")
        CALENDAR_DAYS = "calendar_days", _("Calendar days")

    class Promisor(models.TextChoices):
        CONTRACTOR = "contractor", _("Contractor")
        CLIENT = "client", _("Client")

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="policies")
    kind = models.SlugField(max_length=30)
    version = models.PositiveIntegerField()
    target_kind = models.CharField(max_length=20, choices=TargetKind)
    target_amount = models.PositiveIntegerField()
    extend_on_holiday = models.BooleanField(default=False)
    pausable = models.BooleanField(default=False)
    promisor = models.CharField(max_length=12, choices=Promisor, default=Promisor.CONTRACTOR)
    clauses = models.JSONField(default=list)
    ladder = models.JSONField(default=list)
    effective_from = models.DateField()

    class Meta:
        ordering = ["contract", "kind", "version"]
        constraints = [models.UniqueConstraint(fields=["contract", "kind", "version"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"
