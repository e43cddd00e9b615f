"""The manager's care of a contract's tags, canned texts and checklists."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER
from tickets.forms.talk import CannedForm, TagForm, TagMergeForm, TemplateForm
from tickets.models import CannedText, ChecklistTemplate, Tag
from tickets.services.canned import canned_save
from tickets.services.checklist import checklist_save
from tickets.services.tag import tag_add, tag_change, tag_merge
from tickets.states import TagTone, TextKind

PAGE_SIZE = 200
"""A contract has a few dozen of each; more would be no help to anybody who chooses."""


def _context(page: str, **more: Any) -> dict[str, Any]:
    pages = [
        {"key": "tags", "label": _("Tags"), "icon": "tag", "url": reverse("tickets:tags")},
        {"key": "texts", "label": _("Canned texts"), "icon": "notes", "url": reverse("tickets:texts")},
        {"key": "checklists", "label": _("Checklists"), "icon": "checklist", "url": reverse("tickets:templates")},
    ]
    return {"pages": [{**one, "active": one["key"] == page} for one in pages], "page": page, **more}


def _back(route: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"tickets:{route}"))


# Tags -----------------------------------------------------------------------------------------------------------------


@allow(MANAGER, methods=GET_POST)
def tags(request: Request) -> HttpResponse:
    """The contract's tags, with how many tickets carry each, and a form for one more."""
    form = TagForm(
        request.POST if request.method == "POST" else None, initial={"tone": TagTone.PLAIN, "is_active": True}
    )
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form,
            tag_add,
            contract=request.contract,
            name=data["name"],
            tone=data["tone"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("The tag is there."))
            return _back("tags")
    rows = Tag.objects.filter(contract=request.contract).annotate(tickets=Count("ticket_links"))
    context = _context(
        "tags",
        form=form,
        tags=rows.order_by("-is_active", "name")[:PAGE_SIZE],
        columns=[{"label": _("Tag")}, {"label": _("Tickets"), "numeric": True}, {"label": _("In use")}],
    )
    return render(request, "tickets/talk/tags.html", context, status=form_status(form))


def _tag_of(request: Request, pk: int) -> Tag:
    found = Tag.objects.filter(contract=request.contract, pk=pk).select_related("contract").first()
    if found is None:
        raise NotFound(_("There is no such tag in this contract."))
    return found


@allow(MANAGER, methods=GET_POST)
def tag_edit(request: Request, pk: int) -> HttpResponse:
    """Rename a tag, give it another colour, retire it or take it up again."""
    tag = _tag_of(request, pk)
    initial = {"name": tag.name, "tone": tag.tone, "is_active": tag.is_active}
    form = TagForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        if attempt(form, tag_change, tag=tag, actor=request.user, at=clock.now(), **form.cleaned_data) is not None:
            messages.success(request, _("The tag is saved."))
            return _back("tags")
        tag = _tag_of(request, pk)
    context = _context("tags", form=form, tag=tag, merge_form=TagMergeForm(tag=tag))
    return render(request, "tickets/talk/tag.html", context, status=form_status(form))


@allow(MANAGER, methods=GET_POST)
def merge_tag(request: Request, pk: int) -> HttpResponse:
    """Let the tickets of one tag carry another, and retire the first."""
    tag = _tag_of(request, pk)
    form = TagMergeForm(request.POST if request.method == "POST" else None, tag=tag)
    if form.is_bound and form.is_valid():
        done = attempt(form, tag_merge, tag=tag, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(
                request, _("The tickets of “%(old)s” carry “%(new)s” now.") % {"old": tag.name, "new": done.name}
            )
            return _back("tags")
    initial = {"name": tag.name, "tone": tag.tone, "is_active": tag.is_active}
    context = _context("tags", form=TagForm(initial=initial), tag=tag, merge_form=form)
    return render(request, "tickets/talk/tag.html", context, status=form_status(form))


# Canned texts ---------------------------------------------------------------------------------------------------------


@allow(MANAGER)
def text_list(request: Request) -> HttpResponse:
    """The texts kept ready, those of one field together."""
    rows = CannedText.objects.filter(contract=request.contract).select_related("category")
    kind = request.GET.get("kind", "")
    if kind in TextKind.values:
        rows = rows.filter(kind=kind)
    chips = [{"label": _("All"), "url": "?", "active": kind not in TextKind.values}]
    chips += [{"label": one.label, "url": f"?kind={one.value}", "active": kind == one.value} for one in TextKind]
    context = _context(
        "texts",
        chips=chips,
        texts=rows.order_by("-is_active", "kind", "position", "title")[:PAGE_SIZE],
        columns=[{"label": _("Name")}, {"label": _("Offered for")}, {"label": _("Text")}, {"label": _("In use")}],
    )
    return render(request, "tickets/talk/texts.html", context)


@allow(MANAGER, methods=GET_POST)
def text_add(request: Request) -> HttpResponse:
    """A new text."""
    return _text_page(request, None)


@allow(MANAGER, methods=GET_POST)
def text_edit(request: Request, pk: int) -> HttpResponse:
    """Change a text, retire it or take it up again."""
    found = CannedText.objects.filter(contract=request.contract, pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such text in this contract."))
    return _text_page(request, found)


def _text_page(request: Request, canned: CannedText | None) -> HttpResponse:
    kind = request.GET.get("kind", TextKind.NOTE)
    initial = CannedForm.of(canned) if canned else {"kind": kind, "position": 0, "is_active": True}
    form = CannedForm(request.POST if request.method == "POST" else None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            canned_save,
            contract=request.contract,
            canned=canned,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("The text is saved."))
            return _back("texts")
    context = _context("texts", form=form, row=canned, back_url=reverse("tickets:texts"))
    return render(request, "tickets/talk/word.html", context, status=form_status(form))


# Checklists -----------------------------------------------------------------------------------------------------------


@allow(MANAGER)
def template_list(request: Request) -> HttpResponse:
    """The checklists of the contract."""
    rows = ChecklistTemplate.objects.filter(contract=request.contract).select_related("category")
    context = _context(
        "checklists",
        templates=rows.order_by("-is_active", "name")[:PAGE_SIZE],
        columns=[
            {"label": _("Checklist")},
            {"label": _("For")},
            {"label": _("Items"), "numeric": True},
            {"label": _("In use")},
        ],
    )
    return render(request, "tickets/talk/templates.html", context)


@allow(MANAGER, methods=GET_POST)
def template_add(request: Request) -> HttpResponse:
    """A new checklist."""
    return _template_page(request, None)


@allow(MANAGER, methods=GET_POST)
def template_edit(request: Request, pk: int) -> HttpResponse:
    """Change a checklist, retire it or take it up again; tickets keep the copy they have."""
    found = ChecklistTemplate.objects.filter(contract=request.contract, pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such checklist in this contract."))
    return _template_page(request, found)


def _template_page(request: Request, template: ChecklistTemplate | None) -> HttpResponse:
    initial = TemplateForm.of(template) if template else {"is_active": True}
    form = TemplateForm(request.POST if request.method == "POST" else None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            checklist_save,
            contract=request.contract,
            template=template,
            actor=request.user,
            at=clock.now(),
            **form.cleaned_data,
        )
        if done is not None:
            messages.success(request, _("The checklist is saved."))
            return _back("templates")
    context = _context("checklists", form=form, row=template, back_url=reverse("tickets:templates"))
    return render(request, "tickets/talk/word.html", context, status=form_status(form))
