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


@contextmanager
def postgresql() -> Iterator[str | None]:
    """Run a throw-away PostgreSQL and yield its DATABASE_URL (a superuser's), or None when it is not installed.

    C.UTF-8, because trigram and other text indexes find no Chinese under C; no fsync, because nothing is kept.
    """
    binaries = postgresql_folder()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="guarantee-pg-"))
    prefix = _as_postgres()
    try:
        if prefix:
            shutil.chown(folder, "postgres", "postgres")
        data, log, port = folder / "data", folder / "log", free_port()
        initdb = [*prefix, str(binaries / "initdb"), "--no-sync", "--auth=trust", "--username=guarantee"]
        made = subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "-D", str(data)],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServerError(made.stderr)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "100",
            "timezone": "UTC",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as file:
            command = [*prefix, str(binaries / "postgres"), "-D", str(data), *options]
            process = subprocess.Popen(command, cwd="/", stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            _wait_for_port(process, port, log)
            # The port opens before the server takes connections.
            ready = [str(binaries / "pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={port}"]
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline and subprocess.run(ready, check=False).returncode:
                time.sleep(0.05)
            yield f"postgres://guarantee@127.0.0.1:{port}/postgres"
        finally:
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            _end(process, signal.SIGINT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str | None]:
    """Run a throw-away Redis that writes nothing to disk and yield its REDIS_URL, or None when it is not installed."""
    binary = shutil.which("redis-server")
    if binary is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="guarantee-redis-"))
    log, port = folder / "log", free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    try:
        with log.open("wb") as file:
            process = subprocess.Popen(
                [binary, *options], stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            _wait_for_port(process, port, log)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            _end(process, signal.SIGTERM)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
