"""Change orders: list, page of one, its verbs, its sheet; emergencies apart."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Conflict, DomainError, NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.history import emergencies_visible_to, orders_visible_to
from devices.forms.history import CancelForm, DecideForm, FinishForm, OrderFilter, OrderForm, order_initial
from devices.models import ChangeOrder
from devices.present_history import actor_words, order_differences
from devices.present_history import order_steps as steps_of
from devices.services import orders as services
from devices.services.common import KEEPERS
from devices.states import CHANGE_ORDER_FLOW, ChangeStatus
from devices.tabs import READERS
from records.querysets import entries_of
from records.services.audit import audit_write

PAGE_SIZE = 50
EXPORTERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
MOST_EXPORTED = 20_000


@allow(*READERS)
def order_list(request: Request) -> HttpResponse:
    """The hall's change orders, the newest first."""
    rows, form = _filtered(request)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 12:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows.select_related("requested_by").prefetch_related("devices").order_by("-pk")[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    chosen = request.GET.get("status", "")
    chips = []
    for value, label in [("", _("All")), *ChangeStatus.choices]:
        params = request.GET.copy()
        for name in ("before", "status"):
            params.pop(name, None)
        if value:
            params["status"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": chosen == value})
    context = {
        "orders": shown,
        "form": form,
        "chips": chips,
        "is_filtered": any(request.GET.get(name) for name in ("q", "kind", "status")),
        "may_draft": request.role in KEEPERS,
        "may_export": request.role in EXPORTERS,
        "next_before": shown[-1].pk if len(page) > PAGE_SIZE else "",
        "is_first": not before,
        "columns": [
            {"label": _("Change order")},
            {"label": _("Devices")},
            {"label": _("Change window")},
            {"label": _("Asked for by")},
            {"label": _("State")},
        ],
    }
    return render(request, "devices/history/orders.html", context)


@allow(*EXPORTERS, methods=POST)  # type: ignore[arg-type]
def export(request: Request) -> HttpResponseBase:
    """The filtered list as a table; the export itself is entered in the history."""
    rows, _form = _filtered(request)
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "change orders", "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )
    header = [
        _("Number"), _("What is changed"), _("Kind of change"), _("Devices"), _("Reason"), _("Window from"), _("Window to"),
        _("State"), _("Asked for by"), _("Decided by"), _("Outcome"), _("Result"),
    ]  # fmt: skip
    found = rows.select_related("requested_by", "approver").prefetch_related("devices").order_by("-pk")[:MOST_EXPORTED]
    cells = (
        (
            row.code, row.title, row.get_kind_display(), " ".join(one.code for one in row.devices.all()), row.reason,
            row.window_from, row.window_to, row.get_status_display(), row.requested_by.name,
            row.approver.name if row.approver else "", row.get_outcome_display(), row.result,
        )
        for row in found.iterator(chunk_size=500)
    )  # fmt: skip
    name = f"{_('Change orders')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    return table_response("xlsx" if request.POST.get("format") == "xlsx" else "csv", name, header, cells)


@allow(*READERS)
def emergencies(request: Request) -> HttpResponse:
    """Key devices that were changed without an order, the newest first."""
    rows = emergencies_visible_to(request.user).filter(contract__hall=request.contract.hall_id)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 12:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows.select_related("device", "by").order_by("-pk")[: PAGE_SIZE + 1])
    context = {
        "rows": page[:PAGE_SIZE],
        "next_before": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else "",
        "is_first": not before,
        "columns": [
            {"label": _("Device")},
            {"label": _("What was changed")},
            {"label": _("Why it could not wait")},
            {"label": _("Who")},
            {"label": _("When")},
        ],
    }
    return render(request, "devices/history/emergencies.html", context)


@allow(*KEEPERS, methods=GET_POST)
def draft(request: Request) -> HttpResponse:
    """Write a change order, and submit it at once where it is complete."""
    now = clock.now()
    initial = {"devices": request.GET.get("device", "")[:30]}
    form = OrderForm(request.POST or None, hall=request.contract.hall, at=now, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, services.order_draft, contract=request.contract, data=form.order_data(), actor=request.user, at=now
        )
        if done is not None:
            return _saved(request, form, done)
    context = {"form": form, "title": _("New change order")}
    return render(request, "devices/history/order_form.html", context, status=form_status(form))


@allow(*KEEPERS, methods=GET_POST)
def edit(request: Request, code: str) -> HttpResponse:
    """Change a draft, or take up again what was refused."""
    row, now = _order_of(request, code), clock.now()
    if not CHANGE_ORDER_FLOW.allows("edit", row.status):
        raise Conflict(_("This order has moved on since you opened it. Please look at its present state."))
    form = OrderForm(request.POST or None, hall=request.contract.hall, at=now, initial=order_initial(row))
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            services.order_edit,
            order=row,
            version_seen=form.cleaned_data["version"] or 0,
            data=form.order_data(),
            actor=request.user,
            at=now,
        )
        if done is not None:
            return _saved(request, form, done)
    context = {"form": form, "order": row, "title": _("Edit %(code)s") % {"code": row.code}}
    return render(request, "devices/history/order_form.html", context, status=form_status(form))


