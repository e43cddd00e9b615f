"""Verb `wait_vendor`: a vendor is called and the work waits for them; the promise goes on (附三.4)a), interpretation 8)."""

from datetime import datetime

from django.db import transaction

from parties.models import User, Vendor
from records.models import Source
from tickets.models import Dispatch, Ticket
from tickets.services import common
from tickets.services.vendor_call import vendor_call


@transaction.atomic
def ticket_wait_vendor(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    vendor: Vendor,
    how: str,
    task: str,
    called_at: datetime | None = None,
    due_at: datetime | None = None,
    spoke_with: str = "",
    supervisor: User | None = None,
    note: str = "",
    source: str = Source.PAGE,
) -> Dispatch:
    """Call a vendor as `vendor_call` does, and let the ticket wait for them. Raises what that raises."""
    dispatch = vendor_call(
        ticket=ticket, actor=actor, at=at, vendor=vendor, how=how, task=task, called_at=called_at, due_at=due_at,
        spoke_with=spoke_with, supervisor=supervisor, note=note, source=source,
    )  # fmt: skip
    before = {"status": ticket.status}
    common.take(
        ticket,
        "wait_vendor",
        waiting_since=at,
        waiting_reason=f"{vendor.name}：{dispatch.task}"[:300],
        waiting_until=dispatch.due_at,
        waiting_known_by="",
    )
    common.record(
        ticket,
        "wait_vendor",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"status": ticket.status, "vendor": vendor, "until": dispatch.due_at},
    )
    return dispatch
