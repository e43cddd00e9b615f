"""What a weekly report is to the generic rows of lower apps: history entries and messages."""

from django.urls import reverse

from core.subjects import Subject
from reports.models import WeeklyReport
from reports.querysets import weekly_reports_visible_to


def url_of(report: WeeklyReport) -> str:
    """The report's page."""
    return reverse("reports:weekly", args=[report.iso_week])


WEEKLY_REPORT = Subject(
    key="weekly_report",
    model=WeeklyReport,
    label=str,
    url=url_of,
    visible_to=weekly_reports_visible_to,
)
