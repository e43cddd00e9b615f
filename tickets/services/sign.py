"""Verb `sign`: what a handwritten signature does to its ticket, in the transaction in which records stores it."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from core import roles
from core.clock import SHANGHAI
from parties.querysets import people_with_role
from records.models import PaperSheet, PaperState, Purpose, Signature, Source
from tickets.models import Ticket
from tickets.services import common
from tickets.services.rate import ticket_rate
from tickets.services.repair_clock import signature_given

ACCEPTED = "accepted"
"""Stands in `ticket.holds` once the order itself was signed."""
PAPER = "paper"
"""Stands in `ticket.holds` once a sheet signed on paper was uploaded."""
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
        common.hold(ticket, ACCEPTED)
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


def ticket_paper(ticket: Ticket, *, sheet: PaperSheet, at: datetime, source: str = "") -> None:
    """A sheet signed on paper came in: whoever may confirm it is told; decided about, who uploaded it is told."""
    common.hold(ticket, PAPER)
    day = at.astimezone(SHANGHAI).date()
    if sheet.state == PaperState.UPLOADED:
        supervisors = people_with_role(ticket.contract, roles.SUPERVISOR, on=day)
        to = common.people(common.managers_of(ticket.contract, at), supervisors, without=sheet.uploaded_by)
        title = gettext_noop("%(code)s was signed on paper: please confirm the photo")
    elif sheet.state == PaperState.REFUSED:
        to, title = [sheet.uploaded_by], gettext_noop("%(code)s: the photo of the signed sheet was refused")
    else:
        return
    common.tell(
        ticket,
        topic="paper",
        recipients=to,
        title=title,
        body="%(reason)s" if sheet.reason else "",
        params={"code": ticket.code, "reason": sheet.reason},
        at=at,
        source=source,
    )
