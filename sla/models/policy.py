"""What is promised: versioned data, frozen into every clock that starts under it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Policy(models.Model):
    """One version of one promise of a contract. Published, never edited: clocks keep the version they started under.

    `target_amount` is in the unit of `target_kind`: service seconds, working days, continuous seconds or calendar days.
    `ladder` is a list of rungs {"name": str, "to": [targets], "urgent": bool} and one of: "after" (seconds of the target's own time
    from the start), "before_due" (such seconds before the end), "before_days" (calendar days before the last day), "on_day" with
    "time" (working days after the first one, local time), or "breach": true. A target is a name that recipients are resolved by
    when the rung fires (on_duty, stand_in, assignee, manager, office, client_supervisor, reporter).
    `assessed` is false for what is only counted: it is nobody's breach of contract.
    """

    class TargetKind(models.TextChoices):
        SERVICE_SECONDS = "service_seconds", _("Seconds of service time")
        WORKING_DAYS = "working_days", _("Working days")
        CONTINUOUS_SECONDS = "continuous_seconds", _("Continuous seconds")
        CALENDAR_DAYS = "calendar_days", _("Calendar days")

    class Promisor(models.TextChoices):
        CONTRACTOR = "contractor", _("Contractor")
        CLIENT = "client", _("Client")
        VENDOR = "vendor", _("Vendor")

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
    basis = models.CharField(max_length=300, blank=True)
    assessed = models.BooleanField(default=True)
    effective_from = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["contract", "kind", "version"]
        constraints = [models.UniqueConstraint(fields=["contract", "kind", "version"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"
