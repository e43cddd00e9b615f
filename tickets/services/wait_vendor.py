"""Verb `wait_vendor`: a vendor is called and the work waits for them; the promise goes on (附三.4)a), interpretation 8)."""

from datetime import datetime

from django.db import transaction

from parties.models import User, Vendor
from records.models import Source
from tickets.models import Dispatch, Ticket
from tickets.services.vendor_call import call


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
    return call(
        ticket, actor, at, vendor, how, task, called_at or at, due_at, spoke_with, supervisor, note, source, waits=True
    )
