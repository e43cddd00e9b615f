from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        """Register the report's own sections, and weekly reports as a subject of history and messages."""
        from django.utils.translation import gettext_lazy as _

        from core import subjects, watchers
        from notifications import topics
        from reports.providers import register_all
        from reports.subject import WEEKLY_REPORT
        from reports.watchers import REPORTS

        register_all()
        subjects.register(WEEKLY_REPORT)
        watchers.register(REPORTS)
        topics.register("report", _("Reports"), covers=("report-issued",))
