"""What else holds a person's data: every app names what clears its own columns, and anonymising a person calls them all."""

from collections.abc import Callable

Forget = Callable[[str, int], int]
"""forget(kind, pk) -> how many rows were cleared, in the caller's transaction. Kind "user" is an account, else a subject's key."""

_all: dict[str, Forget] = {}


def register(name: str, forget: Forget) -> None:
    """Add one in AppConfig.ready(); the same name again replaces it."""
    _all[name] = forget


def forget_everywhere(kind: str, pk: int) -> dict[str, int]:
    """Clear everywhere what is kept about a person; returns how many rows by name, without those that had none."""
    counted = {name: forget(kind, pk) for name, forget in _all.items()}
    return {name: count for name, count in counted.items() if count}
