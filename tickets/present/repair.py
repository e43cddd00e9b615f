"""What a ticket's page shows of difficult faults, vendors, loans and parts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.http import Request
from core.panels import Panel
from records.models import AuditEntry
from tickets.models import Ticket
from tickets.present.base import Act, Words

VERBS: Mapping[str, Words] = {}


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What could be the next act."""
    return []


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What else this reader may do now."""
    return []


def parts(entry: AuditEntry) -> list[str]:  # noqa: ARG001 - what every room is asked
    """The words behind an entry of this room."""
    return []


def sections(request: Request, ticket: Ticket) -> list[Panel]:  # noqa: ARG001 - what every room is asked
    """Sections of the ticket's page."""
    return []
