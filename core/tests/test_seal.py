"""The key that seals: made once, kept from others, changed without losing what it sealed."""

import base64
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError

from core import seal

MESSAGE = "工单 GD-2026-0001".encode()


@pytest.fixture
def key_file(tmp_path: Path, settings: Any) -> Path:
    settings.SEAL_KEYS, settings.SEAL_KEY_FILE = [], tmp_path / "keys" / "seal_key"
    return tmp_path / "keys" / "seal_key"


def test_first_seal_makes_a_key_that_only_its_owner_reads(key_file: Path) -> None:
    sealed, key_id = seal.sign(MESSAGE)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert seal.verify(MESSAGE, sealed, key_id)
    assert not seal.verify(MESSAGE + b" ", sealed, key_id)
    assert not seal.verify(MESSAGE, "no base64!", key_id)
    private = key_file.read_text().strip()
    assert private not in (key_file.parent / "seal_key.pub").read_text()
    assert seal.sign(MESSAGE) == (sealed, key_id), "the same key seals the same"


def test_processes_that_start_at_once_agree_on_one_key(key_file: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        ids = {key_id for _seal, key_id in pool.map(lambda _n: seal.sign(MESSAGE), range(64))}
    assert len(ids) == 1
    assert [path.name for path in sorted(key_file.parent.iterdir())] == ["seal_key", "seal_key.pub"]


def test_a_new_key_leaves_the_old_seals_provable(key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, old_id = seal.sign(MESSAGE)
    before = key_file.read_text()
    call_command("seal_key", "--new")
    new, new_id = seal.sign(MESSAGE)
    assert new_id != old_id and key_file.read_text() != before
    assert seal.verify(MESSAGE, old, old_id) and seal.verify(MESSAGE, new, new_id)
    assert not seal.verify(MESSAGE, old, new_id)
    said = capsys.readouterr().out
    assert old_id in said and f"{new_id} " in said and key_file.read_text().strip() not in said


def test_a_lost_key_is_not_replaced_in_silence(key_file: Path) -> None:
    old, old_id = seal.sign(MESSAGE)
    key_file.unlink()
    with pytest.raises(ImproperlyConfigured):
        seal.sign(MESSAGE)
    assert seal.verify(MESSAGE, old, old_id), "what it sealed can still be checked"
    call_command("seal_key", "--lost")
    assert seal.sign(MESSAGE)[1] != old_id
    assert seal.verify(MESSAGE, old, old_id)
    with pytest.raises(CommandError):
        call_command("seal_key", "--lost")


def test_a_key_nobody_knows_is_neither_right_nor_wrong(key_file: Path) -> None:
    sealed, _key_id = seal.sign(MESSAGE)
    with pytest.raises(seal.UnknownKey):
        seal.verify(MESSAGE, sealed, "0123456789abcdef")


def test_keys_of_the_environment_need_no_file(key_file: Path, settings: Any) -> None:
    one, two = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    settings.SEAL_KEYS = [one]
    old, old_id = seal.sign(MESSAGE)
    settings.SEAL_KEYS = [two, one]
    new, new_id = seal.sign(MESSAGE)
    assert new_id != old_id and seal.verify(MESSAGE, old, old_id) and seal.verify(MESSAGE, new, new_id)
    assert not key_file.exists()
    with pytest.raises(CommandError):
        call_command("seal_key", "--new")
    settings.SEAL_KEYS = ["too short"]
    with pytest.raises(ImproperlyConfigured):
        seal.sign(MESSAGE)
