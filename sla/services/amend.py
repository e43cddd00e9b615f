"""Amendments: what a running promise is due at changes only here, with a reason, and the old instant stays readable.

Nothing else moves a clock: neither a new version of its policy nor a new revision of its calendar.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract import rules as calendar_rules
from contract.models import CalendarRevision
from contract.rules import Due, ServiceCalendar
from contract.services.calendar import calendar_of
from core import roles, subjects
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid, NotAllowed
from core.transactions import joined
from notifications.services.outbox import message_post
from parties.models import User
from parties.querysets import people_with_role
from records.models import Source
from sla import rules
from sla.models import Clock, ClockEvent, Policy
from sla.permissions import can_amend
from sla.services import row as rows
from sla.services.firing import TOPIC
from sla.services.ladder import kind_label
from sla.services.policies import target_of
from sla.states import ClockState

OPEN_STATES = (ClockState.RUNNING, ClockState.PAUSED)


@joined
def clock_amend(
    *,
    clock: Clock,
    revision: CalendarRevision | None = None,
    due_at: datetime | None = None,
    agreed_with: str = "",
    reason: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Clock:
    """Let a running or paused clock count by another revision of its contract's calendar, or be due at an instant agreed by hand.

    An agreed instant names with whom and how it was agreed (`agreed_with`); the client's supervisors are told of either. `actor`
    None is the system. Raises NotAllowed for anybody but the manager; Invalid without a reason, for an instant that has passed or a
    revision of another contract; Conflict when the deadline was missed already (that stays), or nothing would change.
    """
    if (revision is None) == (due_at is None):
        raise ValueError("a clock is amended to a calendar revision or to a due instant")
    row = rows.fresh(clock, "retarget")
    if actor is not None and not can_amend(actor, row.contract_id):
        raise NotAllowed(_("Only the project manager may amend a promise."))
    reason = rows.needed(reason, "reason", _("Please say why the deadline changes."))
    row = rows.settle(row, at, at, source)
    history = rows.events_of(row)
    if revision is not None:
        if revision.contract_id != row.contract_id:
            raise Invalid(_("That calendar belongs to another contract."))
        due = due_under(row, history, calendar_of(row.contract, revision))
    else:
        agreed_with = rows.needed(
            agreed_with, "agreed_with", _("Please say with whom of the client this was agreed, and how.")
        )
        due = _agreed(row, due_at)
    old = rules.due_fixed_by(history)
    if due.due_at == old.due_at and (revision is None or revision.pk == row.calendar_revision_id):
        raise Conflict(_("Nothing would change: it is due at that instant already."))
    _retarget(row, due, revision or row.calendar_revision, reason, actor, at, agreed_with=agreed_with)
    _record(row, old, due, reason, actor, at, source, agreed_with)
    _tell_client(row, old, due, at, source)
    return rows.show(clock, row)


def due_under(row: Clock, history: Sequence[rules.Event], calendar: ServiceCalendar) -> Due:
    """When a clock would be due under a calendar, its pauses left out; for a paused one, what was due before the pause.

    Raises Conflict where people agreed on an instant: no calendar says more than they did.
    """
    if rules.amended_by_hand(history):
        raise Conflict(_("Its deadline was agreed by hand; no calendar changes it."))
    ended = [(begin, end) for begin, end in rules.pauses_of(history) if end is not None]
    found = calendar_rules.due_after_pauses(calendar, row.started_at, target_of(row.policy), ended)
    if found is None:
        raise ValueError("only pauses that have ended were folded")
    return found


def _agreed(row: Clock, due_at: datetime | None) -> Due:
    if due_at is None or row.state == ClockState.PAUSED:
        raise Conflict(_("While the clock is paused nothing is due; let it go on first."))
    if due_at <= row.started_at:
        raise Invalid(
            _("It cannot be due before it begins."), fields={"due_at": _("It cannot be due before it begins.")}
        )
    last_day = (due_at - rules.MICROSECOND).astimezone(SHANGHAI).date()
    return Due(due_at, False, due_at, last_day)


def _retarget(
    row: Clock,
    due: Due,
    revision: CalendarRevision,
    reason: str,
    actor: User | None,
    at: datetime,
    *,
    agreed_with: str = "",
) -> None:
    """Change the row, enter the event, lay the ladder anew. The caller has decided that it may be."""
    if row.breached_at is not None:
        raise Conflict(_("The deadline was missed already, and that stays. Ask the client for an exemption instead."))
    if row.state == ClockState.RUNNING and due.due_at < at:
        message = _("The new deadline lies in the past.")
        raise Invalid(message, fields={"due_at": message})
    data = {
        **rules.fixed(due),
        "old_due_at": row.due_at.isoformat() if row.due_at else None,
        "calendar": revision.pk,
        **({"agreed_with": agreed_with} if agreed_with else {}),
    }
    values: dict[str, Any] = {"provisional": due.provisional, "calendar_revision_id": revision.pk}
    running = row.state == ClockState.RUNNING
    if running:
        values |= {"due_at": due.due_at, "epoch": row.epoch + 1}
    pauses = rules.pauses_of(rows.events_of(row)) if running else []
    rows.move(row, "retarget", values)
    row.calendar_revision = revision
    rows.enter(row, ClockEvent.Kind.RETARGET, at, at, actor, reason, data)
    if running:
        rows.drop_ladder(row)
        ended = [(begin, end) for begin, end in pauses if end is not None]
        rows.lay_ladder(row, row.policy, rows.calendar_for(row), due, at, ended)


def _record(
    row: Clock, old: Due, due: Due, reason: str, actor: User | None, at: datetime, source: str, agreed_with: str = ""
) -> None:
    rows.audit(
        row,
        "clock_amend",
        actor=actor,
        at=at,
        source=source,
        before={"due_at": old.due_at},
        after={"due_at": due.due_at, **({"agreed_with": agreed_with} if agreed_with else {})},
        reason=reason,
    )


def _tell_client(row: Clock, old: Due, due: Due, at: datetime, source: str) -> None:
    if row.promisor != Policy.Promisor.CONTRACTOR:
        return
    _tell(
        row,
        roles.SUPERVISOR,
        gettext_noop("A deadline was amended: %(label)s"),
        gettext_noop("%(t_kind)s was due at %(old_at)s and is now due at %(due_at)s."),
        {"old_at": old.due_at, "due_at": due.due_at},
        at,
        source,
    )


def _tell(row: Clock, role: str, title: str, body: str, params: dict[str, Any], at: datetime, source: str) -> None:
    subject = subjects.get(row.subject_type)
    obj = subjects.load(row.subject_type, row.subject_id)
    message_post(
        contract=row.contract,
        topic=TOPIC,
        recipients=people_with_role(row.contract, role, on=at.astimezone(SHANGHAI).date()),
        title=title,
        body=body,
        params={"label": subject.label(obj), "t_kind": kind_label(row.kind), **params},
        url=subject.url(obj),
        subject=obj,
        at=at,
        source=source,
    )


# A year's arrangement -------------------------------------------------------------------------------------------------


def provisional_clocks() -> QuerySet[Clock]:
    """Open promises whose due instant rests on days that no arrangement speaks of yet, of every contract."""
    found = Clock.objects.filter(provisional=True, state__in=OPEN_STATES, breached_at=None)
    return found.select_related("policy", "calendar_revision", "contract").order_by("id")


@joined
def provisional_fix(*, years: Sequence[int], notice: str, actor: User | None, at: datetime) -> int:
    """Count again what was due only provisionally, after a year's arrangement arrived; returns how many clocks were dealt with.

    A clock whose due instant changes is amended: the old instant stays readable, the act is audited, and the manager is told both.
    One that stays as it is loses its mark by an event. So does one whose new instant has passed already: nobody is made late after
    the fact; the manager is told.
    """
    done = 0
    reason = _("The arrangement of %(years)s is published: %(notice)s") % {
        "years": "、".join(str(year) for year in sorted(years)),
        "notice": notice,
    }
    for row in provisional_clocks():
        if row.due_at is not None and row.due_at < at:
            continue  # missed: the engine enters it, and what is missed stays
        history = rows.events_of(row)
        old = rules.due_fixed_by(history)
        by_hand = rules.amended_by_hand(history)
        due = replace(old, provisional=False) if by_hand else due_under(row, history, rows.calendar_for(row))
        passed = row.state == ClockState.RUNNING and due.due_at < at
        if due.due_at == old.due_at or passed:
            _confirm(row, due.provisional, reason, actor, at, kept=old.due_at if passed else None)
        else:
            _retarget(row, due, row.calendar_revision, reason, actor, at)
            _record(row, old, due, reason, actor, at, Source.PAGE if actor else Source.COMMAND)
        if due.due_at != old.due_at:
            body = (
                gettext_noop("%(t_kind)s stays due at %(old_at)s; the new calendar's %(due_at)s has passed already.")
                if passed
                else gettext_noop("%(t_kind)s was due at %(old_at)s and is now due at %(due_at)s.")
            )
            params = {"old_at": old.due_at, "due_at": due.due_at}
            title = gettext_noop("The new year's calendar moves a deadline: %(label)s")
            _tell(row, roles.MANAGER, title, body, params, at, "")
        done += 1
    return done


def _confirm(
    row: Clock, provisional: bool, reason: str, actor: User | None, at: datetime, *, kept: datetime | None
) -> None:
    if provisional == row.provisional and kept is None:
        return  # it also rests on another year, which is still unknown
    provisional = provisional and kept is None
    rows.move(row, "confirm", {"provisional": provisional})
    data: dict[str, Any] = {"provisional": provisional, **({"kept": kept.isoformat()} if kept else {})}
    rows.enter(row, ClockEvent.Kind.CONFIRM, at, at, actor, reason, data)
