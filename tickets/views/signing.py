"""What waits for the client's signature: since when, until when, and one tap to sign, to ask or to remind."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core import clock
from core.access import POST, allow
from core.errors import Conflict
from core.export import table_response
from core.http import Request
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from records.models import Purpose, Visibility
from records.services.audit import audit_write
from records.views.several import MAX_ITEMS
from tickets import permissions
from tickets.finds.signing import VIEWS, narrowed, unsigned_of
from tickets.services.sign_remind import PAUSE, ticket_sign_remind
from tickets.states import TicketStatus
from tickets.subject import can_ask, can_sign
from tickets.views.common import ticket_of

PAGE_SIZE = 50
MOST_EXPORTED = 20_000


@allow(*BUSINESS_ROLES)
def unsigned(request: Request) -> HttpResponse:
    """Finished work without a signature, the longest wait first."""
    now = clock.now()
    view = request.GET.get("view", "")
    words = request.GET.get("q", "").strip()[:100]
    page = request.GET.get("page", "")
    number = min(int(page), 10_000) if page.isascii() and page.isdigit() else 0
    everything = unsigned_of(request.user, request.contract)
    rows = narrowed(everything, view, words, now)
    found = list(rows[number * PAGE_SIZE : (number + 1) * PAGE_SIZE + 1])
    client = request.role in CLIENT_ROLES
    shown = [_row(request, ticket, now) for ticket in found[:PAGE_SIZE]]
    context = {
        "rows": shown,
        "view": view if view in VIEWS else "",
        "words": words,
        "chips": _chips(view if view in VIEWS else "", words),
        "several": client and sum(1 for row in shown if row["may_sign"]) > 1,
        "most": MAX_ITEMS,
        "is_filtered": bool(words or view),
        "may_export": request.role in (MANAGER, SUPERVISOR, LEADER),
        "columns": [
            *([{"label": _("Choose"), "hidden": True}] if client else []),
            {"label": _("Ticket")},
            {"label": _("Who signs")},
            {"label": _("Done at")},
            {"label": _("To be signed by")},
            {"label": _("What to do"), "hidden": True},
        ],
        "newer": f"{number - 1}" if number else "",
        "older": f"{number + 1}" if len(found) > PAGE_SIZE else "",
    }
    return render(request, "tickets/signing/unsigned.html", context)


@allow(MANAGER, SUPERVISOR, LEADER, methods=POST)
def unsigned_export(request: Request) -> Any:
    """The same list as a table; who took it out is entered."""
    now = clock.now()
    view, words = request.GET.get("view", ""), request.GET.get("q", "").strip()[:100]
    rows = narrowed(unsigned_of(request.user, request.contract), view, words, now)[:MOST_EXPORTED]
    head = [_("Ticket number"), _("Title"), _("Unit"), _("Reported by"), _("Engineer"), _("Done at"), _("To be signed by"),
            _("Status"), _("Reminded at")]  # fmt: skip
    table = [
        [
            ticket.code, ticket.title, ticket.unit_name, ticket.reporter_name, ticket.assignee.name if ticket.assignee else "",
            _when(ticket.resolved_at), _when(ticket.sign_due_at), ticket.get_status_display(), _when(ticket.reminded_at),
        ]
        for ticket in rows
    ]  # fmt: skip
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        visibility=Visibility.INTERNAL,
        after={"what": "unsigned", "rows": len(table), "view": view, "words": words},
    )
    name = f"{_('Unsigned work orders')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    fmt = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    return table_response(fmt, name, head, table, sheet=_("Unsigned work orders"))


@allow(*STAFF_ROLES, SUPERVISOR, LEADER, methods=POST)
def sign_remind(request: Request, code: str) -> HttpResponse:
    """Remind once; back to where the button was pressed."""
    ticket = ticket_of(request, code)
    try:
        to = ticket_sign_remind(ticket=ticket, actor=request.user, at=clock.now())
    except Conflict as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, _("Reminded: %(names)s") % {"names": _(", ").join(person.name for person in to)})
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None) or not back.startswith("/"):
        back = reverse("tickets:unsigned")
    return HttpResponseRedirect(back)


def _row(request: Request, ticket: Any, now: datetime) -> dict[str, Any]:
    late = ticket.sign_due_at is not None and ticket.sign_due_at < now and ticket.status == TicketStatus.TO_SIGN
    ask = can_ask(request.user, ticket, Purpose.COMPLETION) if request.role in STAFF_ROLES else False
    return {
        "ticket": ticket,
        "late": late,
        "days": max(
            0, (now.astimezone(clock.SHANGHAI).date() - ticket.resolved_at.astimezone(clock.SHANGHAI).date()).days
        ),
        "may_sign": can_sign(request.user, ticket, Purpose.COMPLETION) if request.role in CLIENT_ROLES else False,
        "may_ask": ask,
        "may_remind": permissions.can_remind(request.user, ticket)
        and (ticket.reminded_at is None or ticket.reminded_at <= now - PAUSE),
        "key": f"ticket-{ticket.pk}-{Purpose.COMPLETION.value}",
    }


def _chips(view: str, words: str) -> list[dict[str, Any]]:
    labels = {
        "": (_("All unsigned"), "signature"),
        "waiting": (_("Awaiting signature"), "hourglass"),
        "overdue": (_("Overdue"), "alert-circle"),
        "closed": (_("Closed, unsigned"), "circle-minus"),
        "paper": (_("Paper to confirm"), "file-text"),
    }
    return [
        {
            "label": label,
            "icon": icon,
            "url": f"?{urlencode({'view': key, **({'q': words} if words else {})})}",
            "active": key == view,
        }
        for key, (label, icon) in labels.items()
    ]


def _when(at: datetime | None) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else ""
