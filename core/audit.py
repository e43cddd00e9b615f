"""How the apps below `records` write history: `records` hands its writer in when it is ready, nobody imports up."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

PAGE, COMMAND, LINK, IMPORT = "page", "command", "link", "import"
"""The doors through which these apps are entered; the same words as in records."""

_writers: list[tuple[Callable[..., Any], Callable[[Iterable[Any]], Any]]] = []


def register(writer: Callable[..., Any], many: Callable[[Iterable[Any]], Any]) -> None:
    """Take over the writers of audit entries (records.services.audit): of one, and of several in one statement."""
    _writers[:] = [(writer, many)]


def write(
    *,
    contract: models.Model | None,
    subject: models.Model | None,
    verb: str,
    actor: models.Model | None,
    at: datetime,
    source: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    internal: bool = False,
    subject_type: str = "",
) -> None:
    """Write an audit entry in the caller's transaction. `internal` ones are not shown to the client.

    An act on something that does not exist (an unknown account) has no subject, only its type.
    """
    ((writer, _many),) = _writers
    extra = {"visibility": "internal"} if internal else {}
    writer(
        contract=contract,
        subject=subject,
        subject_type=subject_type,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before or {},
        after=after or {},
        reason=reason,
        **extra,
    )


def write_many(entries: Iterable[Mapping[str, Any]]) -> None:
    """Write several internal entries in one statement, each with the arguments of `write`."""
    ((_writer, many),) = _writers
    many([{**entry, "visibility": "internal"} for entry in entries])
