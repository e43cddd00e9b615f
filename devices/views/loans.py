"""Loans: the slips, what can be done with each, its paper; spares for failed devices."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Invalid, NotFound
from core.export import table_response
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from core.roles import AUDITOR, BUSINESS_ROLES, CLERK, CLIENT_ROLES, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from core.templatetags.ui import mask_phone
from devices.finds.spares import (
    loans_of,
    loans_visible_to,
    movements_at,
    overdue,
    refusals_of,
    spare_offer,
    unsigned,
)
from devices.forms.spares import ExtendForm, LoanForm, ReasonForm, RefusalForm, ReturnForm, SwapForm
from devices.models import Device, Loan
from devices.present_loans import VERBS
from devices.querysets import device_by_code
from devices.rules_spares import days_late
from devices.services.common import local_day
from devices.services.loans import (
    EDITABLE,
    SIGNED_AT,
    loan_cancel,
    loan_edit,
    loan_extend,
    loan_hand_out,
    loan_open,
    loan_return,
)
from devices.services.swaps import spare_refuse, spare_swap
from devices.states import LOAN_FLOW, LoanStatus
from devices.subject_loans import BACK, EVER_OUT, OURS, WHEN_OUT, can_ask, can_sign, may_sign_now
from devices.tabs import READERS
from devices.views.page import device_context, device_of
from parties.models import Membership
from records.models import Purpose, Signature
from records.printed import printed_signature, qr, site_shown, upload_qr
from records.querysets import attachments_of, entries_of, papers_waiting_of, sealed_signatures_of
from records.services.attachments import PreparedImage, prepare_images
from records.services.audit import audit_write

PAGE_SIZE = 50
FORMATS = ("xlsx", "csv")
OFFICE_DAYS, OTHER_DAYS = 7, 9
"""Days for which a spare is lent unless another day is chosen: those of the repair promise, 5 or 7 working days."""
HISTORY = 100


@allow(*READERS)
def loan_list(request: Request) -> HttpResponse:
    """All loans of the hall, the newest first; the late ones are told above."""
    rows = _filtered(request)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 12:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    today = local_day(clock.now())
    context = {
        "loans": [{"row": row, "late": _late(row, today)} for row in shown],
        "late_count": overdue(_of_hall(request), today).count(),
        "q": request.GET.get("q", "")[:60],
        "chips": _chips(request),
        "filtered": any(request.GET.get(name) for name in ("q", "show")),
        "is_keeper": request.role in STAFF_ROLES,
        "may_export": request.role != AUDITOR,
        "next_before": shown[-1].pk if len(page) > PAGE_SIZE else "",
        "is_first": not before,
        "columns": [
            {"label": _("Loan")},
            {"label": _("Borrower")},
            {"label": _("Stands in for")},
            {"label": _("Due back on")},
            {"label": _("Signatures")},
            {"label": _("Status")},
        ],
    }
    return render(request, "devices/loans/list.html", context)


@allow(ENGINEER, MANAGER, SUPERVISOR, LEADER, methods=POST)  # type: ignore[arg-type]
def loan_export(request: Request) -> HttpResponseBase:
    """The filtered loans as xlsx or csv, telephone masked; the export itself is entered in the history."""
    now = clock.now()
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "loans", "filter": request.GET.urlencode()[:300]},
        visibility="internal",
    )
    header = [
        _("Loan number"), _("Status"), _("Lent"), _("Quantity"), _("Lent by"), _("Borrower"), _("Unit"), _("Phone"), _("Purpose"),
        _("Used at"), _("Stands in for"), _("Accessories"), _("Handed out at"), _("Due back on"), _("Given back at"),
        _("How it came back"), _("Condition when handed out"), _("Condition when given back"), _("What is missing or damaged"),
    ]  # fmt: skip
    cells = (
        (
            row.code, row.get_status_display(), row.frozen_names.get("thing", ""), row.quantity, row.lender.name,
            row.borrower_name, row.borrower_unit.name, mask_phone(row.borrower_phone) if row.borrower_phone else "", row.purpose,
            row.frozen_names.get("place", ""), row.frozen_names.get("faulty", ""), row.accessories, row.out_at, row.due_on,
            row.back_at, row.get_outcome_display() if row.outcome else "", row.condition_out, row.condition_back, row.missing,
        )
        for row in _filtered(request).iterator(chunk_size=500)
    )  # fmt: skip
    fmt = request.POST.get("format", "")
    stamp = f"{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}"
    return table_response(fmt if fmt in FORMATS else "csv", f"{_('Loans')}_{stamp}", header, cells, sheet=_("Loans"))


@allow(*BUSINESS_ROLES)
def loan_page(request: Request, code: str) -> HttpResponse:
    """One loan: what was lent, how it stands, the four signatures, what happened; window clerks see those of their unit."""
    loan = _loan_of(request, code)
    today = local_day(clock.now())
    photos = list(attachments_of(loan))
    given = sealed_signatures_of(loan)
    context = {
        "loan": loan,
        "late": _late(loan, today),
        "thing_facts": _thing_facts(loan),
        "loan_facts": _loan_facts(loan, request.role),
        "back_facts": _back_facts(loan),
        "papers": papers_waiting_of(loan),
        "photos_out": [photo for photo in photos if photo.kind == "out"],
        "photos_back": [photo for photo in photos if photo.kind == "back"],
        "signing": _signing(request, loan, given),
        "earlier": [row for row in given if row.version != loan.content_version],
        "acts": _acts(loan) if request.role in STAFF_ROLES else {},
        "is_reader": request.role in READERS,
        "timeline": _history(request, loan),
    }
    return render(request, "devices/loans/detail.html", context)


@allow(*STAFF_ROLES, methods=GET_POST)
def add(request: Request) -> HttpResponse:
    """Write a slip, and hand out what it names."""
    now = clock.now()
    contract = request.contract
    first = {
        "device": request.GET.get("device", "")[:40],
        "part": request.GET.get("part", "")[:12],
        "due_on": local_day(now) + timedelta(days=OFFICE_DAYS),
        "condition_out": _("Complete and working"),
    }
    form = LoanForm(request.POST if request.method == "POST" else None, contract=contract, initial=first)
    if form.is_bound and form.is_valid():
        photos = _photos(request, form)
        if photos is not None:
            given = {name: value for name, value in form.cleaned_data.items() if name != "version"}
            done = attempt(form, loan_open, contract=contract, actor=request.user, at=now, photos=photos, **given)
            if done is not None:
                return _after(
                    request, done, _("Handed out. Please let both sides sign now."), _("The slip is drafted.")
                )
    context = {"form": form, "loan": None, "back_url": reverse("devices:loans"), **_pickers(request, form)}
    return render(request, "devices/loans/form.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def edit(request: Request, code: str) -> HttpResponse:
    """Change a slip that is only drafted."""
    loan = _loan_of(request, code)
    initial = {name: getattr(loan, name) for name in EDITABLE} | {"version": loan.version}
    data = request.POST if request.method == "POST" else None
    form = LoanForm(data, contract=request.contract, loan=loan, initial=initial)
    if form.is_bound and form.is_valid():
        values = {name: form.cleaned_data[name] for name in EDITABLE}
        done = attempt(
            form, loan_edit, loan=loan, version_seen=form.cleaned_data["version"] or 0, values=values, actor=request.user,
            at=clock.now(),
        )  # fmt: skip
        if done is not None:
            return _after(request, done, _("Saved."), _("Saved."))
    context = {"form": form, "loan": loan, "back_url": reverse("devices:loan", args=[loan.code])}
    return render(request, "devices/loans/form.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=POST)
def hand_out(request: Request, code: str) -> HttpResponse:
    """Hand out what was drafted."""
    loan = _loan_of(request, code)
    loan_hand_out(loan=loan, actor=request.user, at=clock.now(), contract=request.contract)
    messages.success(request, _("Handed out. Please let both sides sign now."))
    return HttpResponseRedirect(reverse("devices:loan", args=[loan.code]))


@allow(*STAFF_ROLES, methods=GET_POST)
def give_back(request: Request, code: str) -> HttpResponse:
    """Take back what was lent, or enter that it is lost."""
    loan = _loan_of(request, code)
    form = ReturnForm(request.POST if request.method == "POST" else None, loan=loan)
    if form.is_bound and form.is_valid():
        photos = _photos(request, form)
        if photos is not None:
            done = attempt(
                form, loan_return, loan=loan, actor=request.user, at=clock.now(), photos=photos, contract=request.contract,
                **form.cleaned_data,
            )  # fmt: skip
            if done is not None:
                return _after(request, done, _("Entered. Please let both sides sign now."), "")
    context = {"form": form, "loan": loan, "title": _("Take it back"), "act": "return", "wants_photos": True}
    return render(request, "devices/loans/act.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def extend(request: Request, code: str) -> HttpResponse:
    """Let somebody keep it longer."""
    loan = _loan_of(request, code)
    initial = {"due_on": loan.due_on + timedelta(days=OFFICE_DAYS), "version": loan.version}
    form = ExtendForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form, loan_extend, loan=loan, due_on=data["due_on"], reason=data["reason"], version_seen=data["version"],
            actor=request.user, at=clock.now(),
        )  # fmt: skip
        if done is not None:
            return _after(request, done, _("Extended. Please let both sides sign the new date."), "")
    context = {"form": form, "loan": loan, "title": _("Extend"), "act": "extend"}
    return render(request, "devices/loans/act.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def cancel(request: Request, code: str) -> HttpResponse:
    """Drop a slip that was never handed out."""
    loan = _loan_of(request, code)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        done = attempt(form, loan_cancel, loan=loan, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The slip is cancelled."))
            return HttpResponseRedirect(reverse("devices:loan", args=[loan.code]))
    context = {"form": form, "loan": loan, "title": _("Cancel the slip"), "act": "cancel"}
    return render(request, "devices/loans/act.html", context, status=form_status(form))


@allow(*BUSINESS_ROLES)
def slip(request: Request, code: str) -> HttpResponse:
    """The loan slip on A4: out and back with their signatures, and the way to its page."""
    loan = _loan_of(request, code)
    url = f"{settings.SITE_URL}{reverse('devices:loan', args=[loan.code])}"
    blocks = _blocks(loan)
    to_upload = _to_upload(loan, blocks)
    html = render_to_string(
        "devices/loans/slip.html",
        {
            "loan": loan,
            "code": loan.code,
            "project": loan.frozen_names.get("project", ""),
            "made_at": clock.now(),
            "parts": [
                (_("Handing out"), _paired([*_thing_facts(loan), *_loan_facts(loan, AUDITOR)])),
                (_("Coming back"), _paired(_back_facts(loan) or _blank_back())),
            ],
            "blocks": blocks,
            "site": site_shown(),
            "upload": upload_qr(loan, to_upload) if to_upload else "",
            "qr": qr(url),
            "url": url,
        },
    )
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{loan.code}.pdf"'
    return response


# A device's loans and spares --------------------------------------------------------------------------------------------


@allow(*READERS)
def device_loans(request: Request, code: str) -> HttpResponse:
    """The tab of a device's page: its loans, who stood in for it, parts built in, why it got no spare."""
    device = device_of(request, code)
    today = local_day(clock.now())
    context = device_context(
        request,
        device,
        "loans",
        loans=[
            {"row": row, "late": _late(row, today), "mine": row.device_id == device.pk}
            for row in loans_of(device)[:PAGE_SIZE]
        ],
        movements=movements_at(device, None, PAGE_SIZE),
        refusals=refusals_of(device)[:PAGE_SIZE],
        is_keeper=request.role in STAFF_ROLES,
    )
    return render(request, "devices/loans/tab.html", context)