@allow(*READERS)
def order(request: Request, code: str) -> HttpResponse:
    """One change order: what it is, how far it is, what can be done next."""
    return _page(request, _order_of(request, code))


@allow(*KEEPERS, methods=POST)
def submit(request: Request, code: str) -> HttpResponse:
    """Ask for approval."""
    row = _order_of(request, code)
    try:
        services.order_submit(order=row, actor=request.user, at=clock.now())
    except DomainError as error:
        if not error.fields:
            raise
        labels = OrderForm(hall=request.contract.hall, at=clock.now()).fields
        names = "、".join(str(labels[name].label) for name in error.fields)
        messages.error(request, _("Not submitted yet. Still missing: %(names)s") % {"names": names})
        return HttpResponseRedirect(reverse("devices:order_edit", args=[row.code]))
    messages.success(request, _("The order is submitted; whoever decides has been told."))
    return _to_order(row)


@allow(MANAGER, SUPERVISOR, methods=POST)
def approve(request: Request, code: str) -> HttpResponse:
    """Yes."""
    row = _order_of(request, code)
    return _decide(request, row, services.order_approve, "approve", _("The order is approved."))


@allow(MANAGER, SUPERVISOR, methods=POST)
def refuse(request: Request, code: str) -> HttpResponse:
    """No, and why."""
    row = _order_of(request, code)
    return _decide(request, row, services.order_refuse, "refuse", _("The order is refused."))


@allow(*KEEPERS, methods=POST)
def start(request: Request, code: str) -> HttpResponse:
    """Begin the work."""
    row = _order_of(request, code)
    form = forms.Form(request.POST)
    form.is_valid()
    if attempt(form, services.order_start, order=row, actor=request.user, at=clock.now()) is None:
        return _page(request, row, start_form=form)
    messages.success(request, _("Work has begun. How the devices are configured now is kept."))
    return _to_order(row)


