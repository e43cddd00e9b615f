"""manage.py reindex_search: bring what devices are found by up to date, after a restore or a change made in the database."""

from typing import Any

from django.core.management.base import BaseCommand

from devices.models import Device
from devices.services.listing import search_refresh


class Command(BaseCommand):
    """Reads every device and writes only what differs; may run at any time and as often as one likes."""

    help = "Bring the search index of the devices up to date."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Say how many devices there are, and how many were found by something else than what they are."""
        total = Device.objects.count()
        changed = search_refresh(Device.objects.all())
        self.stdout.write(f"{total} devices, {changed} brought up to date")
