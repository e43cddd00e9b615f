"""Finds: a person's messages."""

from typing import Any

from notifications.models import Channel, Delivery


def unread_count(user: Any, cap: int = 99) -> int:
    """How many in-app messages the person has not read, counted up to `cap`."""
    return Delivery.objects.filter(recipient=user, channel=Channel.IN_APP, read_at=None).order_by()[: cap + 1].count()
