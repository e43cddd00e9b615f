"""Makes the first account: `manage.py create_admin --username admin --name 系统管理员`."""

import secrets
import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from core import clock, roles
from core.errors import DomainError
from parties.models import Contract
from parties.services.contracts import membership_give, user_create

INITIAL_PASSWORD_LIFE = timedelta(hours=24)
"""How long an initial password works; afterwards `manage.py account_link` lets its owner in."""


class Command(BaseCommand):
    help = "Make an administrator's account. Without --password-stdin a password is generated and printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Account name, the person's name, and where the password comes from."""
        parser.add_argument("--username", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create the account and, in every contract there is, an administrator's membership."""
        generated = not options["password_stdin"]
        password = secrets.token_urlsafe(15) if generated else sys.stdin.readline().rstrip("\r\n")
        now = clock.now()
        try:
            user = user_create(
                username=options["username"],
                name=options["name"],
                password=password,
                password_expires_at=now + INITIAL_PASSWORD_LIFE,
                actor=None,
                at=now,
            )
            contracts = list(Contract.objects.order_by("starts_on", "code"))
            for contract in contracts:
                membership_give(user=user, contract=contract, role=roles.ADMIN, actor=None, at=now)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            f"Made the administrator {user.username}; the password works for 24 hours and must be changed at the first sign-in."
        )
        if generated:
            self.stdout.write(f"Initial password, shown only now: {password}")
        if contracts:
            self.stdout.write(f"Administrator in: {', '.join(contract.code for contract in contracts)}")
        else:
            self.stdout.write("There is no contract yet: the account can sign in, and works in none.")
