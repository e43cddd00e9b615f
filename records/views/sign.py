"""Signing with one's own account."""

from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock, subjects
from core.access import GET_POST, allow
from core.errors import Conflict, Invalid
from core.forms import form_status
from core.http import Request
from core.roles import AUDITOR, CLIENT_ROLES, STAFF_ROLES
from records.forms import SignForm
from records.models import Purpose, Signature, Way
from records.services.documents import document_of, may_sign, signable, signature_of, sitting_of
from records.services.signatures import Seen, signature_give


@allow(*CLIENT_ROLES, *STAFF_ROLES, AUDITOR, methods=GET_POST)
def sign(request: Request, subject_type: str, subject_id: int, purpose: str) -> HttpResponse:
    """The record's full text and the pad; a POST signs with the account that is logged in."""
    subject = signable(
        subject_type=subject_type,
        subject_id=subject_id,
        purpose=purpose,
        user=request.user,
        contract=request.contract,
    )
    url = subjects.get(subject_type).url(subject)
    second = sitting_of(subject, purpose)
    if second and not may_sign(request.user, subject, second):
        second = ""
    form = SignForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        signature = give(form, subject=subject, purpose=purpose, second=second, way=Way.ACCOUNT, signer=request.user)
        if signature is not None:
            messages.success(request, _("Signed. Thank you."))
            return HttpResponseRedirect(url)
    context = page_context(subject, purpose, form, second)
    context |= {"back_url": url, "may_sign": may_sign(request.user, subject, purpose)}
    return render(request, "records/sign.html", context, status=form_status(form))


def give(form: SignForm, *, second: str = "", **who: Any) -> Signature | None:
    """Sign with what a valid form holds; a refusal that the signer can mend lands in the form. Other refusals are raised.

    `second` is the purpose of the further text that the page shows; it is signed too when the button for both was pressed.
    """
    sent = dict(form.cleaned_data)
    both, sha256 = sent.pop("also"), sent.pop("also_sha256")
    also = Seen(second, sha256) if both and second and sha256 else None
    try:
        return signature_give(at=clock.now(), also=also, **sent, **who)
    except (Conflict, Invalid) as error:
        for name, message in error.fields.items():
            form.add_error(name, message)
        if not error.fields:
            form.add_error(None, error.message)
        form.refused_status = error.status  # type: ignore[attr-defined]
        return None


def page_context(subject: models.Model, purpose: str, form: SignForm, second: str = "") -> dict[str, Any]:
    """What every signing page shows: the record in short, its exact text, the form, and the signature once there is one; with
    `second`, the purpose of a further text that may be signed in the same sitting, that text too."""
    document = document_of(subject, purpose)
    return {
        "second": {"purpose": Purpose(second), "document": document_of(subject, second)} if second else None,
        "subject": subject,
        "summary": summary_of(subject),
        "purpose": Purpose(purpose),
        "document": document,
        "draft": f"{subjects.key_of(subject)}-{subject.pk}-{document.sha256[:12]}",
        "form": form,
        "asks_rating": purpose in subjects.get(subjects.key_of(subject)).rated,
        "signed": signature_of(subject, purpose, document.version),
    }


def summary_of(subject: models.Model) -> dict[str, Any]:
    """The record in short, as its owner registered it; at least its name."""
    spec = subjects.get(subjects.key_of(subject))
    summary = dict(spec.summary(subject, get_language() or "")) if spec.summary else {}
    return {"code": spec.label(subject), **summary}


def proposal_of(subject: models.Model) -> dict[str, Any]:
    """Whom to ask, as far as the record says."""
    summary = summary_of(subject)
    return {"signer_name": summary.get("signer_name", ""), "signer_unit": summary.get("signer_unit", "")}
