"""Decides about devices without Django: the short code on a QR label."""

import hashlib

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Nothing that can be mistaken when typed from a label: no 0/O, 1/I/L."""
LENGTH = 6


def short_code(seed: str) -> str:
    """The short code of a device from a seed that names it: 6 characters, always the same for the same seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    characters = []
    for _ in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[rest])
    return "".join(characters)


def typed_code(text: str) -> str:
    """What somebody typed or scanned as a short code, in the form in which it is stored."""
    return text.strip().upper().replace(" ", "").replace("-", "")
