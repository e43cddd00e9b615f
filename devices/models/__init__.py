from devices.models.device import Device, DeviceCategory
from devices.models.place import Place
from devices.models.reminder import Reminder

__all__ = ["Device", "DeviceCategory", "Place", "Reminder"]
