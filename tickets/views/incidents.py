"""Major incidents: the list, the page with its timeline as it happens, a door for each verb, the report on paper."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import NotAllowed, NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import (
    AUDITOR,
    BUSINESS_ROLES,
    CLIENT_ROLES,
    ENGINEER,
    LEADER,
    MANAGER,
    STAFF_ROLES,
    SUPERVISOR,
)
from records.models import Visibility
from records.querysets import attachments_of
from records.services.attachments import PreparedImage
from records.services.audit import audit_write
from sla.models import Clock
from sla.present import clock_view
from tickets import permissions
from tickets.finds.major import ROW_FIELDS, incidents_visible_to, instructions_of
from tickets.forms.core import ReasonForm
from tickets.forms.major import (
    DeclareForm,
    EndForm,
    FollowForm,
    IncidentNoteForm,
    IncidentReportForm,
    InstructForm,
    ReviewForm,
)
from tickets.models import IncidentInstruction, MajorIncident, Ticket
from tickets.present.incident import facts, incident_acts, incident_timeline, report_parts, review_facts
from tickets.querysets import tickets_visible_to
from tickets.services.incident_declare import incident_declare
from tickets.services.incident_end import incident_end
from tickets.services.incident_handle import incident_handle
from tickets.services.incident_instruct import incident_instruct, instruction_follow
from tickets.services.incident_note import incident_note
from tickets.services.incident_report import incident_report
from tickets.services.incident_review import incident_review
from tickets.services.incident_withdraw import incident_withdraw
from tickets.states import MAJOR_FLOW, MAJOR_OPEN, Impact, MajorStatus
from tickets.views.common import photos_of

PAGE_SIZE = 50
FORMATS = ("xlsx", "csv")
READERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER, AUDITOR)


def incident_of(request: Request, code: str) -> MajorIncident:
    """The incident with that number in the present contract, if the reader may see it. Raises NotFound."""
    rows = incidents_visible_to(request.user).filter(contract=request.contract, code=code)
    incident = rows.select_related(*ROW_FIELDS, "contract__hall", "reviewed_by", "withdrawn_by").first()
    if incident is None:
        raise NotFound(_("There is no such incident, or it is not yours to see."))
    return incident


# The list ---------------------------------------------------------------------------------------------------------------


def _filtered(request: Request) -> QuerySet[MajorIncident]:
    rows = incidents_visible_to(request.user).filter(contract=request.contract).select_related(*ROW_FIELDS)
    for word in request.GET.get("q", "")[:60].split()[:6]:
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(title__icontains=word)
            | Q(kind_name__icontains=word)
            | Q(place__name__icontains=word)
            | Q(ticket__code__icontains=word)
        )
    show = request.GET.get("show", "")
    if show == "open":
        rows = rows.filter(status__in=MAJOR_OPEN)
    elif show == "late":
        rows = rows.filter(clock__breached_at__isnull=False)
    elif show in MajorStatus.values:
        rows = rows.filter(status=show)
    since, until = (_day(request.GET.get(name, "")) for name in ("since", "until"))
    if since is not None:
        rows = rows.filter(knowledge_at__date__gte=since)
    if until is not None:
        rows = rows.filter(knowledge_at__date__lte=until)
    return rows.order_by("-knowledge_at", "-id")


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("show", "")
    shows: list[tuple[str, Any]] = [
        ("", _("All")),
        ("open", _("Still open")),
        (MajorStatus.ENDED.value, MajorStatus.ENDED.label),
        ("late", _("Reported late")),
        (MajorStatus.REVIEWED.value, MajorStatus.REVIEWED.label),
        (MajorStatus.WITHDRAWN.value, MajorStatus.WITHDRAWN.label),
    ]
    chips = []
    for value, label in shows:
        params = request.GET.copy()
        for name in ("show", "page"):
            params.pop(name, None)
        if value:
            params["show"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


@allow(*BUSINESS_ROLES)
def incident_list(request: Request) -> HttpResponse:
    """All major incidents, the newest first."""
    now = clock.now()
    page = request.GET.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    number = max(number, 1)
    start = (number - 1) * PAGE_SIZE
    found = list(_filtered(request)[start : start + PAGE_SIZE + 1])
    for row in found:
        row.contract = request.contract
    context = {
        "rows": [{"row": row, "clock": _view(row, now)} for row in found[:PAGE_SIZE]],
        "next_page": number + 1 if len(found) > PAGE_SIZE else "",
        "previous_page": number - 1 if number > 1 else "",
        "chips": _chips(request),
        "q": request.GET.get("q", "")[:60],
        "filtered": any(request.GET.get(name) for name in ("q", "show", "since", "until")),
        "may_declare": permissions.can_declare_incident(request.user, request.contract),
        "may_export": request.role not in (AUDITOR, "clerk"),
        "columns": [
            {"label": _("Incident")},
            {"label": _("Status")},
            {"label": _("Known since")},
            {"label": _("Reported to the client at")},
            {"label": _("Report within 30 min")},
        ],
    }
    return render(request, "tickets/major/list.html", context)


def _view(incident: MajorIncident, now: Any) -> dict[str, Any] | None:
    if incident.clock is None or incident.clock.state == "cancelled":
        return None
    incident.clock.contract = incident.contract
    return clock_view(incident.clock, now)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def incident_export(request: Request) -> HttpResponseBase:
    """The filtered incidents as xlsx or csv; the export itself is entered in the history."""
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "incidents", "filter": request.GET.urlencode()[:300]},
        visibility=Visibility.INTERNAL,
    )
    header = [
        _("Incident number"), _("Status"), _("Kind of incident"), _("Title"), _("Place"), _("Ticket number"), _("Known since"),
        _("Declared at"), _("Declared by"), _("Reported to the client at"), _("Reported to"), _("Reported by way of"),
        _("Report due at"), _("Reported late"), _("Ended at"), _("Cause"), _("Measures"), _("Measures done by"), _("Lessons"),
    ]  # fmt: skip
    cells = (
        (
            row.code, row.get_status_display(), row.kind_name, row.title, row.place.name, row.ticket or "", row.knowledge_at,
            row.declared_at, row.declared_by.name, row.reported_at, row.reported_to,
            row.get_reported_how_display() if row.reported_how else "", row.clock.due_at if row.clock else None,
            _("Yes") if row.clock and row.clock.breached_at else "", row.ended_at, row.cause, row.measures, row.measures_due or "",
            row.lessons,
        )
        for row in _filtered(request).iterator(chunk_size=200)
    )  # fmt: skip
    fmt = request.POST.get("format", "")
    name = f"{_('Major incidents')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    return table_response(fmt if fmt in FORMATS else "csv", name, header, cells, sheet=_("Major incidents"))


# Declared ---------------------------------------------------------------------------------------------------------------


@allow(ENGINEER, MANAGER, SUPERVISOR, methods=GET_POST)
def declare(request: Request) -> HttpResponse:
    """Declare a major incident; with a ticket in the query its title, place and symptom are there already."""
    code = request.POST.get("ticket") or request.GET.get("ticket", "")
    ticket = None
    if code:
        ticket = tickets_visible_to(request.user).filter(contract=request.contract, code=code[:40]).first()
        if ticket is None:
            raise NotFound(_("There is no such ticket, or it is not yours to see."))
    form = DeclareForm(
        request.POST if request.method == "POST" else None, contract=request.contract, initial=_first(ticket)
    )
    if form.is_bound and form.is_valid():
        earlier = _declared_before(request, form)
        if earlier is not None:
            return to_incident(earlier)
        photos = photos_of(request, form)
        if photos is not None:
            incident = _declare(request, form, ticket, photos)
            if incident is not None:
                messages.success(
                    request, _("%(code)s is declared. Please report it to the client now.") % {"code": incident.code}
                )
                return to_incident(incident)
    context = {"form": form, "ticket": ticket}
    return render(request, "tickets/major/declare.html", context, status=form_status(form))


def _first(ticket: Ticket | None) -> dict[str, Any]:
    if ticket is None:
        return {"form_token": uuid4(), "reach": Impact.HALL}
    return {
        "form_token": uuid4(),
        "title": ticket.title,
        "place": ticket.place_id,
        "description": ticket.description,
        "reach": ticket.impact,
    }


def _declared_before(request: Request, form: DeclareForm) -> MajorIncident | None:
    token = form.cleaned_data.get("form_token")
    if token is None:
        return None
    return MajorIncident.objects.filter(form_token=token, contract=request.contract, declared_by=request.user).first()


def _declare(
    request: Request, form: DeclareForm, ticket: Ticket | None, photos: list[PreparedImage]
) -> MajorIncident | None:
    with transaction.atomic():
        if ticket is not None:
            ticket = Ticket.objects.select_for_update(of=("self",)).select_related("contract").get(pk=ticket.pk)
        return attempt(
            form,
            incident_declare,
            contract=request.contract,
            actor=request.user,
            at=clock.now(),
            ticket=ticket,
            photos=photos,
            **form.cleaned_data,
        )


# One incident -----------------------------------------------------------------------------------------------------------


@allow(*BUSINESS_ROLES)
def incident_page(request: Request, code: str) -> HttpResponse:
    """How it stands: clock, next act, what happens, the client's instructions, the review."""
    incident = incident_of(request, code)
    context = _page(request, incident, IncidentNoteForm())
    return render(request, "tickets/major/detail.html", context)


