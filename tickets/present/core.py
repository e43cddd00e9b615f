"""A ticket as pages show it: its clock, how far it has come, what may be done next, and what happened so far."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from contract.services.terms import term
from core import clock as clocks
from core.http import Request
from core.panels import Panel
from core.roles import STAFF_ROLES
from parties.querysets import role_in
from records.models import AuditEntry, Purpose, Visibility
from records.querysets import entries_of
from sla.models import Clock
from sla.present import clock_view, rung_label
from sla.states import ClockState
from sla.words import promise_label
from tickets import permissions, rules
from tickets.models import Rating, Ticket
from tickets.present import flow, listing, major, outage, quality, repair, signing, talk
from tickets.present.base import Act, Acts, RoomPage, Words, act_for, instant_in, label_in, name_in
from tickets.states import (
    IN_HAND,
    TICKET_FLOW,
    Channel,
    CommitmentKind,
    ContactMethod,
    RatingWay,
    Result,
    ServiceMode,
    TicketStatus,
    Triage,
)
from tickets.subject import can_sign, may_sign_now

S = TicketStatus
ROOMS: tuple[RoomPage, ...] = (flow, repair, major, talk, outage, quality, listing, signing)
"""Modules that add acts, words of the timeline and sections to a ticket's page."""


def response_view(ticket: Ticket, now: datetime) -> dict[str, Any] | None:
    """The response clock for the countdown component; None without one, or when it was cancelled with its ticket."""
    clock: Clock | None = ticket.response_clock
    if clock is None or clock.state == ClockState.CANCELLED:
        return None
    clock.contract = ticket.contract
    return clock_view(clock, now)


def repair_view(ticket: Ticket, now: datetime) -> dict[str, Any] | None:
    """The repair's clock for the countdown component; None without one, or when it was cancelled with its ticket."""
    clock: Clock | None = ticket.repair_clock
    if clock is None or clock.state == ClockState.CANCELLED:
        return None
    clock.contract = ticket.contract
    return clock_view(clock, now)


def pressing_view(ticket: Ticket, now: datetime) -> dict[str, Any] | None:
    """The clock that presses most: the response's until somebody has answered, then the repair's."""
    if ticket.status == S.PENDING_RESPONSE or ticket.repair_clock is None:
        return response_view(ticket, now)
    return repair_view(ticket, now)


# How far it has come --------------------------------------------------------------------------------------------------


def steps(ticket: Ticket) -> list[dict[str, Any]]:
    """The way of a ticket in plain words, with the instant of every step that is done."""
    working = ticket.status in (S.PENDING_RESPONSE, *IN_HAND) and ticket.status != S.TO_VERIFY
    rows = [
        (_("Reported"), ticket.received_at),
        (_("Engineer answers"), ticket.responded_at),
        (_("Repair begins"), ticket.arrived_at),
        (_("Repair done"), None if working else ticket.resolved_at),
        (_("Signature"), ticket.signed_at),
    ]
    result: list[dict[str, Any]] = []
    ended = ticket.status in (S.CANCELLED, S.MERGED, S.CLOSED_UNSIGNED)
    for label, at in rows:
        if at is not None:
            state = "done"
        elif ended:
            state = "skipped"
        else:
            state = "todo" if any(step["state"] == "current" for step in result) else "current"
        result.append({"label": label, "state": state, "at": at})
    return result


def _local(at: datetime | None) -> str:
    return at.astimezone(clocks.SHANGHAI).strftime("%m-%d %H:%M") if at else ""


def progress(ticket: Ticket) -> str:
    """Where the request stands, in plain words for the person who reported it, with the instant that can be expected."""
    words = {
        "engineer": ticket.assignee.name if ticket.assignee else "",
        "when": _local(ticket.commitment_at),
        "appointment": _local(ticket.appointment_at),
        "place": ticket.appointment_place,
        "reason": ticket.waiting_reason,
        "until": _local(ticket.waiting_until),
        "target": ticket.merged_into.code if ticket.status == S.MERGED and ticket.merged_into else "",
    }
    sentence = _sentence(ticket) % words
    due = expected_at(ticket)
    if due is None:
        return sentence
    return " ".join([sentence, _("Expected to be done by %(due)s.") % {"due": _local(due)}])


