"""How the lower apps reach a ticket: label, address, who sees and signs it, what is signed, what a rung says."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from core.subjects import Subject
from parties.models import User
from records.models import Purpose, Signature
from records.querysets import signatures_of
from tickets import canonical, permissions
from tickets.models import Ticket
from tickets.querysets import tickets_visible_to
from tickets.services.sign import ACCEPTED, ticket_paper, ticket_signed
from tickets.states import IN_HAND, TICKET_FLOW, TicketStatus

KEY = "ticket"
ACCEPTABLE = (*IN_HAND, TicketStatus.TO_SIGN.value, TicketStatus.CLOSED_UNSIGNED.value)
"""States in which the order itself can be signed: it never gates the work, and completion covers it once that is signed."""


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


def is_accepted(ticket: Ticket) -> bool:
    """Whether the order itself is signed and still says what was signed; asks the database only when it ever was."""
    return ACCEPTED in ticket.holds and any(
        still_stands(ticket, row) for row in signatures_of(ticket, Purpose.ACCEPTANCE.value)
    )


def still_stands(ticket: Ticket, signature: Signature) -> bool:
    """Acceptance stands as long as the order says the same, whatever version the work has reached; completion only as it is."""
    if signature.purpose == Purpose.ACCEPTANCE:
        with translation.override(settings.LANGUAGE_CODE):
            return canonical.same_but_version(signature.canonical_text, canonical.acceptance_text(ticket))
    return signature.version == ticket.content_version


def sitting(ticket: Ticket, purpose: str) -> str:
    """The order itself is signed together with the completed work, while nobody has signed it."""
    both = purpose == Purpose.COMPLETION and may_sign_now(ticket, Purpose.ACCEPTANCE)
    return Purpose.ACCEPTANCE.value if both else ""


def may_sign_now(ticket: Ticket, purpose: str) -> bool:
    """Whether the ticket's state asks for that signature: acceptance from the response on, completion when the work is done.

    Nothing is signed before it is known who reported it.
    """
    if ticket.unconfirmed:
        return False
    if purpose == Purpose.ACCEPTANCE:
        return ticket.status in ACCEPTABLE and not is_accepted(ticket)
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
    person=lambda ticket: ticket.reporter_id,
    canonical={
        Purpose.ACCEPTANCE.value: canonical.acceptance_text,
        Purpose.COMPLETION.value: canonical.completion_text,
    },
    rated=frozenset({Purpose.COMPLETION.value}),
    signed_version=lambda ticket: int(ticket.content_version),
    on_signed=ticket_signed,
    can_sign=can_sign,
    can_ask=can_ask,
    sitting=sitting,
    still_stands=still_stands,
    on_paper=ticket_paper,
    recipients=recipients,
    summary=summary,
    mine=lambda user: Ticket.objects.filter(assignee=user),
)
