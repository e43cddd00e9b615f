"""How the lower apps reach a ticket: label, address, who sees and signs it, what is signed, what a rung says."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from core.subjects import Subject
from parties.models import User
from records.models import Purpose
from tickets import canonical, permissions
from tickets.models import Ticket
from tickets.querysets import tickets_visible_to
from tickets.services.sign import ticket_signed
from tickets.states import TICKET_FLOW, TicketStatus

KEY = "ticket"


def _url(ticket: Ticket) -> str:
    return reverse("tickets:detail", args=[ticket.code])


def label(ticket: Ticket) -> str:
    """What messages call a ticket: number, title and place, the place as it was called when the fault was reported."""
    return " · ".join(
        part for part in (f"{ticket.code} {ticket.title}", str(ticket.frozen_names.get("place", ""))) if part
    )


def recipients(ticket: Ticket, target: str, _at: datetime) -> list[User]:
    """The people behind a ladder's target that the roster does not know: the engineer who has the ticket, and who reported it."""
    person = {"assignee": ticket.assignee, "reporter": ticket.reporter}.get(target)
    return [person] if person is not None and person.is_active else []


def may_sign_now(ticket: Ticket, purpose: str) -> bool:
    """Whether the ticket's state asks for that signature: acceptance while work goes on, completion when it is done.

    Nothing is signed before it is known who reported it.
    """
    if ticket.unconfirmed:
        return False
    if purpose == Purpose.ACCEPTANCE:
        return ticket.status not in (TicketStatus.CANCELLED, TicketStatus.SIGNED)
    return TICKET_FLOW.allows("sign", ticket.status)


def can_sign(user: Any, ticket: Ticket, purpose: str) -> bool:
    """Whether this account may give this signature now."""
    return may_sign_now(ticket, purpose) and permissions.can_sign(user, ticket)


def can_ask(user: Any, ticket: Ticket, purpose: str) -> bool:
    """Whether this account may issue a link or hand its phone over for this signature now."""
    return may_sign_now(ticket, purpose) and permissions.can_ask_signature(user, ticket)


def summary(ticket: Ticket, language: str) -> dict[str, Any]:
    """What the signing page shows before the full text."""
    with translation.override(language):
        facts = [
            (_("Place"), str(ticket.place)),
            (_("Device"), ticket.device.name if ticket.device else ""),
            (_("Symptom"), ticket.description),
            (_("Cause"), ticket.cause),
            (_("Solution"), ticket.solution),
            (_("Verification"), ticket.verification),
            (_("Engineer"), ticket.assignee.name if ticket.assignee else ""),
        ]
        return {
            "title": ticket.title,
            "code": ticket.code,
            "facts": [(label, value) for label, value in facts if value],
            "signer_name": ticket.reporter_name,
            "signer_unit": ticket.unit_name,
        }


SUBJECT = Subject(
    key=KEY,
    model=Ticket,
    label=label,
    url=_url,
    visible_to=tickets_visible_to,
    canonical={
        Purpose.ACCEPTANCE.value: canonical.acceptance_text,
        Purpose.COMPLETION.value: canonical.completion_text,
    },
    rated=frozenset({Purpose.COMPLETION.value}),
    signed_version=lambda ticket: int(ticket.content_version),
    on_signed=ticket_signed,
    can_sign=can_sign,
    can_ask=can_ask,
    recipients=recipients,
    summary=summary,
    mine=lambda user: Ticket.objects.filter(assignee=user),
)
