"""The papers of checks on A4, with room for both signatures; in the reader's language."""

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from core import clock
from core.access import allow
from core.http import Request
from core.pdf import pdf_render
from devices.finds.checks import (
    handovers_visible_to,
    linkage_tests_visible_to,
    rights_checks_visible_to,
    stocktakes_visible_to,
)
from devices.models import AccessCard, SignedCheck
from devices.rules_access import rate_percent
from devices.services.signed_checks import STEPS, flow_of
from devices.subject_checks import title_of
from devices.tabs import READERS
from devices.views.check_common import check_of, signatures_of
from records.models import Attachment, Purpose
from records.printed import printed_signature, site_shown, upload_qr


def _sheet(request: Request, check: SignedCheck, template: str, **more: Any) -> HttpResponse:
    context = {
        "check": check,
        "code": check.code,
        "project": check.contract.project_name,
        "made_at": clock.now(),
        "title": title_of(check),
        **_signing(check),
        **more,
    }
    html = render_to_string(template, context, request)
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{check.code}.pdf"'
    return response


def _signing(check: SignedCheck) -> dict[str, Any]:
    """Both signatures under the present version, or room to sign by hand and the way to upload the client's."""
    given = {row.purpose: row for row in signatures_of(check) if row.version == check.content_version}
    titles = ((Purpose.RESULT, _("For the contractor")), (Purpose.CONFIRM, _("For the client")))
    waits = flow_of(check).allows(STEPS[Purpose.CONFIRM], check.status)
    return {
        "blocks": [printed_signature(title, given.get(purpose)) for purpose, title in titles],
        "site": site_shown(),
        "upload": upload_qr(check, Purpose.CONFIRM) if waits else "",
    }


@allow(*READERS)
def rights_sheet(request: Request, pk: int) -> HttpResponse:
    """The quarterly check of rights as PDF."""
    check = check_of(request, rights_checks_visible_to(request.user), pk)
    kinds = dict(AccessCard.Kind.choices)
    lines = [{"row": line, "kind": kinds.get(line.kind, line.kind)} for line in check.lines.all()]
    counts = {key: sum(line["row"].decision == key for line in lines) for key in ("keep", "withdraw", "change")}
    return _sheet(request, check, "devices/checks/rights_sheet.html", lines=lines, counts=counts)


@allow(*READERS)
def stocktake_sheet(request: Request, pk: int) -> HttpResponse:
    """A stocktake as PDF: figures, differences, the whole list."""
    take = check_of(request, stocktakes_visible_to(request.user), pk)
    lines = list(take.lines.select_related("counted_by"))
    figures = {
        "here": sum(line.outcome == "here" for line in lines),
        "elsewhere": sum(line.outcome == "elsewhere" for line in lines),
        "missing": sum(line.outcome == "missing" for line in lines),
        "left": sum(not line.outcome for line in lines),
    }
    surpluses = list(take.surpluses.select_related("found_by"))
    return _sheet(
        request,
        take,
        "devices/checks/stocktake_sheet.html",
        lines=lines,
        figures=figures,
        surpluses=surpluses,
        differing=[line for line in lines if line.outcome in ("elsewhere", "missing")],
        rate=rate_percent(figures["here"], len(lines), len(surpluses)),
    )


@allow(*READERS)
def linkage_sheet(request: Request, pk: int) -> HttpResponse:
    """A fire-linkage test as PDF."""
    test = check_of(request, linkage_tests_visible_to(request.user), pk)
    photos = Attachment.objects.filter(subject_type="linkage_test", subject_id=test.pk).count()
    return _sheet(
        request,
        test,
        "devices/checks/linkage_sheet.html",
        zones=list(test.zones.all()),
        doors=list(test.doors.all()),
        photos=photos,
    )


@allow(*READERS)
def handover_sheet(request: Request, pk: int) -> HttpResponse:
    """A hand-over list as PDF."""
    sheet = check_of(request, handovers_visible_to(request.user), pk)
    items = list(sheet.items.filter(is_active=True))
    missing = [item for item in items if item.is_missing]
    return _sheet(request, sheet, "devices/checks/handover_sheet.html", items=items, missing=missing)
