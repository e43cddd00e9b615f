"""The local start: dead children come back, and nothing is left behind, however it ends."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from script.serve import ROOT, Supervisor, backoff_after, read_procfile

PATIENCE = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Callable[..., tuple[Supervisor, io.StringIO]]]:
    """Start a supervisor over the given commands in a thread; ended after the test."""
    running: list[tuple[Supervisor, threading.Thread]] = []

    def start(**commands: str) -> tuple[Supervisor, io.StringIO]:
        output = io.StringIO()
        supervisor = Supervisor(commands, os.environ, output=output, root=tmp_path)
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        running.append((supervisor, thread))
        return supervisor, output

    yield start
    for supervisor, thread in running:
        supervisor.stop()
        thread.join(PATIENCE)


def test_a_killed_child_comes_back(supervised):
    supervisor, output = supervised(one="sleep 600")
    until(lambda: supervisor.children["one"].alive)
    before = supervisor.children["one"].pid
    supervisor.kill("one")
    until(lambda: supervisor.children["one"].alive and supervisor.children["one"].pid != before)
    assert "ended (signal 9); next start in 0.5 s" in output.getvalue()


def test_a_child_held_down_stays_down_until_it_is_started(supervised):
    supervisor, _ = supervised(one="sleep 600", other="sleep 600")
    until(lambda: all(child.alive for child in supervisor.children.values()))
    untouched = supervisor.children["other"].pid
    supervisor.kill("one", stay_down=True)
    time.sleep(1)
    assert not supervisor.children["one"].alive
    supervisor.start("one")
    assert supervisor.children["one"].alive
    assert supervisor.children["other"].pid == untouched


def test_a_child_that_cannot_start_leaves_the_others_alone_and_waits_longer_each_time(supervised):
    supervisor, output = supervised(good="sleep 600", bad="sh -c 'exit 3'", absent="no-such-command")
    until(lambda: "bad    | ended (exit status 3); next start in 1 s" in output.getvalue())
    until(lambda: output.getvalue().count("absent | ended") >= 2)
    assert supervisor.children["good"].alive


def test_the_pauses_double_up_to_half_a_minute():
    assert [backoff_after(deaths) for deaths in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_lines_carry_the_name_of_their_process(supervised):
    _, output = supervised(talker="sh -c 'echo 中文; echo second >&2; sleep 600'")
    until(lambda: "second" in output.getvalue())
    assert output.getvalue() == "talker | 中文\ntalker | second\n"


SUPERVISOR = """
import os, signal, sys
from pathlib import Path
from script.serve import Supervisor
folder = Path(sys.argv[1])
supervisor = Supervisor({"child": f"sh -c 'sleep 600 & echo $! > {folder}/grandchild; echo $$ > {folder}/child; wait'"}, os.environ)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: supervisor.stop())
supervisor.run()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_no_process_behind(tmp_path, number):
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)], cwd=ROOT)
    until(lambda: (tmp_path / "child").is_file() and (tmp_path / "child").read_text().strip() != "")
    pids = [int((tmp_path / name).read_text()) for name in ("child", "grandchild")]
    assert all(alive(pid) for pid in pids)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert not any(alive(pid) for pid in pids)


def test_a_killed_supervisor_takes_its_children_along(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)], cwd=ROOT)
    until(lambda: (tmp_path / "child").is_file() and (tmp_path / "child").read_text().strip() != "")
    child, grandchild = (int((tmp_path / name).read_text()) for name in ("child", "grandchild"))
    process.kill()
    process.wait(PATIENCE)
    try:
        until(lambda: not alive(child))
    finally:
        os.kill(grandchild, signal.SIGKILL)


def test_the_procfile_names_the_four_processes():
    assert list(read_procfile()) == ["web", "clocks", "worker", "beat"]
