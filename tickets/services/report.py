"""Verb `report`: a request of the client becomes a ticket and its response clock starts (一.3, 一.4)."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from contract.models import ServiceCategory
from contract.services.terms import term
from core import clock
from core.errors import Conflict, Gone, Invalid
from core.models import next_number
from core.prepared import Question
from devices.models import Device, Place
from parties.models import Contract, Organisation, Unit, User, Window
from records.models import Source
from records.services.attachments import PreparedImage, attachments_store
from sla.services.clock import clock_start
from tickets import rules
from tickets.canonical import names_of
from tickets.models import Ticket
from tickets.permissions import can_report, reporting_membership
from tickets.services import common
from tickets.services.listing import search_start
from tickets.services.repeat import repeat_suspect
from tickets.states import Channel, FaultType, Impact, TicketStatus, Urgency

RECORDED = "recorded"
"""The code of the Conflict that a form sent twice is answered with."""
RESPONSE = "response"
"""The kind of the clock that every ticket starts."""
PHONE = re.compile(r"^[0-9+()\- ]{3,20}$")


@transaction.atomic
def ticket_report(
    *,
    contract: Contract,
    actor: User,
    at: datetime,
    channel: str,
    description: str,
    title: str = "",
    reporter_name: str,
    reporter_phone: str = "",
    reporter: User | None = None,
    unit: Unit,
    window: Window | None = None,
    place: Place,
    device: Device | None = None,
    category: ServiceCategory | None = None,
    fault_type: str = "",
    impact: str = Impact.POINT,
    urgency: str = Urgency.MEDIUM,
    received_at: datetime | None = None,
    set_back_reason: str = "",
    source_system: str = "",
    external_no: str = "",
    external_at: datetime | None = None,
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
    is_demo: bool = False,
    form_token: UUID | None = None,
) -> Ticket:
    """Log a request. The response clock starts at `received_at` (default `at`).

    A work order of the grid system may bring its number, unique for each source, and the instant of its dispatch there: that
    instant counts (interpretations 4 and 32), and needs no further reason.

    Client staff report through the web page, as themselves; a clerk only for the own unit. The contractor's people log what
    came by telephone, in person, by chat or from the grid system: for these `received_at` may lie before `at`, with a reason;
    a difference above the term `set_back_flag_seconds` is flagged. Raises NotAllowed, Invalid with the fields that are wrong, or
    Conflict with code RECORDED when a form with this token has made its ticket already.
    """
    common.require(can_report(actor, contract), _("Your role may not report faults in this contract."))
    membership = reporting_membership(actor, contract)
    if membership is not None:
        reporter, reporter_name = actor, actor.name
        reporter_phone = reporter_phone or actor.phone
        if membership.unit_id is not None and membership.role == "clerk" and unit.pk != membership.unit_id:
            raise Invalid(
                _("You can report for your own unit only."), fields={"unit": _("Please choose your own unit.")}
            )
    source_system, external_no = source_system.strip(), external_no.strip()
    received = external_at or received_at or at
    if external_at is not None and not set_back_reason.strip():
        set_back_reason = _("Dispatched by %(system)s at this instant") % {"system": source_system}
    common.check_input(
        {
            "channel": _channel_complaint(channel, from_client=membership is not None),
            "description": common.needed(description, 2000, _("Please say what is wrong.")),
            "title": common.optional(title, 80),
            "reporter_name": common.needed(reporter_name, 40, _("Please say who reports it.")),
            "reporter_phone": ""
            if not reporter_phone or PHONE.match(reporter_phone)
            else _("Please give a telephone number."),
            "fault_type": common.chosen(fault_type, FaultType, blank=True),
            "impact": common.chosen(impact, Impact),
            "urgency": common.chosen(urgency, Urgency),
            **belonging_complaints(contract, unit, window, place, device, category),
            **_receipt_complaints(contract, channel, received, at, set_back_reason),
            **_external_complaints(contract, channel, source_system, external_no, external_at),
        }
    )
    day = received.astimezone(clock.SHANGHAI).date()
    set_back = (at - received).total_seconds()
    ticket = Ticket(
        contract=contract,
        is_demo=is_demo,
        form_token=form_token,
        channel=channel,
        title=title.strip() or rules.title_of(description),
        description=description.strip(),
        reporter=reporter,
        reporter_name=reporter_name.strip(),
        reporter_phone=reporter_phone.strip(),
        unit=unit,
        window=window,
        place=place,
        device=device,
        category=category,
        fault_type=fault_type,
        impact=impact,
        urgency=urgency,
        received_at=received,
        recorded_at=at,
        recorded_by=actor,
        set_back_reason=set_back_reason.strip() if set_back > 0 else "",
        set_back_flagged=external_at is None
        and set_back > 0
        and set_back > float(term(contract, "set_back_flag_seconds", day)),
        source_system=source_system,
        external_no=external_no,
        external_at=external_at,
    )
    return ticket_begin(ticket, photos, actor=actor, at=at, source=source)


@transaction.atomic
def ticket_scan_report(
    *,
    contract: Contract,
    device: Device,
    at: datetime,
    description: str,
    reporter_name: str,
    reporter_phone: str,
    unit: Unit | None = None,
    unit_text: str = "",
    photos: Sequence[PreparedImage] = (),
    form_token: UUID | None = None,
    is_demo: bool = False,
) -> Ticket:
    """Log what somebody without an account sent from a device's label; the response clock starts at `at` (interpretations 4).

    Contract and place are the device's. Who sent it is unconfirmed: nobody recorded it, and an engineer asks. The unit is one of
    the hall's or, while it is unconfirmed, what the sender calls it. Raises Invalid with the fields that are wrong, Gone when no
    contract is in force, or Conflict with code RECORDED when a form with this token has made its ticket already.
    """
    day = at.astimezone(clock.SHANGHAI).date()
    if device.hall_id != contract.hall_id or not contract.in_force_on(day):
        raise Gone(_("No service contract is in force for this hall today, so nothing can be reported here."))
    if unit is None and unit_text.strip():
        unit = Unit.objects.filter(
            organisation=contract.client_id, is_active=True, name__iexact=unit_text.strip()
        ).first()
    common.check_input(
        {
            "description": common.needed(description, 2000, _("Please say what is wrong.")),
            "reporter_name": common.needed(reporter_name, 40, _("Please say who you are.")),
            "reporter_phone": ""
            if PHONE.match(reporter_phone.strip())
            else _("Please give a number at which we can reach you."),
            "unit_text": ""
            if unit is not None
            else common.needed(unit_text, 40, _("Please choose your unit, or write what it is called.")),
            "unit": ""
            if unit is None or (unit.organisation_id == contract.client_id and unit.is_active)
            else _("Unknown in this hall; please choose from the list."),
        }
    )
    window = device.window
    ticket = Ticket(
        contract=contract,
        is_demo=is_demo,
        form_token=form_token,
        channel=Channel.SCAN,
        title=rules.title_of(description),
        description=description.strip(),
        reporter_name=reporter_name.strip(),
        reporter_phone=reporter_phone.strip(),
        reporter_unit=unit_text.strip() if unit is None else unit.name[:40],
        unconfirmed=True,
        unit=unit,
        window=window if window is not None and unit is not None and window.unit_id == unit.pk else None,
        place=device.place,
        device=device,
        received_at=at,
        recorded_at=at,
    )
    return ticket_begin(ticket, photos, actor=None, at=at, source=Source.LINK, label=ticket.reporter_name)


def ticket_begin(
    ticket: Ticket,
    photos: Sequence[PreparedImage],
    *,
    actor: User | None,
    at: datetime,
    source: str,
    label: str = "",
) -> Ticket:
    """Number the ticket, store it with its history and photos, and start its response clock."""
    contract = ticket.contract
    series = rules.number_series(contract.number_tag, ticket.received_at.astimezone(clock.SHANGHAI).date())
    ticket.code = rules.code_of(series, next_number(series))
    ticket.status = TicketStatus.PENDING_RESPONSE
    ticket.priority = rules.priority_of(ticket.impact, ticket.urgency)
    _parties_read(contract)
    ticket.frozen_names = names_of(ticket)
    ticket.updated_at = at
    _insert(ticket)
    search_start(ticket)
    common.record(
        ticket,
        "report",
        actor=actor,
        at=at,
        source=source,
        after={
            "status": ticket.status,
            "channel": ticket.channel,
            "received_at": ticket.received_at,
            "reporter_name": ticket.reporter_name,
            "unit": ticket.unit or ticket.reporter_unit,
            "place": ticket.place,
            "device": ticket.device,
            "category": ticket.category,
            "priority": ticket.priority,
            **({"unconfirmed": True} if ticket.unconfirmed else {}),
        },
        reason=ticket.set_back_reason,
        actor_label=label,
    )
    if photos:
        attachments_store(photos, contract=contract, subject=ticket, kind="photo", actor=actor, at=at, source=source)
    ticket.response_clock = clock_start(
        contract=contract,
        kind=RESPONSE,
        subject=ticket,
        started_at=ticket.received_at,
        actor=actor,
        at=at,
        source=source,
    )
    ticket.save(update_fields=["response_clock"])
    repeat_suspect(ticket, at, source)
    return ticket


def _parties_read(contract: Contract) -> None:
    """Client and contractor of the contract in one statement, where a page has not read them."""
    if not (Contract.client.is_cached(contract) and Contract.contractor.is_cached(contract)):
        rows = _parties(connection.alias).ask({_CLIENT: contract.client_id, _CONTRACTOR: contract.contractor_id})
        both = {row[0]: Organisation.from_db(connection.alias, _FIELDS, row) for row in rows}
        contract.client, contract.contractor = both[contract.client_id], both[contract.contractor_id]


_FIELDS = [field.attname for field in Organisation._meta.concrete_fields]
_CLIENT, _CONTRACTOR = -987_654_321, -987_654_322
"""Stand in for both in the statement that is kept."""


@cache
def _parties(_alias: str) -> Question:
    return Question(Organisation.objects.filter(Q(pk=_CLIENT) | Q(pk=_CONTRACTOR)).order_by().values_list(*_FIELDS))


def _insert(ticket: Ticket) -> None:
    """Insert the row; of two equal forms at the same moment the constraint lets one through."""
    if ticket.form_token is None and not ticket.external_no:
        ticket.save(force_insert=True)
        return
    try:
        with transaction.atomic():
            ticket.save(force_insert=True)
    except IntegrityError as error:
        if ticket.external_no and "external" in str(error):
            message = _("This work order has just been taken over by somebody else.")
            raise Conflict(message, fields={"external_no": message}) from error
        if ticket.form_token is None or not Ticket.objects.filter(form_token=ticket.form_token).exists():
            raise
        raise Conflict(_("This request has been logged already."), code=RECORDED) from error


def _external_complaints(
    contract: Contract, channel: str, source_system: str, external_no: str, external_at: datetime | None
) -> dict[str, str]:
    """What is wrong with another system's number: only the grid channel has one, it names its source, and it is new."""
    if not (source_system or external_no or external_at):
        return {}
    if channel != Channel.GRID:
        return {"external_no": _("Only what comes from the grid system has a number there.")}
    taken = Ticket.objects.filter(contract=contract, source_system=source_system, external_no=external_no)
    earlier = taken.exclude(status=TicketStatus.CANCELLED).values_list("code", flat=True).first()
    return {
        "source_system": common.needed(source_system, 40, _("Please say which system it comes from.")),
        "external_no": common.needed(external_no, 60, _("Please enter the number in that system."))
        or (_("This work order is here already: %(code)s.") % {"code": earlier} if earlier else ""),
    }


