"""The client's own requests: what is their turn, what is under way, what was done; and a second word after a bad rating."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import CLERK, CLIENT_ROLES
from tickets.forms.core import RateForm
from tickets.models import FollowUp
from tickets.present.requests import as_requests
from tickets.querysets import open_tickets, tickets_matching, tickets_visible_to, with_row_fields
from tickets.services.follow_up import follow_up_rate_again
from tickets.states import OPEN
from tickets.views.common import ticket_of, to_ticket

PAGE_SIZE = 30
LIVE = 60
"""So many open requests a unit sees on one page; more are in the list."""


@allow(*CLIENT_ROLES)
def my_requests(request: Request) -> HttpResponse:
    """Open requests with their next step, and the history with search: the unit's, or the reader's own."""
    now = clock.now()
    scope = request.GET.get("scope", "")
    # The supervisor and the leader see every unit's; what they reported themselves comes first.
    own = scope == "mine" or (scope != "all" and request.role != CLERK)
    seen = tickets_visible_to(request.user).filter(contract=request.contract)
    if own:
        seen = seen.filter(reporter=request.user)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    number = _page_number(request)
    rows = with_row_fields(seen).select_related("rating", "merged_into")
    live: list[Any] = []
    if not words and not number:
        live = as_requests(
            open_tickets(rows).order_by("-received_at", "-id")[:LIVE], request.user, request.contract, now
        )
    past = tickets_matching(rows, words, internal=False) if words else rows.exclude(status__in=OPEN)
    page = list(past.order_by("-received_at", "-id")[number * PAGE_SIZE : (number + 1) * PAGE_SIZE + 1])
    done: list[Any] = as_requests(page[:PAGE_SIZE], request.user, request.contract, now)
    turn = sorted((row for row in [*live, *done] if row.waits), key=lambda row: row.turn.rank)
    context = {
        "unit": request.membership.unit,
        "by_unit": request.role == CLERK,
        "chips": _chips(request, own=own),
        "scope": scope,
        "words": words,
        "turn": [] if words else turn,
        "under_way": [row for row in live if not row.waits],
        "done": done if words else [row for row in done if not row.waits],
        "older": f"{number + 1}" if len(page) > PAGE_SIZE else "",
        "newer": f"{number - 1}" if number else "",
    }
    return render(request, "tickets/quality/requests.html", context)


@allow(*CLIENT_ROLES, methods=GET_POST)
def rate_again(request: Request, code: str) -> HttpResponse:
    """The rater's second word, after having been asked once."""
    ticket = ticket_of(request, code)
    rows = FollowUp.objects.filter(ticket=ticket, rating__rated_by=request.user, asked_at__isnull=False)
    row = rows.select_related("contract", "ticket", "rating", "assignee").first()
    if row is None:
        raise NotFound(_("Nobody has asked you for a second rating of this request."))
    if row.again_level is not None:
        messages.info(request, _("You have rated again already; thank you."))
        return to_ticket(ticket)
    form = RateForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        saved = attempt(
            form,
            follow_up_rate_again,
            follow_up=row,
            actor=request.user,
            at=clock.now(),
            level=given["level"],
            comment=given["comment"],
        )
        if saved is not None:
            messages.success(request, _("Thank you. The manager reads it."))
            return HttpResponseRedirect(reverse("tickets:detail", args=[ticket.code]))
    context = {"ticket": ticket, "form": form, "fragment": "tickets/quality/_rate_again.html"}
    return render(request, "tickets/form.html", context, status=form_status(form))


def _chips(request: Request, *, own: bool) -> list[dict[str, Any]]:
    whole = _("My unit") if request.role == CLERK else _("All units")
    return [
        {"label": whole, "url": "?scope=all", "active": not own},
        {"label": _("Reported by me"), "url": "?scope=mine", "active": own},
    ]


def _page_number(request: Request) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
