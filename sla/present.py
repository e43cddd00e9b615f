"""A clock as pages show it: the countdown's values, and the answer to "why is it due then?"."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from contract import rules as calendar_rules
from contract.rules import Day, DayKind, ServiceCalendar, TargetKind
from contract.services.calendar import calendar_of
from sla import rules
from sla.models import Clock, ClockEvent
from sla.services.policies import target_of
from sla.services.row import events_of
from sla.states import AskedBy, ClockState, PauseCause
from sla.words import promise_label, rung_people, rung_when

RUNG_LABELS: Mapping[str, str] = {
    "start": gettext_noop("At once, to the people on duty"),
    "reminder": gettext_noop("Reminder to the people on duty"),
    "ahead": gettext_noop("Reminder before the deadline"),
    "manager": gettext_noop("Copy to the project manager"),
    "urgent": gettext_noop("Urgent, to the project manager and the people on duty"),
    "breach": gettext_noop("Breach entered, reason asked for"),
    "office": gettext_noop("Contractor's office"),
}
DAY_LABELS: Mapping[DayKind, str] = {
    DayKind.WORKDAY: gettext_noop("Working day"),
    DayKind.WEEKEND: gettext_noop("Weekend"),
    DayKind.STATUTORY_HOLIDAY: gettext_noop("Statutory holiday"),
    DayKind.MAKEUP_WORKDAY: gettext_noop("Make-up workday"),
    DayKind.EXTENDED_SATURDAY: gettext_noop("Saturday, extended service"),
    DayKind.CLOSURE: gettext_noop("Closed"),
    DayKind.MAJOR_EVENT: gettext_noop("Major event"),
}


def rung_label(rung: str, ladder: Iterable[Mapping[str, Any]] = ()) -> str:
    """What a rung does, in the active language: by its ladder when it fires and whom it tells, else by its name alone."""
    found = next((row for row in ladder if row.get("name") == rung), None)
    if found is None:
        return gettext(RUNG_LABELS.get(rung.partition("-")[0], rung))
    people = rung_people(found)
    return f"{rung_when(found)} · {people}" if people else rung_when(found)


def day_label(day: Day) -> str:
    """What a day is to the service, in the active language, with its own name where it has one (清明节)."""
    label = gettext(DAY_LABELS[day.kind])
    return f"{label} · {day.note}" if day.note else label


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


@cache
def _why_url() -> str:
    """The address of an explanation, with 0 for the clock: a list needs fifty of them."""
    return reverse("sla:why", args=[0])


def clock_view(clock: Clock, now: datetime, calendar: ServiceCalendar | None = None) -> dict[str, Any]:
    """What the tag `countdown` takes.

    `state` is running, waiting (service is closed now, or the appointment lies ahead), paused, stopped, breached (late and still
    open) or cancelled; `windows` are the open spans from now to the due instant in epoch milliseconds, in which a countdown runs.
    Lists pass `calendar`, fetched once for the clocks' revision, and clocks with `policy` selected.
    """
    kind = TargetKind(clock.policy.target_kind)
    seconds = kind in (TargetKind.SERVICE_SECONDS, TargetKind.CONTINUOUS_SECONDS)
    view: dict[str, Any] = {
        "state": clock.state,
        "due_at": clock.due_at,
        "due_ms": None if clock.due_at is None else _ms(clock.due_at),
        "windows": [],
        "total_seconds": clock.policy.target_amount if seconds else None,
        "label": promise_label(clock.kind),
        "why_url": _why_url().replace("/0/", f"/{clock.pk}/"),
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at,
        "kept": clock.kept,
        "provisional": clock.provisional,
    }
    if clock.state != ClockState.RUNNING or clock.due_at is None:
        return view
    if clock.breached_at is not None or now > clock.due_at:
        view["state"] = "breached"
        return view
    calendar = calendar or calendar_of(clock.contract, clock.calendar_revision)
    in_service = kind in (TargetKind.SERVICE_SECONDS, TargetKind.WORKING_DAYS)
    begins = max(now, clock.started_at)
    if begins > now or (in_service and not calendar.is_open(now)):
        view["state"] = "waiting"
    spans = calendar_rules.remaining_windows(calendar, begins, clock.due_at, kind)
    view["windows"] = [[_ms(start), _ms(end)] for start, end in spans]
    return view


def explanation(clock: Clock) -> dict[str, Any]:
    """Why a clock is due when it is: the spans or days that counted one by one, those passed over, and the pauses.

    While it is paused, it explains the instant that was due before the pause.
    """
    calendar = calendar_of(clock.contract, clock.calendar_revision)
    history = events_of(clock)
    pauses = rules.pauses_of(history)
    open_pause = pauses[-1][0] if pauses and pauses[-1][1] is None else None
    ended = [(begin, end) for begin, end in pauses if end is not None]
    why = calendar_rules.explain(calendar, clock.started_at, target_of(clock.policy), ended)
    return {
        "started_at": clock.started_at,
        "due_at": why.due.due_at,
        "target_kind": clock.policy.target_kind,
        "target_amount": clock.policy.target_amount,
        "segments": [
            {
                "start": segment.start,
                "end": segment.end,
                "seconds": segment.length.total_seconds(),
                "day": day_label(segment.day) if segment.day else "",
                "provisional": bool(segment.day and segment.day.provisional),
            }
            for segment in why.segments
        ],
        "days": [
            {"number": counted.number, "date": counted.day.date, "day": day_label(counted.day)} for counted in why.days
        ],
        "skipped": [{"date": day.date, "day": day_label(day)} for day in why.skipped],
        "pauses": pauses,
        "paused_since": open_pause,
        "provisional": clock.provisional,
        # The calendar may have learnt more since: what was fixed at the start stays in force.
        "moved_since": clock.due_at is not None and why.due.due_at != clock.due_at,
        "by_hand": rules.amended_by_hand(history),
        "fixed_due_at": clock.due_at,
    }


def event_rows(events: Iterable[ClockEvent]) -> list[dict[str, Any]]:
    """A clock's events as the page tells them: what each means beyond its name, and the instants that it moved."""
    return [{"event": event, "text": _event_text(event), **_moved_instants(event)} for event in events]


def _event_text(event: ClockEvent) -> str:
    data = event.data
    parts = [event.reason]
    if event.kind == ClockEvent.Kind.PAUSE and data.get("cause") in PauseCause.values:
        parts.insert(0, str(PauseCause(data["cause"]).label))
    if data.get("asked_by") in AskedBy.values:
        parts.insert(0, f"{AskedBy(data['asked_by']).label} · {data['name']} · {data['how']}")
    if data.get("agreed_with"):
        parts.append(gettext("Agreed with %(who)s") % {"who": data["agreed_with"]})
    if data.get("reclassified_to"):
        parts.append(gettext("Now: %(promise)s") % {"promise": promise_label(data["reclassified_to"])})
    if data.get("after_breach"):
        parts.append(gettext("called difficult after the deadline was missed"))
    return " · ".join(part for part in parts if part)


def _moved_instants(event: ClockEvent) -> dict[str, Any]:
    """What an amendment or a moved appointment changed; the old instant stays readable."""
    data = event.data
    if event.kind not in (ClockEvent.Kind.RETARGET, ClockEvent.Kind.RESTART):
        return {}
    old = data.get("old_due_at")
    return {
        "old_due_at": datetime.fromisoformat(old) if old else None,
        "new_due_at": datetime.fromisoformat(data["due_at"]),
    }
