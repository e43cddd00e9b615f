"""What is looked after: devices and their categories."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.states import DeviceStatus


class PowerPolicy(models.TextChoices):
    """When a device is switched off (interpretations 21)."""

    DAILY_OFF = "daily_off", _("Off every evening")
    HOLIDAY_OFF = "holiday_off", _("Off before holidays")
    AFTER_USE = "after_use", _("Off after use")
    ALWAYS_ON = "always_on", _("Always on")


class RepairClass(models.TextChoices):
    """Decides the repair promise of a difficult fault (附三.4)c): 5 or 7 working days."""

    OFFICE = "office", _("Office equipment")
    LOW_VOLTAGE = "low_voltage", _("Low-voltage system")
    SOFTWARE = "software", _("Software")


class SparePolicy(models.TextChoices):
    """How a failed device of this kind is stood in for (附三.4)c)."""

    HELD = "held", _("A spare is held in the hall")
    ON_DEMAND = "on_demand", _("The vendor brings one")
    NONE = "none", _("No spare")


class DeviceCategory(models.Model):
    """A kind of device with what holds for all of its kind."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="device_categories")
    code = models.CharField(_("Code"), max_length=8)
    name = models.CharField(_("Name"), max_length=40)
    repair_class = models.CharField(_("Repair class"), max_length=12, choices=RepairClass)
    power_policy = models.CharField(_("Power policy"), max_length=12, choices=PowerPolicy)
    spare_policy = models.CharField(
        _("Spare policy"), max_length=12, choices=SparePolicy, default=SparePolicy.ON_DEMAND
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("In use"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "code"]
        constraints = [models.UniqueConstraint(fields=["hall", "code"], name="device_category_once")]

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    """One device. `code` is its number in the register, `asset_no` that of the owner's books, `short_code` what its label says.

    `version` counts every change, so that two people never overwrite each other; `extra` holds the values of its category's own
    fields by their keys; `search_text` is what everybody finds it by, `search_full` what the readers of the register do
    (core.search); `plan_x` and `plan_y` say where it stands on its place's plan, as shares (0 to 1) of width and height.
    """

    class Ownership(models.TextChoices):
        CLIENT = "client", _("Client")
        VENDOR = "vendor", _("Third party")
        CONTRACTOR = "contractor", _("Contractor")

    class Criticality(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="devices")
    code = models.CharField(_("Device number"), max_length=30)
    short_code = models.CharField(_("Short code"), max_length=8, unique=True)
    asset_no = models.CharField(_("Asset number"), max_length=40, blank=True)
    name = models.CharField(_("Name"), max_length=80)
    category = models.ForeignKey(DeviceCategory, on_delete=models.PROTECT, related_name="devices")
    place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, related_name="devices")
    window = models.ForeignKey(
        "parties.Window", on_delete=models.PROTECT, null=True, blank=True, related_name="devices"
    )
    unit = models.ForeignKey("parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="devices")
    vendor = models.ForeignKey(
        "parties.Vendor", on_delete=models.PROTECT, null=True, blank=True, related_name="devices"
    )
    brand = models.CharField(_("Brand"), max_length=40, blank=True)
    model = models.CharField(_("Model"), max_length=40, blank=True)
    serial_no = models.CharField(_("Serial number"), max_length=40, blank=True)
    mac = models.CharField(_("MAC address"), max_length=17, blank=True)
    installed_on = models.DateField(_("Installed on"), null=True, blank=True)
    warranty_until = models.DateField(_("Warranty until"), null=True, blank=True)
    custodian = models.CharField(_("Custodian"), max_length=40, blank=True)
    status = models.CharField(_("Status"), max_length=12, choices=DeviceStatus, default=DeviceStatus.IN_USE)
    status_reason = models.CharField(_("Why this status"), max_length=200, blank=True)
    status_since = models.DateTimeField(_("In this status since"), null=True, blank=True)
    power_policy = models.CharField(_("Power policy"), max_length=12, choices=PowerPolicy)
    is_key = models.BooleanField(_("Key device"), default=False)
    criticality = models.CharField(_("Criticality"), max_length=1, choices=Criticality, default=Criticality.C)
    ownership = models.CharField(_("Ownership"), max_length=10, choices=Ownership, default=Ownership.CLIENT)
    remark = models.CharField(_("Remark"), max_length=300, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    search_text = models.TextField(default="", blank=True, editable=False)
    search_full = models.TextField(default="", blank=True, editable=False)
    plan_of = models.ForeignKey("devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    main_photo = models.ForeignKey(
        "records.Attachment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    plan_x = models.FloatField(null=True, blank=True)
    plan_y = models.FloatField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["hall", "code"], name="device_code_once"),
            models.CheckConstraint(condition=models.Q(status__in=DeviceStatus.values), name="device_status_known"),
        ]
        indexes = [
            models.Index(fields=["hall", "category", "code"], name="device_by_category"),
            models.Index(fields=["hall", "place", "code"], name="device_by_place"),
            models.Index(fields=["hall", "status", "code"], name="device_by_status"),
            models.Index(fields=["hall", "warranty_until"], name="device_by_warranty"),
            models.Index(fields=["hall", "name", "code"], name="device_by_name"),
            models.Index(fields=["hall", "updated_at", "code"], name="device_by_update"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
