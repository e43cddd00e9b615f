"""Finds: who may be told of a ticket, its notes, tags, checklists and relations, and open tickets like a new one."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from core.clock import SHANGHAI
from core.roles import BUSINESS_ROLES, CLERK, CLIENT_ROLES, STAFF_ROLES
from devices.models import Device, Place
from parties.models import Contract, Membership, User
from records.models import AuditEntry, Visibility
from records.models.attachment import INTERNAL_KIND
from records.querysets import entries_of
from tickets import rules_talk
from tickets.models import CannedText, ChecklistItem, ChecklistTemplate, Tag, Ticket, TicketLink, TicketTag, TicketWatch
from tickets.querysets import open_tickets, tickets_visible_to
from tickets.states import FaultType, TextKind, TicketStatus

NOTES_SHOWN = 50
SIMILAR_SHOWN = 4
PLACE_CANDIDATES = 60
"""So many open tickets of a place are compared with what is typed; a place with more is the hall's whole floor."""
NOTE_VERBS = ("note", "message")
NOTE_PHOTOS = ("note", INTERNAL_KIND)
"""Kinds of the photos that belong to notes and stand with them."""


# People ---------------------------------------------------------------------------------------------------------------


def who_sees(ticket: Ticket, at: datetime, *, internal: bool = False) -> QuerySet[Membership]:
    """The memberships whose people may read the ticket on the day of `at`: clerks of its unit only; internal, no client."""
    rows = Membership.objects.valid_on(at.astimezone(SHANGHAI).date()).filter(contract_id=ticket.contract_id)
    if internal:
        return rows.filter(role__in=STAFF_ROLES)
    return rows.filter(Q(role__in=[role for role in BUSINESS_ROLES if role != CLERK]) | Q(unit_id=ticket.unit_id or 0))


def watchers_of(ticket: Ticket, at: datetime, *, internal: bool = False) -> list[User]:
    """Those who watch the ticket and may still read it."""
    watching = TicketWatch.objects.filter(ticket_id=ticket.pk).values("person_id")
    rows = who_sees(ticket, at, internal=internal).filter(user_id__in=watching).select_related("user")
    return [row.user for row in rows.order_by("user_id")]


def mentionable(ticket: Ticket, at: datetime) -> list[Membership]:
    """Whom a note on this ticket can name: everybody who may read it, the contractor's people first."""
    rows = who_sees(ticket, at).select_related("user", "unit")
    return sorted(rows, key=lambda row: (row.role in CLIENT_ROLES, row.user.name, row.pk))


def is_watching(ticket: Ticket, user: Any) -> bool:
    """Whether this person watches it; no statement where nobody does."""
    return "watch" in ticket.holds and TicketWatch.objects.filter(ticket_id=ticket.pk, person_id=user.pk).exists()


# What hangs on a ticket -----------------------------------------------------------------------------------------------


def notes_of(ticket: Ticket, *, internal: bool) -> list[AuditEntry]:
    """The latest notes and messages, newest first; internal ones for those who may see them."""
    rows = entries_of(ticket, Visibility.INTERNAL if internal else Visibility.CLIENT).filter(verb__in=NOTE_VERBS)
    return list(rows.order_by("-at", "-id")[:NOTES_SHOWN])


def tags_of(ticket: Ticket) -> list[Tag]:
    """Its tags by name; no statement where it has none."""
    if "tag" not in ticket.holds:
        return []
    return list(Tag.objects.filter(ticket_links__ticket_id=ticket.pk).order_by("name"))


def tags_by_ticket(tickets: Iterable[Ticket]) -> dict[int, list[Tag]]:
    """The tags of several tickets in one statement, none where no ticket has any; for the rows of a list."""
    ids = [ticket.pk for ticket in tickets if "tag" in ticket.holds]
    found: dict[int, list[Tag]] = {}
    if ids:
        for row in TicketTag.objects.filter(ticket_id__in=ids).select_related("tag").order_by("tag__name"):
            found.setdefault(row.ticket_id, []).append(row.tag)
    return found


