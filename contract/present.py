"""How the calendar is shown: words and marks of days, the months of a year, differences, revisions, parameters."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from contract.models import CalendarOverride, CalendarRevision
from contract.rules import Day, DayKind, DaySource, ServiceCalendar
from contract.rules.differences import DayDifference
from contract.rules.terms import TermDefault, TermType
from contract.services.calendar import Week, weeks_in, windows_of
from contract.services.draft import Plan

KINDS: Mapping[DayKind, str | Promise] = {
    DayKind.WORKDAY: gettext_lazy("Working day"),
    DayKind.WEEKEND: gettext_lazy("Day off"),
    DayKind.STATUTORY_HOLIDAY: gettext_lazy("Statutory holiday"),
    DayKind.MAKEUP_WORKDAY: gettext_lazy("Make-up workday"),
    DayKind.EXTENDED_SATURDAY: gettext_lazy("Extended Saturday"),
    DayKind.CLOSURE: gettext_lazy("Closed"),
    DayKind.MAJOR_EVENT: gettext_lazy("Major event"),
}
SOURCES: Mapping[DaySource, str | Promise] = {
    DaySource.WEEKLY_RULE: gettext_lazy("Weekly hours"),
    DaySource.STATUTORY: gettext_lazy("Statutory holiday"),
    DaySource.MAKEUP: gettext_lazy("Make-up workday"),
    DaySource.LOCAL_OVERRIDE: gettext_lazy("Local setting"),
}
MARKS: Mapping[str, Mapping[DayKind, str]] = {
    "zh": {
        DayKind.STATUTORY_HOLIDAY: "休",
        DayKind.MAKEUP_WORKDAY: "班",
        DayKind.EXTENDED_SATURDAY: "延",
        DayKind.CLOSURE: "闭",
        DayKind.MAJOR_EVENT: "重",
    },
    "en": {
        DayKind.STATUTORY_HOLIDAY: "H",
        DayKind.MAKEUP_WORKDAY: "W",
        DayKind.EXTENDED_SATURDAY: "S",
        DayKind.CLOSURE: "C",
        DayKind.MAJOR_EVENT: "E",
    },
}
"""The corner marks of a wall calendar: colour is never the only sign."""
WEEKDAYS: Mapping[str, Sequence[str]] = {
    "zh": ("一", "二", "三", "四", "五", "六", "日"),
    "en": ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"),
}


def language() -> str:
    """The reader's language as the tables of this module name it."""
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def in_language(words: Mapping[str, str]) -> str:
    """A text that is kept in both languages."""
    return words.get(language(), "") or words.get("zh", "")


def mark_of(day: Day) -> str:
    """The corner mark of a day: a weekend that works by local setting carries the make-up day's, a workday off the holiday's."""
    marks = MARKS[language()]
    if day.source is DaySource.LOCAL_OVERRIDE and day.kind is DayKind.WORKDAY and day.date.weekday() >= 5:
        return marks[DayKind.MAKEUP_WORKDAY]
    if day.source is DaySource.LOCAL_OVERRIDE and day.kind is DayKind.WEEKEND and day.date.weekday() < 5:
        return marks[DayKind.STATUTORY_HOLIDAY]
    return marks.get(day.kind, "")


def hours_of(day: Day) -> str:
    """The windows of a day in words."""
    return "、".join(map(str, day.windows)) if day.windows else str(_("no service"))


def pairs_in_words(windows: Iterable[Sequence[str]] | None) -> str:
    """Windows as a revision keeps them, in words; empty where they follow from the kind."""
    return "、".join(map(str, windows_of(windows))) if windows else ""


def weekday_of(date: dt.date) -> str:
    """The weekday of a date in full."""
    return format_date(date, "l")


def day_in_words(day: Day) -> str:
    """Everything about a day in one line."""
    parts = [str(KINDS[day.kind]), hours_of(day)]
    if day.note:
        parts.append(day.note)
    parts.append(str(SOURCES[day.source]))
    if day.notice:
        parts.append(day.notice)
    if day.provisional:
        parts.append(_("provisional"))
    return f"{day.date:%Y-%m-%d} {weekday_of(day.date)} · {' · '.join(parts)}"


