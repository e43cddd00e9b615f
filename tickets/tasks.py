"""What beat calls for tickets: waits for the client that reached their limit, and what is closed for good by itself."""

from celery import shared_task

from core import clock
from tickets.services.archive import archive_due
from tickets.services.go_on import waits_end
from tickets.services.handover_open import handovers_remind


@shared_task(name="tickets.tasks.end_waits")
def end_waits() -> int:
    """Let tickets go on whose wait for the client has reached its limit; returns how many."""
    return waits_end(at=clock.now())


@shared_task(name="tickets.tasks.archive_rated")
def archive_rated() -> int:
    """Archive signed tickets whose time to be rated is over; returns how many."""
    return archive_due(at=clock.now())


@shared_task(name="tickets.tasks.remind_handovers")
def remind_handovers() -> int:
    """Tell the managers of hand-overs that nobody has answered for an hour; returns of how many."""
    return handovers_remind(at=clock.now())
