"""Fires the rungs whose instant has come, each exactly once, whoever else does the same at the same moment.

The database is the truth: a rung is claimed by a conditional UPDATE, and the same transaction records the firing, enters the
breach, writes the audit entries, tells the subject and posts the messages. Killed anywhere, nothing of it has happened and the
rung is still due.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import DateTimeField, F, FloatField, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Greatest

from core import subjects
from core.bulk import insert_rows
from core.subjects import Rung, Subject
from core.transactions import joined
from notifications.rules import retry_after
from notifications.services.outbox import Draft, messages_post
from parties.models import Contract
from records.models import Source, Visibility
from records.services.audit import Entry, audit_write_many
from sla.models import Alert, Clock, ClockEvent, Policy
from sla.rules import BREACH
from sla.services import ladder
from sla.states import RUNNING, AlertState

log = structlog.get_logger(__name__)
BATCH = 50
BACKLOG_BATCH = 500
"""After a full batch there is a backlog: larger ones then cost fewer statements and commits for each rung."""
TOPIC = "promise"


class Contended(Exception):
    """Somebody else decided one of the rows of this batch in the meantime."""


@dataclass(frozen=True)
class Firing:
    """One rung that fires: its row (None where a verb enters a breach itself), its clock, its name and instants."""

    clock: Clock
    rung: str
    fire_at: datetime
    fired_at: datetime
    lag_seconds: float
    alert_id: int | None

    @property
    def origin(self) -> str:
        """The unique name under which the messages of this firing are posted."""
        return f"alert:{self.alert_id}" if self.alert_id else f"clock:{self.clock.pk}:{self.rung}"


@dataclass(frozen=True)
class _Due:
    """A rung that may fire now: its row and its clock, held where the database can hold rows."""

    pk: int
    clock: Clock
    rung: str
    fire_at: datetime
    laid_at: datetime

    def lag(self, now: datetime) -> float:
        """How late the engine is; a rung that was laid down for a past instant is late by people, not by the engine."""
        return max(0.0, (now - max(self.fire_at, self.laid_at)).total_seconds())


def fire_due(now: datetime, limit: int = BATCH, clock_ids: Collection[int] | None = None, source: str = "") -> int:
    """Fire up to `limit` rungs that are due, oldest first, in one transaction; returns how many fired.

    When one of them fails, the batch is halved until the bad one stands alone: it backs off, the others fire. Errors of the
    database itself are passed on. Safe to call from any number of processes at once.
    """
    waiting = Alert.objects.filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now), fire_at__lte=now)
    if clock_ids is not None:
        waiting = waiting.filter(clock__in=clock_ids)
    if not waiting.filter(**OPEN).exists():
        return 0  # without a transaction: on SQLite even an empty one takes the write lock
    try:
        with transaction.atomic():
            return _fire(_due(waiting, limit), now, source)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a subject's code raises must not stop the other promises
        log.warning("batch_failed", error=repr(error))
    return _fire_parts(list(waiting.filter(**OPEN).values_list("pk", flat=True)[:limit]), now, source)


def next_batch(fired: int, batch: int) -> int:
    """How many rungs to ask for after a batch of `batch` of which `fired` fired."""
    return BACKLOG_BATCH if fired >= batch else BATCH


OPEN = {"state": AlertState.PENDING, "clock__state": RUNNING}
ROW = ("pk", "rung", "fire_at", "laid_at")
CLOCK_ROW = tuple(field.attname for field in Clock._meta.concrete_fields)


def _due(rows: QuerySet[Alert], limit: int | None = None) -> list[_Due]:
    """Rungs that may fire, oldest first, with what firing needs. Where the database can, rows in other hands are passed over."""
    rows = rows.filter(**OPEN).order_by("fire_at", "id")
    if connection.features.has_select_for_update_skip_locked:
        # Only an optimisation: what decides is the conditional UPDATE.
        rows = rows.select_for_update(skip_locked=True, no_key=True)
    values = list(rows.values_list(*ROW, *(f"clock__{name}" for name in CLOCK_ROW))[:limit])
    clocks = [Clock.from_db(connection.alias, CLOCK_ROW, row[len(ROW) :]) for row in values]
    # A batch shares a few terms, so that joining them to every row would cost more.
    policies = Policy.objects.in_bulk({clock.policy_id for clock in clocks})
    contracts = Contract.objects.in_bulk({clock.contract_id for clock in clocks})
    for clock in clocks:
        clock.policy, clock.contract = policies[clock.policy_id], contracts[clock.contract_id]
    return [
        _Due(pk, clock, rung, fire_at, laid_at)
        for (pk, rung, fire_at, laid_at, *_), clock in zip(values, clocks, strict=True)
    ]


def _fire_parts(pks: Sequence[int], now: datetime, source: str) -> int:
    """Fire what can be fired of some rungs: where they fail together each half is tried, down to the bad one alone."""
    if not pks:
        return 0
    try:
        with transaction.atomic():
            return _fire(_due(Alert.objects.filter(pk__in=pks)), now, source)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - the bad row backs off, the others go on
        if len(pks) == 1:
            _put_off(pks[0], error, now)
            return 0
    half = len(pks) // 2
    return _fire_parts(pks[:half], now, source) + _fire_parts(pks[half:], now, source)


def _put_off(pk: int, error: Exception, now: datetime) -> None:
    """Let a rung that cannot be fired wait, longer each time; after 72 hours a person has to look at it."""
    alert = Alert.objects.filter(pk=pk, state=AlertState.PENDING).first()
    if alert is None:
        return
    wait = retry_after(alert.attempts + 1)
    log.error("alert_failed", alert=pk, attempts=alert.attempts + 1, error=repr(error))
    Alert.objects.filter(pk=pk, state=AlertState.PENDING, attempts=alert.attempts).update(
        attempts=alert.attempts + 1,
        next_attempt_at=now + wait if wait else None,
        state=AlertState.PENDING if wait else AlertState.DEAD,
        last_error=repr(error)[:300],
    )


def _fire(due: Sequence[_Due], now: datetime, source: str) -> int:
    if not due:
        return 0
    firings = [Firing(row.clock, row.rung, row.fire_at, now, row.lag(now), row.pk) for row in due]
    late_since = Value(now, DateTimeField()) - Greatest("fire_at", "laid_at")
    _claim(firings, source, fired_at=now, lag_seconds=Greatest(Value(0.0), Seconds(late_since)))
    record(firings, source=source)
    worst = max(firing.lag_seconds for firing in firings)
    log.info("alerts_fired", count=len(firings), first=firings[0].alert_id, worst_lag_seconds=round(worst, 3))
    return len(firings)


class Seconds(Func):
    """A span between two instants as seconds."""

    output_field = FloatField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """An interval."""
        return super().as_sql(compiler, connection, template="EXTRACT(EPOCH FROM %(expressions)s)::float8", **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Microseconds."""
        return super().as_sql(compiler, connection, template="(%(expressions)s) / 1000000.0", **extra)


