"""Finds: plans, calls to vendors, parts, and how vendors did."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from contract.services.calendar import calendar_of
from parties.models import Contract, Vendor
from tickets.models import Dispatch, NoSpare, Plan, Ticket, TicketPart
from tickets.querysets import tickets_visible_to
from tickets.rules_repair import Call, Score, repeats_among, score_of
from tickets.states import PlanStatus


def dispatches_visible_to(user: Any) -> QuerySet[Dispatch]:
    """Calls to vendors about tickets that the user sees."""
    return Dispatch.objects.filter(ticket__in=tickets_visible_to(user)).select_related(
        "ticket__assignee", "vendor", "supervisor"
    )


def dispatches_of(ticket: Ticket) -> list[Dispatch]:
    """The calls about a ticket, the newest first."""
    rows = Dispatch.objects.filter(ticket=ticket)
    return list(rows.select_related("vendor", "supervisor", "clock__policy", "clock__calendar_revision"))


def plans_of(ticket: Ticket) -> list[Plan]:
    """Every version of a ticket's plan, the newest first."""
    return list(Plan.objects.filter(ticket=ticket).select_related("author", "approved_by"))


def add_estimates(tickets: Iterable[Ticket]) -> None:
    """Set `estimate_at` on tickets with a plan in force: one statement for all of them, none where none has one."""
    planned = {ticket.pk: ticket for ticket in tickets if "plan" in ticket.holds}
    if not planned:
        return
    rows = Plan.objects.filter(ticket__in=planned, status=PlanStatus.IN_FORCE)
    for pk, estimate in rows.values_list("ticket_id", "estimate_at"):
        planned[pk].estimate_at = estimate  # type: ignore[attr-defined]


def parts_of(ticket: Ticket) -> list[TicketPart]:
    """Parts entered for a ticket, those taken back too."""
    return list(TicketPart.objects.filter(ticket=ticket).select_related("used_by", "undone_by"))


def no_spare_of(ticket: Ticket) -> NoSpare | None:
    """The reason that holds why no spare was lent."""
    return NoSpare.objects.filter(ticket=ticket).select_related("actor").first()


# How vendors did ------------------------------------------------------------------------------------------------------


def calls_between(contract: Contract, first: datetime, last: datetime) -> QuerySet[Dispatch]:
    """Calls made in [first, last) under a contract."""
    return Dispatch.objects.filter(contract=contract, called_at__gte=first, called_at__lt=last)


def scores_of(contract: Contract, first: datetime, last: datetime, now: datetime) -> dict[int, Score]:
    """Every vendor's figures in [first, last), by the vendor's id; vendors who were not called are absent."""
    by_vendor: dict[int, list[Call]] = {}
    for row in calls_between(contract, first, last).select_related("ticket"):
        by_vendor.setdefault(row.vendor_id, []).append(call_of(row))
    calls = [call for rows in by_vendor.values() for call in rows]
    faults = _faults(contract, calls)
    calendar = calendar_of(contract)
    return {vendor: score_of(rows, calendar, now, repeats_among(rows, faults)) for vendor, rows in by_vendor.items()}


def calls_of_vendor(contract: Contract, vendor: Vendor, first: datetime, last: datetime) -> list[Dispatch]:
    """A vendor's calls in [first, last), the newest first."""
    rows = calls_between(contract, first, last).filter(vendor=vendor)
    return list(rows.select_related("ticket__device", "vendor", "supervisor").order_by("-called_at", "-id"))


def call_of(dispatch: Dispatch) -> Call:
    """A call as the scorecard's rules take it."""
    return Call(
        called_at=dispatch.called_at,
        due_at=dispatch.due_at,
        arrived_at=dispatch.arrived_at,
        done_at=dispatch.done_at,
        status=dispatch.status,
        called_off_at=dispatch.called_off_at,
        device_id=dispatch.ticket.device_id,
        ticket_id=dispatch.ticket_id,
    )


def repeats_of(contract: Contract, calls: list[Call]) -> int:
    """How many of these calls were followed by another fault of the same device within seven days."""
    return repeats_among(calls, _faults(contract, calls))


def _faults(contract: Contract, calls: list[Call]) -> Mapping[int, list[tuple[int, datetime]]]:
    """The reports about the devices of these calls, by device; none where nothing was finished."""
    done = [call for call in calls if call.done_at is not None and call.device_id is not None]
    if not done:
        return {}
    rows = Ticket.objects.filter(
        contract=contract,
        device_id__in={call.device_id for call in done},
        received_at__gte=min(call.called_at for call in done),
    ).exclude(status__in=("cancelled", "merged"))
    faults: dict[int, list[tuple[int, datetime]]] = {}
    for pk, device, received in rows.values_list("pk", "device_id", "received_at"):
        faults.setdefault(device or 0, []).append((pk, received))
    return faults
