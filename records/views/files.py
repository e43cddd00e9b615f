"""Photos and signature images, served only to who may see their record."""

from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core import subjects
from core.access import allow
from core.errors import NotFound
from core.http import Request
from core.roles import BUSINESS_ROLES
from records.models import Attachment, Signature

log = structlog.get_logger()
SANDBOX = "default-src 'none'; sandbox"


@allow(*BUSINESS_ROLES)
def attachment(request: Request, attachment_id: int) -> Any:
    """One file: as a download, or with `?inline` a picture in the page. 404 for what the user may not see."""
    row = get_object_or_404(Attachment, pk=attachment_id, contract=request.contract)
    _refuse_unless_visible(request, row.subject_type, row.subject_id)
    etag = f'"{row.sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    path = Path(settings.MEDIA_ROOT) / str(row.file)
    try:
        response = FileResponse(path.open("rb"), content_type=row.content_type)
    except FileNotFoundError:
        log.error("attachment_file_missing", attachment=row.pk)
        raise NotFound(_("The file is missing on the server. Please tell the administrator.")) from None
    inline = "inline" in request.GET and row.content_type.startswith("image/")
    response.headers["Content-Disposition"] = content_disposition_header(not inline, row.name) or "attachment"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["ETag"] = etag
    return response


@allow(*BUSINESS_ROLES)
def signature_image(request: Request, signature_id: int) -> HttpResponse:
    """The handwriting of one signature; never kept by the browser. 404 for what the user may not see."""
    row = get_object_or_404(Signature, pk=signature_id, contract=request.contract)
    _refuse_unless_visible(request, row.subject_type, row.subject_id)
    return HttpResponse(
        bytes(row.image_png),
        content_type="image/png",
        headers={
            "Content-Disposition": "inline",
            "Content-Security-Policy": SANDBOX,
            "Cache-Control": "private, no-store",
        },
    )


def _refuse_unless_visible(request: Request, subject_type: str, subject_id: int) -> None:
    try:
        spec = subjects.get(subject_type)
    except KeyError:
        raise NotFound(_("There is no such file.")) from None
    if not spec.visible_to(request.user).filter(pk=subject_id, contract=request.contract).exists():
        raise NotFound(_("There is no such file."))
