"""A request as the client sees it: where it stands in plain words, and the one step that is theirs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from contract.services.terms import term_defaults, terms_of, version_in_force
from core import clock as clocks
from parties.models import Contract
from records.models import Purpose
from sla.states import ClockState
from tickets import permissions, rules
from tickets.finds.repair import add_estimates
from tickets.models import Ticket
from tickets.present.base import Act, act_for
from tickets.present.core import progress, response_view
from tickets.states import IN_HAND, TicketStatus
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


def delay(ticket: Ticket, now: datetime) -> str:
    """What to say when the instant that was promised is over and nothing has come; "" while all is as promised."""
    repair = ticket.repair_clock
    overdue = ticket.status == S.RESPONDED and ticket.commitment_at is not None and ticket.commitment_at < now
    if ticket.status in IN_HAND and repair is not None and repair.state == ClockState.RUNNING and repair.due_at:
        overdue = overdue or repair.due_at < now
    return _("It takes longer than promised. If it is urgent, please call the hotline.") if overdue else ""


def as_requests(tickets: Iterable[Ticket], user: Any, contract: Contract, now: datetime) -> list[Ticket]:
    """The tickets with what the client's pages show: progress, delay, turn, whether it waits, the countdown of the first answer."""
    rows = list(tickets)
    add_estimates(rows)
    versions = terms_of(contract)["rating_days"]
    usual = term_defaults()["rating_days"].value
    for ticket in rows:
        ticket.contract = contract
        ends = None
        if ticket.signed_at is not None:
            version = version_in_force(versions, ticket.signed_at.astimezone(clocks.SHANGHAI).date())
            ends = rules.rating_open_until(ticket.signed_at, int(usual if version is None else version.value))
        ticket.progress = progress(ticket)  # type: ignore[attr-defined]
        ticket.delay = delay(ticket, now)  # type: ignore[attr-defined]
        ticket.turn = turn_of(user, ticket, now, ends)  # type: ignore[attr-defined]
        # A rating is voluntary: it is offered beside what is done and never counted among what waits.
        ticket.waits = ticket.turn is not None and ticket.turn.verb != "rate"  # type: ignore[attr-defined]
        answering = ticket.status == S.PENDING_RESPONSE
        ticket.clock = response_view(ticket, now) if answering else None  # type: ignore[attr-defined]
    return rows
