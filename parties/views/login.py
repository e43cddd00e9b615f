"""Doors for everybody: sign in, sign out, language."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, PUBLIC, allow
from core.errors import Invalid
from parties.forms import LoginForm
from parties.services.account import login_record, logout_record, profile_change
from parties.services.sessions import session_begun

YEAR_SECONDS = 365 * 86_400


def safe_next(request: HttpRequest) -> str:
    """Where the request says to go on, when that is a path of this site; empty otherwise."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = (
        target.startswith("/") and target.isprintable() and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    )
    return target if own else ""


def with_language(response: HttpResponse, language: str) -> HttpResponse:
    """The response, with the language kept in the browser for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR_SECONDS,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


@allow(PUBLIC, methods=GET_POST)
def log_in(request: HttpRequest) -> HttpResponse:
    """The login page. Unknown, wrong, locked and disabled get one and the same answer."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(safe_next(request) or resolve_url(settings.LOGIN_REDIRECT_URL))
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            now = clock.now()
            username = form.cleaned_data["username"]
            user = authenticate(request, username=username, password=form.cleaned_data["password"])
            if user is not None and user.password_expires_at and user.password_expires_at <= now:
                form.add_error(None, _("This initial password has expired. Please ask your administrator for a link."))
            elif user is not None:
                login(request, user)
                session_begun(request.session, at=now)
                login_record(user=user, username=username, succeeded=True, at=now)
                target = "parties:password" if user.must_change_password else settings.LOGIN_REDIRECT_URL
                response = HttpResponseRedirect(safe_next(request) or resolve_url(target))
                return with_language(response, user.language)
            else:
                if not getattr(request, "axes_locked_out", False):
                    login_record(user=None, username=username, succeeded=False, at=now)
                form.add_error(None, _("The account or the password is not right. Please check both and try again."))
    return render(request, "registration/login.html", {"form": form, "next": safe_next(request)}, status=status)


def locked_out(request: HttpRequest, *_response_and_credentials: object) -> HttpResponse:
    """What axes answers while an account is locked for an address."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    response = render(request, "registration/locked.html", {"minutes": minutes}, status=429)
    response.headers["Retry-After"] = str(minutes * 60)
    return response


@allow(PUBLIC, methods=POST, when_locked=True)
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session on the server and let the browser forget the pages it kept."""
    if request.user.is_authenticated:
        logout_record(user=request.user, at=clock.now())
    logout(request)
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@allow(PUBLIC, methods=POST, when_locked=True)
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language of this browser and, for somebody logged in, of the account.

    In hand-over mode the phone is in the client's hand: the owner's account keeps its language.
    """
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("There is no such language."))
    user = request.user
    if user.is_authenticated and not request.session.get("handover"):
        profile_change(user=user, phone=user.phone, language=language, sound_on=user.sound_on, at=clock.now())
    response = HttpResponseRedirect(safe_next(request) or resolve_url(settings.LOGIN_REDIRECT_URL))
    return with_language(response, language)
