"""The contract's clauses, row by row, so that every record can be shown as proof of one."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Clause(models.Model):
    """One clause: its number in the paper, the obligation, whose it is, and how it is measured."""

    class Party(models.TextChoices):
        CLIENT = "client", _("Client")
        CONTRACTOR = "contractor", _("Contractor")
        BOTH = "both", _("Both")

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="clauses")
    code = models.CharField(_("Clause"), max_length=20)
    position = models.PositiveSmallIntegerField()
    obligation = models.TextField(_("Obligation"))
    party = models.CharField(_("Whose"), max_length=12, choices=Party)
    measure = models.CharField(_("Measure"), max_length=300, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["contract", "code"], name="clause_code_once")]

    def __str__(self) -> str:
        return self.code
