"""Verb `report` of a major incident: the client was told, by whom, how and when; only this stops the 30 minutes (五.2(6))."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from parties.models import User
from records.models import Source
from sla.services.clock import clock_stop
from tickets.models import MajorIncident
from tickets.permissions import can_handle_incident
from tickets.services import common
from tickets.services import incident_common as own
from tickets.states import MajorStatus, ReportWay


@transaction.atomic
def incident_report(
    *,
    incident: MajorIncident,
    actor: User,
    at: datetime,
    reported_to: str,
    reported_how: str,
    reported_text: str,
    reported_at: datetime | None = None,
    report_reason: str = "",
    source: str = Source.PAGE,
) -> MajorIncident:
    """Record the report to the client, given at `reported_at` (default `at`, an earlier instant only with a reason).

    The clock stops at the instant of the report. A breach that was entered meanwhile is an immutable fact: where the report is
    entered after it, the clock stops now, the true instant stands on the incident with its reason, and the client may exempt it.
    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(
        can_handle_incident(actor, incident), _("Only an engineer or the project manager of this contract can do this.")
    )
    told = reported_at or at
    common.check_input(
        {
            "reported_to": common.needed(reported_to, 60, _("Please say whom you told.")),
            "reported_how": common.chosen(reported_how, ReportWay),
            "reported_text": common.needed(reported_text, 1000, _("Please say what you reported.")),
            "reported_at": own.not_after(told, at)
            or (_("The report cannot precede the knowledge of the incident.") if told < incident.knowledge_at else ""),
            "report_reason": common.needed(report_reason, 300, _("Please say why it is entered later."))
            if told != at
            else common.optional(report_reason, 300),
        }
    )
    given = {
        "reported_to": reported_to.strip(),
        "reported_how": reported_how,
        "reported_text": reported_text.strip(),
        "reported_at": told,
    }
    reason = report_reason.strip() if told != at else ""
    own.take(
        incident,
        "report_incident",
        reported_by=actor,
        report_recorded_at=at,
        report_reason=reason,
        frozen_names={**incident.frozen_names, "reported_by": actor.name},
        **given,
    )
    own.record(
        incident,
        "report_incident",
        actor=actor,
        at=told,
        source=source,
        before={"status": MajorStatus.DECLARED.value},
        after={"status": incident.status, "recorded_at": at, **given},
        reason=reason,
    )
    if incident.clock is not None:
        clock = incident.clock
        clock.refresh_from_db(fields=["breached_at", "due_at"])
        entered = clock.breached_at is not None and clock.due_at is not None and told <= clock.due_at
        incident.clock = clock_stop(
            clock=clock,
            at=at,
            stopped_at=at if entered else told,
            actor=actor,
            reason=reason,
            source=source,
            note={"reported_at": told.isoformat()} if entered else None,
        )
    own.tell(
        incident,
        recipients=common.people(own.heads(incident.contract, at), without=actor),
        title=gettext_noop("%(code)s was reported to %(to)s at %(when)s"),
        body="%(text)s",
        params={"to": incident.reported_to, "when": common.local_time(told), "text": incident.reported_text[:200]},
        at=at,
        source=source,
    )
    return incident
