"""The service calendar of a contract: read from its published revision and the national days, published, loaded."""

import datetime as dt
import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract import rules
from contract.models import CalendarOverride, CalendarRevision, NationalDay, PublishedYear
from contract.rules import DayKind, ServiceCalendar, WeeklyRule, Window
from contract.rules.calendar import CalendarError
from core.errors import Conflict, Invalid
from core.watchers import all_watchers
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write

NATIONAL_DAYS = Path(__file__).resolve().parents[1] / "data" / "national_days.csv"
KEPT_CALENDARS = 32
FAULTS = {
    "windows": gettext_lazy("the times overlap or are out of order"),
    "no_windows": gettext_lazy("a working day needs times of service"),
    "saturday_working": gettext_lazy("an extended Saturday is never a working day"),
    "saturday_windows": gettext_lazy("an extended Saturday needs times of service"),
    "not_saturday": gettext_lazy("only a Saturday can be an extended Saturday"),
    "twice": gettext_lazy("the day is named twice"),
    "week": gettext_lazy("a week needs working days and their times"),
    "first_week": gettext_lazy("the first week must hold from the beginning"),
    "week_order": gettext_lazy("two weeks begin on the same day"),
}
"""What is wrong with a calendar, for the person who plans it; by the code of the rules' fault."""

_kept: OrderedDict[tuple[str, str | None], ServiceCalendar] = OrderedDict()
_kept_lock = Lock()


@dataclass(frozen=True)
class OverrideData:
    """One day that differs from the rule, as a revision is given it. `windows` None: those that follow from the kind."""

    date: dt.date
    kind: DayKind
    reason: str
    windows: tuple[tuple[str, str], ...] | None = None


def current_revision(contract: Contract) -> CalendarRevision:
    """The revision published last. Raises Invalid when the contract has no calendar yet."""
    revision = CalendarRevision.objects.filter(contract=contract).order_by("-number").first()
    if revision is None:
        raise _no_calendar(contract)
    return revision


def national_state() -> Subquery:
    """What tells whether the statutory days that are published are still the same, for an annotation beside a revision."""
    return Subquery(PublishedYear.objects.order_by("-year").values("fingerprint")[:1])


def calendar_under(revision: CalendarRevision, national: str | None) -> ServiceCalendar:
    """The calendar of a revision, where the caller has read `national_state` with it; without a statement when it is kept."""
    return _kept_or_built((revision.fingerprint, national), revision)


KNOWN_BY = ("calendar_revision", "calendar_fingerprint", "calendar_national")
"""The names of what `newest_calendar` adds to a row."""


def newest_calendar() -> dict[str, Subquery]:
    """Annotations for rows with a contract: what its calendar in force is known by (`calendar_known_by`), without a statement."""
    newest = CalendarRevision.objects.filter(contract=OuterRef("contract")).order_by("-number")
    found = (Subquery(newest.values("pk")[:1]), Subquery(newest.values("fingerprint")[:1]), national_state())
    return dict(zip(KNOWN_BY, found, strict=True))


def calendar_known_by(row: Any) -> ServiceCalendar:
    """The calendar of a row read with `newest_calendar`. Raises Invalid when the contract has no calendar yet."""
    if row.calendar_revision is None:
        raise _no_calendar(row.contract)
    return _kept_or_built((row.calendar_fingerprint, row.calendar_national), row.calendar_revision)


def calendar_of(contract: Contract, revision: CalendarRevision | None = None) -> ServiceCalendar:
    """The calendar of a contract under a revision (default: the one published last), laid out once per process.

    One small query tells whether what is kept is still what is published. Raises Invalid when there is no calendar yet.
    """
    if revision is None:
        row = (
            CalendarRevision.objects.filter(contract=contract)
            .order_by("-number")
            .annotate(national=national_state())
            .values_list("pk", "fingerprint", "national")
            .first()
        )
        if row is None:
            raise _no_calendar(contract)
        revision_id, key = row[0], (row[1], row[2])
    else:
        state = PublishedYear.objects.order_by("-year").values_list("fingerprint", flat=True).first()
        revision_id, key = revision.pk, (revision.fingerprint, state)
    return _kept_or_built(key, revision or revision_id)


def _kept_or_built(key: tuple[str, str | None], revision: CalendarRevision | int) -> ServiceCalendar:
    with _kept_lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    calendar = _build(CalendarRevision.objects.get(pk=revision) if isinstance(revision, int) else revision)
    with _kept_lock:
        _kept[key] = calendar
        while len(_kept) > KEPT_CALENDARS:
            _kept.popitem(last=False)
    return calendar


