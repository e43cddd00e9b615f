"""What the verbs of difficult faults and vendors share: the promise of days, and vendors' clocks beside it."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext_noop

from parties.models import User
from sla.models import Clock
from sla.rules import DIFFICULT
from sla.services.clock import clock_start, clock_stop
from sla.services.reclassify import clock_reclassify
from sla.services.vendor import VENDOR, vendor_clock_open
from sla.states import ClockState
from tickets.models import Dispatch, Ticket
from tickets.rules_repair import difficult_kind
from tickets.services import common
from tickets.states import DISPATCH_OPEN

RUNS = (ClockState.RUNNING.value, ClockState.PAUSED.value)


def days_kind(ticket: Ticket) -> str:
    """The kind of the promise of days that this ticket's fault has: 5 or 7 working days (附三.4)c)."""
    category = ticket.category
    work = "" if category is None else (category.parent.code if category.parent is not None else category.code)
    return difficult_kind(ticket.device.category.repair_class if ticket.device is not None else "", work)


def repair_clock_of(ticket: Ticket) -> Clock | None:
    """The promise that times the work, as it stands now; None where there is none or it has ended."""
    if ticket.repair_clock_id is None:
        return None
    return Clock.objects.filter(pk=ticket.repair_clock_id, state__in=RUNS).first()


def days_begin(ticket: Ticket, *, reason: str, actor: User, at: datetime, source: str) -> Clock:
    """Let the promise of 5 or 7 working days count from the day of receipt.

    An hour that runs is closed with its true result, for which sla asks for the manager; days that run already go on as they are.
    Raises NotAllowed, Conflict (the hour ended at the same moment).
    """
    running = repair_clock_of(ticket)
    if running is not None and running.kind in DIFFICULT:
        return running
    reason = reason[:300]
    if running is not None:
        clock = clock_reclassify(
            clock=running, kind=days_kind(ticket), received_at=ticket.received_at, reason=reason, actor=actor, at=at,
            source=source,
        )  # fmt: skip
    else:
        clock = clock_start(
            contract=ticket.contract, kind=days_kind(ticket), subject=ticket, started_at=ticket.received_at, actor=actor,
            at=at, source=source, reason=reason,
        )  # fmt: skip
    set_repair_clock(ticket, clock, actor=actor, at=at, source=source)
    return clock


def set_repair_clock(ticket: Ticket, clock: Clock, *, actor: User, at: datetime, source: str) -> None:
    """Time the work by another promise; vendors who are still called get their clocks beside it, from when they were called."""
    Ticket.objects.filter(pk=ticket.pk).update(repair_clock=clock)
    ticket.repair_clock = clock
    if "dispatch" not in ticket.holds:
        return
    for dispatch in Dispatch.objects.filter(ticket=ticket, status__in=DISPATCH_OPEN).select_related("vendor"):
        start_vendor_clock(ticket, dispatch, actor=actor, at=at, source=source)


def start_vendor_clock(ticket: Ticket, dispatch: Dispatch, *, actor: User, at: datetime, source: str) -> Clock:
    """Let the vendor's clock run from the call on, beside the ticket's promise where one runs; it never holds that promise."""
    if dispatch.clock_id is not None:
        for old in Clock.objects.filter(pk=dispatch.clock_id, state__in=RUNS):
            clock_stop(clock=old, at=at, actor=actor, source=source)
    parent = repair_clock_of(ticket)
    if parent is not None:
        clock = vendor_clock_open(
            parent=parent, vendor=dispatch.vendor.name, started_at=dispatch.called_at, subject=dispatch, actor=actor, at=at,
            source=source,
        )  # fmt: skip
    else:
        clock = clock_start(
            contract=ticket.contract, kind=VENDOR, subject=dispatch, started_at=dispatch.called_at, actor=actor, at=at,
            source=source, reason=dispatch.vendor.name,
        )  # fmt: skip
    Dispatch.objects.filter(pk=dispatch.pk).update(clock=clock)
    dispatch.clock = clock
    return clock


def stop_vendor_clock(dispatch: Dispatch, *, stopped_at: datetime, actor: User, at: datetime, source: str) -> None:
    """End the vendor's clock if it still runs; with the ticket's promise it may have ended before."""
    if dispatch.clock_id is None:
        return
    for clock in Clock.objects.filter(pk=dispatch.clock_id, state__in=RUNS):
        clock_stop(clock=clock, at=at, stopped_at=stopped_at, actor=actor, source=source)


def new_content(ticket: Ticket, **values: object) -> None:
    """Change what the client signs: it gets a new version. The ticket's row must have been claimed before in this transaction."""
    Ticket.objects.filter(pk=ticket.pk).update(content_version=F("content_version") + 1, **values)
    for name, value in values.items():
        setattr(ticket, name, value)
    ticket.refresh_from_db(fields=["content_version"])


def tell_manager_difficult(ticket: Ticket, *, actor: User, at: datetime, source: str) -> None:
    """The manager gets a difficult fault at once (附三.4)c)."""
    common.tell(
        ticket,
        topic="difficult",
        recipients=common.people(common.managers_of(ticket.contract, at), without=actor),
        title=gettext_noop("%(code)s is a difficult fault: %(title)s"),
        body=gettext_noop("%(engineer)s asks for your judgement, a plan and an estimate for the client."),
        params={"code": ticket.code, "title": ticket.title, "engineer": actor.name},
        urgent=True,
        at=at,
        source=source,
    )


def people_behind(ticket: Ticket, at: datetime, *, without: User) -> Sequence[User]:
    """The engineer who has the ticket and the managers, except who acts."""
    assignee = [ticket.assignee] if ticket.assignee is not None else []
    return common.people(assignee, common.managers_of(ticket.contract, at), without=without)