@allow(*KEEPERS, methods=POST)
def finish(request: Request, code: str) -> HttpResponse:
    """Close an order with its outcome."""
    row = _order_of(request, code)
    form = FinishForm(request.POST)
    if form.is_valid():
        done = attempt(form, services.order_finish, order=row, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The order is closed."))
            return _to_order(row)
    return _page(request, row, finish_form=form)


@allow(*KEEPERS, methods=POST)
def cancel(request: Request, code: str) -> HttpResponse:
    """Give an order up."""
    row = _order_of(request, code)
    form = CancelForm(request.POST)
    if form.is_valid():
        done = attempt(form, services.order_cancel, order=row, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The order is cancelled."))
            return _to_order(row)
    return _page(request, row, cancel_form=form)


@allow(*READERS)
def sheet(request: Request, code: str) -> HttpResponse:
    """The order on A4, with room for the signatures."""
    row = _order_of(request, code)
    context = {
        "order": row,
        "code": row.code,
        "project": row.contract.project_name,
        "made_at": clock.now(),
        "devices": list(row.devices.select_related("place").order_by("code")),
        "differences": order_differences(row),
    }
    html = render_to_string("devices/history/order_sheet.html", context)
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{row.code}.pdf"'
    return response


# ----------------------------------------------------------------------------------------------------------------------


def _filtered(request: Request) -> tuple[QuerySet[ChangeOrder], OrderFilter]:
    rows = orders_visible_to(request.user).filter(contract__hall=request.contract.hall_id)
    form = OrderFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    if asked.get("kind"):
        rows = rows.filter(kind=asked["kind"])
    if asked.get("status"):
        rows = rows.filter(status=asked["status"])
    if asked.get("q"):
        text = asked["q"].strip()
        by_device = Q(
            pk__in=ChangeOrder.devices.through.objects.filter(device__code__iexact=text).values("changeorder_id")
        )
        rows = rows.filter(Q(code__icontains=text) | Q(title__icontains=text) | by_device)
    return rows, form


def _order_of(request: Request, code: str) -> ChangeOrder:
    row = (
        orders_visible_to(request.user)
        .filter(contract__hall=request.contract.hall_id, code=code)
        .select_related("contract", "requested_by", "approver", "started_by", "finished_by")
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such change order in this hall."))
    return row


def _to_order(row: ChangeOrder) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("devices:order", args=[row.code]))


def _saved(request: Request, form: OrderForm, row: ChangeOrder) -> HttpResponseRedirect:
    """After a draft is stored: submit it as well when that was asked; its form has seen to it that nothing is missing."""
    if form.is_sent:
        services.order_submit(order=row, actor=request.user, at=clock.now())
        messages.success(request, _("The order is submitted; whoever decides has been told."))
    else:
        messages.success(request, _("The draft is saved."))
    return _to_order(row)


def _decide(request: Request, row: ChangeOrder, service: Any, name: str, said: str) -> HttpResponse:
    form = DecideForm(request.POST, auto_id=f"{name}_%s")
    if form.is_valid():
        done = attempt(
            form,
            service,
            order=row,
            version_seen=form.cleaned_data["version"],
            decision=form.cleaned_data["decision"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, said)
            return _to_order(row)
    return _page(request, row, **{f"{name}_form": form})


def _page(request: Request, row: ChangeOrder, **bound: forms.Form) -> HttpResponse:
    now = clock.now()
    owns = request.role == MANAGER or (request.role in KEEPERS and row.requested_by_id == request.user.pk)
    keeps = request.role in KEEPERS
    in_window = row.window_from <= now <= row.window_to

    def may(verb: str) -> bool:
        return CHANGE_ORDER_FLOW.allows(verb, row.status)

    initial = {"version": row.version}
    context: dict[str, Any] = {
        "order": row,
        "devices": list(row.devices.select_related("place").order_by("code")),
        "steps": steps_of(row),
        "may_edit": owns and may("edit"),
        "may_submit": owns and may("submit"),
        "may_decide": may("approve") and services.can_decide(request.user, row),
        "may_start": keeps and may("start"),
        "in_window": in_window,
        "may_finish": keeps and may("finish"),
        "may_cancel": owns and may("cancel"),
        "differences": order_differences(row),
        "versions": list(row.config_versions.select_related("item__device", "by").order_by("-pk")[:PAGE_SIZE]),
        "entries": [
            {"at": entry.at, "title": entry_words(entry.verb), "actor": actor_words(entry), "text": entry.reason}
            for entry in entries_of(row)
        ],
        "approve_form": DecideForm(initial=initial, auto_id="approve_%s"),
        "refuse_form": DecideForm(initial=initial, auto_id="refuse_%s"),
        "finish_form": FinishForm(),
        "cancel_form": CancelForm(),
        "start_form": None,
    } | bound
    form = next(iter(bound.values()), None)
    return render(request, "devices/history/order.html", context, status=form_status(form) if form is not None else 200)


def entry_words(verb: str) -> str:
    """What was done with an order."""
    words = {
        "draft": _("Drafted"),
        "edit": _("Edited"),
        "submit": _("Submitted"),
        "approve": _("Approved"),
        "refuse": _("Refused"),
        "start": _("Begun"),
        "finish": _("Order closed"),
        "cancel": _("Cancelled"),
    }
    return words[verb]
