"""The locked screen of somebody who went away, and the sign that somebody is there."""

from django.contrib.auth import authenticate
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, LOGGED_IN, POST, allow
from core.http import Request
from core.panels import panels_for
from parties.forms import UnlockForm
from parties.idle import idle_seconds, note_activity
from parties.services.account import login_record
from parties.views.login import safe_next


@allow(LOGGED_IN, methods=GET_POST, when_locked=True)
def locked(request: Request) -> HttpResponse:
    """Asks for the password again and goes on where the person was; meanwhile whoever works here sees the queue without names."""
    target = safe_next(request) or resolve_url("home")
    if not request.away:
        return HttpResponseRedirect(target)
    form = UnlockForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            now = clock.now()
            username = request.user.username
            user = authenticate(request, username=username, password=form.cleaned_data["password"])
            if user is not None and user.pk == request.user.pk:
                note_activity(request)
                login_record(user=user, username=username, succeeded=True, at=now)
                return HttpResponseRedirect(target)
            if not getattr(request, "axes_locked_out", False):
                login_record(user=None, username=username, succeeded=False, at=now)
            form.add_error("password", _("The password is not right. Please try again."))
    context = {
        "form": form,
        "next": safe_next(request),
        "panels": panels_for("locked", request, None) if request.role else [],
        "idle_minutes": idle_seconds(request.role) // 60,
    }
    return render(request, "parties/locked.html", context, status=status)


@allow(LOGGED_IN, methods=POST)
def active(_request: Request) -> HttpResponse:
    """Somebody types or reads on a page that asks nothing of the server: this request itself is the sign of it."""
    return HttpResponse(status=204)
