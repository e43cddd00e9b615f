from devices.models.device import Device, DeviceCategory
from devices.models.place import Place

__all__ = ["Device", "DeviceCategory", "Place"]
