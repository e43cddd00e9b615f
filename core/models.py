"""Machinery without nouns: a counter that gives record codes their running number."""

from django.db import connection, models


class Counter(models.Model):
    """The last number given for a key such as "GD-20240318"; incremented by one UPDATE, so no number is given twice."""

    key = models.CharField(max_length=80, unique=True)
    value = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


def next_number(key: str) -> int:
    """The next running number for a key, from 1, by one statement. Call it inside the transaction that uses the number."""
    table = connection.ops.quote_name(Counter._meta.db_table)
    # Both databases count and answer in one statement; the table's name is the model's.
    statement = (
        f"INSERT INTO {table} (key, value) VALUES (%s, 1) "  # noqa: S608
        f"ON CONFLICT (key) DO UPDATE SET value = {table}.value + 1 RETURNING value"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
        return int(cursor.fetchone()[0])
