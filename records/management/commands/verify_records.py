"""Checks audit chains, anchored heads, signatures and files; fails when anything is not as it was written."""

import time
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock, seal
from parties.models import Contract
from records.models import Verification
from records.present_chain import finding_words
from records.services import anchors
from records.services.check import head_check
from records.services.verification import verification_run_now


class Command(BaseCommand):
    help = "Check audit chains, anchored heads, signatures and files; names the first broken entry and fails when there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to leave out, and a kept head to compare."""
        parser.add_argument("--contract", metavar="CODE", help="only this contract's records")
        parser.add_argument(
            "--since", metavar="DATE", help="only what was recorded since this day (Asia/Shanghai), e.g. 2026-01-31"
        )
        parser.add_argument(
            "--without-anchors",
            action="store_true",
            help="on a server that has no anchored heads, such as a restored copy",
        )
        parser.add_argument("--head", metavar="LINE", help="also compare this signed head, from the foot of a report")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print counts and findings; exit 1 when something was found."""
        contract = None
        if options["contract"]:
            contract = Contract.objects.filter(code=options["contract"]).first()
            if contract is None:
                raise CommandError(f"there is no contract {options['contract']!r}")
        since = None
        if options["since"]:
            try:
                since = datetime.fromisoformat(options["since"]).replace(tzinfo=clock.SHANGHAI)
            except ValueError:
                raise CommandError("--since must look like 2026-01-31") from None
        began = time.monotonic()
        run = verification_run_now(
            contract=contract, since=since, with_anchors=not options["without_anchors"], at=clock.now()
        )
        findings = [finding_words(row) for row in run.findings]
        if options["head"]:
            findings += self._head(options["head"])
        counts = ", ".join(
            f"{count:,} {name.replace('_', ' ')}" for name, count in run.counts.items() if name != "found"
        )
        self.stdout.write(f"{counts}; {time.monotonic() - began:.1f} s")
        for finding in findings:
            self.stdout.write(finding)
        if run.state != Verification.State.WHOLE or findings:
            raise CommandError(f"not whole: {max(run.counts['found'], len(findings))} findings")
        self.stdout.write("everything is whole")

    def _head(self, line: str) -> list[str]:
        try:
            finding = head_check(line)
        except (anchors.BadAnchor, seal.UnknownKey) as error:
            raise CommandError(f"--head is no head sealed with a known key: {error}") from None
        return [finding_words(finding.as_json())] if finding else []
