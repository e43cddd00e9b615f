"""Verb `vendor_call_off`: the vendor is not needed any more, by our own decision; it says nothing about how they work."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.flow import claim
from parties.models import User
from records.models import Source
from sla.models import Clock
from sla.services.clock import clock_cancel
from tickets.models import Dispatch, Ticket
from tickets.permissions import can_watch_dispatch
from tickets.services import common
from tickets.services.repair_common import RUNS
from tickets.services.vendor_call import open_calls
from tickets.services.vendor_done import go_on_after
from tickets.states import DISPATCH_FLOW


@transaction.atomic
def vendor_call_off(*, dispatch: Dispatch, actor: User, at: datetime, note: str, source: str = Source.PAGE) -> Dispatch:
    """Call a vendor off, and say why. The ticket goes on when it waits for nobody else. Raises NotAllowed, Invalid, Conflict."""
    common.require(can_watch_dispatch(actor, dispatch), _("Only who watches the vendor's work can record this."))
    common.check_input({"note": common.needed(note, 300, _("Please say why nobody need come any more."))})
    _call_off(dispatch, actor=actor, at=at, note=note.strip(), source=source)
    go_on_after(dispatch, actor=actor, at=at, source=source)
    return dispatch


def calls_end(ticket: Ticket, *, actor: User, at: datetime, reason: str, source: str) -> None:
    """Call off whoever is called about a ticket that falls away, and ask our people to tell them.

    Part of the verb that ends the ticket: its row is claimed already, so that nobody is called at the same moment.
    """
    for dispatch in open_calls(ticket).select_related("supervisor"):
        dispatch.ticket = ticket
        _call_off(dispatch, actor=actor, at=at, note=reason, source=source)
        assignee = [ticket.assignee] if ticket.assignee is not None else []
        common.tell(
            ticket,
            topic="vendor",
            recipients=common.people([dispatch.supervisor], assignee),
            title=gettext_noop("%(code)s: please tell %(vendor)s that nobody need come any more"),
            body="%(reason)s",
            params={"code": ticket.code, "vendor": dispatch.vendor.name, "reason": reason},
            at=at,
            source=source,
        )


def _call_off(dispatch: Dispatch, *, actor: User, at: datetime, note: str, source: str) -> None:
    claim(dispatch, DISPATCH_FLOW, "vendor_call_off", called_off_at=at, note=note)
    if dispatch.clock_id is not None:
        for clock in Clock.objects.filter(pk=dispatch.clock_id, state__in=RUNS):
            clock_cancel(clock=clock, at=at, actor=actor, reason=note)
    common.record(
        dispatch.ticket,
        "vendor_call_off",
        actor=actor,
        at=at,
        source=source,
        after={"dispatch": dispatch.pk, "vendor": dispatch.vendor},
        reason=note,
    )
