"""Finds: what decides about the steps of one ticket."""

from datetime import datetime

from django.db.models import Count, F, QuerySet

from core import clock
from core.roles import ENGINEER
from parties.models import Contract, User
from parties.querysets import people_with_role
from tickets.models import CauseCode, RemoteSession, Ticket


def remote_sessions_of(ticket: Ticket) -> list[RemoteSession]:
    """The remote sessions of a ticket, the first one first."""
    return list(RemoteSession.objects.filter(ticket=ticket).select_related("engineer"))


def engineers_of(contract: Contract, at: datetime) -> list[User]:
    """Who can be responsible for a ticket on the day of an instant."""
    return people_with_role(contract, ENGINEER, on=at.astimezone(clock.SHANGHAI).date())


def causes_of(contract: Contract) -> list[CauseCode]:
    """The contract's cause codes that are offered, those for every kind of work last."""
    rows = CauseCode.objects.filter(contract=contract, is_active=True).select_related("category")
    return list(rows.order_by(F("category__position").asc(nulls_last=True), "position", "code"))


def causes_counted(contract: Contract) -> QuerySet[CauseCode]:
    """All of a contract's cause codes with `used`: on how many tickets each stands."""
    rows = CauseCode.objects.filter(contract=contract).select_related("category").annotate(used=Count("tickets"))
    return rows.order_by(F("category__position").asc(nulls_last=True), "position", "code")
