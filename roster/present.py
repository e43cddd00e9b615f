"""How the roster is shown: weeks, months, findings, attendance. Words and structure for templates; nothing is decided here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from contract.present import KINDS, MARKS
from contract.rules.calendar import Day, DayKind
from core import clock
from roster.models import CheckIn, Leave, Post, Shift
from roster.plan import Plan, midnight
from roster.rules import NOON, Alarm, AlarmKind, Expected, Fault, Finding, RosterDay, Verdict, on_site
from roster.states import CheckInWay, LeaveStatus

WEEKDAYS: tuple[str | Promise, ...] = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)
ROSTER_DAYS: Mapping[str, str | Promise] = {
    RosterDay.WORKDAY.value: gettext_lazy("Working day"),
    RosterDay.MAKEUP_WORKDAY.value: gettext_lazy("Make-up workday"),
    RosterDay.EXTENDED_SATURDAY.value: gettext_lazy("Extended Saturday"),
    RosterDay.LAST_HOLIDAY_DAY.value: gettext_lazy("Last day of a holiday"),
    RosterDay.HOLIDAY.value: gettext_lazy("Statutory holiday"),
    RosterDay.EVENT.value: gettext_lazy("Major event"),
    RosterDay.CLOSED.value: gettext_lazy("Day without service"),
}
FAULTS: Mapping[Fault, tuple[str, str]] = {
    Fault.UNDER: ("danger", "users"),
    Fault.GAP: ("danger", "user-question"),
    Fault.AWAY: ("danger", "door-exit"),
    Fault.DOUBLE: ("warn", "arrow-merge"),
    Fault.NOT_NEEDED: ("warn", "calendar-event"),
}
"""Tone and symbol of what may be wrong."""
VERDICTS: Mapping[Verdict, str | Promise] = {
    Verdict.NEW: gettext_lazy("will be planned"),
    Verdict.EXISTS: gettext_lazy("planned already"),
    Verdict.NOT_NEEDED: gettext_lazy("left out: the post is not needed on this kind of day"),
    Verdict.AWAY: gettext_lazy("left out: on leave, and nobody stands in"),
    Verdict.LEFT: gettext_lazy("left out: no longer works here on that day"),
    Verdict.INACTIVE: gettext_lazy("left out: the post is no longer in use"),
}


def day_kind_label(kind: DayKind) -> str:
    """What a day of the service calendar is called."""
    return str(KINDS[kind])


def day_mark(day: Day) -> str:
    """The small sign at the corner of a special day."""
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    return MARKS[language].get(day.kind, "")


def weekday(day: date) -> str:
    """Mon … Sun, 周一 … 周日."""
    return str(WEEKDAYS[day.weekday()])


def span_text(starts_at: datetime, ends_at: datetime) -> str:
    """The hours of a shift by the hall's clock: 08:30–18:00."""
    return f"{_local(starts_at):%H:%M}–{_local(ends_at):%H:%M}"


def leave_text(leave: Leave) -> str:
    """The days of a leave: 2026-11-24 afternoon – 2026-11-25."""
    first = f"{leave.first_day} {_('afternoon')}" if leave.from_noon else str(leave.first_day)
    if leave.first_day == leave.last_day:
        return f"{leave.first_day} {_('morning')}" if leave.until_noon else first
    last = f"{leave.last_day} {_('morning')}" if leave.until_noon else str(leave.last_day)
    return f"{first} – {last}"


def halves(number: int) -> str:
    """Half days as days: 3 → 1.5."""
    return f"{number / 2:g}"


