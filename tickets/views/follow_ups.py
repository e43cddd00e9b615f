"""Follow-ups of bad ratings: the list, one of them, and a form for each step; they work without JavaScript."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, NotAllowed, NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import AUDITOR, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from records.models import Visibility
from records.querysets import entries_of
from records.services.audit import audit_write
from sla.present import clock_view
from tickets import permissions
from tickets.finds.quality import follow_ups_visible_to
from tickets.forms.quality import AssignForm, CallForm, CloseForm, FollowUpFilter, MeasuresForm
from tickets.models import FollowUp
from tickets.present.quality import follow_up_lines
from tickets.services.follow_up import (
    follow_up_ask_again,
    follow_up_assign,
    follow_up_call,
    follow_up_close,
    follow_up_measures,
)
from tickets.states import FOLLOW_UP_FLOW, FollowUpStatus

READERS = (*STAFF_ROLES, SUPERVISOR, LEADER, AUDITOR)
PAGE_SIZE = 50
MOST_EXPORTED = 20_000
FIELDS = (
    "contract", "ticket__device", "ticket__assignee", "ticket__unit", "rating", "assignee", "called_by", "closed_by",
    "callback_clock__policy", "callback_clock__calendar_revision", "measures_clock__policy",
    "measures_clock__calendar_revision",
)  # fmt: skip

MOVED_ON = gettext_lazy("This is no longer possible: the record has moved on. Please look at its present state.")


@allow(*READERS)
def follow_up_list(request: Request) -> HttpResponse:
    """The follow-ups that the reader may see, those to be called back first, then the newest."""
    form = FollowUpFilter(request.GET)
    now = clock.now()
    rows = _narrowed(request, form, now).select_related(*FIELDS)
    number = _page_number(request)
    found = list(rows.order_by("-opened_at", "-id")[number * PAGE_SIZE : (number + 1) * PAGE_SIZE + 1])
    context = {
        "rows": [_row(row, request, now) for row in found[:PAGE_SIZE]],
        "form": form,
        "chips": _chips(request),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "columns": [
            {"label": _("Follow-up")},
            {"label": _("Status")},
            {"label": _("Person responsible")},
            {"label": _("Opened at")},
            {"label": _("Due")},
        ],
        "newer": f"{number - 1}" if number else "",
        "older": f"{number + 1}" if len(found) > PAGE_SIZE else "",
        "may_export": request.role in (MANAGER, SUPERVISOR, LEADER),
    }
    return render(request, "tickets/quality/follow_ups.html", context)


@allow(MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def follow_up_export(request: Request) -> HttpResponseBase:
    """The list as it is filtered, as csv or xlsx. What the rater said stays in the house."""
    now = clock.now()
    rows = _narrowed(request, FollowUpFilter(request.GET), now).select_related(*FIELDS).order_by("-opened_at", "-id")
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "follow_ups", "filter": request.GET.urlencode()[:300]},
        visibility=Visibility.INTERNAL,
    )
    inside = permissions.sees_internal(request.user, request.contract.pk)
    header = [
        _("Follow-up number"), _("Ticket number"), _("Title"), _("Device"), _("Rating"), _("Status"), _("Opened at"),
        _("Person responsible"), _("Call back due"), _("Called back at"), _("Measures due"), _("Measures"),
        _("Measures done at"), _("Second rating"), _("Closed at"), _("Conclusion"),
        *([_("Spoke with"), _("What was said")] if inside else []),
    ]  # fmt: skip
    name = f"{_('Follow-ups')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    fmt = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    return table_response(fmt, name, header, _cells(rows[:MOST_EXPORTED], inside=inside), sheet=_("Follow-ups"))


def _cells(rows: QuerySet[FollowUp], *, inside: bool) -> Iterator[Sequence[Any]]:
    for row in rows:
        yield (
            row.code, row.ticket.code, row.ticket.title, row.ticket.device or "", row.rating.get_level_display(),
            row.get_status_display(), row.opened_at, row.assignee or "",
            row.callback_clock.due_at if row.callback_clock else None, row.called_back_at,
            row.measures_clock.due_at if row.measures_clock else None, row.measures, row.measures_done_at,
            row.again_level or "", row.closed_at, row.conclusion,
            *((row.called_whom, row.said) if inside else ()),
        )  # fmt: skip


@allow(*READERS)
def follow_up(request: Request, code: str) -> HttpResponse:
    """One follow-up: what was rated, what was done, and the next step."""
    row = _of(request, code)
    now = clock.now()
    user = request.user
    inside = permissions.sees_internal(user, row.contract_id)
    works, leads = permissions.can_work_on_follow_up(user, row), permissions.can_assign_follow_up(user, row)
    mended = row.measures_done_at is not None
    context = {
        "row": row,
        "clocks": _clocks(row, now),
        "inside": inside,
        "lines": follow_up_lines(list(entries_of(row, Visibility.INTERNAL))) if inside else [],
        "may_assign": leads and FOLLOW_UP_FLOW.allows("assign", row.status),
        "may_call": works and FOLLOW_UP_FLOW.allows("call_back", row.status),
        "may_measure": works and FOLLOW_UP_FLOW.allows("write_measures", row.status) and not mended,
        "may_ask": works
        and FOLLOW_UP_FLOW.allows("ask_again", row.status)
        and mended
        and row.asked_at is None
        and row.rating.rated_by_id is not None,
        "may_close": leads and FOLLOW_UP_FLOW.allows("close", row.status) and mended,
        "handled_it": user.pk == row.ticket.assignee_id,
        "steps": _steps(row),
    }
    return render(request, "tickets/quality/follow_up.html", context)


@allow(MANAGER, methods=GET_POST)
def assign(request: Request, code: str) -> HttpResponse:
    """The manager says who follows it up."""
    words = (_("Who follows it up"), _("It was assigned."))
    return _step(request, code, "assign", permissions.can_assign_follow_up, AssignForm, follow_up_assign, *words)


@allow(*STAFF_ROLES, methods=GET_POST)
def call(request: Request, code: str) -> HttpResponse:
    """The call to the client is written down."""
    words = (_("Call to the client"), _("The call is written down."))
    return _step(request, code, "call_back", permissions.can_work_on_follow_up, CallForm, follow_up_call, *words)


@allow(*STAFF_ROLES, methods=GET_POST)
def measures(request: Request, code: str) -> HttpResponse:
    """Measures are written down, or done."""
    words = (_("Measures"), _("The measures are written down."))
    allowed = permissions.can_work_on_follow_up
    return _step(request, code, "write_measures", allowed, MeasuresForm, follow_up_measures, *words)


@allow(MANAGER, methods=GET_POST)
def close(request: Request, code: str) -> HttpResponse:
    """The manager closes it."""
    words = (_("Close the follow-up"), _("The follow-up is closed."))
    return _step(request, code, "close", permissions.can_assign_follow_up, CloseForm, follow_up_close, *words)


@allow(*STAFF_ROLES, methods=POST)
def ask_again(request: Request, code: str) -> HttpResponse:
    """Ask the client once whether they would rate again."""
    row = _of(request, code)
    try:
        follow_up_ask_again(follow_up=row, actor=request.user, at=clock.now())
    except NotAllowed:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The client was asked."))
    return _to(row)


# --- parts ------------------------------------------------------------------------------------------------------------


def _step(
    request: Request,
    code: str,
    verb: str,
    allowed: Callable[[Any, FollowUp], bool],
    form_class: Callable[..., forms.Form],
    service: Callable[..., FollowUp],
    title: str,
    done: str,
) -> HttpResponse:
    """A step's page; who only wants to look at a form whose time is over is led to the follow-up and told so."""
    row = _of(request, code)
    if not allowed(request.user, row):
        raise NotAllowed(_("Your role may not do this."))
    if request.method != "POST" and not FOLLOW_UP_FLOW.allows(verb, row.status):
        messages.warning(request, MOVED_ON)
        return _to(row)
    form = form_class(request.POST if request.method == "POST" else None, follow_up=row)
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        if attempt(form, service, follow_up=row, actor=request.user, at=clock.now(), **given) is not None:
            messages.success(request, done)
            return _to(row)
    context = {"row": row, "form": form, "title": title}
    return render(request, "tickets/quality/follow_up_form.html", context, status=form_status(form))


