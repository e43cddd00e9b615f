"""A hall with short promises whose processes can be killed one by one; the database is asked without the product's own code."""

import json
import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from script.serve import ROOT
from tests.stack import own_database

INSIDE = (sys.executable, "-m", "tests.faults.inside")


@dataclass(frozen=True)
class Ledger:
    """What the database says after a run: every timer, and how late each fired (seconds)."""

    timers: int
    pending: int
    early: int
    told_twice: int
    unheard: int
    misaudited: int
    breaches: int
    broken_clocks: int
    lateness: tuple[float, ...]

    @property
    def fired(self) -> int:
        """Timers that fired."""
        return len(self.lateness)

    def late(self, share: float) -> float:
        """The lateness that this share of the timers did not exceed."""
        return self.lateness[min(len(self.lateness) - 1, int(share * len(self.lateness)))] if self.lateness else 0.0

    def __str__(self) -> str:
        lost = self.timers - self.fired
        return (
            f"timers {self.timers}: lost {lost}, early {self.early}, twice {self.told_twice}; "
            f"late p50 {self.late(0.5):.2f} s, p99 {self.late(0.99):.2f} s, max {self.late(1):.2f} s"
        )


class Hall:
    """A database of its own, and processes that are started and killed by their own id."""

    def __init__(self, folder: Path, database_url: str, redis_url: str = "") -> None:
        self.folder = folder
        self.database_url = database_url
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "VAR_DIR": str(folder / "var"),
            "SECRET_KEY": secrets.token_urlsafe(64),
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "",
        }
        self.environment.pop("DEBUG")
        self._log = (folder / "hall.log").open("ab")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.mark = 0

    # Work inside -------------------------------------------------------------------------------------------------------

    def call(self, *command: str) -> str:
        """Run a command to its end and return what it printed."""
        answer = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert answer.returncode == 0, f"{' '.join(command)}\n{answer.stdout[-2000:]}\n{answer.stderr[-4000:]}"
        return answer.stdout

    def migrate(self) -> None:
        """Make the tables."""
        self.call(sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0")

    def inside(self, *arguments: str) -> Any:
        """Do something inside (tests/faults/inside.py); returns its JSON answer."""
        return json.loads(self.call(*INSIDE, *arguments).strip().splitlines()[-1])

    def rebuild_agrees(self) -> bool:
        """Whether every clock is the fold of its events."""
        return self.call(sys.executable, "manage.py", "rebuild_clocks", "--check").startswith("0 clocks")

    # Processes ---------------------------------------------------------------------------------------------------------

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a process that runs until it is killed."""
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=self._log, stderr=self._log)
        self.processes.append(process)
        return process

    def clocks(self) -> subprocess.Popen[bytes]:
        """Start one run_clocks."""
        return self.start(*INSIDE, "clocks")

    def kill(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> int:
        """End one process by its id; returns its exit status."""
        process.send_signal(number)
        status = process.wait(30)
        self.processes.remove(process)
        return status

    def kill_at_random(self, kills: int, until: float, seed: int, count: int = 2) -> int:
        """Keep `count` run_clocks up until an instant, and kill one of them at random moments; returns how many died."""
        dice = random.Random(seed)
        running = [self.clocks() for _ in range(count)]
        began = time.time()
        moments = sorted(dice.uniform(began + 1.0, max(began + 2.0, until)) for _ in range(kills))
        for moment in moments:
            time.sleep(max(0.0, moment - time.time()))
            victim = running.pop(dice.randrange(len(running)))
            self.kill(victim)
            running.append(self.clocks())
        return len(moments)

    def rest(self) -> None:
        """Kill what still runs; the next ledger begins with the clocks that come from now on."""
        for process in list(self.processes):
            self.kill(process)
        self.change("DELETE FROM sla_heartbeat")
        self.mark = int(self.one("SELECT coalesce(max(id), 0) FROM sla_clock"))

    def close(self) -> None:
        """Kill what still runs, for good."""
        for process in list(self.processes):
            self.kill(process)
        self._log.close()

    def log(self, lines: int = 40) -> str:
        """The last lines that the processes wrote."""
        return "\n".join((self.folder / "hall.log").read_text(errors="replace").splitlines()[-lines:])

    # The database, asked directly --------------------------------------------------------------------------------------

    def _connect(self) -> Any:
        if self.database_url.startswith("sqlite"):
            return sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=20)
        return psycopg2.connect(self.database_url.replace("postgres://", "postgresql://"))

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a SELECT, on a connection of its own."""
        with closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            return list(cursor.fetchall())

    def change(self, statement: str) -> None:
        """A statement that writes, on a connection of its own."""
        with closing(self._connect()) as connection:
            connection.cursor().execute(statement)
            connection.commit()

    def one(self, statement: str) -> Any:
        """The single value of a SELECT."""
        return self.ask(statement)[0][0]

    def timers(self, condition: str) -> int:
        """How many timers (a) of this ledger's clocks (c) meet a condition in SQL."""
        joined = "FROM sla_alert a JOIN sla_clock c ON c.id = a.clock_id"
        return int(self.one(f"SELECT count(*) {joined} WHERE c.id > {self.mark} AND ({condition})"))

    def pending(self) -> int:
        """Timers that have not fired."""
        return self.timers("a.state = 'pending'")

    def seen(self) -> bool:
        """Whether a run_clocks has shown a sign of life since the last rest."""
        return int(self.one("SELECT count(*) FROM sla_heartbeat WHERE name = 'clocks'")) == 1

    def wait_until(self, condition: Any, patience: float) -> float:
        """Wait for a condition; returns how long it took. Fails with the processes' last words when patience ends."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < patience, f"not within {patience:g} s\n{self.log()}"
            time.sleep(0.1)
        return time.monotonic() - began

    def ledger(self) -> Ledger:
        """Hold the timers against what was recorded, told and entered."""
        seconds = (
            "(julianday({0}) - 2440587.5) * 86400.0"
            if self.database_url.startswith("sqlite")
            else "EXTRACT(EPOCH FROM {0})::float8"
        )
        fire_at, fired_at = seconds.format("a.fire_at"), seconds.format("a.fired_at")
        lateness = self.ask(
            f"SELECT {fired_at} - {fire_at} FROM sla_alert a WHERE a.clock_id > {self.mark} AND a.state = 'fired'"  # noqa: S608
        )
        messages = "SELECT count(*) FROM notifications_message m WHERE m.origin = 'alert:' || a.id"
        entries = (
            "SELECT count(*) FROM records_auditentry e WHERE e.subject_type = c.subject_type "
            "AND e.subject_id = c.subject_id AND e.verb IN ('alert', 'breach')"
        )
        fired = "SELECT count(*) FROM sla_alert a WHERE a.clock_id = c.id AND a.state = 'fired'"
        misaudited = f"SELECT count(*) FROM sla_clock c WHERE c.id > {self.mark} AND ({entries}) <> ({fired})"  # noqa: S608
        breaches = f"SELECT count(*) FROM sla_clockevent WHERE kind = 'breach' AND clock_id > {self.mark}"  # noqa: S608
        broken = f"SELECT count(*) FROM sla_clock WHERE breached_at IS NOT NULL AND id > {self.mark}"  # noqa: S608
        return Ledger(
            timers=self.timers("1 = 1"),
            pending=self.pending(),
            early=self.timers("a.state = 'fired' AND a.fired_at < a.fire_at"),
            told_twice=self.timers(f"({messages}) > 1"),
            unheard=self.timers(f"a.state = 'fired' AND ({messages}) = 0"),
            misaudited=int(self.one(misaudited)),
            breaches=int(self.one(breaches)),
            broken_clocks=int(self.one(broken)),
            lateness=tuple(sorted(float(row[0]) for row in lateness)),
        )


@contextmanager
def running_hall(folder: Path, redis_url: str = "") -> Iterator[Hall]:
    """A hall on a fresh database of the server that DATABASE_URL names, else on a new SQLite file."""
    with own_database(folder) as database_url:
        hall = Hall(folder, database_url, redis_url)
        try:
            hall.migrate()
            yield hall
        finally:
            hall.close()
