"""manage.py reindex_search: bring what devices and tickets are found by up to date, after a restore or a change in the database."""

from typing import Any

from django.core.management.base import BaseCommand

from devices.models import Device
from devices.services.listing import search_refresh as devices_refresh
from tickets.models import Ticket
from tickets.services.listing import search_refresh as tickets_refresh


class Command(BaseCommand):
    """Reads every device and ticket and writes only what differs; may run at any time and as often as one likes."""

    help = "Bring the search index of devices and tickets up to date."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Say how many there are of each, and how many were found by something else than what they are."""
        changed = devices_refresh(Device.objects.all())
        self.stdout.write(f"{Device.objects.count()} devices, {changed} brought up to date")
        changed = tickets_refresh(Ticket.objects.all())
        self.stdout.write(f"{Ticket.objects.count()} tickets, {changed} brought up to date")
