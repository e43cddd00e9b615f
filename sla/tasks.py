"""The safety net under run_clocks: beat calls this every 30 seconds. It does the same, by the same function."""

from celery import shared_task

from core import clock
from sla.services.firing import BATCH, fire_due, next_batch
from sla.services.heartbeat import BEAT, beat

BATCHES = 50
"""A task ends after this many batches; what is left is for the next one."""


@shared_task(name="sla.tasks.fire_due_alerts")
def fire_due_alerts() -> int:
    """Fire what is due; returns how many rungs fired."""
    beat(BEAT, clock.now())
    total, batch = 0, BATCH
    for _ in range(BATCHES):
        fired = fire_due(clock.now(), batch)
        total += fired
        if fired < batch:
            break
        batch = next_batch(fired, batch)
    return total
