"""manage.py device_set CODE field=value … --reason …: correct a device from the command line, with its record."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from core import clock
from core.errors import DomainError
from devices.models import Device
from devices.services.common import contract_of_hall, local_day
from devices.services.imports import CHANGEABLE_BY_COMMAND, values_of_words
from devices.services.register import device_edit, device_status_set
from parties.models import Hall
from records.models import Source


class Command(BaseCommand):
    """Fields and values are those of the import's template: place=一楼 or place=floor-1, status=停用 or status=stopped."""

    help = "Change fields of one device; all of them or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Number, changes, reason, and the hall where there are several."""
        parser.add_argument("code", help="the device's number")
        parser.add_argument("changes", nargs="+", metavar="field=value", help=", ".join(CHANGEABLE_BY_COMMAND))
        parser.add_argument("--reason", required=True)
        parser.add_argument("--hall", default="", help="the hall's name; needed only where there are several")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the change through the same services as the pages; the record says "command"."""
        halls = Hall.objects.filter(name=options["hall"]) if options["hall"] else Hall.objects.all()
        devices = list(
            Device.objects.filter(hall__in=halls, code=options["code"]).select_related(
                "hall", "category", "place", "window", "unit", "vendor"
            )[:2]
        )
        if len(devices) != 1:
            raise CommandError(
                f"{options['code']} stands in several halls: name one with --hall."
                if devices
                else f"There is no device {options['code']}."
            )
        (device,) = devices
        words = {}
        for change in options["changes"]:
            name, sign, value = change.partition("=")
            if not sign or name not in CHANGEABLE_BY_COMMAND:
                raise CommandError(f"{change!r} is not field=value with a field of: {', '.join(CHANGEABLE_BY_COMMAND)}")
            words[name] = value
        at = clock.now()
        contract = contract_of_hall(device.hall, local_day(at))
        acts: dict[str, Any] = {
            "contract": contract, "actor": None, "at": at, "source": Source.COMMAND, "reason": options["reason"],
        }  # fmt: skip
        try:
            values, status = values_of_words(contract, device, words)
            with transaction.atomic():
                if values:
                    device_edit(device=device, version_seen=device.version, values=values, **acts)
                if status and status != device.status:
                    device_status_set(device=device, status=status, **acts)
        except DomainError as error:
            raise CommandError(
                "; ".join([error.message, *(f"{name}: {text}" for name, text in error.fields.items())])
            ) from error
        self.stdout.write(f"{device} changed")
