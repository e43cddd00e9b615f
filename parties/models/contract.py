"""The hall and the contract's identity: parties, code and term. What the contract says stands in the app `contract`."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


class Hall(models.Model):
    """The place that is looked after (政务服务大厅). Devices and places belong to it, so that a renewal finds them in place."""

    name = models.CharField(_("Name"), max_length=80, unique=True)
    alias = models.CharField(_("Also called"), max_length=80, blank=True)
    address = models.CharField(_("Address"), max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """One term of service in one hall. A renewal is a new contract with `renews` set; every operational row belongs to one."""

    code = models.CharField(_("Contract code"), max_length=40, unique=True)
    number_tag = models.SlugField(
        _("Tag in record codes"),
        max_length=12,
        blank=True,
        help_text=_(
            "Empty for the first hall; a renewal keeps its hall's tag, another hall has its own, and every record code carries it."
        ),
    )
    project_name = models.CharField(_("Project name"), max_length=120)
    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="contracts")
    client = models.ForeignKey("parties.Organisation", on_delete=models.PROTECT, related_name="contracts_as_client")
    contractor = models.ForeignKey(
        "parties.Organisation", on_delete=models.PROTECT, related_name="contracts_as_contractor"
    )
    signed_on = models.DateField(_("Signed on"))
    starts_on = models.DateField(_("Starts on"))
    ends_on = models.DateField(_("Ends on"))
    renews = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="renewal")
    hotline = models.CharField(_("Service hotline"), max_length=40, blank=True)
    project_contact = models.ForeignKey(
        "parties.Contact",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Project contact"),
    )
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["starts_on", "code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="contract_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def in_force_on(self, day: date) -> bool:
        """Whether the day lies within the term, both ends included."""
        return self.starts_on <= day <= self.ends_on
