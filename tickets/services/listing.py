"""Keeps what tickets are found by in step with them, and when each was last changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Concat

from core.search import index_text
from records.models import AuditEntry, Visibility
from tickets.models import Ticket, TicketWords

CHUNK = 400
NOTES = ("note", "message")
"""The verbs of the entries that hold a work note or a message of the client, under the key `text`."""
FOUND = (
    "title", "description", "reporter_name", "unit", "window", "place", "device", "assignee", "contact_person", "analysis",
    "cause", "solution", "external_no",
)  # fmt: skip
"""Keys of audit entries whose values a ticket is found by."""
JOINS = ("unit", "window", "place", "device", "assignee")


def words_of(ticket: Ticket) -> str:
    """What everybody who may see the ticket finds it by, notes aside; its relations should be joined."""
    device = ticket.device
    return index_text(
        ticket.code,
        ticket.title,
        ticket.description,
        ticket.reporter_name,
        ticket.unit_name,
        ticket.window.code if ticket.window else "",
        ticket.place.name,
        *((device.code, device.short_code, device.name) if device else ()),
        ticket.assignee.name if ticket.assignee else "",
        ticket.contact_person,
        ticket.analysis,
        ticket.cause,
        ticket.solution,
        getattr(ticket, "external_no", ""),
    )


def search_start(ticket: Ticket) -> None:
    """Let a new ticket be found. Call it once, in the transaction that inserts the ticket."""
    TicketWords(ticket=ticket, words=words_of(ticket)).save(force_insert=True)


def search_add(ticket: Ticket, *texts: object, internal: bool = False) -> None:
    """Let a ticket be found by more words (a note, a solution) in one statement; `internal` ones not by the client's people."""
    words = index_text(*texts)
    if not words:
        return
    column = "internal" if internal else "words"
    longer = Concat(column, Value(f" {words}"))
    if not TicketWords.objects.filter(ticket=ticket).update(**{column: longer}):
        search_refresh([ticket])


def search_refresh(tickets: Iterable[Ticket | int] | QuerySet[Ticket]) -> int:
    """Bring up to date what these tickets are found by; returns how many differed. Call it in the transaction that changed them.

    Give tickets, their ids or a queryset. The rows are read afresh with what they point at and their notes, so that it does not
    matter which of them has changed.
    """
    if isinstance(tickets, QuerySet):
        ids = list(tickets.order_by("pk").values_list("pk", flat=True))
    else:
        ids = [ticket if isinstance(ticket, int) else ticket.pk for ticket in tickets]
    return sum(_refresh(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))


def _refresh(ids: list[int]) -> int:
    held = {row.pk: (row.words, row.internal) for row in TicketWords.objects.filter(pk__in=ids)}
    notes: dict[int, tuple[list[str], list[str]]] = {}
    written = AuditEntry.objects.filter(subject_type="ticket", subject_id__in=ids, verb__in=NOTES).order_by("id")
    for entry in written:
        both = notes.setdefault(entry.subject_id, ([], []))
        both[entry.visibility == Visibility.INTERNAL].append(str(entry.after.get("text", "")))
    stale = []
    for row in Ticket.objects.filter(pk__in=ids).select_related(*JOINS):
        seen, internal = notes.get(row.pk, ([], []))
        texts = (index_text(words_of(row), *seen), index_text(*internal))
        # Words that were added one by one may stand in another order, or twice.
        if row.pk not in held or [set(text.split()) for text in texts] != [set(text.split()) for text in held[row.pk]]:
            stale.append(TicketWords(ticket=row, words=texts[0], internal=texts[1]))
    TicketWords.objects.bulk_create(
        stale, update_conflicts=True, unique_fields=["ticket"], update_fields=["words", "internal"]
    )
    return len(stale)


def keep_up(
    ticket: Ticket,
    verb: str,
    *,
    at: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    internal: bool = False,
) -> None:
    """After an act on a ticket: when it was last changed, and by what it is found now.

    New words are added in one statement; where an act replaced what the ticket was found by, it is read afresh. Called by
    tickets.services.common.record, after the ticket's row was written, in the same transaction.
    """
    ticket.updated_at = at
    Ticket.objects.filter(pk=ticket.pk).update(updated_at=at)
    if verb in NOTES:
        search_add(ticket, after.get("text", ""), internal=internal)
    elif any(before.get(name) for name in FOUND):
        search_refresh([ticket])
    else:
        search_add(ticket, *(after[name] for name in FOUND if after.get(name) and _says(ticket, name, after[name])))


def _says(ticket: Ticket, name: str, value: Any) -> bool:
    """Whether the ticket itself says so: a plan has a cause of its own, and a wait one that is no text at all."""
    return name in JOINS or str(getattr(ticket, name, "")) == str(value)
