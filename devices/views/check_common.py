"""What the pages of the four kinds of checks share: finding one, its signatures, its history, a verb with a reason."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock, subjects
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from devices.forms.access import ReasonForm
from devices.models import SignedCheck
from devices.services.common import KEEPERS
from devices.services.signed_checks import can_ask, can_sign
from devices.states import CheckStatus
from records.models import AuditEntry, Purpose, Signature
from records.querysets import papers_waiting_of, sealed_signatures_of
from records.services.audit import audit_write

LIMIT = 50


def check_of(request: Request, rows: QuerySet[Any], pk: int) -> Any:
    """The check of the present hall with this id. Raises NotFound, for another hall's as for none."""
    found = (
        rows.filter(contract__hall=request.contract.hall_id, pk=pk)
        .select_related("contract__client", "contract__contractor", "contract__hall", "started_by", "finished_by")
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such record in this hall."))
    return found


def signatures_of(check: SignedCheck) -> list[Signature]:
    """Every signature under a check with the state of its seal, newest version first."""
    return sorted(sealed_signatures_of(check), key=lambda row: -row.version)


def check_context(request: Request, check: SignedCheck) -> dict[str, Any]:
    """What every page of a check shows besides its own: state, signatures, what may be signed, what happened."""
    key = subjects.key_of(check)
    keeps = request.role in KEEPERS
    entries = AuditEntry.objects.filter(subject_type=key, subject_id=check.pk).order_by("-at", "-pk")[:LIMIT]
    named = _happened()
    return {
        "check": check,
        "key": key,
        "is_open": check.status == CheckStatus.OPEN,
        "keeps": keeps and check.status == CheckStatus.OPEN,
        "is_keeper": keeps,
        "signatures": signatures_of(check),
        "papers": papers_waiting_of(check),
        "sign_result": can_sign(request.user, check, Purpose.RESULT),
        "sign_confirm": can_sign(request.user, check, Purpose.CONFIRM),
        "ask_confirm": can_ask(request.user, check, Purpose.CONFIRM),
        "steps": _steps(check),
        "timeline": [
            {"at": entry.at, "title": named[entry.verb], "actor": entry.actor_label, "text": entry.reason}
            for entry in entries
            if entry.verb in named
        ],
    }


def _happened() -> dict[str, str]:
    return {
        "start": _("Record begun"),
        "finish": _("Finished"),
        "sign": _("Signed by us"),
        "confirm": _("Confirmed by the client"),
        "reopen": _("Opened again"),
        "cancel": _("Cancelled"),
        "end_counting": _("Counting ended"),
        "attach": _("Photos added"),
        "paper_upload": _("Sheet signed on paper uploaded"),
        "paper_confirm": _("Sheet signed on paper confirmed"),
        "paper_refuse": _("Sheet signed on paper refused"),
    }


def _steps(check: SignedCheck) -> list[dict[str, Any]]:
    order = [CheckStatus.OPEN, CheckStatus.FINISHED, CheckStatus.RESULT_SIGNED, CheckStatus.CONFIRMED]
    labels = [_("Under way"), _("Finished"), _("Signed by us"), _("Confirmed")]
    if check.status == CheckStatus.CANCELLED:
        return []
    reached = order.index(CheckStatus(check.status))
    final = check.status == CheckStatus.CONFIRMED
    return [
        {"label": label, "state": "done" if number < reached or final else "current" if number == reached else "todo"}
        for number, label in enumerate(labels)
    ]


def said(request: Request, text: str, route: str, *args: Any) -> HttpResponseRedirect:
    """Say what was done and go on."""
    messages.success(request, text)
    return HttpResponseRedirect(reverse(route, args=args))


def reason_view(
    request: Request,
    check: Any,
    service: Callable[..., Any],
    *,
    title: str,
    done: str,
    back: str,
    intro: str = "",
    **more: Any,
) -> HttpResponse:
    """A verb that takes nothing but a reason."""
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        result = attempt(form, service, reason=form.cleaned_data["reason"], actor=request.user, at=clock.now(), **more)
        if result is not None:
            return said(request, done, back, check.pk)
    context = {
        "form": form,
        "title": f"{title} · {check}",
        "back_url": reverse(back, args=[check.pk]),
        "button": title,
        "intro": intro,
        "danger": True,
    }
    return render(request, "devices/access/form.html", context, status=form_status(form))


def exported(request: Request, check: SignedCheck, what: str, rows: int) -> None:
    """Enter an export in the history."""
    audit_write(
        contract=request.contract,
        subject=check,
        verb="export",
        actor=request.user,
        at=clock.now(),
        after={"what": what, "rows": rows},
    )
