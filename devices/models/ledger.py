"""A stock as a ledger: what every kind of counted thing and every movement of it has in common."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class MovementKind(models.TextChoices):
    """Why a stock changed."""

    RECEIVED = "in", _("Received")
    ISSUED = "issue", _("Taken out")
    RETURNED = "return", _("Returned")
    ADJUSTED = "adjust", _("Adjusted")
    COUNTED = "count", _("Stocktake")


class StockItem(models.Model):
    """Something counted. `stock` is the sum of its movements and is changed by devices.services.ledger alone, never by a form."""

    stock = models.PositiveIntegerField(_("In stock"), default=0, editable=False)
    min_stock = models.PositiveIntegerField(_("Lowest stock"), default=0)

    class Meta:
        abstract = True

    @property
    def is_low(self) -> bool:
        """Whether less is left than should be."""
        return self.stock < self.min_stock


class Movement(models.Model):
    """One change of a stock, never altered afterwards. A subclass adds `item`, the foreign key to what is counted.

    `change` is signed; `balance` is what was left after it. A stocktake that found what was expected has a change of 0.
    """

    kind = models.CharField(_("Movement"), max_length=8, choices=MovementKind)
    change = models.IntegerField(_("Change"))
    balance = models.PositiveIntegerField(_("Left"))
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        abstract = True
