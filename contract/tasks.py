"""Beat's daily look whether a year's holiday arrangement is missing; the database decides who was told already."""

from celery import shared_task

from contract.services.national import missing_year_remind
from core import clock


@shared_task(name="contract.tasks.remind_missing_year")
def remind_missing_year() -> int:
    """Remind where it is due; returns how many contracts were."""
    return missing_year_remind(at=clock.now())
