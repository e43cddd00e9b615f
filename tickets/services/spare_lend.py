"""Verb `spare_lend`: a spare is lent for the time of the repair, by a loan slip of the register (附三.4)c))."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from devices.models import Device, Loan
from devices.services.loans import loan_open
from devices.states import DeviceStatus
from parties.models import Unit, User
from records.models import Source
from tickets.models import Ticket
from tickets.permissions import can_lend
from tickets.services import common
from tickets.services.spare import LENDING, loan_link


@transaction.atomic
def ticket_spare_lend(
    *,
    ticket: Ticket,
    spare: Device,
    actor: User,
    at: datetime,
    borrower_name: str,
    borrower_unit: Unit,
    due_on: date,
    condition_out: str,
    borrower_phone: str = "",
    accessories: str = "",
    source: str = Source.PAGE,
) -> Loan:
    """Lend a spare to the ticket's unit: the slip is opened and handed out, and belongs to the ticket.

    It stands in for the ticket's device where there is one. Raises NotAllowed, Invalid, Conflict (lent already, ticket closed).
    """
    common.require(
        can_lend(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    if not Ticket.objects.filter(pk=ticket.pk, status__in=LENDING).exists():
        raise Conflict(_("The ticket is closed; spares are lent while it is open."))
    if spare.hall_id != ticket.contract.hall_id or spare.status != DeviceStatus.SPARE:
        common.check_input({"spare": _("%(device)s is not a spare any more.") % {"device": spare}})
    account = ticket.reporter if ticket.reporter is not None and ticket.reporter.name == borrower_name.strip() else None
    loan = loan_open(
        contract=ticket.contract,
        actor=actor,
        at=at,
        device=spare,
        stands_in_for=ticket.device,
        borrower=account,
        borrower_name=borrower_name,
        borrower_unit=borrower_unit,
        borrower_phone=borrower_phone,
        purpose=f"工单 {ticket.code} 维修期间临时使用",
        place=ticket.place,
        due_on=due_on,
        accessories=accessories,
        condition_out=condition_out,
        source=source,
    )
    loan_link(ticket=ticket, loan=loan, actor=actor, at=at, source=source)
    return loan
