"""Seals with Ed25519: whoever can only write to the database cannot make one, and whoever has the public key can check one.

The private key lies outside the database: in SEAL_KEY (environment; several, separated by commas: the first seals, all are
known) or in SEAL_KEY_FILE, made at the first seal with mode 0600. Beside that file `<name>.pub` lists every public key there
ever was, one a line, so that what an earlier key sealed can still be checked after `manage.py seal_key --new`.
A key's id is the first 16 hexadecimal digits of the SHA-256 of its 32 public bytes.
"""

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class UnknownKey(ValueError):
    """The seal names a key that is not among the known ones, so nothing can be said about it."""


@dataclass(frozen=True)
class SealKey:
    """A public key and what it is called."""

    key_id: str
    public: bytes


def sign(message: bytes) -> tuple[str, str]:
    """Seal bytes with the present key; returns the seal (base64) and the key's id."""
    key = _signing_key()
    return base64.b64encode(key.sign(message)).decode(), key_id_of(_public_bytes(key))


def verify(message: bytes, seal: str, key_id: str) -> bool:
    """Whether the seal is that key's over these bytes. Raises UnknownKey."""
    public = _public_keys().get(key_id)
    if public is None:
        raise UnknownKey(key_id)
    try:
        _public_key(public).verify(base64.b64decode(seal, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def key_id_of(public: bytes) -> str:
    """What a public key is called."""
    return hashlib.sha256(public).hexdigest()[:16]


def present_key() -> SealKey:
    """The key that seals now; made when there is none."""
    public = _public_bytes(_signing_key())
    return SealKey(key_id_of(public), public)


def known_keys() -> list[SealKey]:
    """Every key that seals can be checked with; the present one is among them."""
    present_key()
    return [SealKey(key_id, public) for key_id, public in _public_keys().items()]


def new_key() -> SealKey:
    """Put a new key in the place of the present one, whose public half stays known. Raises ImproperlyConfigured when SEAL_KEY
    gives the key: then the environment has to be changed."""
    if settings.SEAL_KEYS:
        raise ImproperlyConfigured(
            "SEAL_KEY gives the key: put a new one before the present one there, separated by a comma."
        )
    _remember(_signing_key())
    path = _key_file()
    draft, key = _draft(path)
    _remember(key)
    draft.replace(path)
    _sync_folder(path)
    return present_key()


# The files ------------------------------------------------------------------------------------------------------------


def _key_file() -> Path:
    return Path(settings.SEAL_KEY_FILE)


def _public_file() -> Path:
    path = _key_file()
    return path.with_name(path.name + ".pub")


def _signing_key() -> Ed25519PrivateKey:
    if settings.SEAL_KEYS:
        return _key_of(settings.SEAL_KEYS[0])
    path = _key_file()
    try:
        stamp = _stamp(path)
    except FileNotFoundError:
        _make(path)
        stamp = _stamp(path)
    return _key_in(str(path), stamp)


def _make(path: Path) -> None:
    """Make the first key: of several processes that start at once, one's key is linked into place and all use it."""
    if _public_file().exists() and not path.exists():
        # A new key made in silence would hide that the old one is lost, and split the proof in two.
        raise ImproperlyConfigured(
            f"{path} is missing although {_public_file().name} shows that there was one. Put it back from your backup, or accept "
            "its loss with: python manage.py seal_key --lost"
        )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft, key = _draft(path)
    try:
        os.link(draft, path)
        _remember(key)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_folder(path)


def make_after_loss() -> SealKey:
    """Begin with a new key although the private half of the old one is gone; what it sealed can still be checked. Raises
    ImproperlyConfigured when the key is there."""
    path = _key_file()
    if settings.SEAL_KEYS or path.exists():
        raise ImproperlyConfigured("The key is not lost; to change it use: python manage.py seal_key --new")
    draft, key = _draft(path)
    _remember(key)
    draft.replace(path)
    _sync_folder(path)
    return present_key()


def _draft(path: Path) -> tuple[Path, Ed25519PrivateKey]:
    """A new key in a file of its own beside the key file: never readable for others, not even for an instant."""
    key = Ed25519PrivateKey.generate()
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        file.write(base64.b64encode(raw) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return draft, key


def _remember(key: Ed25519PrivateKey) -> None:
    """Add the public half to the list, once; one short write of an appended line is whole."""
    public = _public_bytes(key)
    path = _public_file()
    if path.exists() and public in _listed(str(path), _stamp(path)):
        return
    line = f"{key_id_of(public)} {base64.b64encode(public).decode()}\n".encode()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), "ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _public_keys() -> dict[str, bytes]:
    """Key id -> public bytes: the listed ones and those of the private keys at hand."""
    if settings.SEAL_KEYS:
        given = [_public_bytes(_key_of(text)) for text in settings.SEAL_KEYS]
    elif _key_file().exists():
        given = [_public_bytes(_signing_key())]
    else:
        given = []
    path = _public_file()
    listed = _listed(str(path), _stamp(path)) if path.exists() else ()
    return {key_id_of(public): public for public in (*listed, *given)}


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes when the file does, so that a running process sees a changed key at once."""
    facts = path.stat()
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=4)
def _key_in(path: str, _stamp: tuple[int, int, int]) -> Ed25519PrivateKey:
    return _key_of(Path(path).read_text().strip())


@lru_cache(maxsize=4)
def _listed(path: str, _stamp: tuple[int, int, int]) -> tuple[bytes, ...]:
    lines = Path(path).read_text().splitlines()
    try:
        return tuple(base64.b64decode(line.split()[1], validate=True) for line in lines if line.strip())
    except (IndexError, binascii.Error) as error:
        raise ImproperlyConfigured(f"{path} holds a line that is no public key.") from error


@lru_cache(maxsize=8)
def _key_of(text: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured(
            "The seal key is not 32 bytes in base64. Make one with: python manage.py seal_key --print-new"
        ) from error


@lru_cache(maxsize=64)
def _public_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
