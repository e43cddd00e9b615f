"""Versioned terms: where the paper is ambiguous, what was agreed, since when and why."""

from django.db import models


class Term(models.Model):
    """One value of one parameter of a contract, in force from a day on until a later row replaces it. Never edited."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="terms")
    key = models.SlugField(max_length=60)
    value = models.JSONField()
    clause = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    effective_from = models.DateField()

    class Meta:
        ordering = ["key", "effective_from"]
        constraints = [models.UniqueConstraint(fields=["contract", "key", "effective_from"], name="term_once_a_day")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"
