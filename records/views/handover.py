"""Hand-over mode: lock this phone to one signing page, sign there, unlock with the engineer's PIN."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from core import clock, subjects
from core.access import GET_POST, allow
from core.errors import DomainError, Invalid
from core.forms import attempt, form_status
from core.http import Request
from core.roles import STAFF_ROLES
from records.forms import AskForm, PinForm, SignForm
from records.middleware import KEY
from records.models import Signature, Way
from records.services.documents import may_ask, signable, sitting_of
from records.services.handover import PinRefused, handover_end, handover_start
from records.views.links import ask_page, asked_subject
from records.views.sign import give, page_context, proposal_of, summary_of


@allow(*STAFF_ROLES, methods=GET_POST)
def handover(request: Request, subject_type: str, subject_id: int, purpose: str) -> HttpResponse:
    """Ask who signs; a POST locks this session to the signing page."""
    subject = asked_subject(request, subject_type, subject_id, purpose)
    form = AskForm(request.POST if request.method == "POST" else None, initial=proposal_of(subject))
    if form.is_bound and form.is_valid():
        now = clock.now()
        attempt(
            form,
            handover_start,
            subject=subject,
            purpose=purpose,
            signer_name=form.cleaned_data["signer_name"],
            actor=request.user,
            at=now,
        )
        if form.is_valid():
            request.session[KEY] = {
                "subject_type": subject_type,
                "subject_id": subject_id,
                "purpose": purpose,
                "signer_name": form.cleaned_data["signer_name"],
                "signer_unit": form.cleaned_data["signer_unit"],
                "since": now.isoformat(),
            }
            return HttpResponseRedirect(reverse("records:handover_page"))
    return ask_page(request, subject, purpose, form)


@allow(*STAFF_ROLES, methods=GET_POST)
def handover_page(request: Request) -> HttpResponse:
    """The only page of a handed-over phone: the record, the pad, and thanks when it is signed."""
    held = request.session.get(KEY)
    if not held:
        return HttpResponseRedirect(reverse("home"))
    try:
        return _signing(request, held)
    except DomainError as error:
        # On this page, not the usual one: whoever holds the phone sees nothing but this record.
        return render(request, "records/refused.html", {"error": error, "handed_over": True}, status=error.status)


def _signing(request: Request, held: dict[str, Any]) -> HttpResponse:
    subject = _held_subject(request, held)
    second = sitting_of(subject, held["purpose"])
    if second and not may_ask(request.user, subject, second):
        second = ""
    form = SignForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        signature = give(
            form,
            subject=subject,
            purpose=held["purpose"],
            second=second,
            way=Way.HANDOVER,
            witness=request.user,
            signer_name=held["signer_name"],
            signer_unit=held["signer_unit"],
        )
        if signature is not None:
            request.session[KEY] = {**held, "signature": signature.pk}
            return HttpResponseRedirect(reverse("records:handover_page"))
    if held.get("signature") and not form.is_bound:
        signature = Signature.objects.defer("image_png", "strokes").get(pk=held["signature"])
        context = {"signature": signature, "summary": summary_of(subject), "handed_over": True}
        return render(request, "records/thanks.html", context)
    context = page_context(subject, held["purpose"], form, second)
    context |= {"signer_name": held["signer_name"], "signer_unit": held["signer_unit"]}
    return render(request, "records/handover_page.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def handover_unlock(request: Request) -> HttpResponse:
    """Back to work with the engineer's PIN; five wrong ones end the session."""
    held = request.session.get(KEY)
    if not held:
        return HttpResponseRedirect(reverse("home"))
    form = PinForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        subject = subjects.load(held["subject_type"], held["subject_id"])
        try:
            handover_end(
                subject=subject,
                purpose=held["purpose"],
                pin=form.cleaned_data["pin"],
                actor=request.user,
                at=clock.now(),
            )
        except PinRefused as refused:
            logout(request)
            messages.error(request, refused.message)
            return HttpResponseRedirect(reverse("login"))
        except Invalid as refused:
            form.add_error("pin", refused.message)
        else:
            del request.session[KEY]
            return HttpResponseRedirect(subjects.get(held["subject_type"]).url(subject))
    return render(request, "records/handover_unlock.html", {"form": form}, status=form_status(form))


def _held_subject(request: Request, held: dict[str, Any]) -> Any:
    return signable(
        subject_type=held["subject_type"],
        subject_id=held["subject_id"],
        purpose=held["purpose"],
        user=request.user,
        contract=request.contract,
    )
