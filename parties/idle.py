"""Somebody who went away leaves a locked screen: idle time per session, and a longest time for any session.

What a page asks by itself (polls) is not activity. A locked session may look at the on-duty queue without names and verbs, and
nothing else, until its owner gives the password again.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core import clock
from core.http import Request
from core.roles import ADMIN, MANAGER

GetResponse = Callable[[Any], HttpResponse]
IDLE_SECONDS = 30 * 60
IDLE_SECONDS_POWERFUL = 15 * 60
"""For those who can change the most: project manager and administrator."""
LONGEST_SECONDS = 12 * 3600
"""A session ends after this time, whatever is done in it."""
WRITE_SECONDS = 60
"""Activity is noted in the session at most this often."""
SEEN, BORN = "seen_at", "born_at"
HANDOVER = "handover"
"""A phone in the client's hand has a lock of its own (records.middleware)."""


def idle_lock(get_response: GetResponse) -> GetResponse:
    """Set request.away, keep who is away from every view that does not work when locked, and end sessions that lived too long."""

    def middleware(request: Request) -> HttpResponse:
        request.away = False
        if request.user.is_authenticated and _now() - int(request.session.get(BORN, _now())) >= LONGEST_SECONDS:
            logout(request)
        return get_response(request)

    def process_view(request: Request, view: Callable[..., HttpResponse], *_arguments: Any) -> HttpResponse | None:
        if not request.user.is_authenticated or request.session.get(HANDOVER):
            return None
        now = _now()
        # A session that nobody began (begin) is as old as can be: it asks for the password.
        seen = int(request.session.get(SEEN, 0))
        if now - seen >= idle_seconds(request.role):
            request.away = True
            return None if getattr(view, "when_locked", False) else _to_the_lock(request)
        if not getattr(view, "poll", False) and now - seen >= WRITE_SECONDS:
            note_activity(request)
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware


def begin(sender: object, request: HttpRequest, **_of_the_login: Any) -> None:  # noqa: ARG001
    """A session begins with a login, whichever door it came through: Django itself tells (user_logged_in)."""
    request.session[BORN] = request.session[SEEN] = _now()


def idle_seconds(role: str | None) -> int:
    """After how long without activity a session of this role locks."""
    return IDLE_SECONDS_POWERFUL if role in (MANAGER, ADMIN) else IDLE_SECONDS


def note_activity(request: HttpRequest) -> None:
    """Somebody is there: the idle time begins anew."""
    request.session[SEEN] = _now()


def _now() -> int:
    return int(clock.now().timestamp())


def _to_the_lock(request: HttpRequest) -> HttpResponse:
    """To the lock page and, afterwards, back to where the person was. A refused form is kept by its page (static/js/draft.js)."""
    here = request.get_full_path() if request.method == "GET" else urlsplit(request.headers.get("Referer", "")).path
    asked = urlsplit(request.headers.get("HX-Current-URL", "")).path
    page = f"{reverse('parties:locked')}?{urlencode({'next': asked or here or '/'})}"
    if request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=401, headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)
