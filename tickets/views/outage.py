"""Work while the system or the network is down: blank sheets to print, later entry, the manager's decision."""

from typing import Any
from uuid import uuid4

import segno
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Conflict, DomainError, NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import MANAGER, STAFF_ROLES, SUPERVISOR
from records.querysets import attachments_of
from records.services.attachments import PreparedImage
from tickets import permissions
from tickets.finds.outage import READERS, blank_sheets_of, late_entries_visible_to
from tickets.forms.core import ReasonForm
from tickets.forms.outage import BlankForm, LateForm
from tickets.models import BlankSheets, LateEntry, Ticket
from tickets.present.outage import late_facts, late_instants
from tickets.rules_outage import LOG_LINES, sheet_no
from tickets.services.blank_print import blank_print
from tickets.services.late_decide import late_confirm, late_refuse
from tickets.services.late_enter import late_enter
from tickets.states import BlankKind, LateStatus
from tickets.views.common import photos_of, to_ticket

CAP = 200
"""No page lists more; older ones are found by their chip."""


# Blank sheets -----------------------------------------------------------------------------------------------------------


@allow(*STAFF_ROLES, methods=GET_POST)
def paper(request: Request) -> HttpResponse:
    """Print blank sheets while everything works, to have them when it does not."""
    form = BlankForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        row = attempt(
            form, blank_print, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )
        if row is not None:
            messages.success(request, _("The sheets are ready to be printed; please keep some at every post."))
            return HttpResponseRedirect(f"{reverse('tickets:paper')}#sheets-{row.pk}")
    context = {
        "form": form,
        "rows": blank_sheets_of(request.contract)[:CAP],
        "columns": [
            {"label": _("Numbers")},
            {"label": _("Sheet")},
            {"label": _("Printed by")},
            {"label": _("Printed at")},
            {"label": ""},
        ],
    }
    return render(request, "tickets/outage/paper.html", context, status=form_status(form))