def look_of(day: Day) -> str:
    """The classes of a day's cell, besides those of today, selection and draft."""
    classes = [f"cal-{day.kind.value.replace('_', '-')}"]
    if day.source is DaySource.LOCAL_OVERRIDE:
        classes.append("cal-local")
    if day.provisional:
        classes.append("cal-provisional")
    return " ".join(classes)


def months_of(
    calendar: ServiceCalendar,
    year: int,
    *,
    today: dt.date,
    selected: dt.date | None = None,
    changed: Mapping[dt.date, Any] | None = None,
    url: Callable[[dt.date], str] | None = None,
) -> list[dict[str, Any]]:
    """Twelve months of weeks of seven cells, Monday first; None where a week reaches beyond its month."""
    changed = changed or {}
    ordinary = {kind: Counter[tuple[Any, ...]]() for kind in DayKind}
    days = calendar.days(dt.date(year, 1, 1), dt.date(year, 12, 31))
    for day in days:
        ordinary[day.kind][day.windows] += 1
    usual = {kind: counter.most_common(1)[0][0] for kind, counter in ordinary.items() if counter}
    months: list[dict[str, Any]] = []
    in_draft = _("in the draft")
    for day in days:
        if day.date.day == 1:
            row: list[dict[str, Any] | None] = [None] * day.date.weekday()
            months.append({"number": day.date.month, "label": format_date(day.date, "F"), "weeks": [row]})
        if len(months[-1]["weeks"][-1]) == 7:
            months[-1]["weeks"].append([])
        special = day.working and day.windows != usual[day.kind]
        classes = [look_of(day)]
        classes += ["cal-today"] if day.date == today else []
        classes += ["cal-selected"] if day.date == selected else []
        classes += ["cal-changed"] if day.date in changed else []
        words = day_in_words(day)
        if day.date in changed:
            words = f"{words} · {in_draft}"
        months[-1]["weeks"][-1].append(
            {
                "date": day.date,
                "number": day.date.day,
                "mark": mark_of(day),
                "special": special,
                "classes": " ".join(classes),
                "words": words,
                "url": url(day.date) if url else "",
                "today": day.date == today,
                "selected": day.date == selected,
            }
        )
    for month in months:
        month["weeks"][-1] += [None] * (7 - len(month["weeks"][-1]))
    return months


def legend_of(days: Sequence[Day]) -> list[dict[str, Any]]:
    """Each kind that a year may have: its mark, its word, its hours and how many days it has."""
    counted = Counter(day.kind for day in days)
    hours = {kind: Counter(day.windows for day in days if day.kind is kind) for kind in DayKind}
    rows = []
    for kind in DayKind:
        usual = hours[kind].most_common(1)
        rows.append(
            {
                "kind": kind.value,
                "look": f"cal-{kind.value.replace('_', '-')}",
                "mark": MARKS[language()].get(kind, ""),
                "label": KINDS[kind],
                "hours": "、".join(map(str, usual[0][0])) if usual else "",
                "count": counted[kind],
            }
        )
    return rows


def counts_of(days: Sequence[Day]) -> list[tuple[str, int]]:
    """What a year comes to: working days, extended Saturdays, statutory holidays and what was set locally."""
    kinds = Counter(day.kind for day in days)
    return [
        (_("Working days"), sum(day.working for day in days)),
        (_("of them make-up workdays"), kinds[DayKind.MAKEUP_WORKDAY]),
        (_("Extended Saturdays"), kinds[DayKind.EXTENDED_SATURDAY]),
        (_("Statutory holidays"), kinds[DayKind.STATUTORY_HOLIDAY]),
        (_("Local settings"), sum(day.source is DaySource.LOCAL_OVERRIDE for day in days)),
    ]


def facts_of(day: Day) -> list[tuple[str, Any]]:
    """A day's details as pairs."""
    return [
        (_("Kind"), KINDS[day.kind]),
        (_("Hours of service"), hours_of(day)),
        (_("Counts as"), _("working day") if day.working else _("no working day")),
        (_("Name or reason"), day.note),
        (_("Source"), SOURCES[day.source]),
        (_("Notice"), day.notice),
        (_("State"), _("provisional: the year's arrangement is not loaded yet") if day.provisional else ""),
    ]


# --- the draft and the revisions ----------------------------------------------------------------------------------------


