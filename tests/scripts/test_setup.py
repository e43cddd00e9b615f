"""What a fresh machine relies on: locks without addresses, checked files, private folders, clear refusals."""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys

import pytest

from script import frontend, steps

REQUIREMENTS = sorted(steps.ROOT.glob("requirements*.txt"))


@pytest.mark.parametrize("lock", REQUIREMENTS, ids=lambda path: path.name)
def test_every_locked_package_has_a_hash_and_no_address(lock):
    text = lock.read_text()
    assert not re.search(r"https?://|file:", text)
    pinned = re.findall(r"^[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert pinned
    assert all("--hash=sha256:" in block for block in pinned)


def test_every_locked_front_end_package_has_an_integrity_and_no_address():
    packages = json.loads((steps.ROOT / "package-lock.json").read_text())["packages"]
    installed = [entry for name, entry in packages.items() if name]
    assert installed
    assert all("integrity" in entry and "resolved" not in entry for entry in installed)


def test_the_sprite_holds_every_listed_icon_once():
    sprite = (frontend.VENDOR / "icons.svg").read_text()
    assert re.findall(r'<symbol id="([^"]+)"', sprite) == frontend.icon_names()


def test_a_front_end_file_that_is_not_the_expected_one_is_refused(tmp_path, monkeypatch):
    name = next(iter(frontend.FILES))
    changed = tmp_path / "node_modules" / name
    changed.parent.mkdir(parents=True)
    changed.write_text("something else")
    monkeypatch.setattr(frontend, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(frontend, "VENDOR", tmp_path / "vendor")
    with pytest.raises(SystemExit, match=re.escape(name)):
        frontend.copy_files()
    assert list((tmp_path / "vendor").iterdir()) == []


def test_the_data_folder_is_private_and_keeps_its_key(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.delenv("SECRET_KEY_FILE", raising=False)
    steps.private_folder()
    key = tmp_path / "var" / "secret_key"
    first = key.read_text()
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(first) >= 50
    steps.private_folder()
    assert key.read_text() == first


def test_a_step_is_done_once_for_the_same_inputs(tmp_path):
    stamp, done = tmp_path / "stamps" / "step", []
    for value in ("a", "a", "b"):
        with steps.unless_stamped(stamp, value, "step") as stale:
            if stale:
                done.append(value)
    assert done == ["a", "b"]


def test_a_step_that_failed_is_done_again(tmp_path):
    stamp = tmp_path / "step"
    with pytest.raises(steps.SetupError), steps.unless_stamped(stamp, "a", "step"):
        raise steps.SetupError("no connection")
    with steps.unless_stamped(stamp, "a", "step") as stale:
        assert stale


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="not a Debian system")
def test_somebody_who_may_not_install_is_told_the_exact_command():
    code = "from script import steps; steps.guarded(lambda: steps.need_packages(['guarantee-no-such-package']))"
    # A user without sudo, whoever runs the tests.
    drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    answer = subprocess.run(
        [*drop, python, "-B", "-c", code], cwd=steps.ROOT, capture_output=True, text=True, check=False
    )
    if not drop and steps.may_install() is not None:
        pytest.skip("this user may install packages")
    assert answer.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends guarantee-no-such" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_taken_port_is_refused_with_a_clear_message():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = subprocess.run(
            [sys.executable, "script/server"],
            cwd=steps.ROOT,
            env=os.environ | {"PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert answer.returncode == 1
    assert f"Port {port} cannot be used" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_every_variable_that_the_settings_read_is_documented():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (steps.ROOT / "guarantee" / "settings.py").read_text()))
    read |= set(re.findall(r'environ\.get\("([A-Z_]+)"\)', (steps.ROOT / "deploy" / "gunicorn.py").read_text()))
    assert read
    operations = (steps.ROOT / "docs" / "operations.md").read_text()
    missing = sorted(name for name in read if f"`{name}`" not in operations)
    assert missing == []
