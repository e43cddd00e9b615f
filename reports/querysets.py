"""Finds: the weekly reports somebody may read."""

from typing import Any

from django.db.models import Q, QuerySet

from core import roles
from parties.querysets import memberships_of
from reports.models import WeeklyReport
from reports.states import ReportStatus

READERS_OF_ISSUED = (roles.SUPERVISOR, roles.LEADER, roles.AUDITOR)


def weekly_reports_visible_to(user: Any) -> QuerySet[WeeklyReport]:
    """Managers see all of their contracts' reports; supervisors, leaders and auditors the issued ones; others none.

    The heavy columns (snapshot, file) are left for those who ask for them.
    """
    mine = memberships_of(user)
    managed = mine.filter(role=roles.MANAGER).values("contract_id")
    read = mine.filter(role__in=READERS_OF_ISSUED).values("contract_id")
    return WeeklyReport.objects.filter(
        Q(contract__in=managed) | Q(contract__in=read, status=ReportStatus.ISSUED)
    ).defer("snapshot", "pdf")
