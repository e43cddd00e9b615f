"""A major incident as its page and its paper show it: facts, acts, what happened, the parts of the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock as clocks
from records.models import AuditEntry, Visibility
from records.querysets import entries_of
from sla.present import rung_label
from tickets import permissions
from tickets.models import MajorIncident
from tickets.present.base import Act, Acts, Words, instant_in, label_in
from tickets.states import MAJOR_FLOW, ReportWay

VERBS: Mapping[str, Words] = {
    "declare": (gettext_noop("Declared a major incident"), "alert-octagon", "danger"),
    "report_incident": (gettext_noop("Reported to the client"), "phone-call", "ok"),
    "handle_incident": (gettext_noop("Handling began"), "tool", "info"),
    "instruct": (gettext_noop("Instruction of the client"), "message", "info"),
    "follow_instruction": (gettext_noop("Instruction carried out"), "checks", "ok"),
    "incident_note": (gettext_noop("Written down"), "writing", ""),
    "end_incident": (gettext_noop("It is over"), "circle-check", "ok"),
    "review_incident": (gettext_noop("Reviewed"), "clipboard-text", "ok"),
    "withdraw_incident": (gettext_noop("Withdrawn"), "ban", ""),
    "attach": (gettext_noop("Photos added"), "photo", ""),
    "alert": (gettext_noop("Notice sent"), "bell-ringing", "warn"),
    "breach": (gettext_noop("30 minutes are over"), "alert-octagon", "danger"),
    "clock_exempt_request": (gettext_noop("Exemption asked for"), "message", ""),
}


def exactly(at: datetime | None) -> str:
    """An instant to the second, local."""
    return at.astimezone(clocks.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def on(day: date | None) -> str:
    """A day."""
    return f"{day:%Y-%m-%d}" if day else ""


def _act(incident: MajorIncident, verb: str, label: str, icon: str, hint: str = "") -> Act:
    return Act(verb, label, icon, reverse(f"tickets:{verb}", args=[incident.code]), hint)


def incident_acts(user: Any, incident: MajorIncident) -> Acts:
    """What this reader may do now: the report before everything, then the handling, the end, the review."""
    ours = permissions.can_handle_incident(user, incident)
    manages = permissions.can_review_incident(user, incident)

    def may(verb: str, allowed: bool) -> bool:
        return allowed and MAJOR_FLOW.allows(verb, incident.status)

    found = []
    if may("report_incident", ours):
        hint = _("Tell the client first; this stops the 30 minutes.")
        found.append(_act(incident, "incident_report", _("Reported to the client"), "phone-call", hint))
    if may("handle_incident", ours):
        found.append(_act(incident, "incident_handle", _("Begin handling"), "tool"))
    if may("end_incident", ours):
        found.append(_act(incident, "incident_end", _("It is over"), "circle-check"))
    if may("review_incident", manages):
        hint = _("Cause, effect, handling, measures and lessons.")
        found.append(_act(incident, "incident_review", _("Write the review"), "clipboard-text", hint))
    others = found[1:]
    if may("instruct", permissions.can_instruct(user, incident)):
        others.append(_act(incident, "incident_instruct", _("Instruction of the client"), "message"))
    if may("withdraw_incident", manages):
        others.append(_act(incident, "incident_withdraw", _("Withdraw the incident"), "ban"))
    return Acts(found[0] if found else None, others)


def facts(incident: MajorIncident) -> list[dict[str, Any]]:
    """What is known of it, and how the report to the client was made."""
    ticket = incident.ticket
    told = f"{incident.reported_to} · {incident.get_reported_how_display()}" if incident.reported_at else ""
    return [
        {"label": _("Kind of incident"), "value": incident.kind_name},
        {"label": _("Place"), "value": incident.frozen_names.get("place", "")},
        {"label": _("What happened"), "value": incident.description},
        {"label": _("Effect on the hall"), "value": f"{incident.get_reach_display()} · {incident.impact}"},
        {
            "label": _("Ticket"),
            "value": f"{ticket.code} {ticket.title}" if ticket else "",
            "url": reverse("tickets:detail", args=[ticket.code]) if ticket else "",
        },
        {"label": _("Known since"), "value": exactly(incident.knowledge_at)},
        {"label": _("Why another instant of knowledge"), "value": incident.knowledge_reason},
        {
            "label": _("Declared at"),
            "value": f"{exactly(incident.declared_at)} · {incident.frozen_names.get('declared_by', '')}",
        },
        {"label": _("Reported to the client at"), "value": exactly(incident.reported_at)},
        {"label": _("Reported to"), "value": told},
        {"label": _("What was reported"), "value": incident.reported_text},
        {
            "label": _("Entered at"),
            "value": f"{exactly(incident.report_recorded_at)} · {incident.report_reason}"
            if incident.report_reason
            else "",
        },
        {"label": _("Handling began"), "value": exactly(incident.handling_at)},
        {"label": _("Ended at"), "value": exactly(incident.ended_at)},
        {"label": _("How it ended"), "value": incident.end_text},
        {"label": _("Why it was withdrawn"), "value": incident.withdraw_reason},
    ]


def review_facts(incident: MajorIncident) -> list[dict[str, Any]]:
    """The review; empty before there is one."""
    if incident.reviewed_at is None:
        return []
    return [
        {"label": _("Cause"), "value": incident.cause},
        {"label": _("Effect in figures"), "value": incident.effect},
        {"label": _("How it was handled"), "value": incident.handled},
        {"label": _("Measures"), "value": incident.measures},
        {"label": _("Measures done by"), "value": on(incident.measures_due)},
        {"label": _("Lessons"), "value": incident.lessons},
        {
            "label": _("Reviewed at"),
            "value": f"{exactly(incident.reviewed_at)} · {incident.frozen_names.get('reviewed_by', '')}",
        },
    ]


def incident_timeline(incident: MajorIncident, *, inside: bool) -> list[dict[str, Any]]:
    """What happened so far, newest first; notices only for those who work inside."""
    visibility = Visibility.INTERNAL if inside else Visibility.CLIENT
    return [_line(entry) for entry in reversed(list(entries_of(incident, visibility)))]


def _line(entry: AuditEntry) -> dict[str, Any]:
    title, icon, tone = VERBS.get(entry.verb, (entry.verb.replace("_", " "), "point", ""))
    return {
        "at": entry.at,
        "title": _(title),
        "actor": _("System") if entry.actor_label == "system" else entry.actor_label,
        "text": " · ".join(part for part in (*_words(entry), entry.reason) if part),
        "icon": icon,
        "tone": tone,
    }


def _words(entry: AuditEntry) -> list[str]:
    after = entry.after
    if entry.verb == "declare":
        return [str(after.get("kind", "")), str(after.get("title", "")), str(after.get("impact", ""))]
    if entry.verb == "report_incident":
        return [
            str(after.get("reported_to", "")),
            label_in(ReportWay, after.get("reported_how")),
            str(after.get("reported_text", "")),
        ]
    if entry.verb == "instruct":
        return [str(after.get("given_by", "")), label_in(ReportWay, after.get("given_how")), str(after.get("text", ""))]
    if entry.verb == "follow_instruction":
        return [str(after.get("text", "")), str(after.get("done_text", ""))]
    if entry.verb in ("incident_note", "end_incident"):
        return [str(after.get("text", ""))]
    if entry.verb == "alert":
        return [rung_label(str(after.get("rung", ""))), _(", ").join(after.get("to", []))]
    if entry.verb == "breach":
        return [_("was due at %(when)s") % {"when": instant_in(after.get("due_at"))}]
    if entry.verb == "attach":
        return [_("%(count)s photos") % {"count": len(after.get("files", []))}]
    return []


# On paper ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A part of the report: its heading, and rows of label and text."""

    heading: str
    rows: list[tuple[str, str]]


