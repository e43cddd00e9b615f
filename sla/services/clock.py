"""The life of a clock: started, paused, resumed, stopped, cancelled; and the reason given for a breach.

Every verb is decided by one conditional UPDATE of the clock's row, so that a stop and the engine's breach can never both win.
The caller's own verb writes the audit entry; only a breach is entered here. Times are service time to the microsecond.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from contract import rules as calendar_rules
from contract.rules import TargetKind
from contract.services.calendar import calendar_known_by
from core import subjects
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid
from core.transactions import joined
from parties.models import Contract, User
from sla import rules
from sla.models import Clock, ClockEvent
from sla.services.policies import policy_on, target_of
from sla.services.row import (
    calendar_for,
    drop_ladder,
    due_of,
    enter,
    fresh,
    history_of,
    lay_ladder,
    move,
    settle,
    show,
)
from sla.states import ClockState, ExemptionCause, ExemptionStatus, PauseCause

Kind = ClockEvent.Kind


@joined
def clock_start(
    *,
    contract: Contract,
    kind: str,
    subject: models.Model,
    started_at: datetime,
    actor: User | None,
    at: datetime,
    source: str = "",
    reason: str = "",
    parent: Clock | None = None,
    replaces: Clock | None = None,
) -> Clock:
    """Start a promise about a record, under the policy and calendar of the day, and lay down its whole ladder.

    `started_at` is when the promise begins to count, `at` when this is recorded. A start so long ago that the promise is overdue
    already is allowed: its rungs fire at once. `parent` and `replaces` are set by the verbs vendor_clock_open and clock_reclassify.
    Raises Invalid when the contract has no such policy or no calendar. A second open clock of the same kind for the same record is
    refused by the database.
    """
    policy = policy_on(contract, kind, started_at.astimezone(SHANGHAI).date())
    calendar = calendar_known_by(policy)
    due = calendar_rules.due(calendar, started_at, target_of(policy))
    clock = Clock.objects.create(
        contract=contract,
        policy=policy,
        kind=kind,
        promisor=policy.promisor,
        calendar_revision_id=policy.calendar_revision,  # type: ignore[attr-defined]
        subject_type=subjects.key_of(subject),
        subject_id=subject.pk,
        started_at=started_at,
        due_at=due.due_at,
        provisional=due.provisional,
        parent=parent,
        replaces=replaces,
    )
    data = {
        **rules.fixed(due),
        "policy": policy.pk,
        "version": policy.version,
        "calendar": clock.calendar_revision_id,
        "source": source,
        **({"parent": parent.pk} if parent else {}),
        **({"replaces": replaces.pk} if replaces else {}),
    }
    enter(clock, Kind.START, started_at, at, actor, reason, data)
    lay_ladder(clock, policy, calendar, due, at)
    return clock


@joined
def clock_stop(
    *,
    clock: Clock,
    at: datetime,
    stopped_at: datetime | None = None,
    actor: User | None,
    reason: str = "",
    source: str = "",
    note: Mapping[str, Any] | None = None,
) -> Clock:
    """Stop a clock by the act that it waited for, at `stopped_at` (default `at`); what is left of its ladder is not needed.

    Kept means stopped_at <= due_at. A later stop enters the breach itself when the engine has not done so yet. Vendors' clocks
    beside it end with it. `note` is kept with the event. Raises Conflict when the clock no longer runs, or when its breach was
    entered although this stop would be in time: what is entered stays.
    """
    stopped_at = stopped_at or at
    row = fresh(clock, "stop")
    history = history_of(row)
    # After the client moved the appointment, work may be done before it.
    if stopped_at < history[0].at:
        raise Invalid(_("It cannot be done before it began."))
    row = settle(row, stopped_at, at, source)
    due = due_of(row, history, stopped_at)
    if row.breached_at is not None and stopped_at <= due.due_at:
        raise Conflict(_("The deadline passed before this could be saved. Please save once more."), code="breached")
    pauses = [(begin, end or stopped_at) for begin, end in rules.pauses_of(history)]
    kind = TargetKind(row.policy.target_kind)
    used = calendar_rules.net_time(calendar_for(row), row.started_at, stopped_at, kind, pauses)
    net_seconds = max(0.0, used.total_seconds())
    values = {
        "stopped_at": stopped_at,
        "net_seconds": net_seconds,
        "due_at": due.due_at,
        "provisional": due.provisional,
    }
    move(row, "stop", values)
    enter(
        row,
        Kind.STOP,
        stopped_at,
        at,
        actor,
        reason,
        {**rules.fixed(due), "net_seconds": net_seconds, "source": source, **(note or {})},
    )
    drop_ladder(row)
    _end_beside(row, stopped_at, at, actor)
    return show(clock, row)


@joined
def clock_pause(
    *,
    clock: Clock,
    at: datetime,
    paused_at: datetime | None = None,
    actor: User | None,
    cause: str,
    reason: str = "",
) -> Clock:
    """Hold a clock from `paused_at` (default `at`) on for a listed cause (PauseCause): nothing is due until it goes on.

    Raises Invalid for a promise that cannot be paused (the response), for another cause, and for force majeure that the client has
    not exempted; Conflict when the clock does not run. Waiting for a vendor never holds it: see vendor_clock_open.
    """
    paused_at = paused_at or at
    row = fresh(clock, "pause")
    if not row.policy.pausable:
        raise Invalid(_("This promise cannot be paused."), code="not_pausable")
    if cause not in PauseCause.values:
        message = _("Please say why the clock is paused.")
        raise Invalid(message, fields={"cause": message})
    if cause == PauseCause.FORCE_MAJEURE and not _force_majeure_is_exempted(row):
        message = _("Force majeure holds a clock only after the client has approved its exemption.")
        raise Invalid(message, fields={"cause": message})
    history = history_of(row, always=True)
    if paused_at < history[-1].at:
        raise Invalid(_("It cannot be done before it began."))
    row = settle(row, paused_at, at, "")
    before = rules.fixed(rules.due_fixed_by(history))
    move(row, "pause", {"due_at": None})
    enter(row, Kind.PAUSE, paused_at, at, actor, reason.strip(), {**before, "cause": str(cause)})
    drop_ladder(row)
    return show(clock, row)


@joined
def clock_resume(
    *, clock: Clock, at: datetime, resumed_at: datetime | None = None, actor: User | None, reason: str = ""
) -> Clock:
    """Let a paused clock go on from `resumed_at` (default `at`): what remained, to the second, is laid down again, and so are the
    rungs that had not fired. Raises Conflict when it is not paused, Invalid when it would go on before it was paused."""
    resumed_at = resumed_at or at
    row = fresh(clock, "resume")
    history = history_of(row, always=True)
    if resumed_at < history[-1].at:
        raise Invalid(_("It cannot go on before it was paused."))
    due = due_of(row, history, resumed_at)
    move(row, "resume", {"due_at": due.due_at, "provisional": due.provisional, "epoch": row.epoch + 1})
    enter(row, Kind.RESUME, resumed_at, at, actor, reason, rules.fixed(due))
    pauses = [(begin, end or resumed_at) for begin, end in rules.pauses_of(history)]
    lay_ladder(row, row.policy, calendar_for(row), due, at, pauses)
    return show(clock, row)


@joined
def clock_cancel(*, clock: Clock, at: datetime, actor: User | None, reason: str) -> Clock:
    """End a clock whose subject fell away; it is neither kept nor broken, but a breach that was reached stays. Raises Conflict
    when it has ended already."""
    row = settle(fresh(clock, "cancel"), at, at, "")
    due = due_of(row, history_of(row), at)
    move(row, "cancel", {"due_at": due.due_at, "provisional": due.provisional})
    enter(row, Kind.CANCEL, at, at, actor, reason, rules.fixed(due))
    drop_ladder(row)
    _end_beside(row, at, at, actor)
    return show(clock, row)


@joined
def clock_explain_breach(*, clock: Clock, reason: str, actor: User | None, at: datetime) -> Clock:
    """Give the reason for a breach. It may be given again: each is kept as an event, the last one is shown. Raises Conflict
    without a breach, Invalid without a reason."""
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Please give the reason."), fields={"reason": _("Please give the reason.")})
    if not Clock.objects.filter(pk=clock.pk, breached_at__isnull=False).update(breach_reason=reason[:300]):
        raise Conflict(_("This promise was not broken: there is nothing to explain."))
    enter(clock, Kind.EXPLAIN, at, at, actor, reason[:300])
    clock.refresh_from_db(fields=["breached_at", "breach_reason"])
    return clock


def _end_beside(row: Clock, ended_at: datetime, at: datetime, actor: User | None) -> None:
    """Vendors' clocks end with the promise beside which they run; only promises that can be held have any."""
    if row.parent_id is not None or not row.policy.pausable:
        return
    for beside in row.sub_clocks.filter(state__in=(ClockState.RUNNING, ClockState.PAUSED)):
        clock_stop(clock=beside, at=at, stopped_at=max(ended_at, beside.started_at), actor=actor)


def _force_majeure_is_exempted(row: Clock) -> bool:
    return row.exemptions.filter(cause=ExemptionCause.FORCE_MAJEURE, status=ExemptionStatus.APPROVED).exists()
