"""manage.py check_stock: is every part's stock the sum of its movements?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from devices.models import SparePart
from devices.services.spares import stock_complaints


class Command(BaseCommand):
    """Read only: says what does not add up and ends with status 1, or that everything does."""

    help = "Check that the stock of every spare part is the sum of its movements."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Check every hall."""
        wrong = stock_complaints()
        for complaint in wrong:
            self.stderr.write(complaint)
        if wrong:
            raise CommandError(f"{len(wrong)} complaints")
        self.stdout.write(f"{SparePart.objects.count()} parts: stock and movements agree")
