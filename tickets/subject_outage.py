"""How the lower apps reach a late entry: label, address, who sees it and its photos of the paper."""

from django.urls import reverse

from core.subjects import Subject
from tickets.finds.outage import late_entries_visible_to
from tickets.models import LateEntry

KEY = "late_entry"


def label(entry: LateEntry) -> str:
    """What messages call a late entry: its number and the number on the sheet."""
    return " · ".join(part for part in (entry.code, entry.paper_no) if part)


SUBJECT = Subject(
    key=KEY,
    model=LateEntry,
    label=label,
    url=lambda entry: reverse("tickets:late", args=[entry.pk]),
    visible_to=late_entries_visible_to,
)
