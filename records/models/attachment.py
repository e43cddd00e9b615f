"""Files of a record: stored under random names, images re-encoded, served only through a permission check."""

import secrets

from django.conf import settings
from django.db import models

FOLDER = "attachments"
"""Below MEDIA_ROOT; nothing else lives there, so that what no row names can be swept."""
SIGNED_KIND = "signed_sheet"
"""A photo of a sheet that was signed by hand; it is shown beside its signature and not among the photos of the work."""
INTERNAL_KIND = "internal"
"""Files of this kind, and their entry in the history, are never shown to the client."""


def random_name(extension: str) -> str:
    """A random path; nothing of the sender's file name reaches the disk."""
    token = secrets.token_hex(16)
    return f"{FOLDER}/{token[:2]}/{token}.{extension}"


def storage_name(instance: "Attachment", filename: str) -> str:  # noqa: ARG001 - Django's upload_to passes both
    """Django's way of asking for the random path."""
    return random_name(instance.extension)


class Attachment(models.Model):
    """One file of one record. `sha256` is that of the stored bytes; `name` is what the sender called it."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, default="photo")
    file = models.FileField(upload_to=storage_name, max_length=120)
    extension = models.CharField(max_length=5)
    content_type = models.CharField(max_length=40)
    size_bytes = models.PositiveIntegerField()
    width_px = models.PositiveIntegerField(null=True, blank=True)
    height_px = models.PositiveIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="attachment_subject")]

    def __str__(self) -> str:
        return self.name
