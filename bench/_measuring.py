"""What the measurements of pages share: a database of its own, a process of its own, milliseconds and statements."""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from script import servers  # noqa: E402 - found by the path above

FLOOR_MS = 7.0
"""What the floor takes on the machine for which the promises were made."""


def promised(
    name: str, outcome: tuple[float, float, float, int], budget_ms: float, statements: int, wrong: list[str]
) -> None:
    """One line of the outcome beside its promise, in milliseconds or in floors; what is not within goes to `wrong`."""
    middle, slowest, floor, asked = outcome
    kept = middle <= max(budget_ms, budget_ms / FLOOR_MS * floor) and asked <= statements
    wrong += [] if kept else [name]
    ratio = f"{middle / floor:4.1f} floors of {floor:4.1f} ms"
    promise = f"{ratio} (promised {budget_ms:.0f} ms = {budget_ms / FLOOR_MS:.1f} floors, {statements})"
    told(name, middle, slowest, asked, f"{promise}{'' if kept else '  NOT within'}")


def measured(ask: Any, bare: Any, rounds: int) -> tuple[float, float, float, int]:
    """Milliseconds (p50, slowest), those of the floor (p50) taken in turns with them, and statements of a page."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    for _ in range(2):
        bare()
        ask()
    times, floors = [], []
    for _ in range(rounds):
        for kept, page in ((floors, bare), (times, ask)):
            begin = time.perf_counter()
            page()
            kept.append((time.perf_counter() - begin) * 1000)
    with CaptureQueriesContext(connection) as captured:
        ask()
    # Counted before the log is emptied.
    asked = len(captured)
    reset_queries()
    return statistics.median(times), max(times), statistics.median(floors), asked


def begun() -> Any:
    """In a process whose database is the measured one: Django set up as in production, the tables laid, a hall in it."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guarantee.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from tests.make import make_world

    return make_world()


def analysed() -> None:
    """Let the planner know what was entered."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def told(name: str, middle: float, slowest: float, asked: int, promise: str) -> None:
    """One line of the outcome."""
    print(f"  {name:32} p50 {middle:7.1f} ms  max {slowest:7.1f}  statements {asked:2}  {promise}", flush=True)


def verdict(wrong: list[str]) -> None:
    """The last line: what did not keep its promise, as JSON."""
    print(json.dumps({"not_within": wrong}, ensure_ascii=False), flush=True)


def _one(script: str, noun: str, name: str, url: str, count: int, rounds: int, folder: str) -> None:
    """One database, in a process of its own."""
    print(f"{name}, {count:,} {noun} [load {os.getloadavg()[0]:.1f}]", flush=True)
    (Path(folder) / "secret_key").write_text(
        "".join(random.Random().choices("abcdefghijklmnopqrstuvwxyz0123456789", k=60))
    )
    env = os.environ | {"DATABASE_URL": url, "VAR_DIR": folder, "PYTHONPATH": str(ROOT), "DEBUG": "0"}
    command = [sys.executable, script, "--inside", f"--{noun}", str(count), "--rounds", str(rounds)]
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
        raise SystemExit(f"{name} could not be measured")


def run(script: str, doc: str | None, noun: str, inside: Callable[[int, int], None]) -> None:
    """PostgreSQL first, where it is installed, then SQLite with a tenth; `inside` fills and asks in a process of its own."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{noun}", type=int, default=100_000, dest="count")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(options.count, options.rounds)
        return
    if options.only != "sqlite":
        with servers.own_postgresql(durable=True) as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            if server:
                _one(script, noun, "PostgreSQL", server.url, options.count, options.rounds, folder)
            else:
                print("PostgreSQL is not installed: not measured")
    if options.only != "postgresql":
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            count = max(1, options.count // 10)
            _one(script, noun, "SQLite", f"sqlite:///{folder}/measured.sqlite3", count, options.rounds, folder)
