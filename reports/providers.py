"""What this app itself can say in a weekly report today, from tickets, promises, people, devices and the calendar.

All figures come from reports.figures; instants are frozen as the local text that is printed. The words are Chinese:
see sections.py.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from contract.rules import DayKind
from contract.services.calendar import calendar_of
from core import charts, clock
from parties.models import Contract
from reports import figures
from reports.rules import Period, minutes_seconds, percent
from reports.sections import Figures, Provider, Scope, register
from tickets.models import MajorIncident, Rating, Ticket

WEEKDAYS = "一二三四五六日"
DAY_KINDS = {
    DayKind.WORKDAY: "工作日",
    DayKind.WEEKEND: "周末",
    DayKind.STATUTORY_HOLIDAY: "法定节假日",
    DayKind.MAKEUP_WORKDAY: "调休上班",
    DayKind.EXTENDED_SATURDAY: "周六延时服务",
    DayKind.CLOSURE: "停止服务",
    DayKind.MAJOR_EVENT: "重大活动",
}
SPREAD_LABELS = ("1分钟内", "1–2分钟", "2–3分钟", "3–4分钟", "4–5分钟", "超过5分钟")


def day_text(day: date) -> str:
    """A day in a sentence: 6月10日（星期一）."""
    return f"{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def instant_text(instant: datetime | None) -> str:
    """An instant as the report's tables show it, local: 2024-06-10 09:14; empty when there is none."""
    return "" if instant is None else instant.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")


def second_text(instant: datetime | None) -> str:
    """An instant to the second, without the year: 06-10 09:14:05; empty when there is none."""
    return "" if instant is None else instant.astimezone(clock.SHANGHAI).strftime("%m-%d %H:%M:%S")


def _groups(groups: Sequence[figures.Group]) -> list[list[Any]]:
    return [[group.label, group.count] for group in groups]


def _counts(scope: Scope) -> figures.TicketCounts:
    return scope.once("ticket_counts", lambda: figures.ticket_counts(scope.contract, scope.period))


def _answers(scope: Scope) -> figures.ResponseCounts:
    return scope.once("response_counts", lambda: figures.response_counts(scope.contract, scope.period, at=scope.at))


def _rated(scope: Scope) -> figures.Satisfaction:
    return scope.once("satisfaction", lambda: figures.satisfaction(scope.contract, scope.period))


# --- 一 本周概况 --------------------------------------------------------------------------------------------------------


def overview_figures(scope: Scope) -> Figures:
    """The few figures on the first page, each the same as in its section."""
    counts, answers, rated = _counts(scope), _answers(scope), _rated(scope)
    return {
        "kpis": [
            {"label": "受理工单", "value": str(counts.total), "unit": "件", "note": f"办结 {counts.resolved} 件"},
            {
                "label": "响应及时率",
                "value": answers.rate,
                "unit": "",
                "note": f"{answers.kept} / {answers.kept + answers.broken}，约定5分钟",
            },
            {
                "label": "签字率",
                "value": counts.signed_rate,
                "unit": "",
                "note": f"{counts.signed} / {counts.resolved}",
            },
            {
                "label": "满意率",
                "value": rated.rate,
                "unit": "",
                "note": f"{rated.satisfied} / {rated.valid} 件有效评价",
            },
        ]
    }


# --- 二 人员到岗 --------------------------------------------------------------------------------------------------------


def people_figures(scope: Scope) -> Figures:
    """Who was engaged, and what stood in whose hands."""
    rows = figures.people(scope.contract, scope.period)
    return {"rows": [[p.name, p.title or p.role, p.role, p.tickets, p.signed] for p in rows], "count": len(rows)}


# --- 三 工单情况 --------------------------------------------------------------------------------------------------------


