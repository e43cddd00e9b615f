"""What devices use up: kinds with their stock, what fits which device, replacements, counters, and orders to vendors (附二.3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.models.ledger import Movement, StockItem
from devices.states import ConsumableOrderStatus


class Stuff(models.TextChoices):
    """What sort of consumable it is."""

    PAPER = "paper", _("Paper")
    THERMAL = "thermal", _("Thermal paper")
    TONER = "toner", _("Toner")
    INK = "ink", _("Ink")
    RIBBON = "ribbon", _("Ribbon")
    OTHER = "other", _("Other")


class Supplier(models.TextChoices):
    """Who pays for it; the contract only says that we coordinate, so the vendor is the default (interpretations 12)."""

    VENDOR = "vendor", _("The vendor")
    CONTRACTOR = "contractor", _("We")
    CLIENT = "client", _("The client")


class Metric(models.TextChoices):
    """What a device counts."""

    PAGES = "pages", _("Pages printed")
    TICKETS = "tickets", _("Tickets printed")


class ConsumableKind(StockItem):
    """A kind of consumable of a hall. One `unit` (a pack, a roll, a cartridge) gives `pages_per_unit` pages or prints.

    `capacity`, `warn_percent` and `warn_days` are what a device of one of its `categories` starts with.
    """

    hall = models.ForeignKey("parties.Hall", on_delete=models.PROTECT, related_name="consumable_kinds")
    name = models.CharField(_("Name"), max_length=60)
    kind = models.CharField(_("Sort"), max_length=8, choices=Stuff)
    unit = models.CharField(_("Unit of count"), max_length=8)
    pages_per_unit = models.PositiveIntegerField(_("Pages or prints of one unit"))
    metric = models.CharField(_("Counter that shows its use"), max_length=8, choices=Metric, blank=True)
    supplied_by = models.CharField(_("Supplied by"), max_length=10, choices=Supplier, default=Supplier.VENDOR)
    vendor = models.ForeignKey(
        "parties.Vendor", on_delete=models.PROTECT, null=True, blank=True, related_name="consumable_kinds"
    )
    categories = models.ManyToManyField("devices.DeviceCategory", blank=True, related_name="consumable_kinds")
    capacity = models.PositiveIntegerField(_("Pages or prints when full"))
    warn_percent = models.PositiveSmallIntegerField(_("Warn at (%)"), default=20)
    warn_days = models.PositiveSmallIntegerField(_("Warn so many days before"), default=5)
    is_active = models.BooleanField(_("In use"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["hall", "name"], name="consumable_kind_once")]

    def __str__(self) -> str:
        return self.name


class ConsumableMovement(Movement):
    """One change of a kind's stock; `device` where it was put in."""

    item = models.ForeignKey(ConsumableKind, on_delete=models.PROTECT, related_name="movements")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["item", "-at"], name="consumable_moves")]

    def __str__(self) -> str:
        return f"{self.item} {self.change:+d}"


class ConsumableFit(models.Model):
    """That a device uses a kind, and what is known of its level.

    `level` pages were left at `level_at`; `rate` is how many it uses on a day of use (empty: not enough data); `low_on` and
    `empty_on` follow from them and are reckoned anew with every replacement and reading. An own number may differ from the kind's.
    """

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="consumables")
    kind = models.ForeignKey(ConsumableKind, on_delete=models.PROTECT, related_name="fits")
    capacity = models.PositiveIntegerField(_("Pages or prints when full"))
    warn_percent = models.PositiveSmallIntegerField(_("Warn at (%)"))
    warn_days = models.PositiveSmallIntegerField(_("Warn so many days before"))
    is_active = models.BooleanField(_("In use"), default=True)
    level = models.PositiveIntegerField(null=True, blank=True)
    level_at = models.DateTimeField(null=True, blank=True)
    rate = models.FloatField(null=True, blank=True)
    low_on = models.DateField(null=True, blank=True)
    empty_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["device_id", "kind_id"]
        constraints = [models.UniqueConstraint(fields=["device", "kind"], name="consumable_fit_once")]
        indexes = [models.Index(fields=["low_on", "empty_on"], name="consumable_low")]

    def __str__(self) -> str:
        return f"{self.device} · {self.kind}"


