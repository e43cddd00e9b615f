"""Build the demo into an empty database, with a seed and an instant of choice."""

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from contract.services.calendar import national_days_load
from core import clock
from guarantee.demo.build import DEFAULT_SEED, demo_build, has_demo
from guarantee.demo.replay import WEEKS
from guarantee.management.commands.bootstrap import write_accounts


class Command(BaseCommand):
    help = (
        "Build the demo hall and replay twelve weeks of tickets through the services, ending at --until (default: now)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
        parser.add_argument("--weeks", type=int, default=WEEKS, help="weeks of tickets, today's included")
        parser.add_argument("--until", help="ISO 8601 instant with offset, e.g. 2026-03-20T17:00:00+08:00")

    def handle(self, *args: Any, **options: Any) -> None:
        if has_demo():
            raise CommandError("A demo is already in this database.")
        until = clock.now()
        if options["until"]:
            try:
                until = datetime.fromisoformat(options["until"])
            except ValueError as error:
                raise CommandError(f"--until: {error}") from error
            if until.tzinfo is None:
                raise CommandError("--until needs an offset, e.g. +08:00")
        password = settings.DEMO_PASSWORD or secrets.token_urlsafe(12)
        national_days_load(at=clock.now())
        built = demo_build(
            password=password, seed=options["seed"], until=until, say=self.stdout.write, weeks=options["weeks"]
        )
        write_accounts(password, given=bool(settings.DEMO_PASSWORD))
        self.stdout.write(
            f"demo: contract {built.contract.code}, {built.devices} devices, {built.tickets} tickets, {built.reports} reports"
        )
