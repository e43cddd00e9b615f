from devices.models.access import AccessCard, Door, DoorGroup
from devices.models.checks import (
    HandoverItem,
    HandoverList,
    LinkageDoor,
    LinkageTest,
    LinkageZone,
    RightsCheck,
    RightsLine,
    Stocktake,
    StocktakeLine,
    StocktakeSurplus,
)
from devices.models.configuration import ConfigBaseline, ConfigItem, ConfigVersion
from devices.models.device import Device, DeviceCategory
from devices.models.network import Address, Extension, Link, Port, Registration, Subnet, TopologyVersion
from devices.models.order import ChangeKind, ChangeOrder, ChangeOutcome, Decider, EmergencyChange
from devices.models.place import OldShortCode, Place, PlaceTree, SpotCheck
from devices.models.reminder import Reminder

__all__ = [
    "AccessCard",
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
    "Door",
    "DoorGroup",
    "EmergencyChange",
    "Extension",
    "HandoverItem",
    "HandoverList",
    "Link",
    "LinkageDoor",
    "LinkageTest",
    "LinkageZone",
    "OldShortCode",
    "Place",
    "PlaceTree",
    "Port",
    "Registration",
    "Reminder",
    "RightsCheck",
    "RightsLine",
    "SpotCheck",
    "Stocktake",
    "StocktakeLine",
    "StocktakeSurplus",
    "Subnet",
    "TopologyVersion",
]