def tickets_figures(scope: Scope) -> Figures:
    """Requests by every division, the response promise, and what broke it."""
    contract, period = scope.contract, scope.period
    counts, answers = _counts(scope), _answers(scope)
    daily = figures.daily_received(contract, period)
    return {
        "total": counts.total,
        "cancelled": counts.cancelled,
        "merged": counts.merged,
        "resolved": counts.resolved,
        "resolved_rate": counts.resolved_rate,
        "signed": counts.signed,
        "signed_rate": counts.signed_rate,
        "unsigned": counts.unsigned,
        "reworked": counts.reworked,
        "reworks": counts.reworks,
        "set_back": counts.set_back,
        "late_entries": counts.late_entries,
        "by_category": _groups(figures.by_category(contract, period)),
        "by_channel": _groups(figures.by_channel(contract, period)),
        "by_triage": _groups(figures.by_triage(contract, period)),
        "by_priority": _groups(figures.by_priority(contract, period)),
        "daily": [[f"{day.month}-{day.day:02d} 周{WEEKDAYS[day.weekday()]}", count] for day, count in daily],
        "days": len(daily),
        "due": answers.due,
        "kept": answers.kept,
        "broken": answers.broken,
        "running": answers.running,
        "unexplained": answers.unexplained,
        "response_rate": answers.rate,
        "exempted": answers.exempted,
        "adjusted_rate": answers.adjusted_rate if answers.exempted else "",
        "answered": answers.answered,
        "median": minutes_seconds(figures.response_median(contract, period)),
        "average": minutes_seconds(answers.net_average),
        "longest": minutes_seconds(answers.net_longest),
        "spread": [list(pair) for pair in zip(SPREAD_LABELS, answers.spread, strict=True)],
        "breaches": [
            {
                "code": row.code,
                "title": row.title,
                "unit": row.unit,
                "assignee": row.assignee,
                "started": second_text(row.started_at),
                "due": second_text(row.due_at),
                "stopped": second_text(row.stopped_at),
                "over": "" if row.over_seconds is None else minutes_seconds(row.over_seconds),
                "reason": row.reason,
            }
            for row in figures.breaches(contract, period, at=scope.at)
        ],
    }


def tickets_charts(f: Figures) -> dict[str, str]:
    """Tickets a day, by kind of work, and how quickly they were answered."""
    categories = [row for row in f["by_category"] if row[1]]
    return {
        "daily_chart": charts.columns(*_columns(f["daily"]), title="每日受理工单", unit="件", height=180),
        "category_chart": charts.bars(*_columns(categories), title="工单按服务类别", unit="件", row=22),
        "spread_chart": charts.columns(*_columns(f["spread"]), title="响应用时分布", unit="件", height=160),
    }


def _columns(rows: Sequence[Sequence[Any]]) -> tuple[list[str], list[int]]:
    return [row[0] for row in rows], [row[1] for row in rows]


def tickets_sentences(f: Figures) -> list[str]:
    """What was asked for, how quickly it was answered, how far it has come."""
    if not f["total"]:
        asked = "本期未受理报修和服务请求"
    else:
        ways = "、".join(f"{label}{count}件" for label, count in f["by_channel"] if count)
        asked = f"本期受理报修和服务请求{f['total']}件，日均{_average(f['total'], f['days'])}件，其中{ways}"
    apart = [f"作废{f['cancelled']}件"] if f["cancelled"] else []
    # Reports issued before tickets could be merged hold no such figure.
    apart += [f"并入其他工单{f['merged']}件"] if f.get("merged") else []
    asked += f"；另{'、'.join(apart)}。" if apart else "。"
    lines = [asked]
    if f["kept"] + f["broken"]:
        answered = (
            f"应在5分钟服务时间内响应{f['kept'] + f['broken']}件，按时响应{f['kept']}件，响应及时率{f['response_rate']}，"
            f"响应用时中位数{f['median']}"
        )
        if f["broken"]:
            explained = f["broken"] - f["unexplained"]
            answered += f"；超时{f['broken']}件，已说明原因{explained}件"
            answered += f"，尚待说明{f['unexplained']}件" if f["unexplained"] else ""
            # Reports that were issued before exemptions were counted do not know of them.
            if f.get("exempted"):
                answered += f"；经甲方同意豁免{f['exempted']}件，调整后响应及时率{f['adjusted_rate']}"
        else:
            answered += "，无超时"
        lines.append(answered + "。")
    if f["total"]:
        done = f"本期受理的工单已办结{f['resolved']}件（{f['resolved_rate']}）"
        if f["resolved"]:
            done += f"，客户已签字{f['signed']}件，签字率{f['signed_rate']}"
        done += f"；退回返工{f['reworked']}件。" if f["reworked"] else "；无退回返工。"
        lines.append(done)
    return lines


def _average(total: int, days: int) -> str:
    return f"{total / days:.1f}"


# --- 六 重大特殊情况及报告 ------------------------------------------------------------------------------------------------


