"""Leaves: asked for by their person with a replacement, decided by the manager, withdrawn as long as they are not over."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract.services.calendar import calendar_of
from core import roles
from core.errors import Conflict, Invalid, NotAllowed
from core.flow import claim
from notifications.services.outbox import message_post
from parties.models import Contract, Membership, User
from parties.querysets import people_with_role
from records.models import Source, Visibility
from records.services.audit import audit_write
from roster.models import CompOff, Leave
from roster.permissions import can_plan, can_request_leave, can_withdraw_leave
from roster.plan import local_day
from roster.querysets import balance_of
from roster.rules import leave_half_days, leave_span
from roster.states import LEAVE_FLOW, CompOffKind, LeaveKind, LeaveStatus

TOPIC = "roster"
LONGEST = 92
"""So many days one leave may have at most."""


@transaction.atomic
def leave_request(
    *,
    contract: Contract,
    person: User,
    first_day: date,
    last_day: date,
    kind: str,
    reason: str,
    actor: User,
    at: datetime,
    from_noon: bool = False,
    until_noon: bool = False,
    replacement: User | None = None,
    source: str = Source.PAGE,
) -> Leave:
    """Ask for a leave in half days, and propose who takes over (附四: 在岗不足须同岗替补).

    Raises NotAllowed when it is somebody else's and the actor is not the manager; Invalid for dates that do not do, a
    replacement who is not there, or more compensatory days than were earned; Conflict when the person has another leave in
    that time.
    """
    if not can_request_leave(actor, contract, person):
        raise NotAllowed(_("Only the project manager may enter a leave for somebody else."))
    if not reason.strip():
        raise Invalid(_("Please give the reason."), fields={"reason": _("Please give the reason.")})
    if kind not in LeaveKind.values:
        raise Invalid(_("Please choose the kind of leave."), fields={"kind": _("Please choose the kind of leave.")})
    try:
        starts_at, ends_at = leave_span(first_day, last_day, from_noon=from_noon, until_noon=until_noon)
    except ValueError as error:
        message = _("The leave must end after it begins.")
        raise Invalid(message, fields={"last_day": message}) from error
    if (last_day - first_day).days >= LONGEST:
        message = _("A leave has at most %(days)s days.") % {"days": LONGEST}
        raise Invalid(message, fields={"last_day": message})
    _works_here(contract, person, first_day, "person")
    _check_replacement(contract, person, replacement, first_day, starts_at, ends_at)
    is_working_day = calendar_of(contract).is_working_day
    half_days = leave_half_days(is_working_day, first_day, last_day, from_noon=from_noon, until_noon=until_noon)
    _one_at_a_time(contract, person)
    if _live(contract, person, starts_at, ends_at).exists():
        message = _("%(name)s already has a leave in that time.") % {"name": person}
        raise Conflict(message, fields={"first_day": message})
    if kind == LeaveKind.COMP_OFF:
        _check_balance(contract, person, half_days)
    leave = Leave.objects.create(
        contract=contract,
        person=person,
        first_day=first_day,
        last_day=last_day,
        from_noon=from_noon,
        until_noon=until_noon,
        starts_at=starts_at,
        ends_at=ends_at,
        half_days=half_days,
        kind=kind,
        reason=reason.strip(),
        replacement=replacement,
        requested_by=actor,
        requested_at=at,
    )
    _audit(leave, "leave_request", actor, at, source)
    managers = [row for row in people_with_role(contract, roles.MANAGER, on=local_day(at)) if row.pk != actor.pk]
    _tell(leave, managers, gettext_noop("%(name)s asks for leave"), at)
    return leave


@transaction.atomic
def leave_approve(
    *,
    leave: Leave,
    version_seen: int,
    actor: User,
    at: datetime,
    replacement: User | None = None,
    decision: str = "",
    source: str = Source.PAGE,
) -> Leave:
    """Approve a leave with its replacement: from now on the person's shifts in that time are the replacement's, else their
    stand-in's.

    Raises NotAllowed, Invalid (a replacement who is not there, too few compensatory days), Conflict when it is decided already.
    """
    _manager_decides(leave, actor)
    _check_replacement(
        leave.contract, leave.person, replacement, leave.first_day, leave.starts_at, leave.ends_at, but=leave
    )
    _one_at_a_time(leave.contract, leave.person)
    if leave.kind == LeaveKind.COMP_OFF:
        _check_balance(leave.contract, leave.person, leave.half_days)
    _same(leave, version_seen)
    claim(
        leave,
        LEAVE_FLOW,
        "approve",
        replacement=replacement,
        decided_by=actor,
        decided_at=at,
        decision=decision.strip(),
    )
    if leave.kind == LeaveKind.COMP_OFF and leave.half_days:
        _book(leave, CompOffKind.USED, -leave.half_days, at)
    _audit(leave, "leave_approve", actor, at, source)
    _tell(leave, [leave.person], gettext_noop("The leave of %(name)s is approved"), at)
    if replacement is not None:
        _tell(leave, [replacement], gettext_noop("You stand in for %(name)s"), at)
    return leave


@transaction.atomic
def leave_refuse(
    *, leave: Leave, version_seen: int, decision: str, actor: User, at: datetime, source: str = Source.PAGE
) -> Leave:
    """Refuse a leave and say why. Raises NotAllowed, Invalid without a reason, Conflict when it is decided already."""
    _manager_decides(leave, actor)
    if not decision.strip():
        message = _("Please say why it is refused.")
        raise Invalid(message, fields={"decision": message})
    _same(leave, version_seen)
    claim(leave, LEAVE_FLOW, "refuse", decided_by=actor, decided_at=at, decision=decision.strip())
    _audit(leave, "leave_refuse", actor, at, source)
    _tell(leave, [leave.person], gettext_noop("The leave of %(name)s is refused"), at)
    return leave


@transaction.atomic
def leave_withdraw(*, leave: Leave, actor: User, at: datetime, source: str = Source.PAGE) -> Leave:
    """Withdraw a leave that is not over; compensatory days taken by it are given back.

    Raises NotAllowed for anybody but its person and the manager, Conflict when it is over, refused or withdrawn already.
    """
    if not can_withdraw_leave(actor, leave):
        raise NotAllowed(_("Only the person on leave and the project manager may withdraw it."))
    if leave.ends_at <= at:
        raise Conflict(_("This leave is over and can no longer be withdrawn."))
    was_approved = leave.status == LeaveStatus.APPROVED
    claim(leave, LEAVE_FLOW, "withdraw")
    if was_approved and leave.kind == LeaveKind.COMP_OFF and leave.half_days:
        _book(leave, CompOffKind.RETURNED, leave.half_days, at)
    _audit(leave, "leave_withdraw", actor, at, source)
    people = [leave.person, *people_with_role(leave.contract, roles.MANAGER, on=local_day(at))]
    if was_approved and leave.replacement is not None:
        people.append(leave.replacement)
    told = [row for row in people if row.pk != actor.pk]
    _tell(leave, told, gettext_noop("The leave of %(name)s is withdrawn"), at)
    return leave


def _manager_decides(leave: Leave, actor: User) -> None:
    if not can_plan(actor, leave.contract):
        raise NotAllowed(_("Only the project manager may decide on a leave."))


def _works_here(contract: Contract, person: User, day: date, field: str) -> None:
    if person.pk not in {row.pk for row in people_with_role(contract, *roles.STAFF_ROLES, on=day)}:
        message = _("%(name)s does not work in this contract on that day.") % {"name": person}
        raise Invalid(message, fields={field: message})


def _check_replacement(
    contract: Contract,
    person: User,
    replacement: User | None,
    first_day: date,
    starts_at: datetime,
    ends_at: datetime,
    *,
    but: Leave | None = None,
) -> None:
    if replacement is None:
        return
    if replacement.pk == person.pk:
        message = _("Nobody can stand in for themselves.")
        raise Invalid(message, fields={"replacement": message})
    _works_here(contract, replacement, first_day, "replacement")
    away = _live(contract, replacement, starts_at, ends_at).filter(status=LeaveStatus.APPROVED)
    if but is not None:
        away = away.exclude(pk=but.pk)
    if away.exists():
        message = _("%(name)s is on leave in that time.") % {"name": replacement}
        raise Invalid(message, fields={"replacement": message})


def _live(contract: Contract, person: User, starts_at: datetime, ends_at: datetime) -> QuerySet[Leave]:
    return Leave.objects.filter(
        contract=contract,
        person=person,
        status__in=(LeaveStatus.REQUESTED, LeaveStatus.APPROVED),
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )


def _one_at_a_time(contract: Contract, person: User) -> None:
    """Let requests of one person wait for one another until the transaction ends: this takes the row, changing nothing."""
    Membership.objects.filter(contract=contract, user=person).update(is_active=F("is_active"))


def _check_balance(contract: Contract, person: User, half_days: int) -> None:
    balance = balance_of(contract, person)
    if half_days > balance:
        message = _("Only %(have)s compensatory days are left; this leave takes %(want)s.") % {
            "have": f"{balance / 2:g}",
            "want": f"{half_days / 2:g}",
        }
        raise Invalid(message, fields={"kind": message})


def _book(leave: Leave, kind: CompOffKind, half_days: int, at: datetime) -> None:
    CompOff.objects.create(
        contract=leave.contract,
        person=leave.person,
        kind=kind,
        half_days=half_days,
        date=leave.first_day,
        leave=leave,
        recorded_at=at,
    )


def _same(leave: Leave, version_seen: int) -> None:
    if leave.version != version_seen:
        raise Conflict(_("This leave was changed after you opened it. Please look at it again before you go on."))


def _audit(leave: Leave, verb: str, actor: User, at: datetime, source: str) -> None:
    audit_write(
        contract=leave.contract,
        subject=leave,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        after={
            "person": leave.person,
            "starts_at": leave.starts_at,
            "ends_at": leave.ends_at,
            "kind": leave.kind,
            "replacement": leave.replacement,
            "status": leave.status,
            "decision": leave.decision,
        },
        reason=leave.reason,
        visibility=Visibility.INTERNAL,
    )


def _tell(leave: Leave, people: list[User], title: str, at: datetime) -> None:
    message_post(
        contract=leave.contract,
        topic=TOPIC,
        recipients=people,
        title=title,
        body=gettext_noop("%(starts_at)s to %(ends_at)s"),
        params={"name": leave.person.name, "starts_at": leave.starts_at, "ends_at": leave.ends_at},
        url=reverse("roster:leave", args=[leave.pk]),
        at=at,
    )
