"""The weekly report's verbs: open a week's draft, edit its summary, issue it (五.2(6))."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock, roles
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.flow import claim
from core.pdf import pdf_render
from notifications.services.outbox import message_post
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source
from records.services.audit import audit_write
from records.services.chain import head_line
from reports.document import document_html, sentences_of, snapshot_of, snapshot_sha256
from reports.models import WeeklyReport
from reports.permissions import can_draft
from reports.rules import Week, report_code, week_of, weeks_of_term
from reports.services.promise import weekly_promise_stop
from reports.states import REPORT_FLOW, ReportStatus
from reports.subject import url_of

SUMMARY_LENGTH = 3000


@dataclass(frozen=True)
class WeekRow:
    """A week of the term with its report, where there is one yet."""

    week: Week
    report: WeeklyReport | None


def local_day(at: datetime) -> date:
    """The day of an instant in Shanghai."""
    return at.astimezone(clock.SHANGHAI).date()


def weeks_of(contract: Contract, *, at: datetime) -> list[WeekRow]:
    """The weeks of the term that have begun, newest first, each with its report."""
    reports = {
        report.starts_on: report
        for report in WeeklyReport.objects.filter(contract=contract)
        .defer("snapshot", "pdf")
        .select_related("issued_by")
    }
    weeks = weeks_of_term(contract.starts_on, contract.ends_on)
    begun = [week for week in weeks if week.begins_at <= at]
    return [WeekRow(week, reports.get(week.starts_on)) for week in reversed(begun)]


def week_named(contract: Contract, iso_week: str, *, at: datetime) -> Week:
    """The week of the term with that label. Raises NotFound when the term has none, or it has not begun."""
    for week in weeks_of_term(contract.starts_on, contract.ends_on):
        if week.iso_week == iso_week and week.begins_at <= at:
            return week
    raise NotFound(_("There is no such week in this contract's term yet."))


def report_of(contract: Contract, week: Week) -> WeeklyReport | None:
    """The report of a week with everything in it, None while nobody has touched the week."""
    return WeeklyReport.objects.select_related("issued_by").filter(contract=contract, starts_on=week.starts_on).first()


def report_open(
    *, contract: Contract, starts_on: date, actor: User, at: datetime, source: str = Source.PAGE
) -> WeeklyReport:
    """The week's report, made as an empty draft when there is none yet; opening it twice gives the same one.

    Raises NotAllowed for anybody but the manager, NotFound for a week outside the term or one that has not begun.
    """
    _only_manager(actor, contract)
    week = week_of(weeks_of_term(contract.starts_on, contract.ends_on), starts_on)
    if week is None or week.starts_on != starts_on or week.begins_at > at:
        raise NotFound(_("There is no such week in this contract's term yet."))
    with transaction.atomic():
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
            audit_write(contract=contract, subject=report, verb="open", actor=actor, at=at, source=source)
    return report


@transaction.atomic
def report_edit_summary(
    *, report: WeeklyReport, summary: str, version_seen: int, actor: User, at: datetime, source: str = Source.PAGE
) -> WeeklyReport:
    """Replace the sentences that the figures wrote by the manager's own; an empty text gives them back to the figures.

    Raises NotAllowed, Invalid (too long), and Conflict when the draft was changed since `version_seen` or has been issued.
    """
    _only_manager(actor, report.contract)
    text = "\n".join(line.strip() for line in summary.strip().splitlines() if line.strip())
    if len(text) > SUMMARY_LENGTH:
        message = _("At most %(limit)s characters, please.") % {"limit": SUMMARY_LENGTH}
        raise Invalid(message, fields={"summary": message})
    before = report.summary
    week = week_of(weeks_of_term(report.contract.starts_on, report.contract.ends_on), report.starts_on)
    basis = "" if week is None or not text else "\n".join(sentences_of(snapshot_of(report.contract, week, at=at)))
    edited = bool(text) and text != basis
    claim(
        report,
        REPORT_FLOW,
        "edit",
        refused=_("This report has been issued and can no longer be changed."),
        summary=text if edited else "",
        summary_edited=edited,
        summary_basis=basis if edited else "",
    )
    _same_version(report, version_seen)
    audit_write(
        contract=report.contract,
        subject=report,
        verb="edit",
        actor=actor,
        at=at,
        source=source,
        before={"summary": before},
        after={"summary": report.summary},
    )
    return report


def report_issue(
    *, report: WeeklyReport, version_seen: int, actor: User, at: datetime, source: str = Source.PAGE
) -> WeeklyReport:
    """Freeze the figures, make the file and give it to the client: from now on neither can change.

    The file is made before the transaction begins. Raises NotAllowed, NotFound (a week that has not begun), Conflict when
    somebody issued or edited it meanwhile, and PdfFailed when the file could not be made; each leaves the draft as it was.
    """
    contract = report.contract
    _only_manager(actor, contract)
    if report.status != ReportStatus.DRAFT:
        raise Conflict(_already_issued(report))
    if report.version != version_seen:
        raise Conflict(_changed())
    week = week_named(contract, report.iso_week, at=at)
    snapshot = snapshot_of(contract, week, at=at)
    summary = report.summary if report.summary_edited else "\n".join(sentences_of(snapshot))
    pdf = pdf_render(document_html(snapshot, summary=summary, issued=_issued(contract, actor, at)))
    with transaction.atomic():
        claim(
            report,
            REPORT_FLOW,
            "issue",
            refused=_already_issued(report),
            snapshot=snapshot,
            summary=summary,
            pdf=pdf,
            pdf_sha256=hashlib.sha256(pdf).hexdigest(),
            issued_at=at,
            issued_by=actor,
        )
        _same_version(report, version_seen)
        weekly_promise_stop(report=report, actor=actor, at=at, source=source)
        audit_write(
            contract=contract,
            subject=report,
            verb="issue",
            actor=actor,
            at=at,
            source=source,
            after={"code": report.code, "pdf_sha256": report.pdf_sha256, "snapshot_sha256": snapshot_sha256(snapshot)},
        )
        message_post(
            contract=contract,
            topic="report-issued",
            recipients=people_with_role(contract, roles.SUPERVISOR, roles.LEADER, on=local_day(at)),
            title=gettext_noop("Weekly report no. %(number)s has been issued"),
            body=gettext_noop("%(code)s, %(starts_on)s to %(ends_on)s, issued by %(name)s."),
            params={
                "number": report.number,
                "code": report.code,
                "starts_on": report.starts_on.isoformat(),
                "ends_on": report.ends_on.isoformat(),
                "name": actor.name,
            },
            url=url_of(report),
            subject=report,
            at=at,
        )
    return report


def _issued(contract: Contract, actor: User, at: datetime) -> dict[str, Any]:
    """Who issues, when, and how far the history went then: whoever keeps the paper can check the chain against it."""
    return {"name": actor.name, "at": at, "chain": head_line(contract, at=at)}


def _only_manager(actor: User, contract: Contract) -> None:
    if not can_draft(actor, contract):
        raise NotAllowed(_("Only the project manager may edit and issue weekly reports."))


def _same_version(report: WeeklyReport, version_seen: int) -> None:
    """After the claim the version is one more than what was seen; anything else means somebody was quicker."""
    if report.version != version_seen + 1:
        raise Conflict(_changed())


def _changed() -> str:
    return _("The draft was changed after you opened it. Please look at it again before you go on.")


def _already_issued(report: WeeklyReport) -> str:
    return _("Weekly report %(code)s has already been issued.") % {"code": report.code}
