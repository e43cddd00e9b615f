"""Spares during a repair: one is lent, or somebody says why none (附三.4)c), interpretation 11)."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from contract.services.calendar import calendar_of
from core.errors import Conflict
from devices.models import Loan, SpareRefusal
from devices.models.loan import OPEN
from devices.services.swaps import spare_refuse
from devices.states import LoanStatus
from parties.models import User
from records.models import Source
from tickets.models import NoSpare, Plan, Ticket, TicketLoan
from tickets.permissions import can_lend
from tickets.rules_repair import spare_is_owed
from tickets.services import common
from tickets.states import BEFORE_SIGNING, PlanStatus, TicketStatus, Triage

LENDING = (*BEFORE_SIGNING, TicketStatus.TO_SIGN.value)
"""While a ticket stands here, spares are lent for it."""


def loans_of(ticket: Ticket) -> list[Loan]:
    """The loan slips of a ticket, newest first."""
    if "loan" not in ticket.holds:
        return []
    rows = Loan.objects.filter(ticket_loan__ticket=ticket).select_related("device", "part", "borrower_unit")
    return list(rows.order_by("-id"))


def loans_out(ticket: Ticket) -> list[Loan]:
    """Loans of a ticket that have not ended; it cannot be closed for good while there is one."""
    return [loan for loan in loans_of(ticket) if loan.status in OPEN]


def spare_needed(ticket: Ticket, at: datetime | None = None) -> bool:
    """Whether the repair takes, or by its plan will take, more than one working day, so that a spare is owed."""
    if ticket.triage in ("", Triage.SERVICE_REQUEST, Triage.USER_ERROR):
        return False
    until = ticket.resolved_at or at or ticket.received_at
    if "plan" in ticket.holds and ticket.resolved_at is None:
        plan = Plan.objects.filter(ticket=ticket, status=PlanStatus.IN_FORCE).only("estimate_at").first()
        if plan is not None and plan.estimate_at is not None:
            until = max(until, plan.estimate_at)
    if until.date() == ticket.received_at.date():
        return False
    return spare_is_owed(calendar_of(ticket.contract), ticket.received_at, until)


def spare_settled(ticket: Ticket, at: datetime | None = None) -> bool:
    """Whether nothing is missing about the spare: none is owed, one was lent, or the reason why not stands there.

    `at` is the instant up to which work that is not done yet has taken.
    """
    if "loan" in ticket.holds or "no_spare" in ticket.holds:
        return True
    return not spare_needed(ticket, at)


@transaction.atomic
def loan_link(*, ticket: Ticket, loan: Loan, actor: User, at: datetime, source: str = Source.PAGE) -> TicketLoan:
    """Let an open loan slip belong to the ticket. Raises NotAllowed, Invalid, Conflict (it belongs to a ticket already)."""
    common.require(
        can_lend(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    foreign = loan.contract.hall_id != ticket.contract.hall_id or loan.status not in OPEN
    common.check_input({"loan": _("There is no such open loan in this hall.") if foreign else ""})
    # Held from here on, so that the ticket is not closed for good at the same moment.
    if not Ticket.objects.filter(pk=ticket.pk, status__in=LENDING).update(status=F("status")):
        raise Conflict(_("The ticket is closed; spares are lent while it is open."))
    try:
        with transaction.atomic():
            row = TicketLoan.objects.create(ticket=ticket, loan=loan, linked_by=actor, linked_at=at)
    except IntegrityError:
        raise Conflict(_("This loan belongs to a ticket already.")) from None
    common.hold(ticket, "loan")
    thing = str(loan.device or loan.part or "")
    common.record(
        ticket,
        "spare_lend" if loan.status == LoanStatus.OUT else "loan_link",
        actor=actor,
        at=at,
        source=source,
        after={"loan": loan.code, "thing": thing, "borrower": loan.borrower_name, "due_on": loan.due_on},
    )
    return row


@transaction.atomic
def no_spare(*, ticket: Ticket, why: str, note: str, actor: User, at: datetime, source: str = Source.PAGE) -> NoSpare:
    """Record why no spare is lent; where the fault has a device, its history shows it too. Raises NotAllowed, Invalid, Conflict."""
    common.require(
        can_lend(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    common.check_input(
        {
            "why": common.chosen(why, SpareRefusal.Why),
            "note": common.needed(note, 200, _("Please say what was agreed with the user instead.")),
        }
    )
    gone = (TicketStatus.CANCELLED, TicketStatus.MERGED, TicketStatus.ARCHIVED)
    if not Ticket.objects.filter(pk=ticket.pk).exclude(status__in=gone).update(status=F("status")):
        raise Conflict(_("The ticket is closed; spares are lent while it is open."))
    row = NoSpare.objects.create(ticket=ticket, why=why, note=note.strip(), actor=actor, at=at)
    common.hold(ticket, "no_spare")
    if ticket.device is not None:
        spare_refuse(
            device=ticket.device, contract=ticket.contract, why=why, note=f"{ticket.code} {note.strip()}"[:200], actor=actor,
            at=at, source=source,
        )  # fmt: skip
    common.record(
        ticket,
        "no_spare",
        actor=actor,
        at=at,
        source=source,
        after={"why": why},
        reason=note.strip(),
    )
    return row
