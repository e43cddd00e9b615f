"""Doors to appointments, waiting, verification, handing over, correcting, reopening, archiving; and to the cause codes."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contract.services.terms import term
from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import CLIENT_ROLES, MANAGER, STAFF_ROLES
from tickets import permissions
from tickets.finds.flow import causes_counted
from tickets.forms.core import ReasonForm
from tickets.forms.flow import (
    ApprovePartForm,
    CauseChangeForm,
    CauseForm,
    CorrectForm,
    NoteForm,
    ReassignForm,
    RescheduleForm,
    ScheduleForm,
    SummaryForm,
    WaitCustomerForm,
    WaitPartForm,
)
from tickets.models import CauseCode, RemoteSession, Ticket
from tickets.services.archive import ticket_archive
from tickets.services.causes import cause_add, cause_change, causes_load
from tickets.services.common import who_won
from tickets.services.correct import ticket_correct
from tickets.services.go_on import ticket_go_on
from tickets.services.reassign import ticket_reassign
from tickets.services.remote_end import ticket_remote_end
from tickets.services.reopen import ticket_reopen
from tickets.services.reschedule import ticket_reschedule
from tickets.services.schedule import ticket_schedule
from tickets.services.verify import ticket_refuse_work, ticket_verify
from tickets.services.wait_customer import ticket_wait_customer
from tickets.services.wait_part import ticket_ask_part, ticket_refuse_part, ticket_wait_part
from tickets.states import TICKET_FLOW
from tickets.views.common import live, ticket_of, to_ticket

Words = dict[str, Any]


def _words(title: str, icon: str, button: str, hint: str = "") -> Words:
    return {"title": title, "icon": icon, "button": button, "hint": hint}


def _bound(request: Request) -> Any:
    return request.POST if request.method == "POST" else None


def _ticket(request: Request, code: str, allowed: Callable[[Any, Ticket], bool]) -> Ticket:
    ticket = ticket_of(request, code)
    if not allowed(request.user, ticket):
        raise NotAllowed(_("Your role may not do this to this ticket."))
    return ticket


def _verb(
    request: Request,
    ticket: Ticket,
    verb: str,
    form: forms.BaseForm,
    service: Callable[..., Any],
    words: Words,
    *,
    done: str,
    fragment: str = "verb",
    **context: Any,
) -> HttpResponse:
    """A verb's page: who only wants to look at a form whose time is over is led to the ticket and told why."""
    if not form.is_bound and not TICKET_FLOW.allows(verb, ticket.status):
        messages.warning(request, who_won(ticket, verb))
        return to_ticket(ticket)
    if form.is_bound and form.is_valid() and live(form, service, ticket, actor=request.user) is not None:
        messages.success(request, done)
        return to_ticket(ticket)
    return _page(request, ticket, verb, form, words, fragment=fragment, **context)


def _page(
    request: Request, ticket: Ticket, verb: str, form: forms.BaseForm, words: Words, *, fragment: str, **context: Any
) -> HttpResponse:
    path = f"tickets/flow/_{fragment}.html"
    values = {
        "ticket": ticket,
        "form": form,
        "fragment": path,
        "verb": verb,
        "words": words,
        "action": reverse(f"tickets:{verb}", args=[ticket.code]),
        **context,
    }
    return render(request, path if request.htmx else "tickets/form.html", values, status=form_status(form))


def _given(form: forms.Form, service: Callable[..., Any]) -> Callable[..., Any]:
    """The service with what the form says."""

    def act(*, ticket: Ticket, actor: Any, at: Any) -> Any:
        return service(ticket=ticket, actor=actor, at=at, **form.cleaned_data)

    return act


# Appointments ---------------------------------------------------------------------------------------------------------


def _appointment(
    request: Request,
    code: str,
    verb: str,
    form_of: type[ScheduleForm],
    service: Callable[..., Any],
    words: Words,
    done: str,
) -> HttpResponse:
    ticket = _ticket(request, code, permissions.can_schedule)
    form = form_of(_bound(request), ticket=ticket)

    def act(*, ticket: Ticket, actor: Any, at: Any) -> Any:
        return service(ticket=ticket, actor=actor, at=at, **form.values(at))

    return _verb(request, ticket, verb, form, act, words, done=done, fragment="schedule")


@allow(*STAFF_ROLES, methods=GET_POST)
def schedule(request: Request, code: str) -> HttpResponse:
    """Time and place, agreed with the client."""
    hint = _("A general fault's hour counts from the agreed time.")
    words = _words(_("Appointment"), "calendar-event", _("Record the appointment"), hint)
    done = _("The appointment is recorded and the client has been told.")
    return _appointment(request, code, "schedule", ScheduleForm, ticket_schedule, words, done)


@allow(*STAFF_ROLES, methods=GET_POST)
def reschedule(request: Request, code: str) -> HttpResponse:
    """Another time or place, at the wish of the client or ours."""
    hint = _("Asked by the client, the hour counts from the new time; asked by us, it stays.")
    words = _words(_("Move the appointment"), "calendar-event", _("Move it"), hint)
    done = _("The appointment has moved; the old one stays in the history.")
    return _appointment(request, code, "reschedule", RescheduleForm, ticket_reschedule, words, done)