def _channel_complaint(channel: str, *, from_client: bool) -> str:
    if channel not in Channel.values:
        return _("Please choose one of the options.")
    if from_client and channel != Channel.WEB:
        return _("What you report yourself comes through the web page.")
    if not from_client and channel in (Channel.WEB, Channel.SCAN):
        return _(
            "Please say how the request reached you: by telephone, in person, by chat, from the grid system or from an inspection."
        )
    return ""


def belonging_complaints(
    contract: Contract,
    unit: Unit,
    window: Window | None,
    place: Place,
    device: Device | None,
    category: ServiceCategory | None,
) -> dict[str, str]:
    """Complaints about parts that do not belong to the contract, or to each other."""
    unknown = _("Unknown in this hall; please choose from the list.")
    return {
        "unit": "" if unit.organisation_id == contract.client_id and unit.is_active else unknown,
        "window": "" if window is None or window.unit_id == unit.pk else _("This window belongs to another unit."),
        "place": "" if place.hall_id == contract.hall_id and place.is_active else unknown,
        "device": "" if device is None or device.hall_id == contract.hall_id else unknown,
        "category": "" if category is None or category.contract_id == contract.pk else unknown,
    }


def _receipt_complaints(
    contract: Contract, channel: str, received: datetime, at: datetime, reason: str
) -> dict[str, str]:
    if received > at:
        return {"received_at": _("The request cannot have come in later than now.")}
    if not contract.in_force_on(received.astimezone(clock.SHANGHAI).date()):
        return {"received_at": _("The contract was not in force on that day.")}
    if received == at:
        return {}
    if channel not in rules.SET_BACK_CHANNELS:
        return {
            "received_at": _(
                "The start can be set back only for requests by telephone, in person, by chat or from the grid system."
            )
        }
    return {"set_back_reason": common.needed(reason, 200, _("Please say why the start is set back."))}
