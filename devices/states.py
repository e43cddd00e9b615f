"""States of a device (records: 在用/故障/维修中/备用/停用/报废)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceStatus(models.TextChoices):
    """What a device is doing now."""

    IN_USE = "in_use", _("In use")
    FAULTY = "faulty", _("Faulty")
    UNDER_REPAIR = "under_repair", _("Under repair")
    SPARE = "spare", _("Spare")
    STOPPED = "stopped", _("Out of use")
    RETIRED = "retired", _("Retired")