@dataclass(frozen=True)
class Week:
    """An ordinary week, in force from `valid_from` on (None: from the beginning)."""

    weekday_windows: Mapping[str, Sequence[Sequence[str]]]
    extended_saturday: Sequence[str] | None
    valid_from: dt.date | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, as a revision keeps an earlier week."""
        return {
            "weekday_windows": {day: [list(pair) for pair in pairs] for day, pairs in self.weekday_windows.items()},
            "extended_saturday": list(self.extended_saturday) if self.extended_saturday else None,
            "from": self.valid_from.isoformat() if self.valid_from else None,
        }

    @classmethod
    def of_json(cls, row: Mapping[str, Any]) -> "Week":
        """The reverse of `as_json`."""
        begins = dt.date.fromisoformat(row["from"]) if row.get("from") else None
        return cls(row["weekday_windows"], row["extended_saturday"], begins)

    def rule(self) -> WeeklyRule:
        """The week as the rules take it. Raises ValueError when working weekdays differ in their hours."""
        hours = {windows_of(pairs) for pairs in self.weekday_windows.values()}
        if len(hours) != 1:
            raise CalendarError([("", "week", "working weekdays must share their hours")])
        return WeeklyRule(
            windows=hours.pop(),
            saturday=windows_of([self.extended_saturday]) if self.extended_saturday else (),
            weekdays=frozenset(int(day) - 1 for day in self.weekday_windows),
            valid_from=self.valid_from or dt.date.min,
        )


def weeks_in(revision: CalendarRevision) -> list[Week]:
    """The weeks of a revision, oldest first; the last one is the present or coming one."""
    earlier = [Week.of_json(row) for row in revision.earlier_weeks]
    return [*earlier, Week(revision.weekday_windows, revision.extended_saturday, revision.weekly_from)]


@transaction.atomic
def calendar_publish(
    *,
    contract: Contract,
    weekday_windows: Mapping[str, Sequence[Sequence[str]]],
    extended_saturday: Sequence[str] | None,
    overrides: Iterable[OverrideData],
    reason: str,
    actor: User | None,
    at: dt.datetime,
    source: str = Source.PAGE,
    weekly_from: dt.date | None = None,
    earlier_weeks: Sequence[Week] = (),
    base_number: int | None = None,
) -> CalendarRevision:
    """Publish the next revision of a contract's calendar (clause 一.5, 附二.10). Clocks that run keep the one they started under.

    `weekday_windows` maps ISO weekdays ("1" … "7") to [start, end] pairs ("08:30"); all working weekdays have the same ones. They
    hold from `weekly_from` on, `earlier_weeks` before. Raises Invalid when the days contradict themselves or no reason is given,
    Conflict when the revision published last is not `base_number` or somebody else publishes at the same moment.
    """
    days = sorted(overrides, key=lambda day: day.date)
    week = Week(dict(sorted(weekday_windows.items())), extended_saturday, weekly_from)
    weeks: dict[str, Any] = (
        {"weekly_from": weekly_from.isoformat(), "earlier_weeks": [one.as_json() for one in earlier_weeks]}
        if weekly_from
        else {}
    )
    said = {
        "weekday_windows": week.as_json()["weekday_windows"],
        "extended_saturday": week.as_json()["extended_saturday"],
        "overrides": [[day.date.isoformat(), day.kind.value, day.windows, day.reason] for day in days],
        **weeks,
    }
    if not reason.strip():
        raise Invalid(
            _("Please say why the calendar changes."), fields={"reason": _("Please say why the calendar changes.")}
        )
    calendar_build([*earlier_weeks, week], days)
    if base_number is not None:
        base_is_seen(contract, base_number)
    before = CalendarRevision.objects.filter(contract=contract).order_by("-number").first()
    try:
        with transaction.atomic():
            revision = CalendarRevision.objects.create(
                contract=contract,
                number=before.number + 1 if before else 1,
                weekday_windows=said["weekday_windows"],
                extended_saturday=said["extended_saturday"],
                weekly_from=weekly_from,
                earlier_weeks=weeks.get("earlier_weeks", []),
                fingerprint=_fingerprint(said),
                reason=reason.strip()[:300],
                published_by=actor,
                published_at=at,
            )
    except IntegrityError as error:
        latest = CalendarRevision.objects.filter(contract=contract).order_by("-number").first()
        raise _published_meanwhile(latest) from error
    CalendarOverride.objects.bulk_create(
        CalendarOverride(revision=revision, date=day.date, kind=day.kind.value, windows=day.windows, reason=day.reason)
        for day in days
    )
    audit_write(
        contract=contract,
        subject=revision,
        verb="calendar_publish",
        actor=actor,
        at=at,
        source=source,
        before={"number": before.number} if before else {},
        after={"number": revision.number, **said},
        reason=revision.reason,
        visibility=Visibility.CLIENT,
    )
    return revision


def calendar_build(
    weeks: Iterable[Week],
    overrides: Iterable[OverrideData],
    *,
    national: Iterable[rules.NationalDay] = (),
    published: Iterable[int] = (),
) -> ServiceCalendar:
    """A calendar from weeks and overrides. Raises Invalid that says, in the reader's language, what contradicts itself."""
    try:
        return ServiceCalendar.build(
            weekly=[week.rule() for week in weeks],
            national=national,
            overrides=[_override(day.date, day.kind, day.windows, day.reason) for day in overrides],
            published=published,
        )
    except CalendarError as error:
        said = [f"{where} {FAULTS[code]}".strip() for where, code, _text in error.faults]
        raise Invalid(_("These days and hours contradict each other: %(what)s") % {"what": "; ".join(said)}) from error
    except (ValueError, TypeError) as error:
        raise Invalid(_("These days and hours contradict each other: %(what)s") % {"what": error}) from error


