"""Who is on duty: the one function that ladders, pages and planning ask."""

from datetime import datetime

from core import clock, roles
from parties.models import Contract, User
from parties.querysets import people_with_role


def on_duty(contract: Contract, at: datetime) -> list[User]:
    """The people on duty in a hall at an instant. Until shifts are planned, all active engineers of the contract are."""
    return people_with_role(contract, roles.ENGINEER, on=at.astimezone(clock.SHANGHAI).date())
