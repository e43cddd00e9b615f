"""Verb `declare`: something is a major incident, and 30 minutes run from the instant at which we knew of it (五.2(6))."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock
from core.errors import Conflict
from core.models import next_number
from devices.models import Place
from parties.models import Contract, User
from records.models import Source
from records.services.attachments import PreparedImage
from sla.services.clock import clock_start
from tickets import rules, rules_major
from tickets.models import MajorIncident, Ticket
from tickets.permissions import can_declare_incident
from tickets.services import common
from tickets.services import incident_common as own
from tickets.states import TICKET_FLOW, Impact, MajorStatus, Urgency


@transaction.atomic
def incident_declare(
    *,
    contract: Contract,
    actor: User,
    at: datetime,
    kind: str,
    title: str,
    description: str,
    place: Place,
    impact: str,
    reach: str = Impact.HALL,
    ticket: Ticket | None = None,
    knowledge_at: datetime | None = None,
    knowledge_reason: str = "",
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
    is_demo: bool = False,
    form_token: UUID | None = None,
) -> MajorIncident:
    """Declare a major incident, from a ticket or directly.

    The 30 minutes of continuous time start at the instant of knowledge: the ticket's receipt, without a ticket `at`; another
    instant only with a reason. Over already, the clock is born late: the engine or the report enters the breach.
    Raises NotAllowed (a clerk never declares alone), Invalid, or Conflict when the ticket has an open incident already.
    """
    common.require(
        can_declare_incident(actor, contract),
        _("Only an engineer, the project manager or the client's supervisor declares a major incident."),
    )
    usual = ticket.received_at if ticket is not None else at
    known = knowledge_at or usual
    in_force = contract.in_force_on(known.astimezone(clock.SHANGHAI).date())
    common.check_input(
        {
            "kind": "" if kind in rules_major.kinds() else _("Please choose one of the options."),
            "title": common.needed(title, 80),
            "description": common.needed(description, 2000, _("Please say what happened.")),
            "impact": common.needed(impact, 500, _("Please say what cannot be done in the hall now.")),
            "reach": common.chosen(reach, Impact),
            "place": ""
            if place.hall_id == contract.hall_id
            else _("Unknown in this hall; please choose from the list."),
            "knowledge_at": own.not_after(known, at)
            or ("" if in_force else _("The contract was not in force on that day.")),
            "knowledge_reason": common.needed(
                knowledge_reason, 300, _("Another instant of knowledge needs a reason: it starts the 30 minutes.")
            )
            if known != usual
            else common.optional(knowledge_reason, 300),
        }
    )
    if ticket is not None and ticket.contract_id != contract.pk:
        raise Conflict(_("This ticket belongs to another contract."))
    series = rules_major.series_of(contract.number_tag, known.astimezone(clock.SHANGHAI).year)
    incident = MajorIncident(
        contract=contract,
        code=rules_major.code_of(series, next_number(series)),
        status=MajorStatus.DECLARED,
        is_demo=is_demo,
        form_token=form_token,
        ticket=ticket,
        kind=kind,
        kind_name=rules_major.kinds()[kind],
        title=title.strip(),
        description=description.strip(),
        place=place,
        impact=impact.strip(),
        reach=reach,
        knowledge_at=known,
        knowledge_reason=knowledge_reason.strip() if known != usual else "",
        declared_at=at,
        declared_by=actor,
        frozen_names={
            "project": contract.project_name,
            "client": contract.client.legal_name,
            "contractor": contract.contractor.legal_name,
            "place": place.name,
            "declared_by": actor.name,
            "ticket": ticket.code if ticket is not None else "",
        },
    )
    try:
        with transaction.atomic():
            incident.save(force_insert=True)
    except IntegrityError as error:
        if form_token is not None and MajorIncident.objects.filter(form_token=form_token).exists():
            raise Conflict(_("This incident has been declared already."), code="recorded") from error
        raise Conflict(_("This ticket has an open major incident already.")) from error
    own.record(
        incident,
        "declare",
        actor=actor,
        at=at,
        source=source,
        after={
            "status": incident.status,
            "kind": incident.kind_name,
            "title": incident.title,
            "place": place,
            "impact": incident.impact,
            "ticket": ticket,
            "knowledge_at": known,
        },
        reason=incident.knowledge_reason,
    )
    own.store_photos(incident, photos, actor=actor, at=at, source=source)
    incident.clock = clock_start(
        contract=contract,
        kind=rules_major.CLOCK,
        subject=incident,
        started_at=known,
        actor=actor,
        at=at,
        source=source,
        reason=incident.knowledge_reason,
    )
    incident.save(update_fields=["clock"])
    if ticket is not None:
        _raise_ticket(ticket, incident, actor=actor, at=at, source=source)
    own.tell(
        incident,
        recipients=common.people(own.heads(contract, at), without=actor),
        title=gettext_noop("Major incident %(code)s: %(title)s"),
        body=gettext_noop(
            "%(kind)s at %(place)s, declared by %(name)s. The report to the client is due within 30 minutes."
        ),
        params={"kind": incident.kind_name, "place": place.name, "name": actor.name},
        at=at,
        source=source,
        urgent=True,
    )
    return incident


def _raise_ticket(ticket: Ticket, incident: MajorIncident, *, actor: User, at: datetime, source: str) -> None:
    """The ticket becomes urgent; its promises stay as they were made.

    Terms are frozen when a clock starts: a response clock that runs in service hours is not turned into one that runs day and night
    afterwards, for that would rewrite what was promised. What runs day and night from now on is the incident's own clock, whose
    ladder reaches the people on duty, the manager and the stand-in at any hour.
    """
    common.hold(ticket, "incident")
    before = {"impact": ticket.impact, "urgency": ticket.urgency, "priority": ticket.priority}
    after = {
        "impact": incident.reach,
        "urgency": Urgency.HIGH.value,
        "priority": rules.priority_of(incident.reach, Urgency.HIGH),
    }
    if before != after and TICKET_FLOW.allows("correct", ticket.status):
        # The priority is among what the client signs, so a new version begins.
        common.take(ticket, "correct", content_version=F("content_version") + 1, **after)
        ticket.refresh_from_db(fields=["content_version"])
    else:
        before, after = {}, {}
    common.record(
        ticket,
        "incident_declared",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={"incident": incident, "kind": incident.kind_name, **after},
    )
