"""Secrets at rest: what the database holds of them opens only with a key that is not in it.

The key is FIELD_KEY (or, where it is empty, SECRET_KEY), stretched by HKDF. Several keys, separated by commas, may be given: the
first seals, all open, so that a key can be changed without losing what lies sealed (`manage.py reseal_secrets`).
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"guarantee.sealed-fields.1"


class CannotOpen(ValueError):
    """What lies sealed was sealed with a key that is no longer given."""


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_stretched(key)) for key in keys])


def _stretched(key: str) -> bytes:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)


def _keys() -> tuple[str, ...]:
    # What was sealed before FIELD_KEY was set still opens with SECRET_KEY.
    return (*settings.FIELD_KEYS, settings.SECRET_KEY)


def seal(text: str) -> str:
    """The text, readable only with the key."""
    return _box(_keys()).encrypt(text.encode()).decode()


def unseal(token: str) -> str:
    """What was sealed. Raises CannotOpen when no given key fits."""
    try:
        return _box(_keys()).decrypt(token.encode()).decode()
    except InvalidToken:
        raise CannotOpen("sealed with a key that is not given any more") from None
