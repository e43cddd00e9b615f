"""Acts on the tickets that were chosen in the list, what became of them, and taking it back."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import STAFF_ROLES
from parties.models import User
from tickets import permissions
from tickets.finds.flow import engineers_of
from tickets.forms.listing import AssignForm, TagForm
from tickets.models import Tag, TicketBatch
from tickets.services.batch import LIMIT, RECORDED, batch_undo, tickets_assign, tickets_named, tickets_tag_many
from tickets.views.lists import PARAMS


@allow(*STAFF_ROLES, methods=GET_POST)
def bulk_assign(request: Request) -> HttpResponse:
    """Give the chosen tickets to one engineer: all of them, or none."""
    now = clock.now()
    people = {person.pk: person for person in engineers_of(request.contract, now)}
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        engineers=[(pk, person.name) for pk, person in people.items()],
        initial={"key": uuid4()},
    )

    def given() -> dict[str, Any]:
        engineer: User = people[form.cleaned_data["engineer"]]
        return {"engineer": engineer, "reason": form.cleaned_data["reason"]}

    return _page(request, form, tickets_assign, given, "tickets/listing/assign.html")


@allow(*STAFF_ROLES, methods=GET_POST)
def bulk_tag(request: Request) -> HttpResponse:
    """Put a tag on the chosen tickets: on all of them, or none."""
    tags = {tag.pk: tag for tag in Tag.objects.filter(contract=request.contract, is_active=True)}
    form = TagForm(
        request.POST if request.method == "POST" else None,
        tags=[(pk, tag.name) for pk, tag in tags.items()],
        initial={"key": uuid4()},
    )
    return _page(
        request, form, tickets_tag_many, lambda: {"tag": tags[form.cleaned_data["tag"]]}, "tickets/listing/tag.html",
        has_tags=bool(tags),
    )  # fmt: skip


def _page(
    request: Request,
    form: forms.Form,
    service: Callable[..., TicketBatch],
    given: Callable[[], dict[str, Any]],
    template: str,
    **context: Any,
) -> HttpResponse:
    source = request.POST if request.method == "POST" else request.GET
    codes = list(dict.fromkeys(code[:40] for code in source.getlist("codes")[: LIMIT + 1]))
    back = urlencode([(name, value) for name, value in parse_qsl(source.get("back", "")[:2_000]) if name in PARAMS])
    if request.method == "POST" and form.is_valid():
        try:
            batch = attempt(
                form,
                service,
                contract=request.contract,
                codes=codes,
                key=form.cleaned_data["key"],
                actor=request.user,
                at=clock.now(),
                **given(),
            )
        except Conflict as error:
            if error.code != RECORDED:
                raise
            batch = None
        batch = (
            batch
            or TicketBatch.objects.filter(
                contract=request.contract, made_by=request.user, key=form.cleaned_data["key"]
            ).first()
        )
        if batch is not None:
            return HttpResponseRedirect(f"{reverse('tickets:bulk', args=[batch.pk])}?{back}")
    try:
        tickets = tickets_named(request.user, request.contract, codes)
    except Invalid as error:
        # The whole choice is refused: what is not this person's to see is named, nothing else is shown.
        tickets = []
        context["refused"] = error.message if codes else ""
    context |= {"form": form, "tickets": tickets, "codes": codes, "back": back}
    return render(request, template, context, status=form_status(form))


def _batch_of(request: Request, pk: int) -> TicketBatch:
    """An act of this contract that this person did or may take back. Raises NotFound."""
    batch = TicketBatch.objects.filter(contract=request.contract, pk=pk).select_related("made_by", "undone_by").first()
    if batch is None or not permissions.can_undo_batch(request.user, batch):
        raise NotFound(_("There is no such act among yours."))
    return batch


@allow(*STAFF_ROLES)
def bulk_result(request: Request, pk: int) -> HttpResponse:
    """What became of each ticket, and the way back."""
    batch = _batch_of(request, pk)
    words = {
        "assigned": _("Handed to %(name)s") % {"name": batch.word},
        "pointed_out": _("Pointed out to %(name)s; whoever answers first is responsible") % {"name": batch.word},
        "tagged": _("Tagged “%(name)s”") % {"name": batch.word},
        "already": _("Was so already"),
    }
    rows = [
        {"code": row["code"], "text": words[row["done"]], "stayed": row["code"] in batch.stayed} for row in batch.rows
    ]
    context = {
        "batch": batch,
        "rows": rows,
        "can_undo": batch.undone_at is None and any(row["done"] in ("assigned", "tagged") for row in batch.rows),
        "back": urlencode([(name, value) for name, value in request.GET.items() if name in PARAMS]),
    }
    return render(request, "tickets/listing/batch.html", context)


@allow(*STAFF_ROLES, methods=POST)
def bulk_undo(request: Request, pk: int) -> HttpResponse:
    """Take the act back as one."""
    batch = _batch_of(request, pk)
    try:
        batch = batch_undo(batch=batch, actor=request.user, at=clock.now())
    except DomainError as error:
        if error.status < 409:
            raise
        messages.warning(request, error.message)
    else:
        messages.success(request, _("Taken back."))
    return HttpResponseRedirect(reverse("tickets:bulk", args=[batch.pk]))
