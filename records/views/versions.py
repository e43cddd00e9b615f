"""The versions of a record: what was signed when, word for word, and what changed since."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import subjects
from core.access import allow
from core.errors import NotFound
from core.http import Request
from core.roles import BUSINESS_ROLES
from records.models import PaperSheet, Purpose
from records.services.versions import versions_of
from records.views.sign import summary_of


@allow(*BUSINESS_ROLES)
def versions(request: Request, subject_type: str, subject_id: int) -> HttpResponse:
    """Every signed version of every text of the record, its signatures and the state of their seals."""
    try:
        spec = subjects.get(subject_type)
    except KeyError:
        raise NotFound(_("There is nothing to sign here.")) from None
    subject = subjects.seen_within(spec, request.user, request.contract).filter(pk=subject_id).first()
    if subject is None or not spec.canonical:
        raise NotFound(_("There is nothing to sign here."))
    context = {
        "summary": summary_of(subject),
        "back_url": spec.url(subject),
        "texts": [(Purpose(purpose), versions_of(subject, purpose)) for purpose in spec.canonical],
        "sheets": PaperSheet.objects.filter(subject_type=subject_type, subject_id=subject_id).select_related(
            "uploaded_by", "decided_by"
        ),
    }
    return render(request, "records/versions.html", context)
