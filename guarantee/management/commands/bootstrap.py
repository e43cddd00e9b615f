"""What script/server does before it starts: national calendar facts, and the demo where it belongs."""

import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from contract.services.calendar import national_days_load
from core import clock
from guarantee.demo.build import DEFAULT_SEED, demo_build, has_demo, is_untouched, shown_accounts

ACCOUNTS_FILE = settings.VAR_DIR / "demo_accounts.txt"


class Command(BaseCommand):
    help = "Load calendar facts; build the demo hall in an untouched SQLite database, elsewhere only with DEMO=1. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        national_days_load(at=clock.now())
        if has_demo():
            self.stdout.write("demo: already there")
            return
        if not (settings.DEMO or (connection.vendor == "sqlite" and is_untouched())):
            if is_untouched():
                self.stdout.write(
                    "no accounts yet: python manage.py create_admin makes the first one; DEMO=1 builds the demo hall"
                )
            return
        password = settings.DEMO_PASSWORD or secrets.token_urlsafe(12)
        until = clock.now()
        built = demo_build(password=password, seed=DEFAULT_SEED, until=until, say=self.stdout.write)
        write_accounts(password, given=bool(settings.DEMO_PASSWORD))
        self.stdout.write(
            f"demo: contract {built.contract.code}, {built.devices} devices, {built.tickets} tickets, {built.reports} reports"
        )


def write_accounts(password: str, *, given: bool) -> None:
    """Keep what the start prints, readable by the owner only. A password from DEMO_PASSWORD is not written down."""
    shown = "(from DEMO_PASSWORD)" if given else password
    lines = [f"{person.username:<12} {person.role:<12} {person.name}" for person in shown_accounts()]
    descriptor = os.open(ACCOUNTS_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join([*lines, f"password: {shown}", ""]))
