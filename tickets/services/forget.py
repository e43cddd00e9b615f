"""Clears what tickets say about a person who is anonymised."""

from django.db.models import Exists, OuterRef

from core import subjects
from records.models import Signature
from records.services.personal import ACCOUNT, GONE
from tickets.models import Plan, Ticket
from tickets.services.listing import search_refresh


def person_forget(kind: str, pk: int) -> int:
    """Clear the reporter's name and telephone, and whom was spoken with or told of a plan.

    It does so in the tickets that an account reported, or in one ticket; returns how many.

    What was signed keeps what its text says: a signature over a text that is gone proves nothing.
    """
    key = subjects.get("ticket").key
    if kind not in (ACCOUNT, key):
        return 0
    rows = Ticket.objects.filter(reporter=pk) if kind == ACCOUNT else Ticket.objects.filter(pk=pk)
    signed = Signature.objects.filter(subject_type=key, subject_id=OuterRef("pk"))
    ids = list(rows.exclude(Exists(signed)).exclude(reporter_name=GONE).values_list("pk", flat=True))
    Ticket.objects.filter(pk__in=ids).update(reporter_name=GONE, reporter_phone="", contact_person="", verified_by="")
    Plan.objects.filter(ticket__in=ids).exclude(told_to="").update(told_to=GONE)
    search_refresh(ids)
    return len(ids)