def expected_at(ticket: Ticket) -> datetime | None:
    """When the work can be expected to be done: by its plan, else by the repair's clock while it runs; else None."""
    clock = ticket.repair_clock
    if (
        ticket.status not in (S.IN_PROGRESS, S.SCHEDULED, S.WAITING_VENDOR, S.WAITING_PART, S.ESCALATED)
        or clock is None
    ):
        return None
    # What the manager told the client with the plan (tickets.finds.repair.add_estimates) says more than the deadline.
    estimate: datetime | None = getattr(ticket, "estimate_at", None)
    if estimate is not None:
        return estimate
    return clock.due_at if clock.state == ClockState.RUNNING and clock.breached_at is None else None


def _sentence(ticket: Ticket) -> str:
    if ticket.status == S.RESPONDED:
        if ticket.commitment_kind == CommitmentKind.REPAIR:
            return _("%(engineer)s has taken it and expects the repair by %(when)s.")
        return _("%(engineer)s has taken it and comes by %(when)s.")
    if ticket.status == S.WAITING_PART and ticket.waiting_until is not None:
        return _("A part is on its way, expected by %(until)s: %(reason)s")
    if ticket.status == S.IN_PROGRESS and ticket.rework_count:
        return _("%(engineer)s is working on it again.")
    return {
        S.PENDING_RESPONSE: _("Your request has arrived. An engineer will contact you."),
        S.SCHEDULED: _("%(engineer)s comes on %(appointment)s to %(place)s."),
        S.IN_PROGRESS: _("%(engineer)s is working on it."),
        S.WAITING_VENDOR: _("The vendor has been called and %(engineer)s sees to it."),
        S.WAITING_PART: _("A part is missing, or it was sent in: %(reason)s"),
        S.WAITING_CUSTOMER: _("We wait for you: %(reason)s"),
        S.ESCALATED: _("It is a difficult fault. The project manager makes a plan and will tell you."),
        S.TO_VERIFY: _("The work is done; a colleague checks it before you are asked to sign."),
        S.TO_SIGN: _("The work is done. Please check it and sign, or send it back."),
        S.SIGNED: _("Signed. Thank you."),
        S.ARCHIVED: _("Signed and archived. Thank you."),
        S.CLOSED_UNSIGNED: _("The manager closed it without a signature. You can still sign."),
        S.MERGED: _("It goes on as %(target)s, which reports the same fault."),
        S.CANCELLED: _("The request was cancelled."),
    }[S(ticket.status)]


# What may be done next ------------------------------------------------------------------------------------------------


def acts_for(user: Any, ticket: Ticket, now: datetime, *, rated: bool) -> Acts:
    """What this reader may do now: at most one next act; what is rarely right stands among the others."""
    primary = [act for act in _primary(user, ticket, now, rated=rated) if act is not None]
    others = [act for act in _others(user, ticket) if act is not None]
    for room in ROOMS:
        primary += room.primary(user, ticket, now)
        others += room.others(user, ticket, now)
    primary.sort(key=lambda act: act.rank)
    return Acts(primary[0] if primary else None, [*primary[1:], *others])


def _primary(user: Any, ticket: Ticket, now: datetime, *, rated: bool) -> list[Act | None]:
    def may(verb: str, allowed: bool) -> bool:
        return allowed and TICKET_FLOW.allows(verb, ticket.status)

    return [
        act_for(ticket, "respond", _("Respond"), "phone-call", _("Speak with the client first; this stops the clock."))
        if may("respond", permissions.can_respond(user, ticket))
        else None,
        act_for(ticket, "arrive", _("Arrived"), "map-pin", _("On site, or remote work has begun."))
        if ticket.arrived_at is None and may("arrive", permissions.can_arrive(user, ticket))
        else None,
        act_for(
            ticket, "resolve", _("Work is done"), "checks", _("Cause, solution and verification, then the signature.")
        )
        if may("resolve", permissions.can_resolve(user, ticket))
        else None,
        Act(
            "sign",
            _("Check and sign"),
            "signature",
            reverse("records:sign", args=["ticket", ticket.pk, Purpose.COMPLETION.value]),
            _("You see the whole record before you sign."),
        )
        if can_sign(user, ticket, Purpose.COMPLETION)
        else None,
        Act(
            "ask_signature",
            _("Ask for the signature"),
            "qrcode",
            reverse("records:issue_link", args=["ticket", ticket.pk, Purpose.COMPLETION.value]),
            _("By the client's phone, or handed over on yours."),
        )
        if may_sign_now(ticket, Purpose.COMPLETION) and permissions.can_ask_signature(user, ticket)
        else None,
        act_for(
            ticket, "rate", _("Rate the work"), "star", _("Voluntary, until %(when)s.") % {"when": _rating_end(ticket)}
        )
        if not rated and permissions.can_rate(user, ticket) and rating_is_open(ticket, now)
        else None,
    ]


