"""A look at a device from its label, and the list of such looks."""

from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.errors import Invalid
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import AUDITOR
from devices.finds.places import spot_checks_of, spot_checks_visible_to
from devices.forms.places import SpotCheckForm
from devices.models import SpotCheck
from devices.services.common import KEEPERS
from devices.services.spot_checks import spot_check
from devices.states import SpotVerdict
from devices.tabs import READERS
from devices.views.page import device_of
from records.models import Attachment, Visibility
from records.services.attachments import IncomingFile, PreparedImage, prepare_images
from records.services.audit import audit_write

PAGE_SIZE = 50


@allow(*KEEPERS, methods=GET_POST)
def spot_check_form(request: Request, code: str) -> HttpResponse:
    """Normal or abnormal, in two taps; abnormal asks what is wrong and offers to report it."""
    device = device_of(request, code)
    verdict = request.GET.get("verdict", "")
    form = SpotCheckForm(
        request.POST if request.method == "POST" else None,
        initial={"form_token": uuid4(), "verdict": verdict if verdict in SpotVerdict.values else SpotVerdict.NORMAL},
    )
    errors: list[str] = []
    if form.is_bound and form.is_valid():
        photos: list[PreparedImage] | None = None
        try:
            photos = prepare_images(cast(list[IncomingFile], request.FILES.getlist("photos")))
        except Invalid as error:
            errors = [error.message]
            form.add_error(None, error.message)
        if photos is not None:
            token = form.cleaned_data["form_token"]
            check = attempt(
                form,
                spot_check,
                device=device,
                contract=request.contract,
                photos=photos,
                actor=request.user,
                at=clock.now(),
                **form.cleaned_data,
            ) or (SpotCheck.objects.filter(form_token=token, by=request.user).first() if token else None)
            if check is not None:
                return _done(request, check, wants_report="report" in request.POST)
    context = {"device": device, "form": form, "errors": errors}
    return render(request, "devices/spot_check.html", context, status=form_status(form))


@allow(*READERS)
def spot_check_list(request: Request) -> Any:
    """Looks at devices, newest first."""
    text, verdict = request.GET.get("q", "")[:60], request.GET.get("verdict", "")
    verdict = verdict if verdict in SpotVerdict.values else ""
    seen = spot_checks_visible_to(request.user).values("pk")
    rows = spot_checks_of(request.contract, text, verdict).filter(pk__in=seen)
    fmt = request.GET.get("format", "")
    if fmt in ("csv", "xlsx") and request.role != AUDITOR:
        return _export(request, fmt, rows)
    offset_text = request.GET.get("from", "")
    offset = int(offset_text) if offset_text.isascii() and offset_text.isdigit() and len(offset_text) < 8 else 0
    found = list(rows[offset : offset + PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    files = Attachment.objects.filter(subject_type="spot_check", subject_id__in=[row.pk for row in shown])
    photos: dict[int, list[Attachment]] = {}
    for file in files:
        photos.setdefault(file.subject_id, []).append(file)
    context = {
        "checks": [(row, photos.get(row.pk, [])) for row in shown],
        "q": text,
        "verdict": verdict,
        "chips": [
            {"label": label, "url": "?" + urlencode({"verdict": value} if value else {}), "active": value == verdict}
            for value, label in [("", _("All")), *SpotVerdict.choices]
        ],
        "next_offset": offset + PAGE_SIZE if len(found) > PAGE_SIZE else None,
        "previous_offset": max(offset - PAGE_SIZE, 0) if offset else None,
        "may_export": request.role != AUDITOR,
        "columns": [
            {"label": _("Device")},
            {"label": _("Verdict")},
            {"label": _("Note")},
            {"label": _("When and who")},
        ],
    }
    return render(request, "devices/spot_check_list.html", context)


def _export(request: Request, fmt: str, rows: object) -> StreamingHttpResponse | FileResponse:
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "spot_checks", "filter": request.GET.urlencode()[:300]},
        visibility=Visibility.INTERNAL,
    )
    header = [_("When"), _("Device number"), _("Name"), _("Place"), _("Verdict"), _("Note"), _("By")]
    cells = (
        (row.at, row.device.code, row.device.name, row.place.name, row.get_verdict_display(), row.note, row.by or "")
        for row in rows.iterator(chunk_size=500)  # type: ignore[attr-defined]
    )
    return table_response(fmt, f"{_('Spot checks')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}", header, cells)


def _done(request: Request, check: SpotCheck, *, wants_report: bool) -> HttpResponseRedirect:
    messages.success(request, _("The check is recorded."))
    if wants_report and check.verdict == SpotVerdict.ABNORMAL:
        query = urlencode({"device": check.device.code, "symptom": check.note, "channel": "inspection"})
        return HttpResponseRedirect(f"{reverse('tickets:report')}?{query}")
    return HttpResponseRedirect(reverse("device_short", args=[check.device.short_code]))
