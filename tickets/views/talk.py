"""Doors to notes, watching, tags, checklists, links, merging and splitting, and to what is suggested while somebody types."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotAllowed, NotFound
from core.forms import form_status
from core.http import Request
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, MANAGER, STAFF_ROLES
from devices.models import Place
from devices.querysets import device_by_code
from tickets import permissions
from tickets.finds import talk as finds
from tickets.forms.talk import ChecklistForm, LinkForm, MergeForm, NoteForm, SplitForm, TagsForm
from tickets.models import ChecklistItem, Ticket, TicketLink
from tickets.querysets import tickets_visible_to
from tickets.services.checklist import checklist_tick, checklist_use
from tickets.services.link import ticket_link, ticket_unlink
from tickets.services.merge import ticket_merge
from tickets.services.note import ticket_note
from tickets.services.split import ticket_split
from tickets.services.tag import ticket_tags_set
from tickets.services.watch import ticket_watch
from tickets.states import BEFORE_SIGNING
from tickets.views.common import live, photos_of, ticket_of, to_ticket

OFFERED = 20
"""So many open tickets stand in the list of numbers to choose from."""


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_("Your role may not do this to this ticket."))


def _page(request: Request, ticket: Ticket, form: Any, name: str, **context: Any) -> HttpResponse:
    """A form of this room as a page of its own, or as a fragment for a request by htmx."""
    fragment = f"tickets/talk/_{name}.html"
    template = fragment if request.htmx else "tickets/form.html"
    values = {"ticket": ticket, "form": form, "fragment": fragment, **context}
    return render(request, template, values, status=form_status(form))


# Notes ----------------------------------------------------------------------------------------------------------------


@allow(*CLIENT_ROLES, *STAFF_ROLES, methods=GET_POST)
def note(request: Request, code: str) -> HttpResponse:
    """Write on the ticket: staff internally or for both sides, the client's people to both."""
    ticket = ticket_of(request, code)
    _require(permissions.can_note(request.user, ticket))
    by_staff = request.role in STAFF_ROLES
    form = NoteForm(request.POST if request.method == "POST" else None, by_staff=by_staff)
    if form.is_bound and form.is_valid():
        photos = photos_of(request, form)
        if photos is not None:
            named = live(form, ticket_note, ticket, actor=request.user, photos=photos, **form.cleaned_data)
            if named is not None:
                said = _("The note is saved.") if by_staff else _("Your message is sent.")
                if named:
                    said += " " + _("Told: %(names)s.") % {"names": _(", ").join(person.name for person in named)}
                messages.success(request, said)
                return to_ticket(ticket)
    return _page(request, ticket, form, "note", by_staff=by_staff)


@allow(*CLIENT_ROLES, *STAFF_ROLES)
def mention(request: Request, code: str) -> HttpResponse:
    """Whom a note on this ticket can name, as options of a list; narrowed by what was typed behind the @."""
    ticket = ticket_of(request, code)
    _require(permissions.can_note(request.user, ticket))
    typed = request.GET.get("q", "")[:40].strip().casefold()
    people = [
        row
        for row in finds.mentionable(ticket, clock.now())
        if row.user_id != request.user.pk
        and (typed in row.user.name.casefold() or row.user.username.casefold().startswith(typed))
    ]
    return render(request, "tickets/talk/_mention.html", {"people": people[:8]})


@allow(*STAFF_ROLES)
def texts(request: Request) -> HttpResponse:
    """The texts kept ready for one field: a list to choose from, and without scripts to copy from."""
    kind = request.GET.get("kind", "")[:12]
    code = request.GET.get("ticket", "")[:40]
    ticket = ticket_of(request, code) if code else None
    context = {
        "texts": finds.texts_for(request.contract, kind, ticket),
        "may_keep": permissions.can_keep_words(request.user, request.contract),
    }
    return render(request, "tickets/talk/_texts.html" if request.htmx else "tickets/talk/texts_pick.html", context)


# Watching -------------------------------------------------------------------------------------------------------------