def tickets_tagged(tickets: QuerySet[Ticket], tag: Tag) -> QuerySet[Ticket]:
    """Those among the tickets that carry a tag."""
    return tickets.filter(tag_links__tag=tag)


def tags_in(contract: Contract, *, active: bool = True) -> QuerySet[Tag]:
    """The tags of a contract, those in use or all."""
    rows = Tag.objects.filter(contract=contract)
    return rows.filter(is_active=True) if active else rows


def checklist_of(ticket: Ticket) -> list[ChecklistItem]:
    """The items on the ticket in their order; no statement where it has none."""
    if "checklist" not in ticket.holds:
        return []
    return list(ChecklistItem.objects.filter(ticket_id=ticket.pk).select_related("done_by"))


def links_of(ticket: Ticket) -> list[TicketLink]:
    """Its relations, from both ends; no statement where it has none."""
    if "link" not in ticket.holds:
        return []
    rows = TicketLink.objects.filter(Q(source_id=ticket.pk) | Q(target_id=ticket.pk))
    return list(rows.select_related("source", "target"))


def merged_into(ticket: Ticket) -> list[Ticket]:
    """The tickets that were merged into this one; no statement where none was."""
    if "merge" not in ticket.holds:
        return []
    return list(Ticket.objects.filter(merged_into_id=ticket.pk).order_by("received_at", "id"))


# Texts and templates --------------------------------------------------------------------------------------------------


def _kinds_of_work(ticket: Ticket | None) -> list[int]:
    category = ticket.category if ticket is not None else None
    if category is None:
        return []
    return [pk for pk in (category.pk, category.parent_id) if pk is not None]


def texts_for(contract: Contract, kind: str, ticket: Ticket | None = None) -> list[CannedText]:
    """The texts offered for a field, those for the ticket's kind of work before the general ones."""
    if kind not in TextKind.values:
        return []
    rows = CannedText.objects.filter(contract=contract, kind=kind, is_active=True)
    if ticket is not None:
        rows = rows.filter(Q(category=None) | Q(category_id__in=_kinds_of_work(ticket)))
    return sorted(rows, key=lambda row: (row.category_id is None, row.position, row.title))


def templates_for(ticket: Ticket) -> list[ChecklistTemplate]:
    """The checklists that fit the ticket's kind of work and fault type, and those that fit everything."""
    rows = ChecklistTemplate.objects.filter(contract_id=ticket.contract_id, is_active=True)
    fitting = Q(category=None) | Q(category_id__in=_kinds_of_work(ticket))
    types = Q(fault_type="") | Q(fault_type=ticket.fault_type if ticket.fault_type in FaultType.values else "")
    return list(rows.filter(fitting, types))


# Like what is being typed ---------------------------------------------------------------------------------------------


def similar_to(
    user: Any,
    contract: Contract,
    *,
    device: Device | None,
    place: Place | None,
    text: str,
    without: Collection[int] = (),
) -> list[Ticket]:
    """Open tickets that may be the same fault, as far as the reader may see them: those of the device, else those of the place
    that say something alike. At most two statements however much is open."""
    rows = open_tickets(tickets_visible_to(user).filter(contract=contract)).exclude(pk__in=without)
    rows = rows.exclude(status=TicketStatus.TO_SIGN).select_related("device", "place", "window", "unit", "assignee")
    newest = rows.order_by("-received_at", "-id")
    if device is not None:
        found = list(newest.filter(device=device)[:SIMILAR_SHOWN])
        if found:
            return found
    where = place or (device.place if device is not None else None)
    if where is None or not text.strip():
        return []
    candidates = newest.filter(place=where)[:PLACE_CANDIDATES]
    scored = [(rules_talk.likeness(text, f"{row.title} {row.description}"), row) for row in candidates]
    alike = [(score, row) for score, row in scored if score >= rules_talk.ALIKE]
    return [row for _score, row in sorted(alike, key=lambda one: -one[0])[:SIMILAR_SHOWN]]
