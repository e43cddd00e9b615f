"""The columns of the list of tickets and of its exports."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.columns import Column, pick
from core.templatetags.ui import mask_phone
from tickets.models import Ticket


def _late(clock: Any) -> str:
    return gettext("Yes") if clock is not None and clock.breached_at else ""


def _due(clock: Any) -> Any:
    return clock.due_at if clock is not None else None


COLUMNS: tuple[Column[Ticket], ...] = (
    Column("code", _("Ticket number"), lambda row: row.code),
    Column("title", _("Title"), lambda row: row.title),
    Column("description", _("Symptom"), lambda row: row.description),
    Column("status", _("Status"), lambda row: row.get_status_display(), sort="status"),
    Column("channel", _("Channel"), lambda row: row.get_channel_display()),
    Column("priority", _("Priority"), lambda row: f"P{row.priority}", sort="priority"),
    Column("reporter", _("Reported by"), lambda row: row.reporter_name),
    Column("phone", _("Phone"), lambda row: mask_phone(row.reporter_phone) if row.reporter_phone else ""),
    Column("unit", _("Unit"), lambda row: row.unit_name, ("unit",)),
    Column("window", _("Window"), lambda row: row.window.code if row.window else "", ("window",)),
    Column("place", _("Place"), lambda row: row.place.name, ("place",)),
    Column("device", _("Device"), lambda row: str(row.device or ""), ("device",)),
    Column("category", _("Service category"), lambda row: str(row.category or ""), ("category",)),
    Column("fault_type", _("Fault type"), lambda row: row.get_fault_type_display() if row.fault_type else ""),
    Column("triage", _("First triage"), lambda row: row.get_triage_display() if row.triage else ""),
    Column("assignee", _("Engineer"), lambda row: row.assignee.name if row.assignee else "", ("assignee",)),
    Column("received_at", _("Received at"), lambda row: row.received_at, sort="received"),
    Column("due", _("Deadline"), lambda row: _due(row.response_clock), ("response_clock", "repair_clock"), sort="due"),
    Column("response_due", _("Response due at"), lambda row: _due(row.response_clock), ("response_clock",)),
    Column("responded_at", _("Responded at"), lambda row: row.responded_at),
    Column("response_late", _("Response late"), lambda row: _late(row.response_clock), ("response_clock",)),
    Column("commitment_at", _("Committed for"), lambda row: row.commitment_at),
    Column("arrived_at", _("Arrived at"), lambda row: row.arrived_at),
    Column("repair_due", _("Repair due at"), lambda row: _due(row.repair_clock), ("repair_clock",)),
    Column("resolved_at", _("Resolved at"), lambda row: row.resolved_at),
    Column("repair_late", _("Repair late"), lambda row: _late(row.repair_clock), ("repair_clock",)),
    Column("signed_at", _("Signed at"), lambda row: row.signed_at),
    Column("cause", _("Cause"), lambda row: row.cause),
    Column("solution", _("Solution"), lambda row: row.solution),
    Column("result", _("Result"), lambda row: row.get_result_display() if row.result else ""),
    Column("rework", _("Rework"), lambda row: row.rework_count),
    Column("updated_at", _("Last changed"), lambda row: row.updated_at, sort="updated"),
)
BY_KEY = {column.key: column for column in COLUMNS}
LISTED = (
    "status", "priority", "assignee", "received_at", "due", "reporter", "unit", "device", "category", "fault_type", "channel",
    "triage", "commitment_at", "resolved_at", "signed_at", "rework", "updated_at",
)  # fmt: skip
"""What the list can show beside number, title and place, which stand together in its first cell."""
SHOWN = ("status", "assignee", "received_at", "due")
"""What it shows to whom has chosen nothing."""
EXPORTED = tuple(column.key for column in COLUMNS if column.key != "due")


def chosen(keys: Iterable[Any]) -> list[Column[Ticket]]:
    """The columns of the list with these keys, in the house's order; the usual ones when none of them is known."""
    return pick([column for column in COLUMNS if column.key in LISTED], keys, SHOWN)
