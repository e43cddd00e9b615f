"""The promise that times the work on a ticket: started by the response, stopped by the finished work, anew for rework.

`ticket.repair_clock` points to the one that counts now. What ended keeps its verdict for good: work that has to be done again gets
a promise of its own, which knows the old one by `replaces`, and is counted as rework beside it. Otherwise either finished work
could be called late in hindsight, or a repair that did not hold would look as quick as one that did.
"""

from datetime import datetime

from parties.models import User
from records.models import Source
from sla.models import Clock
from sla.services.clock import clock_cancel, clock_pause, clock_resume, clock_start, clock_stop
from sla.states import ClockState
from tickets.models import Ticket
from tickets.services.repair_common import days_kind, set_repair_clock
from tickets.states import Triage

FIX, USER_ERROR = "fix", "user_error"
SIGNATURE = "client_signature"
BY_TRIAGE = {Triage.GENERAL.value: FIX, Triage.USER_ERROR.value: USER_ERROR}
"""What the response starts. A difficult fault waits for the manager, a service request is due when it was promised."""
OPEN = (ClockState.RUNNING.value, ClockState.PAUSED.value)


def repair_current(ticket: Ticket) -> Clock | None:
    """The repair promise that has not ended, or None."""
    found = ticket.repair_clock
    return found if found is not None and found.state in OPEN else None


def repair_start(
    ticket: Ticket,
    *,
    kind: str,
    started_at: datetime,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> Clock:
    """Start a repair promise and let the ticket point to it. An ended one before it is what it replaces."""
    clock = clock_start(
        contract=ticket.contract,
        kind=kind,
        subject=ticket,
        started_at=started_at,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        replaces=ticket.repair_clock,
    )
    set_repair_clock(ticket, clock, actor=actor, at=at, source=source)
    return clock


def repair_respond(ticket: Ticket, *, actor: User, at: datetime, source: str) -> None:
    """Start what the first triage asks for: an hour for a general fault, for an operating error one that is only counted."""
    kind = BY_TRIAGE.get(ticket.triage)
    if kind is not None:
        repair_start(ticket, kind=kind, started_at=at, actor=actor, at=at, source=source)


def repair_again(ticket: Ticket, *, actor: User, at: datetime, reason: str, source: str) -> None:
    """A new promise for work that has to be done again, of the kind that the fault has and from `at` on; none where the request
    never had one. A fault that the manager has called difficult stays one: its days count anew from the day it came back."""
    if ticket.triage == Triage.SERVICE_REQUEST or repair_current(ticket) is not None:
        return
    kind = days_kind(ticket) if ticket.triage == Triage.DIFFICULT else BY_TRIAGE[ticket.triage]
    repair_start(ticket, kind=kind, started_at=at, actor=actor, at=at, source=source, reason=reason[:300])


def repair_stop(ticket: Ticket, *, actor: User, at: datetime, source: str) -> None:
    """The work is done: the promise ends at `at`, kept or missed."""
    running = repair_current(ticket)
    if running is not None:
        ticket.repair_clock = clock_stop(clock=running, at=at, actor=actor, source=source)


def repair_hold(ticket: Ticket, *, cause: str, actor: User, at: datetime, reason: str) -> None:
    """Hold the promise while the client is waited for; `cause` is one of sla's PauseCause."""
    running = repair_current(ticket)
    if running is not None and running.state == ClockState.RUNNING:
        ticket.repair_clock = clock_pause(clock=running, at=at, actor=actor, cause=cause, reason=reason)


def repair_go_on(ticket: Ticket, *, actor: User | None, at: datetime, resumed_at: datetime, reason: str = "") -> None:
    """Let a held promise run again from `resumed_at` on."""
    running = repair_current(ticket)
    if running is not None and running.state == ClockState.PAUSED:
        ticket.repair_clock = clock_resume(clock=running, at=at, resumed_at=resumed_at, actor=actor, reason=reason)


def clocks_cancel(ticket: Ticket, *, actor: User, at: datetime, reason: str) -> None:
    """End every promise about a ticket that fell away; those of vendors end with the one beside which they run."""
    running = Clock.objects.filter(subject_type="ticket", subject_id=ticket.pk, state__in=OPEN, parent=None)
    for clock in running.select_related("policy", "contract"):
        ended = clock_cancel(clock=clock, at=at, actor=actor, reason=reason[:300])
        if clock.pk == ticket.response_clock_id:
            ticket.response_clock = ended
        elif clock.pk == ticket.repair_clock_id:
            ticket.repair_clock = ended


def signature_ask(ticket: Ticket, *, actor: User | None, at: datetime, source: str) -> None:
    """The client's own promise to sign begins when the work was found good (五.1(2)); it reminds and never counts as our breach."""
    clock_start(
        contract=ticket.contract, kind=SIGNATURE, subject=ticket, started_at=at, actor=actor, at=at, source=source
    )


def signature_given(ticket: Ticket, *, actor: User | None, at: datetime, source: str) -> None:
    """The client has signed."""
    running = _signature(ticket)
    if running is not None:
        clock_stop(clock=running, at=at, actor=actor, source=source)


def signature_fell_away(ticket: Ticket, *, actor: User, at: datetime, reason: str) -> None:
    """Nothing is to be signed any more: sent back, or closed without; a date that was missed stays missed."""
    running = _signature(ticket)
    if running is not None:
        clock_cancel(clock=running, at=at, actor=actor, reason=reason[:300])


def _signature(ticket: Ticket) -> Clock | None:
    return Clock.objects.filter(subject_type="ticket", subject_id=ticket.pk, kind=SIGNATURE, state__in=OPEN).first()
