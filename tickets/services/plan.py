"""Verb `plan`: the manager puts a plan for a difficult fault in force and the client is told of it (五.2(3), 附三.3))."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from core.flow import claim
from parties.models import User
from records.models import Source
from tickets.models import Plan, Ticket
from tickets.permissions import can_judge
from tickets.services import common
from tickets.services.confirm_difficult import call_difficult
from tickets.services.plan_write import being_written, check_plan, values_of, write_row
from tickets.states import IN_HAND, PLAN_FLOW, PlanStatus, TicketStatus, ToldBy, Triage


@transaction.atomic
def ticket_plan(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    values: Mapping[str, Any],
    told_at: datetime,
    told_to: str,
    told_how: str,
    source: str = Source.PAGE,
) -> Ticket:
    """Put a plan in force: the work goes on by it. A fault that nobody has confirmed as difficult is confirmed with it.

    `values` are the plan's fields (plan_write.FIELDS), all required; `told_*` say when, to whom and how the client was told. The
    reporter gets a message too. Raises NotAllowed, Invalid, Conflict (the ticket is not with the manager).
    """
    _check(ticket, actor, at, values, told_at, told_to, told_how)
    before = {"status": ticket.status}
    common.take(ticket, "plan")
    ticket.refresh_from_db(fields=["triage", "repair_clock"])
    if ticket.triage != Triage.DIFFICULT:
        call_difficult(ticket, reason=str(values["cause"]).strip()[:300], actor=actor, at=at, source=source)
    _put_in_force(ticket, "plan", before, actor, at, values, told_at, told_to, told_how, source)
    return ticket


@transaction.atomic
def plan_revise(
    *,
    ticket: Ticket,
    actor: User,
    at: datetime,
    values: Mapping[str, Any],
    told_at: datetime,
    told_to: str,
    told_how: str,
    source: str = Source.PAGE,
) -> Ticket:
    """Put a further version of the plan in force while the work goes on; the earlier one stays readable.

    Raises NotAllowed, Invalid, Conflict (the work is done, or there is no plan in force).
    """
    _check(ticket, actor, at, values, told_at, told_to, told_how)
    held = Ticket.objects.filter(pk=ticket.pk, status__in=IN_HAND).exclude(status=TicketStatus.ESCALATED)
    if not held.update(status=F("status")):
        raise Conflict(common.who_won(ticket, "plan"))
    if not Plan.objects.filter(ticket=ticket, status=PlanStatus.IN_FORCE).exists():
        raise Conflict(_("No plan is in force; the fault has to be handed to the manager first."))
    _put_in_force(ticket, "plan_revise", {}, actor, at, values, told_at, told_to, told_how, source)
    return ticket


def _check(
    ticket: Ticket, actor: User, at: datetime, values: Mapping[str, Any], told_at: datetime, told_to: str, told_how: str
) -> None:
    common.require(can_judge(actor, ticket), _("Only the project manager puts a plan in force."))
    wrong = check_plan(values, at, whole=True)
    wrong["told_to"] = common.needed(told_to, 40, _("Please say who of the client was told."))
    wrong["told_how"] = common.chosen(told_how, ToldBy)
    if not ticket.received_at <= told_at <= at:
        wrong["told_at"] = _("The client was told between the report and now.")
    common.check_input(wrong)


def _put_in_force(
    ticket: Ticket,
    verb: str,
    before: dict[str, Any],
    actor: User,
    at: datetime,
    values: Mapping[str, Any],
    told_at: datetime,
    told_to: str,
    told_how: str,
    source: str,
) -> None:
    plan = being_written(ticket)
    if plan is None:
        plan = write_row(ticket, None, {}, actor=actor, at=at)
    for old in Plan.objects.filter(ticket=ticket, status=PlanStatus.IN_FORCE):
        claim(old, PLAN_FLOW, "replace", replaced_at=at)
    claim(
        plan,
        PLAN_FLOW,
        "approve",
        approved_by=actor,
        approved_at=at,
        told_at=told_at,
        told_to=told_to.strip(),
        told_how=told_how,
        **values_of(values),
    )
    common.hold(ticket, "plan")
    common.record(
        ticket,
        verb,
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={
            "status": ticket.status,
            "number": plan.number,
            "estimate_at": plan.estimate_at,
            "solution": plan.solution,
            "told_at": told_at,
            "told_to": plan.told_to,
            "told_how": told_how,
        },
    )
    when = common.local_time(plan.estimate_at) if plan.estimate_at else ""
    common.tell(
        ticket,
        topic="plan",
        recipients=common.people(common.reporter_account(ticket), without=actor),
        title=gettext_noop("%(code)s needs longer: repair is expected by %(when)s"),
        body=gettext_noop("Cause: %(cause)s. What we do: %(solution)s"),
        params={"code": ticket.code, "when": when, "cause": plan.cause, "solution": plan.solution},
        at=at,
        source=source,
    )
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    common.tell(
        ticket,
        topic="plan",
        recipients=common.people(assignee, without=actor),
        title=gettext_noop("%(code)s: the plan is in force, please go on by it"),
        params={"code": ticket.code},
        at=at,
        source=source,
    )
