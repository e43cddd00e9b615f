"""Clocks about what was only written down later: their instants are the real ones, what was recorded says when it was recorded."""

from collections.abc import Collection
from datetime import datetime

from core.transactions import joined
from sla.models import Alert, ClockEvent
from sla.states import AlertState


@joined
def clocks_recorded_at(*, clock_ids: Collection[int], at: datetime) -> None:
    """Enter that clocks which were started and stopped in this very transaction, at past instants, were recorded at `at`.

    What is left of their ladders was laid down now: rungs whose instant is over fire at once, and are late by people, not by the
    engine. Only for the transaction that made the clocks: nobody else has seen their events yet.
    """
    ClockEvent.objects.filter(clock__in=clock_ids, recorded_at__lt=at).update(recorded_at=at)
    Alert.objects.filter(clock__in=clock_ids, state=AlertState.PENDING, laid_at__lt=at).update(laid_at=at)
