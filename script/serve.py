"""Start and keep up the processes of the Procfile: the local start, and the real stack of the tests.

A dead child is started again with back-off; SIGTERM or Ctrl-C ends all of them with everything they started; when this
process itself is killed, the kernel ends them. Standard library only.
"""

import argparse
import ctypes
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0
# A child that lived this long was well: its next death starts the back-off anew.
WELL_AFTER = 30.0
STOP_PATIENCE = 10.0
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


def read_procfile(path: Path = ROOT / "Procfile") -> dict[str, str]:
    """Name and command line of each process, in order."""
    lines = (line.partition(":") for line in path.read_text().splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, _, command in lines}


def backoff_after(deaths: int) -> float:
    """Seconds to wait before the next start, after that many deaths in a row (1, 2, …)."""
    return float(min(FIRST_BACKOFF * 2 ** (deaths - 1), LONGEST_BACKOFF))


def _die_with_parent(parent: int) -> None:
    """In the child: have the kernel send SIGTERM when the parent dies, also when it was killed outright."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


@dataclass
class Child:
    """One process of the Procfile and what is known about it."""

    name: str
    command: list[str]
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    deaths: int = 0
    start_at: float | None = 0.0
    readers: list[threading.Thread] = field(default_factory=list)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """The running process's id; raises ProcessLookupError when it does not run."""
        if self.process is None or self.process.poll() is not None:
            raise ProcessLookupError(self.name)
        return self.process.pid


class Supervisor:
    """Keeps children running until it is stopped. All methods but `run` may be called from any thread."""

    def __init__(
        self,
        commands: Mapping[str, str],
        env: Mapping[str, str],
        *,
        output: IO[str] | None = None,
        root: Path = ROOT,
    ) -> None:
        self.env = dict(env)
        self.root = root
        self.output = output or sys.stdout
        self.children = {name: Child(name, shlex.split(command)) for name, command in commands.items()}
        self.width = max(len(name) for name in self.children)
        self.stopping = threading.Event()
        self._lock = threading.RLock()
        # Apart from the other lock: a child that writes while it is being ended must not wait for us.
        self._output_lock = threading.Lock()

    def log(self, name: str, text: str) -> None:
        """One line, with the name of the process in front."""
        with self._output_lock:
            try:
                self.output.write(f"{name:<{self.width}} | {text}\n")
                self.output.flush()
            except (BrokenPipeError, ValueError):
                # Nobody reads any more; the processes go on.
                return

    def _relay(self, name: str, stream: IO[str]) -> None:
        for line in stream:
            self.log(name, line.rstrip("\n"))

    def _start(self, child: Child) -> None:
        parent = os.getpid()
        child.started, child.start_at = time.monotonic(), None
        try:
            child.process = subprocess.Popen(
                child.command,
                cwd=self.root,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                # A group of its own: Ctrl-C reaches this process only, which then ends the groups in order.
                start_new_session=True,
                preexec_fn=lambda: _die_with_parent(parent),
            )
        except OSError as error:
            child.process = None
            self._died(child, str(error))
            return
        assert child.process.stdout is not None  # noqa: S101 - PIPE was asked for
        reader = threading.Thread(target=self._relay, args=(child.name, child.process.stdout), daemon=True)
        reader.start()
        child.readers = [reader]

    def _died(self, child: Child, why: str) -> None:
        if time.monotonic() - child.started >= WELL_AFTER:
            child.deaths = 0
        child.deaths += 1
        wait = backoff_after(child.deaths)
        child.start_at = time.monotonic() + wait
        self.log(child.name, f"ended ({why}); next start in {wait:g} s")

    def tick(self) -> None:
        """Look once after every child: start what is due, note what died."""
        with self._lock:
            for child in self.children.values():
                if child.process is not None and child.process.poll() is not None:
                    code = child.process.returncode
                    self._end_group(child.process.pid, signal.SIGKILL)
                    child.process = None
                    if child.start_at is None and code is not None:
                        self._died(child, f"signal {-code}" if code < 0 else f"exit status {code}")
                due = child.start_at is not None and time.monotonic() >= child.start_at
                if child.process is None and due and not self.stopping.is_set():
                    self._start(child)

    def run(self) -> None:
        """Keep the children up until `stop` is called or a signal asked for it, then end them."""
        try:
            while not self.stopping.is_set():
                self.tick()
                self.stopping.wait(0.1)
        finally:
            self.end_all()

    def stop(self) -> None:
        """Ask `run` to end; returns at once."""
        self.stopping.set()

    @staticmethod
    def _end_group(group: int, number: int) -> None:
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            return

    def end_all(self) -> None:
        """SIGTERM to every group, SIGKILL to what is left after ten seconds; returns when all are gone."""
        with self._lock:
            running = [child.process for child in self.children.values() if child.process is not None]
            for process in running:
                # The leader alone: it ends its own workers in order; what it leaves behind is killed below.
                if process.poll() is None:
                    process.terminate()
            deadline = time.monotonic() + STOP_PATIENCE
            for process in running:
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                self._end_group(process.pid, signal.SIGKILL)
            for child in self.children.values():
                child.process, child.start_at = None, None
        for child in self.children.values():
            for reader in child.readers:
                reader.join(timeout=1)

    # What tests do to a named child.

    def kill(self, name: str, number: int = signal.SIGKILL, *, stay_down: bool = False) -> None:
        """Send a signal to a child and wait until it is gone; it comes back with back-off unless `stay_down`."""
        with self._lock:
            child = self.children[name]
            process = child.process
            if process is not None and process.poll() is None:
                if number == signal.SIGKILL:
                    self._end_group(process.pid, signal.SIGKILL)
                else:
                    process.send_signal(number)
                process.wait(STOP_PATIENCE)
            if stay_down:
                child.process, child.start_at = None, None

    def start(self, name: str) -> None:
        """Have `run` start a child that is down, with its back-off forgotten; returns when it runs."""
        with self._lock:
            child = self.children[name]
            if not child.alive:
                child.process, child.deaths, child.start_at = None, 0, 0.0
        # Not started from here: the kernel would end the child together with the calling thread.
        deadline = time.monotonic() + STOP_PATIENCE
        while not child.alive and time.monotonic() < deadline:
            time.sleep(0.05)


def child_environment() -> dict[str, str]:
    """This process's environment with the project's own Python and commands in front."""
    path = f"{ROOT / '.venv' / 'bin'}:{os.environ.get('PATH', '')}"
    return os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1"}


def main(arguments: Iterable[str] | None = None) -> None:
    """Run the Procfile, or those of its processes that are named, until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these processes")
    names = parser.parse_args(None if arguments is None else list(arguments)).names
    commands = read_procfile()
    unknown = [name for name in names if name not in commands]
    if unknown:
        parser.error(f"not in the Procfile: {', '.join(unknown)}")
    supervisor = Supervisor({name: commands[name] for name in names or commands}, child_environment())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.stop())
    supervisor.run()


if __name__ == "__main__":
    main()
