"""Lets somebody in again whom no administrator can help: `manage.py account_link --username admin`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit, clock
from core.errors import DomainError
from parties.models import User
from parties.services.links import account_link_issue, link_url


class Command(BaseCommand):
    help = "Print a one-time link by which an account's owner sets a password: the way back for a last administrator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The account."""
        parser.add_argument("--username", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the link and print it, this once."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("There is no account with this name.")
        try:
            link, token = account_link_issue(user=user, actor=None, at=clock.now(), source=audit.COMMAND)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Works once, until {link.expires_at:%Y-%m-%d %H:%M} UTC, shown only now:")
        self.stdout.write(link_url(token))
