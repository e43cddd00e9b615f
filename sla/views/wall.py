"""GET /promises/wall/: the promises on a screen at the wall. Few numbers, huge digits, nothing that needs a mouse.

A screen at a wall is touched by nobody: it goes on when its session is locked, then without names and without what is about whom.
"""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render

from core import clock as clocks
from core.access import allow
from core.http import Request
from roster.duty import on_duty
from sla.querysets import clocks_visible_to
from sla.services.heartbeat import CLOCKS, SILENT_AFTER, age_seconds
from sla.views.board import counts_of, on_board, ordered, shown, stamp_of
from sla.views.common import WALL_ROLES

TOP = 6
"""So many promises fit the wall in letters that are read from across a hall."""


def wall_stamp(request: Request, now: datetime) -> str:
    """As the board's, and the minute, because shifts begin and the engine's heartbeat ages by themselves."""
    return f"{stamp_of(request, now)}-{now:%H%M}-{_heartbeat(now)['engine_silent']}-{request.away}"


def _heartbeat(now: datetime) -> dict[str, Any]:
    age = age_seconds(CLOCKS, now)
    return {"engine_age": age, "engine_silent": age is None or age > SILENT_AFTER.total_seconds()}


def _facts(request: Request, now: datetime) -> dict[str, Any]:
    contract = request.contract
    rows = on_board(clocks_visible_to(request.user, contract), now)
    counts = counts_of(rows, now)
    return {
        "rows": shown(list(ordered(rows, "", now)[:TOP]), contract, now),
        "running": counts[""],
        "risk": counts["risk"],
        "late": counts["late"],
        "today": counts["today"],
        "paused": counts["paused"],
        "people": [] if request.away else [person.name for person in on_duty(contract, now)],
        "now": now,
        **_heartbeat(now),
    }


@allow(*WALL_ROLES, poll=True, when_locked=True)
def wall(request: Request) -> HttpResponse:
    """The wall."""
    now = clocks.now()
    return render(request, "sla/wall.html", {"stamp": wall_stamp(request, now), **_facts(request, now)})


@allow(*WALL_ROLES, poll=True, when_locked=True)
def wall_rows(request: Request) -> HttpResponse:
    """What stands on the wall, or 304 while nothing has changed (If-None-Match)."""
    now = clocks.now()
    etag = f'"{wall_stamp(request, now)}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = render(request, "sla/_wall.html", _facts(request, now))
    response.headers["ETag"] = etag
    return response
