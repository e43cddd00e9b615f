"""Finds: a person's messages."""

from typing import Any

from django.db.models import QuerySet

from notifications.models import Channel, Delivery, DeliveryState
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
