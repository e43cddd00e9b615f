"""Draw every state machine of the house into docs/states; with --check say which drawings are stale."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.drawing import drawing_of, flows


class Command(BaseCommand):
    help = "Draw every state machine into docs/states; with --check only compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail when a drawing is stale")

    def handle(self, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs" / "states"
        folder.mkdir(parents=True, exist_ok=True)
        stale = []
        for flow in flows():
            path = folder / f"{flow.name}.md"
            text = drawing_of(flow)
            if path.is_file() and path.read_text(encoding="utf-8") == text:
                continue
            stale.append(path.name)
            if not options["check"]:
                path.write_text(text, encoding="utf-8")
        if stale and options["check"]:
            raise CommandError(f"stale: {', '.join(stale)}; run manage.py draw_states")
        self.stdout.write(f"drawn: {', '.join(stale) or 'nothing new'}")
