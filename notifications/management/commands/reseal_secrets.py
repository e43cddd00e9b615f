"""Seals the channels' secrets anew after FIELD_KEY has changed: put the new key before the old one, run this, drop the old one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.vault import CannotOpen
from notifications.services.channels import reseal_all


class Command(BaseCommand):
    help = "Seal every stored secret anew with the first key of FIELD_KEY. All or nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal anew and say how many."""
        try:
            count = reseal_all()
        except CannotOpen as error:
            raise CommandError(f"{error}; nothing was changed") from error
        self.stdout.write(f"Sealed anew: {count}")
