"""What beat calls: tell once what is due in the register, carry out what was planned for today."""

import structlog
from celery import shared_task
from django.db import IntegrityError

from core import clock
from devices.services.cards import cards_expire
from devices.services.consumables import fits_complete
from devices.services.planned import planned_carry_out
from devices.services.registrations import registrations_expire
from devices.services.reminders import due_tell
from devices.services.run_data import run_tasks_due

log = structlog.get_logger(__name__)


@shared_task(name="devices.tasks.tell_due")
def tell_due() -> int:
    """Tell what became due; returns how many things were told of."""
    try:
        return due_tell(at=clock.now())
    except IntegrityError:
        # Another worker told the same at the same moment; the next round sees what is left.
        log.info("due_told_elsewhere")
        return 0


@shared_task(name="devices.tasks.carry_out_planned")
def carry_out_planned() -> int:
    """Carry out the planned changes of status whose day has come; returns how many devices changed."""
    return planned_carry_out(at=clock.now())


@shared_task(name="devices.tasks.make_run_tasks")
def make_run_tasks() -> int:
    """Make last month's collections of run data where they are missing, and say of new devices what they use up."""
    return run_tasks_due(at=clock.now()) + fits_complete()


@shared_task(name="devices.tasks.expire_registrations")
def expire_registrations() -> int:
    """End the network registrations whose last day is over and stop their addresses; returns how many."""
    return registrations_expire(at=clock.now())


@shared_task(name="devices.tasks.expire_cards")
def expire_cards() -> int:
    """Mark the access cards whose last day is over; returns how many."""
    return cards_expire(at=clock.now())