def _claim(firings: Sequence[Firing], source: str, *, fired_at: Any, lag_seconds: Any) -> None:
    """Enter that the rungs fired, at an instant and with a lag that may be expressions over the row. Raises Contended when one
    of them was decided otherwise in the meantime."""
    clock_state = Clock.objects.filter(pk=OuterRef("clock_id")).values("state")
    rows = Alert.objects.alias(clock_state=Subquery(clock_state)).filter(
        pk__in=[firing.alert_id for firing in firings], state=AlertState.PENDING, clock_state=RUNNING
    )
    won = rows.update(
        state=AlertState.FIRED, fired_at=fired_at, lag_seconds=lag_seconds, next_attempt_at=None, source=source
    )
    if won != len(firings):
        raise Contended("a rung was decided otherwise")


def record(
    firings: Sequence[Firing],
    *,
    source: str = "",
    delivered: bool = False,
    read: bool = False,
) -> None:
    """Everything that a firing means, in the caller's transaction: breach, events, audit, the subject's own act, messages.

    Raises Contended when a clock that should be entered as breached no longer runs.
    """
    _enter_breaches([firing for firing in firings if firing.rung == BREACH], source)
    found = _subjects(firings)
    roster = ladder.Roster()
    drafts, entries, told = [], [], []
    for firing in firings:
        subject, obj = found.get((firing.clock.subject_type, firing.clock.subject_id), (None, None))
        draft = _draft(firing, subject, obj, roster, source=source, delivered=delivered, read=read)
        drafts.append(draft)
        entries.append(_entry(firing, draft, source))
        if subject is not None and subject.on_rung is not None:
            told.append((subject.on_rung, obj, Rung(firing.clock, firing.rung, firing.fire_at, firing.fired_at)))
    audit_write_many(entries)
    messages_post(drafts)
    for tell, obj, rung in told:
        tell(obj, rung)


