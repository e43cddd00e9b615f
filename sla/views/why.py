"""GET /clocks/<id>/why/: why a promise is due when it is, what happened to its clock, and whom its ladder told."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core import clock as clocks
from core import subjects
from core.access import allow
from core.http import Request
from core.roles import BUSINESS_ROLES
from notifications.querysets import deliveries_of_origins
from sla.models import Clock, ClockExemption, Policy
from sla.permissions import can_amend, can_ask_exemption, can_decide_exemption, can_explain, sees_inside
from sla.present import clock_view, event_rows, explanation, rung_label
from sla.querysets import attribution_of
from sla.services.explain import RESPONSE
from sla.services.heartbeat import CLOCKS, SILENT_AFTER, age_seconds
from sla.states import CLOCK_FLOW, AlertState, ExemptionStatus
from sla.views.common import clock_of
from sla.words import amount_words, promise_label


@allow(*BUSINESS_ROLES)
def why(request: Request, pk: int) -> HttpResponse:
    """The page, or the fragment for a request by htmx."""
    clock = clock_of(request, pk)
    now = clocks.now()
    subject = subjects.get(clock.subject_type)
    obj = subjects.load(clock.subject_type, clock.subject_id)
    silent = age_seconds(CLOCKS, now)
    inside = sees_inside(request.user, clock.contract_id)
    alerts = _alerts(clock) if inside else []
    exemptions = list(clock.exemptions.select_related("requested_by", "decided_by").order_by("id"))
    context = {
        "clock": clock,
        "view": clock_view(clock, now),
        "why": explanation(clock),
        "promise": promise_label(clock.kind),
        "target": amount_words(clock.policy.target_kind, clock.policy.target_amount),
        "whose": Policy.Promisor(clock.promisor).label,
        "subject_label": subject.label(obj),
        "subject_url": subject.url(obj),
        "events": event_rows(clock.events.select_related("actor").order_by("id")),
        "alerts": alerts,
        "lag": _lag(clock, alerts),
        "exemptions": exemptions,
        "acts": _acts(request, clock, exemptions),
        "related": _related(clock),
        "beside": _beside(clock, now) if inside else None,
        "engine_silent": silent is None or silent > SILENT_AFTER.total_seconds(),
        "engine_age": silent,
    }
    return render(request, "sla/_why.html" if request.htmx else "sla/why.html", context)


def _acts(request: Request, clock: Clock, exemptions: list[ClockExemption]) -> list[dict[str, str]]:
    """What this reader may do about the clock now."""
    user, contract_id = request.user, clock.contract_id
    in_force = {one.status for one in exemptions if one.status != ExemptionStatus.REFUSED}
    ours = clock.promisor == Policy.Promisor.CONTRACTOR
    asks = ours and not in_force and not clock.kept and CLOCK_FLOW.allows("exempt", clock.state)
    found = []
    explains = ours and clock.breached_at is not None and not clock.breach_reason and clock.kind != RESPONSE
    if explains and can_explain(user, contract_id):
        found.append({"verb": "explain", "url": reverse("sla:explain", args=[clock.pk])})
    if asks and can_ask_exemption(user, contract_id):
        found.append({"verb": "exempt", "url": reverse("sla:exempt", args=[clock.pk])})
    if ExemptionStatus.REQUESTED in in_force and can_decide_exemption(user, contract_id):
        found.append({"verb": "decide", "url": reverse("sla:decide", args=[clock.pk])})
    amends = clock.breached_at is None and CLOCK_FLOW.allows("retarget", clock.state)
    if amends and can_amend(user, contract_id):
        found.append({"verb": "amend", "url": reverse("sla:amend", args=[clock.pk])})
    return found


def _related(clock: Clock) -> list[dict[str, Any]]:
    """The promise that this one replaces or was replaced by, and the one beside which it runs."""
    found = []
    replaced_by = Clock.objects.filter(replaces=clock).first()
    for how, other in (("replaces", clock.replaces), ("replaced_by", replaced_by), ("parent", clock.parent)):
        if other is not None:
            found.append({"how": how, "label": promise_label(other.kind), "url": reverse("sla:why", args=[other.pk])})
    return found


def _beside(clock: Clock, now: datetime) -> dict[str, Any] | None:
    """Vendors' clocks beside this one, and whose time it was; None where there are none."""
    rows = list(clock.sub_clocks.select_related("policy", "calendar_revision", "contract").order_by("id"))
    if not rows:
        return None
    return {
        "rows": [
            {"clock": row, "view": clock_view(row, now), "vendor": row.events.order_by("id")[0].reason} for row in rows
        ],
        "time": attribution_of(clock, now),
    }


def _alerts(clock: Clock) -> list[dict[str, Any]]:
    """The ladder, each rung with the people it told and when they read it; not what was laid anew before it could fire."""
    laid_anew = Q(epoch__lt=clock.epoch, state=AlertState.CANCELLED)
    rows = list(clock.alerts.exclude(laid_anew).order_by("fire_at", "id"))
    told: dict[str, list[Any]] = {}
    origins = [f"alert:{row.pk}" for row in rows] + [f"clock:{clock.pk}:breach"]
    for delivery in deliveries_of_origins(origins).select_related("contact"):
        told.setdefault(delivery.message.origin, []).append(delivery)
    return [
        {
            "label": rung_label(row.rung, clock.policy.ladder),
            "row": row,
            "told": told.get(f"alert:{row.pk}", [])
            or (told.get(f"clock:{clock.pk}:breach", []) if row.rung == "breach" else []),
        }
        for row in rows
    ]


def _lag(clock: Clock, alerts: list[dict[str, Any]]) -> dict[str, float] | None:
    """The system's lag and the people's, told apart: the worst firing, and from there to the first reading and to the act."""
    fired = [item["row"] for item in alerts if item["row"].fired_at is not None]
    if not fired:
        return None
    first = min(row.fired_at for row in fired)
    lag = {"system": max(row.lag_seconds or 0.0 for row in fired)}
    read = [delivery.read_at for item in alerts for delivery in item["told"] if delivery.read_at is not None]
    if read:
        lag["read"] = max(0.0, (min(read) - first).total_seconds())
    if clock.stopped_at is not None:
        lag["done"] = max(0.0, (clock.stopped_at - first).total_seconds())
    return lag
