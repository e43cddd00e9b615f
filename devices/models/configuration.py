"""How a device is configured: key-value items, every value they ever had, and the sets that were agreed as baselines."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models import Source


class ConfigItem(models.Model):
    """One parameter of a device. Its values are versions; a withdrawn item keeps them. Whether it is secret never changes."""

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="config_items")
    key = models.CharField(_("Parameter"), max_length=60)
    label = models.CharField(_("What it is"), max_length=80, blank=True)
    unit = models.CharField(_("Unit of measure"), max_length=16, blank=True)
    is_secret = models.BooleanField(_("Secret"), default=False)

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["device", "key"], name="config_item_once")]

    def __str__(self) -> str:
        return self.key


class ConfigVersion(models.Model):
    """One value of an item, from a day on; only ever added. A secret's stands sealed, and opens with a key outside the database.

    `number` counts an item's versions from 1: two people who write at once cannot both have the next one.
    """

    item = models.ForeignKey(ConfigItem, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    value = models.CharField(_("Value"), max_length=500, blank=True)
    sealed = models.TextField(blank=True)
    is_withdrawn = models.BooleanField(default=False)
    effective_from = models.DateField(_("In force from"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source, default=Source.PAGE)
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    order = models.ForeignKey(
        "devices.ChangeOrder", on_delete=models.PROTECT, null=True, blank=True, related_name="config_versions"
    )
    is_emergency = models.BooleanField(default=False)

    class Meta:
        ordering = ["item", "number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="config_version_once"),
            models.CheckConstraint(
                condition=models.Q(value="") | models.Q(sealed=""), name="config_version_plain_or_sealed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} #{self.number}"


class ConfigBaseline(models.Model):
    """The set of versions that was agreed on a day; several are kept."""

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="config_baselines")
    name = models.CharField(_("Name"), max_length=60)
    on = models.DateField(_("As on"))
    versions = models.ManyToManyField(ConfigVersion, related_name="baselines")
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["-on", "-id"]
        constraints = [models.UniqueConstraint(fields=["device", "name"], name="config_baseline_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def choice(self) -> str:
        """What names it in the address of a comparison."""
        return f"b{self.pk}"
