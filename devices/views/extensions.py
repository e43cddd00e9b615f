"""Telephone extensions: list, form, export, the directory on paper."""

from typing import Any

from django.contrib import messages
from django.db.models import F, Q, QuerySet
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.forms import attempt
from core.http import Request
from core.pdf import pdf_render
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.network import extensions_visible_to
from devices.forms.network import ExtensionForm
from devices.models import Extension
from devices.services.extensions import FIELDS, extension_create, extension_edit
from devices.states import ExtensionStatus
from devices.tabs import READERS
from devices.views.network_page import PAGE_SIZE, exported, form_page, page_context, row_of

DIRECTORY_MOST = 2_000
"""Lines of a printed directory: forty pages."""


@allow(*READERS)
def extension_list(request: Request) -> HttpResponse:
    """The hall's extensions by number."""
    rows = _found(request)
    after = request.GET.get("after", "")[:12]
    if after:
        rows = rows.filter(number__gt=after)
    page = list(rows.order_by("number")[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    context = page_context(
        request,
        "extensions",
        extensions=shown,
        next_after=shown[-1].number if len(page) > PAGE_SIZE else "",
        is_first=not after,
        q=request.GET.get("q", "")[:60],
        chips=_chips(request),
        may_export=request.role in (ENGINEER, MANAGER, SUPERVISOR, LEADER),
        columns=[
            {"label": _("Extension")},
            {"label": _("User")},
            {"label": _("Place")},
            {"label": _("Telephone or gateway")},
            {"label": _("Status")},
        ],
    )
    return render(request, "devices/network/extensions.html", context)


def _found(request: Request) -> QuerySet[Extension]:
    rows = extensions_visible_to(request.user).filter(hall=request.contract.hall_id)
    q, status = request.GET.get("q", "").strip()[:60], request.GET.get("status", "")
    if status in ExtensionStatus.values:
        rows = rows.filter(status=status)
    if q:
        rows = rows.filter(
            Q(number__startswith=q)
            | Q(user__icontains=q)
            | Q(unit__name__icontains=q)
            | Q(place__name__icontains=q)
            | Q(device__code__icontains=q)
            | Q(note__icontains=q)
        )
    return rows.select_related("place", "unit", "device")


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("status", "")
    chips = []
    for value, label in [("", _("All")), *((str(one.value), str(one.label)) for one in ExtensionStatus)]:
        params = request.GET.copy()
        for name in ("after", "status"):
            params.pop(name, None)
        if value:
            params["status"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


@allow(ENGINEER, MANAGER, methods=GET_POST)
def extension_new(request: Request) -> HttpResponse:
    """Enter an extension."""
    form = ExtensionForm(request.POST or None, contract=request.contract)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            extension_create,
            hall=request.contract.hall,
            contract=request.contract,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:extensions")
    return _form(request, form, _("Enter an extension"))


@allow(ENGINEER, MANAGER, methods=GET_POST)
def extension_change(request: Request, pk: int) -> HttpResponse:
    """Change an extension."""
    rows = extensions_visible_to(request.user).select_related("place", "unit", "device")
    extension = row_of(rows, pk=pk, hall=request.contract.hall_id)
    initial: dict[str, Any] = {name: getattr(extension, name) for name in (*FIELDS, "version")}
    initial["device"] = extension.device.code if extension.device else ""
    form = ExtensionForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            extension_edit,
            extension=extension,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:extensions")
    title = _("Extension %(number)s") % {"number": extension.number}
    return _form(request, form, title, chosen_device=str(extension.device or ""))


def _form(request: Request, form: ExtensionForm, title: str, **more: Any) -> HttpResponse:
    return form_page(
        request,
        form,
        "extensions",
        title=title,
        back=reverse("devices:extensions"),
        back_label=_("Extensions"),
        submit=_("Save"),
        wide=("note",),
        **more,
    )


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def extension_export(request: Request) -> StreamingHttpResponse | FileResponse:
    """The filtered extensions as csv or xlsx."""
    header = [_("Extension"), _("Status"), _("User"), _("Unit"), _("Place"), _("Device number"), _("Note")]
    cells = (
        (
            row.number, row.get_status_display(), row.user, row.unit.name if row.unit else "", row.place.name if row.place else "",
            row.device.code if row.device else "", row.note,
        )
        for row in _found(request).order_by("number").iterator(chunk_size=500)
    )  # fmt: skip
    return exported(request, "extensions", str(_("Extensions")), header, cells)


@allow(*READERS)
def directory(request: Request) -> HttpResponse:
    """The internal telephone list on A4, by unit and number; only extensions in use, no private numbers."""
    rows = extensions_visible_to(request.user).filter(hall=request.contract.hall_id, status=ExtensionStatus.IN_USE)
    listed = rows.select_related("unit", "place").order_by(F("unit__name").asc(nulls_last=True), "number")
    context = {
        "rows": list(listed[:DIRECTORY_MOST]),
        "hall": request.contract.hall,
        "code": "",
        "project": request.contract.project_name,
        "made_at": clock.now(),
        "hotline": request.contract.hotline,
    }
    response = HttpResponse(
        pdf_render(render_to_string("devices/network/directory_sheet.html", context)), content_type="application/pdf"
    )
    response["Content-Disposition"] = 'inline; filename="directory.pdf"'
    return response