@allow(*STAFF_ROLES, methods=GET_POST)
def swap(request: Request, code: str) -> HttpResponse:
    """A spare takes the place of a failed device, which goes to repair: one act."""
    device = device_of(request, code)
    now = clock.now()
    contract = request.contract
    offered = spare_offer(device)
    keeper = _keeper_of(request, device)
    days = OFFICE_DAYS if device.category.repair_class == "office" else OTHER_DAYS
    first = {
        "spare": offered[0].pk if offered else None,
        "borrower_name": keeper.user.name if keeper else device.custodian,
        "borrower_unit": device.unit_id or (device.window.unit_id if device.window else None),
        "borrower_phone": keeper.user.phone if keeper else "",
        "borrower": keeper.user_id if keeper else None,
        "due_on": local_day(now) + timedelta(days=days),
        "condition_out": _("Complete and working"),
    }
    data = request.POST if request.method == "POST" else None
    form = SwapForm(data, contract=contract, offered=offered, initial=first)
    if form.is_bound and form.is_valid():
        photos = _photos(request, form)
        if photos is not None:
            given = dict(form.cleaned_data)
            chosen = given.pop("spare")
            spare = next(row for row in offered if row.pk == chosen)
            done = attempt(
                form, spare_swap, faulty=device, spare=spare, contract=contract, actor=request.user, at=now, photos=photos,
                **given,
            )  # fmt: skip
            if done is not None:
                return _after(request, done, _("The spare stands in now. Please let both sides sign the slip."), "")
    context = device_context(request, device, "loans", form=form, offered=offered)
    return render(request, "devices/loans/swap.html", context, status=form_status(form))


