"""Takes messages to their readers, and notes that they were read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import translation

from notifications.models import Channel, Delivery, DeliveryState
from notifications.querysets import inbox_of
from notifications.rules import retry_after
from notifications.text import UnreadableMessage, words_of

log = structlog.get_logger(__name__)


def deliver_due(now: datetime, limit: int = 200) -> int:
    """Deliver what is waiting, oldest first; returns how many rows were dealt with.

    In the app a message is delivered once it stands in its reader's words. A row that cannot be read backs off alone, the others
    go on; after 72 hours it is dead. Any number of processes may do this at once: each row is decided by a conditional UPDATE.
    """
    due = Q(state=DeliveryState.PENDING, next_attempt_at__lte=now)
    rows = list(
        Delivery.objects.filter(due, channel=Channel.IN_APP)
        .select_related("message", "recipient")
        .order_by("next_attempt_at", "id")[:limit]
    )
    ready: list[int] = []
    failed: list[tuple[Delivery, str]] = []
    for row in rows:
        with translation.override(row.recipient.language if row.recipient else settings.LANGUAGE_CODE):
            try:
                words_of(row.message)
            except UnreadableMessage as error:
                failed.append((row, str(error)))
            else:
                ready.append(row.pk)
    if ready:
        Delivery.objects.filter(pk__in=ready, state=DeliveryState.PENDING).update(
            state=DeliveryState.DELIVERED, delivered_at=now, attempts=F("attempts") + 1
        )
    for row, why in failed:
        _put_off(row, why, now)
    return len(rows)


def _put_off(row: Delivery, error: str, now: datetime) -> None:
    wait = retry_after(row.attempts + 1)
    log.warning("delivery_failed", delivery=row.pk, attempts=row.attempts + 1, error=error)
    Delivery.objects.filter(pk=row.pk, state=DeliveryState.PENDING).update(
        state=DeliveryState.PENDING if wait else DeliveryState.DEAD,
        attempts=F("attempts") + 1,
        next_attempt_at=now + wait if wait else now,
        last_error=error[:300],
    )


def mark_read(*, user: Any, at: datetime, ids: Iterable[int] | None = None) -> int:
    """Note that a person has read messages: those deliveries, or all when `ids` is None. Returns how many were unread."""
    rows = inbox_of(user).filter(read_at=None)
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return rows.order_by().update(read_at=at)
