"""Loans: what was lent to whom until when, what moved for it, and why no spare could be given (附三.4)c)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.states import DeviceStatus, LoanOutcome, LoanStatus

OPEN = (LoanStatus.DRAFTED.value, LoanStatus.OUT.value)
"""While a loan is one of these, its device cannot be lent again."""


class Loan(models.Model):
    """One loan slip (备件借用单): a device, or a quantity of a spare part.

    `content_version` is what the signatures stand under; it grows when the due date is extended. `frozen_names` holds the names of
    people and things when they were handed out and back, so that nothing renamed later changes what was signed.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="loans")
    code = models.CharField(_("Loan number"), max_length=40, unique=True)
    status = models.CharField(_("Status"), max_length=10, choices=LoanStatus, default=LoanStatus.DRAFTED)
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="loans")
    part = models.ForeignKey("devices.SparePart", on_delete=models.PROTECT, null=True, blank=True, related_name="loans")
    quantity = models.PositiveIntegerField(_("Quantity"), default=1)
    stands_in_for = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="stood_in_by"
    )
    lender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    borrower = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    borrower_name = models.CharField(_("Borrower"), max_length=40)
    borrower_unit = models.ForeignKey("parties.Unit", on_delete=models.PROTECT, related_name="+")
    borrower_phone = models.CharField(_("Phone"), max_length=20, blank=True)
    purpose = models.CharField(_("Purpose"), max_length=200)
    place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    due_on = models.DateField(_("Due back on"))
    due_reason = models.CharField(_("Why extended"), max_length=200, blank=True)
    accessories = models.CharField(_("Accessories"), max_length=200, blank=True)
    condition_out = models.CharField(_("Condition when handed out"), max_length=200)
    out_at = models.DateTimeField(_("Handed out at"), null=True, blank=True)
    back_at = models.DateTimeField(_("Given back at"), null=True, blank=True)
    outcome = models.CharField(_("How it came back"), max_length=10, choices=LoanOutcome, blank=True)
    condition_back = models.CharField(_("Condition when given back"), max_length=200, blank=True)
    missing = models.CharField(_("What is missing or damaged"), max_length=200, blank=True)
    quantity_back = models.PositiveIntegerField(_("Quantity given back"), null=True, blank=True)
    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    returner_name = models.CharField(_("Given back by"), max_length=40, blank=True)
    lend_signed_at = models.DateTimeField(null=True, blank=True)
    borrow_signed_at = models.DateTimeField(null=True, blank=True)
    give_back_signed_at = models.DateTimeField(null=True, blank=True)
    take_back_signed_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    frozen_names = models.JSONField(default=dict, blank=True)
    batch = models.CharField(max_length=40, blank=True)
    content_version = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["device"], condition=Q(status__in=OPEN, device__isnull=False), name="loan_device_open_once"
            ),
            models.CheckConstraint(
                condition=Q(device__isnull=False, part=None, quantity=1)
                | Q(device=None, part__isnull=False, quantity__gte=1),
                name="loan_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(status__in=LoanStatus.values), name="loan_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=["drafted", "cancelled"]) | Q(out_at__isnull=False), name="loan_out_has_instant"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["returned", "lost"]) | (Q(back_at__isnull=False) & ~Q(outcome="")),
                name="loan_back_has_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "status", "due_on"], name="loan_by_due"),
            models.Index(fields=["device", "-id"], name="loan_by_device"),
            models.Index(fields=["stands_in_for", "-id"], name="loan_by_replaced"),
        ]

    def __str__(self) -> str:
        return self.code


class LoanMove(models.Model):
    """Where a device stood, and how, before a loan moved it; so that giving back can set all of it right again."""

    class Part(models.TextChoices):
        LENT = "lent", _("Lent")
        REPLACED = "replaced", _("Stood in for")

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="moves")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=8, choices=Part)
    from_status = models.CharField(max_length=12, choices=DeviceStatus)
    from_place = models.ForeignKey("devices.Place", on_delete=models.PROTECT, related_name="+")
    from_window = models.ForeignKey("parties.Window", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    from_unit = models.ForeignKey("parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    from_x = models.FloatField(null=True, blank=True)
    from_y = models.FloatField(null=True, blank=True)
    batch = models.CharField(max_length=40)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "device"], name="loan_move_once"),
            models.UniqueConstraint(
                fields=["device"], condition=Q(part="replaced", ended_at=None), name="loan_device_replaced_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan} {self.device}"


class SpareRefusal(models.Model):
    """Why a failed device got no spare (附三.4)c: the reason is required)."""

    class Why(models.TextChoices):
        NONE_LEFT = "none_left", _("No spare of this kind is left")
        NONE_KEPT = "none_kept", _("No spare of this kind is kept")
        VENDOR = "vendor", _("The vendor brings one")
        NOT_NEEDED = "not_needed", _("The user needs none")
        SOON = "soon", _("It will be repaired at once")
        OTHER = "other", _("Another reason")

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="spare_refusals")
    why = models.CharField(_("Reason"), max_length=12, choices=Why)
    note = models.CharField(_("Note"), max_length=200)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["device", "-at"], name="spare_refusal_by_device")]

    def __str__(self) -> str:
        return f"{self.device} {self.get_why_display()}"