def major_figures(scope: Scope) -> Figures:
    """Major incidents known in the period, each with its report to the client against the 30 minutes."""
    rows = figures.incidents(scope.contract, scope.period)
    return {
        "rows": [
            [
                row.code,
                row.title,
                row.kind_name,
                instant_text(row.knowledge_at),
                instant_text(row.reported_at) or "尚未报告",
                _verdict(row, scope.at),
                row.reported_to,
                str(row.get_status_display()),
            ]
            for row in rows
        ],
        "count": len(rows),
        "late": sum(1 for row in rows if row.clock is not None and _is_broken(row.clock, scope.at)),
    }


def _verdict(incident: MajorIncident, at: datetime) -> str:
    """Whether the 30 minutes were kept; empty while they run."""
    if incident.clock is not None and _is_broken(incident.clock, at):
        return "超时"
    return "按时" if incident.reported_at else ""


def major_sentences(f: Figures) -> list[str]:
    """How many there were, and whether each was reported within half an hour."""
    if not f["count"]:
        return []
    late = f"，其中{f['late']}起超过30分钟" if f["late"] else "，均在30分钟内报告"
    return [f"本期发生重大特殊情况{f['count']}起{late}，详见第六部分。"]


# --- 八 设备与变更 ------------------------------------------------------------------------------------------------------


def devices_figures(scope: Scope) -> Figures:
    """The hall's devices as they stand."""
    state = figures.devices(scope.contract)
    names = ("total", "in_use", "faulty", "under_repair", "spare", "stopped")
    return {
        "rows": [[row.category, *(getattr(row, name) for name in names)] for row in state.rows],
        "sums": [state.sum(name) for name in names],
        "total": state.total,
        "faulty": state.sum("faulty"),
        "under_repair": state.sum("under_repair"),
        "rate": state.rate,
    }


def devices_sentences(f: Figures) -> list[str]:
    """How many devices there are and how many serve."""
    if not f["total"]:
        return []
    line = f"大厅在册设备{f['total']}台，时点完好率{f['rate']}"
    line += (
        f"，其中故障{f['faulty']}台、维修中{f['under_repair']}台。"
        if f["faulty"] + f["under_repair"]
        else "，无故障和在修设备。"
    )
    return [line]


# --- 十 满意度 ----------------------------------------------------------------------------------------------------------


def satisfaction_figures(scope: Scope) -> Figures:
    """Ratings by level, both readings of the rate, and those given on the handler's device apart."""
    rated = _rated(scope)
    return {
        "rows": [
            [str(Rating.Level(level).label), own, percent(own, rated.valid), handed]
            for level, own, handed in zip(figures.LEVELS, rated.own, rated.handed, strict=True)
        ],
        "signed": rated.signed,
        "valid": rated.valid,
        "satisfied": rated.satisfied,
        "unrated": rated.unrated,
        "handed_total": rated.handed_total,
        "rate": rated.rate,
        "strict_rate": rated.strict_rate,
        "rated_rate": rated.rated_rate,
        "handed_rate": rated.handed_rate,
        "poor": [
            {
                "code": rating.ticket.code,
                "unit": rating.ticket.unit_name,
                "level": rating.get_level_display(),
                "comment": rating.comment,
            }
            for rating in figures.poor_ratings(scope.contract, scope.period)
        ],
    }


def satisfaction_charts(f: Figures) -> dict[str, str]:
    """The five levels of the valid ratings."""
    if not f["valid"]:
        return {}
    return {"level_chart": charts.bars(*_columns(f["rows"]), title="评价等级分布（有效评价）", unit="件", row=22)}


def satisfaction_sentences(f: Figures) -> list[str]:
    """How the client is content."""
    if not f["valid"]:
        return ["本期受理工单暂无有效评价。"] if f["signed"] else []
    rates = f"评价率{f['rated_rate']}，满意率{f['rate']}（前三级），严格口径{f['strict_rate']}（前两级）"
    return [f"收到有效评价{f['valid']}件，{rates}。"]


# --- 十一 遗留问题与风险 --------------------------------------------------------------------------------------------------


def remaining_figures(scope: Scope) -> Figures:
    """What was open or unsigned when the period ended (for a week that is not over: as of now)."""
    until = min(scope.at, scope.period.over_at)
    return {
        "open": [
            [*_head(ticket), instant_text(ticket.commitment_at), figures.days_between(ticket.received_at, until)]
            for ticket in figures.open_at_end(scope.contract, scope.period)
        ],
        "unsigned": [
            [*_head(ticket), instant_text(ticket.resolved_at), figures.days_between(ticket.resolved_at, until)]
            for ticket in figures.unsigned_at_end(scope.contract, scope.period)
            if ticket.resolved_at is not None
        ],
    }


