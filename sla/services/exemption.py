"""Exemptions: we ask, the client answers. An approved one leaves the breach as it is and changes the adjusted figure only."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import roles, subjects
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid, NotAllowed
from core.flow import claim
from notifications.services.outbox import message_post
from parties.models import User
from parties.querysets import people_with_role
from records.models import Source
from sla.models import Clock, ClockEvent, ClockExemption, Policy
from sla.permissions import can_ask_exemption, can_decide_exemption
from sla.services import row as rows
from sla.services.firing import TOPIC
from sla.services.ladder import kind_label
from sla.states import CLOCK_FLOW, EXEMPTION_FLOW, ExemptionCause


@transaction.atomic
def exemption_request(
    *,
    clock: Clock,
    cause: str,
    reason: str,
    evidence: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> ClockExemption:
    """Ask the client that a promise be excused, with the reason and what proves it (九.1–4).

    Raises NotAllowed for anybody but the contractor's people; Invalid without cause, reason or evidence, or for a promise that is
    not ours; Conflict where it was kept or cancelled, or a request waits or was approved already.
    """
    row = Clock.objects.select_related("policy", "contract").get(pk=clock.pk)
    if not can_ask_exemption(actor, row.contract_id):
        raise NotAllowed(_("Only the contractor's people may ask for an exemption."))
    if row.promisor != Policy.Promisor.CONTRACTOR:
        raise Invalid(_("This promise is not ours: there is nothing to exempt."))
    if not CLOCK_FLOW.allows("exempt", row.state) or row.kept:
        raise Conflict(_("This promise was kept or cancelled: there is nothing to exempt."))
    if cause not in ExemptionCause.values:
        raise Invalid(_("Please choose a cause."), fields={"cause": _("Please choose a cause.")})
    reason = rows.needed(reason, "reason", _("Please give the reason."))
    evidence = rows.needed(evidence, "evidence", _("Please say what proves it."))
    try:
        with transaction.atomic():
            exemption = ClockExemption.objects.create(
                clock=row,
                cause=cause,
                reason=reason[:300],
                evidence=evidence[:500],
                requested_by=actor,
                requested_at=at,
            )
    except IntegrityError as error:
        raise Conflict(_("An exemption was asked for already.")) from error
    rows.audit(
        row,
        "exemption_request",
        actor=actor,
        at=at,
        source=source,
        after={"cause": str(cause), "evidence": evidence},
        reason=reason,
    )
    day = at.astimezone(SHANGHAI).date()
    _tell(
        row,
        people_with_role(row.contract, roles.SUPERVISOR, roles.LEADER, on=day),
        gettext_noop("An exemption is asked for: %(label)s"),
        gettext_noop("%(name)s asks that this not be counted: %(t_kind)s. Please approve or refuse."),
        {"name": actor.name},
        at,
        source,
    )
    return exemption


@transaction.atomic
def exemption_decide(
    *,
    exemption: ClockExemption,
    approve: bool,
    note: str = "",
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> ClockExemption:
    """Approve or refuse a request, once. Refusing needs a reason (`note`).

    Raises NotAllowed for anybody but the client's supervisor and leader, and for whoever asked; Conflict when it was decided
    already or the clock was cancelled meanwhile.
    """
    verb = "approve" if approve else "refuse"
    note = note.strip() if approve else rows.needed(note, "note", _("Please say why you refuse."))
    row = Clock.objects.select_related("policy", "contract").get(pk=exemption.clock_id)
    if not can_decide_exemption(actor, row.contract_id) or exemption.requested_by_id == actor.pk:
        raise NotAllowed(_("The client decides about exemptions, never the side that asked."))
    claim(
        exemption,
        EXEMPTION_FLOW,
        verb,
        refused=_("This request was answered already."),
        decided_by=actor,
        decided_at=at,
        note=note[:300],
    )
    if approve:
        held = Clock.objects.filter(pk=row.pk, state=row.state, exempted_at=None)
        if not CLOCK_FLOW.allows("exempt", row.state) or not held.update(exempted_at=at):
            raise Conflict(_("The clock was changed at the same moment. Please look at its present state."))
        data = {"exemption": exemption.pk, "cause": exemption.cause}
        rows.enter(row, ClockEvent.Kind.EXEMPT, at, at, actor, exemption.reason, data)
    rows.audit(
        row,
        f"exemption_{verb}",
        actor=actor,
        at=at,
        source=source,
        after={"cause": exemption.cause},
        reason=note,
    )
    day = at.astimezone(SHANGHAI).date()
    people = [exemption.requested_by, *people_with_role(row.contract, roles.MANAGER, on=day)]
    _tell(
        row,
        people,
        gettext_noop("Exemption approved: %(label)s") if approve else gettext_noop("Exemption refused: %(label)s"),
        gettext_noop("%(name)s approved it: %(t_kind)s. The breach stays; the adjusted figure leaves it out.")
        if approve
        else gettext_noop("%(name)s refused it: %(t_kind)s. %(note)s"),
        {"name": actor.name, "note": note},
        at,
        source,
    )
    return exemption


def _tell(
    row: Clock, people: list[User], title: str, body: str, params: dict[str, str], at: datetime, source: str
) -> None:
    subject = subjects.get(row.subject_type)
    obj = subjects.load(row.subject_type, row.subject_id)
    message_post(
        contract=row.contract,
        topic=TOPIC,
        recipients=people,
        title=title,
        body=body,
        params={"label": subject.label(obj), "t_kind": kind_label(row.kind), **params},
        url=reverse("sla:why", args=[row.pk]),
        subject=obj,
        at=at,
        source=source,
    )
