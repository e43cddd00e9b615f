"""What a ticket's page shows of notes, tags, watchers, checklists, links, merging and splitting."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.http import Request
from core.panels import Panel
from core.roles import STAFF_ROLES
from records.models import Attachment, AuditEntry, Visibility
from tickets import permissions
from tickets.finds import talk as finds
from tickets.forms.talk import NoteForm
from tickets.models import Ticket, TicketLink
from tickets.present.base import Act, Words, instant_in, label_in, name_in
from tickets.querysets import tickets_visible_to
from tickets.states import BEFORE_SIGNING, LinkKind, TicketStatus

VERBS: Mapping[str, Words] = {
    "note": (gettext_noop("Note"), "note", ""),
    "message": (gettext_noop("Message of the client"), "message", "info"),
    "tag": (gettext_noop("Tag added"), "tag", ""),
    "untag": (gettext_noop("Tag taken off"), "tag", ""),
    "checklist": (gettext_noop("Checklist added"), "checklist", ""),
    "check": (gettext_noop("Item ticked"), "checkbox", ""),
    "uncheck": (gettext_noop("Tick taken back"), "checkbox", "warn"),
    "link": (gettext_noop("Linked"), "link", ""),
    "unlink": (gettext_noop("Link taken back"), "link", ""),
    "merge": (gettext_noop("Merged"), "arrow-merge", "info"),
    "merge_in": (gettext_noop("Another request was merged into this one"), "arrow-merge", "info"),
    "split": (gettext_noop("A part was split off"), "arrows-split-2", ""),
    "split_from": (gettext_noop("Split off from another request"), "arrows-split-2", ""),
}
BACKWARDS = {
    LinkKind.CAUSED_BY.value: gettext_noop("Cause of"),
    LinkKind.DUPLICATE_OF.value: gettext_noop("Has the duplicate"),
    LinkKind.SPLIT_FROM.value: gettext_noop("Split into"),
}
"""What a relation is called from its other end; the rest read the same from both."""


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """Nothing of this room is ever the next act."""
    return []


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What is arranged about a ticket stands in a bar of its own, so that the acts of the work stay together."""
    return []


def parts(entry: AuditEntry) -> list[str]:
    """The words behind an entry of this room."""
    after, before = entry.after, entry.before
    if entry.verb in finds.NOTE_VERBS:
        named = [name_in(one) for one in after.get("mentions", [])]
        return [
            str(after.get("text", "")),
            _("told: %(names)s") % {"names": _(", ").join(named)} if named else "",
            _("internal") if entry.visibility == Visibility.INTERNAL else "",
        ]
    if entry.verb in ("tag", "untag"):
        return [name_in(after.get("tag") or before.get("tag"))]
    if entry.verb == "checklist":
        return [name_in(after.get("template"))]
    if entry.verb in ("check", "uncheck"):
        return [str(after.get("item", ""))]
    if entry.verb in ("link", "unlink"):
        said = after or before
        return [f"{_relation(str(said.get('kind')), bool(said.get('from_here')))} {name_in(said.get('ticket'))}"]
    if entry.verb == "merge":
        return [name_in(after.get("into"))]
    if entry.verb == "merge_in":
        return [name_in(after.get("from")), str(after.get("reporter_name", "")), str(after.get("unit", ""))]
    counts = _("counts from %(when)s") % {"when": instant_in(after.get("received_at"))}
    return [name_in(after.get("ticket")), counts]


def _relation(kind: str, from_here: bool) -> str:
    if not from_here and kind in BACKWARDS:
        return _(BACKWARDS[kind])
    return label_in(LinkKind, kind)


def sections(request: Request, ticket: Ticket) -> list[Panel]:
    """Where it went on, what is arranged about it, its relations, its checklist, and the notes with the box to write one."""
    user, staff = request.user, request.role in STAFF_ROLES
    found: list[Panel | None] = [_bar(request, ticket)]
    if ticket.merged_into_id is not None:
        found.append(_goes_on(user, ticket))
    if {"link", "merge"} & set(ticket.holds):
        found.append(_relations(user, ticket, staff=staff))
    if "checklist" in ticket.holds and permissions.sees_internal(user, ticket.contract_id):
        may_tick = staff and ticket.status in BEFORE_SIGNING
        context = {"items": finds.checklist_of(ticket), "may_tick": may_tick}
        found.append(Panel("tickets/talk/_checklist.html", context, position=35))
    if permissions.can_note(user, ticket):
        found.append(_notes(ticket, staff=staff))
    return [panel for panel in found if panel is not None]


def _bar(request: Request, ticket: Ticket) -> Panel:
    """Watching, tags, and what else is arranged."""
    user, staff = request.user, request.role in STAFF_ROLES
    told_anyway = user.pk in (ticket.reporter_id, ticket.assignee_id)
    open_ = ticket.status in BEFORE_SIGNING
    context = {
        "may_note": ticket.status != TicketStatus.MERGED and permissions.can_note(user, ticket),
        "may_watch": not told_anyway and permissions.can_watch(user, ticket),
        "watching": not told_anyway and finds.is_watching(ticket, user),
        "tags": finds.tags_of(ticket) if permissions.sees_internal(user, ticket.contract_id) else [],
        "arrange": staff and permissions.can_arrange(user, ticket),
        "may_merge": open_ and permissions.can_merge(user, ticket),
        "open": open_,
    }
    return Panel("tickets/talk/_bar.html", context, position=-1)


def _goes_on(user: Any, ticket: Ticket) -> Panel:
    """Where a merged request goes on; whoever may not read that ticket is told no more than that it does."""
    target = tickets_visible_to(user).filter(merged_from=ticket).first()
    return Panel("tickets/talk/_goes_on.html", {"target": target}, position=-2)


def _relations(user: Any, ticket: Ticket, *, staff: bool) -> Panel | None:
    """The tickets this one is related to, as far as the reader may see them, and those that were merged into it."""
    links = finds.links_of(ticket)
    merged = finds.merged_into(ticket)
    ids = {_other_end(link, ticket).pk for link in links} | {row.pk for row in merged}
    visible = set(tickets_visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    rows = [
        {
            "words": _relation(link.kind, link.source_id == ticket.pk),
            "ticket": _other_end(link, ticket),
            "link": link.pk if staff else 0,
        }
        for link in links
    ]
    rows += [{"words": _("Merged into this one"), "ticket": row, "link": 0} for row in merged]
    shown = [row for row in rows if getattr(row["ticket"], "pk", 0) in visible]
    return Panel("tickets/talk/_relations.html", {"rows": shown}, position=30) if shown else None


def _other_end(link: TicketLink, ticket: Ticket) -> Ticket:
    return link.target if link.source_id == ticket.pk else link.source


def _notes(ticket: Ticket, *, staff: bool) -> Panel:
    """The notes, newest first, and the box to write another; the client's people read and write what both sides see."""
    rows = finds.notes_of(ticket, internal=staff) if "note" in ticket.holds else []
    ids = [pk for row in rows for pk in row.after.get("photos", [])]
    photos = Attachment.objects.in_bulk(ids) if ids else {}
    notes = [
        {
            "by": row.actor_label,
            "at": row.at,
            "text": str(row.after.get("text", "")),
            "internal": row.visibility == Visibility.INTERNAL,
            "from_client": row.verb == "message",
            "photos": [photos[pk] for pk in row.after.get("photos", []) if pk in photos],
        }
        for row in rows
    ]
    form = NoteForm(by_staff=staff) if ticket.status != TicketStatus.MERGED else None
    context = {"notes": notes, "form": form, "by_staff": staff}
    return Panel("tickets/talk/_notes.html", context, position=45)