@allow(*STAFF_ROLES, methods=GET_POST)
def refuse(request: Request, code: str) -> HttpResponse:
    """Record why a failed device got no spare."""
    device = device_of(request, code)
    first = {"why": "none_left"}
    form = RefusalForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_bound and form.is_valid():
        done = attempt(
            form, spare_refuse, device=device, contract=request.contract, actor=request.user, at=clock.now(),
            **form.cleaned_data,
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("The reason is recorded."))
            return HttpResponseRedirect(reverse("devices:device_loans", args=[device.code]))
    context = device_context(request, device, "loans", form=form)
    return render(request, "devices/loans/refuse.html", context, status=form_status(form))


# Parts of the pages -----------------------------------------------------------------------------------------------------


def _of_hall(request: Request) -> QuerySet[Loan]:
    return loans_visible_to(request.user).filter(contract__hall=request.contract.hall_id)


def _loan_of(request: Request, code: str) -> Loan:
    rows = _of_hall(request).select_related(
        "contract__hall", "contract__client", "contract__contractor", "device__place", "part", "stands_in_for", "lender", "taker",
        "borrower", "borrower_unit", "place",
    )  # fmt: skip
    loan = rows.filter(code=code).first()
    if loan is None:
        raise NotFound(_("There is no such loan in this hall."))
    return loan