def finding_text(plan: Plan, finding: Finding) -> str:
    """One sentence about what is wrong."""
    post = plan.posts[finding.post].name if finding.post is not None else ""
    name = plan.staff[finding.person].name if finding.person is not None else ""
    values = {"post": post, "name": name, "have": finding.have, "want": finding.want}
    if finding.kind is Fault.UNDER:
        return _("%(have)s of %(want)s people in the hall") % values
    if finding.kind is Fault.GAP:
        if not finding.have:
            return _("%(post)s: nobody for all or part of the time") % values
        return _("%(post)s: %(have)s of %(want)s people") % values
    if finding.kind is Fault.AWAY:
        return _("%(post)s: %(name)s is on leave, nobody stands in") % values
    if finding.kind is Fault.DOUBLE:
        return _("%(name)s stands at two posts at the same time") % values
    return _("%(post)s: %(name)s is planned, but the post is not needed on this day") % values


def alarm_text(plan: Plan, alarm: Alarm) -> str:
    """One sentence of an alarm."""
    day = f"{alarm.date:%m-%d} {weekday(alarm.date)}"
    if alarm.kind is AlarmKind.UNDER:
        return _("%(day)s: %(have)s of %(want)s people in the hall") % {
            "day": day,
            "have": alarm.have,
            "want": alarm.want,
        }
    if alarm.kind is AlarmKind.GAP:
        post = plan.posts[alarm.post].name if alarm.post is not None else ""
        return _("%(day)s: %(post)s has %(have)s of %(want)s people") % {
            "day": day,
            "post": post,
            "have": alarm.have,
            "want": alarm.want,
        }
    name = plan.staff[alarm.person].name if alarm.person is not None else ""
    since = f"{_local(alarm.since):%H:%M}" if alarm.since else ""
    return _("%(name)s has not checked in; expected from %(since)s") % {"name": name, "since": since}


# --- attendance ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coming:
    """Somebody expected at a shift, and whether they came."""

    shift: Shift
    post: Post
    person: Any
    expected: Expected
    check_in: CheckIn | None
    state: str
    tone: str
    icon: str
    label: str

    @property
    def for_whom(self) -> Any:
        """Whose shift it is, when it is somebody else's."""
        return self.shift.person if self.shift.person_id != self.expected.person else None

    @property
    def hours(self) -> str:
        """From when until when they are expected."""
        return span_text(self.expected.starts_at, self.expected.ends_at)


def comings(plan: Plan, at: datetime) -> list[Coming]:
    """Everybody expected in the plan's span, in the order of their shifts."""
    by_key = {(row.shift_id, row.person_id): row for row in plan.check_ins}
    shifts = {shift.pk: shift for shift in plan.shifts}
    found = []
    for row in plan.expected:
        shift = shifts[row.shift]
        check_in = by_key.get((row.shift, row.person))
        state, tone, icon, label = _coming_state(row, check_in, at)
        found.append(
            Coming(shift, plan.posts[shift.post_id], plan.staff[row.person], row, check_in, state, tone, icon, label)
        )
    return found


