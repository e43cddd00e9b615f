"""Network registrations: list, one of them with its verbs, the form on paper."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.finds.network import registrations_visible_to
from devices.forms.network import ApproveForm, ReasonForm, RefuseForm, RegistrationForm, RenewForm
from devices.models import Registration
from devices.services.common import local_day
from devices.services.registrations import (
    DECIDERS,
    REQUESTERS,
    may_decide,
    registration_approve,
    registration_refuse,
    registration_renew,
    registration_request,
    registration_revoke,
    registration_withdraw,
)
from devices.states import REGISTRATION_FLOW, RegistrationStatus
from devices.tabs import READERS
from devices.views.network_page import PAGE_SIZE, exported, form_page, page_context, row_of
from records.models import AuditEntry

RELATED = ("unit", "device", "address", "subnet", "requested_by", "decided_by", "contract")
FORMS: dict[str, tuple[type[forms.Form], Callable[..., Registration]]] = {
    "registration_approve": (ApproveForm, registration_approve),
    "registration_refuse": (RefuseForm, registration_refuse),
    "registration_renew": (RenewForm, registration_renew),
    "registration_revoke": (ReasonForm, registration_revoke),
}
STATEMENTS = 40
"""So many entries of its history a registration's page shows."""


@allow(*READERS)
def registration_list(request: Request) -> HttpResponse:
    """The hall's registrations, newest first; those that wait for a decision can be had alone."""
    rows = _found(request)
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 10 else 0
    page = list(rows[start : start + PAGE_SIZE + 1])
    context = page_context(
        request,
        "registrations",
        registrations=page[:PAGE_SIZE],
        next_after=start + PAGE_SIZE if len(page) > PAGE_SIZE else "",
        is_first=not start,
        q=request.GET.get("q", "")[:60],
        chips=_chips(request),
        today=local_day(clock.now()),
        may_request=request.role in REQUESTERS,
        may_export=request.role in REQUESTERS,
        columns=[
            {"label": _("Registration")},
            {"label": _("Device")},
            {"label": _("Address")},
            {"label": _("Valid to")},
            {"label": _("Status")},
        ],
    )
    return render(request, "devices/network/registrations.html", context)


def _found(request: Request) -> Any:
    rows = registrations_visible_to(request.user).filter(contract__hall=request.contract.hall_id)
    q, status = request.GET.get("q", "").strip()[:60], request.GET.get("status", "")
    if status in RegistrationStatus.values:
        rows = rows.filter(status=status)
    if q:
        rows = rows.filter(
            Q(code__icontains=q) | Q(applicant__icontains=q) | Q(unit__name__icontains=q) | Q(device__code__icontains=q)
            | Q(foreign_device__icontains=q) | Q(mac__icontains=q) | Q(address__address__startswith=q) | Q(purpose__icontains=q)
        )  # fmt: skip
    return rows.select_related(*RELATED).order_by("-requested_at", "-id")


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("status", "")
    chips = []
    for value, label in [("", _("All")), *((str(one.value), str(one.label)) for one in RegistrationStatus)]:
        params = request.GET.copy()
        for name in ("after", "status"):
            params.pop(name, None)
        if value:
            params["status"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


@allow(*REQUESTERS, methods=POST)  # type: ignore[arg-type]
def registration_export(request: Request) -> StreamingHttpResponse | FileResponse:
    """The filtered registrations as csv or xlsx."""
    header = [
        _("Number"), _("Status"), _("Applicant"), _("Unit"), _("Device"), _("MAC address"), _("Address"), _("Purpose"),
        _("Valid to"), _("Requested by"), _("Decided by"),
    ]  # fmt: skip
    cells = (
        (
            row.code, row.get_status_display(), row.applicant, row.unit.name, str(row.device or row.foreign_device), row.mac,
            row.address.address if row.address else "", row.purpose, row.valid_to, row.requested_by.name,
            row.decided_by.name if row.decided_by else "",
        )
        for row in _found(request).iterator(chunk_size=500)
    )  # fmt: skip
    return exported(request, "registrations", str(_("Network registrations")), header, cells)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=GET_POST)
def registration_new(request: Request) -> HttpResponse:
    """Ask for a connection."""
    initial = {"device": request.GET.get("device", "")[:30]}
    form = RegistrationForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        registration = attempt(
            form,
            registration_request,
            contract=request.contract,
            values=form.values(),
            actor=request.user,
            at=clock.now(),
        )
        if registration is not None:
            messages.success(request, _("%(code)s is waiting for approval.") % {"code": registration.code})
            return redirect("devices:registration", registration.code)
    return form_page(
        request,
        form,
        "registrations",
        title=_("Register a connection"),
        back=reverse("devices:registrations"),
        back_label=_("Network registrations"),
        submit=_("Ask for approval"),
        wide=("purpose", "promised"),
    )


@allow(*READERS)
def registration_page(request: Request, code: str) -> HttpResponse:
    """One registration: what is asked for, what was decided, what may be done now."""
    return _page(request, _registration(request, code))


def _registration(request: Request, code: str) -> Registration:
    rows = registrations_visible_to(request.user).select_related(*RELATED)
    return row_of(rows, code=code, contract__hall=request.contract.hall_id)


