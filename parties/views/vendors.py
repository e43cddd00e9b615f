"""Vendors of the hall with whom to call there; kept by the administrator and by the manager."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import audit, clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.export import csv_response
from core.forms import attempt, form_status
from core.http import Request
from core.panels import panels_for
from core.roles import ADMIN, MANAGER
from core.templatetags.ui import mask_phone
from parties.forms import VendorForm
from parties.models import Contact, Vendor
from parties.querysets import vendors_matching, vendors_of
from parties.services.organisations import vendor_add, vendor_edit, vendor_switch
from parties.views.organisations import add_contact
from parties.views.people import form_page

PAGE_SIZE = 50
FIELDS = ("name", "service_scope", "sla_hours", "contract_end")


@allow(ADMIN, MANAGER)
def vendor_list(request: Request) -> HttpResponse:
    """All vendors of the hall, searched, paged by name."""
    vendors = _found(request)
    after = request.GET.get("after", "")[:80]
    if after:
        vendors = vendors.filter(name__gt=after)
    page = list(vendors[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    context = {
        "vendors": shown,
        "today": clock.now().astimezone(clock.SHANGHAI).date(),
        "q": request.GET.get("q", "")[:60],
        "chips": _chips(request),
        "next_after": shown[-1].name if len(page) > PAGE_SIZE else "",
        "is_first": not after,
        "columns": [
            {"label": _("Vendor")},
            {"label": _("Contact")},
            {"label": _("Promised response")},
            {"label": _("Contract ends on")},
            {"label": _("Status")},
        ],
    }
    return render(request, "parties/vendors.html", context)


@allow(ADMIN, MANAGER, methods=POST)  # type: ignore[arg-type]
def export(request: Request) -> StreamingHttpResponse:
    """The searched list as CSV, telephone masked; the export itself is entered in the history."""
    now = clock.now()
    audit.write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        source=audit.PAGE,
        after={"what": "vendors", "filter": request.GET.urlencode()[:300]},
        internal=True,
    )
    header = [
        _("Name"), _("Service scope"), _("Promised response (hours)"), _("Contract ends on"), _("Status"), _("Contact"),
        _("Position"), _("Phone"),
    ]  # fmt: skip
    cells = (
        (
            row.name, row.service_scope, row.sla_hours, row.contract_end, _("Active") if row.is_active else _("Deactivated"),
            contact.name if contact else "", contact.title if contact else "",
            mask_phone(contact.phone) if contact and contact.phone else "",
        )
        for row in _found(request).iterator(chunk_size=200)
        for contact in (row.shown_contacts or [None])
    )  # fmt: skip
    return csv_response(f"{_('Vendors')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}", header, cells)


@allow(ADMIN, MANAGER)
def detail(request: Request, pk: int) -> HttpResponse:
    """One vendor with its contacts, and what other parts of the house know of it."""
    vendor = _vendor(request, pk)
    context = {
        "vendor": vendor,
        "contacts": list(vendor.contacts.order_by("-is_active", "id")),
        "facts": [
            (_("Service scope"), vendor.service_scope),
            (_("Promised response (hours)"), vendor.sla_hours),
            (_("Contract ends on"), f"{vendor.contract_end:%Y-%m-%d}" if vendor.contract_end else ""),
        ],
        "panels": panels_for("vendor", request, vendor),
    }
    return render(request, "parties/vendor.html", context)


@allow(ADMIN, MANAGER, methods=GET_POST)
def add(request: Request) -> HttpResponse:
    """Add a vendor."""
    form = VendorForm(request.POST or None)
    if form.is_bound and form.is_valid():
        vendor = attempt(
            form, vendor_add, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )
        if vendor is not None:
            messages.success(request, _("Saved. Please add whom to call there."))
            return redirect("people:vendor", vendor.pk)
    back = reverse("people:vendors")
    return _form(request, form, title=_("Add a vendor"), back=back, back_label=_("Vendors"), submit=_("Add"))


@allow(ADMIN, MANAGER, methods=GET_POST)
def edit(request: Request, pk: int) -> HttpResponse:
    """Correct a vendor."""
    vendor = _vendor(request, pk)
    form = VendorForm(request.POST or None, initial={name: getattr(vendor, name) for name in FIELDS})
    back = reverse("people:vendor", args=[pk])
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            vendor_edit,
            vendor=vendor,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect(back)
    return _form(request, form, title=_("Correct the vendor"), back=back, back_label=vendor.name, submit=_("Save"))


@allow(ADMIN, MANAGER, methods=POST)
def turn(request: Request, pk: int) -> HttpResponse:
    """Close a vendor, or open it again."""
    vendor_switch(
        vendor=_vendor(request, pk),
        contract=request.contract,
        active=request.POST.get("active") == "1",
        actor=request.user,
        at=clock.now(),
    )
    messages.success(request, _("Saved."))
    return redirect("people:vendor", pk)


@allow(ADMIN, MANAGER, methods=GET_POST)
def contact_new(request: Request, pk: int) -> HttpResponse:
    """Add somebody to call at a vendor."""
    vendor = _vendor(request, pk)
    return add_contact(request, vendor, back=reverse("people:vendor", args=[pk]), back_label=vendor.name)


def _form(request: Request, form: VendorForm, **page: Any) -> HttpResponse:
    return render(request, "parties/form.html", form_page(form, **page), status=form_status(form))


def _found(request: Request) -> QuerySet[Vendor, Any]:
    """The vendors asked for, each with its active contacts (vendor.shown_contacts)."""
    vendors = vendors_of(request.contract)
    text = request.GET.get("q", "").strip()[:60]
    if text:
        vendors = vendors_matching(vendors, text)
    state = request.GET.get("state", "")
    if state != "all":
        vendors = vendors.filter(is_active=state != "inactive")
    contacts = Contact.objects.filter(is_active=True).order_by("id")
    return vendors.order_by("name").prefetch_related(Prefetch("contacts", queryset=contacts, to_attr="shown_contacts"))


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("state", "")
    chips = []
    for value, label in {"": _("Active"), "inactive": _("Deactivated"), "all": _("All")}.items():
        params = request.GET.copy()
        for name in ("after", "state"):
            params.pop(name, None)
        if value:
            params["state"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


def _vendor(request: Request, pk: int) -> Vendor:
    vendor = vendors_of(request.contract).filter(pk=pk).first()
    if vendor is None:
        raise NotFound(_("There is no such vendor in this hall."))
    return vendor