def _enter_breaches(firings: Sequence[Firing], source: str) -> None:
    """A breach is a dated fact: the due instant that was missed. When it was entered stands in the event."""
    if not firings:
        return
    clocks = Clock.objects.filter(pk__in=[firing.clock.pk for firing in firings], state=RUNNING, breached_at=None)
    if clocks.update(breached_at=F("due_at")) != len(firings):
        raise Contended("a clock was decided otherwise")
    events = []
    for firing in firings:
        due_at = firing.clock.due_at
        if due_at is None:
            # It was running when it was claimed above: only a stale row can say otherwise.
            raise Contended("a clock without a due instant")
        firing.clock.breached_at = due_at
        data = {"lag_seconds": firing.lag_seconds, "source": source}
        events.append((firing.clock.pk, ClockEvent.Kind.BREACH.value, due_at, firing.fired_at, data))
    insert_rows(ClockEvent, ("clock_id", "kind", "at", "recorded_at", "data"), events)


def _subjects(firings: Iterable[Firing]) -> dict[tuple[str, int], tuple[Subject, Any]]:
    wanted: dict[str, set[int]] = {}
    for firing in firings:
        wanted.setdefault(firing.clock.subject_type, set()).add(firing.clock.subject_id)
    found: dict[tuple[str, int], tuple[Subject, Any]] = {}
    for key, pks in wanted.items():
        subject = subjects.get(key)
        rows = subject.model._default_manager.in_bulk(pks)
        if len(rows) != len(pks):
            raise LookupError(f"{key} {sorted(pks - rows.keys())} does not exist")
        found.update(((key, pk), (subject, obj)) for pk, obj in rows.items())
    return found


def _draft(
    firing: Firing,
    subject: Subject | None,
    obj: Any,
    roster: ladder.Roster,
    *,
    source: str,
    delivered: bool,
    read: bool,
) -> Draft:
    clock = firing.clock
    rung: Mapping[str, Any] = next((row for row in clock.policy.ladder if row["name"] == firing.rung), {})
    people = roster.find(clock.contract, rung, firing.fired_at, subject, obj)
    late = firing.lag_seconds >= ladder.LATE_SECONDS
    title, body = ladder.text_of(firing.rung)
    notes = [*people.notes, *([ladder.LATE] if late else [])]
    return Draft(
        contract=clock.contract,
        topic=TOPIC,
        recipients=people.people,
        contacts=people.contacts,
        title=title,
        body=body,
        params={
            "label": subject.label(obj) if subject else f"{clock.subject_type}:{clock.subject_id}",
            "t_kind": ladder.kind_label(clock.kind),
            "due_at": clock.due_at,
            **({"lag": round(firing.lag_seconds)} if late else {}),
            **({"notes": notes} if notes else {}),
        },
        url=subject.url(obj) if subject else "",
        subject_type=clock.subject_type,
        subject_id=clock.subject_id,
        urgent=bool(rung.get("urgent")),
        at=firing.fired_at,
        delivered_at=firing.fired_at if delivered else None,
        read_at=firing.fired_at if read else None,
        source=source,
        origin=firing.origin,
    )


def _entry(firing: Firing, draft: Draft, source: str) -> Entry:
    clock = firing.clock
    breach = firing.rung == BREACH
    return Entry(
        contract=clock.contract,
        subject_type=clock.subject_type,
        subject_id=clock.subject_id,
        verb=BREACH if breach else "alert",
        actor=None,
        at=firing.fired_at,
        source=source or Source.TASK,
        after={
            "clock": clock.pk,
            "kind": clock.kind,
            "rung": firing.rung,
            "due_at": clock.due_at,
            "to": [*(person.name for person in draft.recipients), *(contact.name for contact in draft.contacts)],
            "lag_seconds": round(firing.lag_seconds, 3),
        },
        visibility=Visibility.CLIENT if breach else Visibility.INTERNAL,
    )


@joined
def replay_due(*, clock_ids: Collection[int], until: datetime, source: str = Source.DEMO, read: bool = True) -> int:
    """Fire every rung of some clocks up to an instant, each at its own instant and without lag; returns how many fired.

    For histories that are played back through the services (demo): the messages are delivered at those instants too, and read
    unless `read` is False. Nobody else may be firing for these clocks.
    """
    due = _due(Alert.objects.filter(clock__in=clock_ids, fire_at__lte=until))
    if not due:
        return 0
    firings = [Firing(row.clock, row.rung, row.fire_at, row.fire_at, 0.0, row.pk) for row in due]
    _claim(firings, source, fired_at=F("fire_at"), lag_seconds=0.0)
    record(firings, source=source, delivered=True, read=read)
    return len(firings)
