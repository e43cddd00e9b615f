"""What a ticket's page shows of difficult faults, vendors, loans and parts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock as clocks
from core.http import Request
from core.panels import Panel
from core.roles import CLERK
from devices.models import SpareRefusal
from parties.querysets import role_in
from records.models import AuditEntry
from sla.models import Clock
from sla.permissions import sees_inside
from sla.present import clock_view
from sla.words import promise_label
from tickets import permissions
from tickets.finds.repair import dispatches_of, no_spare_of, parts_of, plans_of
from tickets.models import Dispatch, Plan, Ticket
from tickets.present.base import Act, Words, act_for, instant_in, label_in, name_in
from tickets.services.part_use import USING
from tickets.services.spare import LENDING, loans_of, spare_settled
from tickets.states import (
    BEING_DONE,
    DISPATCH_OPEN,
    IN_HAND,
    TICKET_FLOW,
    CostBearer,
    DispatchStatus,
    PlanStatus,
    TicketStatus,
    ToldBy,
    Triage,
)

S = TicketStatus
VERBS: Mapping[str, Words] = {
    "escalate": (gettext_noop("Handed to the manager as difficult"), "arrow-up-circle", "warn"),
    "confirm_difficult": (gettext_noop("Confirmed as a difficult fault"), "circle-check", "warn"),
    "not_difficult": (gettext_noop("Found not to be difficult"), "arrow-back-up", ""),
    "plan": (gettext_noop("Plan in force, client told"), "clipboard-text", "ok"),
    "plan_revise": (gettext_noop("Plan revised, client told"), "clipboard-text", "ok"),
    "plan_submit": (gettext_noop("Plan handed to the manager"), "send", ""),
    "plan_return": (gettext_noop("Plan given back"), "arrow-back-up", "warn"),
    "clock_reclassify": (gettext_noop("The hour ended, working days count"), "clock", ""),
    "vendor_clock_open": (gettext_noop("The vendor's clock began"), "clock", ""),
    "vendor_call": (gettext_noop("Vendor called"), "phone-call", "info"),
    "wait_vendor": (gettext_noop("Vendor called, the work waits"), "hourglass", "info"),
    "vendor_arrived": (gettext_noop("Vendor arrived"), "truck-delivery", "info"),
    "vendor_done": (gettext_noop("Vendor finished"), "checks", "ok"),
    "vendor_failed": (gettext_noop("Vendor did not come, or did not solve it"), "circle-x", "danger"),
    "vendor_call_off": (gettext_noop("Vendor called off"), "ban", ""),
    "spare_lend": (gettext_noop("Spare lent"), "arrow-right", "info"),
    "loan_link": (gettext_noop("Loan linked"), "link", ""),
    "no_spare": (gettext_noop("No spare is lent"), "box", ""),
    "part_use": (gettext_noop("Part used"), "settings", ""),
    "part_undo": (gettext_noop("Part taken back"), "arrow-back-up", ""),
}


def primary(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What could be the next act: the manager's judgement and plan, or what the vendor is waited for."""
    if ticket.status == S.ESCALATED:
        return _judging(user, ticket)
    if ticket.status == S.WAITING_VENDOR and permissions.can_dispatch(user, ticket):
        return _waiting(ticket)
    return []


def _judging(user: Any, ticket: Ticket) -> list[Act]:
    acts = []
    if permissions.can_judge(user, ticket):
        if ticket.triage != Triage.DIFFICULT:
            acts.append(
                act_for(
                    ticket, "confirm_difficult", _("Confirm: difficult"), "circle-check",
                    _("The hour ends with its true result, the working days count."), rank=1,
                )
            )  # fmt: skip
        hint = _("Cause, solution, estimate; the client is told with it.")
        acts.append(act_for(ticket, "plan", _("Decide on the plan"), "clipboard-text", hint, rank=2))
    elif permissions.can_write_plan(user, ticket):
        hint = _("The manager decides and tells the client.")
        acts.append(act_for(ticket, "plan", _("Draft the plan"), "clipboard-text", hint, rank=2))
    return acts


def _waiting(ticket: Ticket) -> list[Act]:
    """For the vendor who is called first: here, or finished."""
    rows = Dispatch.objects.filter(ticket=ticket, status__in=DISPATCH_OPEN).select_related("vendor")
    dispatch = rows.order_by("called_at").first()
    if dispatch is None:
        return []
    hint = f"{dispatch.vendor.name} · {dispatch.task}"
    if dispatch.status == DispatchStatus.CALLED:
        return [
            _dispatch_act(dispatch, ticket, "vendor_arrived", _("The vendor is here"), "truck-delivery", hint, rank=1)
        ]
    return [_dispatch_act(dispatch, ticket, "vendor_done", _("The vendor has finished"), "checks", hint, rank=1)]


def _dispatch_act(
    dispatch: Dispatch, ticket: Ticket, verb: str, label: str, icon: str, hint: str = "", rank: int = 0
) -> Act:
    return Act(verb, label, icon, reverse(f"tickets:{verb}", args=[ticket.code, dispatch.pk]), hint, rank)


