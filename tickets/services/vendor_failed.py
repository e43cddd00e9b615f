"""Verb `vendor_failed`: the vendor did not come, or went without having solved it; they can be called again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.flow import claim
from parties.models import User
from records.models import Source
from tickets.models import Dispatch, Ticket
from tickets.permissions import can_watch_dispatch
from tickets.services import common
from tickets.services.repair_common import people_behind, stop_vendor_clock
from tickets.services.vendor_call import vendor_call
from tickets.services.vendor_done import go_on_after
from tickets.states import DISPATCH_FLOW, TicketStatus


@transaction.atomic
def vendor_failed(
    *,
    dispatch: Dispatch,
    actor: User,
    at: datetime,
    note: str,
    call_again: bool = False,
    due_at: datetime | None = None,
    source: str = Source.PAGE,
) -> Dispatch:
    """End a call without success, and say why; with `call_again` the same vendor is called anew at once (due by `due_at`).

    The manager is told. Without another call the ticket goes on when it waits for nobody else. Returns the call that is open now,
    else the one that failed. Raises NotAllowed, Invalid, Conflict.
    """
    common.require(can_watch_dispatch(actor, dispatch), _("Only who watches the vendor's work can record this."))
    common.check_input({"note": common.needed(note, 300, _("Please say what happened."))})
    claim(dispatch, DISPATCH_FLOW, "vendor_failed", failed_at=at, note=note.strip())
    stop_vendor_clock(dispatch, stopped_at=at, actor=actor, at=at, source=source)
    ticket = dispatch.ticket
    common.record(
        ticket,
        "vendor_failed",
        actor=actor,
        at=at,
        source=source,
        after={"dispatch": dispatch.pk, "vendor": dispatch.vendor, "due_at": dispatch.due_at},
        reason=note.strip(),
    )
    common.tell(
        ticket,
        topic="vendor",
        recipients=people_behind(ticket, at, without=actor),
        title=gettext_noop("%(code)s: %(vendor)s did not come, or did not solve it"),
        body="%(note)s",
        params={"code": ticket.code, "vendor": dispatch.vendor.name, "note": note.strip()},
        at=at,
        source=source,
    )
    if not call_again:
        go_on_after(dispatch, actor=actor, at=at, source=source)
        return dispatch
    ticket.refresh_from_db(fields=["status"])
    again = vendor_call(
        ticket=ticket, actor=actor, at=at, vendor=dispatch.vendor, how=dispatch.how, task=dispatch.task, due_at=due_at,
        spoke_with=dispatch.spoke_with, supervisor=dispatch.supervisor, source=source,
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk, status=TicketStatus.WAITING_VENDOR).update(waiting_until=again.due_at)
    return again
