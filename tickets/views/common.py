"""How the doors of tickets fetch, lock, call a service and answer."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.errors import Invalid, NotFound
from core.forms import attempt, form_status
from core.http import Request
from records.services.attachments import IncomingFile, PreparedImage, prepare_images
from sla.models import Clock
from tickets.models import Ticket
from tickets.querysets import tickets_visible_to
from tickets.services.common import who_won
from tickets.states import TICKET_FLOW

DETAIL_FIELDS = (
    "unit",
    "window",
    "place",
    "device",
    "category",
    "reporter",
    "recorded_by",
    "assignee",
    "cause_code",
    "rating",
)
"""What nearly every ticket points at. What few do (into which it was merged, who checked it) is read when it is asked for."""


def ticket_of(request: Request, code: str) -> Ticket:
    """The ticket with that number in the present contract, if the reader may see it. Raises NotFound."""
    rows = tickets_visible_to(request.user).filter(contract=request.contract, code=code)
    ticket = rows.select_related(*DETAIL_FIELDS).first()
    if ticket is None:
        raise NotFound(_("There is no such ticket, or it is not yours to see."))
    ticket.contract = request.contract
    # Joined as well, they make PostgreSQL think longer about the statement than it takes to ask once more.
    clocks = Clock.objects.select_related("policy", "calendar_revision").in_bulk(
        [pk for pk in (ticket.response_clock_id, ticket.repair_clock_id) if pk is not None]
    )
    ticket.response_clock = clocks.get(ticket.response_clock_id or 0)
    ticket.repair_clock = clocks.get(ticket.repair_clock_id or 0)
    return ticket


def live(form: forms.BaseForm, service: Callable[..., Any], ticket: Ticket, **arguments: Any) -> Any:
    """Call a verb's service with the instant read after the rows are held, so that waiting makes no act late or early.

    On PostgreSQL the ticket's and its clocks' rows are locked first, on SQLite the transaction begins with the write lock.
    What decides is still the service's own conditional UPDATE. None when it was refused; the form then says why.
    """
    with transaction.atomic():
        held = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket.pk)
        wanted = [pk for pk in (held.response_clock_id, held.repair_clock_id) if pk is not None]
        clocks = {
            row.pk: row for row in Clock.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
        }
        held.response_clock = clocks.get(held.response_clock_id or 0)
        held.repair_clock = clocks.get(held.repair_clock_id or 0)
        return attempt(form, service, ticket=held, at=clock.now(), **arguments)


def photos_of(request: Request, form: forms.BaseForm) -> list[PreparedImage] | None:
    """The uploaded photos, checked and made anew before any transaction; None when one was refused (all are then)."""
    try:
        return prepare_images(cast(list[IncomingFile], request.FILES.getlist("photos")))
    except Invalid as error:
        form.photo_errors = [error.message]  # type: ignore[attr-defined]
        form.add_error(None, error.message)
        return None


def verb_page(request: Request, ticket: Ticket, form: forms.BaseForm, verb: str, **context: Any) -> HttpResponse:
    """A verb's form as a page of its own, or as a fragment for a request by htmx.

    Who only wants to look at a form whose time is over is led to the ticket and told why.
    """
    if not form.is_bound and not TICKET_FLOW.allows(verb, ticket.status):
        messages.warning(request, who_won(ticket, verb))
        return to_ticket(ticket)
    template = f"tickets/_{verb}.html" if request.htmx else "tickets/form.html"
    values = {"ticket": ticket, "form": form, "fragment": f"tickets/_{verb}.html", "verb": verb, **context}
    return render(request, template, values, status=form_status(form))


def to_ticket(ticket: Ticket) -> HttpResponseRedirect:
    """On to the ticket after a verb."""
    return HttpResponseRedirect(reverse("tickets:detail", args=[ticket.code]))
