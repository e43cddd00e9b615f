"""What the contract's calendar is told of promises: which running clocks would see a difference, and how they are amended."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contract import rules as calendar_rules
from contract.models import CalendarRevision
from contract.rules import ServiceCalendar
from core import subjects
from core.clock import SHANGHAI
from core.errors import Conflict, Invalid
from core.watchers import Difference, Watcher
from parties.models import Contract, User
from sla import rules
from sla.models import Clock, ClockEvent
from sla.services.amend import OPEN_STATES, clock_amend, provisional_fix
from sla.services.policies import target_of
from sla.words import promise_label

log = structlog.get_logger(__name__)
CAP = 500
"""No preview lists more clocks than this."""


def open_clocks(contract: Contract) -> list[Clock]:
    """A contract's open promises that have not been missed, the next due first, with terms and events."""
    events = Prefetch("events", ClockEvent.objects.order_by("id"))
    found = Clock.objects.filter(contract=contract, state__in=OPEN_STATES, breached_at=None)
    return list(found.select_related("policy").prefetch_related(events).order_by("due_at", "id")[:CAP])


def clock_differences(contract: Contract, old: ServiceCalendar, new: ServiceCalendar, at: datetime) -> list[Difference]:
    """Running clocks that would be due at another instant. They keep what was fixed unless somebody amends them."""
    moved = []
    for clock in open_clocks(contract):
        history = [rules.Event(event.kind, event.at, event.reason, event.data) for event in clock.events.all()]
        if rules.amended_by_hand(history):
            continue
        ended = [(begin, end) for begin, end in rules.pauses_of(history) if end is not None]
        before, after = (
            calendar_rules.due_after_pauses(one, clock.started_at, target_of(clock.policy), ended) for one in (old, new)
        )
        if before is not None and after is not None and before.due_at != after.due_at:
            moved.append((clock, rules.due_fixed_by(history).due_at, after.due_at))
    labels = subjects_of([clock for clock, _before, _after in moved])
    return [
        Difference(
            key=str(clock.pk),
            label=f"{promise_label(clock.kind)} · {labels[clock.subject_type, clock.subject_id][0]}",
            url=reverse("sla:why", args=[clock.pk]),
            before=_shown(before),
            after=_shown(after),
            amendable=after >= at,
        )
        for clock, before, after in moved
    ]


def clocks_amend(
    contract: Contract,
    *,
    keys: Collection[str],
    revision: CalendarRevision,
    reason: str,
    actor: User | None,
    at: datetime,
) -> int:
    """Let the chosen clocks count by a revision that was just published; returns how many were amended.

    One that ended, or was missed, since it was chosen keeps what it has.
    """
    chosen = Clock.objects.filter(contract=contract, pk__in=[int(key) for key in keys], state__in=OPEN_STATES)
    rows = list(chosen.filter(breached_at=None).order_by("id"))
    amended = 0
    for clock in rows:
        try:
            clock_amend(clock=clock, revision=revision, reason=reason, actor=actor, at=at)
        except (Conflict, Invalid) as refusal:
            log.info("clock_not_amended", clock=clock.pk, why=refusal.message)
        else:
            amended += 1
    return amended


def clocks_announced(*, years: Sequence[int], notice: str, actor: User | None, at: datetime) -> int:
    """A year's arrangement arrived: what was due provisionally is counted again."""
    return provisional_fix(years=years, notice=notice, actor=actor, at=at)


def subjects_of(clocks: Collection[Clock]) -> dict[tuple[str, int], tuple[str, str]]:
    """What clocks are about, as (label, url) by subject type and id; one statement for each type."""
    wanted: dict[str, set[int]] = {}
    for clock in clocks:
        wanted.setdefault(clock.subject_type, set()).add(clock.subject_id)
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for key, pks in wanted.items():
        subject = subjects.get(key)
        objects: dict[int, Any] = subject.model._default_manager.in_bulk(pks)
        found.update({(key, pk): (subject.label(obj), subject.url(obj)) for pk, obj in objects.items()})
    return found


def _shown(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


CLOCKS = Watcher(
    name="clocks",
    heading=_("Running promises"),
    differences=clock_differences,
    amend=clocks_amend,
    announced=clocks_announced,
)
