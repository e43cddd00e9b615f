"""The service catalogue: the kinds of work that 附件1 二.1–10 and 四 name, with the finer labels below them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ServiceCategory(models.Model):
    """A kind of work (top level, one per item of the annex) or a finer label under one."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="service_categories")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    code = models.SlugField(max_length=30)
    name = models.CharField(_("Name"), max_length=40)
    clause = models.CharField(_("Clause"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "code"]
        constraints = [models.UniqueConstraint(fields=["contract", "code"], name="service_category_once")]

    def __str__(self) -> str:
        return self.name
