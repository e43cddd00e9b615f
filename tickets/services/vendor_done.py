"""Verb `vendor_done`: the vendor has finished; the work goes on when it waited for them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.flow import claim
from parties.models import User
from records.models import Source
from tickets.models import Dispatch
from tickets.permissions import can_watch_dispatch
from tickets.services import common
from tickets.services.repair_common import stop_vendor_clock
from tickets.services.vendor_call import open_calls
from tickets.states import DISPATCH_FLOW, TicketStatus


@transaction.atomic
def vendor_done(
    *,
    dispatch: Dispatch,
    actor: User,
    at: datetime,
    result: str,
    done_at: datetime | None = None,
    arrived_at: datetime | None = None,
    vendor_engineer: str = "",
    source: str = Source.PAGE,
) -> Dispatch:
    """Record what the vendor did and when they finished (default `at`).

    `arrived_at` and `vendor_engineer` count where the arrival was not recorded; without an instant they came when they finished,
    as those do who help from afar. The ticket goes on when it waits and no other vendor is called. Raises NotAllowed, Invalid,
    Conflict.
    """
    common.require(can_watch_dispatch(actor, dispatch), _("Only who watches the vendor's work can record this."))
    done_at = done_at or at
    came = dispatch.arrived_at or arrived_at or done_at
    wrong = {
        "result": common.needed(result, 500, _("Please say what the vendor did.")),
        "vendor_engineer": common.optional(vendor_engineer, 40),
    }
    if not dispatch.called_at <= came <= done_at:
        wrong["arrived_at"] = _("They came between the call and the end of their work.")
    if done_at > at:
        wrong["done_at"] = _("They cannot have finished after now.")
    common.check_input(wrong)
    claim(
        dispatch,
        DISPATCH_FLOW,
        "vendor_done",
        arrived_at=came,
        done_at=done_at,
        result=result.strip(),
        vendor_engineer=vendor_engineer.strip() or dispatch.vendor_engineer,
    )
    stop_vendor_clock(dispatch, stopped_at=done_at, actor=actor, at=at, source=source)
    common.record(
        dispatch.ticket,
        "vendor_done",
        actor=actor,
        at=at,
        source=source,
        after={
            "dispatch": dispatch.pk,
            "vendor": dispatch.vendor,
            "arrived_at": came,
            "done_at": done_at,
            "result": dispatch.result,
        },
    )
    go_on_after(dispatch, actor=actor, at=at, source=source)
    return dispatch


def go_on_after(dispatch: Dispatch, *, actor: User, at: datetime, source: str) -> None:
    """Let a ticket go on that waits for vendors of whom none is called any more."""
    ticket = dispatch.ticket
    ticket.refresh_from_db(fields=["status"])
    if ticket.status != TicketStatus.WAITING_VENDOR or open_calls(ticket).exists():
        return
    common.take(ticket, "go_on", waiting_until=None)
    common.record(
        ticket,
        "go_on",
        actor=actor,
        at=at,
        source=source,
        before={"status": TicketStatus.WAITING_VENDOR.value, "waiting_since": ticket.waiting_since},
        after={"status": ticket.status},
    )
