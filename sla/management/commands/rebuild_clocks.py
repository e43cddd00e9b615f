"""Refolds every clock from its events and reports any difference."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sla.services.rebuild import rebuild


class Command(BaseCommand):
    help = "Compare every clock with the fold of its events. With --check only report; without, put the rows right."

    def add_arguments(self, parser: CommandParser) -> None:
        """--check changes nothing."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail when anything differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each difference; exit non-zero when --check found one."""
        differences = rebuild(write=not options["check"])
        for difference in differences:
            self.stdout.write(str(difference))
        self.stdout.write(f"{len(differences)} clocks differ from their events")
        if differences and options["check"]:
            raise CommandError("the clocks do not agree with their events")
