"""One-time links of accounts: the administrator's page that issues one, and the three public pages of whoever holds it."""

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, PUBLIC, allow
from core.errors import DomainError, NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN
from parties.forms import NewPasswordForm
from parties.models import AccountLink, User
from parties.querysets import people_of, people_scope
from parties.services.links import (
    account_link_issue,
    account_link_open,
    account_link_revoke,
    account_link_use,
    link_by_id,
    link_url,
    refuse_dead_link,
)

COOKIE = "__Secure-account-link" if settings.HTTPS else "account-link"
COOKIE_PATH = "/account/link/"
COOKIE_SECONDS = 30 * 60
SALT = "parties.account_link_page"


@allow(ADMIN, methods=POST)
def issue(request: Request, pk: int) -> HttpResponse:
    """Make a one-time link for a person and show it, this once."""
    person = _person(request, pk)
    link, token = account_link_issue(user=person, actor=request.user, at=clock.now())
    return show_link(request, person, link, link_url(token))


@allow(ADMIN, methods=POST)
def revoke(request: Request, pk: int) -> HttpResponse:
    """Take the open link of a person back."""
    person = _person(request, pk)
    account_link_revoke(user=person, actor=request.user, at=clock.now())
    messages.success(request, _("The link is taken back."))
    return redirect("people:detail", person.pk)


def show_link(request: Request, user: User, link: AccountLink, url: str) -> HttpResponse:
    """The page that shows a link with its QR code; it is nowhere kept and cannot be shown again."""
    context = {"person": user, "link": link, "url": url, "qr": qr(url)}
    return render(request, "parties/link_issued.html", context)


def qr(url: str) -> SafeString:
    """The QR code of an address as SVG. Trying all masks takes five times as long, which counts on a long sheet."""
    code = segno.make(url, error="m", micro=False, mask=0)
    return mark_safe(code.svg_inline(border=4, dark="#000000", light="#ffffff", omitsize=True))  # noqa: S308 - no user input


@allow(PUBLIC, when_locked=True)
def landing(request: HttpRequest) -> HttpResponse:
    """Where the link leads. The token stands in the fragment; a script posts it, so previews and logs never see it."""
    return render(request, "parties/link_landing.html", {"opened": _cookie_link(request) is not None})


@allow(PUBLIC, methods=POST, when_locked=True)
def link_open(request: HttpRequest) -> HttpResponse:
    """Exchange the token for a short signed cookie. Nothing is used up."""
    try:
        link = account_link_open(token=request.POST.get("token", "")[:200], at=clock.now())
    except DomainError as error:
        return _refused(request, error)
    response = HttpResponseRedirect(reverse("people:link_page"))
    response.set_cookie(
        COOKIE,
        signing.dumps({"link": link.pk}, salt=SALT),
        max_age=COOKIE_SECONDS,
        path=COOKIE_PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


@allow(PUBLIC, methods=GET_POST, when_locked=True)
def link_page(request: HttpRequest) -> HttpResponse:
    """The page on which whoever holds the link sets a password. A POST uses the link up; then one signs in."""
    try:
        return _setting(request)
    except DomainError as error:
        return _refused(request, error)


def _setting(request: HttpRequest) -> HttpResponse:
    link = _cookie_link(request)
    if link is None:
        raise NotFound(_("Please open the link again: scan the code, or tap the message."))
    now = clock.now()
    refuse_dead_link(link, at=now)
    user = request.user
    if user.is_authenticated and user.pk != link.user_id:
        text = _("You are signed in here as %(name)s. Please sign out first; the link stays open.")
        raise NotAllowed(text % {"name": user})
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        used = attempt(form, account_link_use, link=link, new_password=form.cleaned_data["new_password1"], at=now)
        if used is not None:
            messages.success(request, _("Your password is set. Please sign in with it."))
            response = redirect("login")
            response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Strict")
            return response
    context: dict[str, Any] = {"form": form, "link": link, "person": link.user}
    return render(request, "parties/link_page.html", context, status=form_status(form))


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    return render(request, "parties/link_refused.html", {"error": error}, status=error.status)


def _cookie_link(request: HttpRequest) -> AccountLink | None:
    try:
        proved = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return None
    return link_by_id(proved["link"])


def _person(request: Request, pk: int) -> User:
    person = people_of(people_scope(request.user, request.contract)).filter(pk=pk).first()
    if person is None:
        raise NotFound(_("There is no such person in this contract."))
    return person
