"""What was told already: one row a thing and its mark, so that nobody is told twice whoever looks how often."""

from django.db import models


class Reminder(models.Model):
    """That a due thing was announced. `mark` says which announcement it was ("2024-06-30", "2024-06-30 overdue")."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=60)
    mark = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "kind", "key", "mark"], name="device_reminder_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.mark}"
