"""Verb `resolve`: cause, solution and verification are written down; the client is asked to sign (附三.4))."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract.models import ServiceCategory
from core.errors import Invalid
from parties.models import User
from records.models import Source, Visibility
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import changes
from tickets.models import Ticket
from tickets.permissions import can_resolve
from tickets.services import common
from tickets.states import FaultType, Result, TicketStatus


@transaction.atomic
def ticket_resolve(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    cause: str,
    solution: str,
    verification: str,
    verified_by: str,
    result: str,
    category: ServiceCategory | None = None,
    fault_type: str = "",
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
) -> Ticket:
    """Record the finished work at `at`; the signed content gets a new version. Category and fault type are kept unless given.

    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(
        can_resolve(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    if ticket.unconfirmed:
        raise Invalid(_("Please confirm first who reported this: the signature is asked of that person."))
    foreign = category is not None and category.contract_id != ticket.contract_id
    common.check_input(
        {
            "cause": common.needed(cause, 1000),
            "solution": common.needed(solution, 2000),
            "verification": common.needed(verification, 500),
            "verified_by": common.needed(verified_by, 40, _("Please say who checked it with you.")),
            "result": common.chosen(result, Result),
            "fault_type": common.chosen(fault_type, FaultType, blank=True),
            "category": _("Unknown in this hall; please choose from the list.") if foreign else "",
        }
    )
    new: dict[str, Any] = {
        "cause": cause.strip(),
        "solution": solution.strip(),
        "verification": verification.strip(),
        "verified_by": verified_by.strip(),
        "result": result,
        "category": category or ticket.category,
        "fault_type": fault_type or ticket.fault_type,
    }
    before, after = changes(ticket, **new)
    names = {**ticket.frozen_names, "category": new["category"].name if new["category"] else ""}
    common.take(ticket, "resolve", resolved_at=at, frozen_names=names, content_version=F("content_version") + 1, **new)
    ticket.refresh_from_db(fields=["content_version"])
    common.record(
        ticket,
        "resolve",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.IN_PROGRESS.value, **before},
        after={"status": ticket.status, "resolved_at": at, **after},
    )
    common.take(ticket, "verify")
    common.record(
        ticket,
        "verify",
        actor=None,
        at=at,
        source=source,
        before={"status": TicketStatus.TO_VERIFY.value},
        after={"status": ticket.status},
        visibility=Visibility.INTERNAL,
    )
    if photos:
        attachments_store(
            photos, contract=ticket.contract, subject=ticket, kind="result", actor=actor, at=at, source=source
        )
    common.tell(
        ticket,
        topic="to_sign",
        recipients=common.people(common.reporter_account(ticket), without=actor),
        title=gettext_noop("%(code)s is done: please check it and sign"),
        params={"code": ticket.code},
        at=at,
        source=source,
    )
    return ticket
