"""Parameters of a contract: what kind of value each takes, and whether a value is one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class TermType(StrEnum):
    """What a parameter is. SECONDS and DAYS are whole numbers with that unit, a WINDOW is a pair of times of day."""

    BOOL = "bool"
    SECONDS = "seconds"
    DAYS = "days"
    NUMBER = "number"
    WINDOW = "window"
    CHOICE = "choice"


class TermFault(ValueError):
    """A value that a parameter cannot take; `code` names why: "type", "range", "window" or "choice"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class TermDefault:
    """One parameter: its key, its value where nothing else was agreed, the clause it reads, and why this reading.

    `label`, `meaning` and the words of `choices` are texts by language ("zh", "en").
    """

    key: str
    value: Any
    clause: str
    reason: str
    type: str
    label: Mapping[str, str]
    meaning: Mapping[str, str]
    minimum: int | None = None
    maximum: int | None = None
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
NUMBERS = (TermType.SECONDS, TermType.DAYS, TermType.NUMBER)


def check_value(term: TermDefault, value: Any) -> Any:
    """The value as it is kept. Raises TermFault when the parameter cannot take it."""
    kind = TermType(term.type)
    if kind is TermType.BOOL:
        if not isinstance(value, bool):
            raise TermFault("type")
    elif kind in NUMBERS:
        if not isinstance(value, int) or isinstance(value, bool):
            raise TermFault("type")
        if value < (0 if term.minimum is None else term.minimum):
            raise TermFault("range")
        if term.maximum is not None and value > term.maximum:
            raise TermFault("range")
    elif kind is TermType.WINDOW:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise TermFault("type")
        if not all(isinstance(time, str) and TIME.fullmatch(time) for time in value) or not value[0] < value[1]:
            raise TermFault("window")
        value = list(value)
    elif value not in term.choices:
        raise TermFault("choice")
    return value
