"""What every page of a logged-in person shows around its content."""

from typing import Any

from django.http import HttpRequest

from core import clock
from guarantee.keys import shortcuts_for
from guarantee.nav import menu_for
from notifications.querysets import unread_count
from parties.querysets import hotline_for_login
from roster.duty import on_duty


def page(request: HttpRequest) -> dict[str, Any]:
    """Menu, keyboard shortcuts, contract switcher, people on duty, unread messages, hotline and the server's time."""
    now = clock.now()
    contract = getattr(request, "contract", None)
    if contract is None:
        return {"server_now": now, "nav": [], "memberships": [], "hotline": hotline_for_login(now)}
    menu = menu_for(request)  # type: ignore[arg-type]
    return {
        "server_now": now,
        "nav": menu,
        # The sheet of a role is drawn once: what stands on it is put together when it is.
        "shortcuts": lambda: shortcuts_for(request.role, menu),  # type: ignore[attr-defined]
        "memberships": request.memberships,  # type: ignore[attr-defined]
        "hotline": contract.hotline,
        "on_duty_people": on_duty(contract, now),
        "unread_count": unread_count(request.user),
    }
