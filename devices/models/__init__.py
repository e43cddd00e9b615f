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
from devices.models.consumables import (
    ConsumableChange,
    ConsumableFit,
    ConsumableKind,
    ConsumableMovement,
    ConsumableOrder,
    ConsumableOrderLine,
    CounterReading,
    DeviceCounter,
)
from devices.models.device import Device, DeviceCategory
from devices.models.listing import DeviceBatch, DeviceBatchRow, ListColumns, SavedView
from devices.models.loan import Loan, LoanMove, SpareRefusal
from devices.models.network import Address, Extension, Link, Port, Registration, Subnet, TopologyVersion
from devices.models.order import ChangeKind, ChangeOrder, ChangeOutcome, Decider, EmergencyChange
from devices.models.place import OldShortCode, Place, PlaceTree, SpotCheck
from devices.models.register import CategoryField, Installation, Part, PlannedStatus, Software
from devices.models.reminder import Reminder
from devices.models.spare import SpareMove, SparePart, StockMovement
from devices.models.run_data import RunCorrection, RunMetric, RunTask, RunValue

__all__ = [
    "AccessCard",
    "Address",
    "CategoryField",
    "ChangeKind",
    "ChangeOrder",
    "ChangeOutcome",
    "ConfigBaseline",
    "ConfigItem",
    "ConfigVersion",
    "ConsumableChange",
    "ConsumableFit",
    "ConsumableKind",
    "ConsumableMovement",
    "ConsumableOrder",
    "ConsumableOrderLine",
    "CounterReading",
    "Decider",
    "Device",
    "DeviceBatch",
    "DeviceBatchRow",
    "DeviceCategory",
    "DeviceCounter",
    "Door",
    "DoorGroup",
    "EmergencyChange",
    "Extension",
    "HandoverItem",
    "HandoverList",
    "Installation",
    "Link",
    "LinkageDoor",
    "LinkageTest",
    "LinkageZone",
    "ListColumns",
    "Loan",
    "LoanMove",
    "OldShortCode",
    "Part",
    "Place",
    "PlaceTree",
    "PlannedStatus",
    "Port",
    "Registration",
    "Reminder",
    "RightsCheck",
    "RightsLine",
    "RunCorrection",
    "RunMetric",
    "RunTask",
    "RunValue",
    "SavedView",
    "Software",
    "SpareMove",
    "SparePart",
    "SpareRefusal",
    "SpotCheck",
    "StockMovement",
    "Stocktake",
    "StocktakeLine",
    "StocktakeSurplus",
    "Subnet",
    "TopologyVersion",
]
