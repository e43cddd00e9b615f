"""Doors to difficult faults, vendors, spares and parts of one ticket: a form each, which works without JavaScript too."""

from collections.abc import Callable, Collection
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.errors import NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, MANAGER, STAFF_ROLES
from devices.finds.spares import open_loans_of, spare_offer
from devices.models import Loan
from devices.models.loan import OPEN
from tickets import permissions
from tickets.finds.repair import dispatches_visible_to
from tickets.forms.core import ReasonForm
from tickets.forms.repair import (
    EscalateForm,
    LinkLoanForm,
    NoSpareForm,
    PartForm,
    PlanForm,
    SpareForm,
    VendorArrivedForm,
    VendorCallOffForm,
    VendorDoneForm,
    VendorFailedForm,
    VendorForm,
)
from tickets.models import Dispatch, Plan, Ticket, TicketPart
from tickets.services import common
from tickets.services.confirm_difficult import ticket_confirm_difficult
from tickets.services.escalate import ticket_escalate
from tickets.services.not_difficult import ticket_not_difficult
from tickets.services.part_use import USING
from tickets.services.part_use import part_undo as part_undo_service
from tickets.services.part_use import part_use as part_use_service
from tickets.services.plan import plan_revise, ticket_plan
from tickets.services.plan_write import being_written, plan_write
from tickets.services.plan_write import plan_return as plan_return_service
from tickets.services.spare import LENDING
from tickets.services.spare import loan_link as loan_link_service
from tickets.services.spare import no_spare as no_spare_service
from tickets.services.spare_lend import ticket_spare_lend
from tickets.services.vendor_arrived import vendor_arrived as vendor_arrived_service
from tickets.services.vendor_call import vendor_call
from tickets.services.vendor_call_off import vendor_call_off as vendor_call_off_service
from tickets.services.vendor_done import vendor_done as vendor_done_service
from tickets.services.vendor_failed import vendor_failed as vendor_failed_service
from tickets.services.wait_vendor import ticket_wait_vendor
from tickets.states import BEING_DONE, DISPATCH_OPEN, TICKET_FLOW, PlanStatus, TicketStatus
from tickets.views.common import live, ticket_of, to_ticket

MOST_LOANS = 50


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_("Your role may not do this to this ticket."))


def _bound(request: Request) -> Any:
    return request.POST if request.method == "POST" else None


def _page(request: Request, ticket: Ticket, form: forms.BaseForm, fragment: str, **context: Any) -> HttpResponse:
    """A form as a page of its own, or as a fragment for a request by htmx."""
    path = f"tickets/repair/_{fragment}.html"
    values = {"ticket": ticket, "form": form, "fragment": path, **context}
    return render(request, path if request.htmx else "tickets/form.html", values, status=form_status(form))


def _too_late(request: Request, ticket: Ticket, verb: str, form: forms.BaseForm) -> bool:
    """Whether somebody only wants to look at a form whose time is over; they are told so."""
    if form.is_bound or TICKET_FLOW.allows(verb, ticket.status):
        return False
    messages.warning(request, common.who_won(ticket, verb))
    return True


def _over(request: Request, ticket: Ticket, form: forms.BaseForm, states: Collection[str]) -> bool:
    """The same for what is possible in these states and is no move of the ticket's flow."""
    if form.is_bound or ticket.status in states:
        return False
    messages.warning(request, common.who_won(ticket, ""))
    return True


def _acted(request: Request, form: forms.Form, service: Callable[..., Any], ticket: Ticket) -> bool:
    """Whether the form was sent, holds, and its service has acted with what it says."""
    if not (form.is_bound and form.is_valid()):
        return False
    return live(form, service, ticket, actor=request.user, **form.cleaned_data) is not None


# Difficult faults -----------------------------------------------------------------------------------------------------


def _verb(
    request: Request,
    code: str,
    verb: str,
    allowed: Callable[[Any, Ticket], bool],
    form_of: Callable[..., forms.Form],
    service: Callable[..., Any],
    done: str,
) -> HttpResponse:
    """A verb of the ticket's flow whose form gives the arguments of its service."""
    ticket = ticket_of(request, code)
    _require(allowed(request.user, ticket))
    form = form_of(_bound(request))
    if _too_late(request, ticket, verb, form):
        return to_ticket(ticket)
    if _acted(request, form, service, ticket):
        messages.success(request, done)
        return to_ticket(ticket)
    return _page(request, ticket, form, verb)


