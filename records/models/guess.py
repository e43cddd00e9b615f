"""How often somebody guessed wrong lately: link tokens by address, hand-over PINs by account."""

from django.db import models


class GuessCount(models.Model):
    """Wrong guesses under one key since an instant; a new window begins when the old one is over."""

    key = models.CharField(max_length=60, unique=True)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
