"""A request as the client sees it: where it stands in plain words, when to expect what, and the one step that is theirs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from contract.services.terms import term_defaults, terms_of, version_in_force
from core import clock as clocks
from parties.models import Contract
from records.models import Purpose
from tickets import permissions, rules
from tickets.models import Ticket
from tickets.present.base import Act, act_for
from tickets.present.core import progress, response_view
from tickets.states import OPEN, CommitmentKind, TicketStatus
from tickets.subject import can_sign

S = TicketStatus


def turn_of(user: Any, ticket: Ticket, now: datetime, rating_ends: datetime | None) -> Act | None:
    """The step of this reader of the client's side, or None while it is the contractor's turn. `rating_ends` is the last instant at
    which a signed ticket can be rated."""
    if can_sign(user, ticket, Purpose.COMPLETION):
        url = reverse("records:sign", args=["ticket", ticket.pk, Purpose.COMPLETION.value])
        return Act("sign", _("Check and sign"), "signature", url, rank=1)
    if ticket.status == S.WAITING_CUSTOMER and permissions.can_sign(user, ticket):
        return act_for(ticket, "note", _("Answer"), "message", rank=0)
    rated = getattr(ticket, "rating", None) is not None
    in_time = ticket.status == S.SIGNED and rating_ends is not None and now <= rating_ends
    if in_time and not rated and permissions.can_rate(user, ticket):
        return act_for(ticket, "rate", _("Rate the work"), "star", rank=2)
    return None


def expected(ticket: Ticket, now: datetime) -> str:
    """When the client may expect what, in a few words; "" where nothing was promised or nothing is open."""
    if ticket.status == S.SCHEDULED and ticket.appointment_at is not None:
        return _("Appointment: %(when)s") % {"when": _when(ticket.appointment_at)}
    if ticket.status in (S.WAITING_VENDOR, S.WAITING_PART) and ticket.waiting_until is not None:
        return _("Goes on by %(when)s") % {"when": _when(ticket.waiting_until)}
    if ticket.status not in OPEN or ticket.status == S.TO_SIGN or ticket.commitment_at is None:
        return ""
    if ticket.commitment_kind == CommitmentKind.ARRIVAL:
        # Once somebody is there, that promise is kept; what remains is the repair's own.
        if ticket.arrived_at is None:
            return _said(ticket.commitment_at, now, _("Expected by %(when)s"))
        due = ticket.repair_clock.due_at if ticket.repair_clock is not None else None
        return _said(due, now, _("Repair expected by %(when)s")) if due is not None else ""
    return _said(ticket.commitment_at, now, _("Repair expected by %(when)s"))


def _said(at: datetime, now: datetime, words: str) -> str:
    if at < now:
        return _("Was promised for %(when)s; it takes longer. Call the hotline if it is urgent.") % {"when": _when(at)}
    return words % {"when": _when(at)}


def _when(at: datetime) -> str:
    return at.astimezone(clocks.SHANGHAI).strftime("%m-%d %H:%M")


def as_requests(tickets: Iterable[Ticket], user: Any, contract: Contract, now: datetime) -> list[Ticket]:
    """The tickets with what the client's pages show: progress, expected, turn, and the countdown of the first answer."""
    rows = list(tickets)
    versions = terms_of(contract)["rating_days"]
    usual = term_defaults()["rating_days"].value
    for ticket in rows:
        ticket.contract = contract
        ends = None
        if ticket.signed_at is not None:
            version = version_in_force(versions, ticket.signed_at.astimezone(clocks.SHANGHAI).date())
            ends = rules.rating_open_until(ticket.signed_at, int(usual if version is None else version.value))
        ticket.progress = progress(ticket)  # type: ignore[attr-defined]
        ticket.expected = expected(ticket, now)  # type: ignore[attr-defined]
        ticket.turn = turn_of(user, ticket, now, ends)  # type: ignore[attr-defined]
        answering = ticket.status == S.PENDING_RESPONSE
        ticket.clock = response_view(ticket, now) if answering else None  # type: ignore[attr-defined]
    return rows