def _of(request: Request, code: str) -> FollowUp:
    """The follow-up with that number in the present contract, if the reader may see it. Raises NotFound."""
    rows = follow_ups_visible_to(request.user).filter(contract=request.contract, code=code)
    row = rows.select_related(*FIELDS, "rating__rated_by").first()
    if row is None:
        raise NotFound(_("There is no such follow-up, or it is not yours to see."))
    return row


def _to(row: FollowUp) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("tickets:follow_up", args=[row.code]))


def _narrowed(request: Request, form: FollowUpFilter, now: datetime) -> QuerySet[FollowUp]:
    rows = follow_ups_visible_to(request.user).filter(contract=request.contract)
    form.is_valid()
    asked = form.cleaned_data
    if asked.get("status"):
        rows = rows.filter(status=asked["status"])
    if asked.get("q"):
        word = asked["q"].replace("\x00", "")
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(ticket__code__icontains=word)
            | Q(ticket__title__icontains=word)
            | Q(ticket__device__code__icontains=word)
        )
    if asked.get("late"):
        late = Q(callback_clock__state="running", callback_clock__due_at__lt=now)
        late |= Q(measures_clock__state="running", measures_clock__due_at__lt=now)
        late |= Q(callback_clock__breached_at__isnull=False) | Q(measures_clock__breached_at__isnull=False)
        rows = rows.filter(late)
    if asked.get("since"):
        rows = rows.filter(opened_at__gte=clock.midnight(asked["since"]))
    if asked.get("until"):
        rows = rows.filter(opened_at__lt=clock.midnight(asked["until"], 1))
    return rows


def _page_number(request: Request) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("status", "")
    return [
        {"label": label, "url": f"?status={value}" if value else "?", "active": value == chosen}
        for value, label in (("", _("All")), *FollowUpStatus.choices)
    ]


def _row(row: FollowUp, request: Request, now: datetime) -> dict[str, Any]:
    running = row.callback_clock if row.status == FollowUpStatus.OPEN else row.measures_clock
    if running is not None:
        running.contract = request.contract
    over = row.status == FollowUpStatus.CLOSED or (row.measures_done_at is not None)
    return {"row": row, "clock": None if running is None or over else clock_view(running, now)}


def _clocks(row: FollowUp, now: datetime) -> list[dict[str, Any]]:
    views = []
    for running in (row.callback_clock, row.measures_clock):
        if running is not None:
            running.contract = row.contract
            views.append(clock_view(running, now))
    return views


def _steps(row: FollowUp) -> list[dict[str, Any]]:
    reached = [
        (_("Rated"), row.opened_at),
        (_("Called back"), row.called_back_at),
        (_("Measures done"), row.measures_done_at),
        (_("Case closed"), row.closed_at),
    ]
    steps: list[dict[str, Any]] = []
    for label, at in reached:
        state = "done" if at else "todo" if any(step["state"] == "current" for step in steps) else "current"
        steps.append({"label": label, "state": state, "at": at})
    return steps