@allow(*STAFF_ROLES, methods=GET_POST)
def remote_end(request: Request, code: str) -> HttpResponse:
    """End the open remote session with what was done."""
    ticket = _ticket(request, code, permissions.can_arrive)
    if not RemoteSession.objects.filter(ticket=ticket, ended_at=None).exists():
        messages.info(request, _("No remote session is open."))
        return to_ticket(ticket)
    form = SummaryForm(_bound(request))
    words = _words(_("End the remote session"), "plug", _("End it"), "")
    service = _given(form, ticket_remote_end)
    if form.is_bound and form.is_valid() and live(form, service, ticket, actor=request.user) is not None:
        messages.success(request, _("The remote session has ended."))
        return to_ticket(ticket)
    return _page(request, ticket, "remote_end", form, words, fragment="verb")


# Waiting --------------------------------------------------------------------------------------------------------------


@allow(*STAFF_ROLES, methods=GET_POST)
def wait_customer(request: Request, code: str) -> HttpResponse:
    """Wait for the client; the repair's promise is held."""
    ticket = _ticket(request, code, permissions.can_wait)
    form = WaitCustomerForm(_bound(request), ticket=ticket)
    days = term(request.contract, "wait_customer_days", clock.now().astimezone(clock.SHANGHAI).date())
    hint = _("The repair is not timed meanwhile, for %(days)s working days at most; then it goes on by itself.") % {
        "days": days
    }
    words = _words(_("Wait for the client"), "player-pause", _("Wait for the client"), hint)
    done = _("The client has been told that you wait for them.")
    return _verb(request, ticket, "wait_customer", form, _given(form, ticket_wait_customer), words, done=done)


@allow(*STAFF_ROLES, methods=GET_POST)
def ask_part(request: Request, code: str) -> HttpResponse:
    """Ask the manager to let it wait for a part or be sent in."""
    ticket = _ticket(request, code, permissions.can_wait)
    form = WaitPartForm(_bound(request), ticket=ticket)
    hint = _("The manager decides. The repair goes on being timed.")
    words = _words(_("Sent in, or waiting for a part"), "hourglass", _("Ask the manager"), hint)
    done = _("The manager has been asked.")
    service = _given(form, ticket_ask_part)
    return _verb(request, ticket, "ask_part", form, service, words, done=done, notes=_spare_notes(ticket))


@allow(MANAGER, methods=GET_POST)
def wait_part(request: Request, code: str) -> HttpResponse:
    """Let it wait for a part or be sent in."""
    ticket = _ticket(request, code, permissions.can_approve_part)
    form = ApprovePartForm(_bound(request), ticket=ticket)
    words = _words(_("Sent in, or waiting for a part"), "hourglass", _("Let it wait"), "")
    refuse = None
    if ticket.part_asked_at is not None:
        url = reverse("tickets:refuse_part", args=[ticket.code])
        refuse = {"url": url, "icon": "x", "label": _("It does not wait")}
    service, notes = _given(form, ticket_wait_part), _spare_notes(ticket)
    done = _("It waits for the part; the engineer and the client have been told.")
    return _verb(request, ticket, "wait_part", form, service, words, done=done, notes=notes, other=refuse)


def _spare_notes(ticket: Ticket) -> list[str]:
    if {"loan", "no_spare"} & set(ticket.holds):
        return []
    return [
        _("No spare is lent yet."),
        _("Please lend a spare first, or write down why there is none: the user must not stand without."),
    ]


@allow(MANAGER, methods=GET_POST)
def refuse_part(request: Request, code: str) -> HttpResponse:
    """Answer with no, and why."""
    ticket = _ticket(request, code, permissions.can_approve_part)
    form = ReasonForm(_bound(request))
    words = _words(_("It does not wait for a part"), "x", _("Tell the engineer"), "")
    done = _("The engineer has been told to go on.")
    return _verb(request, ticket, "refuse_part", form, _given(form, ticket_refuse_part), words, done=done)


@allow(*STAFF_ROLES, methods=GET_POST)
def go_on(request: Request, code: str) -> HttpResponse:
    """Go on after waiting."""
    ticket = _ticket(request, code, permissions.can_wait)
    form = NoteForm(_bound(request))
    words = _words(_("The work goes on"), "player-play", _("Go on"), _("From now on the repair is timed again."))
    done = _("The work goes on.")
    return _verb(request, ticket, "go_on", form, _given(form, ticket_go_on), words, done=done)


# Verification ---------------------------------------------------------------------------------------------------------


@allow(*STAFF_ROLES, methods=GET_POST)
def verify(request: Request, code: str) -> HttpResponse:
    """Finished work is in order: the client is asked to sign."""
    ticket = _ticket(request, code, permissions.can_verify)
    form = NoteForm(_bound(request))
    hint = _("Your name stands on the order; the client is asked to sign.")
    words = _words(_("Verify the work"), "checks", _("It is in order"), hint)
    url = reverse("tickets:refuse_work", args=[ticket.code])
    refuse = {"url": url, "icon": "arrow-back-up", "label": _("Something is not in order")}
    notes = [part for part in (ticket.solution, ticket.verification) if part]
    done = _("Verified. The client has been asked to sign.")
    service = _given(form, ticket_verify)
    return _verb(request, ticket, "verify", form, service, words, done=done, notes=notes, other=refuse)


