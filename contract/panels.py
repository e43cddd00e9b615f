"""What the calendar has to say on a home page: that a year's holiday arrangement is missing."""

from typing import Any

from contract.services.national import year_missing
from core import clock
from core.http import Request
from core.panels import Panel
from core.roles import ADMIN, MANAGER


def missing_year_panel(request: Request, _obj: Any) -> Panel | None:
    """A warning for manager and administrator from 15 November on, and while a year that has begun is missing."""
    if request.role not in (MANAGER, ADMIN):
        return None
    year = year_missing(clock.now().astimezone(clock.SHANGHAI).date())
    if year is None:
        return None
    return Panel("contract/_missing_year.html", {"year": year, "is_admin": request.role == ADMIN}, position=10)
