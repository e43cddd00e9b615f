"""Organisations, the client's units and windows, the vendors whom the contractor coordinates, and whom to call there."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Organisation(models.Model):
    """A legal person: client (甲方), contractor (乙方) or vendor. Prints use `legal_name` only."""

    legal_name = models.CharField(_("Legal name"), max_length=120, unique=True)
    short_name = models.CharField(_("Short name"), max_length=40)
    aliases = models.JSONField(_("Other names in the papers"), default=list, blank=True)
    address = models.CharField(_("Address"), max_length=200, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)

    def __str__(self) -> str:
        return self.short_name


class Unit(models.Model):
    """A unit of the client that works in the hall (进驻单位)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="units")
    name = models.CharField(_("Name"), max_length=80)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="unit_name_once")]

    def __str__(self) -> str:
        return self.name


class Window(models.Model):
    """A service window of a unit, e.g. A05."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="windows")
    code = models.CharField(_("Window"), max_length=12)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["unit", "code"], name="window_code_once")]

    def __str__(self) -> str:
        return self.code


class Vendor(models.Model):
    """A third party who repairs or supplies; coordinated by the contractor, without an account."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="vendors")
    name = models.CharField(_("Name"), max_length=80)
    service_scope = models.CharField(_("Service scope"), max_length=200, blank=True)
    sla_hours = models.PositiveSmallIntegerField(_("Promised response (hours)"), null=True, blank=True)
    contract_end = models.DateField(_("Contract ends on"), null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["hall", "name"], name="vendor_name_once")]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Somebody to call at an organisation or a vendor who has no account here.

    The last rung of every ladder reaches the contractor's office contacts. Clause 八.1: changes are told without delay, so each
    one is kept with what it was before.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, null=True, blank=True, related_name="contacts")
    name = models.CharField(_("Name"), max_length=40)
    title = models.CharField(_("Position"), max_length=40, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    email = models.EmailField(_("E-mail"), blank=True)
    is_office = models.BooleanField(_("Office: gets the last rung of every ladder"), default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["-is_office", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organisation__isnull=True, vendor__isnull=False)
                | models.Q(organisation__isnull=False, vendor__isnull=True),
                name="contact_of_one",
            ),
            models.CheckConstraint(
                condition=models.Q(is_office=False) | models.Q(organisation__isnull=False),
                name="contact_office_is_ours",
            ),
        ]

    def __str__(self) -> str:
        return self.name
