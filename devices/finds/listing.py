"""Finds of imports and changes of several: a hall's batches are seen by who keeps its register."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from core.roles import ENGINEER, MANAGER
from devices.models import DeviceBatch, DeviceBatchRow
from parties.querysets import halls_served


def batches_visible_to(user: Any) -> QuerySet[DeviceBatch]:
    """Batches of the halls whose register the user keeps."""
    halls = halls_served(user, (ENGINEER, MANAGER))
    return DeviceBatch.objects.filter(hall_id__in=halls)


def with_counts(batches: QuerySet[DeviceBatch]) -> QuerySet[DeviceBatch]:
    """Batches with `count_new`, `count_changed` and `count_error`."""
    return batches.annotate(
        **{
            f"count_{value}": Count("rows", filter=Q(rows__outcome=value))
            for value in (DeviceBatchRow.Outcome.NEW, DeviceBatchRow.Outcome.CHANGED, DeviceBatchRow.Outcome.ERROR)
        }
    )


def counts_of(batch: DeviceBatch) -> dict[str, int]:
    """How many rows have which outcome; every outcome is named."""
    found = dict(batch.rows.order_by().values_list("outcome").annotate(number=Count("pk")))
    return {value: found.get(value, 0) for value in DeviceBatchRow.Outcome.values}
