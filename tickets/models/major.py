"""Major incidents: reported to the client within 30 minutes, handled as the client says, reviewed afterwards (五.2(6))."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.states import Impact, MajorStatus, ReportWay

PERSON = settings.AUTH_USER_MODEL


class MajorIncident(models.Model):
    """`knowledge_at` starts the 30 minutes, `declared_at` is when it was written down here; they differ only with a reason.

    `reported_at` is the instant of the report itself, `report_recorded_at` when it was entered. What happened in between is in
    the history of this record (records.AuditEntry), written as it happens.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="incidents")
    code = models.CharField(_("Incident number"), max_length=40, unique=True)
    status = models.CharField(_("Status"), max_length=12, choices=MajorStatus, default=MajorStatus.DECLARED)
    version = models.PositiveIntegerField(default=1)
    is_demo = models.BooleanField(default=False)
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    ticket = models.ForeignKey(
        "tickets.Ticket", on_delete=models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    kind = models.CharField(_("Kind of incident"), max_length=20)
    kind_name = models.CharField(max_length=60)
    """What the kind was called when it was declared: the list is data and may change."""
    title = models.CharField(_("Title"), max_length=80)
    description = models.TextField(_("What happened"), max_length=2000)
    place = models.ForeignKey(
        "devices.Place", on_delete=models.PROTECT, related_name="incidents", verbose_name=_("Place")
    )
    impact = models.CharField(_("Effect on the hall"), max_length=500)
    reach = models.CharField(_("How far does it reach?"), max_length=8, choices=Impact, default=Impact.HALL)
    knowledge_at = models.DateTimeField(_("Known since"))
    knowledge_reason = models.CharField(_("Why another instant of knowledge"), max_length=300, blank=True)
    declared_at = models.DateTimeField(_("Declared at"))
    declared_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    clock = models.ForeignKey("sla.Clock", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    reported_at = models.DateTimeField(_("Reported to the client at"), null=True, blank=True)
    report_recorded_at = models.DateTimeField(null=True, blank=True)
    report_reason = models.CharField(_("Why it is entered later"), max_length=300, blank=True)
    reported_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_to = models.CharField(_("Reported to"), max_length=60, blank=True)
    reported_how = models.CharField(_("Reported by way of"), max_length=10, choices=ReportWay, blank=True)
    reported_text = models.TextField(_("What was reported"), max_length=1000, blank=True)

    handling_at = models.DateTimeField(_("Handling began"), null=True, blank=True)
    ended_at = models.DateTimeField(_("Ended at"), null=True, blank=True)
    end_text = models.TextField(_("How it ended"), max_length=1000, blank=True)
    cause = models.TextField(_("Cause"), max_length=2000, blank=True)
    effect = models.TextField(_("Effect in figures"), max_length=2000, blank=True)
    handled = models.TextField(_("How it was handled"), max_length=2000, blank=True)
    measures = models.TextField(_("Measures"), max_length=2000, blank=True)
    measures_due = models.DateField(_("Measures done by"), null=True, blank=True)
    lessons = models.TextField(_("Lessons"), max_length=2000, blank=True)
    reviewed_at = models.DateTimeField(_("Reviewed at"), null=True, blank=True)
    reviewed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdraw_reason = models.CharField(_("Reason"), max_length=300, blank=True)
    frozen_names = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-knowledge_at", "-id"]
        indexes = [models.Index(fields=["contract", "status", "-knowledge_at"], name="incident_by_status")]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=MajorStatus.values), name="incident_status_known"),
            models.CheckConstraint(
                condition=models.Q(status__in=("declared", "withdrawn"))
                | (models.Q(reported_at__isnull=False, reported_by__isnull=False) & ~models.Q(reported_to="")),
                name="incident_report_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(knowledge_at__lte=models.F("declared_at")), name="incident_known_before_declared"
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=("ended", "reviewed")) | models.Q(ended_at__isnull=False),
                name="incident_ended_has_instant",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="reviewed")
                | (models.Q(reviewed_at__isnull=False) & ~models.Q(cause="") & ~models.Q(measures="")),
                name="incident_review_is_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="withdrawn") | ~models.Q(withdraw_reason=""), name="incident_withdrawn_why"
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=models.Q(status__in=("declared", "reported", "handling")),
                name="incident_one_open_of_ticket",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class IncidentInstruction(models.Model):
    """What the client told us to do during an incident, by whom and when, and what was done about it."""

    incident = models.ForeignKey(MajorIncident, on_delete=models.PROTECT, related_name="instructions")
    given_by = models.CharField(_("Given by"), max_length=60)
    given_how = models.CharField(_("Given by way of"), max_length=10, choices=ReportWay)
    given_at = models.DateTimeField(_("Given at"))
    text = models.TextField(_("Instruction"), max_length=1000)
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    done_text = models.TextField(_("What was done about it"), max_length=1000, blank=True)
    done_at = models.DateTimeField(_("Done at"), null=True, blank=True)
    done_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["incident", "given_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True, done_text="")
                | (models.Q(done_at__isnull=False, done_by__isnull=False) & ~models.Q(done_text="")),
                name="instruction_done_is_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.text[:30]}"