def _page(
    request: Request, registration: Registration, tried: str = "", form: forms.Form | None = None
) -> HttpResponse:
    verbs: list[dict[str, Any]] = []
    allowed = REGISTRATION_FLOW.verbs_from(registration.status)
    decides = may_decide(request.user, registration)
    labels = {
        "registration_approve": (_("Approve"), "primary", "check"),
        "registration_refuse": (_("Refuse"), "secondary", "x"),
        "registration_renew": (_("Renew"), "primary", "refresh"),
        "registration_revoke": (_("Revoke"), "danger", "ban"),
    }
    for verb, (label, kind, icon) in labels.items():
        may = request.role in DECIDERS if verb == "registration_revoke" else decides
        if verb in allowed and may:
            shown = form if verb == tried and form is not None else _form(verb, registration)
            url = reverse(f"devices:{verb}", args=[registration.code])
            looks = {"label": label, "kind": kind, "icon": icon}
            verbs.append({"verb": verb, "form": shown, "url": url, "open": verb == tried, **looks})
    entries = AuditEntry.objects.filter(subject_type="registration", subject_id=registration.pk)
    context = page_context(
        request,
        "registrations",
        registration=registration,
        verbs=verbs,
        facts=_facts(registration),
        is_overdue=registration.status == RegistrationStatus.APPROVED
        and registration.valid_to < local_day(clock.now()),
        may_withdraw="registration_withdraw" in allowed and request.user.pk == registration.requested_by_id,
        waits_for_other="registration_approve" in allowed
        and request.role in DECIDERS
        and request.user.pk == registration.requested_by_id,
        history=[
            {"at": entry.at, "label": _said(entry.verb), "actor": entry.actor_label, "reason": entry.reason}
            for entry in entries.order_by("-at", "-id")[:STATEMENTS]
        ],
    )
    status = form_status(form) if form is not None else 200
    return render(request, "devices/network/registration.html", context, status=status)


def _said(verb: str) -> str:
    words = {
        "registration_request": _("Requested"),
        "registration_approve": _("Approved"),
        "registration_refuse": _("Refused"),
        "registration_withdraw": _("Withdrawn"),
        "registration_renew": _("Renewed"),
        "registration_expire": _("Expired"),
        "registration_revoke": _("Revoked"),
    }
    return words.get(verb, verb)


def _form(verb: str, registration: Registration) -> forms.Form:
    return FORMS[verb][0](initial={"version": registration.version}, prefix=None, auto_id=f"id_{verb}_%s")


def _facts(registration: Registration) -> list[dict[str, Any]]:
    device, row = registration.device, registration.address
    return [
        {"label": _("Applicant"), "value": registration.applicant},
        {"label": _("Unit"), "value": registration.unit.name},
        {
            "label": _("Device"),
            "value": str(device or registration.foreign_device),
            "url": reverse("devices:network", args=[device.code]) if device else "",
        },
        {"label": _("MAC address"), "value": registration.mac},
        {"label": _("Purpose"), "value": registration.purpose},
        {
            "label": _("Subnet"),
            "value": str(registration.subnet),
            "url": reverse("devices:subnet", args=[registration.subnet_id]),
        },
        {"label": _("Address"), "value": f"{row.address}（{row.get_status_display()}）" if row else ""},
        {"label": _("Valid to"), "value": f"{registration.valid_to:%Y-%m-%d}"},
        {"label": _("Security promise"), "value": _("Given") if registration.promised else ""},
        {"label": _("Requested by"), "value": registration.requested_by.name},
        {"label": _("Decided by"), "value": registration.decided_by.name if registration.decided_by else ""},
        {"label": _("Reason of the decision"), "value": registration.decision},
        {"label": _("Why it ended"), "value": registration.ended_reason},
    ]


def _verb(request: Request, code: str, verb: str) -> HttpResponse:
    registration = _registration(request, code)
    kind, service = FORMS[verb]
    form = kind(request.POST, auto_id=f"id_{verb}_%s")
    if form.is_valid():
        values = dict(form.cleaned_data)
        version = values.pop("version")
        done = attempt(
            form,
            service,
            registration=registration,
            version_seen=version,
            actor=request.user,
            at=clock.now(),
            **values,
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("devices:registration", code)
        registration = _registration(request, code)
    return _page(request, registration, verb, form)


@allow(MANAGER, SUPERVISOR, methods=POST)
def approve(request: Request, code: str) -> HttpResponse:
    """Approve a registration."""
    return _verb(request, code, "registration_approve")


@allow(MANAGER, SUPERVISOR, methods=POST)
def refuse(request: Request, code: str) -> HttpResponse:
    """Refuse a registration."""
    return _verb(request, code, "registration_refuse")


@allow(MANAGER, SUPERVISOR, methods=POST)
def renew(request: Request, code: str) -> HttpResponse:
    """Let a registration hold longer."""
    return _verb(request, code, "registration_renew")


@allow(MANAGER, SUPERVISOR, methods=POST)
def revoke(request: Request, code: str) -> HttpResponse:
    """Take a registration back."""
    return _verb(request, code, "registration_revoke")


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)
def withdraw(request: Request, code: str) -> HttpResponse:
    """Withdraw one's own request."""
    registration_withdraw(registration=_registration(request, code), actor=request.user, at=clock.now())
    messages.success(request, _("Saved."))
    return redirect("devices:registration", code)


@allow(*READERS)
def sheet(request: Request, code: str) -> HttpResponse:
    """The registration on A4 with room for the signatures; a paper of the contract, Chinese whatever the reader's language."""
    registration = _registration(request, code)
    with translation.override("zh-hans"):
        context = {
            "registration": registration,
            "code": registration.code,
            "project": registration.contract.project_name,
            "made_at": clock.now(),
        }
        html = render_to_string("devices/network/registration_sheet.html", context)
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{registration.code}.pdf"'
    return response