def _page(request: Request, incident: MajorIncident, form: IncidentNoteForm) -> dict[str, Any]:
    now = clock.now()
    inside = permissions.sees_internal(request.user, incident.contract_id)
    staff = permissions.can_handle_incident(request.user, incident)
    return {
        "incident": incident,
        "clock": _view(incident, now),
        "acts": incident_acts(request.user, incident),
        "facts": facts(incident),
        "review": review_facts(incident),
        "instructions": list(instructions_of(incident)),
        "may_follow": staff and MAJOR_FLOW.allows("follow_instruction", incident.status),
        "note_form": form if staff and MAJOR_FLOW.allows("incident_note", incident.status) else None,
        "timeline": incident_timeline(incident, inside=inside),
        "photos": attachments_of(incident),
        "is_open": incident.status in MAJOR_OPEN,
        "may_see_list": True,
        "for_client": request.role in CLIENT_ROLES,
    }


def to_incident(incident: MajorIncident) -> HttpResponseRedirect:
    """On to the incident after a verb."""
    return HttpResponseRedirect(reverse("tickets:incident", args=[incident.code]))


def _live(form: forms.Form, service: Callable[..., Any], incident: MajorIncident, **arguments: Any) -> Any:
    """Call a verb's service with the instant read after the incident's and its clock's rows are held."""
    with transaction.atomic():
        held = (
            MajorIncident.objects.select_for_update(of=("self",))
            .select_related("contract", "declared_by")
            .get(pk=incident.pk)
        )
        if held.clock_id is not None:
            held.clock = Clock.objects.select_for_update(of=("self",)).get(pk=held.clock_id)
        return attempt(form, service, incident=held, at=clock.now(), **arguments)