def _others(user: Any, ticket: Ticket) -> list[Act | None]:
    flow = TICKET_FLOW
    acceptance = may_sign_now(ticket, Purpose.ACCEPTANCE)
    return [
        act_for(ticket, "confirm_reporter", _("Confirm who reported it"), "user-check")
        if ticket.unconfirmed and permissions.can_confirm_reporter(user, ticket)
        else None,
        act_for(ticket, "send_back", _("Send back"), "arrow-back-up")
        if flow.allows("send_back", ticket.status) and permissions.can_send_back(user, ticket)
        else None,
        Act(
            "accept",
            _("Sign the order itself"),
            "writing-sign",
            reverse("records:sign", args=["ticket", ticket.pk, Purpose.ACCEPTANCE.value]),
        )
        if acceptance and permissions.can_sign(user, ticket)
        else None,
        Act(
            "ask_acceptance",
            _("Have the order itself signed"),
            "writing-sign",
            reverse("records:issue_link", args=["ticket", ticket.pk, Purpose.ACCEPTANCE.value]),
        )
        if acceptance and permissions.can_ask_signature(user, ticket)
        else None,
        act_for(ticket, "close_unsigned", _("Close without signature"), "circle-minus")
        if flow.allows("close_unsigned", ticket.status) and permissions.can_close_unsigned(user, ticket)
        else None,
        act_for(ticket, "cancel", _("Cancel the ticket"), "ban")
        if flow.allows("cancel", ticket.status) and permissions.can_cancel(user, ticket)
        else None,
    ]


def rating_days(ticket: Ticket) -> int:
    """For how many days a signed ticket can be rated."""
    day = (ticket.signed_at or ticket.received_at).astimezone(clocks.SHANGHAI).date()
    return int(term(ticket.contract, "rating_days", day))


def rating_is_open(ticket: Ticket, now: datetime) -> bool:
    """Whether a rating is still taken."""
    if ticket.status != S.SIGNED or ticket.signed_at is None:
        return False
    return now <= rules.rating_open_until(ticket.signed_at, rating_days(ticket))


def _rating_end(ticket: Ticket) -> str:
    if ticket.signed_at is None:
        return ""
    end = rules.rating_open_until(ticket.signed_at, rating_days(ticket))
    return end.astimezone(clocks.SHANGHAI).strftime("%m-%d %H:%M")


# What happened so far -------------------------------------------------------------------------------------------------

CORE_VERBS: Mapping[str, Words] = {
    "report": (gettext_noop("Reported"), "alert-circle", "info"),
    "attach": (gettext_noop("Photos added"), "photo", ""),
    "confirm_reporter": (gettext_noop("Reporter confirmed"), "user-check", "ok"),
    "respond": (gettext_noop("Responded"), "phone-check", "ok"),
    "arrive": (gettext_noop("Work began"), "map-pin", "info"),
    "resolve": (gettext_noop("Work done"), "checks", "ok"),
    "accept": (gettext_noop("Order signed"), "writing-sign", "ok"),
    "sign": (gettext_noop("Signed"), "signature", "ok"),
    "send_back": (gettext_noop("Sent back"), "arrow-back-up", "danger"),
    "close_unsigned": (gettext_noop("Closed without signature"), "circle-minus", ""),
    "cancel": (gettext_noop("Voided"), "ban", ""),
    "rate": (gettext_noop("Rated"), "star", "ok"),
    "alert": (gettext_noop("Notice sent"), "bell-ringing", "warn"),
    "breach": (gettext_noop("Deadline missed"), "alert-octagon", "danger"),
    "explain_breach": (gettext_noop("Reason of the delay"), "message", ""),
    "sign_link_issue": (gettext_noop("Signing link issued"), "qrcode", ""),
    "sign_link_revoke": (gettext_noop("Signing link revoked"), "link", ""),
    "handover_start": (gettext_noop("Phone handed over for signing"), "device-mobile", ""),
    "handover_end": (gettext_noop("Phone taken back"), "device-mobile", ""),
    "handover_pin_wrong": (gettext_noop("Wrong PIN on the handed-over phone"), "lock", "warn"),
    "signature_give": (gettext_noop("Signature stored with its proof"), "shield-check", ""),
}


