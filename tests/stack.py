"""The whole product as real processes against a database of its own, for tests/browser and tests/faults."""

import http.client
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from script.serve import ROOT, Supervisor, read_procfile
from script.servers import free_port

PATIENCE = 120.0
PASSWORD = "demo-password-for-tests"
INTERPRETER = """
import contextlib, io, json, sys, traceback
import django
django.setup()
from django.db import connection
for line in sys.stdin:
    printed, error = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(json.loads(line), {"__name__": "__stack__"})
        except Exception:
            error = traceback.format_exc()
    connection.close()
    print(json.dumps({"printed": printed.getvalue(), "error": error}), flush=True)
"""
"""A child that runs what it is sent, a line of JSON a piece, and answers each with a line of JSON."""
ANSWER = '{"printed"'


class Stack:
    """A running product. Children are web, clocks, worker and beat, as in the Procfile."""

    def __init__(self, folder: Path, environment: dict[str, str], port: int, receiver_port: int) -> None:
        self.folder = folder
        self.environment = environment
        self.base_url = f"http://127.0.0.1:{port}"
        self.password = PASSWORD
        self._port = port
        self.receiver_port = receiver_port
        """The one port of this machine that channels may call."""
        self._interpreter: subprocess.Popen[str] | None = None
        self._log = (folder / "stack.log").open("w+", encoding="utf-8")
        self.supervisor = Supervisor(read_procfile(), environment, output=self._log)
        self._thread = threading.Thread(target=self.supervisor.run, name="supervisor")

    def manage(self, *arguments: str) -> str:
        """Run a management command against this stack's database and return what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        answer = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert answer.returncode == 0, f"{' '.join(arguments)}\n{answer.stdout}\n{answer.stderr}"
        return answer.stdout

    def python(self, code: str) -> str:
        """Run Python with the product's models loaded, against this stack's database; returns what it printed.

        One interpreter serves all calls: to start one costs seconds. Each call has names of its own.
        """
        if self._interpreter is None:
            self._interpreter = subprocess.Popen(
                [sys.executable, "-c", INTERPRETER],
                cwd=ROOT,
                env=self.environment | {"DJANGO_SETTINGS_MODULE": "guarantee.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
            )
        pipe = self._interpreter
        assert pipe.stdin is not None
        assert pipe.stdout is not None
        pipe.stdin.write(json.dumps(code) + "\n")
        pipe.stdin.flush()
        line = pipe.stdout.readline()
        while line and not line.startswith(ANSWER):
            line = pipe.stdout.readline()  # something else that the product's code printed
        assert line, f"the interpreter ended\n{self.log_tail()}"
        answer = json.loads(line)
        assert not answer["error"], f"{code}\n{answer['error']}"
        return str(answer["printed"])

    def health(self) -> dict[str, object] | None:
        """What /healthz says, whatever its status; None while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return dict(json.loads(connection.getresponse().read()))
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def start(self) -> None:
        """Start all processes and wait until the product is well."""
        self._thread.start()
        deadline = time.monotonic() + PATIENCE
        while not self._well():
            assert time.monotonic() < deadline, f"not well after {PATIENCE:.0f} s\n{self.log_tail()}"
            time.sleep(0.1)

    def _well(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def pid(self, name: str) -> int:
        """The process id of a child; ProcessLookupError when it is down."""
        return self.supervisor.children[name].pid

    def down(self, name: str) -> None:
        """Kill a child outright (SIGKILL) and keep it down."""
        self.supervisor.kill(name, stay_down=True)

    def kill(self, name: str) -> None:
        """Kill a child outright; it comes back as it would in production."""
        self.supervisor.kill(name)

    def up(self, name: str) -> None:
        """Start a child that is down."""
        self.supervisor.start(name)

    def log_tail(self, lines: int = 60) -> str:
        """The last lines that the processes wrote."""
        text = (self.folder / "stack.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """End all processes."""
        if self._interpreter is not None and self._interpreter.stdin is not None:
            self._interpreter.stdin.close()
            self._interpreter.wait(30)
        self.supervisor.stop()
        if self._thread.is_alive():
            self._thread.join(60)
        self._log.close()


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """A fresh database on the server that DATABASE_URL names, else a new SQLite file; dropped at the end."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith(("postgres", "pgsql")):
        yield f"sqlite:///{folder / 'stack.sqlite3'}"
        return
    parts = urlsplit(url)
    name = f"guarantee_live_{secrets.token_hex(4)}"

    def administer(statement: str) -> None:
        connection = psycopg2.connect(urlunsplit(parts._replace(scheme="postgresql")))
        connection.autocommit = True
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    administer(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
    try:
        yield urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running_stack(folder: Path, **extra: str) -> Iterator[Stack]:
    """A product with the demo hall and this week's tickets, up and well; ended and its database dropped afterwards."""
    with own_database(folder) as database_url:
        port, receiver_port = free_port(), free_port()
        redis_url = os.environ.get("REDIS_URL", "")
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DEBUG", "EXTRA_HOSTS", "DJANGO_ALLOW_ASYNC_UNSAFE"}
        } | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
            "VAR_DIR": str(folder / "var"),
            "DATABASE_URL": database_url,
            # Apart from what other tests put into the same server.
            "REDIS_URL": redis_url.removesuffix("/0") + "/1" if redis_url.endswith("/0") else redis_url,
            "PORT": str(port),
            "SITE_URL": f"http://127.0.0.1:{port}",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "DEMO": "1",
            "DEMO_PASSWORD": PASSWORD,
            "OUTBOUND_ALLOW": f"127.0.0.1/32:{receiver_port}",
            **extra,
        }
        stack = Stack(folder, environment, port, receiver_port)
        try:
            stack.manage("migrate", "--noinput", "--verbosity", "0")
            stack.manage("demo", "--weeks", "1")
            stack.manage("collectstatic", "--noinput", "--verbosity", "0", "--ignore", "rest_framework")
            stack.start()
            yield stack
        finally:
            stack.stop()
