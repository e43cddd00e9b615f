"""Versioned terms: where the paper is ambiguous, what was agreed, since when and why."""

from django.conf import settings
from django.db import models


class Term(models.Model):
    """One value of one parameter of a contract, in force from a day on until a later row replaces it. Never edited.

    Of two rows that begin on one day the one set later counts. `replaces` is the row that was the newest when this one was set:
    at most one row replaces another, so of two people who set at once one is told.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="terms")
    key = models.SlugField(max_length=60)
    value = models.JSONField()
    clause = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    effective_from = models.DateField()
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    set_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key", "effective_from", "pk"]
        indexes = [models.Index(fields=["contract", "key", "-effective_from"], name="term_in_force")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
