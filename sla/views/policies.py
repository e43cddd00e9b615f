"""/promises/policies/: what is promised, by which clause, whose it is, and whom its ladder tells; the manager publishes anew."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core import clock as clocks
from core.access import GET_POST, allow
from core.clock import SHANGHAI
from core.errors import Conflict, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER
from sla.forms import PolicyForm
from sla.models import Policy
from sla.services.policies import kinds, limit_of, newest, policy_publish
from sla.views.common import POLICY_ROLES
from sla.words import amount_words, promise_label, rung_people, rung_when


def shown(policy: Policy) -> dict[str, Any]:
    """A policy in words."""
    limit = limit_of(policy.kind)
    return {
        "policy": policy,
        "label": promise_label(policy.kind),
        "target": amount_words(policy.target_kind, policy.target_amount),
        "whose": policy.get_promisor_display(),
        "most": amount_words(policy.target_kind, limit["most"]) if "most" in limit else "",
        "least": amount_words(policy.target_kind, limit["least"]) if "least" in limit else "",
        "rungs": [
            {"when": rung_when(rung), "people": rung_people(rung), "urgent": rung.get("urgent")}
            for rung in policy.ladder
        ],
    }


def _of_contract(request: Request) -> list[Policy]:
    rows = Policy.objects.filter(contract=request.contract).select_related("published_by")
    return list(rows.order_by("kind", "-version"))


def _policy(request: Request, pk: int) -> Policy:
    policy = Policy.objects.filter(contract=request.contract, pk=pk).select_related("published_by").first()
    if policy is None:
        raise NotFound(_("There is no such promise."))
    return policy


@allow(*POLICY_ROLES)
def policies(request: Request) -> HttpResponse:
    """Every promise with its version in force and what comes."""
    today = clocks.now().astimezone(SHANGHAI).date()
    rows = _of_contract(request)
    in_force = newest(row for row in rows if row.effective_from <= today)
    last = newest(rows)
    order = {kind: number for number, kind in enumerate(kinds())}
    found = sorted(last.values(), key=lambda row: order.get(row.kind, len(order)))
    context = {
        "rows": [
            {
                **shown(in_force.get(row.kind, row)),
                "coming": row if row.effective_from > today else None,
                "coming_target": amount_words(row.target_kind, row.target_amount),
            }
            for row in found
        ]
    }
    return render(request, "sla/policies.html", context)


@allow(*POLICY_ROLES)
def policy(request: Request, pk: int) -> HttpResponse:
    """One version of a promise, and all the others."""
    today = clocks.now().astimezone(SHANGHAI).date()
    row = _policy(request, pk)
    rows = [one for one in _of_contract(request) if one.kind == row.kind]
    in_force = newest(one for one in rows if one.effective_from <= today).get(row.kind)
    context = {
        **shown(row),
        "versions": [{**shown(one), "in_force": one == in_force} for one in rows],
        "in_force": row == in_force,
        "to_publish": rows[0] if request.role == MANAGER else None,
    }
    return render(request, "sla/policy.html", context)


@allow(MANAGER, methods=GET_POST)
def publish(request: Request, pk: int) -> HttpResponse:
    """Publish the next version, based on the newest."""
    now = clocks.now()
    row = _policy(request, pk)
    if Policy.objects.filter(contract=row.contract, kind=row.kind, version__gt=row.version).exists():
        raise Conflict(_("Somebody published a newer version of this promise. Please look at it first."))
    form = PolicyForm(
        request.POST if request.method == "POST" else None, policy=row, today=now.astimezone(SHANGHAI).date()
    )
    if form.is_bound and form.is_valid():
        published = attempt(form, policy_publish, policy=row, actor=request.user, at=now, **form.arguments())
        if published is not None:
            messages.success(
                request, _("Version %(n)s is published. Clocks that run keep theirs.") % {"n": published.version}
            )
            return redirect("sla:policy", pk=published.pk)
    context = {**shown(row), "form": form, "next_version": row.version + 1}
    return render(request, "sla/policy_form.html", context, status=form_status(form))