def others(user: Any, ticket: Ticket, now: datetime) -> list[Act]:  # noqa: ARG001 - what every room is asked
    """What else this reader may do now."""
    flow, acts = TICKET_FLOW, []
    if flow.allows("escalate", ticket.status) and permissions.can_escalate(user, ticket):
        acts.append(act_for(ticket, "escalate", _("Difficult: to the manager"), "arrow-up-circle"))
    if flow.allows("not_difficult", ticket.status) and permissions.can_judge(user, ticket):
        acts.append(act_for(ticket, "not_difficult", _("Not difficult: give it back"), "arrow-back-up"))
    if ticket.status in BEING_DONE and permissions.can_dispatch(user, ticket):
        acts.append(act_for(ticket, "wait_vendor", _("Call a vendor"), "phone-call"))
    if ticket.status in IN_HAND and permissions.can_lend(user, ticket):
        acts.append(act_for(ticket, "spare_lend", _("Lend a spare"), "box"))
    if ticket.status in USING and permissions.can_use_parts(user, ticket):
        acts.append(act_for(ticket, "part_use", _("Enter a part used"), "settings"))
    return acts


def parts(entry: AuditEntry) -> list[str]:
    """The words behind an entry of this room."""
    after = entry.after
    if entry.verb in ("plan", "plan_revise"):
        told = _("told %(name)s at %(at)s (%(how)s)") % {
            "name": after.get("told_to", ""),
            "at": instant_in(after.get("told_at")),
            "how": label_in(ToldBy, after.get("told_how")),
        }
        return [_by(after.get("estimate_at")), str(after.get("solution", "")), told]
    if entry.verb == "confirm_difficult":
        return [_promise(after)]
    if entry.verb == "clock_reclassify":
        late = _("after the hour was over") if after.get("after_breach") else _("within the hour")
        return [_promise(after), late]
    if entry.verb in ("vendor_call", "wait_vendor"):
        due = _("due %(at)s") % {"at": instant_in(after.get("due_at"))}
        return [name_in(after.get("vendor")), str(after.get("task", "")), due]
    if entry.verb in ("vendor_arrived", "vendor_done", "vendor_failed", "vendor_call_off"):
        at = after.get("arrived_at") if entry.verb == "vendor_arrived" else after.get("done_at")
        who = str(after.get("vendor_engineer", ""))
        return [name_in(after.get("vendor")), instant_in(at), who, str(after.get("result", ""))]
    return _material(entry)


def _material(entry: AuditEntry) -> list[str]:
    after = entry.after
    if entry.verb in ("spare_lend", "loan_link"):
        return [str(after.get("loan", "")), str(after.get("thing", "")), str(after.get("borrower", ""))]
    if entry.verb == "no_spare":
        return [label_in(SpareRefusal.Why, after.get("why"))]
    if entry.verb == "part_use":
        payer = label_in(CostBearer, after.get("cost_bearer"))
        return [f"{after.get('part', '')} ×{after.get('quantity', '')}", _("Paid by: %(who)s") % {"who": payer}]
    if entry.verb == "part_undo":
        return [f"{entry.before.get('part', '')} ×{entry.before.get('quantity', '')}"]
    if entry.verb == "escalate":
        return [str(after.get("analysis", ""))]
    return []


def _by(value: Any) -> str:
    at = instant_in(value)
    return _("repair expected by %(at)s") % {"at": at} if at else ""


def _promise(after: Mapping[str, Any]) -> str:
    return f"{promise_label(str(after.get('kind', '')))} {instant_in(after.get('due_at'))}".strip()


# Sections -------------------------------------------------------------------------------------------------------------


def sections(request: Request, ticket: Ticket) -> list[Panel]:
    """Sections of the ticket's page: the difficult fault, its vendors, spares and parts."""
    now = clocks.now()
    panels = []
    if ticket.status == S.ESCALATED or ticket.triage == Triage.DIFFICULT or "plan" in ticket.holds:
        panels.append(Panel("tickets/repair/_plan_panel.html", _plan(request, ticket), 20))
    if "dispatch" in ticket.holds:
        panels.append(Panel("tickets/repair/_vendors_panel.html", {"rows": _dispatches(request, ticket, now)}, 30))
    spares = _spares(request, ticket, now)
    if spares:
        panels.append(Panel("tickets/repair/_spares_panel.html", spares, 40))
    return panels


def _plan(request: Request, ticket: Ticket) -> dict[str, Any]:
    ours = permissions.sees_internal(request.user, ticket.contract_id)
    rows = plans_of(ticket) if "plan" in ticket.holds else []
    told = [row for row in rows if row.status in (PlanStatus.IN_FORCE, PlanStatus.REPLACED)]
    plan = told[0] if told else None
    due = ticket.repair_clock.due_at if ticket.repair_clock is not None else None
    acts = []
    if ticket.status in IN_HAND and ticket.status != S.ESCALATED and ticket.triage == Triage.DIFFICULT:
        if permissions.can_judge(request.user, ticket):
            acts.append(act_for(ticket, "plan", _("Revise the plan"), "pencil"))
        elif permissions.can_write_plan(request.user, ticket):
            acts.append(act_for(ticket, "plan", _("Draft a new version"), "pencil"))
    return {
        "asks": ours and ticket.status == S.ESCALATED and ticket.triage != Triage.DIFFICULT,
        "draft": next((row for row in rows if row.status in (PlanStatus.DRAFTED, PlanStatus.SUBMITTED)), None)
        if ours
        else None,
        "plan": plan,
        "facts": _plan_facts(plan) if plan is not None else [],
        "older": told[1:],
        "late": ours
        and plan is not None
        and due is not None
        and plan.estimate_at is not None
        and plan.estimate_at > due,
        "acts": acts,
    }


