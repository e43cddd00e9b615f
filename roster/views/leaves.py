"""Leaves: asked for, decided, withdrawn."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER, STAFF_ROLES
from roster.forms import ApproveForm, LeaveForm, RefuseForm
from roster.models import Leave
from roster.permissions import can_plan, can_withdraw_leave
from roster.plan import local_day, plan_of
from roster.present import finding_text, halves, leave_text, weekday
from roster.querysets import balance_of, leaves_visible_to
from roster.rules import ALARMING
from roster.services.leaves import leave_approve, leave_refuse, leave_request, leave_withdraw
from roster.states import LEAVE_FLOW, LeaveStatus
from roster.views.common import READERS

PAGE_SIZE = 50


@allow(*READERS)
def leave_list(request: Request) -> HttpResponse:
    """Leaves, the newest first: one's own, the contract's for its manager, the approved ones for the client and the auditor."""
    rows = (
        leaves_visible_to(request.user)
        .filter(contract=request.contract)
        .select_related("person", "replacement", "decided_by")
    )
    chosen = request.GET.get("status", "")
    if chosen in LeaveStatus.values:
        rows = rows.filter(status=chosen)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 12:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows.order_by("-pk")[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    chips = [{"label": _("All"), "url": "?", "active": not chosen}] + [
        {"label": label, "url": f"?status={value}", "active": chosen == value} for value, label in LeaveStatus.choices
    ]
    context = {
        "leaves": [{"leave": row, "when": leave_text(row), "days": halves(row.half_days)} for row in shown],
        "chips": chips if request.role in STAFF_ROLES else [],
        "next_before": shown[-1].pk if len(page) > PAGE_SIZE else "",
        "is_first": not before,
        "is_staff": request.role in STAFF_ROLES,
        "columns": [
            {"label": _("Who")},
            {"label": _("When")},
            {"label": _("Working days"), "numeric": True},
            {"label": _("Who takes over")},
            {"label": _("State")},
        ],
    }
    return render(request, "roster/leaves.html", context)


@allow(*STAFF_ROLES, methods=GET_POST)
def request_leave(request: Request) -> HttpResponse:
    """Ask for a leave; the manager may enter one for anybody."""
    now = clock.now()
    is_manager = request.role == MANAGER
    tomorrow = local_day(now) + timedelta(days=1)
    form = LeaveForm(
        request.POST or None,
        contract=request.contract,
        only=None if is_manager else request.user,
        initial={"first_day": tomorrow, "last_day": tomorrow, "kind": "annual"},
    )
    if form.is_bound and form.is_valid():
        given = {"person": request.user} | form.cleaned_data
        done = attempt(form, leave_request, contract=request.contract, actor=request.user, at=now, **given)
        if done is not None:
            if is_manager:
                messages.success(request, _("The leave is entered. Please decide on it."))
            else:
                messages.success(request, _("Your leave is asked for; the project manager has been told."))
            return _to_leave(done)
    context = {
        "form": form,
        "is_manager": is_manager,
        "balance": halves(balance_of(request.contract, request.user)),
    }
    return render(request, "roster/leave_form.html", context, status=form_status(form))


@allow(*READERS)
def leave(request: Request, pk: int) -> HttpResponse:
    """One leave: what it is, what it does to the roster, and what can be done about it."""
    row = _leave_of(request, pk)
    return _page(request, row, None, None)


@allow(MANAGER, methods=POST)
def approve(request: Request, pk: int) -> HttpResponse:
    """Yes."""
    row = _leave_of(request, pk)
    form = ApproveForm(request.POST, contract=request.contract, person=row.person)
    if form.is_valid():
        done = attempt(
            form,
            leave_approve,
            leave=row,
            version_seen=form.cleaned_data["version"],
            replacement=form.cleaned_data["replacement"],
            decision=form.cleaned_data["decision"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("The leave is approved."))
            return _to_leave(row)
    return _page(request, row, form, None)


@allow(MANAGER, methods=POST)
def refuse(request: Request, pk: int) -> HttpResponse:
    """No, and why."""
    row = _leave_of(request, pk)
    form = RefuseForm(request.POST)
    if form.is_valid():
        done = attempt(
            form,
            leave_refuse,
            leave=row,
            version_seen=form.cleaned_data["version"],
            decision=form.cleaned_data["decision"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("The leave is refused."))
            return _to_leave(row)
    return _page(request, row, None, form)


@allow(*STAFF_ROLES, methods=POST)
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take a leave back."""
    row = _leave_of(request, pk)
    leave_withdraw(leave=row, actor=request.user, at=clock.now())
    messages.success(request, _("The leave is withdrawn."))
    return _to_leave(row)


def _leave_of(request: Request, pk: int) -> Leave:
    row = (
        leaves_visible_to(request.user)
        .filter(contract=request.contract, pk=pk)
        .select_related("contract", "person", "replacement", "requested_by", "decided_by")
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such leave in this contract."))
    return row


def _to_leave(row: Leave) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("roster:leave", args=[row.pk]))


def _page(request: Request, row: Leave, approving: ApproveForm | None, refusing: RefuseForm | None) -> HttpResponse:
    may_decide = can_plan(request.user, row.contract) and LEAVE_FLOW.allows("approve", row.status)
    context: dict[str, Any] = {
        "leave": row,
        "when": leave_text(row),
        "days": halves(row.half_days),
        "may_decide": may_decide,
        "may_withdraw": (
            can_withdraw_leave(request.user, row)
            and LEAVE_FLOW.allows("withdraw", row.status)
            and row.ends_at > clock.now()
        ),
        "sees_reason": request.role in STAFF_ROLES,
    }
    if may_decide:
        initial = {"replacement": row.replacement_id, "version": row.version}
        context["approve_form"] = approving or ApproveForm(
            contract=request.contract, person=row.person, initial=initial
        )
        context["refuse_form"] = refusing or RefuseForm(initial={"version": row.version})
        context["effects"] = _effects(row)
        context["balance"] = halves(balance_of(row.contract, row.person)) if row.kind == "comp_off" else ""
    bound = approving or refusing
    return render(request, "roster/leave.html", context, status=form_status(bound) if bound is not None else 200)


def _effects(row: Leave) -> list[dict[str, str]]:
    """What would be wrong with the days of a leave if it were approved as it is asked for."""
    plan = plan_of(row.contract, row.first_day, row.last_day)
    for asked in plan.leaves:
        if asked.pk == row.pk:
            asked.status = LeaveStatus.APPROVED
    return [
        {"day": f"{found.date:%m-%d} {weekday(found.date)}", "text": finding_text(plan, found)}
        for found in plan.findings
        if found.kind in ALARMING
    ][:PAGE_SIZE]
