"""Verb `sign`: what a handwritten signature does to its ticket, in the transaction in which records stores it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from records.models import Purpose, Signature, Source
from tickets.models import Ticket
from tickets.services import common
from tickets.services.rate import ticket_rate
from tickets.services.repair_clock import signature_given

RATING_SOURCES = {"account": Source.PAGE, "link": Source.LINK, "handover": Source.PAGE}


def ticket_signed(
    ticket: Ticket,
    *,
    signature: Signature,
    at: datetime,
    rating: int | None = None,
    comment: str = "",
    source: str = "",
    **_more: Any,
) -> None:
    """The completion signature ends the work; a signature under the submitted order (acceptance) is only entered.

    A rating given with it is stored with the way in which it was given. Raises Conflict when the ticket moved on meanwhile.
    """
    door = source or RATING_SOURCES.get(signature.way, Source.PAGE)
    after = {
        "purpose": signature.purpose,
        "way": signature.way,
        "signer": signature.signer_name,
        "witness": signature.witness,
    }
    if signature.purpose == Purpose.ACCEPTANCE:
        common.record(
            ticket, "accept", actor=signature.signer, actor_label=signature.signer_name, at=at, source=door, after=after
        )
        return
    was = ticket.status
    common.take(ticket, "sign", signed_at=at)
    common.record(
        ticket,
        "sign",
        actor=signature.signer,
        actor_label=signature.signer_name,
        at=at,
        source=door,
        before={"status": was},
        after={"status": ticket.status, "signed_at": at, **after},
    )
    signature_given(ticket, actor=signature.signer, at=at, source=door)
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="signed",
        recipients=common.people(assignee),
        title=gettext_noop("%(code)s was signed by %(name)s"),
        params={"code": ticket.code, "name": signature.signer_name},
        at=at,
        source=door,
    )
    if rating is not None:
        ticket_rate(
            ticket=ticket,
            level=rating,
            comment=comment,
            way=signature.way,
            rated_by=signature.signer,
            rater_name=signature.signer_name,
            at=at,
            source=door,
        )
