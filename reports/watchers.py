"""What the contract's calendar is told of reports: which weekly reports would be due at another instant."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.rules import ServiceCalendar
from core.clock import SHANGHAI
from core.watchers import Difference, Watcher
from parties.models import Contract
from reports.models import WeeklyReport
from reports.rules import issue_due_at, weeks_of_term
from reports.states import ReportStatus


def report_differences(
    contract: Contract, old: ServiceCalendar, new: ServiceCalendar, at: datetime
) -> list[Difference]:
    """Weekly reports not issued yet, of weeks begun or to come, whose noon another calendar moves. They follow it by themselves."""
    issued = set(
        WeeklyReport.objects.filter(contract=contract, status=ReportStatus.ISSUED).values_list("starts_on", flat=True)
    )
    found = []
    for week in weeks_of_term(contract.starts_on, contract.ends_on):
        if week.starts_on in issued:
            continue
        before, after = (issue_due_at(week, calendar.is_working_day) for calendar in (old, new))
        if before == after or max(before, after) < at:
            continue
        label = _("Weekly report no. %(number)s, %(week)s") % {"number": week.number, "week": week.iso_week}
        begun = week.begins_at <= at
        url = reverse("reports:weekly", args=[week.iso_week]) if begun else reverse("reports:weekly_list")
        found.append(Difference(f"week:{week.iso_week}", label, url, _shown(before), _shown(after)))
    return found


def _shown(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


REPORTS = Watcher(name="weekly_reports", heading=gettext_lazy("Weekly reports"), differences=report_differences)
