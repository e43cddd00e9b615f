"""What the pages of the network share: the row by its number or a plain 404, the form page, the export."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django import forms
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.errors import NotFound
from core.export import table_response
from core.forms import form_status
from core.http import Request
from devices.services.common import KEEPERS
from records.services.audit import audit_write

PAGE_SIZE = 60
FORMATS = ("csv", "xlsx")


M = TypeVar("M", bound=Model)


def row_of(rows: QuerySet[M], **named: Any) -> M:
    """The one row of those that the reader sees; another hall's is as good as none. Raises NotFound."""
    row = rows.filter(**named).first()
    if row is None:
        raise NotFound(_("There is no such entry in this hall."))
    return row


def page_context(request: Request, part: str, **more: Any) -> dict[str, Any]:
    """The context of a page of the network; `part` marks its place in the bar."""
    return {"part": part, "may_keep": request.role in KEEPERS, **more}


def form_page(request: Request, form: forms.BaseForm, part: str, **page: Any) -> HttpResponse:
    """The page of one form. `page`: title, sub, back, back_label, submit, wide (names of fields), danger, hint."""
    context = page_context(request, part, form=form, **page)
    return render(request, "devices/network/form.html", context, status=form_status(form))


def exported(
    request: Request, what: str, name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse | FileResponse:
    """A list as csv or xlsx, as `format` asks; the export is entered in the history."""
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": what, "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )
    chosen = request.POST.get("format", "")
    fmt = chosen if chosen in FORMATS else "xlsx"
    return table_response(fmt, f"{name}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}", header, rows, sheet=name)
