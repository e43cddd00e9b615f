"""The promise behind the weekly report: it begins when a week ends and is kept by issuing (五.2(6), interpretations 16)."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.clock import SHANGHAI
from core.transactions import joined
from parties.models import Contract, User
from records.models import Source
from records.services.audit import audit_write
from reports.models import WeeklyReport
from reports.rules import Week, report_code, weeks_of_term
from reports.states import ReportStatus
from reports.subject import WEEKLY_REPORT
from sla.models import Clock
from sla.services.clock import clock_start, clock_stop
from sla.states import ClockState

KIND = "weekly_report"
RECENT = timedelta(days=7)
"""Only the week that ended last gets a clock: a house that starts today is not late with last year's reports."""


@joined
def weekly_promises_start(*, at: datetime, source: str = Source.TASK) -> int:
    """Start the clock of every contract's report for the week that ended last, with its draft; returns how many began.

    It counts from Sunday 24:00, whenever this is called. Safe to call at any time: a report that is issued or has its clock is
    passed over, and so is a contract without this promise or without a calendar.
    """
    day = at.astimezone(SHANGHAI).date()
    contracts = Contract.objects.filter(
        starts_on__lt=day,
        ends_on__gte=day - RECENT,
        policies__kind=KIND,
        policies__effective_from__lte=day - RECENT,
        calendar_revisions__number=1,
    ).distinct()
    return sum(_start(contract, week, at, source) for contract in contracts if (week := _ended(contract, at)))


def _ended(contract: Contract, at: datetime) -> Week | None:
    """The week of the term that ended last, if that was lately."""
    weeks = weeks_of_term(contract.starts_on, contract.ends_on)
    return next((week for week in reversed(weeks) if week.over_at <= at < week.over_at + RECENT), None)


def _start(contract: Contract, week: Week, at: datetime, source: str) -> int:
    report, created = WeeklyReport.objects.get_or_create(
        contract=contract,
        starts_on=week.starts_on,
        defaults={
            "code": report_code(week.iso_week, contract.number_tag),
            "number": week.number,
            "iso_week": week.iso_week,
            "ends_on": week.ends_on,
        },
    )
    if created:
        audit_write(contract=contract, subject=report, verb="open", actor=None, at=at, source=source)
    if report.status == ReportStatus.ISSUED or _clocks(report).exists():
        return 0
    clock_start(
        contract=contract,
        kind=KIND,
        subject=report,
        started_at=week.over_at,
        actor=None,
        at=at,
        source=source,
        reason=_("The week has ended."),
    )
    return 1


def weekly_promise_stop(*, report: WeeklyReport, actor: User, at: datetime, source: str) -> None:
    """Issuing keeps the promise, or ends it late. A report without a clock (a week from before there were any) stays without."""
    running = _clocks(report).filter(state__in=(ClockState.RUNNING, ClockState.PAUSED)).first()
    if running is not None:
        clock_stop(clock=running, at=at, actor=actor, source=source)


def _clocks(report: WeeklyReport) -> QuerySet[Clock]:
    return Clock.objects.filter(subject_type=WEEKLY_REPORT.key, subject_id=report.pk, kind=KIND)
