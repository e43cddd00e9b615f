"""The one store of history: append-only entries. Timelines, change records and "as of" are reads of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """Through which door an act came in."""

    PAGE = "page", _("Page")
    LINK = "link", _("One-time link")
    API = "api", _("Interface")
    TASK = "task", _("Scheduled task")
    COMMAND = "command", _("Command")
    IMPORT = "import", _("Import")
    DEMO = "demo", _("Demo")


class Visibility(models.TextChoices):
    """Whether the client sees the entry on the timeline."""

    CLIENT = "client", _("Visible to the client")
    INTERNAL = "internal", _("Internal")


class AuditEntry(models.Model):
    """Who did what to which record, when, from where, and what it was before and after.

    `at` is the instant of the act, `recorded_at` the server's own. The columns of chain and seal (`seq`,
    `previous_hash`, `entry_hash`) exist from the first migration and are filled when chaining is switched on.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    subject_type = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    verb = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_label = models.CharField(max_length=80)
    source = models.CharField(max_length=10, choices=Source)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.CLIENT)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    batch = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    seq = models.PositiveBigIntegerField(null=True, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    entry_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="audit_subject"),
            models.Index(fields=["contract", "-id"], name="audit_contract"),
        ]
        constraints = [models.UniqueConstraint(fields=["contract", "seq"], name="audit_seq_once")]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type}:{self.subject_id}"
