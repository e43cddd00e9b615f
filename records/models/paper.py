"""Printed sheets that were signed by hand: uploaded by one person, confirmed by another, and only then a signature."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.signature import Purpose

PERSON = settings.AUTH_USER_MODEL


class PaperState(models.TextChoices):
    """How far an uploaded sheet has come."""

    UPLOADED = "uploaded", _("Uploaded, not yet confirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")


class PaperSheet(models.Model):
    """Photos of a signed sheet, bound to the version that was printed on it.

    `canonical_sha256` is that of the record's text when it was uploaded. Who uploaded it never confirms it. It counts for nothing
    until it is confirmed; the signature is then a row of its own.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    purpose = models.CharField(max_length=12, choices=Purpose)
    also = models.CharField(max_length=12, choices=Purpose, blank=True)
    version = models.PositiveIntegerField()
    canonical_sha256 = models.CharField(max_length=64)
    also_sha256 = models.CharField(max_length=64, blank=True)
    signer_name = models.CharField(max_length=40)
    signer_unit = models.CharField(max_length=80, blank=True)
    signed_on = models.DateField()
    photos = models.ManyToManyField("records.Attachment", related_name="+")
    state = models.CharField(max_length=10, choices=PaperState, default=PaperState.UPLOADED)
    uploaded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [models.Index(fields=["contract", "state", "uploaded_at"], name="paper_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "purpose", "version"],
                condition=models.Q(state="uploaded"),
                name="paper_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state="uploaded", decided_by__isnull=True)
                | (~models.Q(state="uploaded") & models.Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="paper_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("uploaded_by")),
                name="paper_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type}:{self.subject_id} {self.signer_name}"