def _coming_state(row: Expected, check_in: CheckIn | None, at: datetime) -> tuple[str, str, str, str]:
    if check_in is not None and check_in.late_seconds >= 60:
        label = _("%(minutes)s min late") % {"minutes": check_in.late_seconds // 60}
        return "late", "warn", "clock-exclamation", label
    if check_in is not None:
        return "here", "ok", "circle-check", _("In time")
    if at < row.starts_at:
        return "later", "muted", "clock", _("Not yet")
    if at < row.ends_at:
        return "missing", "danger", "alert-triangle", _("Not checked in")
    return "absent", "danger", "circle-x", _("No check-in")


# --- the week -----------------------------------------------------------------------------------------------------------


@dataclass
class Chip:
    """One entry in a cell of the week: a shift, or a leave."""

    text: str
    sub: str = ""
    tone: str = ""
    icon: str = ""
    title: str = ""
    shift: Shift | None = None
    struck: bool = False
    stand_by: bool = False
    mine: bool = False


@dataclass
class DayHead:
    """The head of a column, or a day of the month."""

    day: Day
    weekday: str
    kind: str
    mark: str
    is_today: bool
    present: int
    wanted: int
    findings: list[dict[str, str]] = field(default_factory=list)

    @property
    def date(self) -> date:
        """The day itself."""
        return self.day.date

    @property
    def worst(self) -> str:
        """The tone of the gravest finding, empty when all is well."""
        tones = {row["tone"] for row in self.findings}
        return "danger" if "danger" in tones else "warn" if tones else ""

    @property
    def people_tone(self) -> str:
        """Whether enough people are in the hall."""
        return "danger" if self.wanted and self.present < self.wanted else "ok"


@dataclass
class Line:
    """One row of the week: a person or a post, with a list of chips for each day."""

    label: str
    note: str
    cells: list[list[Chip]]
    post: Post | None = None
    person: Any = None


def heads(plan: Plan, today: date) -> list[DayHead]:
    """The days of a plan with who is there and what is wrong."""
    by_day: dict[date, list[Finding]] = {}
    for finding in plan.findings:
        by_day.setdefault(finding.date, []).append(finding)
    found = []
    for day in plan.days:
        here = [
            piece
            for shift in plan.shifts
            if shift.date == day.date and plan.posts[shift.post_id].counts_on_site
            for piece in plan.pieces[shift.pk]
        ]
        rows = [
            {"text": finding_text(plan, row), "tone": FAULTS[row.kind][0], "icon": FAULTS[row.kind][1]}
            | {"kind": row.kind.value, "post": str(row.post or ""), "shift": str(row.shift or "")}
            for row in by_day.get(day.date, ())
        ]
        found.append(
            DayHead(
                day=day,
                weekday=weekday(day.date),
                kind=day_kind_label(day.kind),
                mark=day_mark(day),
                is_today=day.date == today,
                present=on_site(here, day.date) if day.working else len({row.person for row in here if row.person}),
                wanted=plan.min_on_site if day.working and plan.is_watched(day.date) else 0,
                findings=rows,
            )
        )
    return found


def by_people(plan: Plan, me: Any, at: datetime, names: Mapping[int, str], *, sees_all: bool) -> list[Line]:
    """The week with a row for each person. `names` are their positions in the contract.

    `sees_all`: the reader sees what leaves are asked for and of which kind; others see that somebody is away, and their own.
    """
    came = {(row.shift.pk, row.expected.person): row for row in comings(plan, at)}
    lines = {
        pk: Line(person.name, names.get(pk, ""), [[] for _day in plan.days], person=person)
        for pk, person in plan.staff.items()
    }
    place = {day.date: index for index, day in enumerate(plan.days)}
    for shift in plan.shifts:
        post, column = plan.posts[shift.post_id], place[shift.date]
        others = {row.person for row in plan.pieces[shift.pk]} - {shift.person_id}
        text, sub = post.name, _unusual(shift, post)
        lines[shift.person_id].cells[column].append(
            _chip(plan, shift, post, text, sub, came.get((shift.pk, shift.person_id)), others, me)
        )
        for other in others - {None}:
            assert other is not None  # noqa: S101 - taken out a line above
            chip = Chip(
                text=post.name,
                sub=_("for %(name)s") % {"name": shift.person.name},
                tone="info",
                icon="repeat",
                shift=shift,
                mine=other == me.pk,
            )
            _seen(chip, came.get((shift.pk, other)))
            lines[other].cells[column].append(chip)
    for leave in plan.leaves:
        for day, column in place.items():
            absent = _away_on(leave, day, whole=sees_all or leave.person_id == me.pk)
            if absent is not None and leave.person_id in lines:
                lines[leave.person_id].cells[column].insert(0, absent)
    return [line for line in lines.values() if line.person is not None]


def by_posts(plan: Plan, me: Any, at: datetime) -> list[Line]:
    """The week with a row for each post that is in use or has somebody."""
    came = {(row.shift.pk, row.expected.person): row for row in comings(plan, at)}
    used = {shift.post_id for shift in plan.shifts}
    lines = {
        post.pk: Line(post.name, f"{post.starts:%H:%M}–{post.ends:%H:%M}", [[] for _day in plan.days], post=post)
        for post in plan.posts.values()
        if post.is_active or post.pk in used
    }
    place = {day.date: index for index, day in enumerate(plan.days)}
    for shift in plan.shifts:
        post = plan.posts[shift.post_id]
        others = {row.person for row in plan.pieces[shift.pk]} - {shift.person_id}
        chip = _chip(
            plan,
            shift,
            post,
            shift.person.name,
            _unusual(shift, post),
            came.get((shift.pk, shift.person_id)),
            others,
            me,
        )
        lines[post.pk].cells[place[shift.date]].append(chip)
        for other in others - {None}:
            assert other is not None  # noqa: S101 - taken out a line above
            taker = Chip(
                text=plan.staff[other].name,
                sub=_("for %(name)s") % {"name": shift.person.name},
                tone="info",
                icon="repeat",
                shift=shift,
                mine=other == me.pk,
            )
            _seen(taker, came.get((shift.pk, other)))
            lines[post.pk].cells[place[shift.date]].append(taker)
    return list(lines.values())


def _chip(
    plan: Plan,
    shift: Shift,
    post: Post,
    text: str,
    sub: str,
    coming: Coming | None,
    others: set[int | None],
    me: Any,
) -> Chip:
    chip = Chip(text=text, sub=sub, shift=shift, mine=shift.person_id == me.pk, stand_by=post.is_stand_by)
    chip.title = shift.note
    if shift.stand_in is not None:
        second = _("stand-in: %(name)s") % {"name": shift.stand_in.name}
        chip.title = " · ".join(part for part in (second, shift.note) if part)
    away = others and all(row.person != shift.person_id for row in plan.pieces[shift.pk])
    if away:
        chip.struck = True
        chip.tone, chip.icon = ("danger", "door-exit") if None in others else ("muted", "")
    elif None in others:
        chip.tone, chip.icon = "danger", "door-exit"
    _seen(chip, coming)
    return chip


def _seen(chip: Chip, coming: Coming | None) -> None:
    if coming is not None and coming.state != "later":
        chip.tone, chip.icon = coming.tone if coming.state != "here" else chip.tone, coming.icon
        chip.title = " · ".join(part for part in (coming.label, chip.title) if part)


def _unusual(shift: Shift, post: Post) -> str:
    """The hours of a shift where they are not the post's."""
    local = (_local(shift.starts_at).time(), _local(shift.ends_at).time())
    return "" if local == (post.starts, post.ends) else span_text(shift.starts_at, shift.ends_at)


def _away_on(leave: Leave, day: date, *, whole: bool) -> Chip | None:
    """What a leave puts into a day's cell; not `whole`: only that somebody is away, once it is approved."""
    begin, noon, end = midnight(day), datetime.combine(day, NOON, clock.SHANGHAI), midnight(day + timedelta(days=1))
    if not (leave.starts_at < end and leave.ends_at > begin):
        return None
    asked = leave.status == LeaveStatus.REQUESTED
    if asked and not whole:
        return None
    text = _("Leave asked for") if asked else leave.get_kind_display() if whole else _("Leave")
    sub = ""
    if leave.starts_at >= noon:
        sub = _("afternoon")
    elif leave.ends_at <= noon:
        sub = _("morning")
    return Chip(text=str(text), sub=sub, tone="warn" if asked else "muted", icon="hourglass" if asked else "door-exit")


def _local(at: datetime) -> datetime:
    return at.astimezone(clock.SHANGHAI)


def way_text(check_in: CheckIn) -> str:
    """How a check-in came to be known, and by whom when it was entered later."""
    if check_in.way == CheckInWay.LATER and check_in.entered_by is not None:
        return _("Entered later by %(name)s: %(reason)s") % {
            "name": check_in.entered_by.name,
            "reason": check_in.reason,
        }
    return str(check_in.get_way_display())


def in_weeks(days: Iterable[DayHead]) -> list[list[DayHead]]:
    """Days in rows of seven; the first is a Monday."""
    rows = list(days)
    return [rows[index : index + 7] for index in range(0, len(rows), 7)]
