"""Who may use a route. Every route declares it with @allow; the access matrix test refuses an undeclared one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission

from core.errors import NotAllowed
from core.roles import ROLES

PUBLIC = "public"
"""Anybody, logged in or not."""
LOGGED_IN = "logged_in"
"""Any account, even one without a contract."""
View = Callable[..., HttpResponse]


def allow(
    *who: str, methods: tuple[str, ...] = ("GET", "HEAD"), poll: bool = False, when_locked: bool = False
) -> Callable[[View], View]:
    """Declare who may use a view (roles, LOGGED_IN or PUBLIC) and by which methods; enforce both.

    Anonymous visitors are sent to the login page (an htmx or JSON request gets 401); a wrong role gets 403; a wrong method 405.
    A `poll` is asked by the page itself and is no sign that somebody is there; a view that works `when_locked` answers a person who
    was away too long (request.away) and then shows neither verbs nor personal data.
    The declaration stays readable on the view as `view.allow`, `allowed_methods`, `poll` and `when_locked`.
    """
    unknown = set(who) - {PUBLIC, LOGGED_IN, *ROLES}
    if not who or unknown:
        raise ValueError(f"@allow needs known roles, not {sorted(unknown) or 'nothing'}")

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if PUBLIC not in who:
                if not request.user.is_authenticated:
                    return _ask_to_log_in(request)
                if LOGGED_IN not in who and getattr(request, "role", None) not in who:
                    raise NotAllowed(_("Your role in this contract may not use this page."))
            if request.method not in methods and request.method != "OPTIONS":
                return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
            return view(request, *args, **kwargs)

        checked.allow = tuple(who)  # type: ignore[attr-defined]
        checked.allowed_methods = tuple(methods)  # type: ignore[attr-defined]
        checked.poll = poll  # type: ignore[attr-defined]
        checked.when_locked = when_locked  # type: ignore[attr-defined]
        return checked

    return decorate


POST = ("POST",)
GET_POST = ("GET", "HEAD", "POST")


def _ask_to_log_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") or "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=401, headers={"HX-Redirect": "/login/"})
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")


class RouteAllows(BasePermission):
    """DRF's door to the same rule: a view set declares `allow = (roles…)`; without it nobody comes in.

    Where a method is for fewer roles than the others, `allow_methods = {"POST": (roles…)}` says so.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        who = getattr(view, "allow_methods", {}).get(request.method, getattr(view, "allow", ()))
        if PUBLIC in who:
            return True
        if not request.user.is_authenticated:
            return False
        return LOGGED_IN in who or getattr(request, "role", None) in who
