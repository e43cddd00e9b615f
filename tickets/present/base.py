"""What the rooms of the app give to a ticket's page, and the words they share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from core import clock as clocks
from core.http import Request
from core.panels import Panel
from records.models import AuditEntry
from tickets.models import Ticket

Words: TypeAlias = tuple[str, str, str]
"""How the timeline shows a verb: its name (marked for translation), its icon, its tone."""


@dataclass(frozen=True)
class Act:
    """One thing that this reader may do to the ticket now."""

    verb: str
    label: str
    icon: str
    url: str
    hint: str = ""
    rank: int = 0
    """Of several that could be next, the lowest rank is."""


@dataclass(frozen=True)
class Acts:
    """The next act, and what else is possible."""

    next: Act | None
    others: list[Act] = field(default_factory=list)


class RoomPage(Protocol):
    """A module of a room, as the page of a ticket sees it."""

    VERBS: Mapping[str, Words]

    def primary(self, user: Any, ticket: Ticket, now: datetime) -> list[Act]:
        """What could be the next act."""

    def others(self, user: Any, ticket: Ticket, now: datetime) -> list[Act]:
        """What else this reader may do now."""

    def parts(self, entry: AuditEntry) -> list[str]:
        """The words behind an entry whose verb is among VERBS."""

    def sections(self, request: Request, ticket: Ticket) -> list[Panel]:
        """Sections of the page; `ticket.holds` says whether it is worth asking the database."""


def act_for(ticket: Ticket, verb: str, label: str, icon: str, hint: str = "", rank: int = 0) -> Act:
    """The act behind the route `tickets:<verb>` of a ticket."""
    return Act(verb, label, icon, reverse(f"tickets:{verb}", args=[ticket.code]), hint, rank)


def label_in(choices: Any, value: Any) -> str:
    """The words of a value in an entry; "" for one that is not among its choices."""
    return str(choices(value).label) if value in choices.values else ""


def name_in(value: Any) -> str:
    """What a record was called when the entry was written."""
    return str(value.get("label", "")) if isinstance(value, dict) else ""


def instant_in(value: Any) -> str:
    """An instant of an entry, to the minute."""
    at = parse_datetime(str(value)) if value else None
    return at.astimezone(clocks.SHANGHAI).strftime("%m-%d %H:%M") if at else ""
