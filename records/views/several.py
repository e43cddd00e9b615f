"""Several records signed in one sitting: each text in full, each with its own tick, one handwriting, as many signatures."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock, subjects
from core.access import GET_POST, allow
from core.errors import Conflict, DomainError, NotFound
from core.forms import form_status
from core.http import Request
from core.roles import CLIENT_ROLES
from records.forms import SeveralForm
from records.models import Purpose, Way
from records.services.documents import Document, document_of, may_sign, signable, signature_of
from records.services.signatures import signature_give
from records.views.sign import summary_of

MAX_ITEMS = 20


@dataclass
class Item:
    """One record on the page: its key in the form, its text as it is now, what went wrong with it."""

    key: str
    subject: Any
    purpose: Purpose
    document: Document
    summary: dict[str, Any]
    ticked: bool = False
    error: str = ""


@allow(*CLIENT_ROLES, methods=GET_POST)
def several(request: Request) -> HttpResponse:
    """Read and sign what was chosen; nothing is ticked beforehand. Each signature stands or falls alone."""
    sent = request.method == "POST"
    keys = (request.POST if sent else request.GET).getlist("of")
    items = [item for item in (_item(request, key) for key in dict.fromkeys(keys[: 2 * MAX_ITEMS])) if item][:MAX_ITEMS]
    form = SeveralForm(request.POST if sent else None)
    if sent:
        for item in items:
            item.ticked = request.POST.get(f"tick-{item.key}") == "1"
        if not any(item.ticked for item in items):
            form.add_error(None, _("Please tick at least one record."))
        if form.is_valid():
            done = _sign(request, form, items)
            if done:
                count = len(done)
                messages.success(
                    request, ngettext("%(count)d record signed.", "%(count)d records signed.", count) % {"count": count}
                )
                items = [item for item in items if item not in done]
            if not any(item.error for item in items):
                return HttpResponseRedirect(reverse("home"))
    draft = "several-" + "-".join(str(item.subject.pk) for item in items)[:60]
    context = {"items": items, "form": form, "draft": draft, "most": MAX_ITEMS}
    return render(request, "records/several.html", context, status=form_status(form))


def _sign(request: Request, form: SeveralForm, items: list[Item]) -> list[Item]:
    done = []
    for item in items:
        if not item.ticked:
            continue
        seen = request.POST.get(f"sha256-{item.key}", "")
        try:
            signature_give(
                subject=item.subject,
                purpose=item.purpose,
                way=Way.ACCOUNT,
                signer=request.user,
                version_seen=item.document.version,
                sha256_seen=seen,
                at=clock.now(),
                **form.cleaned_data,
            )
        except Conflict as error:
            item.error, item.ticked = error.message, False
            item.document = document_of(type(item.subject)._default_manager.get(pk=item.subject.pk), item.purpose)
        except DomainError as error:
            for name in error.fields:
                form.add_error(name if name in form.fields else None, error.fields[name])
            item.error = error.message
            break
        else:
            done.append(item)
    return done


def _item(request: Request, key: str) -> Item | None:
    """The record behind `type-id-purpose`, when this reader may sign it now; None otherwise."""
    parts = key.split("-")
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit()) or len(parts[1]) > 18:
        return None
    try:
        subject = signable(
            subject_type=parts[0],
            subject_id=int(parts[1]),
            purpose=parts[2],
            user=request.user,
            contract=request.contract,
        )
    except NotFound:
        return None
    document = document_of(subject, parts[2])
    if not may_sign(request.user, subject, parts[2]) or signature_of(subject, parts[2], document.version) is not None:
        return None
    key = f"{subjects.key_of(subject)}-{subject.pk}-{parts[2]}"
    return Item(key, subject, Purpose(parts[2]), document, summary_of(subject))
