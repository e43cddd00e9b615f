"""/contract/parameters/: what was agreed where the paper is ambiguous, and its versions."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from contract.forms import TermForm, value_initial
from contract.permissions import can_set_term
from contract.present import in_language, value_in_words
from contract.services.terms import term_defaults, term_set, terms_of, version_in_force
from contract.views.calendar import local_today
from core import clock
from core.access import GET_POST, allow
from core.errors import NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN, AUDITOR, LEADER, MANAGER, SUPERVISOR

READERS = (MANAGER, SUPERVISOR, LEADER, AUDITOR, ADMIN)


@allow(*READERS)
def parameters(request: Request) -> HttpResponse:
    """Every parameter with its value today, since when, who set it and why."""
    today = local_today()
    rows = []
    for key, versions in terms_of(request.contract).items():
        default = term_defaults()[key]
        present = version_in_force(versions, today)
        coming = [row for row in versions if row.effective_from > today]
        value = present.value if present else default.value
        rows.append(
            {
                "key": key,
                "label": in_language(default.label),
                "meaning": in_language(default.meaning),
                "value": value_in_words(default, value),
                "is_default": value == default.value,
                "default": value_in_words(default, default.value),
                "clause": default.clause,
                "present": present,
                "coming": min(coming, key=lambda row: (row.effective_from, -row.pk), default=None),
                "url": reverse("contract:parameter", args=[key]),
            }
        )
    columns = [
        {"label": _("Parameter")},
        {"label": _("Value")},
        {"label": _("Default")},
        {"label": _("Clause")},
        {"label": _("In force")},
    ]
    return render(request, "contract/parameters.html", {"rows": rows, "columns": columns})


@allow(*READERS, methods=GET_POST)
def parameter(request: Request, key: str) -> HttpResponse:
    """One parameter: what it means, its versions, and for the manager a new one."""
    if key not in term_defaults():
        raise NotFound(_("There is no such parameter."))
    default, today = term_defaults()[key], local_today()
    may = can_set_term(request.user, request.contract)
    if request.method == "POST" and not may:
        raise NotAllowed(_("Only the project manager sets the parameters of the contract."))
    versions = terms_of(request.contract)[key]
    newest = versions[0] if versions else None
    value = newest.value if newest else default.value
    form = TermForm(
        request.POST or None,
        default=default,
        initial={
            "value": value_initial(default, value),
            "effective_from": today,
            "seen": newest.pk if newest else None,
        },
    )
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            term_set,
            contract=request.contract,
            key=key,
            value=form.cleaned_data["value"],
            effective_from=form.cleaned_data["effective_from"],
            reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["seen"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(
                request, _("The new value of “%(label)s” is kept.") % {"label": in_language(default.label)}
            )
            return HttpResponseRedirect(reverse("contract:parameter", args=[key]))
    present = version_in_force(versions, today)
    context = {
        "key": key,
        "label": in_language(default.label),
        "facts": [
            (_("Meaning"), in_language(default.meaning)),
            (_("Value today"), value_in_words(default, present.value if present else default.value)),
            (_("Default"), value_in_words(default, default.value)),
            (_("Reason for the default"), default.reason),
            (_("Clause"), default.clause),
        ],
        "versions": [
            {
                "row": row,
                "value": value_in_words(default, row.value),
                "present": row == present,
                "coming": row.effective_from > today,
            }
            for row in versions
        ],
        "columns": [
            {"label": _("In force from")},
            {"label": _("Value")},
            {"label": _("Reason")},
            {"label": _("Set by")},
        ],
        "form": form,
        "may": may,
    }
    return render(request, "contract/parameter.html", context, status=form_status(form) if may else 200)
