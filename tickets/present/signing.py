"""What a ticket's page shows of signatures: their versions, sheets signed on paper, and what waits for whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.http import Request
from core.panels import Panel
from records.models import AuditEntry
from records.querysets import papers_waiting_of
from tickets.models import Ticket
from tickets.present.base import Act, Words
from tickets.services.sign import ACCEPTED, PAPER

VERBS: Mapping[str, Words] = {
    "paper_upload": (gettext_noop("Sheet signed on paper uploaded"), "file-text", ""),
    "paper_confirm": (gettext_noop("Sheet signed on paper confirmed"), "shield-check", "ok"),
    "paper_refuse": (gettext_noop("Sheet signed on paper refused"), "ban", "danger"),
    "sign_link_tell": (gettext_noop("Code of the signing link told"), "phone", ""),
    "sign_remind": (gettext_noop("Reminded to sign"), "bell", ""),
}


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What could be the next act."""
    return []


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What else this reader may do now."""
    if (
        ticket.signed_at is None
        and ACCEPTED not in ticket.holds
        and PAPER not in ticket.holds
        and not ticket.rework_count
    ):
        return []
    url = reverse("records:versions", args=["ticket", ticket.pk])
    return [Act("versions", _("Signed versions"), "history", url)]


def parts(entry: AuditEntry) -> list[str]:
    """The words behind an entry of this room."""
    after = entry.after
    if entry.verb == "sign_link_tell":
        return [str(after.get("told_to", ""))]
    if entry.verb == "sign_remind":
        return [_(", ").join(after.get("to", []))]
    return [
        str(after.get("signer_name", "")),
        _("Version %(version)s") % {"version": after.get("version", "")},
    ]


def sections(request: Request, ticket: Ticket) -> list[Panel]:  # noqa: ARG001 - what every room is asked
    """The sheets that wait for confirmation."""
    if PAPER not in ticket.holds:
        return []
    sheets = papers_waiting_of(ticket)
    return [Panel("tickets/signing/_papers.html", {"sheets": sheets}, position=45)] if sheets else []
