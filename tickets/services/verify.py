"""Verbs `verify` and `refuse_work`: somebody other than the responsible engineer looks at finished work before the client does."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_verify
from tickets.services import common
from tickets.services.repair_clock import repair_again, signature_ask
from tickets.states import TicketStatus


@transaction.atomic
def ticket_verify(*, ticket: Ticket, actor: User, at: datetime, note: str = "", source: str = Source.PAGE) -> Ticket:
    """Find finished work good; who did so is part of what the client signs. Raises NotAllowed, Invalid or Conflict."""
    _require(ticket, actor)
    common.check_input({"note": common.optional(note, 300)})
    common.take(
        ticket,
        "verify",
        checked_by=actor,
        checked_at=at,
        frozen_names={**ticket.frozen_names, "checked_by": actor.name},
        content_version=F("content_version") + 1,
    )
    ticket.refresh_from_db(fields=["content_version"])
    common.record(
        ticket,
        "verify",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.TO_VERIFY.value},
        after={"status": ticket.status, "checked_at": at},
        reason=note.strip(),
    )
    ask_to_sign(ticket, actor=actor, at=at, source=source)
    return ticket


@transaction.atomic
def ticket_refuse_work(*, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> Ticket:
    """Find finished work not in order: it goes on, counts as rework, and its repair is timed anew.

    Raises NotAllowed, Invalid or Conflict.
    """
    _require(ticket, actor)
    common.check_input({"reason": common.needed(reason, 300, _("Please say what is not in order."))})
    common.take(ticket, "refuse_work", rework_count=F("rework_count") + 1, content_version=F("content_version") + 1)
    ticket.refresh_from_db(fields=["rework_count", "content_version"])
    common.record(
        ticket,
        "refuse_work",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.TO_VERIFY.value},
        after={"status": ticket.status, "rework_count": ticket.rework_count},
        reason=reason.strip(),
    )
    repair_again(ticket, actor=actor, at=at, reason=reason.strip(), source=source)
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="work_refused",
        recipients=common.people(assignee, without=actor),
        title=gettext_noop("%(code)s did not pass: %(name)s found something"),
        body="%(reason)s",
        params={"code": ticket.code, "name": actor.name, "reason": reason.strip()},
        urgent=True,
        at=at,
        source=source,
    )
    return ticket


def ask_to_sign(ticket: Ticket, *, actor: User, at: datetime, source: str) -> None:
    """Work was found good: the client's promise to sign begins, and the reporter is told."""
    signature_ask(ticket, actor=actor, at=at, source=source)
    common.tell(
        ticket,
        topic="to_sign",
        recipients=common.people(common.reporter_account(ticket), without=actor),
        title=gettext_noop("%(code)s is done: please check it and sign"),
        params={"code": ticket.code},
        at=at,
        source=source,
    )


def _require(ticket: Ticket, actor: User) -> None:
    common.require(
        can_verify(actor, ticket),
        _("Another engineer or the manager verifies this, never the one who is responsible for it."),
    )
