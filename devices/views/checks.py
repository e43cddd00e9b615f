"""Checks with a signed result: one page of all of them, and the quarterly check of access rights."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, NotFound
from core.http import Request
from core.sheets import read_table
from devices.finds.checks import (
    handovers_visible_to,
    linkage_tests_visible_to,
    rights_checks_visible_to,
    stocktakes_visible_to,
)
from devices.forms.access import ListFileForm
from devices.forms.checks import DecisionForm, NoteForm
from devices.models import AccessCard, RightsCheck, RightsLine
from devices.rules_access import quarter_of, rate_percent
from devices.services.common import KEEPERS, local_day
from devices.services.rights_checks import line_decide, rest_keep, rights_check_start, rights_compare, rights_finish
from devices.states import CheckStatus
from devices.tabs import READERS
from devices.views.check_common import check_context, check_of, said

SHOWN = 20


@allow(*READERS)
def overview(request: Request) -> HttpResponse:
    """Stocktakes, rights checks, fire-linkage tests and hand-over lists of the hall, newest first."""
    hall = request.contract.hall_id
    user = request.user
    stocktakes = stocktakes_visible_to(user).filter(contract__hall=hall)[:SHOWN]
    rights = list(rights_checks_visible_to(user).filter(contract__hall=hall)[:SHOWN])
    quarter = quarter_of(local_day(clock.now()))
    context = {
        "stocktakes": [
            {
                "check": take,
                "rate": rate_percent(take.matched, take.expected, take.surplus) if take.finished_at else None,
            }
            for take in stocktakes
        ],
        "rights": rights,
        "linkage": linkage_tests_visible_to(user).filter(contract__hall=hall)[:SHOWN],
        "handovers": handovers_visible_to(user).filter(contract__hall=hall)[:SHOWN],
        "quarter": quarter,
        "may_start": request.role in KEEPERS,
        "may_start_rights": request.role in KEEPERS
        and not any(row.quarter == quarter and row.contract_id == request.contract.pk for row in rights),
    }
    return render(request, "devices/checks/overview.html", context)


@allow(*KEEPERS, methods=POST)
def rights_start(request: Request) -> HttpResponse:
    """Begin the check of the present quarter."""
    now = clock.now()
    check = rights_check_start(
        contract=request.contract, quarter=quarter_of(local_day(now)), actor=request.user, at=now
    )
    return HttpResponseRedirect(reverse("devices:rights_check", args=[check.pk]))


def _check(request: Request, pk: int) -> RightsCheck:
    found: RightsCheck = check_of(request, rights_checks_visible_to(request.user), pk)
    return found


def _page(request: Request, check: RightsCheck, status: int = 200, **more: Any) -> HttpResponse:
    lines = list(check.lines.select_related("decided_by"))
    kinds = dict(AccessCard.Kind.choices)
    only_open = request.GET.get("show") == "open"
    groups: list[dict[str, Any]] = []
    for line in lines:
        if only_open and line.decision:
            continue
        if not groups or groups[-1]["name"] != line.group_name:
            groups.append({"name": line.group_name, "doors": line.doors_text, "lines": []})
        groups[-1]["lines"].append({"row": line, "kind": kinds.get(line.kind, line.kind)})
    undecided = sum(not line.decision for line in lines)
    context = {
        **check_context(request, check),
        "groups": groups,
        "decisions": RightsLine.Decision.choices,
        "total": len(lines),
        "undecided": undecided,
        "withdrawn": sum(line.decision == RightsLine.Decision.WITHDRAW for line in lines),
        "file_form": ListFileForm(),
        "note_form": NoteForm(),
        "only_open": only_open,
        **more,
    }
    return render(request, "devices/checks/rights.html", context, status=status)


@allow(*READERS)
def rights_check(request: Request, pk: int) -> HttpResponse:
    """One check: its lines by group, the comparison with the controller, the signatures."""
    return _page(request, _check(request, pk))


@allow(*KEEPERS, methods=POST)
def rights_line(request: Request, pk: int, line: int) -> HttpResponse:
    """Decide one line."""
    check = _check(request, pk)
    row = check.lines.select_related("check_of__contract").filter(pk=line).first()
    if row is None:
        raise NotFound(_("There is no such line."))
    form = DecisionForm(request.POST)
    form.is_valid()
    try:
        line_decide(
            line=row,
            decision=form.cleaned_data.get("decision", ""),
            note=form.cleaned_data.get("note", ""),
            actor=request.user,
            at=clock.now(),
        )
    except DomainError as error:
        return _refused(request, error, pk)
    shown = "?show=open" if request.POST.get("show") == "open" else ""
    return HttpResponseRedirect(f"{reverse('devices:rights_check', args=[pk])}{shown}#line-{line}")


def _refused(request: Request, error: DomainError, pk: int) -> HttpResponse:
    """The page again with the reason why not; 403 and 404 are passed on."""
    if error.status in (403, 404):
        raise error
    text = "；".join(error.fields.values()) or error.message
    return _page(request, _check(request, pk), status=error.status, problem=text)


@allow(*KEEPERS, methods=POST)
def rights_rest(request: Request, pk: int) -> HttpResponse:
    """Keep whatever is not decided yet, but the rights of people who left."""
    check = _check(request, pk)
    try:
        count = rest_keep(check=check, actor=request.user, at=clock.now())
    except DomainError as error:
        return _refused(request, error, pk)
    text = ngettext("%(n)d right is kept.", "%(n)d rights are kept.", count) % {"n": count}
    return said(request, text, "devices:rights_check", pk)


@allow(*KEEPERS, methods=POST)
def rights_file(request: Request, pk: int) -> HttpResponse:
    """Compare with the list that the controller exported."""
    check = _check(request, pk)
    file = request.FILES.get("file")
    if file is None:
        return _page(request, check, status=422, problem=_("Please choose a file."))
    try:
        table = read_table(file)
        rights_compare(check=check, table=table, name=file.name or "", actor=request.user, at=clock.now())
    except DomainError as error:
        return _refused(request, error, pk)
    return said(request, _("Compared. The differences stand below."), "devices:rights_check", pk)


@allow(*KEEPERS, methods=GET_POST)
def rights_end(request: Request, pk: int) -> HttpResponse:
    """Finish the check: what was decided is withdrawn."""
    check = _check(request, pk)
    form = NoteForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            rights_finish(check=check, note=form.cleaned_data["note"], actor=request.user, at=clock.now())
        except DomainError as error:
            return _refused(request, error, pk)
        messages.success(request, _("Finished. Please sign the result now."))
        return HttpResponseRedirect(reverse("devices:rights_check", args=[pk]))
    context = {
        "form": form,
        "title": f"{_('Finish the check')} · {check}",
        "back_url": reverse("devices:rights_check", args=[pk]),
        "button": _("Finish the check"),
        "intro": _("What is to be withdrawn is taken off the cards at once; a card without any right is cancelled."),
    }
    locked = check.status != CheckStatus.OPEN
    return _page(request, check) if locked else render(request, "devices/access/form.html", context)
