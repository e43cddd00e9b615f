"""The columns of the list and of its exports: named once, chosen by each reader, in the order in which they stand here."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.columns import Column, pick
from devices.models import Device


def _yes(value: bool) -> str:
    return gettext("Yes") if value else ""


COLUMNS: tuple[Column[Device], ...] = (
    Column("code", _("Device number"), lambda row: row.code, sort="code"),
    Column("name", _("Name"), lambda row: row.name, sort="name"),
    Column("category", _("Category"), lambda row: row.category.name, ("category",)),
    Column("place", _("Place"), lambda row: row.place.name, ("place",)),
    Column("window", _("Window"), lambda row: row.window.code if row.window else "", ("window",)),
    Column("unit", _("Unit"), lambda row: row.unit.name if row.unit else "", ("unit",)),
    Column("status", _("Status"), lambda row: row.get_status_display(), sort="status"),
    Column("short_code", _("Short code"), lambda row: row.short_code),
    Column("asset_no", _("Asset number"), lambda row: row.asset_no),
    Column("brand", _("Brand"), lambda row: row.brand),
    Column("model", _("Model"), lambda row: row.model),
    Column("serial_no", _("Serial number"), lambda row: row.serial_no),
    Column("addresses", _("IP address"), lambda row: "、".join(getattr(row, "address_list", ()))),
    Column("mac", _("MAC address"), lambda row: row.mac),
    Column("vendor", _("Vendor"), lambda row: row.vendor.name if row.vendor else "", ("vendor",)),
    Column("custodian", _("Custodian"), lambda row: row.custodian),
    Column("installed_on", _("Installed on"), lambda row: row.installed_on),
    Column("warranty_until", _("Warranty until"), lambda row: row.warranty_until, sort="warranty_until"),
    Column("power_policy", _("Power policy"), lambda row: row.get_power_policy_display()),
    Column("is_key", _("Key device"), lambda row: _yes(row.is_key)),
    Column("criticality", _("Criticality"), lambda row: row.criticality),
    Column("ownership", _("Owned by"), lambda row: row.get_ownership_display()),
    Column("status_reason", _("Why this status"), lambda row: row.status_reason),
    Column("remark", _("Remark"), lambda row: row.remark),
    Column("updated_at", _("Last changed"), lambda row: row.updated_at, sort="updated_at"),
)
FIELDS = {field.name for field in Device._meta.concrete_fields}
BY_KEY = {column.key: column for column in COLUMNS}
ALWAYS = ("code", "name")
"""In the list these two stand together in the first cell; nothing can be told apart without them."""
SHOWN = ("category", "place", "status", "warranty_until")
"""What the list shows to whom has chosen nothing."""
EXPORTED = (
    "code", "name", "category", "place", "window", "unit", "status", "short_code", "asset_no", "brand", "model", "serial_no",
    "addresses", "mac", "vendor", "custodian", "installed_on", "warranty_until", "power_policy", "is_key", "criticality",
    "ownership", "remark",
)  # fmt: skip
SORTS = {column.sort for column in COLUMNS if column.sort}


def chosen(keys: Iterable[Any], otherwise: Sequence[str]) -> list[Column[Device]]:
    """The columns with these keys, in the house's order; those of `otherwise` when none of them is known."""
    return pick(COLUMNS, keys, otherwise)


NAMED_BY = {"window": "code"}
"""What a related thing is called by, where that is not its name."""


def reads_of(columns: Iterable[Column[Device]]) -> list[str]:
    """The fields that these columns and the first cell read, for only()."""
    own = {"code", "name", "brand", "model", "hall"}
    for column in columns:
        own |= {f"{join}__{NAMED_BY.get(join, 'name')}" for join in column.joins}
        if column.key in FIELDS:
            own.add(column.key)
    return sorted(own)
