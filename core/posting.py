"""How the apps below `notifications` post messages: it hands its writer in when it is ready, nobody imports up."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models

_posters: list[Callable[..., Any]] = []


def register(poster: Callable[..., Any]) -> None:
    """Take over the writer of messages (notifications.services.outbox.message_post)."""
    _posters[:] = [poster]


def post(
    *,
    contract: models.Model,
    topic: str,
    recipients: Sequence[models.Model],
    title: str,
    at: datetime,
    body: str = "",
    params: Mapping[str, Any] | None = None,
    url: str = "",
) -> None:
    """Post a message in the caller's transaction. `title` and `body` are msgids, registered with gettext_noop."""
    (poster,) = _posters
    poster(
        contract=contract,
        topic=topic,
        recipients=recipients,
        title=title,
        body=body,
        params=params or {},
        url=url,
        at=at,
    )
