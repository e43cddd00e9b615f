"""Finds: a person's messages."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from notifications.models import Channel, Delivery, DeliveryState
from parties.models import Contract
from parties.querysets import memberships_of


def inbox_of(user: Any) -> QuerySet[Delivery]:
    """What a person finds in the app, newest first: of contracts in which they have a valid membership, from the posting on."""
    return (
        Delivery.objects.filter(
            recipient_id=user.pk,
            channel=Channel.IN_APP,
            message__contract__in=memberships_of(user).values("contract_id"),
        )
        .exclude(state=DeliveryState.DEAD)
        .order_by("-id")
    )


def unread_of(user: Any) -> QuerySet[Delivery]:
    """What a person has not read yet, newest first."""
    return inbox_of(user).filter(read_at=None)


def unread_count(user: Any, cap: int = 99) -> int:
    """How many messages the person has not read, counted up to `cap` + 1."""
    return unread_of(user).order_by()[: cap + 1].count()


def backlog(cap: int, contract: Contract | None = None) -> tuple[int, datetime | None]:
    """How many deliveries in the app wait (counted up to `cap`), and when the oldest was posted; of all, or of one contract."""
    rows = Delivery.objects.filter(state=DeliveryState.PENDING, channel=Channel.IN_APP)
    waiting = (
        (rows.filter(message__contract=contract) if contract else rows)
        .order_by("next_attempt_at")
        .values_list("message__posted_at", flat=True)[:cap]
    )
    instants = list(waiting)
    return len(instants), min(instants, default=None)


def deliveries_of_origins(origins: Iterable[str]) -> QuerySet[Delivery]:
    """Who got the messages that certain rows caused, with the message and the person."""
    rows = Delivery.objects.filter(message__origin__in=list(origins)).select_related("message", "recipient")
    return rows.order_by("id")
