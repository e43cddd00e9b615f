"""Run data of self-service devices (附二.3): what is collected of which category every month, and what was entered."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RunKind(models.TextChoices):
    """How a figure is checked."""

    HOURS = "hours", _("Hours of a month")
    COUNT = "count", _("Count")
    NUMBER = "number", _("Any number")


class RunMetric(models.Model):
    """One figure that is collected of every device of a category, once a month."""

    category = models.ForeignKey("devices.DeviceCategory", on_delete=models.PROTECT, related_name="run_metrics")
    name = models.CharField(_("Figure collected"), max_length=30)
    unit = models.CharField(_("Unit of count"), max_length=8)
    kind = models.CharField(_("Checked as"), max_length=8, choices=RunKind)
    position = models.PositiveSmallIntegerField(_("Order"), default=0)
    is_active = models.BooleanField(_("In use"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["category", "name"], name="run_metric_once")]

    def __str__(self) -> str:
        return self.name


class RunTask(models.Model):
    """The collection of one category for one month (`month` is its first day); made once, however often the beat runs."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="run_tasks")
    category = models.ForeignKey("devices.DeviceCategory", on_delete=models.PROTECT, related_name="run_tasks")
    month = models.DateField(_("Collected month"))
    due_on = models.DateField(_("Due on"))
    done_at = models.DateTimeField(_("Complete since"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-month", "category_id"]
        constraints = [models.UniqueConstraint(fields=["category", "month"], name="run_task_once")]
        indexes = [models.Index(fields=["contract", "done_at", "due_on"], name="run_tasks_open")]

    def __str__(self) -> str:
        return f"{self.category} {self.month:%Y-%m}"


class RunValue(models.Model):
    """One figure of one device for one month."""

    task = models.ForeignKey(RunTask, on_delete=models.PROTECT, related_name="values")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="run_values")
    metric = models.ForeignKey(RunMetric, on_delete=models.PROTECT, related_name="values")
    value = models.DecimalField(_("Figure collected"), max_digits=12, decimal_places=1)
    entered_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["task_id", "device_id", "metric_id"]
        constraints = [models.UniqueConstraint(fields=["task", "device", "metric"], name="run_value_once")]
        indexes = [models.Index(fields=["device", "-at"], name="run_values_of_device")]

    def __str__(self) -> str:
        return f"{self.device} {self.metric} {self.value}"


class RunCorrection(models.Model):
    """What a figure was before it was corrected, and why; never altered."""

    of = models.ForeignKey(RunValue, on_delete=models.PROTECT, related_name="corrections")
    before = models.DecimalField(max_digits=12, decimal_places=1)
    after = models.DecimalField(max_digits=12, decimal_places=1)
    reason = models.CharField(_("Reason"), max_length=200)
    actor = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
