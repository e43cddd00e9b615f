"""A staff list from a file: the template, the trial that shows every row, and the sheet of invitations, printed once."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, allow
from core.errors import Invalid
from core.export import csv_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN
from parties.forms import StaffListForm
from parties.models import Role
from parties.querysets import units_of
from parties.rules import MAX_STAFF_ROWS, decode
from parties.services.links import link_url
from parties.services.staff_list import HEADINGS, StaffList, people_import, staff_list_read
from parties.views.account_links import qr

ENCODINGS = {"utf-8": "UTF-8", "gb18030": "GB18030"}


@allow(ADMIN, methods=GET_POST)
def staff_list(request: Request) -> HttpResponse:
    """Choose a file, see what each row would do, then make all the accounts at once.

    The trial hands the file's text on to the second step, which reads and checks it anew: nothing is kept on the server meanwhile.
    """
    files = request.FILES
    confirmed = request.method == "POST" and "text" in request.POST
    if confirmed:
        files = MultiValueDict({"file": [SimpleUploadedFile("staff.csv", request.POST["text"].encode())]})
    form = StaffListForm(request.POST, files) if request.method == "POST" else StaffListForm()
    context: dict[str, Any] = {"form": form, "max_rows": MAX_STAFF_ROWS}
    if form.is_bound and form.is_valid():
        data = form.cleaned_data["file"].read()
        made = None
        if confirmed:
            made = attempt(
                form, people_import, data=data, contract=request.contract, actor=request.user, at=clock.now()
            )
        if made is not None:
            slips = [
                {"user": user, "membership": row, "link": link, "qr": qr(link_url(token))}
                for user, row, link, token in made
            ]
            return render(request, "parties/import_sheet.html", {"slips": slips, "contract": request.contract})
        staff = _trial(form, request, data)
        if staff is not None:
            context |= _shown(staff, data)
    status = 422 if context.get("bad_count") else form_status(form)
    return render(request, "parties/import.html", context, status=200 if context.get("ready") else status)


@allow(ADMIN)  # type: ignore[arg-type]
def template(request: Request) -> StreamingHttpResponse:
    """An empty list with its headings and two rows that show how one is filled in."""
    unit = units_of(request.contract).filter(is_active=True).first()
    rows = [
        ("zhangsan", "张三（示例）", "13800000000", "zhangsan@example.com", Role.CLERK.label, unit or "", "A05", ""),
        ("lisi", "李四（示例）", "13800000001", "", Role.ENGINEER.label, "", "", "2025-03-15"),
    ]
    return csv_response(_("Staff list"), list(HEADINGS.values()), rows)


def _trial(form: StaffListForm, request: Request, data: bytes) -> StaffList | None:
    """The checked rows; a file that is no staff list at all puts its reason into the form."""
    try:
        return staff_list_read(data=data, contract=request.contract)
    except Invalid as error:
        if not form.errors:
            form.add_error("file", error.message)
        return None


def _shown(staff: StaffList, data: bytes) -> dict[str, Any]:
    bad = len(staff.bad)
    columns = [{"label": _("Line"), "numeric": True}, {"label": _("Account")}]
    columns += [{"label": label} for label in (_("Role and unit"), _("Phone and e-mail"), _("What would happen"))]
    return {
        "staff": staff,
        "rows": sorted(staff.rows, key=lambda row: not row.problems),
        "columns": columns,
        "encoding": ENCODINGS[staff.encoding],
        "text": decode(data)[0] if not bad else "",
        "ready": not bad,
        "bad_count": bad,
        "verdict": ngettext(
            "%(n)d row is wrong, so nothing would be made.", "%(n)d rows are wrong, so nothing would be made.", bad
        )
        % {"n": bad}
        if bad
        else ngettext("%(n)d account would be made.", "%(n)d accounts would be made.", len(staff.rows))
        % {"n": len(staff.rows)},
    }
