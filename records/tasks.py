"""Housekeeping of stored files, and checks of the records."""

from celery import shared_task

from core import clock
from records.services.storage import orphans_sweep
from records.services.verification import verification_run_now, verifications_run


@shared_task(name="records.tasks.sweep_orphans")
def sweep_orphans() -> int:
    """Remove files that no row names, left by failed transactions and killed processes; returns how many."""
    return orphans_sweep(at=clock.now())


@shared_task(name="records.tasks.run_verifications")
def run_verifications() -> int:
    """Do the checks of the records that somebody asked for; returns how many."""
    return verifications_run(at=clock.now())


@shared_task(name="records.tasks.verify_nightly")
def verify_nightly() -> str:
    """Check all records once a night; returns the state that was found."""
    return str(verification_run_now(at=clock.now()).state)
