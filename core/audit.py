"""How the apps below `records` write history: `records` hands its writer in when it is ready, nobody imports up."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

PAGE, COMMAND = "page", "command"
"""The doors through which these apps are entered; the same words as in records."""

_writers: list[Callable[..., Any]] = []


def register(writer: Callable[..., Any]) -> None:
    """Take over the writer of audit entries (records.services.audit.audit_write)."""
    _writers[:] = [writer]


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
    (writer,) = _writers
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
