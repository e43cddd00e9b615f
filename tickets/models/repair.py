"""What a difficult fault brings: plans, calls to vendors, spares lent or the reason why none, parts used (附三.4), 五.2(3))."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.models import SpareRefusal
from tickets.states import DISPATCH_OPEN, CostBearer, DispatchStatus, PlanStatus, ToldBy

PERSON = settings.AUTH_USER_MODEL
THOUGHT = ("cause", "solution", "security", "reliability", "fallback")
"""What a draft may leave open and a submitted plan may not, beside the estimate (五.2(3), 附三.3))."""


class Plan(models.Model):
    """One version of the plan for a difficult fault. `number` counts the versions of a ticket's plan from 1; old ones stay.

    `told_at`, `told_to` and `told_how` say when, to whom and how the client was told of it (附三.3)); no plan is in force without.
    """

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveSmallIntegerField(_("Version"))
    status = models.CharField(_("Status"), max_length=10, choices=PlanStatus, default=PlanStatus.DRAFTED)
    version = models.PositiveIntegerField(default=1)
    cause = models.CharField(_("Cause"), max_length=1000, blank=True)
    solution = models.TextField(_("Solution"), max_length=2000, blank=True)
    estimate_at = models.DateTimeField(_("Expected to be repaired by"), null=True, blank=True)
    security = models.CharField(_("Security"), max_length=500, blank=True)
    reliability = models.CharField(_("Reliability"), max_length=500, blank=True)
    fallback = models.CharField(_("Fallback"), max_length=500, blank=True)
    author = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("Written at"))
    submitted_at = models.DateTimeField(null=True, blank=True)
    returned_because = models.CharField(_("Why it came back"), max_length=300, blank=True)
    approved_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(_("Client told at"), null=True, blank=True)
    told_to = models.CharField(_("Told to"), max_length=40, blank=True)
    told_how = models.CharField(_("Told by"), max_length=10, choices=ToldBy, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["ticket", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="plan_number_once"),
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(status__in=["drafted", "submitted"]), name="plan_one_being_written"
            ),
            models.UniqueConstraint(fields=["ticket"], condition=Q(status="in_force"), name="plan_one_in_force"),
            models.CheckConstraint(condition=Q(status__in=PlanStatus.values), name="plan_status_known"),
            models.CheckConstraint(
                condition=Q(status="drafted")
                | (
                    ~Q(cause="")
                    & ~Q(solution="")
                    & ~Q(security="")
                    & ~Q(reliability="")
                    & ~Q(fallback="")
                    & Q(estimate_at__isnull=False)
                ),
                name="plan_thought_through",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["drafted", "submitted"])
                | (Q(approved_by__isnull=False, approved_at__isnull=False, told_at__isnull=False) & ~Q(told_to="")),
                name="plan_in_force_was_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.number}"


class Dispatch(models.Model):
    """One call to a vendor about a ticket. The ticket's own promise goes on; `clock` times the vendor beside it (附三.4)a).

    `due_at` is when the vendor should be there, as promised or, without a promise, as the policy says. `supervisor` is our engineer
    who watches the work. The vendor's own people have no account here: `vendor_engineer` is a name.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="dispatches")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="dispatches")
    vendor = models.ForeignKey("parties.Vendor", on_delete=models.PROTECT, related_name="dispatches")
    clock = models.ForeignKey("sla.Clock", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(_("Status"), max_length=10, choices=DispatchStatus, default=DispatchStatus.CALLED)
    version = models.PositiveIntegerField(default=1)
    called_at = models.DateTimeField(_("Called at"))
    how = models.CharField(_("How they were called"), max_length=10, choices=ToldBy)
    spoke_with = models.CharField(_("Spoke with"), max_length=40, blank=True)
    due_at = models.DateTimeField(_("Due to arrive by"))
    arrived_at = models.DateTimeField(_("Arrived at"), null=True, blank=True)
    done_at = models.DateTimeField(_("Finished at"), null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    called_off_at = models.DateTimeField(null=True, blank=True)
    vendor_engineer = models.CharField(_("Vendor's engineer"), max_length=40, blank=True)
    supervisor = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="dispatches_watched")
    task = models.CharField(_("What the vendor is to do"), max_length=300)
    result = models.CharField(_("What the vendor did"), max_length=500, blank=True)
    note = models.CharField(_("Note"), max_length=300, blank=True)

    class Meta:
        ordering = ["-called_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "vendor"], condition=Q(status__in=DISPATCH_OPEN), name="dispatch_open_once"
            ),
            models.CheckConstraint(condition=Q(status__in=DispatchStatus.values), name="dispatch_status_known"),
            models.CheckConstraint(
                condition=~Q(status="done") | (Q(done_at__isnull=False, arrived_at__isnull=False) & ~Q(result="")),
                name="dispatch_done_has_result",
            ),
            models.CheckConstraint(
                condition=~Q(status="arrived") | Q(arrived_at__isnull=False), name="dispatch_arrived_has_instant"
            ),
            models.CheckConstraint(
                condition=~Q(status="failed") | (Q(failed_at__isnull=False) & ~Q(note="")),
                name="dispatch_failed_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(status="called_off") | (Q(called_off_at__isnull=False) & ~Q(note="")),
                name="dispatch_called_off_says_why",
            ),
            models.CheckConstraint(
                condition=Q(arrived_at=None) | Q(arrived_at__gte=models.F("called_at")),
                name="dispatch_arrived_after_call",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "vendor", "-called_at"], name="dispatch_by_vendor"),
            models.Index(fields=["contract", "status", "due_at"], name="dispatch_open"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} · {self.vendor}"

    @property
    def on_time(self) -> bool | None:
        """Whether the vendor was there by the promised instant; None while that is open, or when they were called off before."""
        if self.arrived_at is not None:
            return self.arrived_at <= self.due_at
        if self.called_off_at is not None and self.called_off_at > self.due_at:
            return False
        return False if self.status == DispatchStatus.FAILED else None


