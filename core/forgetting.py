"""What else holds a person's data: every app names what clears its own columns, and anonymising a person calls them all."""

from collections.abc import Callable, Mapping

from django.db import models

from core import subjects

Forget = Callable[[str, int], int]
"""forget(kind, pk) -> how many rows were cleared, in the caller's transaction. Kind "user" is an account, else a subject's key."""

GONE = "（已匿名）"
"""What stands in the place of a name that was cleared, or whose key was destroyed."""
_all: dict[str, Forget] = {}
_models: dict[str, type[models.Model]] = {}


def register(name: str, forget: Forget, *, records: Mapping[str, type[models.Model]] | None = None) -> None:
    """Add one in AppConfig.ready(); the same name again replaces it. `records` names people that are no subject (a contact)."""
    _all[name] = forget
    _models.update(records or {})


def load(kind: str, pk: int) -> models.Model:
    """The record that names somebody without an account. Raises KeyError for an unknown kind, and ObjectDoesNotExist."""
    model = _models[kind] if kind in _models else subjects.get(kind).model
    return model._default_manager.get(pk=pk)


def forget_everywhere(kind: str, pk: int) -> dict[str, int]:
    """Clear everywhere what is kept about a person; returns how many rows by name, without those that had none."""
    counted = {name: forget(kind, pk) for name, forget in _all.items()}
    return {name: count for name, count in counted.items() if count}
