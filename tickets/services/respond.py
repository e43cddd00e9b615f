"""Verb `respond`: contact, first triage and commitment. Only this act stops the response clock (一.4, 附三.3))."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.roles import MANAGER
from parties.models import User
from parties.querysets import role_in
from records.models import Source
from sla.services.clock import clock_stop
from tickets import rules
from tickets.models import Ticket
from tickets.permissions import can_respond
from tickets.services import common
from tickets.services.escalate import escalate_at_response
from tickets.services.repair_clock import repair_respond
from tickets.services.report import ticket_report
from tickets.states import CommitmentKind, ContactMethod, TicketStatus, Triage


@transaction.atomic
def ticket_respond(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    contact_method: str,
    contact_person: str,
    triage: str,
    commitment_kind: str,
    commitment_at: datetime,
    analysis: str = "",
    source: str = Source.PAGE,
) -> Ticket:
    """Record the response; `at` is its instant. The actor becomes responsible, and the promise of the repair begins.

    A manager responds on behalf of the engineers and is marked so. Raises NotAllowed, Invalid (an element is missing, a
    difficult fault has no analysis, or the commitment lies before the response or implausibly far away), or Conflict naming
    whoever was quicker.
    """
    common.require(
        can_respond(actor, ticket), _("Only an engineer or the project manager of this contract can respond.")
    )
    common.check_input(
        {
            "contact_method": common.chosen(contact_method, ContactMethod),
            "contact_person": common.needed(contact_person, 40, _("Please say with whom you spoke.")),
            "triage": common.chosen(triage, Triage),
            "commitment_kind": common.chosen(commitment_kind, CommitmentKind),
            "commitment_at": ""
            if rules.commitment_is_plausible(at, commitment_at)
            else _("The commitment must lie after now and within %(days)s days.")
            % {"days": rules.COMMITMENT_HORIZON.days},
            "analysis": common.needed(
                analysis, 500, _("A difficult fault needs a first analysis for the manager and the client.")
            )
            if triage == Triage.DIFFICULT
            else common.optional(analysis, 500),
        }
    )
    on_behalf = role_in(actor, ticket.contract_id) == MANAGER
    given: dict[str, Any] = {
        "contact_method": contact_method,
        "contact_person": contact_person.strip(),
        "triage": triage,
        "analysis": analysis.strip(),
        "commitment_kind": commitment_kind,
        "commitment_at": commitment_at,
    }
    names = {**ticket.frozen_names, "assignee": actor.name}
    common.take(
        ticket,
        "respond",
        assignee=actor,
        responded_at=at,
        responded_on_behalf=on_behalf,
        frozen_names=names,
        **given,
    )
    common.record(
        ticket,
        "respond",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.PENDING_RESPONSE.value},
        after={"status": ticket.status, "assignee": actor, "on_behalf": on_behalf, **given},
    )
    if ticket.response_clock is not None:
        ticket.response_clock = clock_stop(clock=ticket.response_clock, at=at, actor=actor, source=source)
    repair_respond(ticket, actor=actor, at=at, source=source)
    _tell(ticket, actor, at, source)
    if triage == Triage.DIFFICULT:
        escalate_at_response(ticket, actor=actor, at=at, source=source)
    return ticket


@transaction.atomic
def ticket_report_and_respond(*, report: dict[str, Any], response: dict[str, Any], actor: User, at: datetime) -> Ticket:
    """Log a call or a walk-in and respond to it in one transaction; the response's instant is `at`.

    `report` and `response` are the arguments of `ticket_report` and `ticket_respond` without ticket, actor and at.
    """
    ticket = ticket_report(actor=actor, at=at, **report)
    return ticket_respond(ticket=ticket, actor=actor, at=at, **response)


def _tell(ticket: Ticket, actor: User, at: datetime, source: str) -> None:
    params = {
        "code": ticket.code,
        "title": ticket.title,
        "engineer": actor.name,
        "when": common.local_time(ticket.commitment_at) if ticket.commitment_at else "",
    }
    text = (
        gettext_noop("%(code)s: %(engineer)s has taken your request and comes by %(when)s")
        if ticket.commitment_kind == CommitmentKind.ARRIVAL
        else gettext_noop("%(code)s: %(engineer)s has taken your request; repair is expected by %(when)s")
    )
    common.tell(
        ticket,
        topic="responded",
        recipients=common.people(common.reporter_account(ticket), without=actor),
        title=text,
        params=params,
        at=at,
        source=source,
    )
