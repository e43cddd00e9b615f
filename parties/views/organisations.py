"""The two parties of the contract with their contacts."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN, MANAGER
from parties.forms import ContactForm, OrganisationForm
from parties.models import Contact, Organisation, Vendor
from parties.querysets import contacts_of, office_contacts, organisations_of, units_of, vendors_of
from parties.services.organisations import contact_add, contact_edit, contact_switch, organisation_edit
from parties.views.people import form_page

CONTACT_FIELDS = ("name", "title", "phone", "email", "is_office")


@allow(ADMIN, MANAGER)
def index(request: Request) -> HttpResponse:
    """Client and contractor, the client's units, and the way to the vendors."""
    contract = request.contract
    contacts = Prefetch("contacts", queryset=Contact.objects.order_by("-is_active", "-is_office", "id"))
    parties = {row.pk: row for row in organisations_of(contract).prefetch_related(contacts)}
    working = Q(memberships__contract=contract, memberships__is_active=True, memberships__user__is_active=True)
    units = units_of(contract).annotate(
        window_count=Count("windows", filter=Q(windows__is_active=True), distinct=True),
        people_count=Count("memberships", filter=working, distinct=True),
    )
    context = {
        "parties": [
            {"row": parties[contract.client_id], "label": _("Client"), "is_contractor": False},
            {"row": parties[contract.contractor_id], "label": _("Contractor"), "is_contractor": True},
        ],
        "units": list(units.order_by("-is_active", "name")),
        "vendor_count": vendors_of(contract).filter(is_active=True).count(),
        "has_office": bool(office_contacts(contract)),
        "is_admin": request.role == ADMIN,
        "columns": [
            {"label": _("Unit")},
            {"label": _("Windows"), "numeric": True},
            {"label": _("People"), "numeric": True},
            {"label": _("Status")},
        ],
    }
    return render(request, "parties/organisations.html", context)


@allow(ADMIN, methods=GET_POST)
def edit(request: Request, pk: int) -> HttpResponse:
    """Correct what a party is called and where it sits."""
    organisation = _organisation(request, pk)
    initial = {name: getattr(organisation, name) for name in ("legal_name", "short_name", "address", "phone")}
    initial["aliases"] = "\n".join(organisation.aliases)
    form = OrganisationForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            organisation_edit,
            organisation=organisation,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(
                request, _("Saved. Please tell the other party of a changed address or number (clause 8.1).")
            )
            return redirect("people:organisations")
    context = _page(form, title=_("Correct the organisation"), sub=organisation.short_name, submit=_("Save"))
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, MANAGER, methods=GET_POST)
def contact_new(request: Request, pk: int) -> HttpResponse:
    """Add somebody to call at a party of the contract."""
    organisation = _organisation(request, pk)
    return add_contact(request, organisation, back=reverse("people:organisations"), back_label=_("Organisations"))


def add_contact(request: Request, of: Organisation | Vendor, *, back: str, back_label: str) -> HttpResponse:
    """The form that adds a contact to an organisation or a vendor, and what it does."""
    may_be_office = isinstance(of, Organisation) and of.pk == request.contract.contractor_id
    form = ContactForm(request.POST or None, may_be_office=may_be_office)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            contact_add,
            of=of,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect(back)
    context = form_page(form, title=_("Add a contact"), sub=str(of), back=back, back_label=back_label, submit=_("Add"))
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, MANAGER, methods=GET_POST)
def contact_change(request: Request, pk: int) -> HttpResponse:
    """Correct a contact; what it was before is kept."""
    contact = _contact(request, pk)
    initial = {name: getattr(contact, name) for name in CONTACT_FIELDS}
    may_be_office = contact.organisation_id == request.contract.contractor_id
    form = ContactForm(request.POST or None, initial=initial, may_be_office=may_be_office)
    back, label = _back_of(contact)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            contact_edit,
            contact=contact,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect(back)
    context = form_page(
        form,
        title=_("Correct the contact"),
        sub=str(contact.organisation or contact.vendor),
        back=back,
        back_label=label,
        submit=_("Save"),
        hint=_("A changed address or number has to be told to the other party without delay (clause 8.1)."),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, MANAGER, methods=POST)
def contact_turn(request: Request, pk: int) -> HttpResponse:
    """Take a contact out of use, or back."""
    contact = _contact(request, pk)
    contact_switch(
        contact=contact,
        contract=request.contract,
        active=request.POST.get("active") == "1",
        actor=request.user,
        at=clock.now(),
    )
    messages.success(request, _("Saved."))
    return redirect(_back_of(contact)[0])


def _page(form: Any, **page: Any) -> dict[str, Any]:
    return form_page(form, back=reverse("people:organisations"), back_label=_("Organisations"), **page)


def _back_of(contact: Contact) -> tuple[str, str]:
    if contact.vendor is not None:
        return reverse("people:vendor", args=[contact.vendor.pk]), contact.vendor.name
    return reverse("people:organisations"), _("Organisations")


def _organisation(request: Request, pk: int) -> Organisation:
    organisation = organisations_of(request.contract).filter(pk=pk).first()
    if organisation is None:
        raise NotFound(_("There is no such organisation in this contract."))
    return organisation


def _contact(request: Request, pk: int) -> Contact:
    contact = contacts_of(request.contract).filter(pk=pk).select_related("organisation", "vendor").first()
    if contact is None:
        raise NotFound(_("There is no such contact in this contract."))
    return contact