@allow(*BUSINESS_ROLES, methods=POST)
def watch(request: Request, code: str) -> HttpResponse:
    """Follow a ticket, or stop (`on` is empty)."""
    ticket = ticket_of(request, code)
    on = bool(request.POST.get("on"))
    ticket_watch(ticket=ticket, actor=request.user, at=clock.now(), on=on)
    messages.success(request, _("You will be told of every step.") if on else _("You no longer follow this ticket."))
    return to_ticket(ticket)


# Tags and checklists --------------------------------------------------------------------------------------------------


@allow(*STAFF_ROLES, methods=GET_POST)
def tag(request: Request, code: str) -> HttpResponse:
    """Which tags the ticket carries."""
    ticket = ticket_of(request, code)
    _require(permissions.can_arrange(request.user, ticket))
    form = TagsForm(request.POST if request.method == "POST" else None, ticket=ticket, carried=finds.tags_of(ticket))
    if form.is_bound and form.is_valid():
        done = live(form, ticket_tags_set, ticket, actor=request.user, tags=list(form.cleaned_data["tags"]))
        if done is not None:
            messages.success(request, _("The tags are saved."))
            return to_ticket(ticket)
    return _page(request, ticket, form, "tags", may_keep=permissions.can_keep_words(request.user, request.contract))


@allow(*STAFF_ROLES, methods=GET_POST)
def checklist(request: Request, code: str) -> HttpResponse:
    """Copy a checklist onto the ticket."""
    ticket = ticket_of(request, code)
    _require(permissions.can_arrange(request.user, ticket))
    form = ChecklistForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if form.is_bound and form.is_valid():
        done = live(form, checklist_use, ticket, actor=request.user, template=form.cleaned_data["template"])
        if done is not None:
            messages.success(request, _("The checklist stands on the ticket."))
            return to_ticket(ticket)
    return _page(
        request, ticket, form, "checklist_use", may_keep=permissions.can_keep_words(request.user, request.contract)
    )


@allow(*STAFF_ROLES, methods=POST)
def check(request: Request, code: str, pk: int) -> HttpResponse:
    """Tick one item of the ticket's checklist, or take the tick back (`done` is empty)."""
    ticket = ticket_of(request, code)
    item = ChecklistItem.objects.filter(ticket=ticket, pk=pk).first()
    if item is None:
        raise NotFound(_("There is no such item on this ticket."))
    checklist_tick(ticket=ticket, item=item, done=bool(request.POST.get("done")), actor=request.user, at=clock.now())
    if request.htmx:
        context = {"panel": {"items": finds.checklist_of(ticket), "may_tick": True}, "ticket": ticket}
        return render(request, "tickets/talk/_checklist.html", context)
    return HttpResponseRedirect(f"{reverse('tickets:detail', args=[ticket.code])}#checklist")


# Relations ------------------------------------------------------------------------------------------------------------


def _offered(request: Request, ticket: Ticket) -> QuerySet[Ticket]:
    """Open tickets that may be meant: those of the same device first, then those of the place."""
    rows = tickets_visible_to(request.user).filter(contract=request.contract, status__in=BEFORE_SIGNING)
    rows = rows.filter(device=ticket.device) if ticket.device_id else rows.filter(place=ticket.place)
    return rows.exclude(pk=ticket.pk).order_by("-received_at", "-id")[:OFFERED]