@allow(*STAFF_ROLES, methods=GET_POST)
def escalate(request: Request, code: str) -> HttpResponse:
    """The fault is difficult: on to the manager."""
    done = _("The manager has the fault now.")
    return _verb(request, code, "escalate", permissions.can_escalate, EscalateForm, ticket_escalate, done)


@allow(MANAGER, methods=GET_POST)
def confirm_difficult(request: Request, code: str) -> HttpResponse:
    """The manager agrees: the hour ends, the days count."""
    done = _("Confirmed. The working days count from the day of receipt.")
    return _verb(request, code, "confirm_difficult", permissions.can_judge, ReasonForm, ticket_confirm_difficult, done)


@allow(MANAGER, methods=GET_POST)
def not_difficult(request: Request, code: str) -> HttpResponse:
    """The manager finds an ordinary fault."""
    done = _("The engineer goes on with it as an ordinary fault.")
    return _verb(request, code, "not_difficult", permissions.can_judge, ReasonForm, ticket_not_difficult, done)


@allow(*STAFF_ROLES, methods=GET_POST)
def plan(request: Request, code: str) -> HttpResponse:
    """The plan: written by an engineer, put in force by the manager, who also says how the client was told."""
    ticket = ticket_of(request, code)
    _require(permissions.can_write_plan(request.user, ticket))
    decides = permissions.can_judge(request.user, ticket)
    open_one = being_written(ticket)
    newest = open_one or Plan.objects.filter(ticket=ticket).first()
    form = PlanForm(_bound(request), ticket=ticket, plan=newest, decides=decides)
    if form.is_bound and form.is_valid():
        act = request.POST.get("act", "")
        if act == "approve":

            def service(*, ticket: Ticket, actor: Any, at: Any) -> Ticket:
                begin = ticket_plan if ticket.status == TicketStatus.ESCALATED else plan_revise
                return begin(ticket=ticket, actor=actor, at=at, values=form.values(), **form.told(at))

            done = live(form, service, ticket, actor=request.user)
            said = _("The plan is in force and the client has been told.")
        else:
            done = live(
                form,
                plan_write,
                ticket,
                actor=request.user,
                values=form.values(),
                submit=act == "submit",
                version_seen=form.cleaned_data["version"],
            )
            said = _("The plan lies with the manager.") if act == "submit" else _("The draft is kept.")
        if done is not None:
            messages.success(request, said)
            return to_ticket(ticket)
    return _page(
        request,
        ticket,
        form,
        "plan",
        decides=decides,
        plan=open_one,
        submitted=open_one is not None and open_one.status == PlanStatus.SUBMITTED,
        due=ticket.repair_clock.due_at if ticket.repair_clock is not None else None,
    )


@allow(MANAGER, methods=GET_POST)
def plan_return(request: Request, code: str) -> HttpResponse:
    """The manager gives a submitted plan back."""
    ticket = ticket_of(request, code)
    _require(permissions.can_judge(request.user, ticket))
    form = ReasonForm(_bound(request))
    if _acted(request, form, plan_return_service, ticket):
        messages.success(request, _("The plan went back to who wrote it."))
        return to_ticket(ticket)
    return _page(request, ticket, form, "plan_return")


@allow(*BUSINESS_ROLES)
def plan_pdf(request: Request, code: str, number: int) -> HttpResponse:
    """One version of the plan on A4; a paper of the contract, so it is Chinese whatever the reader's language."""
    ticket = ticket_of(request, code)
    rows = Plan.objects.filter(ticket=ticket, number=number).select_related("author", "approved_by")
    if request.role in CLIENT_ROLES:
        rows = rows.filter(status__in=(PlanStatus.IN_FORCE, PlanStatus.REPLACED))
    found = rows.first()
    if found is None:
        raise NotFound(_("There is no such version of the plan."))
    with translation.override("zh-hans"):
        html = render_to_string(
            "tickets/repair/plan_sheet.html",
            {
                "ticket": ticket,
                "plan": found,
                "code": f"{ticket.code} · 方案第{found.number}版",
                "project": str(ticket.frozen_names.get("project", "")),
                "names": ticket.frozen_names,
                "made_at": clock.now(),
            },
        )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{ticket.code}-plan-{found.number}.pdf"'
    return response


# Vendors --------------------------------------------------------------------------------------------------------------


