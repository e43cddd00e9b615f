"""What the home page of the manager and the administrator says of the channels: whom nothing reaches, and what does not work."""

from typing import Any

from core.http import Request
from core.panels import Panel
from core.roles import ADMIN, MANAGER
from notifications.querysets import channels_of, dead_of, unreachable

MOST = 1000
NAMES = 8


def home_panel(request: Request, obj: Any) -> Panel | None:  # noqa: ARG001 - every provider is called alike
    """Nothing while every channel works and everybody of the ladders can be reached."""
    if request.role not in (MANAGER, ADMIN):
        return None
    on = [one for one in channels_of(request.contract) if one.is_enabled]
    missed = unreachable(request.contract)
    failing = [one for one in on if one.failing_since is not None]
    dead = dead_of(request.contract).order_by()[:MOST].count()
    if on and not (missed or failing or dead):
        return None
    context = {
        "none": not on,
        "missed": missed[:NAMES],
        "missed_more": max(0, len(missed) - NAMES),
        "failing": failing,
        "dead": dead,
        "may_retry": request.role == MANAGER,
    }
    return Panel("notifications/_home_panel.html", context, position=40)
