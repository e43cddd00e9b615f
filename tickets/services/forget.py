"""Clears what tickets say about a person who is anonymised."""

from django.db.models import Exists, OuterRef, QuerySet

from core import subjects
from core.forgetting import GONE
from records.models import Signature, SignLink
from records.services.personal import ACCOUNT
from tickets.models import (
    Dispatch,
    FollowUp,
    GridBatch,
    IncidentInstruction,
    LateEntry,
    MajorIncident,
    Plan,
    Rating,
    RemoteSession,
    Ticket,
)
from tickets.services.listing import search_refresh

NAMES = ("contact_person", "appointment_with", "waiting_known_by", "verified_by")
TYPED = ("reporter_name", "reporter_phone", *NAMES)
"""What a sheet that was typed in later, or another system's row, says of people."""


def person_forget(kind: str, pk: int) -> int:
    """Clear the reporter's name and telephone, and who was spoken with, agreed with, told or called; returns how many tickets.

    It does so in the tickets that an account reported, in one ticket, or in one record of a ticket that names somebody. What was
    signed keeps what its text says: a signature over a text that is gone proves nothing. The telephone stands in no text and goes.
    """
    key = subjects.get("ticket").key
    if kind not in (ACCOUNT, key):
        return _record_forget(kind, pk)
    rows = Ticket.objects.filter(reporter=pk) if kind == ACCOUNT else Ticket.objects.filter(pk=pk)
    every = list(rows.values_list("pk", flat=True))
    signed = Signature.objects.filter(subject_type=key, subject_id=OuterRef("pk"))
    ids = list(rows.exclude(Exists(signed)).exclude(reporter_name=GONE).values_list("pk", flat=True))
    Ticket.objects.filter(pk__in=ids).update(reporter_name=GONE, reporter_phone="")
    phones = Ticket.objects.filter(pk__in=every).exclude(reporter_phone="").update(reporter_phone="")
    for name in NAMES:
        Ticket.objects.filter(pk__in=ids).exclude(**{name: ""}).update(**{name: GONE})
    Plan.objects.filter(ticket__in=every).exclude(told_to="").update(told_to=GONE)
    RemoteSession.objects.filter(ticket__in=every).update(authorised_by=GONE)
    FollowUp.objects.filter(ticket__in=every).exclude(called_whom="").update(called_whom=GONE)
    rated = Rating.objects.filter(rated_by=pk) if kind == ACCOUNT else Rating.objects.filter(ticket=pk)
    rated.update(rater_name=GONE)
    SignLink.objects.filter(subject_type=key, subject_id__in=every, signatures=None).update(
        signer_name=GONE, told_to=""
    )
    for entry in LateEntry.objects.filter(pk__in=Ticket.objects.filter(pk__in=every).values("late_entry")):
        _late_forget(entry)
    _rows_forget(Ticket.objects.filter(pk__in=every, grid_batch__isnull=False))
    if kind == ACCOUNT:
        # Tickets are found by their engineer's name too, which the account does not have any more.
        search_refresh(Ticket.objects.filter(assignee=pk))
    search_refresh(every)
    return len(ids) + phones


def _record_forget(kind: str, pk: int) -> int:
    """The records beside tickets that name somebody without an account."""
    if kind == "dispatch":
        rows = Dispatch.objects.filter(pk=pk)
        rows.exclude(vendor_engineer="").update(vendor_engineer=GONE)
        return rows.exclude(spoke_with="").update(spoke_with=GONE)
    if kind == "incident":
        IncidentInstruction.objects.filter(incident=pk).update(given_by=GONE)
        return MajorIncident.objects.filter(pk=pk).exclude(reported_to="").update(reported_to=GONE)
    if kind == "follow_up":
        return FollowUp.objects.filter(pk=pk).exclude(called_whom="").update(called_whom=GONE)
    if kind == "late_entry":
        entries = list(LateEntry.objects.filter(pk=pk))
        for entry in entries:
            _late_forget(entry)
        return len(entries)
    return 0


def _late_forget(entry: LateEntry) -> None:
    values = {name: GONE if name in TYPED and value else value for name, value in entry.values.items()}
    LateEntry.objects.filter(pk=entry.pk).update(values=values)


def _rows_forget(tickets: QuerySet[Ticket]) -> None:
    """Clear the cells of people in the rows of another system's file from which these tickets came."""
    numbers: dict[int, set[str]] = {}
    for batch_id, number in tickets.values_list("grid_batch", "external_no"):
        numbers.setdefault(int(batch_id or 0), set()).add(number)
    for batch in GridBatch.objects.filter(pk__in=numbers):
        at = {name: int(index) for name, index in batch.columns.items()}
        places = [at[name] for name in TYPED if name in at]
        for row in batch.rows:
            cells = row["cells"]
            if "external_no" in at and cells[at["external_no"]].strip() in numbers[batch.pk]:
                row["cells"] = [GONE if index in places and cell else cell for index, cell in enumerate(cells)]
        GridBatch.objects.filter(pk=batch.pk).update(rows=batch.rows)
