"""Doors to the verbs of one ticket: a form each, which works without JavaScript too."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.errors import Conflict, NotAllowed
from core.forms import attempt
from core.http import Request
from core.roles import CLIENT_ROLES, MANAGER, STAFF_ROLES
from tickets import permissions
from tickets.forms.core import (
    REMOTE_TOOLS,
    ArriveForm,
    ConfirmReporterForm,
    RateForm,
    ReasonForm,
    ResolveForm,
    RespondForm,
)
from tickets.models import Ticket
from tickets.present.core import rating_is_open, response_view
from tickets.services.arrive import ticket_arrive
from tickets.services.cancel import ticket_cancel
from tickets.services.close_unsigned import ticket_close_unsigned
from tickets.services.confirm_reporter import ticket_confirm_reporter
from tickets.services.explain_breach import ticket_explain_breach
from tickets.services.rate import ticket_rate
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond
from tickets.services.send_back import ticket_send_back
from tickets.services.vendor_call import open_call_complaint
from tickets.states import RatingWay, TicketStatus
from tickets.views.common import live, photos_of, ticket_of, to_ticket, verb_page


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_("Your role may not do this to this ticket."))


def _done(form: forms.Form, service: Callable[..., Ticket], ticket: Ticket, request: Request) -> bool:
    """Whether the form was sent, holds, and its service has acted."""
    if not (form.is_bound and form.is_valid()):
        return False
    return live(form, service, ticket, actor=request.user, **form.cleaned_data) is not None


@allow(*STAFF_ROLES, methods=GET_POST)
def respond(request: Request, code: str) -> HttpResponse:
    """Contact, triage, commitment: the act that stops the response clock."""
    ticket = ticket_of(request, code)
    _require(permissions.can_respond(request.user, ticket))
    form = RespondForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if form.is_bound and form.is_valid():

        def service(*, ticket: Ticket, actor: Any, at: Any) -> Ticket:
            return ticket_respond(ticket=ticket, actor=actor, at=at, **form.response(at))

        if live(form, service, ticket, actor=request.user) is not None:
            messages.success(request, _("Your response is recorded and the clock has stopped."))
            return to_ticket(ticket)
    return verb_page(request, ticket, form, "respond", clock=response_view(ticket, clock.now()))


@allow(*STAFF_ROLES, methods=GET_POST)
def confirm_reporter(request: Request, code: str) -> HttpResponse:
    """Who sent a report from a label, as said or corrected."""
    ticket = ticket_of(request, code)
    _require(permissions.can_confirm_reporter(request.user, ticket))
    form = ConfirmReporterForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if not form.is_bound and not ticket.unconfirmed:
        messages.info(request, _("Who reported this has been confirmed already."))
        return to_ticket(ticket)
    if _done(form, ticket_confirm_reporter, ticket, request):
        messages.success(request, _("The reporter is confirmed."))
        return to_ticket(ticket)
    return verb_page(request, ticket, form, "confirm_reporter")


@allow(*STAFF_ROLES, methods=GET_POST)
def arrive(request: Request, code: str) -> HttpResponse:
    """On site, or begun remotely."""
    ticket = ticket_of(request, code)
    _require(permissions.can_arrive(request.user, ticket))
    if request.method != "POST" and ticket.arrived_at is not None:
        messages.info(request, _("The beginning of the work is recorded already. Please look at the present state."))
        return to_ticket(ticket)
    form = ArriveForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if _done(form, ticket_arrive, ticket, request):
        messages.success(request, _("The beginning of the work is recorded."))
        return to_ticket(ticket)
    return verb_page(request, ticket, form, "arrive", tools=REMOTE_TOOLS)


@allow(*STAFF_ROLES, methods=GET_POST)
def resolve(request: Request, code: str) -> HttpResponse:
    """Cause, solution, verification; then the client is asked to sign."""
    ticket = ticket_of(request, code)
    _require(permissions.can_resolve(request.user, ticket))
    form = ResolveForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if form.is_bound and form.is_valid():
        photos = photos_of(request, form)
        if (
            photos is not None
            and live(form, ticket_resolve, ticket, actor=request.user, photos=photos, **form.values()) is not None
        ):
            if Ticket.objects.filter(pk=ticket.pk, status=TicketStatus.TO_VERIFY).exists():
                messages.success(request, _("The work is recorded. Somebody else verifies it before the client signs."))
            else:
                messages.success(request, _("The work is recorded. Please ask for the signature now."))
            return to_ticket(ticket)
    called = "" if form.is_bound or "dispatch" not in ticket.holds else open_call_complaint(ticket)
    return verb_page(request, ticket, form, "resolve", called=called)


def _with_reason(
    request: Request,
    code: str,
    verb: str,
    allowed: Callable[[Any, Ticket], bool],
    service: Callable[..., Ticket],
    done: str,
) -> HttpResponse:
    ticket = ticket_of(request, code)
    _require(allowed(request.user, ticket))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if _done(form, service, ticket, request):
        messages.success(request, done)
        return to_ticket(ticket)
    return verb_page(request, ticket, form, verb)


@allow(*CLIENT_ROLES, methods=GET_POST)
def send_back(request: Request, code: str) -> HttpResponse:
    """The client does not sign and says why."""
    done = _("Sent back. The engineer has been told.")
    return _with_reason(request, code, "send_back", permissions.can_send_back, ticket_send_back, done)


@allow(MANAGER, methods=GET_POST)
def close_unsigned(request: Request, code: str) -> HttpResponse:
    """Close without a signature, with the reason."""
    done = _("Closed without a signature. It can still be signed later.")
    return _with_reason(request, code, "close_unsigned", permissions.can_close_unsigned, ticket_close_unsigned, done)


@allow(MANAGER, methods=GET_POST)
def cancel(request: Request, code: str) -> HttpResponse:
    """Void a ticket, with the reason."""
    return _with_reason(request, code, "cancel", permissions.can_cancel, ticket_cancel, _("The ticket is cancelled."))


@allow(*STAFF_ROLES, methods=GET_POST)
def explain_breach(request: Request, code: str) -> HttpResponse:
    """Why the response was late."""
    done = _("The reason is recorded.")
    return _with_reason(request, code, "explain_breach", permissions.can_explain_breach, ticket_explain_breach, done)


@allow(*CLIENT_ROLES, methods=GET_POST)
def rate(request: Request, code: str) -> HttpResponse:
    """Five levels, voluntary, from the client's own account."""
    ticket = ticket_of(request, code)
    _require(permissions.can_rate(request.user, ticket))
    now = clock.now()
    if hasattr(ticket, "rating"):
        raise Conflict(_("This ticket has been rated already; thank you."))
    if not rating_is_open(ticket, now):
        raise Conflict(_("Ratings are taken after the signature, for a limited number of days."))
    form = RateForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            rating = attempt(
                form,
                ticket_rate,
                ticket=ticket,
                way=RatingWay.ACCOUNT.value,
                rated_by=request.user,
                rater_name=request.user.name,
                at=now,
                **form.cleaned_data,
            )
        if rating is not None:
            messages.success(request, _("Thank you for your rating."))
            return to_ticket(ticket)
    return verb_page(request, ticket, form, "rate")