def base_is_seen(contract: Contract, number: int) -> None:
    """Raises Conflict, with the name of who was quicker, when the revision published last is not that one."""
    latest = CalendarRevision.objects.filter(contract=contract).order_by("-number").first()
    if (latest.number if latest else 0) != number:
        raise _published_meanwhile(latest)


def _published_meanwhile(latest: CalendarRevision | None) -> Conflict:
    return Conflict(
        _("Revision %(number)s was published in the meantime by %(who)s. Please look at the differences again.")
        % {"number": latest.number if latest else 0, "who": (latest and latest.published_by) or "—"}
    )


@transaction.atomic
def national_year_load(
    *, days: Sequence[rules.NationalDay], at: dt.datetime, actor: User | None = None, source: str = Source.COMMAND
) -> list[int]:
    """Take over the arrangements of the years that `days` speak of; a year that is already loaded as it is stays untouched.

    Returns the years that changed, each with an entry in the history. What is due under running clocks never moves by itself: the
    watchers of the calendar are told, and amend what was provisional. Raises Invalid when a date belongs to another year already.
    """
    changed = []
    for year in sorted({day.year for day in days}):
        wanted = [(day.date, day.kind.value, day.name, day.notice) for day in days if day.year == year]
        known = list(
            NationalDay.objects.filter(year=year).order_by("date").values_list("date", "kind", "name", "notice")
        )
        is_loaded = PublishedYear.objects.filter(year=year).exists()
        if known == wanted and is_loaded:
            continue
        taken = NationalDay.objects.filter(date__in=[row[0] for row in wanted]).exclude(year=year).order_by("date")
        if other := taken.first():
            raise Invalid(
                _("%(date)s belongs to the arrangement of %(year)s already.") % {"date": other.date, "year": other.year}
            )
        NationalDay.objects.filter(year=year).delete()
        NationalDay.objects.bulk_create(
            NationalDay(year=year, date=date, kind=kind, name=name, notice=notice)
            for date, kind, name, notice in wanted
        )
        published, _created = PublishedYear.objects.update_or_create(
            year=year, defaults={"notice": wanted[0][3], "loaded_at": at, "loaded_by": actor}
        )
        audit_write(
            contract=None,
            subject=published,
            verb="national_take",
            actor=actor,
            at=at,
            source=source,
            before={"days": known} if is_loaded else {},
            after={"year": year, "notice": published.notice, "days": wanted},
            visibility=Visibility.CLIENT,
        )
        changed.append(year)
    if changed:
        state = NationalDay.objects.order_by("date").values_list("year", "date", "kind", "name", "notice")
        years = PublishedYear.objects.order_by("year").values_list("year", flat=True)
        PublishedYear.objects.update(fingerprint=_fingerprint([list(years), list(state)]))
        notices = dict.fromkeys(day.notice for day in days if day.year in changed)
        for watcher in all_watchers():
            if watcher.announced is not None:
                watcher.announced(years=changed, notice="、".join(notices), actor=actor, at=at)
    return changed


def national_days_load(*, at: dt.datetime) -> list[int]:
    """Load the arrangements that come with the product; returns the years that changed."""
    return national_year_load(days=rules.read_national_days(NATIONAL_DAYS), at=at)


def _no_calendar(contract: Contract) -> Invalid:
    return Invalid(_("The contract %(contract)s has no service calendar yet.") % {"contract": contract})


def _fingerprint(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _build(revision: CalendarRevision) -> ServiceCalendar:
    national = [
        rules.NationalDay(day.year, day.date, rules.NationalKind(day.kind), day.name, day.notice)
        for day in NationalDay.objects.all()
    ]
    return ServiceCalendar.build(
        weekly=[week.rule() for week in weeks_in(revision)],
        national=national,
        overrides=[_override(row.date, DayKind(row.kind), row.windows, row.reason) for row in revision.overrides.all()],
        published=PublishedYear.objects.values_list("year", flat=True),
    )


def windows_of(pairs: Iterable[Sequence[str]]) -> tuple[Window, ...]:
    """Windows from pairs of times ("08:30", "18:00"). Raises ValueError when one is no time of day or ends before it starts."""
    return tuple(Window.of(start, end) for start, end in pairs)


def _override(date: dt.date, kind: DayKind, windows: Iterable[Sequence[str]] | None, reason: str) -> rules.Override:
    return rules.Override(date, kind, None if windows is None else windows_of(windows), note=reason)