def _act(
    request: Request,
    code: str,
    *,
    verb: str,
    allowed: Callable[[Any, MajorIncident], bool],
    form_class: Callable[..., forms.Form],
    service: Callable[..., Any],
    title: str,
    done: str,
    icon: str,
    with_photos: bool = False,
    initial: dict[str, Any] | None = None,
) -> HttpResponse:
    incident = incident_of(request, code)
    if not allowed(request.user, incident):
        raise NotAllowed(_("Your role may not do this to this incident."))
    form = form_class(request.POST if request.method == "POST" else None, initial=initial or {})
    if not form.is_bound and not MAJOR_FLOW.allows(verb, incident.status):
        messages.warning(request, _("Meanwhile this incident has moved on, so this step is no longer possible."))
        return to_incident(incident)
    if form.is_bound and form.is_valid():
        photos = photos_of(request, form) if with_photos else []
        if photos is not None:
            given = {"photos": photos} if with_photos else {}
            if _live(form, service, incident, actor=request.user, **given, **form.cleaned_data) is not None:
                messages.success(request, done)
                return to_incident(incident)
    context = {
        "incident": incident, "form": form, "title": title, "icon": icon, "verb": verb, "with_photos": with_photos,
        "clock": _view(incident, clock.now()) if verb == "report_incident" else None,
    }  # fmt: skip
    return render(request, "tickets/major/act.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def report_to_client(request: Request, code: str) -> HttpResponse:
    """The report to the client: the act that stops the 30 minutes."""
    return _act(
        request, code, verb="report_incident", allowed=permissions.can_handle_incident, form_class=IncidentReportForm,
        service=incident_report, title=_("Reported to the client"), icon="phone-call",
        done=_("The report to the client is recorded and the clock has stopped."),
    )  # fmt: skip


@allow(*STAFF_ROLES, methods=POST)
def handle(request: Request, code: str) -> HttpResponse:
    """The handling begins."""
    incident = incident_of(request, code)
    incident_handle(incident=incident, actor=request.user, at=clock.now())
    messages.success(request, _("The beginning of the handling is recorded."))
    return to_incident(incident)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=GET_POST)
