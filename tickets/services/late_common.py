"""What the verbs of a late entry share: the ticket made from the sheet by the same services, and who is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from contract.models import ServiceCategory
from devices.models import Device, Place
from notifications.services.outbox import message_post
from parties.models import Contract, Unit, User, Window
from records.models import Source
from records.services.audit import plain
from sla.services.late import clocks_recorded_at
from tickets.finds.outage import clocks_of
from tickets.models import LateEntry, Ticket
from tickets.services.arrive import ticket_arrive
from tickets.services.report import ticket_report
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond

TOPIC = "late_entry"
REQUEST = ("channel", "title", "description", "reporter_name", "reporter_phone", "fault_type", "impact", "urgency")
LINKS: Mapping[str, type[Any]] = {
    "unit": Unit,
    "window": Window,
    "place": Place,
    "device": Device,
    "category": ServiceCategory,
}
RESPONSE = ("contact_method", "contact_person", "triage", "analysis", "commitment_kind", "commitment_at")
WORK = ("cause", "solution", "verification", "verified_by", "result")
WHEN = ("responded_at", "arrived_at", "resolved_at", "commitment_at")


def packed(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as the entry keeps it: records as {"id", "label"}, instants as text."""
    return {name: plain(value) for name, value in values.items() if value not in (None, "")}


def unpacked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values again, records read from the database; one that is gone is None."""
    found = dict(values)
    for name, model in LINKS.items():
        held = values.get(name)
        found[name] = model.objects.filter(pk=held["id"]).first() if isinstance(held, dict) else None
    for name in WHEN:
        text = values.get(name)
        found[name] = parse_datetime(text) if text else None
    return found


def ticket_from_sheet(
    *,
    contract: Contract,
    engineer: User,
    received_at: datetime,
    values: Mapping[str, Any],
    source: str = Source.PAPER,
    is_demo: bool = False,
) -> Ticket:
    """Report, respond, arrive and resolve at the real instants through the verbs' own services, as far as the sheet goes.

    Raises what they raise: a sheet that breaks their rules makes no ticket.
    """
    ticket = ticket_report(
        contract=contract,
        actor=engineer,
        at=received_at,
        source=source,
        is_demo=is_demo,
        **{name: values[name] for name in REQUEST if values.get(name)},
        **{name: values[name] for name in LINKS if values.get(name) is not None},
    )
    if values.get("responded_at"):
        answer: dict[str, Any] = {name: values.get(name) or "" for name in RESPONSE}
        ticket = ticket_respond(
            ticket=ticket,
            actor=engineer,
            at=values["responded_at"],
            source=source,
            **answer,
        )
    if values.get("arrived_at"):
        ticket = ticket_arrive(
            ticket=ticket,
            actor=engineer,
            at=values["arrived_at"],
            service_mode=values.get("service_mode") or "on_site",
            authorised_by=values.get("authorised_by", ""),
            tool=values.get("tool", ""),
            source=source,
        )
    if values.get("resolved_at"):
        ticket = ticket_resolve(
            ticket=ticket,
            actor=engineer,
            at=values["resolved_at"],
            source=source,
            **{name: values.get(name, "") for name in WORK},
        )
    return ticket


def recorded_late(ticket: Ticket, entry: LateEntry, *, at: datetime) -> Ticket:
    """Mark the ticket as entered later: who typed it and when stay visible, and its clocks say when they were recorded."""
    changes = {"recorded_at": at, "recorded_by": entry.entered_by, "late_entry": entry}
    Ticket.objects.filter(pk=ticket.pk).update(**changes)
    for name, value in changes.items():
        setattr(ticket, name, value)
    clocks_recorded_at(clock_ids=clocks_of(ticket), at=at)
    return ticket


def tell(
    entry: LateEntry,
    *,
    recipients: list[User],
    title: str,
    body: str,
    params: Mapping[str, Any],
    at: datetime,
    source: str,
) -> None:
    """Post a message about the entry."""
    message_post(
        contract=entry.contract,
        topic=TOPIC,
        recipients=recipients,
        title=title,
        body=body,
        params={"code": entry.code, **params},
        url=reverse("tickets:late", args=[entry.pk]),
        subject=entry,
        at=at,
        delivered_at=at if source == Source.DEMO else None,
        source=source,
    )
