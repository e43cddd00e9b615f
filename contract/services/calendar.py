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

from django.db import transaction
from django.db.models import Subquery
from django.utils.translation import gettext as _

from contract import rules
from contract.models import CalendarOverride, CalendarRevision, NationalDay, PublishedYear
from contract.rules import DayKind, ServiceCalendar, WeeklyRule, Window
from core.errors import Invalid
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write

NATIONAL_DAYS = Path(__file__).resolve().parents[1] / "data" / "national_days.csv"
KEPT_CALENDARS = 32

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


def calendar_of(contract: Contract, revision: CalendarRevision | None = None) -> ServiceCalendar:
    """The calendar of a contract under a revision (default: the one published last), laid out once per process.

    One small query tells whether what is kept is still what is published. Raises Invalid when there is no calendar yet.
    """
    if revision is None:
        national = PublishedYear.objects.order_by("-year").values("fingerprint")[:1]
        row = (
            CalendarRevision.objects.filter(contract=contract)
            .order_by("-number")
            .annotate(national=Subquery(national))
            .values_list("pk", "fingerprint", "national")
            .first()
        )
        if row is None:
            raise _no_calendar(contract)
        revision_id, key = row[0], (row[1], row[2])
    else:
        state = PublishedYear.objects.order_by("-year").values_list("fingerprint", flat=True).first()
        revision_id, key = revision.pk, (revision.fingerprint, state)
    with _kept_lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    calendar = _build(revision or CalendarRevision.objects.get(pk=revision_id))
    with _kept_lock:
        _kept[key] = calendar
        while len(_kept) > KEPT_CALENDARS:
            _kept.popitem(last=False)
    return calendar


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
) -> CalendarRevision:
    """Publish the next revision of a contract's calendar (clause 一.5, 附二.10). Clocks that run keep the one they started under.

    `weekday_windows` maps ISO weekdays ("1" … "7") to [start, end] pairs ("08:30"); all working weekdays have the same ones.
    Raises Invalid when the days contradict themselves or no reason is given.
    """
    days = sorted(overrides, key=lambda day: day.date)
    said = {
        "weekday_windows": {day: [list(pair) for pair in pairs] for day, pairs in sorted(weekday_windows.items())},
        "extended_saturday": list(extended_saturday) if extended_saturday else None,
        "overrides": [[day.date.isoformat(), day.kind.value, day.windows, day.reason] for day in days],
    }
    if not reason.strip():
        raise Invalid(
            _("Please say why the calendar changes."), fields={"reason": _("Please say why the calendar changes.")}
        )
    try:
        ServiceCalendar.build(
            weekly=_weekly(said["weekday_windows"], said["extended_saturday"]),  # type: ignore[arg-type]
            overrides=[_override(day.date, day.kind, day.windows, day.reason) for day in days],
        )
    except (ValueError, TypeError) as error:
        raise Invalid(_("These days and hours contradict each other: %(what)s") % {"what": error}) from error
    before = CalendarRevision.objects.filter(contract=contract).order_by("-number").first()
    revision = CalendarRevision.objects.create(
        contract=contract,
        number=before.number + 1 if before else 1,
        weekday_windows=said["weekday_windows"],
        extended_saturday=said["extended_saturday"],
        fingerprint=_fingerprint(said),
        reason=reason.strip(),
        published_by=actor,
        published_at=at,
    )
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


@transaction.atomic
def national_year_load(*, days: Sequence[rules.NationalDay], at: dt.datetime) -> list[int]:
    """Take over the arrangements of the years that `days` speak of; a year that is already loaded as it is stays untouched.

    Returns the years that changed. What is due under running clocks never moves; calendars read from now on are new.
    """
    changed = []
    for year in sorted({day.year for day in days}):
        wanted = [(day.date, day.kind.value, day.name, day.notice) for day in days if day.year == year]
        known = NationalDay.objects.filter(year=year).order_by("date").values_list("date", "kind", "name", "notice")
        if list(known) == wanted and PublishedYear.objects.filter(year=year).exists():
            continue
        NationalDay.objects.filter(year=year).delete()
        NationalDay.objects.bulk_create(
            NationalDay(year=year, date=date, kind=kind, name=name, notice=notice)
            for date, kind, name, notice in wanted
        )
        PublishedYear.objects.update_or_create(year=year, defaults={"notice": wanted[0][3], "loaded_at": at})
        changed.append(year)
    if changed:
        state = NationalDay.objects.order_by("date").values_list("year", "date", "kind", "name", "notice")
        years = PublishedYear.objects.order_by("year").values_list("year", flat=True)
        PublishedYear.objects.update(fingerprint=_fingerprint([list(years), list(state)]))
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
        weekly=_weekly(revision.weekday_windows, revision.extended_saturday),
        national=national,
        overrides=[_override(row.date, DayKind(row.kind), row.windows, row.reason) for row in revision.overrides.all()],
        published=PublishedYear.objects.values_list("year", flat=True),
    )


def _windows(pairs: Iterable[Sequence[str]]) -> tuple[Window, ...]:
    return tuple(Window.of(start, end) for start, end in pairs)


def _weekly(weekday_windows: Mapping[str, Any], extended_saturday: Sequence[str] | None) -> WeeklyRule:
    """The ordinary week of a revision. Raises ValueError when working weekdays differ in their hours."""
    hours = {_windows(pairs) for pairs in weekday_windows.values()}
    if len(hours) != 1:
        raise ValueError("working weekdays must share their hours")
    return WeeklyRule(
        windows=hours.pop(),
        saturday=_windows([extended_saturday]) if extended_saturday else (),
        weekdays=frozenset(int(day) - 1 for day in weekday_windows),
    )


def _override(date: dt.date, kind: DayKind, windows: Iterable[Sequence[str]] | None, reason: str) -> rules.Override:
    return rules.Override(date, kind, None if windows is None else _windows(windows), note=reason)