def _filtered(request: Request) -> QuerySet[Loan]:
    rows = _of_hall(request).select_related("device", "part", "stands_in_for", "lender", "borrower_unit")
    for word in request.GET.get("q", "")[:60].split()[:6]:
        rows = rows.filter(
            Q(code__icontains=word)
            | Q(borrower_name__icontains=word)
            | Q(borrower_unit__name__icontains=word)
            | Q(device__code__icontains=word)
            | Q(device__name__icontains=word)
            | Q(part__name__icontains=word)
            | Q(stands_in_for__code__icontains=word)
        )
    show = request.GET.get("show", "")
    if show in LoanStatus.values:
        rows = rows.filter(status=show)
    elif show == "late":
        rows = overdue(rows, local_day(clock.now()))
    elif show == "unsigned":
        rows = unsigned(rows)
    return rows.order_by("-id")


def _chips(request: Request) -> list[dict[str, object]]:
    chosen = request.GET.get("show", "")
    shows: list[tuple[str, Any]] = [
        ("", _("All")),
        (LoanStatus.OUT.value, LoanStatus.OUT.label),
        ("late", _("Not back in time")),
        ("unsigned", _("Signature missing")),
        (LoanStatus.DRAFTED.value, LoanStatus.DRAFTED.label),
        (LoanStatus.RETURNED.value, LoanStatus.RETURNED.label),
        (LoanStatus.LOST.value, LoanStatus.LOST.label),
        (LoanStatus.CANCELLED.value, LoanStatus.CANCELLED.label),
    ]
    chips = []
    for value, label in shows:
        params = request.GET.copy()
        for name in ("before", "show"):
            params.pop(name, None)
        if value:
            params["show"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


def _late(loan: Loan, today: date) -> int:
    return days_late(loan.due_on, today) if loan.status == LoanStatus.OUT else 0


def _photos(request: Request, form: Any) -> list[PreparedImage] | None:
    """The photos of a post, checked; None when one was refused, which then stands in the form."""
    try:
        return prepare_images(request.FILES.getlist("photos"))
    except Invalid as refused:
        form.add_error(None, refused.message)
        form.refused_status = refused.status
        return None


def _after(request: Request, loan: Loan, out: str, drafted: str) -> HttpResponse:
    messages.success(request, drafted if loan.status == LoanStatus.DRAFTED else out)
    return HttpResponseRedirect(reverse("devices:loan", args=[loan.code]))


def _pickers(request: Request, form: LoanForm) -> dict[str, str]:
    """How the pickers show the devices that are filled in already."""
    shown = {}
    for name in ("device", "stands_in_for"):
        text = str(form[name].value() or "")[:40]
        device = device_by_code(request.contract.hall, text)
        shown[f"{name}_value"] = device.code if device else text
        shown[f"{name}_named"] = str(device) if device else ""
    return shown


def _keeper_of(request: Request, device: Device) -> Membership | None:
    """Who works at the device's window: the first clerk of its unit, proposed as the borrower."""
    unit = device.unit_id or (device.window.unit_id if device.window else None)
    if unit is None:
        return None
    rows = Membership.objects.valid_on(local_day(clock.now())).filter(
        contract=request.contract, role=CLERK, unit_id=unit
    )
    return rows.select_related("user").order_by("pk").first()


def _thing_facts(loan: Loan) -> list[tuple[str, Any]]:
    names = loan.frozen_names
    return [
        (_("Lent"), names.get("thing", "")),
        (_("Brand and model"), names.get("model", "")),
        (_("Serial number"), names.get("serial", "")),
        (_("Quantity"), f"{loan.quantity} {names.get('counted_in', '')}"),
        (_("Accessories"), loan.accessories),
        (_("Condition when handed out"), loan.condition_out),
        (_("Stands in for"), names.get("faulty", "")),
    ]


def _loan_facts(loan: Loan, role: str) -> list[tuple[str, Any]]:
    names = loan.frozen_names
    phone = loan.borrower_phone if role in (*STAFF_ROLES, SUPERVISOR) else ""
    if loan.borrower_phone and not phone:
        phone = mask_phone(loan.borrower_phone)
    return [
        (_("Borrower"), loan.borrower_name),
        (_("Unit"), names.get("unit", "")),
        (_("Phone"), phone),
        (_("Purpose"), loan.purpose),
        (_("Used at"), names.get("place", "")),
        (_("Lent by"), names.get("lender", "")),
        (_("Handed out at"), _when(loan.out_at)),
        (_("Due back on"), f"{loan.due_on:%Y-%m-%d}"),
        (_("Why extended"), loan.due_reason),
        (_("Why cancelled"), loan.cancel_reason),
    ]


def _back_facts(loan: Loan) -> list[tuple[str, Any]]:
    if loan.status not in BACK:
        return []
    names = loan.frozen_names
    return [
        (_("Given back at"), _when(loan.back_at)),
        (_("Given back by"), loan.returner_name),
        (_("Taken back by"), names.get("taker", "")),
        (_("How it came back"), loan.get_outcome_display()),
        (_("Quantity given back"), f"{loan.quantity_back} {names.get('counted_in', '')}" if loan.part_id else ""),
        (_("Condition when given back"), loan.condition_back),
        (_("What is missing or damaged"), loan.missing),
    ]


SHORT = 16
"""A value up to so many characters shares its line on the paper with another."""


def _paired(facts: Sequence[tuple[str, Any]]) -> list[list[tuple[str, Any]]]:
    """The lines of the paper: two short facts side by side, a long one alone; what is not said is left out."""
    table: list[list[tuple[str, Any]]] = []
    for label, value in facts:
        if not value:
            continue
        last = table[-1] if table else []
        if len(str(value)) <= SHORT and len(last) == 1 and len(str(last[0][1])) <= SHORT:
            last.append((label, value))
        else:
            table.append([(label, value)])
    return table


def _blank_back() -> list[tuple[str, Any]]:
    """The second half of the paper while nothing is back: to be filled in by hand."""
    names = (_("Given back at"), _("Given back by"), _("How it came back"), _("Condition when given back"))
    return [(name, "　") for name in names]


def _when(at: Any) -> str:
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else ""


def _acts(loan: Loan) -> dict[str, bool]:
    """Which verbs the slip's state allows."""
    return {verb: LOAN_FLOW.allows(verb, loan.status) for verb in ("edit", "hand_out", "extend", "give_back", "cancel")}


def _signing(request: Request, loan: Loan, given: Sequence[Signature]) -> list[dict[str, Any]]:
    """The four signatures: given under the present version, or how to get them."""
    rows = []
    for purpose in SIGNED_AT:
        if loan.status not in (EVER_OUT if purpose in WHEN_OUT else BACK):
            continue
        found = next((row for row in given if row.purpose == purpose and row.version == loan.content_version), None)
        rows.append(
            {
                "purpose": purpose,
                "label": Purpose(purpose).label,
                "signature": found,
                "may_sign": found is None and can_sign(request.user, loan, purpose),
                "may_ask": found is None and can_ask(request.user, loan, purpose),
            }
        )
    return rows


def _history(request: Request, loan: Loan) -> list[dict[str, Any]]:
    visibility = "client" if request.role in CLIENT_ROLES else "internal"
    rows = [row for row in entries_of(loan, visibility)[:HISTORY] if row.verb in VERBS]
    return [
        {
            "at": row.at,
            "title": f"{VERBS[row.verb]}"
            + (f" · {Purpose(row.after['purpose']).label}" if row.after.get("purpose") in Purpose.values else ""),
            "actor": row.actor_label if row.actor_id is None else row.actor.name if row.actor else "",
            "text": row.reason or (str(row.after.get("due_on", "")) if row.verb == "extend" else ""),
            "icon": "signature" if row.verb == "sign" else "point",
        }
        for row in rows
    ]


def _blocks(loan: Loan) -> list[dict[str, Any]]:
    """The four signatures on paper: those under the present version, else the last of an earlier one; room where there is none."""
    given: dict[str, Signature] = {}
    for row in sorted(sealed_signatures_of(loan), key=lambda row: row.version):
        given[row.purpose] = row
    return [
        printed_signature(Purpose(purpose).label, row)
        | {"earlier": row is not None and row.version != loan.content_version}
        for purpose, row in ((purpose, given.get(purpose)) for purpose in SIGNED_AT)
    ]


def _to_upload(loan: Loan, blocks: Sequence[dict[str, Any]]) -> str:
    """The borrower's signature that this slip still asks for on paper; "" for none."""
    for purpose, block in zip(SIGNED_AT, blocks, strict=True):
        if purpose not in OURS and may_sign_now(loan, purpose) and (block["signature"] is None or block["earlier"]):
            return purpose
    return ""