def _head(ticket: Ticket) -> list[str]:
    return [ticket.code, ticket.title, ticket.unit_name, ticket.assignee.name if ticket.assignee else "待分派"]


def remaining_sentences(f: Figures) -> list[str]:
    """What the client should know is not finished."""
    if not f["open"] and not f["unsigned"]:
        return ["期末无未办结工单，无办结未签工单。"]
    return [f"期末未办结工单{len(f['open'])}件，办结未签工单{len(f['unsigned'])}件，详见第十一部分。"]


# --- 十二 下周计划 ------------------------------------------------------------------------------------------------------


def next_figures(scope: Scope) -> Figures:
    """The service calendar of the seven days that follow, within the term."""
    first = scope.period.ends_on + timedelta(days=1)
    last = min(first + timedelta(days=6), scope.contract.ends_on)
    if last < first:
        return {"rows": [], "over": True}
    calendar = calendar_of(scope.contract)
    return {
        "rows": [
            [
                day_text(day.date),
                DAY_KINDS[day.kind],
                "、".join(str(window) for window in day.windows) or "无",
                (day.note or "") + ("（日历暂定）" if day.provisional else ""),
            ]
            for day in calendar.days(first, last)
        ],
        "over": False,
    }


# --- 附表 ---------------------------------------------------------------------------------------------------------------


def annex_tickets_figures(scope: Scope) -> Figures:
    """Every ticket received in the period."""
    rows = []
    for ticket in figures.tickets_table(scope.contract, scope.period):
        promise = ticket.response_clock
        category = ticket.category
        window = f" {ticket.window.code}" if ticket.window else ""
        rows.append(
            [
                ticket.code,
                second_text(ticket.received_at)[:-3],
                f"{ticket.unit_name}{window}",
                ticket.title,
                (category.parent or category).name if category else "",
                ticket.get_triage_display() if ticket.triage else "",
                f"P{ticket.priority}",
                "" if promise is None or promise.net_seconds is None else minutes_seconds(promise.net_seconds),
                "超时" if promise is not None and _is_broken(promise, scope.at) else "",
                ticket.assignee.name if ticket.assignee else "",
                second_text(ticket.resolved_at)[:-3],
                ticket.get_status_display(),
            ]
        )
    return {"rows": rows, "count": len(rows)}


def _is_broken(promise: Any, at: datetime) -> bool:
    if promise.state == "cancelled" or promise.due_at is None:
        return False
    return promise.kept is False or (promise.stopped_at is None and promise.due_at < at)


def register_all() -> None:
    """Fill the sections that have data in this app's reach; called once at start."""
    folder = "reports/sections"
    for provider in (
        Provider("overview", "overview", overview_figures, f"{folder}/overview.html"),
        Provider("people", "people", people_figures, f"{folder}/people.html"),
        Provider(
            "tickets",
            "tickets",
            tickets_figures,
            f"{folder}/tickets.html",
            charts=tickets_charts,
            sentences=tickets_sentences,
        ),
        Provider("major", "major", major_figures, f"{folder}/major.html", sentences=major_sentences),
        Provider("devices", "devices", devices_figures, f"{folder}/devices.html", sentences=devices_sentences),
        Provider(
            "satisfaction",
            "satisfaction",
            satisfaction_figures,
            f"{folder}/satisfaction.html",
            charts=satisfaction_charts,
            sentences=satisfaction_sentences,
        ),
        Provider(
            "remaining", "remaining", remaining_figures, f"{folder}/remaining.html", sentences=remaining_sentences
        ),
        Provider("next", "next", next_figures, f"{folder}/next.html"),
        Provider("annex_tickets", "annex_tickets", annex_tickets_figures, f"{folder}/annex_tickets.html"),
    ):
        register(provider)


def calendar_is_working(contract: Contract) -> Any:
    """The contract's answer to "is this a working day?", for due instants."""
    return calendar_of(contract).is_working_day


def period_text(period: Period) -> str:
    """A period in a sentence: 2024年6月10日至2024年6月16日."""
    start, end = period.starts_on, period.ends_on
    return f"{start.year}年{start.month}月{start.day}日至{end.year}年{end.month}月{end.day}日"
