"""Verb `resolve`: cause, solution and verification are written down; the client is asked to sign (附三.4))."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract.models import ServiceCategory
from contract.services.terms import term
from core import clock
from core.errors import Invalid
from parties.models import User
from records.models import Source, Visibility
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import changes
from tickets import rules
from tickets.finds.flow import engineers_of
from tickets.models import CauseCode, Ticket
from tickets.permissions import can_resolve
from tickets.services import common
from tickets.services.checklist import open_required
from tickets.services.remote_end import sessions_end
from tickets.services.repair_clock import repair_stop
from tickets.services.repeat import repeat_settle
from tickets.services.vendor_call import open_call_complaint
from tickets.services.verify import ask_to_sign
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
    cause_code: CauseCode | None = None,
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
) -> Ticket:
    """Record the finished work at `at`: the repair's promise ends, the signed content gets a new version, an open remote session
    ends with the solution as its summary. Category, fault type and cause code are kept unless given.

    The client is asked to sign at once, unless the contract wants somebody else to verify such a ticket first (verify_by_other).
    Raises NotAllowed, Invalid (also while a vendor is called and nobody has recorded how that ended) or Conflict.
    """
    common.require(
        can_resolve(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    if ticket.unconfirmed:
        raise Invalid(_("Please confirm first who reported this: the signature is asked of that person."))
    foreign = category is not None and category.contract_id != ticket.contract_id
    unknown = cause_code is not None and cause_code.contract_id != ticket.contract_id
    common.check_input(
        {
            "cause": common.needed(cause, 1000),
            "solution": common.needed(solution, 2000),
            "verification": common.needed(verification, 500),
            "verified_by": common.needed(verified_by, 40, _("Please say who checked it with you.")),
            "result": common.chosen(result, Result),
            "fault_type": common.chosen(fault_type, FaultType, blank=True),
            "category": _("Unknown in this hall; please choose from the list.") if foreign else "",
            "cause_code": _("Unknown in this hall; please choose from the list.") if unknown else "",
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
        "cause_code": cause_code or ticket.cause_code,
    }
    before, after = changes(ticket, **new)
    names = {
        **ticket.frozen_names,
        "category": new["category"].name if new["category"] else "",
        "cause_code": new["cause_code"].name if new["cause_code"] else "",
        "checked_by": "",
    }
    common.take(
        ticket,
        "resolve",
        resolved_at=at,
        checked_by=None,
        checked_at=None,
        part_asked_at=None,
        frozen_names=names,
        content_version=F("content_version") + 1,
        **new,
    )
    ticket.refresh_from_db(fields=["content_version"])
    # Asked with the row held: nobody can take a tick back or call a vendor from here on.
    if missing := open_required(ticket):
        raise Invalid(_("Please tick first: %(items)s") % {"items": _(", ").join(missing)})
    if complaint := open_call_complaint(ticket):
        raise Invalid(complaint)
    common.record(
        ticket,
        "resolve",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.IN_PROGRESS.value, **before},
        after={"status": ticket.status, "resolved_at": at, **after},
    )
    repeat_settle(ticket, at, source)
    repair_stop(ticket, actor=actor, at=at, source=source)
    sessions_end(ticket, at=at, summary=solution.strip())
    if photos:
        attachments_store(
            photos, contract=ticket.contract, subject=ticket, kind="result", actor=actor, at=at, source=source
        )
    day = at.astimezone(clock.SHANGHAI).date()
    if rules.needs_another(ticket.priority, int(term(ticket.contract, "verify_by_other", day))):
        _ask_another(ticket, actor, at, source)
    else:
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
        ask_to_sign(ticket, actor=actor, at=at, source=source)
    return ticket


def _ask_another(ticket: Ticket, actor: User, at: datetime, source: str) -> None:
    """Tell those who may verify: the managers and the contract's other engineers."""
    told = common.people(common.managers_of(ticket.contract, at), engineers_of(ticket.contract, at), without=actor)
    common.tell(
        ticket,
        topic="to_verify",
        recipients=[person for person in told if person.pk != ticket.assignee_id],
        title=gettext_noop("%(code)s is done: please verify it before the client signs"),
        params={"code": ticket.code},
        at=at,
        source=source,
    )
