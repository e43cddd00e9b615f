"""Verb `plan_write`: an engineer drafts the plan for a difficult fault and hands it to the manager; who may also return it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from core.flow import claim
from parties.models import User
from records.models import Source, Visibility
from tickets.models import Plan, Ticket
from tickets.models.repair import THOUGHT
from tickets.permissions import can_judge, can_write_plan
from tickets.services import common
from tickets.states import IN_HAND, PLAN_FLOW, PlanStatus, TicketStatus, Triage

FIELDS = (*THOUGHT, "estimate_at")
LIMITS = {"cause": 1000, "solution": 2000, "security": 500, "reliability": 500, "fallback": 500}


def being_written(ticket: Ticket) -> Plan | None:
    """The version of the plan that is being written or lies with the manager."""
    return Plan.objects.filter(ticket=ticket, status__in=(PlanStatus.DRAFTED, PlanStatus.SUBMITTED)).first()


@transaction.atomic
def plan_write(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    values: Mapping[str, Any],
    submit: bool,
    version_seen: int | None = None,
    source: str = Source.PAGE,
) -> Plan:
    """Keep a draft, or hand it to the manager when it is whole.

    `version_seen` is the version of the draft that was on the page; None where there was none.
    Raises NotAllowed, Invalid, Conflict (somebody else has changed it, it lies with the manager, or the ticket needs none).
    """
    common.require(
        can_write_plan(actor, ticket), _("Only the engineer who has this ticket, or the manager, can record this.")
    )
    if ticket.status not in IN_HAND or not (
        ticket.status == TicketStatus.ESCALATED or ticket.triage == Triage.DIFFICULT
    ):
        raise Conflict(_("Only a difficult fault that is being worked on has a plan."))
    common.check_input(check_plan(values, at, whole=submit))
    plan = being_written(ticket)
    if plan is not None and plan.status == PlanStatus.SUBMITTED:
        raise Conflict(_("The plan lies with the manager already."))
    if (plan.version if plan is not None else None) != version_seen:
        raise _changed()
    plan = write_row(ticket, plan, values_of(values), actor=actor, at=at)
    common.hold(ticket, "plan")
    if submit:
        claim(plan, PLAN_FLOW, "submit", submitted_at=at, returned_because="")
        common.record(
            ticket,
            "plan_submit",
            actor=actor,
            at=at,
            source=source,
            after={"number": plan.number, "estimate_at": plan.estimate_at},
            visibility=Visibility.INTERNAL,
        )
        common.tell(
            ticket,
            topic="difficult",
            recipients=common.people(common.managers_of(ticket.contract, at), without=actor),
            title=gettext_noop("%(code)s: a plan waits for your decision"),
            params={"code": ticket.code},
            urgent=True,
            at=at,
            source=source,
        )
    return plan


@transaction.atomic
def plan_return(*, ticket: Ticket, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> Plan:
    """Give a submitted plan back to who wrote it, and say why. Raises NotAllowed, Invalid, Conflict."""
    common.require(can_judge(actor, ticket), _("Only the project manager decides this."))
    common.check_input({"reason": common.needed(reason, 300, _("Please give the reason."))})
    plan = being_written(ticket)
    if plan is None:
        raise Conflict(_("There is no plan to return."))
    claim(plan, PLAN_FLOW, "return", returned_because=reason.strip())
    common.record(
        ticket,
        "plan_return",
        actor=actor,
        at=at,
        source=source,
        after={"number": plan.number},
        reason=reason.strip(),
        visibility=Visibility.INTERNAL,
    )
    common.tell(
        ticket,
        topic="difficult",
        recipients=common.people([plan.author], without=actor),
        title=gettext_noop("%(code)s: your plan came back"),
        body="%(reason)s",
        params={"code": ticket.code, "reason": reason.strip()},
        at=at,
        source=source,
    )
    return plan


def write_row(ticket: Ticket, plan: Plan | None, values: Mapping[str, Any], *, actor: User, at: datetime) -> Plan:
    """Create the next version, or change the draft as it was read. Raises Conflict when somebody else was quicker."""
    if plan is not None:
        rows = Plan.objects.filter(pk=plan.pk, version=plan.version, status=PlanStatus.DRAFTED)
        if not rows.update(version=F("version") + 1, author=actor, at=at, **values):
            raise _changed()
        return Plan.objects.select_related("author").get(pk=plan.pk)
    newest = Plan.objects.filter(ticket=ticket).values_list("number", flat=True).first() or 0
    try:
        with transaction.atomic():
            return Plan.objects.create(ticket=ticket, number=newest + 1, author=actor, at=at, **values)
    except IntegrityError:
        raise _changed() from None


def values_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The plan's fields as they are stored."""
    kept: dict[str, Any] = {name: str(values.get(name) or "").strip() for name in THOUGHT}
    return {**kept, "estimate_at": values.get("estimate_at")}


def check_plan(values: Mapping[str, Any], at: datetime, *, whole: bool) -> dict[str, str]:
    """The complaints about a plan by field: a draft may leave everything open, a whole one nothing."""
    wrong = {
        name: common.needed(str(values.get(name) or ""), limit)
        if whole
        else common.optional(str(values.get(name) or ""), limit)
        for name, limit in LIMITS.items()
    }
    estimate = values.get("estimate_at")
    if estimate is None:
        wrong["estimate_at"] = _("Please say by when it will be repaired.") if whole else ""
    elif estimate <= at:
        wrong["estimate_at"] = _("The estimate must lie after now.")
    return wrong


def _changed() -> Conflict:
    return Conflict(_("Somebody else has changed the plan meanwhile. Please look at its present state."))
