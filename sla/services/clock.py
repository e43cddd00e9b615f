"""The life of a clock: started, paused, resumed, stopped, cancelled; and the reason given for a breach.

Every verb is decided by one conditional UPDATE of the clock's row, so that a stop and the engine's breach can never both win.
The caller's own verb writes the audit entry; only a breach is entered here. Times are service time to the microsecond.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from contract import rules as calendar_rules
from contract.rules import Due, ServiceCalendar, TargetKind
from contract.services.calendar import calendar_of, current_revision
from core import subjects
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid
from core.transactions import joined
from parties.models import Contract, User
from sla import rules
from sla.models import Alert, Clock, ClockEvent, Policy
from sla.services.firing import Contended, Firing, record
from sla.services.policies import policy_on, target_of
from sla.states import CLOCK_FLOW, AlertState, ClockState

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
) -> Clock:
    """Start a promise about a record, under the policy and calendar of the day, and lay down its whole ladder.

    `started_at` is when the promise begins to count, `at` when this is recorded. A start so long ago that the promise is overdue
    already is allowed: its rungs fire at once. Raises Invalid when the contract has no such policy or no calendar. A second open
    clock of the same kind for the same record is refused by the database.
    """
    policy = policy_on(contract, kind, started_at.astimezone(SHANGHAI).date())
    revision = current_revision(contract)
    calendar = calendar_of(contract, revision)
    due = calendar_rules.due(calendar, started_at, target_of(policy))
    clock = Clock.objects.create(
        contract=contract,
        policy=policy,
        kind=kind,
        promisor=policy.promisor,
        calendar_revision=revision,
        subject_type=subjects.key_of(subject),
        subject_id=subject.pk,
        started_at=started_at,
        due_at=due.due_at,
        provisional=due.provisional,
    )
    data = {
        **rules.fixed(due),
        "policy": policy.pk,
        "version": policy.version,
        "calendar": revision.pk,
        "source": source,
    }
    _event(clock, Kind.START, started_at, at, actor, data=data)
    _lay_ladder(clock, policy, calendar, due, at)
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
) -> Clock:
    """Stop a clock by the act that it waited for, at `stopped_at` (default `at`); what is left of its ladder is not needed.

    Kept means stopped_at <= due_at. A later stop enters the breach itself when the engine has not done so yet. Raises Conflict
    when the clock no longer runs, or when its breach was entered although this stop would be in time: what is entered stays.
    """
    stopped_at = stopped_at or at
    row = _fresh(clock, "stop")
    if stopped_at < row.started_at:
        raise Invalid(_("It cannot be done before it began."))
    row = _settle(row, stopped_at, at, source)
    history = _history(row)
    due = _due_at_end(row, history, stopped_at)
    if row.breached_at is not None and stopped_at <= due.due_at:
        raise Conflict(_("The deadline passed before this could be saved. Please save once more."), code="breached")
    pauses = [(begin, end or stopped_at) for begin, end in rules.pauses_of(history)]
    kind = TargetKind(row.policy.target_kind)
    used = calendar_rules.net_time(_calendar(row), row.started_at, stopped_at, kind, pauses)
    net_seconds = max(0.0, used.total_seconds())
    values = {
        "stopped_at": stopped_at,
        "net_seconds": net_seconds,
        "due_at": due.due_at,
        "provisional": due.provisional,
    }
    _move(row, "stop", values)
    _event(
        row,
        Kind.STOP,
        stopped_at,
        at,
        actor,
        reason,
        {**rules.fixed(due), "net_seconds": net_seconds, "source": source},
    )
    _drop_ladder(row)
    return _show(clock, row)


@joined
def clock_pause(
    *, clock: Clock, at: datetime, paused_at: datetime | None = None, actor: User | None, reason: str
) -> Clock:
    """Hold a clock from `paused_at` (default `at`) on: nothing is due until it goes on. Raises Invalid for a promise that cannot
    be paused (the response) or without a reason, Conflict when the clock does not run."""
    paused_at = paused_at or at
    row = _fresh(clock, "pause")
    if not row.policy.pausable:
        raise Invalid(_("This promise cannot be paused."), code="not_pausable")
    if not reason.strip():
        raise Invalid(
            _("Please say why the clock is paused."), fields={"reason": _("Please say why the clock is paused.")}
        )
    history = _history(row, always=True)
    if paused_at < history[-1].at:
        raise Invalid(_("It cannot be done before it began."))
    row = _settle(row, paused_at, at, "")
    before = rules.fixed(rules.due_fixed_by(history))
    _move(row, "pause", {"due_at": None})
    _event(row, Kind.PAUSE, paused_at, at, actor, reason, before)
    _drop_ladder(row)
    return _show(clock, row)


@joined
def clock_resume(
    *, clock: Clock, at: datetime, resumed_at: datetime | None = None, actor: User | None, reason: str = ""
) -> Clock:
    """Let a paused clock go on from `resumed_at` (default `at`): what remained, to the second, is laid down again, and so are the
    rungs that had not fired. Raises Conflict when it is not paused, Invalid when it would go on before it was paused."""
    resumed_at = resumed_at or at
    row = _fresh(clock, "resume")
    history = _history(row, always=True)
    if resumed_at < history[-1].at:
        raise Invalid(_("It cannot go on before it was paused."))
    due = _due_at_end(row, history, resumed_at)
    _move(row, "resume", {"due_at": due.due_at, "provisional": due.provisional, "epoch": row.epoch + 1})
    _event(row, Kind.RESUME, resumed_at, at, actor, reason, rules.fixed(due))
    pauses = [(begin, end or resumed_at) for begin, end in rules.pauses_of(history)]
    _lay_ladder(row, row.policy, _calendar(row), due, at, pauses)
    return _show(clock, row)


@joined
def clock_cancel(*, clock: Clock, at: datetime, actor: User | None, reason: str) -> Clock:
    """End a clock whose subject fell away; it is neither kept nor broken, but a breach that was reached stays. Raises Conflict
    when it has ended already."""
    row = _settle(_fresh(clock, "cancel"), at, at, "")
    due = _due_at_end(row, _history(row), at)
    _move(row, "cancel", {"due_at": due.due_at, "provisional": due.provisional})
    _event(row, Kind.CANCEL, at, at, actor, reason, rules.fixed(due))
    _drop_ladder(row)
    return _show(clock, row)


@joined
def clock_explain_breach(*, clock: Clock, reason: str, actor: User | None, at: datetime) -> Clock:
    """Give the reason for a breach. It may be given again: each is kept as an event, the last one is shown. Raises Conflict
    without a breach, Invalid without a reason."""
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Please give the reason."), fields={"reason": _("Please give the reason.")})
    if not Clock.objects.filter(pk=clock.pk, breached_at__isnull=False).update(breach_reason=reason[:300]):
        raise Conflict(_("This promise was not broken: there is nothing to explain."))
    _event(clock, Kind.EXPLAIN, at, at, actor, reason[:300])
    clock.refresh_from_db(fields=["breached_at", "breach_reason"])
    return clock


# How a verb is decided ------------------------------------------------------------------------------------------------


def _fresh(clock: Clock, verb: str) -> Clock:
    """The row as it is now, with its terms; Conflict where the verb is no longer possible."""
    row = Clock.objects.select_related("policy", "calendar_revision", "contract").get(pk=clock.pk)
    if not CLOCK_FLOW.allows(verb, row.state):
        raise Conflict(
            _("The clock does not stand where this is possible: %(state)s") % {"state": row.get_state_display()}
        )
    return row


def _move(row: Clock, verb: str, values: dict[str, Any]) -> None:
    """Change the row if it is still what was read, its breach included; else Conflict."""
    held = Clock.objects.filter(pk=row.pk, state=row.state, epoch=row.epoch, breached_at=row.breached_at)
    if not held.update(state=CLOCK_FLOW.move(verb).target, **values):
        raise Conflict(
            _("The clock was changed at the same moment. Please look at its present state."), code="contended"
        )
    row.state = str(CLOCK_FLOW.move(verb).target)
    for name, value in values.items():
        setattr(row, name, value)


def _settle(row: Clock, until: datetime, at: datetime, source: str) -> Clock:
    """Enter the breach that a verb meets when the engine has not come to it yet."""
    if row.state != ClockState.RUNNING or row.breached_at is not None or row.due_at is None or until <= row.due_at:
        return row
    try:
        record([Firing(row, rules.BREACH, row.due_at + rules.BREACH_AFTER, at, 0.0, None)], source=source)
    except Contended:
        # The engine was quicker: its breach is the one that counts.
        row.refresh_from_db(fields=["breached_at", "state"])
    return row


def _show(clock: Clock, row: Clock) -> Clock:
    """The caller's object then shows what was decided."""
    for field in Clock._meta.concrete_fields:
        setattr(clock, field.attname, getattr(row, field.attname))
    return clock


