"""Verb `split`: a second fault in one request becomes a ticket of its own, with a number and clocks of its own."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from devices.models import Device, Place
from parties.models import User
from records.models import Source
from sla.services.clock import clock_stop
from tickets import rules
from tickets.models import Ticket
from tickets.permissions import can_arrange
from tickets.services import common
from tickets.services.escalate import escalate_at_response
from tickets.services.link import link_make
from tickets.services.repair_clock import BY_TRIAGE, repair_start
from tickets.services.report import ticket_begin
from tickets.states import BEFORE_SIGNING, LinkKind, TicketStatus, Triage

ANSWER = (
    "assignee",
    "responded_at",
    "responded_on_behalf",
    "contact_method",
    "contact_person",
    "triage",
    "analysis",
    "commitment_kind",
    "commitment_at",
)
"""What a response consists of: the answer to the request answered both of its parts."""


@transaction.atomic
def ticket_split(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    description: str,
    place: Place | None = None,
    device: Device | None = None,
    named_now: bool = False,
    reason: str = "",
    source: str = Source.PAGE,
) -> Ticket:
    """Make a part of a request into a new ticket of the same reporter; returns it.

    Its clocks start at the receipt of the original, whose answer, where it was given, counts for both parts: the verdict about
    the five minutes is the same. What the client named only now (`named_now`, with a reason) is received now and not answered
    yet. Raises NotAllowed, Invalid, or Conflict when the work on the original is done.
    """
    common.require(can_arrange(actor, ticket), _("Only the contractor's people arrange tickets."))
    place = place or (device.place if device is not None else ticket.place)
    unknown = _("Unknown in this hall; please choose from the list.")
    hall_id = ticket.contract.hall_id
    common.check_input(
        {
            "description": common.needed(description, 2000, _("Please say what is wrong.")),
            "place": "" if place.hall_id == hall_id else unknown,
            "device": "" if device is None or device.hall_id == hall_id else unknown,
            "reason": common.needed(reason, 200, _("Please say why it counts from now."))
            if named_now
            else common.optional(reason, 200),
        }
    )
    if ticket.status not in BEFORE_SIGNING:
        raise Conflict(_("The work on this ticket is done; please report the other fault anew."))
    if ticket.unconfirmed:
        raise Conflict(_("Please confirm first who reported it."))
    part = _part(ticket, actor, at, description.strip(), place, device, named_now=named_now)
    part = ticket_begin(part, (), actor=actor, at=at, source=source)
    if ticket.responded_at is not None and not named_now:
        _answer(ticket, part, actor, at, source)
    link_make(part, ticket, LinkKind.SPLIT_FROM, actor=actor, at=at, source=source)
    for one, other in ((ticket, part), (part, ticket)):
        common.record(
            one,
            "split" if one is ticket else "split_from",
            actor=actor,
            at=at,
            source=source,
            after={"ticket": other, "received_at": part.received_at},
            reason=reason.strip(),
        )
    common.tell(
        part,
        topic="split",
        recipients=common.people(
            common.reporter_account(ticket), [ticket.assignee] if ticket.assignee else [], without=actor
        ),
        title=gettext_noop("%(code)s was split off from %(original)s: %(title)s"),
        params={"code": part.code, "original": ticket.code, "title": part.title},
        at=at,
        source=source,
    )
    return part


def _part(
    ticket: Ticket, actor: User, at: datetime, description: str, place: Place, device: Device | None, *, named_now: bool
) -> Ticket:
    """The new ticket before it is stored: the reporter's, about another thing."""
    window = ticket.window if place.pk == ticket.place_id else None
    if device is not None and device.window is not None and device.window.unit_id == ticket.unit_id:
        window = device.window
    return Ticket(
        contract=ticket.contract,
        is_demo=ticket.is_demo,
        channel=ticket.channel,
        title=rules.title_of(description),
        description=description,
        reporter=ticket.reporter,
        reporter_name=ticket.reporter_name,
        reporter_phone=ticket.reporter_phone,
        unit=ticket.unit,
        window=window,
        place=place,
        device=device,
        category=ticket.category if device is None else None,
        impact=ticket.impact,
        urgency=ticket.urgency,
        received_at=at if named_now else ticket.received_at,
        recorded_at=at,
        recorded_by=actor,
    )


def _answer(ticket: Ticket, part: Ticket, actor: User, at: datetime, source: str) -> None:
    """Let the answer to the request count for its part too: same instant, same engineer, same promise."""
    given: dict[str, Any] = {name: getattr(ticket, name) for name in ANSWER}
    names = {**part.frozen_names, "assignee": str(ticket.frozen_names.get("assignee", ""))}
    common.take(part, "respond", frozen_names=names, **given)
    common.record(
        part,
        "respond",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.PENDING_RESPONSE.value},
        after={
            "status": part.status,
            "assignee": ticket.assignee,
            **{name: given[name] for name in ANSWER if name not in ("assignee", "responded_on_behalf")},
        },
        reason=_("answered with %(code)s") % {"code": ticket},
    )
    if part.response_clock is not None and ticket.responded_at is not None:
        part.response_clock = clock_stop(
            clock=part.response_clock, at=at, stopped_at=ticket.responded_at, actor=actor, source=source
        )
    if part.triage == Triage.DIFFICULT:
        # The manager judges the part too, and gives it back where only the other one is difficult.
        escalate_at_response(part, actor=actor, at=at, source=source)
    kind = BY_TRIAGE.get(part.triage)
    if kind is not None and ticket.responded_at is not None:
        repair_start(part, kind=kind, started_at=ticket.responded_at, actor=actor, at=at, source=source)
