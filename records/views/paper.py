"""Sheets signed on paper: the engineer's page that uploads one, and the page on which somebody else confirms it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock, subjects
from core.access import GET_POST, POST, allow
from core.errors import Invalid, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import BUSINESS_ROLES, STAFF_ROLES
from records.forms import PaperForm, ReasonForm
from records.models import PaperSheet, Purpose
from records.services.attachments import prepare_images
from records.services.documents import document_of, signature_of, sitting_of
from records.services.paper import may_confirm, paper_confirm, paper_refuse, paper_upload
from records.views.links import asked_subject
from records.views.sign import proposal_of, summary_of


@allow(*STAFF_ROLES, methods=GET_POST)
def upload(request: Request, subject_type: str, subject_id: int, purpose: str) -> HttpResponse:
    """Photos of a sheet that was signed by hand; the sheet's own code leads here and brings its version."""
    subject = asked_subject(request, subject_type, subject_id, purpose)
    second = sitting_of(subject, purpose)
    printed = request.GET.get("version", "")
    initial = proposal_of(subject) | {"version": printed if printed.isdigit() else ""}
    initial["signed_on"] = clock.now().astimezone(clock.SHANGHAI).date()
    form = PaperForm(request.POST if request.method == "POST" else None, initial=initial)
    photo_errors: list[str] = []
    if form.is_bound and form.is_valid():
        sheet = None
        try:
            photos = prepare_images(request.FILES.getlist("photos"))
        except Invalid as error:
            form.add_error(None, error.message)
            photo_errors = [error.message]
        else:
            sheet = attempt(
                form,
                paper_upload,
                subject=subject,
                purpose=purpose,
                photos=photos,
                actor=request.user,
                at=clock.now(),
                **form.cleaned_data,
            )
        if sheet is not None:
            messages.success(request, _("Uploaded. It counts as signed once somebody else has confirmed it."))
            return HttpResponseRedirect(subjects.get(subject_type).url(subject))
    document = document_of(subject, purpose)
    context = {
        "subject": subject,
        "summary": summary_of(subject),
        "purpose": Purpose(purpose),
        "second": Purpose(second) if second else None,
        "version": document.version,
        "form": form,
        "photo_errors": photo_errors,
        "signed": signature_of(subject, purpose, document.version),
        "back_url": subjects.get(subject_type).url(subject),
    }
    return render(request, "records/paper_upload.html", context, status=form_status(form))


@allow(*BUSINESS_ROLES)
def paper(request: Request, sheet_id: int) -> HttpResponse:
    """The photos beside the text that was printed, and what was decided about them."""
    sheet, subject = _sheet(request, sheet_id)
    return _page(request, sheet, subject, ReasonForm())


@allow(*BUSINESS_ROLES, methods=POST)
def confirm(request: Request, sheet_id: int) -> HttpResponse:
    """Say that the photos show the signed sheet of that version."""
    sheet, subject = _sheet(request, sheet_id)
    paper_confirm(sheet=sheet, actor=request.user, at=clock.now())
    messages.success(request, _("Confirmed: the record is signed."))
    return HttpResponseRedirect(subjects.get(sheet.subject_type).url(subject))


@allow(*BUSINESS_ROLES, methods=POST)
def refuse(request: Request, sheet_id: int) -> HttpResponse:
    """Say what is wrong with the sheet."""
    sheet, subject = _sheet(request, sheet_id)
    form = ReasonForm(request.POST)
    refused = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        refused = attempt(form, paper_refuse, sheet=sheet, actor=request.user, at=clock.now(), reason=reason)
    if refused is not None:
        messages.success(request, _("Refused. Who uploaded it was told."))
        return HttpResponseRedirect(subjects.get(sheet.subject_type).url(subject))
    return _page(request, sheet, subject, form)


def _page(request: Request, sheet: PaperSheet, subject: Any, form: ReasonForm) -> HttpResponse:
    texts = [(Purpose(purpose), document_of(subject, purpose)) for purpose in (sheet.also, sheet.purpose) if purpose]
    context = {
        "sheet": sheet,
        "photos": sheet.photos.order_by("pk"),
        "summary": summary_of(subject),
        "texts": texts,
        "outdated": any(document.version != sheet.version for _purpose, document in texts),
        "may_confirm": may_confirm(request.user, sheet),
        "is_mine": sheet.uploaded_by_id == request.user.pk,
        "form": form,
        "back_url": subjects.get(sheet.subject_type).url(subject),
    }
    return render(request, "records/paper.html", context, status=form_status(form))


def _sheet(request: Request, sheet_id: int) -> tuple[PaperSheet, Any]:
    """The sheet and its record, when the reader may see that. Raises NotFound."""
    rows = PaperSheet.objects.select_related("contract", "uploaded_by", "decided_by")
    sheet = rows.filter(pk=sheet_id, contract=request.contract).first()
    if sheet is not None:
        spec = subjects.get(sheet.subject_type)
        subject = subjects.seen_within(spec, request.user, request.contract).filter(pk=sheet.subject_id).first()
        if subject is not None:
            return sheet, subject
    raise NotFound(_("There is no such sheet."))
