"""Machinery without nouns: a counter that gives record codes their running number."""

from django.db import models


class Counter(models.Model):
    """The last number given for a key such as "GD-20240318"; incremented by one UPDATE, so no number is given twice."""

    key = models.CharField(max_length=80, unique=True)
    value = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


def next_number(key: str) -> int:
    """The next running number for a key, from 1. Call it inside the transaction that uses the number."""
    if not Counter.objects.filter(key=key).update(value=models.F("value") + 1):
        Counter.objects.bulk_create([Counter(key=key)], ignore_conflicts=True)
        Counter.objects.filter(key=key).update(value=models.F("value") + 1)
    return Counter.objects.values_list("value", flat=True).get(key=key)
