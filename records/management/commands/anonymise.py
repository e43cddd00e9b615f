"""Anonymises a person from the command line: an account, or whoever a record without an account names."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock, forgetting
from core.errors import DomainError
from parties.models import User
from records.models import Source
from records.services.anonymise import person_anonymise, record_anonymise
from records.services.personal import ACCOUNT


class Command(BaseCommand):
    help = "Destroy the key of a person's values in the history, and clear what else names the person. It cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom, who says so, and why."""
        parser.add_argument(
            "person", help="user:<account name>, or a record that names somebody without an account: ticket:<id>"
        )
        parser.add_argument("--by", required=True, metavar="ACCOUNT", help="the administrator who decided it")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Anonymise, or say why not."""
        kind, _colon, name = options["person"].partition(":")
        actor = User.objects.filter(username=options["by"], is_active=True).first()
        if actor is None:
            raise CommandError(f"there is no active account {options['by']!r}")
        try:
            if kind == ACCOUNT:
                user = User.objects.filter(username=name).first()
                if user is None:
                    raise CommandError(f"there is no account {name!r}")
                person_anonymise(
                    user=user, reason=options["reason"], actor=actor, at=clock.now(), source=Source.COMMAND
                )
            else:
                self._record(kind, name, actor, options["reason"])
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write("done")

    def _record(self, kind: str, name: str, actor: User, reason: str) -> None:
        try:
            obj = forgetting.load(kind, int(name))
        except (KeyError, ValueError):
            raise CommandError("the record must be named as kind:number, e.g. ticket:17") from None
        except ObjectDoesNotExist:
            raise CommandError(f"there is no {kind} {name}") from None
        record_anonymise(
            subject_type=kind,
            subject_id=obj.pk,
            contract=getattr(obj, "contract", None),
            reason=reason,
            actor=actor,
            at=clock.now(),
        )
