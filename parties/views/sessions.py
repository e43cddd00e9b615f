"""Open sessions: one's own, and those of a person whose account one administers."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import LOGGED_IN, POST, allow
from core.http import Request
from core.roles import ADMIN
from parties.services.sessions import open_sessions, session_end, sessions_end
from parties.views.people import person_or_404


@allow(LOGGED_IN)
def my_sessions(request: Request) -> HttpResponse:
    """The browsers in which one is signed in."""
    rows = open_sessions(request.user, at=clock.now(), current_key=request.session.session_key)
    context = {"sessions": rows, "others": any(not row.is_current for row in rows)}
    return render(request, "parties/my_sessions.html", context)


@allow(LOGGED_IN, methods=POST)
def my_session_end(request: Request, ref: str) -> HttpResponse:
    """End one session of one's own."""
    session_end(user=request.user, ref=ref, actor=request.user, at=clock.now())
    messages.success(request, _("The session has ended."))
    return redirect("people:my_sessions")


@allow(LOGGED_IN, methods=POST)
def my_sessions_end(request: Request) -> HttpResponse:
    """End all sessions of one's own but this one."""
    ended = sessions_end(user=request.user, actor=request.user, at=clock.now(), keep=request.session.session_key)
    _say(request, ended)
    return redirect("people:my_sessions")


@allow(ADMIN, methods=POST)
def end_one(request: Request, pk: int, ref: str) -> HttpResponse:
    """End one session of a person."""
    person = person_or_404(request, pk)
    session_end(user=person, ref=ref, actor=request.user, at=clock.now())
    messages.success(request, _("The session has ended."))
    return redirect("people:detail", person.pk)


@allow(ADMIN, methods=POST)
def end_all(request: Request, pk: int) -> HttpResponse:
    """End all sessions of a person; of oneself, all but this one."""
    person = person_or_404(request, pk)
    keep = request.session.session_key if person.pk == request.user.pk else None
    _say(request, sessions_end(user=person, actor=request.user, at=clock.now(), keep=keep))
    return redirect("people:detail", person.pk)


def _say(request: Request, ended: int) -> None:
    text = ngettext("%(n)d session has ended.", "%(n)d sessions have ended.", ended)
    messages.success(request, text % {"n": ended})
