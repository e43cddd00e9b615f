"""Finds: what decides about the steps of one ticket."""

from datetime import datetime

from core import clock
from core.roles import ENGINEER
from parties.models import Contract, User
from parties.querysets import people_with_role
from tickets.models import RemoteSession, Ticket


def remote_sessions_of(ticket: Ticket) -> list[RemoteSession]:
    """The remote sessions of a ticket, the first one first."""
    return list(RemoteSession.objects.filter(ticket=ticket).select_related("engineer"))


def engineers_of(contract: Contract, at: datetime) -> list[User]:
    """Who can be responsible for a ticket on the day of an instant."""
    return people_with_role(contract, ENGINEER, on=at.astimezone(clock.SHANGHAI).date())
