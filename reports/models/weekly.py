"""The weekly report (五.2(6)): live while a draft, frozen and numbered once issued."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from reports.states import ReportStatus


class WeeklyReport(models.Model):
    """One week of one contract. `starts_on` … `ends_on` are local dates, both included (interpretations 16 sets the edges).

    `number` counts the weeks of the term; `snapshot` holds every figure as issued; `pdf` is the issued file, served as is.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="weekly_reports")
    code = models.CharField(_("Report number"), max_length=40, unique=True)
    number = models.PositiveSmallIntegerField()
    iso_week = models.CharField(max_length=8)
    starts_on = models.DateField()
    ends_on = models.DateField()
    status = models.CharField(max_length=8, choices=ReportStatus, default=ReportStatus.DRAFT)
    version = models.PositiveIntegerField(default=1)
    summary = models.TextField(_("Summary"), max_length=3000, blank=True)
    summary_edited = models.BooleanField(default=False)
    summary_basis = models.TextField(blank=True)
    """What the figures said when the summary was edited; the page warns when they say something else by now."""
    snapshot = models.JSONField(null=True, blank=True)
    pdf = models.BinaryField(null=True, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "starts_on"], name="weekly_report_once"),
            models.UniqueConstraint(fields=["contract", "number"], name="weekly_report_number_once"),
            models.CheckConstraint(
                condition=models.Q(status="draft")
                | models.Q(issued_at__isnull=False, issued_by__isnull=False, snapshot__isnull=False, pdf__isnull=False),
                name="weekly_report_issued_is_frozen",
            ),
        ]

    def __str__(self) -> str:
        return self.code