def report_parts(incident: MajorIncident) -> list[Part]:
    """The report in the order of records 3.5: 经过, 影响, 原因, 处置, 整改, 教训. Chinese, like the contract's papers."""
    due = incident.clock.due_at if incident.clock else None
    late = bool(incident.clock and incident.clock.breached_at)
    reported = (
        f"{exactly(incident.reported_at)}　{'超过30分钟' if late else '30分钟内'}"
        if incident.reported_at
        else "尚未报告"
    )
    names = incident.frozen_names
    parts = [
        Part(
            "一、经过",
            [
                ("事件类别", incident.kind_name),
                ("地点", str(names.get("place", ""))),
                ("知悉时刻", exactly(incident.knowledge_at)),
                ("知悉时刻说明", incident.knowledge_reason),
                ("认定", f"{exactly(incident.declared_at)}　{names.get('declared_by', '')}"),
                ("相关工单", str(names.get("ticket", ""))),
                ("经过", incident.description),
                ("报告甲方时刻", reported),
                ("应报告时限", exactly(due)),
                ("报告对象及方式", _told(incident)),
                ("报告内容", incident.reported_text),
                ("补记说明", incident.report_reason),
                ("结束时刻", exactly(incident.ended_at)),
            ],
        ),
        Part(
            "二、影响",
            [("影响范围", f"{incident.get_reach_display()}　{incident.impact}"), ("影响情况", incident.effect)],
        ),
        Part("三、原因", [("原因", incident.cause)]),
        Part("四、处置", [("处置情况", incident.handled), ("结束情况", incident.end_text)]),
        Part("五、整改", [("整改措施", incident.measures), ("完成期限", on(incident.measures_due))]),
        Part("六、教训", [("经验教训", incident.lessons)]),
    ]
    kept = {"一、经过", "二、影响"}
    return [
        Part(part.heading, [row for row in part.rows if row[1]] or [("", "待复盘后填写")])
        for part in parts
        if part.heading in kept or incident.status != "withdrawn"
    ]


def _told(incident: MajorIncident) -> str:
    if not incident.reported_at:
        return ""
    return f"{incident.reported_to}　{incident.get_reported_how_display()}　报告人：{incident.frozen_names.get('reported_by', '')}"
