"""/contract/: who serves whom, from when to when, and whom to call."""

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.forms import attempt, form_status
from core.http import Request
from core.panels import panels_for
from core.roles import ADMIN, BUSINESS_ROLES, MANAGER
from parties.forms import ContractForm
from parties.models import Contract
from parties.services.organisations import contract_edit
from parties.views.people import form_page


@allow(*BUSINESS_ROLES, ADMIN)
def detail(request: Request) -> HttpResponse:
    """The contract's identity: number, parties, term and days left, hotline and project contact."""
    contract = (
        Contract.objects.select_related("hall", "client", "contractor", "renews", "renewal", "project_contact")
    ).get(pk=request.contract.pk)
    today = clock.now().astimezone(clock.SHANGHAI).date()
    context = {
        "contract": contract,
        "days_left": days_left(contract, today),
        "days_until": (contract.starts_on - today).days if today < contract.starts_on else 0,
        "is_admin": request.role == ADMIN,
        "sees_contacts": request.role in (ADMIN, MANAGER),
        "panels": panels_for("contract", request, contract),
    }
    return render(request, "parties/contract.html", context)


def days_left(contract: Contract, today: date) -> int:
    """Days of the term from today to its last day, both included; 0 when it is over."""
    return max((contract.ends_on - max(today, contract.starts_on)).days + 1, 0)


@allow(ADMIN, methods=GET_POST)
def edit(request: Request) -> HttpResponse:
    """Change the hotline and the project contact."""
    contract = request.contract
    initial = {"hotline": contract.hotline, "project_contact": contract.project_contact_id}
    form = ContractForm(request.POST or None, contract=contract, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(form, contract_edit, contract=contract, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(
                request, _("Saved. Please tell the other party of a changed address or number (clause 8.1).")
            )
            return redirect("people:contract")
    context = form_page(
        form,
        title=_("Hotline and project contact"),
        back=reverse("people:contract"),
        back_label=_("Contract"),
        submit=_("Save"),
    )
    return render(request, "parties/form.html", context, status=form_status(form))