@allow(*STAFF_ROLES, methods=GET_POST)
def wait_vendor(request: Request, code: str) -> HttpResponse:
    """A vendor was called; the work may wait for them."""
    ticket = ticket_of(request, code)
    _require(permissions.can_dispatch(request.user, ticket))
    may_wait = TICKET_FLOW.allows("wait_vendor", ticket.status)
    form = VendorForm(_bound(request), ticket=ticket, may_wait=may_wait)
    if _over(request, ticket, form, BEING_DONE):
        return to_ticket(ticket)
    if form.is_bound and form.is_valid():

        def service(*, ticket: Ticket, actor: Any, at: Any) -> Dispatch:
            call = ticket_wait_vendor if form.cleaned_data.get("waits") else vendor_call
            return call(ticket=ticket, actor=actor, at=at, **form.values(at))

        if live(form, service, ticket, actor=request.user) is not None:
            messages.success(request, _("The call is recorded; the vendor's own clock runs."))
            return to_ticket(ticket)
    return _page(request, ticket, form, "vendor")


def _dispatch_of(request: Request, code: str, pk: int) -> Dispatch:
    rows = dispatches_visible_to(request.user).filter(contract=request.contract, ticket__code=code, pk=pk)
    dispatch = rows.select_related("ticket__contract", "ticket__place", "ticket__window", "ticket__device").first()
    if dispatch is None:
        raise NotFound(_("There is no such call to a vendor."))
    _require(permissions.can_watch_dispatch(request.user, dispatch))
    return dispatch


def _dispatch_verb(
    request: Request,
    dispatch: Dispatch,
    form: Any,
    verb: str,
    service: Callable[..., Any],
    done: str,
) -> HttpResponse:
    if not form.is_bound and dispatch.status not in DISPATCH_OPEN:
        status = dispatch.get_status_display()
        messages.warning(request, _("How this call ended is recorded already: %(status)s.") % {"status": status})
        return to_ticket(dispatch.ticket)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            # The ticket's row first, as every verb of the ticket holds it: two that meet never wait for each other in a circle.
            Ticket.objects.select_for_update(of=("self",)).get(pk=dispatch.ticket_id)
            held = Dispatch.objects.select_for_update(of=("self",)).get(pk=dispatch.pk)
            held.ticket, held.vendor, held.supervisor = dispatch.ticket, dispatch.vendor, dispatch.supervisor
            at = clock.now()
            values = form.values(at) if hasattr(form, "values") else form.cleaned_data
            acted = attempt(form, service, dispatch=held, actor=request.user, at=at, **values)
        if acted is not None:
            messages.success(request, done)
            return to_ticket(dispatch.ticket)
    return _page(request, dispatch.ticket, form, verb, dispatch=dispatch)


@allow(*STAFF_ROLES, methods=GET_POST)
def vendor_arrived(request: Request, code: str, pk: int) -> HttpResponse:
    """The vendor is here."""
    dispatch = _dispatch_of(request, code, pk)
    form = VendorArrivedForm(_bound(request))
    return _dispatch_verb(
        request, dispatch, form, "vendor_arrived", vendor_arrived_service, _("The vendor's arrival is recorded.")
    )


@allow(*STAFF_ROLES, methods=GET_POST)
def vendor_done(request: Request, code: str, pk: int) -> HttpResponse:
    """The vendor has finished."""
    dispatch = _dispatch_of(request, code, pk)
    form = VendorDoneForm(_bound(request), dispatch=dispatch)
    return _dispatch_verb(
        request, dispatch, form, "vendor_done", vendor_done_service, _("The vendor's work is recorded.")
    )


@allow(*STAFF_ROLES, methods=GET_POST)
def vendor_failed(request: Request, code: str, pk: int) -> HttpResponse:
    """The vendor did not come, or did not solve it."""
    dispatch = _dispatch_of(request, code, pk)
    form = VendorFailedForm(_bound(request))
    return _dispatch_verb(
        request, dispatch, form, "vendor_failed", vendor_failed_service, _("Recorded; the manager has been told.")
    )


@allow(*STAFF_ROLES, methods=GET_POST)
def vendor_call_off(request: Request, code: str, pk: int) -> HttpResponse:
    """The vendor is not needed any more."""
    dispatch = _dispatch_of(request, code, pk)
    form = VendorCallOffForm(_bound(request))
    return _dispatch_verb(
        request, dispatch, form, "vendor_call_off", vendor_call_off_service, _("The vendor is called off.")
    )