@allow(*STAFF_ROLES, methods=GET_POST)
def link(request: Request, code: str) -> HttpResponse:
    """Say how this ticket relates to another."""
    ticket = ticket_of(request, code)
    _require(permissions.can_arrange(request.user, ticket))
    form = LinkForm(request.POST if request.method == "POST" else None, ticket=ticket, user=request.user)
    if form.is_bound and form.is_valid():
        done = live(form, ticket_link, ticket, actor=request.user, **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The tickets are linked."))
            return to_ticket(ticket)
    return _page(request, ticket, form, "link", offered=_offered(request, ticket))


@allow(*STAFF_ROLES, methods=POST)
def unlink(request: Request, code: str, pk: int) -> HttpResponse:
    """Take a relation back."""
    ticket = ticket_of(request, code)
    found = TicketLink.objects.filter(pk=pk).select_related("source__contract", "target__contract").first()
    if found is None or ticket.pk not in (found.source_id, found.target_id):
        raise NotFound(_("There is no such link."))
    ticket_unlink(ticket=ticket, link=found, actor=request.user, at=clock.now())
    messages.success(request, _("The link is taken back."))
    return to_ticket(ticket)


@allow(MANAGER, methods=GET_POST)
def merge(request: Request, code: str) -> HttpResponse:
    """Merge this ticket into another one."""
    ticket = ticket_of(request, code)
    _require(permissions.can_merge(request.user, ticket))
    form = MergeForm(request.POST if request.method == "POST" else None, ticket=ticket, user=request.user)
    if form.is_bound and form.is_valid():
        target = live(form, ticket_merge, ticket, actor=request.user, **form.cleaned_data)
        if target is not None:
            messages.success(
                request, _("%(code)s goes on as %(target)s.") % {"code": ticket.code, "target": target.code}
            )
            return to_ticket(target)
    return _page(request, ticket, form, "merge", offered=_offered(request, ticket))


@allow(*STAFF_ROLES, methods=GET_POST)
def split(request: Request, code: str) -> HttpResponse:
    """Make a second fault in this request a ticket of its own."""
    ticket = ticket_of(request, code)
    _require(permissions.can_arrange(request.user, ticket))
    form = SplitForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if form.is_bound and form.is_valid():
        part = live(form, ticket_split, ticket, actor=request.user, **form.values())
        if part is not None:
            messages.success(request, _("%(code)s is a ticket of its own now.") % {"code": part.code})
            return to_ticket(part)
    return _page(request, ticket, form, "split", device=form.chosen_device)


# While a report is typed ----------------------------------------------------------------------------------------------


@allow(*CLIENT_ROLES, *STAFF_ROLES, methods=POST)
def similar(request: Request) -> HttpResponse:
    """Open tickets that may be the same fault, for the form of a report; only what the reader may see. It never blocks."""
    hall = request.contract.hall
    text = request.POST.get("device", "")[:80]
    device = (device_by_code(hall, text.split(" · ")[-1]) or device_by_code(hall, text)) if text else None
    number = request.POST.get("place", "")
    known = number.isascii() and number.isdigit() and len(number) < 12
    place = Place.objects.filter(hall=hall, pk=int(number)).first() if known else None
    found = finds.similar_to(
        request.user, request.contract, device=device, place=place, text=request.POST.get("description", "")[:2000]
    )
    return render(request, "tickets/talk/_similar.html", {"similar": found, "same_device": device is not None})


@allow(*CLIENT_ROLES, *STAFF_ROLES, methods=POST)
def me_too(request: Request, code: str) -> HttpResponse:
    """It is this one: what was typed becomes a note on the ticket, and whoever reports it follows it, instead of a new ticket."""
    ticket = ticket_of(request, code)
    _require(permissions.can_note(request.user, ticket))
    words = request.POST.get("description", "").strip()[:1500]
    caller = request.POST.get("reporter_name", "").strip()[:40]
    text = _("Reported again: %(words)s") % {"words": words} if words else _("Reported again: the same fault.")
    if caller and request.role in STAFF_ROLES:
        text += f" ({caller})"
    form = NoteForm({"text": text}, by_staff=request.role in STAFF_ROLES)
    form.is_valid()
    photos = photos_of(request, form)
    given = {"actor": request.user, "text": text, "visible": True}
    named = None if photos is None else live(form, ticket_note, ticket, photos=photos, **given)
    if named is None:
        return _page(request, ticket, form, "note", by_staff=request.role in STAFF_ROLES)
    ticket_watch(ticket=ticket, actor=request.user, at=clock.now())
    messages.success(
        request, _("Your words stand on %(code)s, and you will be told of every step.") % {"code": ticket.code}
    )
    return to_ticket(ticket)
