"""Photos and signature images, served only to who may see their record."""

from pathlib import Path
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseNotModified
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core import subjects
from core.access import allow
from core.errors import NotFound
from core.http import Request
from core.roles import BUSINESS_ROLES, CLIENT_ROLES
from records.models import Attachment, Signature
from records.models.attachment import INTERNAL_KIND

log = structlog.get_logger()
SANDBOX = "default-src 'none'; sandbox"
File = TypeVar("File", Attachment, Signature)


@allow(*BUSINESS_ROLES)
def attachment(request: Request, attachment_id: int) -> Any:
    """One file: as a download, or with `?inline` a picture in the page. 404 for what the user may not see."""
    row = _visible(Attachment, request, attachment_id)
    if row.kind == INTERNAL_KIND and request.role in CLIENT_ROLES:
        raise NotFound(_("There is no such file."))
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
    row = _visible(Signature, request, signature_id)
    return HttpResponse(
        bytes(row.image_png),
        content_type="image/png",
        headers={
            "Content-Disposition": "inline",
            "Content-Security-Policy": SANDBOX,
            "Cache-Control": "private, no-store",
        },
    )


def _visible(model: type[File], request: Request, pk: int) -> File:
    """The row, when the reader may see the record it belongs to. Raises NotFound, the same for a row that does not exist."""
    row = model._default_manager.filter(pk=pk).first()
    if row is not None:
        try:
            spec = subjects.get(row.subject_type)
        except KeyError:
            pass
        else:
            if subjects.seen_within(spec, request.user, request.contract).filter(pk=row.subject_id).exists():
                return row
    raise NotFound(_("There is no such file."))
