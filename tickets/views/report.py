"""The door to verb `report`: client staff for themselves, engineers for whoever calls; with the response in one go."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.forms import attempt, form_status
from core.http import Request
from core.roles import CLIENT_ROLES, STAFF_ROLES
from devices.querysets import device_by_code
from records.services.attachments import PreparedImage
from tickets.forms.core import SET_BACK_REASONS, ReportForm
from tickets.models import Ticket
from tickets.services.report import ticket_report
from tickets.services.respond import ticket_report_and_respond
from tickets.states import Channel
from tickets.views.common import photos_of, to_ticket


@allow(*CLIENT_ROLES, *STAFF_ROLES, methods=GET_POST)
def report(request: Request) -> HttpResponse:
    """Report a fault. A device in the query string (from its label or page) fills in device, place and window."""
    form = ReportForm(
        request.POST if request.method == "POST" else None,
        contract=request.contract,
        membership=request.membership,
        initial=_initial(request),
    )
    if form.is_bound and form.is_valid():
        if (earlier := _logged_before(request, form)) is not None:
            return to_ticket(earlier)
        photos = photos_of(request, form)
        ticket = None if photos is None else _log(request, form, photos)
        if ticket is None and (earlier := _logged_before(request, form)) is not None:
            return to_ticket(earlier)
        if ticket is not None:
            if ticket.responded_at:
                messages.success(request, _("%(code)s is logged and answered.") % {"code": ticket.code})
            else:
                messages.success(
                    request, _("%(code)s is logged. The engineers on duty are being told.") % {"code": ticket.code}
                )
            return to_ticket(ticket)
    device = form.chosen_device or device_by_code(request.contract.hall, str(form["device"].value() or ""))
    context = {
        "form": form,
        "device": device,
        "set_back_reasons": SET_BACK_REASONS,
        "respond_open": form.by_staff and bool(form["respond_now"].value()),
    }
    return render(request, "tickets/report.html", context, status=form_status(form))


def _log(request: Request, form: ReportForm, photos: list[PreparedImage]) -> Ticket | None:
    with transaction.atomic():
        now = clock.now()
        values = {**form.report(request.user, now), "photos": photos}
        if form.by_staff and form.cleaned_data["respond_now"]:
            return attempt(
                form, ticket_report_and_respond, report=values, response=form.response(now), actor=request.user, at=now
            )
        return attempt(form, ticket_report, actor=request.user, at=now, **values)


def _logged_before(request: Request, form: ReportForm) -> Ticket | None:
    """The ticket that this very form made when it was sent before: a double tap, a resend over a bad network.

    A form reached by "back" and filled in anew is a new request: it loses the token of the old one.
    """
    token = form.cleaned_data.get("form_token")
    if token is None:
        return None
    earlier = Ticket.objects.filter(form_token=token, contract=request.contract, recorded_by=request.user).first()
    if earlier is not None and earlier.description != form.cleaned_data["description"].strip():
        form.cleaned_data["form_token"] = None
        return None
    return earlier


def _initial(request: Request) -> dict[str, Any]:
    initial: dict[str, Any] = {
        "form_token": uuid4(),
        "reporter_phone": request.user.phone if request.role in CLIENT_ROLES else "",
    }
    if symptom := request.GET.get("symptom", "")[:300]:
        initial["description"] = symptom
    if request.GET.get("channel") == Channel.INSPECTION and request.role in STAFF_ROLES:
        initial |= {"channel": Channel.INSPECTION, "reporter_name": request.user.name}
    if request.membership.unit_id is not None:
        initial["unit"] = request.membership.unit_id
    device = device_by_code(request.contract.hall, request.GET.get("device", "")[:40])
    if device is not None:
        initial |= {"device": device.code, "place": device.place_id, "window": device.window_id}
        if request.role in STAFF_ROLES and (device.unit_id or device.window_id):
            initial["unit"] = device.window.unit_id if device.window else device.unit_id
    return initial
