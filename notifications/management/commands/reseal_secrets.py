"""Seals all stored secrets anew after FIELD_KEY has changed: put the new key before the old one, run this, drop the old one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.sealed import reseal_all
from core.vault import CannotOpen


class Command(BaseCommand):
    help = "Seal every stored secret anew with the first key of FIELD_KEY. All or nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal anew and say how many."""
        try:
            count = reseal_all()
        except CannotOpen as error:
            raise CommandError(f"{error}; nothing was changed") from error
        self.stdout.write(f"Sealed anew: {count}")
