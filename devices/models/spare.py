"""Spare parts in the store: what is kept, and the ledger of everything that came and went."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.models.ledger import Movement, StockItem


class SpareMove(models.TextChoices):
    """Why the stock of a spare part changed."""

    RECEIVED = "in", _("Received")
    ISSUED = "issue", _("Issued to a device")
    RETURNED = "return", _("Put back from a device")
    SCRAPPED = "scrap", _("Written off")
    LENT = "lend", _("Lent")
    GIVEN_BACK = "back", _("Back from a loan")
    ADJUSTED = "adjust", _("Correction of stock")
    COUNTED = "count", _("Count of the store")
    REVERSED = "reverse", _("Reversal")


IN_KINDS = (SpareMove.RECEIVED, SpareMove.RETURNED, SpareMove.GIVEN_BACK)
OUT_KINDS = (SpareMove.ISSUED, SpareMove.SCRAPPED, SpareMove.LENT)


class SparePart(StockItem):
    """A kind of part in the store (附三.4)c). `stock` is the sum of its movements; since `low_since` too few are left."""

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="spare_parts")
    code = models.CharField(_("Code"), max_length=20)
    name = models.CharField(_("Name"), max_length=60)
    model = models.CharField(_("Model"), max_length=60, blank=True)
    unit = models.CharField(_("Counted in"), max_length=8, default="个")
    category = models.ForeignKey(
        "devices.DeviceCategory",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="spare_parts",
        verbose_name=_("Fits"),
    )
    place = models.ForeignKey(
        "devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Stored at")
    )
    shelf = models.CharField(_("Shelf"), max_length=40, blank=True)
    price = models.DecimalField(_("Price (yuan)"), max_digits=10, decimal_places=2, null=True, blank=True)
    remark = models.CharField(_("Remark"), max_length=200, blank=True)
    is_active = models.BooleanField(_("In use"), default=True)
    low_since = models.DateField(null=True, blank=True, editable=False)
    counted_on = models.DateField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["hall", "code"], name="spare_part_code_once"),
            models.CheckConstraint(condition=Q(stock__gte=0), name="spare_part_stock_not_below_zero"),
            models.CheckConstraint(condition=Q(price=None) | Q(price__gte=0), name="spare_part_price_not_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StockMovement(Movement):
    """One movement of a part's stock, never changed; a wrong one is followed by its opposite, which names it in `reverses`."""

    kind = models.CharField(_("Movement"), max_length=8, choices=SpareMove)
    item = models.ForeignKey(SparePart, on_delete=models.PROTECT, related_name="movements")
    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="spare_movements"
    )
    loan = models.ForeignKey(
        "devices.Loan", on_delete=models.PROTECT, null=True, blank=True, related_name="stock_movements"
    )
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by")
    document = models.CharField(_("Document"), max_length=60, blank=True)
    source = models.CharField(max_length=10, default="page")
    batch = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in IN_KINDS], change__gt=0)
                | Q(kind__in=[kind.value for kind in OUT_KINDS], change__lt=0)
                | Q(kind__in=["adjust", "reverse"]) & ~Q(change=0)
                | Q(kind="count"),
                name="stock_movement_sign",
            ),
            models.CheckConstraint(condition=Q(balance__gte=0), name="stock_movement_balance_not_below_zero"),
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False) | (~Q(kind="reverse") & Q(reverses=None)),
                name="stock_movement_reversal_names_its_movement",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "-id"], name="stock_movement_by_item"),
            models.Index(fields=["device", "-at"], name="stock_movement_by_device"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.change:+d}"
