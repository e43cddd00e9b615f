"""What people are in a contract: given, changed and ended by its administrator."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import audit, clock
from core.access import GET_POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN
from parties.forms import MembershipForm, ReasonForm
from parties.models import Contract, Membership
from parties.querysets import people_scope
from parties.services.contracts import membership_give
from parties.services.people import membership_change, membership_end
from parties.views.people import form_page, person_or_404


@allow(ADMIN, methods=GET_POST)
def give(request: Request, pk: int, contract_id: int) -> HttpResponse:
    """Let a person work in another contract that one administers too."""
    person = person_or_404(request, pk)
    contract = Contract.objects.filter(pk__in=people_scope(request.user, request.contract), pk=contract_id).first()
    if contract is None:
        raise NotFound(_("There is no such person in this contract."))
    present = Membership.objects.filter(user=person, contract=contract).first()
    if present is not None:
        return redirect("people:membership_change", present.pk)
    form = MembershipForm(request.POST or None, contract=contract)
    if form.is_bound and form.is_valid():
        row = attempt(
            form,
            membership_give,
            user=person,
            contract=contract,
            actor=request.user,
            at=clock.now(),
            source=audit.PAGE,
            **form.cleaned_data,
        )
        if row is not None:
            messages.success(request, _("Saved."))
            return redirect("people:detail", person.pk)
    context = form_page(
        form,
        title=_("Give access to %(code)s") % {"code": contract.code},
        sub=contract.project_name,
        back=reverse("people:detail", args=[person.pk]),
        back_label=person.name,
        submit=_("Give access"),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, methods=GET_POST)
def change(request: Request, pk: int) -> HttpResponse:
    """Change role, unit, position or dates; an ended membership is given again by it."""
    row = _membership(request, pk)
    initial = {name: getattr(row, name) for name in ("role", "unit", "title", "valid_from", "valid_to")}
    form = MembershipForm(request.POST or None, contract=row.contract, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(form, membership_change, membership=row, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("people:detail", row.user_id)
    context = form_page(
        form,
        title=_("Change access to %(code)s") % {"code": row.contract.code},
        sub=row.contract.project_name,
        back=reverse("people:detail", args=[row.user_id]),
        back_label=row.user.name,
        submit=_("Save") if row.is_active else _("Give access again"),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, methods=GET_POST)
def end(request: Request, pk: int) -> HttpResponse:
    """End a person's work in a contract, with the reason."""
    row = _membership(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(form, membership_end, membership=row, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The access has ended."))
            return redirect("people:detail", row.user_id)
    context = form_page(
        form,
        title=_("End access to %(code)s") % {"code": row.contract.code},
        sub=row.get_role_display(),
        back=reverse("people:detail", args=[row.user_id]),
        back_label=row.user.name,
        submit=_("End access"),
        danger=True,
        hint=_("The account stays and can be given access again. What the person did and signed stays as it is."),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


def _membership(request: Request, pk: int) -> Membership:
    rows = Membership.objects.filter(contract_id__in=people_scope(request.user, request.contract))
    row = rows.select_related("contract", "user", "unit").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such person in this contract."))
    return row