def instruct(request: Request, code: str) -> HttpResponse:
    """An instruction of the client; the client's own people begin with their own name."""
    own = {"given_by": request.user.name, "given_how": "written"} if request.role in CLIENT_ROLES else {}
    return _act(
        request, code, verb="instruct", allowed=permissions.can_instruct, form_class=InstructForm, service=incident_instruct,
        title=_("Instruction of the client"), icon="message", done=_("The instruction is recorded."), initial=own,
    )  # fmt: skip


@allow(*STAFF_ROLES, methods=GET_POST)
def follow(request: Request, code: str, pk: int) -> HttpResponse:
    """What was done about an instruction."""
    incident = incident_of(request, code)
    row = IncidentInstruction.objects.filter(incident=incident, pk=pk).first()
    if row is None:
        raise NotFound(_("There is no such instruction."))
    form = FollowForm(request.POST if request.method == "POST" else None)
    if not form.is_bound and row.done_at is not None:
        messages.info(request, _("What was done about it is recorded already."))
        return to_incident(incident)
    if form.is_bound and form.is_valid():
        photos = photos_of(request, form)
        if photos is not None:
            with transaction.atomic():
                held = IncidentInstruction.objects.select_related("incident__contract").get(pk=row.pk)
                done = attempt(
                    form, instruction_follow, instruction=held, actor=request.user, at=clock.now(), photos=photos,
                    **form.cleaned_data,
                )  # fmt: skip
            if done is not None:
                messages.success(request, _("Recorded."))
                return to_incident(incident)
    context = {
        "incident": incident, "form": form, "title": _("What was done about it"), "icon": "checks", "with_photos": True,
        "verb": "follow_instruction", "instruction": row,
    }  # fmt: skip
    return render(request, "tickets/major/act.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def note(request: Request, code: str) -> HttpResponse:
    """A line of what happens, from the incident's page in one tap."""
    return _act(
        request, code, verb="incident_note", allowed=permissions.can_handle_incident, form_class=IncidentNoteForm,
        service=_noted, title=_("Write what happens"), icon="writing", done=_("Written down."), with_photos=True,
    )  # fmt: skip


def _noted(**arguments: Any) -> bool:
    incident_note(**arguments)
    return True


@allow(*STAFF_ROLES, methods=GET_POST)
def end(request: Request, code: str) -> HttpResponse:
    """The hall works again."""
    return _act(
        request, code, verb="end_incident", allowed=permissions.can_handle_incident, form_class=EndForm, service=incident_end,
        title=_("It is over"), icon="circle-check", done=_("The end is recorded. A review follows."), with_photos=True,
    )  # fmt: skip


@allow(MANAGER, methods=GET_POST)
def review(request: Request, code: str) -> HttpResponse:
    """Cause, effect, handling, measures, lessons."""
    return _act(
        request, code, verb="review_incident", allowed=permissions.can_review_incident, form_class=ReviewForm,
        service=incident_review, title=_("Review of the incident"), icon="clipboard-text",
        done=_("The review is recorded; the report is complete."),
    )  # fmt: skip


@allow(MANAGER, methods=GET_POST)
def withdraw(request: Request, code: str) -> HttpResponse:
    """It was no major incident."""
    return _act(
        request, code, verb="withdraw_incident", allowed=permissions.can_review_incident, form_class=ReasonForm,
        service=incident_withdraw, title=_("Withdraw the incident"), icon="ban", done=_("The incident is withdrawn."),
    )  # fmt: skip


@allow(*BUSINESS_ROLES)
def incident_sheet(request: Request, code: str) -> HttpResponse:
    """The report on the incident as PDF; a paper of the contract, so it is Chinese whatever the reader's language."""
    incident = incident_of(request, code)
    now = clock.now()
    with translation.override("zh-hans"):
        html = render_to_string(
            "tickets/major/sheet.html",
            {
                "incident": incident,
                "code": incident.code,
                "project": incident.frozen_names.get("project", ""),
                "made_at": now,
                "parts": report_parts(incident),
                "instructions": list(instructions_of(incident)),
                "timeline": list(reversed(incident_timeline(incident, inside=False))),
                "names": incident.frozen_names,
            },
        )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{incident.code}.pdf"'
    return response
