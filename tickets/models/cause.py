"""Why things fail, per service category: what the engineer chooses beside the words, so that repeats can be counted."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CauseCode(models.Model):
    """One cause of one kind of work. The code never changes; what is no longer offered stays for the tickets that carry it."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="cause_codes")
    category = models.ForeignKey(
        "contract.ServiceCategory", on_delete=models.PROTECT, null=True, blank=True, related_name="cause_codes"
    )
    """The main category it is offered for; none for those that fit every kind of work."""
    code = models.CharField(_("Code"), max_length=20)
    name = models.CharField(_("Cause"), max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "code"]
        constraints = [models.UniqueConstraint(fields=["contract", "code"], name="cause_code_once")]

    def __str__(self) -> str:
        return self.name
