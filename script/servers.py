"""A PostgreSQL and a Redis of our own for the tests: temporary folder, free port, ended by process id.

Standard library only.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0


class ServerError(Exception):
    """A server of ours did not start; the text holds its own words."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql_folder() -> Path | None:
    """The folder with initdb and postgres, newest version first; None when PostgreSQL is not installed."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(versions, key=lambda path: int(path.parts[4]) if path.parts[4].isdigit() else 0)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _as_postgres() -> list[str]:
    """PostgreSQL refuses root: run it as its own user then."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--reset-env"]


def _wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerError(log.read_text(errors="replace")[-2000:] or "no answer")


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Postgresql:
    """A throw-away PostgreSQL that can be stopped and started again on the same port with the same data."""

    def __init__(self, binaries: Path, folder: Path, *, durable: bool = False) -> None:
        self._binaries, self._folder, self._durable = binaries, folder, durable
        self._prefix = _as_postgres()
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._prefix:
            shutil.chown(folder, "postgres", "postgres")
        initdb = [*self._prefix, str(binaries / "initdb"), "--no-sync", "--auth=trust", "--username=guarantee"]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "-D", str(folder / "data")],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServerError(made.stderr)

    @property
    def url(self) -> str:
        """Its DATABASE_URL (a superuser's)."""
        return f"postgres://guarantee@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": str(self._folder),
            "max_connections": "100",
            "timezone": "UTC",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self._folder / "log"
        with log.open("ab") as file:
            command = [*self._prefix, str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *options]
            self._process = subprocess.Popen(
                command, cwd="/", stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )
        _wait_for_port(self._process, self._port, log)
        # The port opens before the server takes connections.
        ready = [str(self._binaries / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={self._port}"]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and subprocess.run(ready, check=False).returncode:
            time.sleep(0.05)

    def stop(self, *, immediate: bool = False) -> None:
        """End it: SIGINT is its fast shutdown, which does not wait for clients, SIGQUIT the immediate one, which is a crash."""
        if self._process is not None:
            _end(self._process, signal.SIGQUIT if immediate else signal.SIGINT)
            self._process = None


@contextmanager
def own_postgresql(*, durable: bool = False) -> Iterator[Postgresql | None]:
    """Run a throw-away PostgreSQL, or yield None when it is not installed.

    C.UTF-8, because trigram and other text indexes find no Chinese under C; no fsync, because nothing is kept, unless `durable`:
    then what it confirmed is still there after an immediate stop, as in production.
    """
    binaries = postgresql_folder()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="guarantee-pg-"))
    try:
        server = Postgresql(binaries, folder, durable=durable)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql() -> Iterator[str | None]:
    """Run a throw-away PostgreSQL and yield its DATABASE_URL (a superuser's), or None when it is not installed."""
    with own_postgresql() as server:
        yield server.url if server else None


class Redis:
    """A throw-away Redis that writes nothing to disk; it can be killed and started again, empty, on the same port."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._binary, self._folder = binary, folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its REDIS_URL."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        log = self._folder / "log"
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [self._binary, *options, "--dir", str(self._folder)],
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _wait_for_port(self._process, self._port, log)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it; what it held is gone."""
        if self._process is not None:
            _end(self._process, number)
            self._process = None

    def flush(self) -> None:
        """Throw away everything it holds."""
        with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
            connection.sendall(b"FLUSHALL\r\n")
            connection.recv(64)


@contextmanager
def own_redis() -> Iterator[Redis | None]:
    """Run a throw-away Redis, or yield None when it is not installed."""
    binary = shutil.which("redis-server")
    if binary is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="guarantee-redis-"))
    try:
        server = Redis(binary, folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str | None]:
    """Run a throw-away Redis that writes nothing to disk and yield its REDIS_URL, or None when it is not installed."""
    with own_redis() as server:
        yield server.url if server else None
