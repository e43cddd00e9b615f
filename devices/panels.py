"""What the register says on home pages."""

from typing import Any

from core.http import Request
from core.panels import Panel
from core.roles import MANAGER


def due_panel(request: Request, _obj: Any) -> Panel | None:
    """The manager's lines of what is due; a place only, they are loaded apart because every source asks the database once."""
    return Panel("devices/_due_panel.html", {}, position=40) if request.role == MANAGER else None