VERBS: Mapping[str, Words] = {**CORE_VERBS, **{verb: words for room in ROOMS for verb, words in room.VERBS.items()}}


def timeline(ticket: Ticket, user: Any) -> list[dict[str, Any]]:
    """The ticket's history as the timeline component takes it, newest first; internal entries for those who may see them."""
    internal = permissions.sees_internal(user, ticket.contract_id)
    entries = list(entries_of(ticket, Visibility.INTERNAL if internal else Visibility.CLIENT))
    return [_line(entry) for entry in reversed(entries)]


def _line(entry: AuditEntry) -> dict[str, Any]:
    title, icon, tone = VERBS.get(entry.verb, (entry.verb.replace("_", " "), "point", ""))
    return {
        "at": entry.at,
        "title": _(title),
        "actor": _("System") if entry.actor_label == "system" else entry.actor_label,
        "text": _text(entry),
        "icon": icon,
        "tone": tone,
    }


def _text(entry: AuditEntry) -> str:
    after = entry.after
    parts: list[str] = []
    for room in ROOMS:
        if entry.verb in room.VERBS:
            parts += room.parts(entry)
    if entry.verb == "report":
        parts += [
            label_in(Channel, after.get("channel")),
            name_in(after.get("unit")) or str(after.get("unit") or ""),
            name_in(after.get("place")),
            name_in(after.get("device")),
        ]
        if after.get("unconfirmed"):
            parts.append(_("reporter not yet confirmed"))
    elif entry.verb == "confirm_reporter":
        parts += [
            str(after.get("reporter_name", "")),
            str(after.get("reporter_phone", "")),
            name_in(after.get("unit")),
        ]
        if not any(parts):
            parts = [_("as said")]
    elif entry.verb == "respond":
        parts += [
            f"{label_in(ContactMethod, after.get('contact_method'))} {after.get('contact_person', '')}".strip(),
            label_in(Triage, after.get("triage")),
            f"{label_in(CommitmentKind, after.get('commitment_kind'))} {instant_in(after.get('commitment_at'))}".strip(),
            str(after.get("analysis", "")),
            _("on behalf of the engineers") if after.get("on_behalf") else "",
        ]
    elif entry.verb == "arrive":
        parts += [label_in(ServiceMode, after.get("service_mode")), str(after.get("tool", ""))]
        if after.get("authorised_by"):
            parts.append(_("allowed by %(name)s") % {"name": after["authorised_by"]})
    elif entry.verb == "resolve":
        parts += [str(after.get("solution", "")), label_in(Result, after.get("result"))]
    elif entry.verb in ("sign", "accept"):
        parts.append(label_in(RatingWay, after.get("way")))
        if after.get("witness"):
            parts.append(_("witness: %(name)s") % {"name": name_in(after.get("witness"))})
    elif entry.verb == "rate":
        parts += [label_in(Rating.Level, after.get("level")), label_in(RatingWay, after.get("way"))]
    elif entry.verb == "alert":
        parts += [rung_label(str(after.get("rung", ""))), _(", ").join(after.get("to", []))]
    elif entry.verb == "breach":
        parts.append(promise_label(str(after.get("kind", ""))))
        parts.append(_("was due at %(when)s") % {"when": instant_in(after.get("due_at"))})
    elif entry.verb == "attach":
        parts.append(_("%(count)s photos") % {"count": len(after.get("files", []))})
    if entry.reason:
        parts.append(entry.reason)
    return " · ".join(part for part in parts if part)


def sections(request: Request, ticket: Ticket) -> list[Panel]:
    """What the rooms add to the page of this ticket, in their order; each asks the database only for what `ticket.holds` names."""
    found = [panel for room in ROOMS for panel in room.sections(request, ticket)]
    return sorted(found, key=lambda panel: panel.position)


def is_staff(user: Any, ticket: Ticket) -> bool:
    """Whether the reader works for the contractor in this contract."""
    return role_in(user, ticket.contract_id) in STAFF_ROLES
