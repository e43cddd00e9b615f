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
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from script.serve import ROOT
from script.servers import free_port
from tests.stack import own_database

NURSERY = (sys.executable, "-m", "tests.faults.inside", "nursery")
AWAY = (psycopg2.OperationalError, psycopg2.InterfaceError, sqlite3.OperationalError)
"""What a question meets while the database is away."""


@dataclass(frozen=True)
class Ledger:
    """The timers that were laid, noted outside the database, against what the database says; lateness in seconds."""

    timers: int
    lost: int
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
        return (
            f"timers {self.timers:,}: lost {self.lost}, early {self.early}, twice {self.told_twice}; "
            f"late p50 {self.late(0.5):.2f} s, p99 {self.late(0.99):.2f} s, max {self.late(1):.2f} s"
        )


class Forked:
    """A process that the nursery forked: known by its id, buried by the kernel."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def alive(self) -> bool:
        """Whether it still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, patience: float) -> int:
        """Wait for its end; its exit status is not known."""
        deadline = time.monotonic() + patience
        while self.alive():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.pid} does not end")
            time.sleep(0.01)
        return 0


class Hall:
    """A database of its own, and processes that are started and killed by their own id."""

    def __init__(self, folder: Path, database_url: str, redis_url: str = "") -> None:
        self.folder = folder
        self.database_url = database_url
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "VAR_DIR": str(folder / "var"),
            "SECRET_KEY": secrets.token_urlsafe(64),
            "PYTHONUNBUFFERED": "1",
            "PORT": str(port),
            "SITE_URL": self.base_url,
            "WEB_WORKERS": "1",
        }
        self.environment.pop("DEBUG", None)
        self._log = (folder / "hall.log").open("ab")
        self.processes: list[subprocess.Popen[bytes] | Forked] = []
        self.mark = 0
        self.laid: dict[tuple[int, str], float] = {}
        self.laid_in_time = False
        self._nursery: subprocess.Popen[str] | None = None
        self._web: subprocess.Popen[bytes] | None = None
        self._nursed = self.environment
        self._answers = 0

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

    def inside(self, verb: str, *arguments: str) -> Any:
        """Do something inside (tests/faults/inside.py); returns its answer."""
        self._answers += 1
        answer = self.folder / f"answer-{self._answers}.json"
        process = self.fork(str(answer), verb, *arguments)
        process.wait(600)
        self.processes.remove(process)
        assert answer.exists(), f"{verb} {' '.join(arguments)} failed\n{self.log()}"
        return json.loads(answer.read_text())

    def lay(self, count: int, delay: float, spread: float) -> float:
        """Lay down clocks with two timers each and note every timer; returns the instant at which the last clock is due."""
        answer = self.inside("seed", str(count), str(float(delay)), str(float(spread)))
        self.laid.update({(clock, rung): fire_at for clock, rung, fire_at in answer["timers"]})
        self.laid_in_time = time.time() <= min(fire_at for _, _, fire_at in answer["timers"])
        return float(answer["last_due"])

    def lay_ahead(self, count: int, spread: float) -> float:
        """As `lay`, beginning only when a machine as busy as this one will have laid all of them."""
        few = max(10, count // 50)
        began = time.monotonic()
        self.inside("seed", str(few), "0.0", "0.0")
        each = (time.monotonic() - began) / few
        # What was laid to try how long it takes belongs to no ledger.
        self.wait_until(lambda: self.pending() == 0, 300)
        self.mark = self.last_clock()
        return self.lay(count, delay=3 + 2 * each * count, spread=spread)

    def rebuild_agrees(self) -> bool:
        """Whether every clock is the fold of its events."""
        return self.call(sys.executable, "manage.py", "rebuild_clocks", "--check").startswith("0 clocks")

    # Processes ---------------------------------------------------------------------------------------------------------

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a process that runs until it is killed."""
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=self._log, stderr=self._log)
        self.processes.append(process)
        return process

    def fork(self, *words: str) -> Forked:
        """Have the nursery fork a process; it knows the product already, so that this costs next to nothing."""
        if self._nursery is None or self._nursed != self.environment:
            self._end_nursery()
            self._nursery = subprocess.Popen(
                NURSERY,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                bufsize=1,
            )
            self._nursed = dict(self.environment)
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.write(" ".join(words) + "\n")
        pid = self._nursery.stdout.readline().strip()
        assert pid, f"the nursery ended\n{self.log()}"
        process = Forked(int(pid))
        self.processes.append(process)
        return process

    def _end_nursery(self) -> None:
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery.communicate()
            self._nursery = None

    def clocks(self) -> Forked:
        """Start one run_clocks."""
        return self.fork("clocks")

    def web(self) -> str:
        """Start the product's web server and wait until it answers; returns its address."""
        if not (self.folder / "var" / "staticfiles").exists():
            self.call(sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        self._web = subprocess.Popen(
            (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "guarantee.wsgi"),
            cwd=ROOT,
            env=self.environment,
            stdout=self._log,
            stderr=self._log,
        )
        self.wait_until(self.web_answers, 60)
        return self.base_url

    def web_answers(self) -> bool:
        """Whether somebody answers at the web server's address, well or not."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5):  # noqa: S310 - loopback
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _end_web(self) -> None:
        if self._web is not None:
            # In order: it ends its own workers.
            self._web.terminate()
            self._web.wait(60)
            self._web = None

    def kill(self, process: subprocess.Popen[bytes] | Forked, number: int = signal.SIGKILL) -> int:
        """End one process by its id; returns its exit status."""
        process.send_signal(number)
        status = process.wait(30)
        self.processes.remove(process)
        return status

    def kill_at_random(
        self,
        kills: int,
        until: float,
        seed: int,
        count: int = 2,
        blows: Sequence[tuple[float, Callable[[], object]]] = (),
    ) -> int:
        """Keep `count` run_clocks up until an instant, and kill one of them at random moments; returns how many died.

        `blows` are other things that happen meanwhile: at which share of the time, and what.
        """
        dice = random.Random(seed)
        running = [self.clocks() for _ in range(count)]
        began = time.time() + 0.5
        until = max(began + 2.0, until)

        def kill_one() -> None:
            victim = running.pop(dice.randrange(len(running)))
            self.kill(victim)
            running.append(self.clocks())

        moments: list[tuple[float, Callable[[], object]]] = [
            (dice.uniform(began, until), kill_one) for _ in range(kills)
        ]
        moments += [(began + share * (until - began), blow) for share, blow in blows]
        for moment, act in sorted(moments, key=lambda pair: pair[0]):
            time.sleep(max(0.0, moment - time.time()))
            act()
        return kills

    def rest(self) -> None:
        """Kill what still runs; the next ledger begins with the clocks that come from now on."""
        self._end_web()
        for process in list(self.processes):
            self.kill(process)
        self.change("DELETE FROM sla_heartbeat")
        self.mark = self.last_clock()
        self.laid.clear()

    def close(self) -> None:
        """Kill what still runs, for good."""
        self._end_web()
        for process in list(self.processes):
            self.kill(process)
        self._end_nursery()
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

    def last_clock(self) -> int:
        """The id of the clock that was laid last."""
        return int(self.one("SELECT coalesce(max(id), 0) FROM sla_clock"))

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

    def wait_until(self, condition: Callable[[], bool], patience: float) -> float:
        """Wait for a condition; returns how long it took. Fails with the processes' last words when patience ends."""
        began = time.monotonic()
        while not self._holds(condition):
            assert time.monotonic() - began < patience, f"not within {patience:g} s\n{self.log()}"
            time.sleep(0.1)
        return time.monotonic() - began

    @staticmethod
    def _holds(condition: Callable[[], bool]) -> bool:
        try:
            return condition()
        except AWAY:
            return False

    def ledger(self) -> Ledger:
        """Hold the timers against what was recorded, told and entered."""
        seconds = (
            "(julianday({0}) - 2440587.5) * 86400.0"
            if self.database_url.startswith("sqlite")
            else "EXTRACT(EPOCH FROM {0})::float8"
        )
        fired = self.ask(
            "SELECT a.clock_id, a.rung, {}, {} FROM sla_alert a WHERE a.clock_id > {} AND a.state = 'fired'".format(  # noqa: S608
                seconds.format("a.fire_at"), seconds.format("a.fired_at"), self.mark
            )
        )
        instants = {(int(clock), str(rung)): float(fired_at) for clock, rung, _, fired_at in fired}
        due = self.laid or {(int(clock), str(rung)): float(fire_at) for clock, rung, fire_at, _ in fired}
        lateness = sorted(instants[key] - fire_at for key, fire_at in due.items() if key in instants)
        messages = "SELECT count(*) FROM notifications_message m WHERE m.origin = 'alert:' || a.id"
        entries = (
            "SELECT count(*) FROM records_auditentry e WHERE e.subject_type = c.subject_type "
            "AND e.subject_id = c.subject_id AND e.verb IN ('alert', 'breach')"
        )
        rungs = "SELECT count(*) FROM sla_alert a WHERE a.clock_id = c.id AND a.state = 'fired'"
        misaudited = f"SELECT count(*) FROM sla_clock c WHERE c.id > {self.mark} AND ({entries}) <> ({rungs})"  # noqa: S608
        breaches = f"SELECT count(*) FROM sla_clockevent WHERE kind = 'breach' AND clock_id > {self.mark}"  # noqa: S608
        broken = f"SELECT count(*) FROM sla_clock WHERE breached_at IS NOT NULL AND id > {self.mark}"  # noqa: S608
        return Ledger(
            timers=self.timers("1 = 1"),
            lost=sum(key not in instants for key in due),
            pending=self.pending(),
            # Apart from what a float of SQLite's cannot hold.
            early=sum(late < -0.0005 for late in lateness),
            told_twice=self.timers(f"({messages}) > 1"),
            unheard=self.timers(f"a.state = 'fired' AND ({messages}) = 0"),
            misaudited=int(self.one(misaudited)),
            breaches=int(self.one(breaches)),
            broken_clocks=int(self.one(broken)),
            lateness=tuple(lateness),
        )


@contextmanager
def hall_at(folder: Path, database_url: str, redis_url: str = "") -> Iterator[Hall]:
    """A hall on an empty database."""
    hall = Hall(folder, database_url, redis_url)
    try:
        hall.migrate()
        yield hall
    finally:
        hall.close()


@contextmanager
def running_hall(folder: Path, redis_url: str = "") -> Iterator[Hall]:
    """A hall on a fresh database of the server that DATABASE_URL names, else on a new SQLite file."""
    with own_database(folder) as database_url, hall_at(folder, database_url, redis_url) as hall:
        yield hall
