"""Hand-over of open tickets: what I have in hand, offered to a colleague in one act, accepted by name."""

from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import AUDITOR, MANAGER, STAFF_ROLES
from parties.models import User
from roster.duty import on_duty
from sla.present import clock_view
from tickets import permissions
from tickets.finds.flow import engineers_of
from tickets.finds.outage import handovers_visible_to, in_hand_of, offered
from tickets.forms.outage import AnswerForm, HandoverForm
from tickets.models import OpenHandover, Ticket
from tickets.services.handover_open import handover_answer, handover_offer, handover_take_back
from tickets.states import HandoverLineState

CAP = 100


@allow(*STAFF_ROLES, AUDITOR)
def handover_list(request: Request) -> HttpResponse:
    """What waits for me, what I have offered, and what was handed over before; the manager sees everybody's."""
    rows = handovers_visible_to(request.user).filter(contract=request.contract)
    rows = rows.select_related("from_person", "to_person").prefetch_related("lines__ticket")
    found = list(rows.order_by("-made_at", "-id")[:CAP])
    mine = [row for row in found if row.answered_at is None and row.to_person_id == request.user.pk]
    context = {
        "mine": mine,
        "rows": [row for row in found if row not in mine],
        "may_offer": request.role in STAFF_ROLES,
        "columns": [
            {"label": _("Hand-over")},
            {"label": _("Tickets")},
            {"label": _("Offered at")},
            {"label": _("Answer")},
        ],
    }
    return render(request, "tickets/outage/handovers.html", context)


@allow(*STAFF_ROLES, methods=GET_POST)
def handover_new(request: Request) -> HttpResponse:
    """My open tickets with state, clock and what is next; the manager may choose whose (somebody fell ill)."""
    now = clock.now()
    person = _person(request)
    engineers = engineers_of(request.contract, now)
    colleagues = [one for one in engineers if one.pk != person.pk]
    duty = [one for one in on_duty(request.contract, now) if one.pk != person.pk]
    proposed = next((one.pk for one in duty if any(one.pk == other.pk for other in colleagues)), None)
    form = HandoverForm(
        request.POST if request.method == "POST" else None,
        colleagues=colleagues,
        initial={"form_token": uuid4(), "to_person": proposed},
    )
    tickets = list(in_hand_of(request.contract, person)[:CAP])
    if form.is_bound and form.is_valid():
        done = _offer(request, form, person, now)
        if done is not None:
            messages.success(
                request,
                _("Offered to %(name)s; until it is accepted the tickets stay as they are.")
                % {"name": done.to_person.name},
            )
            return to_handover(done)
    waiting = set(offered(request.contract).values_list("ticket_id", flat=True))
    chosen = (
        set(request.POST.getlist("ticket"))
        if form.is_bound
        else {str(row.pk) for row in tickets if row.pk not in waiting}
    )
    context = {
        "form": form,
        "person": person,
        "others": [one for one in engineers if one.pk != person.pk] if request.role == MANAGER else [],
        "duty": duty,
        "rows": [
            {
                "ticket": row,
                "clock": _clock(row, request, now),
                "offered": row.pk in waiting,
                "chosen": str(row.pk) in chosen,
                "note": request.POST.get(f"note-{row.pk}", "")[:300],
            }
            for row in tickets
        ],
        "tickets_error": getattr(form, "tickets_error", ""),
    }
    return render(request, "tickets/outage/handover_new.html", context, status=form_status(form))


def _person(request: Request) -> User:
    """Whose tickets: the reader's, or for the manager those of the engineer in the query."""
    asked = request.POST.get("from_person") or request.GET.get("from", "")
    if not asked or asked == str(request.user.pk):
        return cast(User, request.user)
    if request.role != MANAGER:
        raise NotAllowed(_("You can hand over your own tickets; the manager anybody's."))
    known: list[User] = [one for one in engineers_of(request.contract, clock.now()) if str(one.pk) == asked]
    if not known:
        raise NotFound(_("There is no such engineer in this contract."))
    return known[0]


def _offer(request: Request, form: HandoverForm, person: User, now: Any) -> OpenHandover | None:
    data = form.cleaned_data
    token = data.get("form_token")
    if token is not None:
        earlier = OpenHandover.objects.filter(form_token=token, contract=request.contract, made_by=request.user).first()
        if earlier is not None:
            return earlier
    ids = [int(one) for one in request.POST.getlist("ticket") if one.isascii() and one.isdigit() and len(one) < 18]
    return attempt(
        form,
        handover_offer,
        contract=request.contract,
        actor=request.user,
        at=now,
        from_person=person,
        to_person=data["to_person"],
        why=data["why"],
        note=data["note"],
        notes={pk: request.POST.get(f"note-{pk}", "") for pk in ids},
        form_token=token,
    )


def _clock(ticket: Ticket, request: Request, now: Any) -> dict[str, Any] | None:
    promise = ticket.repair_clock
    if promise is None or promise.state == "cancelled":
        return None
    promise.contract = request.contract
    return clock_view(promise, now)


def to_handover(handover: OpenHandover) -> HttpResponseRedirect:
    """On to the hand-over after a verb."""
    return HttpResponseRedirect(reverse("tickets:handover_open", args=[handover.pk]))


def handover_of(request: Request, pk: int) -> OpenHandover:
    """A hand-over of the present contract. Raises NotFound."""
    rows = handovers_visible_to(request.user).filter(contract=request.contract, pk=pk)
    handover = rows.select_related("contract", "from_person", "to_person", "made_by").first()
    if handover is None:
        raise NotFound(_("There is no such hand-over."))
    return handover


@allow(*STAFF_ROLES, AUDITOR, methods=GET_POST)
def handover_page(request: Request, pk: int) -> HttpResponse:
    """The tickets with their notes; the colleague named answers each."""
    handover = handover_of(request, pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    lines = list(handover.lines.select_related("ticket__place", "ticket__unit", "ticket__assignee"))
    waiting = [line.pk for line in lines if line.state == HandoverLineState.OFFERED]
    taken = {int(one) for one in request.POST.getlist("line") if one.isascii() and one.isdigit() and len(one) < 18}
    if form.is_bound and form.is_valid():
        accepted = [pk for pk in waiting if pk in taken]
        refused = {pk: form.cleaned_data["refusal"] for pk in waiting if pk not in taken}
        done = attempt(
            form,
            handover_answer,
            handover=handover,
            actor=request.user,
            at=clock.now(),
            accepted=accepted,
            refused=refused,
        )
        if done is not None:
            messages.success(request, _("Your answer is recorded; what you accepted is yours now."))
            return to_handover(handover)
    waits = any(line.state == HandoverLineState.OFFERED for line in lines)
    context = {
        "handover": handover,
        "lines": lines,
        "left_out": set(waiting) - taken if form.is_bound else set(),
        "form": form,
        "may_answer": waits and request.user.pk == handover.to_person_id,
        "may_take_back": waits and permissions.can_hand_over(request.user, request.contract, handover.from_person),
    }
    return render(request, "tickets/outage/handover.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=POST)
def take_back(request: Request, pk: int) -> HttpResponse:
    """Take back what was not answered yet."""
    handover = handover_of(request, pk)
    handover_take_back(handover=handover, actor=request.user, at=clock.now())
    messages.success(request, _("Taken back."))
    return to_handover(handover)
