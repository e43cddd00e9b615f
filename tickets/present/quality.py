"""What a ticket's page shows of repeats, follow-ups and ratings; how a follow-up's history reads."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.http import Request
from core.panels import Panel
from records.models import AuditEntry
from tickets.finds.quality import follow_ups_visible_to
from tickets.models import FollowUp, Rating, Repeat, Ticket
from tickets.permissions import sees_internal
from tickets.present.base import Act, Words, act_for, label_in, name_in
from tickets.states import ContactMethod, RepeatStatus

VERBS: Mapping[str, Words] = {
    "repeat_suspected": (gettext_noop("Perhaps the same fault again"), "refresh", "warn"),
    "repeat_confirmed": (gettext_noop("The same fault again"), "refresh", "warn"),
    "repeat_refuted": (gettext_noop("Not the same fault"), "refresh", ""),
    "follow_up_open": (gettext_noop("Follow-up opened"), "message", "danger"),
    "follow_up_close": (gettext_noop("Follow-up closed"), "circle-check", "ok"),
}
FOLLOW_UP_VERBS: Mapping[str, Words] = {
    **VERBS,
    "follow_up_assign": (gettext_noop("Assigned"), "user-check", "info"),
    "follow_up_call": (gettext_noop("Client called back"), "phone-call", "ok"),
    "follow_up_measures": (gettext_noop("Measures written down"), "pencil", ""),
    "follow_up_measures_done": (gettext_noop("Measures done"), "checks", "ok"),
    "follow_up_ask_again": (gettext_noop("Asked to rate again"), "star", ""),
    "follow_up_rate_again": (gettext_noop("Rated again"), "star", "info"),
    "alert": (gettext_noop("Notice sent"), "bell-ringing", "warn"),
    "breach": (gettext_noop("Deadline missed"), "alert-octagon", "danger"),
}


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """Rating again, for whoever was asked to."""
    if "follow_up" not in ticket.holds:
        return []
    asked = FollowUp.objects.filter(
        ticket=ticket, rating__rated_by=user, asked_at__isnull=False, again_level=None
    ).exists()
    hint = _("Voluntary; your first rating stays as it is.")
    return [act_for(ticket, "rate_again", _("Say how it is now"), "star", hint, rank=5)] if asked else []


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What else this reader may do now."""
    return []


def parts(entry: AuditEntry) -> list[str]:
    """The words behind an entry of this room."""
    after = entry.after
    if entry.verb.startswith("repeat_"):
        other = str(after.get("other", ""))
        if after.get("repeats"):
            return [_("after %(code)s") % {"code": other}]
        return [_("came back as %(code)s") % {"code": other}]
    return [str(after.get("follow_up", ""))]


def sections(request: Request, ticket: Ticket) -> list[Panel]:
    """Repeats and follow-ups, for the house and the auditor alone: nothing of it may press whoever reported or rated."""
    if not sees_internal(request.user, ticket.contract_id):
        return []
    found = []
    if "repeat" in ticket.holds:
        rows = Repeat.objects.filter(ticket=ticket) | Repeat.objects.filter(earlier=ticket)
        repeats = list(
            rows.exclude(status=RepeatStatus.REFUTED).select_related("ticket", "earlier").order_by("found_at", "id")
        )
        if repeats:
            lines = [
                {"row": row, "other": row.earlier if row.ticket_id == ticket.pk else row.ticket,
                 "again": row.ticket_id == ticket.pk}
                for row in repeats
            ]  # fmt: skip
            found.append(Panel("tickets/quality/_repeats.html", {"lines": lines}, position=20))
    if "follow_up" in ticket.holds:
        follow_ups = list(follow_ups_visible_to(request.user).filter(ticket=ticket).select_related("assignee"))
        if follow_ups:
            found.append(Panel("tickets/quality/_follow_ups.html", {"rows": follow_ups}, position=55))
    return found


def follow_up_lines(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """The history of a follow-up as the timeline component takes it, newest first."""
    lines = []
    for entry in entries:
        title, icon, tone = FOLLOW_UP_VERBS.get(entry.verb, (entry.verb.replace("_", " "), "point", ""))
        after = entry.after
        text = [
            name_in(after.get("assignee")),
            label_in(ContactMethod, after.get("called_how")),
            str(after.get("called_whom", "")),
            str(after.get("said", "")),
            str(after.get("measures", "")),
            label_in(Rating.Level, after.get("level")),
            entry.reason,
        ]
        lines.append(
            {
                "at": entry.at,
                "title": _(title),
                "actor": _("System") if entry.actor_label == "system" else entry.actor_label,
                "text": " · ".join(part for part in text if part),
                "icon": icon,
                "tone": tone,
            }
        )
    return list(reversed(lines))
