"""Verb `archive`: a signed ticket is closed for good, by the manager or by itself once its time to be rated is over."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contract.services.terms import term
from core import clock
from core.errors import Conflict
from parties.models import Contract, User
from records.models import Source
from tickets import rules
from tickets.models import Ticket
from tickets.permissions import can_archive
from tickets.services import common
from tickets.services.spare import loans_out
from tickets.states import TicketStatus


@transaction.atomic
def ticket_archive(*, ticket: Ticket, actor: User, at: datetime, source: str = Source.PAGE) -> Ticket:
    """Archive a signed ticket. Raises NotAllowed, or Conflict, also while a spare is lent for it (附三.4)c)."""
    common.require(can_archive(actor, ticket), _("Only the project manager archives tickets."))
    archive_one(ticket, actor=actor, at=at, source=source)
    return ticket


def archive_due(*, at: datetime) -> int:
    """Archive every ticket whose time to be rated is over and for which nothing is lent; returns how many. Safe to repeat."""
    archived = 0
    for contract in Contract.objects.filter(tickets__status=TicketStatus.SIGNED).distinct().order_by("pk"):
        days = int(term(contract, "rating_days", at.astimezone(clock.SHANGHAI).date()))
        over = Ticket.objects.filter(
            contract=contract, status=TicketStatus.SIGNED, signed_at__lt=at - timedelta(days=days)
        )
        for ticket in over.select_related("contract").order_by("signed_at", "id"):
            # The number of days that held when it was signed counts, as it does for the rating.
            if ticket.signed_at is None or at <= rules.rating_open_until(ticket.signed_at, _rating_days(ticket)):
                continue
            try:
                with transaction.atomic():
                    archive_one(ticket, actor=None, at=at, source=Source.TASK)
            except Conflict:
                # Something is lent for it, or somebody moved it at the same moment.
                continue
            archived += 1
    return archived


def refuse_while_lent(ticket: Ticket) -> None:
    """Raise Conflict while something lent for this ticket has not come back."""
    ticket.refresh_from_db(fields=["holds"])
    if loans_out(ticket):
        raise Conflict(
            _(
                "A spare is still lent for this ticket, so it cannot close for good while it is out. Please take it back first."
            )
        )


def archive_one(ticket: Ticket, *, actor: User | None, at: datetime, source: str) -> None:
    """Archive it, by the manager's act or by itself. Raises Conflict."""
    common.take(ticket, "archive", archived_at=at)
    refuse_while_lent(ticket)
    common.record(
        ticket,
        "archive",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.SIGNED.value},
        after={"status": ticket.status},
    )


def _rating_days(ticket: Ticket) -> int:
    day = (ticket.signed_at or ticket.received_at).astimezone(clock.SHANGHAI).date()
    return int(term(ticket.contract, "rating_days", day))
