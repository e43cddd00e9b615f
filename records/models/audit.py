"""The one store of history: append-only entries. Timelines, change records and "as of" are reads of it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute
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
    PAPER = "paper", _("Paper, entered later")


class Visibility(models.TextChoices):
    """Whether the client sees the entry on the timeline."""

    CLIENT = "client", _("Visible to the client")
    INTERNAL = "internal", _("Internal")


PERSONAL_COLUMNS = ("before", "after", "actor_label")
"""Where personal values may stand; in the database they lie sealed in `personal`, and here an empty place is left."""


class _Opened(DeferredAttribute):
    """Reads a column with the personal values put back in their places, or with the mark of those that are gone."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is not None and instance.__dict__.get("person_id") and not instance.__dict__.get("_personal_open"):
            _open_personal(instance)
        return super().__get__(instance, cls)

    def __set__(self, instance: Any, value: Any) -> None:
        # With it, reading asks __get__ even where the instance holds a value.
        instance.__dict__[self.field.attname] = value


def _open_personal(entry: "AuditEntry") -> None:
    from records.services.personal import values_of

    stored = entry.__dict__
    # Set first: reading the columns below comes here again.
    stored["_personal_open"] = True
    opened = values_of(entry.person, entry.personal, {name: getattr(entry, name) for name in PERSONAL_COLUMNS})
    stored.update(opened)


class _PersonalJSON(models.JSONField):
    descriptor_class = _Opened

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class _PersonalText(models.CharField):  # type: ignore[type-arg]
    descriptor_class = _Opened

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class EntryManager(models.Manager["AuditEntry"]):
    """Reads every entry with the key of its person, so that a page of entries costs one statement."""

    def get_queryset(self) -> models.QuerySet["AuditEntry"]:
        return super().get_queryset().select_related("person")


class AuditEntry(models.Model):
    """Who did what to which record, when, from where, and what it was before and after.

    `at` is the instant of the act, `recorded_at` the server's own. The database refuses to change or delete a row. Personal
    values are sealed under the key of one person in `personal`; reading `before`, `after` and `actor_label` opens them while
    the key exists. Filters and `values()` see the columns as they are stored: without them.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    subject_type = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    verb = models.CharField(max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_label = _PersonalText(max_length=80)
    source = models.CharField(max_length=10, choices=Source)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.CLIENT)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    before = _PersonalJSON(default=dict)
    after = _PersonalJSON(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    batch = models.CharField(max_length=40, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    ip = models.CharField(max_length=45, blank=True)
    person = models.ForeignKey("records.PersonKey", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    personal = models.TextField(blank=True)

    objects = EntryManager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="audit_subject"),
            models.Index(fields=["contract", "-id"], name="audit_contract"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type}:{self.subject_id}"
