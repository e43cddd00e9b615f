"""Clears under which names a person who is anonymised was reached."""

from notifications.models import ChannelChoice
from records.services.personal import ACCOUNT


def choice_forget(kind: str, pk: int) -> int:
    """Clear the names under which robots mention an account; returns how many."""
    if kind != ACCOUNT:
        return 0
    rows = ChannelChoice.objects.filter(user=pk).exclude(wecom_id="", feishu_id="")
    return rows.update(wecom_id="", feishu_id="")
