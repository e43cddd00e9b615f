"""Shows the keys that seal signatures and the audit chain, and changes the one that seals."""

import base64
import secrets
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import seal


class Command(BaseCommand):
    """`manage.py seal_key`: the keys; `--new` changes the present one, `--lost` begins anew after its loss."""

    help = "Show the public keys with which seals are checked. The private key is never shown."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--new`, `--lost` and `--print-new`."""
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--new", action="store_true", help="seal with a new key from now on; the old one stays known"
        )
        group.add_argument("--lost", action="store_true", help="the private key is gone: begin with a new one")
        group.add_argument(
            "--print-new", action="store_true", help="print a new private key for SEAL_KEY, and store nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and print id and public key of every known key."""
        if options["print_new"]:
            self.stdout.write(base64.b64encode(secrets.token_bytes(32)).decode())
            return
        try:
            if options["new"]:
                seal.new_key()
            elif options["lost"]:
                seal.make_after_loss()
            present = seal.present_key()
            keys = seal.known_keys()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        for key in keys:
            mark = " (seals)" if key.key_id == present.key_id else ""
            self.stdout.write(f"{key.key_id} {base64.b64encode(key.public).decode()}{mark}")
