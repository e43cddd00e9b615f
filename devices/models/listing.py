"""What the list keeps: each person's columns and named views, and the batches in which many devices are changed at once."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.states import BatchStatus


class ListColumns(models.Model):
    """The columns of the list that a person has chosen, in their order."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    columns = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.user}: {len(self.columns)}"


class SavedView(models.Model):
    """A filter of the list under a name of one's own; `query` is the address behind the question mark."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("Name"), max_length=30)
    query = models.CharField(max_length=600, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "hall", "name"], name="device_view_once")]

    def __str__(self) -> str:
        return self.name


class DeviceBatch(models.Model):
    """Many devices changed as one act: an import with its dry run, or a change of the rows that were chosen in the list.

    `key` is the batch of its audit entries; `mapping` says by column which device's category, place … a word of the file stands
    for ({"place": {"一楼": 7}}); `version` guards against two people doing the same step.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        CHANGE = "change", _("Change of several")

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=10, choices=BatchStatus, default=BatchStatus.CHECKED)
    file_name = models.CharField(_("File"), max_length=120, blank=True)
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    committed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    committed_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["hall", "-id"], name="device_batch_newest")]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=BatchStatus.values), name="device_batch_status_known")
        ]

    def __str__(self) -> str:
        return self.file_name or self.key[:8]


class DeviceBatchRow(models.Model):
    """One row of a batch. `before` holds what undo gives back; `made_version` is the device's version after the batch."""

    class Outcome(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        SAME = "same", _("Unchanged")
        ERROR = "error", _("Error")

    batch = models.ForeignKey(DeviceBatch, on_delete=models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField(default=list)
    formulas = models.JSONField(default=list)
    outcome = models.CharField(max_length=8, choices=Outcome)
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=30, blank=True)
    seen_version = models.PositiveIntegerField(null=True)
    diff = models.JSONField(default=list)
    errors = models.JSONField(default=dict)
    unknown = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    made_version = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="device_batch_row_once")]
        indexes = [models.Index(fields=["batch", "outcome", "number"], name="device_batch_outcome")]

    def __str__(self) -> str:
        return f"{self.number} {self.code}"