# Spares and parts -----------------------------------------------------------------------------------------------------


@allow(*STAFF_ROLES, methods=GET_POST)
def spare_lend(request: Request, code: str) -> HttpResponse:
    """Lend a spare of the same kind for the time of the repair."""
    ticket = ticket_of(request, code)
    _require(permissions.can_lend(request.user, ticket))
    offered = spare_offer(ticket.device) if ticket.device is not None else []
    due = ticket.repair_clock.due_at if ticket.repair_clock is not None else None
    form = SpareForm(_bound(request), ticket=ticket, offered=offered, due=due)
    if _over(request, ticket, form, LENDING):
        return to_ticket(ticket)
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        chosen = values.pop("spare")
        values["spare"] = next(row for row in offered if row.pk == chosen)
        if live(form, ticket_spare_lend, ticket, actor=request.user, **values) is not None:
            messages.success(request, _("The spare is lent. Please let both sides sign the slip."))
            return to_ticket(ticket)
    return _page(request, ticket, form, "spare", offered=offered, loans=_loans_offered(ticket)[:1])


@allow(*STAFF_ROLES, methods=GET_POST)
def loan_link(request: Request, code: str) -> HttpResponse:
    """An open loan slip belongs to this ticket."""
    ticket = ticket_of(request, code)
    _require(permissions.can_lend(request.user, ticket))
    offered = _loans_offered(ticket)
    form = LinkLoanForm(_bound(request), offered=offered)
    if _over(request, ticket, form, LENDING):
        return to_ticket(ticket)
    if _acted(request, form, loan_link_service, ticket):
        messages.success(request, _("The loan belongs to this ticket now."))
        return to_ticket(ticket)
    return _page(request, ticket, form, "loan_link", offered=list(offered))


def _loans_offered(ticket: Ticket) -> Any:
    """Open loans that belong to no ticket: of the ticket's device, else of the hall."""
    if ticket.device is not None:
        rows = open_loans_of(ticket.device)
    else:
        rows = Loan.objects.filter(contract__hall=ticket.contract.hall_id, status__in=OPEN).select_related(
            "device", "part"
        )
    newest = rows.filter(ticket_loan=None).order_by("-pk").values("pk")[:MOST_LOANS]
    return Loan.objects.filter(pk__in=list(newest.values_list("pk", flat=True))).select_related(
        "contract", "device", "part"
    )


@allow(*STAFF_ROLES, methods=GET_POST)
def no_spare(request: Request, code: str) -> HttpResponse:
    """Why no spare is lent."""
    ticket = ticket_of(request, code)
    _require(permissions.can_lend(request.user, ticket))
    form = NoSpareForm(_bound(request), initial={"why": "none_left"})
    if _acted(request, form, no_spare_service, ticket):
        messages.success(request, _("The reason is recorded."))
        return to_ticket(ticket)
    return _page(request, ticket, form, "no_spare")


@allow(*STAFF_ROLES, methods=GET_POST)
def part_use(request: Request, code: str) -> HttpResponse:
    """A part was used."""
    ticket = ticket_of(request, code)
    _require(permissions.can_use_parts(request.user, ticket))
    form = PartForm(_bound(request), ticket=ticket)
    if _over(request, ticket, form, USING):
        return to_ticket(ticket)
    if _acted(request, form, part_use_service, ticket):
        messages.success(request, _("The part is entered."))
        return to_ticket(ticket)
    return _page(request, ticket, form, "part")


@allow(*STAFF_ROLES, methods=GET_POST)
def part_undo(request: Request, code: str, pk: int) -> HttpResponse:
    """A part that was entered wrongly is taken back."""
    ticket = ticket_of(request, code)
    _require(permissions.can_use_parts(request.user, ticket))
    used = TicketPart.objects.filter(ticket=ticket, pk=pk).select_related("movement__item", "movement__device").first()
    if used is None:
        raise NotFound(_("There is no such part on this ticket."))
    form = ReasonForm(_bound(request))
    if form.is_bound and form.is_valid():

        def service(*, ticket: Ticket, actor: Any, at: Any) -> TicketPart:
            used.ticket = ticket
            return part_undo_service(used=used, actor=actor, at=at, reason=form.cleaned_data["reason"])

        if live(form, service, ticket, actor=request.user) is not None:
            messages.success(request, _("The part is taken back."))
            return to_ticket(ticket)
    return _page(request, ticket, form, "part_undo", used=used)
