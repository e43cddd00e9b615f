"""One-time links: the engineer's page that issues one, and the three public pages of whoever holds it."""

from datetime import datetime
from typing import Any

import segno
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core import clock, subjects
from core.access import GET_POST, POST, PUBLIC, allow
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.request import client_ip
from core.roles import STAFF_ROLES
from parties.querysets import role_in
from records.forms import AskForm, CodeForm, SignForm
from records.models import Purpose, SignLink, Way
from records.querysets import latest_link_of
from records.services.documents import document_of, may_ask, signable, signature_of, sitting_of
from records.services.links import (
    link_by_id,
    link_state,
    link_url,
    refuse_dead_link,
    sign_link_code,
    sign_link_issue,
    sign_link_issue_told,
    sign_link_open,
    sign_link_revoke,
    signature_by,
)
from records.views.sign import give, page_context, proposal_of, summary_of

COOKIE = "__Secure-sign-link" if settings.HTTPS else "sign-link"
COOKIE_PATH = "/sign/link/"
COOKIE_SECONDS = 30 * 60
SALT = "records.link_page"


@allow(*STAFF_ROLES, methods=GET_POST)
def issue_link(request: Request, subject_type: str, subject_id: int, purpose: str) -> HttpResponse:
    """Ask for a signature: a POST makes a one-time link and shows it as a QR code, this once."""
    subject = asked_subject(request, subject_type, subject_id, purpose)
    form = AskForm(request.POST if request.method == "POST" else None, initial=proposal_of(subject))
    if form.is_bound and form.is_valid():
        arguments = {
            "subject": subject,
            "purpose": purpose,
            "signer_name": form.cleaned_data["signer_name"],
            "signer_unit": form.cleaned_data["signer_unit"],
            "actor": request.user,
            "at": clock.now(),
        }
        issued: tuple[Any, ...] | None
        if form.cleaned_data["tell_to"]:
            issued = attempt(form, sign_link_issue_told, tell_to=form.cleaned_data["tell_to"], **arguments)
        else:
            issued = attempt(form, sign_link_issue, **arguments)
        if issued is not None:
            link, token, *code = issued
            url = link_url(token)
            context = _ask_context(request, subject, purpose) | {"state": _state(link, clock.now())}
            context |= {"link": link, "url": url, "qr": _qr(url), "code": code[0] if code else ""}
            return render(request, "records/link_issued.html", context)
    return ask_page(request, subject, purpose, form)


def ask_page(request: Request, subject: Any, purpose: str, form: AskForm) -> HttpResponse:
    """The page on which the engineer says who signs and how: by link, or on this phone."""
    now = clock.now()
    link = latest_link_of(subject, purpose)
    context = _ask_context(request, subject, purpose) | {"form": form}
    if link is not None and link_state(link, at=now) == "open":
        context["state"] = _state(link, now)
    return render(request, "records/ask.html", context, status=form_status(form))


def asked_subject(request: Request, subject_type: str, subject_id: int, purpose: str) -> Any:
    """The record whose signature is asked for. Raises NotFound, and NotAllowed when it is not ready or not this user's."""
    subject = signable(
        subject_type=subject_type,
        subject_id=subject_id,
        purpose=purpose,
        user=request.user,
        contract=request.contract,
    )
    signed = signature_of(subject, purpose, document_of(subject, purpose).version)
    if signed is None and not may_ask(request.user, subject, purpose):
        raise NotAllowed(_("You may not ask for this signature, or the record is not ready to be signed."))
    return subject


@allow(*STAFF_ROLES, poll=True)
def link_progress(request: Request, link_id: int) -> HttpResponse:
    """Whether the link has been used yet; the issuing page asks every three seconds until it is decided."""
    link = _own_link(request, link_id)
    state = _state(link, clock.now())
    # 286 tells htmx to stop asking.
    status = 200 if state["name"] == "open" or not request.htmx else 286
    context = {"state": state, "back_url": _url_of(link), "decided_now": status == 286}
    return render(request, "records/_link_state.html", context, status=status)


@allow(*STAFF_ROLES, methods=POST)
def revoke_link(request: Request, link_id: int) -> HttpResponse:
    """Take an open link back."""
    link = _own_link(request, link_id)
    sign_link_revoke(link=link, actor=request.user, at=clock.now())
    return HttpResponseRedirect(reverse("records:issue_link", args=[link.subject_type, link.subject_id, link.purpose]))


@allow(PUBLIC, when_locked=True)
def link_landing(request: HttpRequest) -> HttpResponse:
    """Where the link leads. The token stands in the fragment; a script posts it, so previews and logs never see it."""
    return render(request, "records/link_landing.html", {"opened": bool(_cookie(request))})


