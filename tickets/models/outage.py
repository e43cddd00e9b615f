"""Work while the system or the network is down: numbered blank sheets, and what was written on them entered later."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.states import BlankKind, GridBatchStatus, LateStatus

PERSON = settings.AUTH_USER_MODEL


class BlankSheets(models.Model):
    """One printing of blank sheets: they bear the numbers from `first` to `last` of a series, each printed once."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="blank_sheets")
    kind = models.CharField(_("Sheet"), max_length=10, choices=BlankKind)
    series = models.CharField(max_length=40)
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    printed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    printed_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["series", "first"], name="blank_sheet_once"),
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="blank_sheets_some"),
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.first:04d}–{self.last:04d}"


class LateEntry(models.Model):
    """What was written on paper while the system was down, typed in later with its real instants; a ticket once it is confirmed.

    `values` holds what was typed (rules_outage.FIELDS), instants as ISO text. `entered_at` is the recorded instant. Whoever entered
    it, and the engineer whose work it tells, never confirm it.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="late_entries")
    code = models.CharField(_("Number"), max_length=40, unique=True)
    status = models.CharField(_("Status"), max_length=10, choices=LateStatus, default=LateStatus.WAITING)
    is_demo = models.BooleanField(default=False)
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    paper_no = models.CharField(_("Number on the sheet"), max_length=40, blank=True)
    paper_line = models.PositiveSmallIntegerField(_("Line"), default=0)
    """The line of a daily log, from 1; 0 on a sheet that holds one work order."""
    reason = models.CharField(_("Why it could not be entered at once"), max_length=300)
    outage_from = models.DateTimeField(_("Outage from"))
    outage_to = models.DateTimeField(_("Outage until"))
    received_at = models.DateTimeField(_("Received at"))
    engineer = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, related_name="+", verbose_name=_("Engineer who did the work")
    )
    values = models.JSONField(default=dict)
    entered_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(_("Entered at"))
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(_("Reason"), max_length=300, blank=True)

    class Meta:
        ordering = ["-entered_at", "-id"]
        indexes = [models.Index(fields=["contract", "status", "-entered_at"], name="late_by_status")]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=LateStatus.values), name="late_status_known"),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | (~models.Q(decided_by=models.F("entered_by")) & ~models.Q(decided_by=models.F("engineer"))),
                name="late_decided_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(status="waiting", decided_by__isnull=True)
                | (~models.Q(status="waiting") & models.Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="late_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(outage_from__lt=models.F("outage_to")), name="late_outage_has_length"
            ),
            models.UniqueConstraint(
                fields=["contract", "paper_no", "paper_line"],
                condition=~models.Q(paper_no="") & ~models.Q(status="refused"),
                name="late_paper_once",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class GridBatch(models.Model):
    """One file of work orders of another system: what each row says, what is wrong with it, which tickets came of it.

    `columns` says which column of the file holds what; the next file with the same head begins with it.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="grid_batches")
    status = models.CharField(_("Status"), max_length=10, choices=GridBatchStatus, default=GridBatchStatus.CHECKED)
    source_system = models.CharField(_("Source system"), max_length=40)
    file_name = models.CharField(_("File"), max_length=120)
    header = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    rows = models.JSONField(default=list)
    """[{number, cells}] as read from the file; what is wrong is found anew whenever it is looked at."""
    unit = models.ForeignKey(
        "parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Unit")
    )
    place = models.ForeignKey(
        "devices.Place", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Place")
    )
    created_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name
