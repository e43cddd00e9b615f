"""How a verb meets a clock's row: read afresh, decided by one conditional UPDATE, its event entered, its ladder laid or dropped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contract import rules as calendar_rules
from contract.rules import Due, ServiceCalendar, TargetKind
from contract.services.calendar import calendar_of
from core.bulk import insert_rows
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid
from parties.models import User
from records.models import Source, Visibility
from records.services.audit import audit_write
from sla import rules
from sla.models import Alert, Clock, ClockEvent, Policy
from sla.services.firing import Contended, Firing, record
from sla.services.policies import target_of
from sla.states import CLOCK_FLOW, AlertState, ClockState


def fresh(clock: Clock, verb: str) -> Clock:
    """The row as it is now, with its terms; Conflict where the verb is no longer possible."""
    row = Clock.objects.select_related("policy", "calendar_revision", "contract").get(pk=clock.pk)
    if not CLOCK_FLOW.allows(verb, row.state):
        raise Conflict(
            _("The clock does not stand where this is possible: %(state)s") % {"state": row.get_state_display()}
        )
    return row


def move(row: Clock, verb: str, values: dict[str, Any]) -> None:
    """Change the row if it is still what was read, its breach included; else Conflict."""
    held = Clock.objects.filter(pk=row.pk, state=row.state, epoch=row.epoch, breached_at=row.breached_at)
    state = CLOCK_FLOW.move(verb).target or row.state
    if not held.update(state=state, **values):
        raise Conflict(
            _("The clock was changed at the same moment. Please look at its present state."), code="contended"
        )
    row.state = str(state)
    for name, value in values.items():
        setattr(row, name, value)


def settle(row: Clock, until: datetime, at: datetime, source: str) -> Clock:
    """Enter the breach that a verb meets when the engine has not come to it yet."""
    if row.state != ClockState.RUNNING or row.breached_at is not None or row.due_at is None or until <= row.due_at:
        return row
    try:
        record([Firing(row, rules.BREACH, row.due_at + rules.BREACH_AFTER, at, 0.0, None)], source=source)
    except Contended:
        # The engine was quicker: its breach is the one that counts.
        row.refresh_from_db(fields=["breached_at", "state"])
    return row


def show(clock: Clock, row: Clock) -> Clock:
    """The caller's object then shows what was decided."""
    for field in Clock._meta.concrete_fields:
        setattr(clock, field.attname, getattr(row, field.attname))
    return clock


def calendar_for(row: Clock) -> ServiceCalendar:
    """The calendar that the clock rests on."""
    return calendar_of(row.contract, row.calendar_revision)


def history_of(row: Clock, *, always: bool = False) -> list[rules.Event]:
    """The clock's events as values; a clock that was never paused or amended has none that matter, unless `always`."""
    if not always and row.epoch == 1 and row.state == ClockState.RUNNING:
        return [rules.Event("start", row.started_at)]
    return events_of(row)


def events_of(row: Clock) -> list[rules.Event]:
    """A clock's events as values, in the order in which they were recorded."""
    return [rules.Event(event.kind, event.at, event.reason, event.data) for event in row.events.order_by("id")]


def due_of(row: Clock, history: Sequence[rules.Event], at: datetime) -> Due:
    """The due instant when something happens at `at`: while paused, what remained is laid down from there."""
    if row.due_at is not None:
        return Due(row.due_at, row.provisional, row.due_at, row.due_at.astimezone(SHANGHAI).date())
    paused_at = rules.pauses_of(history)[-1][0]
    return calendar_rules.resume(calendar_for(row), rules.due_fixed_by(history), target_of(row.policy), paused_at, at)


def enter(
    clock: Clock,
    kind: str,
    event_at: datetime,
    at: datetime,
    actor: User | None,
    reason: str = "",
    data: dict[str, Any] | None = None,
) -> ClockEvent:
    """Append an event: it happened at `event_at` and is recorded at `at`."""
    return ClockEvent.objects.create(
        clock=clock, kind=kind, at=event_at, recorded_at=at, actor=actor, reason=reason[:300], data=data or {}
    )


def lay_ladder(
    clock: Clock,
    policy: Policy,
    calendar: ServiceCalendar,
    due: Due,
    at: datetime,
    pauses: Sequence[tuple[datetime, datetime]] = (),
    *,
    again: bool = False,
) -> None:
    """Lay down the rungs that have not fired yet (all of them, `again`); a breach that was entered is not entered again."""
    kind = TargetKind(policy.target_kind)
    instants = rules.rung_instants(calendar, clock.started_at, kind, policy.ladder, due, pauses)
    done: set[str] = set()
    if clock.epoch > 1 and not again:
        done.update(clock.alerts.filter(state=AlertState.FIRED).values_list("rung", flat=True))
    if clock.breached_at is not None:
        done.add(rules.BREACH)
    insert_rows(
        Alert,
        ("clock_id", "rung", "epoch", "fire_at", "laid_at"),
        [(clock.pk, rung, clock.epoch, fire_at, at) for rung, fire_at in instants.items() if rung not in done],
    )


def drop_ladder(clock: Clock) -> None:
    """What is left of a ladder is not needed any more."""
    Alert.objects.filter(clock=clock, state=AlertState.PENDING).update(state=AlertState.CANCELLED)


def audit(
    row: Clock,
    verb: str,
    *,
    actor: User | None,
    at: datetime,
    source: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    visibility: str = Visibility.CLIENT,
) -> None:
    """Enter an act on a clock into the history of what the clock is about."""
    audit_write(
        contract=row.contract,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        verb=verb,
        actor=actor,
        at=at,
        source=source or Source.PAGE,
        before=before or {},
        after={"clock": row.pk, "kind": row.kind, **(after or {})},
        reason=reason,
        visibility=visibility,
    )


def needed(text: str, field: str, message: str) -> str:
    """The text without its edges; Invalid on that field where nothing is left."""
    text = text.strip()
    if not text:
        raise Invalid(message, fields={field: message})
    return text
