"""Verbs `confirm` and `refuse` of a late entry: by the manager, who is not the one who entered it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.flow import claim
from parties.models import User
from records.models import Source
from records.services.audit import audit_write
from tickets.models import LateEntry, Ticket
from tickets.permissions import can_decide_late
from tickets.services import common
from tickets.services import late_common as late
from tickets.states import LATE_FLOW, TicketStatus


@transaction.atomic
def late_confirm(*, entry: LateEntry, actor: User, at: datetime, note: str = "", source: str = Source.PAGE) -> Ticket:
    """Make the ticket of the sheet with its real instants; `at` is when it was recorded, and stays so on ticket and clocks.

    Verdicts follow from the real instants: a response that was late on paper is late. Raises NotAllowed (the manager alone, never
    who entered it nor whose work it tells; what a manager entered another manager or the client's supervisor confirms), Invalid
    when the sheet no longer holds, or Conflict naming nobody twice.
    """
    _decide(entry, "confirm_late", actor, at, note, required=False)
    ticket = late.ticket_from_sheet(
        contract=entry.contract,
        engineer=entry.engineer,
        received_at=entry.received_at,
        values=late.unpacked(entry.values),
        source=Source.DEMO if source == Source.DEMO else Source.PAPER,
        is_demo=entry.is_demo,
    )
    late.recorded_late(ticket, entry, at=at)
    common.hold(ticket, "late_entry")
    audit_write(
        contract=entry.contract,
        subject=entry,
        verb="confirm_late",
        actor=actor,
        at=at,
        source=source,
        after={"status": entry.status, "ticket": ticket},
        reason=entry.decision_note,
    )
    common.record(
        ticket,
        "entered_late",
        actor=actor,
        at=at,
        source=source,
        after={
            "entry": entry,
            "entered_by": entry.entered_by,
            "entered_at": entry.entered_at,
            "paper_no": entry.paper_no,
        },
        reason=entry.reason,
    )
    late.tell(
        entry,
        recipients=common.people([entry.entered_by, entry.engineer], without=actor),
        title=gettext_noop("%(code)s is confirmed: ticket %(ticket)s"),
        body="",
        params={"ticket": ticket.code},
        at=at,
        source=source,
    )
    if ticket.status == TicketStatus.TO_SIGN:
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


@transaction.atomic
def late_refuse(*, entry: LateEntry, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> LateEntry:
    """Refuse a late entry with the reason; it stays readable, and the sheet can be entered anew. Raises as late_confirm does."""
    _decide(entry, "refuse_late", actor, at, reason, required=True)
    audit_write(
        contract=entry.contract,
        subject=entry,
        verb="refuse_late",
        actor=actor,
        at=at,
        source=source,
        after={"status": entry.status},
        reason=entry.decision_note,
    )
    late.tell(
        entry,
        recipients=common.people([entry.entered_by], without=actor),
        title=gettext_noop("%(code)s was refused by %(name)s"),
        body="%(reason)s",
        params={"name": actor.name, "reason": entry.decision_note},
        at=at,
        source=source,
    )
    return entry


def _decide(entry: LateEntry, verb: str, actor: User, at: datetime, note: str, *, required: bool) -> None:
    common.require(
        can_decide_late(actor, entry),
        _("The project manager decides, never who entered it or whose work it tells."),
    )
    common.check_input(
        {"reason": common.needed(note, 300, _("Please say why."))} if required else {"note": common.optional(note, 300)}
    )
    claim(
        entry,
        LATE_FLOW,
        verb,
        refused=_("Somebody has decided on this entry already."),
        decided_by=actor,
        decided_at=at,
        decision_note=note.strip(),
    )
