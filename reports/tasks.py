"""What beat asks of reports. A week ends by itself: nobody's act begins its promise."""

from celery import shared_task

from core import clock
from reports.services.promise import weekly_promises_start


@shared_task(name="reports.tasks.start_weekly_promises")
def start_weekly_promises() -> int:
    """Begin the promises of the week that ended last; returns how many began."""
    return weekly_promises_start(at=clock.now())
