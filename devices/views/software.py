"""The hall's software systems: list, search, export, corrected by who keeps the register."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.register import software_matching, software_visible_to
from devices.forms.register import SoftwareForm, software_initial
from devices.models import Installation, Software
from devices.services.common import KEEPERS
from devices.services.parts import software_create, software_edit
from devices.tabs import READERS
from records.services.audit import audit_write

PAGE_SIZE = 50
DEVICES_SHOWN = 100


@allow(*READERS)
def software_list(request: Request) -> HttpResponse:
    """All software systems of the hall, those in use unless asked otherwise, paged by name."""
    rows = _found(request)
    try:
        start = max(0, int(request.GET.get("page", "0")[:4]))
    except ValueError:
        start = 0
    page = list(rows[start * PAGE_SIZE : (start + 1) * PAGE_SIZE + 1])
    context = {
        "rows": page[:PAGE_SIZE],
        "q": request.GET.get("q", "")[:60],
        "all": request.GET.get("all", "") == "1",
        "next_page": start + 1 if len(page) > PAGE_SIZE else 0,
        "previous_page": start - 1,
        "start": start,
        "keeps": request.role in KEEPERS,
        "may_export": request.role != AUDITOR,
        "columns": [
            {"label": _("Software")},
            {"label": _("Licence")},
            {"label": _("Used by")},
            {"label": _("Vendor")},
            {"label": _("Devices"), "numeric": True},
        ],
    }
    return render(request, "devices/register/software.html", context)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def software_export(request: Request) -> HttpResponseBase:
    """The searched list as csv or xlsx; the export itself is entered in the history."""
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "software", "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )
    header = [
        _("Name"), _("Version"), _("Licence"), _("Licence until"), _("Used by"), _("Vendor"), _("Contact"), _("Address"),
        _("Devices"), _("In use"), _("Remark"),
    ]  # fmt: skip
    cells = (
        (
            row.name, row.release, row.licence, row.licence_until, row.owner_unit or "", row.vendor or "", row.contact, row.url,
            row.device_count, _("Yes") if row.is_active else _("No"), row.remark,  # type: ignore[attr-defined]
        )
        for row in _found(request).iterator(chunk_size=500)
    )  # fmt: skip
    name = f"{_('Software')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    return table_response(request.POST.get("fmt", "csv"), name, header, cells, sheet=_("Software"))


@allow(*KEEPERS, methods=GET_POST)
def software_new(request: Request) -> HttpResponse:
    """Enter a software system."""
    form = SoftwareForm(request.POST or None, contract=request.contract)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            software_create,
            hall=request.contract.hall,
            contract=request.contract,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:software", done.pk)
    return _form(request, form, title=_("New software"), submit=_("Add"))


@allow(*READERS)
def software_detail(request: Request, pk: int) -> HttpResponse:
    """One software system, and on which devices it runs."""
    software = _software(request, pk)
    rows = Installation.objects.filter(software=software, removed_on__isnull=True)
    context = {
        "software": software,
        "facts": [
            (_("Version"), software.release),
            (_("Licence"), software.licence),
            (_("Licence until"), f"{software.licence_until:%Y-%m-%d}" if software.licence_until else ""),
            (_("Used by"), software.owner_unit or ""),
            (_("Vendor"), software.vendor or ""),
            (_("Contact"), software.contact),
            (_("Remark"), software.remark),
        ],
        "installations": list(rows.select_related("device__place").order_by("device__code")[:DEVICES_SHOWN]),
        "keeps": request.role in KEEPERS,
        "limit": DEVICES_SHOWN,
    }
    return render(request, "devices/register/software_detail.html", context)


@allow(*KEEPERS, methods=GET_POST)
def edit(request: Request, pk: int) -> HttpResponse:
    """Correct a software system, or take it out of use."""
    software = _software(request, pk)
    form = SoftwareForm(request.POST or None, contract=request.contract, initial=software_initial(software))
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            software_edit,
            software=software,
            contract=request.contract,
            version_seen=form.cleaned_data["version"] or 0,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:software", pk)
    back = {"back": reverse("devices:software", args=[pk]), "back_label": software.name}
    return _form(request, form, title=_("Correct the software"), submit=_("Save"), **back)


def _found(request: Request) -> QuerySet[Software]:
    rows = software_visible_to(request.user).filter(hall=request.contract.hall_id)
    if request.GET.get("all", "") != "1":
        rows = rows.filter(is_active=True)
    rows = software_matching(rows, request.GET.get("q", "")[:60])
    installed = Count("installations", filter=Q(installations__removed_on__isnull=True), distinct=True)
    rows = rows.select_related("owner_unit", "vendor").annotate(device_count=installed)
    return rows.order_by("name", "release", "pk")


def _software(request: Request, pk: int) -> Software:
    rows = software_visible_to(request.user).filter(hall=request.contract.hall_id, pk=pk)
    software = rows.select_related("owner_unit", "vendor", "hall").first()
    if software is None:
        raise NotFound(_("There is no such software in this hall."))
    return software


def _form(request: Request, form: SoftwareForm, **page: Any) -> HttpResponse:
    context = {"form": form, "back": reverse("devices:softwares"), "back_label": _("Software"), **page}
    return render(request, "devices/register/small_form.html", context, status=form_status(form))