class ConsumableChange(models.Model):
    """One replacement (`quantity` units put in), or one look at the level (quantity 0). Never altered afterwards.

    `left_before` and `left_after` are pages or prints, empty where nobody knows; `out_since` says since when the device stood
    empty: from then to `at` is the time that 附二.3 measures. `load_for` is the first day of the closure it was loaded for.
    """

    class Old(models.TextChoices):
        EMPTY = "empty", _("Used up")
        PARTLY = "partly", _("Partly used")
        LOOKED = "looked", _("Level read")

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="consumable_changes")
    fit = models.ForeignKey(ConsumableFit, on_delete=models.PROTECT, related_name="changes")
    quantity = models.PositiveIntegerField(_("How many"))
    old = models.CharField(_("The old one was"), max_length=8, choices=Old)
    left_before = models.PositiveIntegerField(null=True, blank=True)
    left_after = models.PositiveIntegerField(null=True, blank=True)
    out_since = models.DateTimeField(_("Empty since"), null=True, blank=True)
    from_stock = models.BooleanField(_("From our stock"), default=False)
    order = models.ForeignKey(
        "devices.ConsumableOrder", on_delete=models.PROTECT, null=True, blank=True, related_name="changes"
    )
    load_for = models.DateField(null=True, blank=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    actor = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["fit", "-at"], name="consumable_changes"),
            models.Index(fields=["contract", "-at"], name="consumable_change_days"),
        ]

    def __str__(self) -> str:
        return f"{self.fit} × {self.quantity}"

    @property
    def out_minutes(self) -> int | None:
        """How long the device stood empty (minutes, rounded down); None when it did not."""
        return None if self.out_since is None else int((self.at - self.out_since).total_seconds() // 60)


class DeviceCounter(models.Model):
    """Where a device's counter stands; it only goes forward, unless the meter was replaced."""

    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="counters")
    metric = models.CharField(_("Counter"), max_length=8, choices=Metric)
    value = models.PositiveBigIntegerField(_("Counter reading"))
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["device_id", "metric"]
        constraints = [models.UniqueConstraint(fields=["device", "metric"], name="device_counter_once")]

    def __str__(self) -> str:
        return f"{self.device} {self.metric} {self.value}"


class CounterReading(models.Model):
    """One reading of a counter, never altered. `is_new_meter`: the count begins anew here, `reason` says why."""

    counter = models.ForeignKey(DeviceCounter, on_delete=models.PROTECT, related_name="readings")
    value = models.PositiveBigIntegerField(_("Counter reading"))
    is_new_meter = models.BooleanField(_("The meter was replaced"), default=False)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    actor = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["counter", "-at"], name="counter_readings")]

    def __str__(self) -> str:
        return f"{self.counter} {self.value}"


class ConsumableOrder(models.Model):
    """A call to a vendor to bring and change consumables (附二.3 换耗材单)."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="consumable_orders")
    number = models.CharField(_("Number"), max_length=40, unique=True)
    vendor = models.ForeignKey("parties.Vendor", on_delete=models.PROTECT, related_name="consumable_orders")
    status = models.CharField(
        _("Status"), max_length=10, choices=ConsumableOrderStatus, default=ConsumableOrderStatus.CALLED
    )
    called_at = models.DateTimeField(_("Called at"))
    called_by = models.ForeignKey("parties.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    spoke_to = models.CharField(_("Spoke to"), max_length=40, blank=True)
    promised_at = models.DateTimeField(_("Promised for"))
    arrived_at = models.DateTimeField(_("Arrived at"), null=True, blank=True)
    replaced_at = models.DateTimeField(_("Replaced at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("Cancelled at"), null=True, blank=True)
    result = models.CharField(_("Result"), max_length=300, blank=True)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-called_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ConsumableOrderStatus.values), name="consumable_order_status_known"
            )
        ]
        indexes = [
            models.Index(fields=["contract", "status", "promised_at"], name="consumable_orders_open"),
            models.Index(fields=["contract", "-called_at"], name="consumable_orders_new"),
        ]

    def __str__(self) -> str:
        return self.number


class ConsumableOrderLine(models.Model):
    """What one device of an order needs. `out_since`: since when it stands empty."""

    order = models.ForeignKey(ConsumableOrder, on_delete=models.PROTECT, related_name="lines")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="consumable_order_lines")
    kind = models.ForeignKey(ConsumableKind, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("How many"))
    out_since = models.DateTimeField(_("Empty since"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["order", "device", "kind"], name="consumable_order_line_once")]

    def __str__(self) -> str:
        return f"{self.device} · {self.kind} × {self.quantity}"
