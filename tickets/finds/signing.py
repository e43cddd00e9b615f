"""Finds: what waits for the client's signature, and the sheets signed on paper that somebody has to confirm."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from parties.models import Contract
from records.models import AuditEntry, PaperSheet, PaperState
from sla.models import Clock
from tickets.querysets import ROW_FIELDS, tickets_visible_to
from tickets.states import TicketStatus

UNSIGNED = (TicketStatus.TO_SIGN.value, TicketStatus.CLOSED_UNSIGNED.value)
VIEWS = ("waiting", "overdue", "closed", "paper")


def unsigned_of(user: Any, contract: Contract) -> QuerySet[Any]:
    """Finished work in a contract that the client has not signed, as far as the user sees it, the longest wait first.

    Each with `sign_due_at` (the client's promise, None where none runs), `reminded_at` (the last reminder by hand) and `on_paper`.
    """
    promise = Clock.objects.filter(subject_type="ticket", subject_id=OuterRef("pk"), kind="client_signature")
    reminder = AuditEntry.objects.filter(subject_type="ticket", subject_id=OuterRef("pk"), verb="sign_remind")
    sheet = PaperSheet.objects.filter(subject_type="ticket", subject_id=OuterRef("pk"), state=PaperState.UPLOADED)
    return (
        tickets_visible_to(user)
        .filter(contract=contract, status__in=UNSIGNED)
        .select_related(*ROW_FIELDS)
        .annotate(
            sign_due_at=Subquery(promise.order_by("-started_at", "-id").values("due_at")[:1]),
            reminded_at=Subquery(reminder.order_by("-at", "-id").values("at")[:1]),
            on_paper=Exists(sheet),
        )
        .order_by(F("resolved_at").asc(), "id")
    )


def narrowed(rows: QuerySet[Any], view: str, words: str, now: datetime) -> QuerySet[Any]:
    """Those of one view (VIEWS), and whose number, title, person or unit holds the words."""
    if view == "overdue":
        rows = rows.filter(status=TicketStatus.TO_SIGN, sign_due_at__lt=now)
    elif view == "closed":
        rows = rows.filter(status=TicketStatus.CLOSED_UNSIGNED)
    elif view == "paper":
        rows = rows.filter(on_paper=True)
    elif view == "waiting":
        rows = rows.filter(status=TicketStatus.TO_SIGN)
    for word in words.split()[:5]:
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(title__icontains=word)
            | Q(reporter_name__icontains=word)
            | Q(unit__name__icontains=word)
        )
    return rows
