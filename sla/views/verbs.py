"""Doors to what people do to a clock itself: explain a breach, ask for an exemption, decide about it, amend the deadline."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core import clock as clocks
from core import subjects
from core.access import GET_POST, allow
from core.errors import Conflict
from core.forms import attempt, form_status
from core.http import Request
from core.roles import LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from sla.forms import AmendForm, DecisionForm, ExemptionForm, ExplainForm
from sla.models import Clock
from sla.present import clock_view
from sla.services.amend import clock_amend
from sla.services.exemption import exemption_decide, exemption_request
from sla.services.explain import breach_explain
from sla.states import ExemptionStatus
from sla.views.common import clock_of
from sla.words import promise_label


@allow(*STAFF_ROLES, methods=GET_POST)
def exempt(request: Request, pk: int) -> HttpResponse:
    """Ask the client that a promise be excused."""
    clock = clock_of(request, pk)
    form = ExemptionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        if attempt(form, exemption_request, clock=clock, actor=request.user, at=clocks.now(), **given) is not None:
            messages.success(request, _("The client has been asked."))
            return redirect("sla:why", pk=clock.pk)
    return _page(request, clock, form, "exempt")


@allow(SUPERVISOR, LEADER, methods=GET_POST)
def decide(request: Request, pk: int) -> HttpResponse:
    """Approve or refuse what the contractor asked for."""
    clock = clock_of(request, pk)
    waiting = clock.exemptions.select_related("requested_by").filter(status=ExemptionStatus.REQUESTED).first()
    if waiting is None:
        raise Conflict(_("No request waits for an answer."))
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        approve = form.cleaned_data["answer"] == "approve"
        decided = attempt(
            form,
            exemption_decide,
            exemption=waiting,
            approve=approve,
            note=form.cleaned_data["note"],
            actor=request.user,
            at=clocks.now(),
        )
        if decided is not None:
            messages.success(request, _("Approved.") if approve else _("Refused."))
            return redirect("sla:why", pk=clock.pk)
    return _page(request, clock, form, "decide", exemption=waiting)


@allow(*STAFF_ROLES, methods=GET_POST)
def explain(request: Request, pk: int) -> HttpResponse:
    """Say why a promise was missed."""
    clock = clock_of(request, pk)
    form = ExplainForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        if attempt(form, breach_explain, clock=clock, actor=request.user, at=clocks.now(), **given) is not None:
            messages.success(request, _("The reason is recorded."))
            return redirect("sla:why", pk=clock.pk)
    return _page(request, clock, form, "explain")


@allow(MANAGER, methods=GET_POST)
def amend(request: Request, pk: int) -> HttpResponse:
    """Change when a running promise is due, with a reason."""
    clock = clock_of(request, pk)
    form = AmendForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.arguments(request.contract)
        if attempt(form, clock_amend, clock=clock, actor=request.user, at=clocks.now(), **given) is not None:
            messages.success(request, _("The deadline is amended. The old one stays readable."))
            return redirect("sla:why", pk=clock.pk)
    return _page(request, clock, form, "amend")


def _page(request: Request, clock: Clock, form: object, verb: str, **more: object) -> HttpResponse:
    subject = subjects.get(clock.subject_type)
    context = {
        "clock": clock,
        "view": clock_view(clock, clocks.now()),
        "promise": promise_label(clock.kind),
        "subject_label": subject.label(subjects.load(clock.subject_type, clock.subject_id)),
        "form": form,
        "part": f"sla/_{verb}.html",
        **more,
    }
    return render(request, "sla/verb.html", context, status=form_status(form))  # type: ignore[arg-type]