class TicketLoan(models.Model):
    """A loan slip of the register that belongs to this ticket: a spare lent while the repair goes on (附三.4)c)."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="ticket_loans")
    loan = models.OneToOneField("devices.Loan", on_delete=models.PROTECT, related_name="ticket_loan")
    linked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.ticket} {self.loan}"


class NoSpare(models.Model):
    """Why no spare was lent during this repair; the newest one holds (interpretation 11)."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="no_spares")
    why = models.CharField(_("Reason"), max_length=12, choices=SpareRefusal.Why)
    note = models.CharField(_("What was agreed with the user instead"), max_length=200)
    actor = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.ticket} {self.get_why_display()}"


class TicketPart(models.Model):
    """A part used for a ticket: from our store, where its movement stands in the ledger, or brought by somebody else."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="parts")
    part = models.ForeignKey("devices.SparePart", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    movement = models.OneToOneField(
        "devices.StockMovement", on_delete=models.PROTECT, null=True, blank=True, related_name="ticket_part"
    )
    name = models.CharField(_("Part"), max_length=80)
    """What it was called when it was used; of a part from the store a copy, so that nothing renamed later changes it."""
    unit = models.CharField(_("Counted in"), max_length=8, default="个")
    quantity = models.PositiveIntegerField(_("Quantity"))
    cost_bearer = models.CharField(_("Paid by"), max_length=10, choices=CostBearer)
    used_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    used_at = models.DateTimeField()
    undone_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_because = models.CharField(_("Why it was taken back"), max_length=200, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="ticket_part_quantity"),
            models.CheckConstraint(
                condition=Q(part=None, movement=None) | Q(part__isnull=False, movement__isnull=False),
                name="ticket_part_from_store_has_movement",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | ~Q(undone_because=""), name="ticket_part_undone_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ×{self.quantity}"
