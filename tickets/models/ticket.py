"""The ticket: one request of the client from the call to the signature. Due instants are read from its clocks, never copied."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock
from tickets.states import (
    DONE,
    WAITING,
    Channel,
    CommitmentKind,
    ContactMethod,
    FaultType,
    Impact,
    Result,
    ServiceMode,
    TicketStatus,
    Triage,
    Urgency,
)

PERSON = settings.AUTH_USER_MODEL


class Ticket(models.Model):
    """`received_at` is when the request reached the contractor (the response clock's start), `recorded_at` when it was typed in.

    `version` counts every change of state; `content_version` counts what the client signs and grows when that changes.
    What somebody sent from a device's label without an account has nobody who recorded it and stays `unconfirmed` until an engineer
    has asked who it was; only so long may it have no unit, and `reporter_unit` then says what the sender wrote.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="tickets")
    code = models.CharField(_("Ticket number"), max_length=40, unique=True)
    status = models.CharField(_("Status"), max_length=20, choices=TicketStatus, default=TicketStatus.PENDING_RESPONSE)
    version = models.PositiveIntegerField(default=1)
    content_version = models.PositiveIntegerField(default=1)
    is_demo = models.BooleanField(default=False)
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    """Names the form that was sent, so that the same form sent twice makes one ticket."""

    channel = models.CharField(_("Channel"), max_length=12, choices=Channel)
    title = models.CharField(_("Title"), max_length=80)
    description = models.TextField(_("Symptom"), max_length=2000)
    reporter = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets_reported"
    )
    reporter_name = models.CharField(_("Reported by"), max_length=40)
    reporter_phone = models.CharField(_("Phone"), max_length=20, blank=True)
    reporter_unit = models.CharField(_("Unit as written"), max_length=40, blank=True)
    unconfirmed = models.BooleanField(default=False)
    unit = models.ForeignKey(
        "parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("Unit")
    )
    window = models.ForeignKey(
        "parties.Window", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    place = models.ForeignKey(
        "devices.Place", on_delete=models.PROTECT, related_name="tickets", verbose_name=_("Place")
    )
    device = models.ForeignKey(
        "devices.Device", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    category = models.ForeignKey(
        "contract.ServiceCategory", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    fault_type = models.CharField(_("Fault type"), max_length=12, choices=FaultType, blank=True)
    impact = models.CharField(_("Impact"), max_length=8, choices=Impact, default=Impact.POINT)
    urgency = models.CharField(_("Urgency"), max_length=8, choices=Urgency, default=Urgency.MEDIUM)
    priority = models.PositiveSmallIntegerField(_("Priority"), default=4)
    received_at = models.DateTimeField(_("Received at"))
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    set_back_reason = models.CharField(_("Why the start was set back"), max_length=200, blank=True)
    set_back_flagged = models.BooleanField(default=False)

    response_clock = models.ForeignKey("sla.Clock", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets_assigned"
    )
    responded_at = models.DateTimeField(_("Responded at"), null=True, blank=True)
    responded_on_behalf = models.BooleanField(default=False)
    contact_method = models.CharField(_("Contact by"), max_length=10, choices=ContactMethod, blank=True)
    contact_person = models.CharField(_("Spoke with"), max_length=40, blank=True)
    triage = models.CharField(_("First triage"), max_length=16, choices=Triage, blank=True)
    analysis = models.CharField(_("First analysis"), max_length=500, blank=True)
    commitment_kind = models.CharField(_("Commitment"), max_length=8, choices=CommitmentKind, blank=True)
    commitment_at = models.DateTimeField(_("Committed for"), null=True, blank=True)

    repair_clock = models.ForeignKey("sla.Clock", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The promise that times the work now: an hour, or working days once the fault is called difficult."""
    reassign_count = models.PositiveSmallIntegerField(default=0)
    appointment_at = models.DateTimeField(_("Appointment"), null=True, blank=True)
    appointment_place = models.CharField(_("Where"), max_length=100, blank=True)
    appointment_with = models.CharField(_("Agreed with"), max_length=40, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    waiting_reason = models.CharField(_("Waiting for"), max_length=300, blank=True)
    waiting_until = models.DateTimeField(_("Waiting until"), null=True, blank=True)
    waiting_known_by = models.CharField(_("The client's person who knows"), max_length=40, blank=True)
    part_asked_at = models.DateTimeField(null=True, blank=True)
    """Since when the engineer asks the manager to let it wait for a part or be sent in; none once that is answered."""
    part_asked_why = models.CharField(_("What is missing, or why it is sent in"), max_length=300, blank=True)
    holds = models.JSONField(default=list, blank=True)
    """Which kinds of records hang on this ticket ("plan", "dispatch", "loan" …), so that its page asks for no others."""
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from")
    cause_code = models.ForeignKey(
        "tickets.CauseCode", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )

    service_mode = models.CharField(_("Service mode"), max_length=8, choices=ServiceMode, blank=True)
    arrived_at = models.DateTimeField(_("Arrived at"), null=True, blank=True)
    cause = models.TextField(_("Cause"), max_length=1000, blank=True)
    solution = models.TextField(_("Solution"), max_length=2000, blank=True)
    verification = models.CharField(_("Verification"), max_length=500, blank=True)
    verified_by = models.CharField(_("Verified with"), max_length=40, blank=True)
    result = models.CharField(_("Result"), max_length=10, choices=Result, blank=True)
    resolved_at = models.DateTimeField(_("Resolved at"), null=True, blank=True)
    checked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The colleague who verified the work where somebody other than the responsible engineer must."""
    checked_at = models.DateTimeField(_("Verified at"), null=True, blank=True)
    signed_at = models.DateTimeField(_("Signed at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("Closed at"), null=True, blank=True)
    archived_at = models.DateTimeField(_("Archived at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("Last changed"), default=clock.now, editable=False)
    """The instant of the newest act in its history (tickets.services.common.record)."""
    rework_count = models.PositiveSmallIntegerField(default=0)
    closing_reason = models.CharField(_("Reason"), max_length=300, blank=True)
    source_system = models.CharField(_("Source system"), max_length=40, blank=True)
    external_no = models.CharField(_("External number"), max_length=60, blank=True)
    external_at = models.DateTimeField(_("Dispatched there at"), null=True, blank=True)
    """When the other system sent the work order to us: the start of the response clock (interpretations 4 and 32)."""
    grid_batch = models.ForeignKey(
        "tickets.GridBatch", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets"
    )
    late_entry = models.OneToOneField(
        "tickets.LateEntry", on_delete=models.PROTECT, null=True, blank=True, related_name="ticket"
    )
    """Set on what was worked on paper during an outage and entered later; counted apart (querysets.without_late)."""
    frozen_names = models.JSONField(default=dict, blank=True)
    """What things and people were called when they were written down (canonical.names_of), so that signed text never changes."""

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["contract", "-received_at", "-id"], name="ticket_newest"),
            models.Index(fields=["contract", "status", "-received_at"], name="ticket_by_status"),
            models.Index(fields=["assignee", "status"], name="ticket_mine"),
            models.Index(fields=["unit", "-received_at"], name="ticket_by_unit"),
            models.Index(fields=["device", "-received_at"], name="ticket_by_device"),
            models.Index(
                fields=["waiting_until"], condition=models.Q(status="waiting_customer"), name="ticket_wait_ends"
            ),
            models.Index(fields=["contract", "priority", "-received_at", "-id"], name="ticket_by_priority"),
            models.Index(fields=["contract", "-updated_at", "-id"], name="ticket_by_update"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=("pending_response", "cancelled", "merged"))
                | (
                    models.Q(responded_at__isnull=False, assignee__isnull=False, commitment_at__isnull=False)
                    & ~models.Q(triage="")
                    & ~models.Q(contact_method="")
                ),
                name="ticket_response_is_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=DONE) | (models.Q(resolved_at__isnull=False) & ~models.Q(solution="")),
                name="ticket_resolved_has_solution",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=("signed", "archived")) | models.Q(signed_at__isnull=False),
                name="ticket_signed_has_instant",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="scheduled") | models.Q(appointment_at__isnull=False),
                name="ticket_scheduled_has_instant",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=WAITING) | models.Q(waiting_since__isnull=False),
                name="ticket_waits_since",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="merged") | models.Q(merged_into__isnull=False),
                name="ticket_merged_into",
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="ticket_not_into_itself",
            ),
            models.CheckConstraint(condition=models.Q(status__in=TicketStatus.values), name="ticket_status_known"),
            models.UniqueConstraint(
                fields=["contract", "source_system", "external_no"],
                condition=~models.Q(external_no="") & ~models.Q(status="cancelled"),
                name="ticket_external_once",
            ),
            models.CheckConstraint(
                condition=models.Q(external_no="", source_system="", external_at__isnull=True)
                | ~models.Q(external_no="") & ~models.Q(source_system=""),
                name="ticket_external_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(recorded_by__isnull=False) | models.Q(channel="scan"), name="ticket_has_recorder"
            ),
            models.CheckConstraint(
                condition=models.Q(unit__isnull=False) | models.Q(unconfirmed=True), name="ticket_has_unit"
            ),
            models.CheckConstraint(
                condition=models.Q(unconfirmed=False) | models.Q(channel="scan", device__isnull=False),
                name="ticket_unconfirmed_by_scan",
            ),
            models.CheckConstraint(
                condition=models.Q(unconfirmed=False) | ~models.Q(status__in=DONE),
                name="ticket_signed_by_known",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def unit_name(self) -> str:
        """What the reporter's unit is called; as the sender wrote it while nobody has confirmed it."""
        return self.unit.name if self.unit is not None else self.reporter_unit
