"""What a device is made of and what runs on it: a category's own fields, parts, software, changes that wait for their day."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.states import DeviceStatus, PlannedState


class CategoryField(models.Model):
    """A field that only devices of one category have; their values stand in `Device.extra` under `key`.

    `key` is given once and never shown; `choices` holds one choice a line. A retired field keeps the values that were entered.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Figure")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        YES_NO = "yes_no", _("Yes or no")

    category = models.ForeignKey("devices.DeviceCategory", on_delete=models.PROTECT, related_name="fields")
    key = models.CharField(max_length=20)
    label = models.CharField(_("Field name"), max_length=30)
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind)
    unit = models.CharField(_("Measured in"), max_length=12, blank=True)
    choices = models.TextField(_("Choices"), blank=True)
    required = models.BooleanField(_("Must be filled in"), default=False)
    position = models.PositiveSmallIntegerField(_("Position in the list"), default=0)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["category", "key"], name="device_field_key_once"),
            models.UniqueConstraint(
                fields=["category", "label"], condition=models.Q(is_active=True), name="device_field_label_once"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def options(self) -> list[str]:
        """The choices, in their order."""
        return [line.strip() for line in self.choices.splitlines() if line.strip()]


class Part(models.Model):
    """A part in a device. It is taken out with a reason, never deleted."""

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="parts")
    name = models.CharField(_("Name"), max_length=60)
    model = models.CharField(_("Model"), max_length=60, blank=True)
    serial_no = models.CharField(_("Serial number"), max_length=60, blank=True)
    quantity = models.PositiveSmallIntegerField(_("Quantity"), default=1)
    installed_on = models.DateField(_("Installed on"))
    warranty_until = models.DateField(_("Warranty until"), null=True, blank=True)
    removed_on = models.DateField(_("Removed on"), null=True, blank=True)
    removed_reason = models.CharField(_("Why removed"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="device_part_quantity"),
            models.CheckConstraint(
                condition=models.Q(removed_on__isnull=True) | ~models.Q(removed_reason=""),
                name="device_part_removed_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.model}".strip()


class Software(models.Model):
    """A software system of a hall. `release` is its own version; `version` counts our changes of this row."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="software")
    name = models.CharField(_("Name"), max_length=80)
    release = models.CharField(_("Version"), max_length=40, blank=True)
    licence = models.CharField(_("Licence"), max_length=120, blank=True)
    licence_until = models.DateField(_("Licence until"), null=True, blank=True)
    owner_unit = models.ForeignKey(
        "parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="software"
    )
    url = models.URLField(_("Address"), max_length=200, blank=True)
    vendor = models.ForeignKey(
        "parties.Vendor", on_delete=models.PROTECT, null=True, blank=True, related_name="software"
    )
    contact = models.CharField(_("Contact"), max_length=60, blank=True)
    remark = models.CharField(_("Remark"), max_length=300, blank=True)
    is_active = models.BooleanField(_("In use"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name", "release", "id"]
        constraints = [models.UniqueConstraint(fields=["hall", "name", "release"], name="software_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.release}".strip()


class Installation(models.Model):
    """That a software system is installed on a device; on a device it stands once at a time."""

    software = models.ForeignKey(Software, on_delete=models.PROTECT, related_name="installations")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="installations")
    installed_on = models.DateField(_("Installed on"))
    removed_on = models.DateField(_("Removed on"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["software", "device"],
                condition=models.Q(removed_on__isnull=True),
                name="software_installed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.software} / {self.device}"


class PlannedStatus(models.Model):
    """A status that a device is to take from a day on; carried out by the beat, once."""

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="planned_statuses")
    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    target = models.CharField(_("New status"), max_length=12, choices=DeviceStatus)
    on = models.DateField(_("From this day"))
    reason = models.CharField(_("Reason"), max_length=200)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=PlannedState, default=PlannedState.PLANNED)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=models.Q(status="planned"), name="device_planned_status_once"
            ),
            models.CheckConstraint(condition=models.Q(status__in=PlannedState.values), name="device_planned_known"),
        ]
        indexes = [models.Index(fields=["on"], condition=models.Q(status="planned"), name="device_planned_due")]

    def __str__(self) -> str:
        return f"{self.device} {self.on:%Y-%m-%d} {self.target}"
