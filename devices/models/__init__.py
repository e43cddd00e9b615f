from devices.models.configuration import ConfigBaseline, ConfigItem, ConfigVersion
from devices.models.device import Device, DeviceCategory
from devices.models.network import Address, Extension, Link, Port, Registration, Subnet, TopologyVersion
from devices.models.order import ChangeKind, ChangeOrder, ChangeOutcome, Decider, EmergencyChange
from devices.models.place import OldShortCode, Place, PlaceTree, SpotCheck
from devices.models.reminder import Reminder

__all__ = [
    "Address",
    "ChangeKind",
    "ChangeOrder",
    "ChangeOutcome",
    "ConfigBaseline",
    "ConfigItem",
    "ConfigVersion",
    "Decider",
    "Device",
    "DeviceCategory",
    "EmergencyChange",
    "Extension",
    "Link",
    "OldShortCode",
    "Place",
    "PlaceTree",
    "Port",
    "Registration",
    "Reminder",
    "SpotCheck",
    "Subnet",
    "TopologyVersion",
]