def week_in_words(week: Week) -> str:
    """A week's hours in one line."""
    names = WEEKDAYS[language()]
    days = sorted(int(day) - 1 for day in week.weekday_windows)
    run = days == list(range(days[0], days[-1] + 1)) and len(days) > 2
    told = f"{names[days[0]]}–{names[days[-1]]}" if run else " ".join(names[day] for day in days)
    if language() == "zh":
        told = f"周{told}"
    hours = pairs_in_words(next(iter(week.weekday_windows.values())))
    saturday = (
        _("extended Saturday %(hours)s") % {"hours": pairs_in_words([week.extended_saturday])}
        if week.extended_saturday
        else _("no extended Saturday")
    )
    return f"{told} {hours} · {saturday}"


def change_in_words(kind: str, windows: Any) -> str:
    """What a day is set to: its kind and its hours where they were said; an empty kind follows the rule again."""
    if not kind:
        return _("as the rule says")
    hours = pairs_in_words(windows)
    return f"{KINDS[DayKind(kind)]} {hours}".strip()


def runs_of(rows: Iterable[tuple[dt.date, tuple[str, str]]]) -> list[dict[str, Any]]:
    """Changes of days that follow one another and say the same, as one line each: first, last, days, words and reason."""
    runs: list[dict[str, Any]] = []
    for date, (words, reason) in rows:
        last = runs[-1] if runs else None
        if last and (last["words"], last["reason"]) == (words, reason) and (date - last["last"]).days == 1:
            last["last"], last["days"] = date, last["days"] + 1
        else:
            runs.append({"first": date, "last": date, "days": 1, "words": words, "reason": reason})
    return runs


def draft_lines(plan: Plan) -> list[dict[str, Any]]:
    """The draft's days, each with what it was published as and what it is to be."""
    return [
        {
            "date": date,
            "words": change_in_words(change.kind, change.windows),
            "reason": change.reason,
            "url": f"{reverse('contract:year', args=[date.year])}?day={date}",
        }
        for date, change in sorted(plan.changes.items())
    ]


def difference_rows(differences: Sequence[DayDifference]) -> list[dict[str, Any]]:
    """Days as they were and as they will be."""

    def told(day: Day) -> str:
        return " · ".join(filter(None, [str(KINDS[day.kind]), hours_of(day), day.note]))

    return [
        {
            "date": one.date,
            "weekday": weekday_of(one.date),
            "before": told(one.before),
            "after": told(one.after),
            "counts": one.counts,
        }
        for one in differences
    ]


Said = dict[dt.date, tuple[str, str]]


def _said(revision: CalendarRevision) -> Said:
    rows: Iterable[CalendarOverride] = revision.overrides.all()
    return {row.date: (change_in_words(row.kind, row.windows), row.reason) for row in rows}


def revision_lines(revision: CalendarRevision, before: CalendarRevision | None) -> dict[str, Any]:
    """What a revision changed against the one before: its days as runs, and its week when that changed."""
    now, old = _said(revision), _said(before) if before else {}
    changed = [
        (date, now.get(date, (change_in_words("", None), "")))
        for date in sorted(now.keys() | old.keys())
        if now.get(date) != old.get(date)
    ]
    weeks = [week_in_words(week) for week in weeks_in(revision)]
    same_week = before is not None and [week.as_json() for week in weeks_in(before)] == [
        week.as_json() for week in weeks_in(revision)
    ]
    return {
        "revision": revision,
        "week": "" if same_week else weeks[-1],
        "week_from": None if same_week else revision.weekly_from,
        "runs": runs_of(changed),
        "days": ngettext("%(n)d day", "%(n)d days", len(changed)) % {"n": len(changed)} if changed else "",
    }


# --- parameters -----------------------------------------------------------------------------------------------------------


def value_in_words(default: TermDefault, value: Any) -> str:
    """A parameter's value with its unit."""
    kind = TermType(default.type)
    if kind is TermType.BOOL:
        return _("yes") if value else _("no")
    if kind is TermType.WINDOW:
        return "–".join(value)
    if kind is TermType.CHOICE:
        return in_language(default.choices.get(value, {"zh": str(value)}))
    if kind is TermType.SECONDS:
        return _("%(n)s seconds") % {"n": value}
    if kind is TermType.DAYS:
        return ngettext("%(n)d day", "%(n)d days", value) % {"n": value}
    return str(value)