@allow(*STAFF_ROLES)
def paper_sheets(request: Request, pk: int) -> HttpResponse:
    """The sheets of one printing as PDF; the same numbers whenever it is asked for. A paper of the contract: Chinese."""
    row = BlankSheets.objects.filter(contract=request.contract, pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such printing."))
    contract = request.contract
    numbers = [sheet_no(row.series, number) for number in range(row.first, row.last + 1)]
    with translation.override("zh-hans"):
        html = render_to_string(
            "tickets/outage/order_blank.html" if row.kind == BlankKind.ORDER else "tickets/outage/log_blank.html",
            {
                "project": contract.project_name,
                "client": contract.client.legal_name,
                "contractor": contract.contractor.legal_name,
                "hotline": contract.hotline,
                "sheets": [{"no": number, "qr": _qr(number)} for number in numbers],
                "lines": range(1, LOG_LINES + 1),
            },
        )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{numbers[0]}.pdf"'
    return response


def _qr(number: str) -> SafeString:
    """The sheet's number for a scanner: matched on the page of later entry."""
    code = segno.make(number, error="m", micro=False, mask=0)
    return mark_safe(code.svg_inline(border=0, dark="#000000", light="#ffffff", omitsize=True))  # noqa: S308 - our own number


# Later entry ------------------------------------------------------------------------------------------------------------


@allow(*READERS)
def late_list(request: Request) -> HttpResponse:
    """What was entered later: waiting first, then the newest."""
    rows = late_entries_visible_to(request.user).filter(contract=request.contract)
    show = request.GET.get("show", "")
    if show in LateStatus.values:
        rows = rows.filter(status=show)
    word = request.GET.get("q", "")[:40].strip()
    if word:
        rows = rows.filter(paper_no__icontains=word) | rows.filter(code__icontains=word)
    chips = [{"label": _("All"), "url": "?", "active": not show}] + [
        {"label": state.label, "url": f"?show={state.value}", "active": show == state.value} for state in LateStatus
    ]
    found = rows.select_related("entered_by", "engineer", "decided_by", "ticket").order_by("-entered_at", "-id")
    context = {
        "rows": found[:CAP],
        "chips": chips,
        "q": word,
        "filtered": bool(show or word),
        "may_enter": permissions.can_enter_late(request.user, request.contract),
        "columns": [
            {"label": _("Late entry")},
            {"label": _("Received at")},
            {"label": _("Entered")},
            {"label": _("Ticket")},
            {"label": _("Status")},
        ],
    }
    return render(request, "tickets/outage/late_list.html", context)


@allow(*STAFF_ROLES, methods=GET_POST)
def late_new(request: Request) -> HttpResponse:
    """Enter a sheet: the real instants, the reason, a photo of the paper."""
    initial = {
        "form_token": uuid4(),
        "engineer": request.user.pk,
        "channel": "phone",
        "paper_no": request.GET.get("paper", "")[:40],
        "outage_from": request.GET.get("from", "")[:16],
        "outage_to": request.GET.get("to", "")[:16],
    }
    form = LateForm(request.POST if request.method == "POST" else None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        earlier = _entered_before(request, form)
        if earlier is not None:
            return to_entry(earlier)
        photos = photos_of(request, form)
        entry = None if photos is None else _enter(request, form, photos)
        if entry is not None:
            messages.success(request, _("%(code)s is entered and waits for the manager.") % {"code": entry.code})
            return to_entry(entry)
    return render(request, "tickets/outage/late_new.html", {"form": form}, status=form_status(form))


def _enter(request: Request, form: LateForm, photos: list[PreparedImage]) -> LateEntry | None:
    entry = attempt(
        form, late_enter, contract=request.contract, actor=request.user, at=clock.now(), photos=photos, **form.late()
    )
    if entry is None and not photos:
        form.photo_errors = [_("A photo of the paper is needed: it is the proof of the instants.")]  # type: ignore[attr-defined]
    return entry


def _entered_before(request: Request, form: LateForm) -> LateEntry | None:
    token = form.cleaned_data.get("form_token")
    if token is None:
        return None
    return LateEntry.objects.filter(form_token=token, contract=request.contract, entered_by=request.user).first()


def to_entry(entry: LateEntry) -> HttpResponseRedirect:
    """On to the entry after a verb."""
    return HttpResponseRedirect(reverse("tickets:late", args=[entry.pk]))


def entry_of(request: Request, pk: int) -> LateEntry:
    """The late entry in the present contract, if the reader may see it. Raises NotFound."""
    rows = late_entries_visible_to(request.user).filter(contract=request.contract, pk=pk)
    entry = rows.select_related("entered_by", "engineer", "decided_by", "contract", "ticket").first()
    if entry is None:
        raise NotFound(_("There is no such entry, or it is not yours to see."))
    return entry


@allow(*READERS)
def late_page(request: Request, pk: int) -> HttpResponse:
    """The sheet as it was typed beside its photo; the manager decides here."""
    entry = entry_of(request, pk)
    context = {
        "entry": entry,
        "ticket": getattr(entry, "ticket", None),
        "instants": late_instants(entry),
        "facts": late_facts(entry),
        "photos": attachments_of(entry),
        "may_decide": entry.status == LateStatus.WAITING and permissions.can_decide_late(request.user, entry),
    }
    return render(request, "tickets/outage/late.html", context)


@allow(MANAGER, SUPERVISOR, methods=POST)
def confirm(request: Request, pk: int) -> HttpResponse:
    """The paper says so: the ticket is made with its real instants."""
    entry = entry_of(request, pk)
    try:
        ticket: Ticket = late_confirm(entry=entry, actor=request.user, at=clock.now())
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        details = [text for text in refusal.fields.values() if text != refusal.message]
        messages.error(request, " ".join([refusal.message, *details]))
        return to_entry(entry)
    messages.success(request, _("Confirmed: %(code)s is made.") % {"code": ticket.code})
    return to_ticket(ticket)


@allow(MANAGER, SUPERVISOR, methods=GET_POST)
def refuse(request: Request, pk: int) -> HttpResponse:
    """Refuse a late entry, with the reason."""
    entry = entry_of(request, pk)
    if not permissions.can_decide_late(request.user, entry):
        raise NotAllowed(_("The project manager decides, never who entered it or whose work it tells."))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_bound and entry.status != LateStatus.WAITING:
        raise Conflict(_("Somebody has decided on this entry already."))
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            done: Any = attempt(form, late_refuse, entry=entry, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The entry is refused."))
            return to_entry(entry)
    return render(request, "tickets/outage/refuse.html", {"form": form, "entry": entry}, status=form_status(form))
