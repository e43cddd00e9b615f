"""The safety net under run_clocks: beat calls this every 30 seconds."""

from celery import shared_task

from core import clock
from notifications.services.courier import Courier
from notifications.services.delivery import deliver_due

BATCH = 200
BATCHES = 50
"""A task ends after this many batches; what is left is for the next one."""
SECONDS = 20.0
"""So long at most it waits for the targets outside."""


@shared_task(name="notifications.tasks.deliver_due_messages")
def deliver_due_messages() -> int:
    """Deliver what is due, in the app and outside; returns how many rows were dealt with in the app."""
    total = 0
    for _ in range(BATCHES):
        done = deliver_due(clock.now(), BATCH)
        total += done
        if done < BATCH:
            break
    Courier(now=clock.now).sweep(SECONDS)
    return total
