"""State machines as data: a flow is a tuple of moves, checked here and claimed by a conditional UPDATE."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from core.errors import Conflict


@dataclass(frozen=True)
class Move:
    """One allowed step: `verb` takes a record from any of `sources` to `target` (None keeps the state)."""

    verb: str
    sources: tuple[str, ...]
    target: str | None


@dataclass(frozen=True)
class Flow:
    """A named state machine. `initial` holds the states a record may be born in."""

    name: str
    initial: tuple[str, ...]
    moves: tuple[Move, ...]

    def move(self, verb: str) -> Move:
        """The move of that verb. A KeyError here is a programming error, not a user's."""
        for move in self.moves:
            if move.verb == verb:
                return move
        raise KeyError(f"{self.name} has no move {verb!r}")

    def allows(self, verb: str, state: str) -> bool:
        """Whether the verb may be done from this state."""
        return any(move.verb == verb and state in move.sources for move in self.moves)

    def verbs_from(self, state: str) -> tuple[str, ...]:
        """All verbs that the flow allows from this state, in the order of the flow."""
        return tuple(move.verb for move in self.moves if state in move.sources)


def claim(obj: models.Model, flow: Flow, verb: str, *, refused: str = "", **changes: Any) -> None:
    """Make the move in the database, or raise Conflict: one winner, whoever else tries at the same moment.

    The row's `status` is compared and swapped in one UPDATE together with `changes` (and `version` + 1 where the model has
    one); the object in memory then shows the same values. `refused` is the message for the loser.
    """
    move = flow.move(verb)
    values: dict[str, Any] = dict(changes)
    if move.target is not None:
        values["status"] = move.target
    has_version = any(field.name == "version" for field in obj._meta.fields)
    if has_version:
        values["version"] = models.F("version") + 1
    updated = type(obj)._default_manager.filter(pk=obj.pk, status__in=move.sources).update(**values)
    if not updated:
        raise Conflict(
            refused or _("This is no longer possible: the record has moved on. Please look at its present state.")
        )
    if has_version:
        del values["version"]
        obj.refresh_from_db(fields=["version"])
    for name, value in values.items():
        setattr(obj, name, value)