@allow(PUBLIC, methods=POST, when_locked=True)
def link_open(request: HttpRequest) -> HttpResponse:
    """Exchange the token for a short signed cookie. Nothing is used up."""
    try:
        link = sign_link_open(token=request.POST.get("token", "")[:200], at=clock.now(), ip=client_ip(request))
    except DomainError as error:
        return _refused(request, error)
    return _with_cookie(HttpResponseRedirect(reverse("records:link_page")), link)


def _with_cookie(response: HttpResponse, link: SignLink, *, told: bool = False) -> HttpResponse:
    """The answer with the cookie that stands for the proved token and, once it was right, for the told code."""
    response.set_cookie(
        COOKIE,
        signing.dumps({"link": link.pk, "told": told}, salt=SALT),
        max_age=COOKIE_SECONDS,
        path=COOKIE_PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


@allow(PUBLIC, methods=POST, when_locked=True)
def link_code(request: HttpRequest) -> HttpResponse:
    """Check the code that the holder was told; the right one opens the signing page."""
    try:
        link, _told = _proved(request)
        form = CodeForm(request.POST)
        if form.is_valid():
            sign_link_code(link=link, code=form.cleaned_data["code"], at=clock.now())
            return _with_cookie(HttpResponseRedirect(reverse("records:link_page")), link, told=True)
    except Invalid as error:
        form.add_error("code", error.message)
    except DomainError as error:
        return _refused(request, error)
    return render(request, "records/link_code.html", {"form": form, "link": link}, status=422)


@allow(PUBLIC, methods=GET_POST, when_locked=True)
def link_page(request: HttpRequest) -> HttpResponse:
    """The signing page of whoever holds the link: this record only. A POST signs and uses the link up."""
    try:
        return _signing(request)
    except DomainError as error:
        return _refused(request, error)


def _proved(request: HttpRequest) -> tuple[SignLink, bool]:
    """The link whose token this visitor has proved, and whether the told code was proved too. Raises NotFound and NotAllowed."""
    proved = _cookie(request)
    link = link_by_id(proved["link"]) if proved else None
    if link is None:
        raise NotFound(_("Please open the link again: scan the code, or tap the message."))
    if role_in(request.user, link.contract_id) in STAFF_ROLES:
        raise NotAllowed(_("This link is for the client's own phone. You are signed in here as a member of staff."))
    return link, bool(proved.get("told"))


def _signing(request: HttpRequest) -> HttpResponse:
    link, told = _proved(request)
    subject = subjects.load(link.subject_type, link.subject_id)
    if link.code_hash and not told and signature_by(link) is None:
        refuse_dead_link(link, at=clock.now())
        return render(request, "records/link_code.html", {"form": CodeForm(), "link": link})
    second = link.also if link.also and sitting_of(subject, link.purpose) == link.also else ""
    form = SignForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if give(form, subject=subject, purpose=link.purpose, second=second, way=Way.LINK, link=link) is not None:
            return HttpResponseRedirect(reverse("records:link_page"))
    elif signature := signature_by(link):
        context = {"signature": signature, "summary": summary_of(subject)}
        return render(request, "records/thanks.html", context)
    else:
        refuse_dead_link(link, at=clock.now())
    context = page_context(subject, link.purpose, form, second) | {
        "signer_name": link.signer_name,
        "signer_unit": link.signer_unit,
    }
    return render(request, "records/link_page.html", context, status=form_status(form))


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    return render(request, "records/refused.html", {"error": error}, status=error.status)


def _cookie(request: HttpRequest) -> dict[str, Any]:
    """What the page's signed cookie says; empty without one, or with one that is old or forged."""
    try:
        proved: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return {}
    return proved


def _own_link(request: Request, link_id: int) -> SignLink:
    link: SignLink = get_object_or_404(
        SignLink.objects.select_related("contract", "issued_by"), pk=link_id, contract=request.contract
    )
    signable(
        subject_type=link.subject_type,
        subject_id=link.subject_id,
        purpose=link.purpose,
        user=request.user,
        contract=request.contract,
    )
    return link


def _url_of(link: SignLink) -> str:
    spec = subjects.get(link.subject_type)
    return spec.url(subjects.load(link.subject_type, link.subject_id))


def _state(link: SignLink, now: datetime) -> dict[str, Any]:
    return {"name": link_state(link, at=now), "link": link, "signature": signature_by(link)}


def _ask_context(request: Request, subject: Any, purpose: str) -> dict[str, Any]:
    key = subjects.key_of(subject)
    return {
        "subject": subject,
        "subject_type": key,
        "summary": summary_of(subject),
        "purpose": Purpose(purpose),
        "back_url": subjects.get(key).url(subject),
        "has_pin": bool(request.user.pin_hash),
        "paper_url": reverse("records:paper_upload", args=[key, subject.pk, purpose]),
        "signed": signature_of(subject, purpose, document_of(subject, purpose).version),
    }


def _qr(url: str) -> SafeString:
    code = segno.make(url, error="m", micro=False)
    return mark_safe(code.svg_inline(border=4, dark="#000000", light="#ffffff", omitsize=True))  # noqa: S308 - no user input