# What it rests on -----------------------------------------------------------------------------------------------------


def _calendar(row: Clock) -> ServiceCalendar:
    return calendar_of(row.contract, row.calendar_revision)


def _history(row: Clock, *, always: bool = False) -> list[rules.Event]:
    """The clock's events as values; a clock that was never paused has none that matter, unless `always`."""
    if not always and row.epoch == 1 and row.state == ClockState.RUNNING:
        return [rules.Event("start", row.started_at)]
    return events_of(row)


def events_of(row: Clock) -> list[rules.Event]:
    """A clock's events as values, in the order in which they were recorded."""
    return [rules.Event(event.kind, event.at, event.reason, event.data) for event in row.events.order_by("id")]


def _due_at_end(row: Clock, history: Sequence[rules.Event], at: datetime) -> Due:
    """The due instant when something happens at `at`: while paused, what remained is laid down from there."""
    if row.due_at is not None:
        return Due(row.due_at, row.provisional, row.due_at, row.due_at.astimezone(SHANGHAI).date())
    paused_at = rules.pauses_of(history)[-1][0]
    return calendar_rules.resume(_calendar(row), rules.due_fixed_by(history), target_of(row.policy), paused_at, at)


def _event(
    clock: Clock,
    kind: str,
    event_at: datetime,
    at: datetime,
    actor: User | None,
    reason: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    ClockEvent.objects.create(
        clock=clock, kind=kind, at=event_at, recorded_at=at, actor=actor, reason=reason[:300], data=data or {}
    )


def _lay_ladder(
    clock: Clock,
    policy: Policy,
    calendar: ServiceCalendar,
    due: Due,
    at: datetime,
    pauses: Sequence[tuple[datetime, datetime]] = (),
) -> None:
    """Lay down the rungs that have not fired yet; a breach that was entered is not entered again."""
    kind = TargetKind(policy.target_kind)
    instants = rules.rung_instants(calendar, clock.started_at, kind, policy.ladder, due.due_at, pauses)
    done: set[str] = set()
    if clock.epoch > 1:
        done.update(clock.alerts.filter(state=AlertState.FIRED).values_list("rung", flat=True))
    if clock.breached_at is not None:
        done.add(rules.BREACH)
    Alert.objects.bulk_create(
        Alert(clock=clock, rung=rung, epoch=clock.epoch, fire_at=fire_at, laid_at=at)
        for rung, fire_at in instants.items()
        if rung not in done
    )


def _drop_ladder(clock: Clock) -> None:
    Alert.objects.filter(clock=clock, state=AlertState.PENDING).update(state=AlertState.CANCELLED)
