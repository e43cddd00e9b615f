"""The process that keeps the promises' time. Two or more may run; SIGTERM and Ctrl-C end it after the batch in hand."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from core import clock
from notifications.services.courier import Courier
from sla.engine import Engine


class Command(BaseCommand):
    help = "Fire due alerts and deliver messages until stopped. Needs the database only; several may run at once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the loop until a signal asks for its end."""
        engine = Engine()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: engine.stop())
        courier = Courier(now=clock.now)
        courier.start()
        engine.run()
        courier.stop()