def _plan_facts(plan: Plan) -> list[dict[str, Any]]:
    told = f"{_time(plan.told_at)} · {plan.told_to} · {plan.get_told_how_display()}"
    return [
        {"label": _("Cause of the fault"), "value": plan.cause},
        {"label": _("Solution"), "value": plan.solution},
        {"label": _("Expected to be repaired by"), "value": _time(plan.estimate_at)},
        {"label": _("Security"), "value": plan.security},
        {"label": _("Reliability"), "value": plan.reliability},
        {"label": _("Fallback"), "value": plan.fallback},
        {"label": _("The client was told"), "value": told},
        {"label": _("Put in force by"), "value": f"{plan.approved_by} {_time(plan.approved_at)}"},
    ]


def _time(at: datetime | None) -> str:
    return at.astimezone(clocks.SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else ""


def _dispatches(request: Request, ticket: Ticket, now: datetime) -> list[dict[str, Any]]:
    inside = sees_inside(request.user, ticket.contract_id)
    reads = permissions.can_read_vendors(request.user, ticket.contract_id)
    rows = []
    for dispatch in dispatches_of(ticket):
        dispatch.ticket = ticket
        acts = []
        if dispatch.status in DISPATCH_OPEN and permissions.can_watch_dispatch(request.user, dispatch):
            if dispatch.status == DispatchStatus.CALLED:
                acts.append(
                    _dispatch_act(dispatch, ticket, "vendor_arrived", _("The vendor is here"), "truck-delivery")
                )
            acts.append(_dispatch_act(dispatch, ticket, "vendor_done", _("Finished"), "checks"))
            acts.append(_dispatch_act(dispatch, ticket, "vendor_failed", _("Did not come or not solved"), "circle-x"))
            acts.append(_dispatch_act(dispatch, ticket, "vendor_call_off", _("Call the vendor off"), "ban"))
        rows.append(
            {
                "dispatch": dispatch,
                "clock": _clock(dispatch.clock, ticket, now) if inside and dispatch.status in DISPATCH_OPEN else None,
                "line": _line(dispatch),
                "url": reverse("tickets:vendor_score", args=[dispatch.vendor_id]) if reads else "",
                "acts": acts,
            }
        )
    return rows


def _clock(clock: Clock | None, ticket: Ticket, now: datetime) -> dict[str, Any] | None:
    if clock is None:
        return None
    clock.contract = ticket.contract
    return clock_view(clock, now)


def _line(dispatch: Dispatch) -> str:
    """When a vendor was called, due, here and done, who came and who watched, in one line."""
    bits = [
        _("called %(at)s") % {"at": _short(dispatch.called_at)},
        _("due %(at)s") % {"at": _short(dispatch.due_at)},
        _("here %(at)s") % {"at": _short(dispatch.arrived_at)} if dispatch.arrived_at else "",
        _("done %(at)s") % {"at": _short(dispatch.done_at)} if dispatch.done_at else "",
        dispatch.vendor_engineer,
        _("watched by %(name)s") % {"name": dispatch.supervisor},
    ]
    return " · ".join(bit for bit in bits if bit)


def _short(at: datetime) -> str:
    return at.astimezone(clocks.SHANGHAI).strftime("%m-%d %H:%M")


def _spares(request: Request, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """Spares and parts; nothing where there is none and none is missing."""
    ours = permissions.sees_internal(request.user, ticket.contract_id)
    missing = ours and ticket.status in LENDING and not spare_settled(ticket, now)
    held = {"loan", "no_spare", "part"} & set(ticket.holds)
    if not missing and not held:
        return {}
    may_undo = ticket.status in USING and permissions.can_use_parts(request.user, ticket)
    acts = []
    if missing and permissions.can_lend(request.user, ticket):
        acts = [
            act_for(ticket, "spare_lend", _("Lend a spare"), "arrow-right"),
            act_for(ticket, "loan_link", _("Link an open loan"), "link"),
            act_for(ticket, "no_spare", _("Record why none is lent"), "box"),
        ]
    return {
        "missing": missing,
        "loans": loans_of(ticket),
        "links": role_in(request.user, ticket.contract_id) != CLERK,
        "reason": no_spare_of(ticket) if "no_spare" in ticket.holds else None,
        "parts": [
            {
                "used": used,
                "undo_url": reverse("tickets:part_undo", args=[ticket.code, used.pk])
                if may_undo and used.undone_at is None
                else "",
            }
            for used in (parts_of(ticket) if "part" in ticket.holds else [])
        ],
        "acts": acts,
    }