@allow(*STAFF_ROLES, methods=GET_POST)
def refuse_work(request: Request, code: str) -> HttpResponse:
    """Finished work is not in order: it goes on."""
    ticket = _ticket(request, code, permissions.can_verify)
    form = ReasonForm(_bound(request))
    hint = _("The engineer is told at once; it counts as rework.")
    words = _words(_("Not in order"), "arrow-back-up", _("Back to the engineer"), hint)
    done = _("The engineer has been told.")
    return _verb(request, ticket, "refuse_work", form, _given(form, ticket_refuse_work), words, done=done)


# Responsibility, facts, ends ------------------------------------------------------------------------------------------


@allow(*STAFF_ROLES, methods=GET_POST)
def reassign(request: Request, code: str) -> HttpResponse:
    """Hand it to another engineer."""
    ticket = _ticket(request, code, permissions.can_reassign)
    form = ReassignForm(_bound(request), ticket=ticket, at=clock.now())
    hint = _("They are told at once and are the only one responsible from then on.")
    words = _words(_("Hand over to another engineer"), "users", _("Hand it over"), hint)
    done = _("It has been handed over.")
    return _verb(request, ticket, "reassign", form, _given(form, ticket_reassign), words, done=done)


@allow(*STAFF_ROLES, methods=GET_POST)
def correct(request: Request, code: str) -> HttpResponse:
    """Put right what was noted wrongly."""
    ticket = _ticket(request, code, permissions.can_correct)
    form = CorrectForm(_bound(request), ticket=ticket)

    def act(*, ticket: Ticket, actor: Any, at: Any) -> Any:
        return ticket_correct(ticket=ticket, actor=actor, at=at, **form.values())

    words = _words(
        _("Correct the request"),
        "edit",
        _("Save the correction"),
        _("Both values stay in the history; times are never changed."),
    )
    label = f"{ticket.device.name} · {ticket.device.code}" if ticket.device else ""
    return _verb(
        request, ticket, "correct", form, act, words, done=_("Corrected."), fragment="correct", device_label=label
    )


@allow(MANAGER, *CLIENT_ROLES, methods=GET_POST)
def reopen(request: Request, code: str) -> HttpResponse:
    """It was not in order after all."""
    ticket = _ticket(request, code, permissions.can_reopen)
    form = ReasonForm(_bound(request))
    hint = _("The engineer and the manager are told at once. What was signed stays readable.")
    words = _words(_("Open it again"), "rotate-clockwise", _("Open it again"), hint)
    done = _("Opened again. The engineer has been told.")
    return _verb(request, ticket, "reopen", form, _given(form, ticket_reopen), words, done=done)


@allow(MANAGER, methods=GET_POST)
def archive(request: Request, code: str) -> HttpResponse:
    """Close it for good."""
    ticket = _ticket(request, code, permissions.can_archive)
    form = forms.Form(_bound(request))
    hint = _("It can no longer be rated, and only the manager can open it again.")
    words = _words(_("Archive"), "archive", _("Archive"), hint)
    return _verb(request, ticket, "archive", form, _given(form, ticket_archive), words, done=_("Archived."))


# Cause codes ----------------------------------------------------------------------------------------------------------


@allow(MANAGER, methods=GET_POST)
def causes(request: Request) -> HttpResponse:
    """The causes that engineers choose from, by kind of work; the manager adds to them."""
    form = CauseForm(_bound(request), contract=request.contract)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        if attempt(form, cause_add, contract=request.contract, actor=request.user, at=clock.now(), **given) is not None:
            messages.success(request, _("The cause is offered from now on."))
            return redirect("tickets:causes")
    rows = list(causes_counted(request.contract))
    groups: dict[str, list[CauseCode]] = {}
    for row in rows:
        groups.setdefault(row.category.name if row.category else _("Any kind of work"), []).append(row)
    return render(request, "tickets/flow/causes.html", {"form": form, "groups": groups}, status=form_status(form))


@allow(MANAGER, methods=GET_POST)
def cause(request: Request, pk: int) -> HttpResponse:
    """Rename one, or no longer offer it."""
    row = CauseCode.objects.filter(contract=request.contract, pk=pk).select_related("contract", "category").first()
    if row is None:
        raise NotFound(_("There is no such cause."))
    form = CauseChangeForm(_bound(request), initial={"name": row.name, "is_active": row.is_active})
    if form.is_bound and form.is_valid():
        done = attempt(form, cause_change, cause=row, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("tickets:causes")
    return render(request, "tickets/flow/cause.html", {"form": form, "cause": row}, status=form_status(form))


@allow(MANAGER, methods=POST)
def causes_standard(request: Request) -> HttpResponse:
    """Take over what the standard list has and this contract lacks."""
    added = causes_load(request.contract)
    messages.success(request, _("%(n)s causes were added.") % {"n": added})
    return redirect("tickets:causes")
