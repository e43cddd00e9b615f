"""Housekeeping of stored files."""

from celery import shared_task

from core import clock
from records.services.storage import orphans_sweep


@shared_task(name="records.tasks.sweep_orphans")
def sweep_orphans() -> int:
    """Remove files that no row names, left by failed transactions and killed processes; returns how many."""
    return orphans_sweep(at=clock.now())
