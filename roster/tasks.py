"""What beat calls every few minutes: tell the roster's alarms, enter earned days. Both may be repeated at will."""

import structlog
from celery import shared_task
from django.db import IntegrityError

from core import clock
from parties.models import Contract
from roster.plan import local_day
from roster.services.alarms import alarms_post
from roster.services.comp_off import comp_off_earn

log = structlog.get_logger(__name__)


@shared_task(name="roster.tasks.watch_rosters")
def watch_rosters() -> int:
    """Look at the roster of every contract in force; returns how many messages were posted."""
    now = clock.now()
    today = local_day(now)
    posted = 0
    for contract in Contract.objects.filter(starts_on__lte=today, ends_on__gte=today).order_by("pk"):
        try:
            posted += alarms_post(contract, now)
            comp_off_earn(contract, now)
        except IntegrityError:
            # Another worker told the same at the same moment; the next round sees what is left.
            log.info("roster_watched_elsewhere", contract=contract.code)
    return posted
